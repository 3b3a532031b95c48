"""Errors of the command line, one class an exit code.

The family::

    CliError
    ├── UsageError        exit code 2: the command line makes no sense
    ├── RefusedError      exit code 3: the API answered, and refused
    └── UnreachableError  exit code 4: the API did not answer, or something else did

A bad result (a notification that FAILED, a broken link) is not an error: exit code 1.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

BAD_NEWS = 1
"""The exit code if the API answered and the result is bad."""
INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 and the signal's number, as in shells (Bash manual, "Exit Status")."""


class CliError(Exception):
    """An error that ends a command; ``advice`` says what to try, ``so_far`` holds the results before it."""

    exit_code: ClassVar[int]

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice
        self.so_far: dict[str, Any] = {}

    def document(self) -> dict[str, Any]:
        """Return the error as ``--json`` prints it."""
        return {"code": self.code, "message": str(self), "details": [], "advice": self.advice, **self.so_far}

    @property
    def code(self) -> str:
        """The error's name for programs."""
        raise NotImplementedError


class UsageError(CliError):
    """The command line, the environment or a key file is wrong."""

    exit_code = 2

    @property
    def code(self) -> str:
        """The error's name for programs."""
        return "USAGE"


class UnreachableError(CliError):
    """The API gave no answer.

    ``not_sent`` says that the request never left, so that it may be repeated; ``stays`` that repeating is useless.
    """

    exit_code = 4

    def __init__(self, message: str, advice: str = "", *, not_sent: bool = False, stays: bool = False) -> None:
        super().__init__(message, advice)
        self.not_sent = not_sent
        self.stays = stays

    @property
    def code(self) -> str:
        """The error's name for programs."""
        return "UNREACHABLE"


class RefusedError(CliError):
    """The API refused. ``details`` are its field errors; ``retry_after`` is in seconds, None if it names no wait."""

    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        details: Sequence[tuple[str, str]] = (),
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.details = details
        self.request_id = request_id
        self.retry_after = retry_after
        self._code = code

    @property
    def code(self) -> str:
        """The API's name of the error, ``HTTP_<status>`` if it gave none."""
        return self._code

    def document(self) -> dict[str, Any]:
        """Return the error as ``--json`` prints it."""
        details = [{"field": field, "message": message} for field, message in self.details]
        return {**super().document(), "details": details, "status": self.status, "requestId": self.request_id}
