"""The errors of the client, split by what a caller can do about them.

    WaveComError
    ├── ApiError                  the API refused: status, code, message, details, request id
    │   ├── InvalidRequestError   400, 413, 415, 422: change the request
    │   ├── AccessError           401, 403: change the key
    │   ├── NotFoundError         404
    │   ├── ConflictError         409: it is in another state, or the idempotency key was used for another body
    │   ├── CursorExpiredError    410: go on from ``oldest``, and know that events are missing
    │   ├── RateLimitedError      429: wait for ``retry_after`` seconds
    │   └── UnavailableError      500 and above: repeat it later
    ├── NoAnswerError             nobody knows what became of the call if it was ``sent``
    │   ├── ConnectionFailedError refused, not found, or broken
    │   └── TimedOutError
    ├── UnexpectedAnswerError     the answer is not WaveCom's
    ├── PartialBatchError         some parts of a large batch are done, one failed
    └── WebhookVerificationError  the webhook is not WaveCom's, or too old

A call that failed has its ``idempotency_key``, if it has one: the same call with the same key, however much later,
creates nothing twice.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wavecom_client.types import BatchResult


class WaveComError(Exception):
    """Anything that can go wrong with a call. ``idempotency_key`` is that of the call, if it has one."""

    idempotency_key: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what pickle needs, so that an error of a worker reaches its caller in another process."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[WaveComError], args: tuple[Any, ...], fields: dict[str, Any]) -> WaveComError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field."""

    field: str
    message: str


class ApiError(WaveComError):
    """The API refused the call. Go by ``code``, since messages may change.

    ``retry_after`` is in seconds, None where the answer does not say it. ``request_id`` finds the call in its logs.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        details: Sequence[FieldError] = (),
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        fields = "".join(f"; {each.field}: {each.message}" for each in details)
        request = "" if request_id is None else f" (request {request_id})"
        super().__init__(f"{status} {code}: {message}{fields}{request}")
        self.status = status
        self.code = code
        self.message = message
        self.details = list(details)
        self.request_id = request_id
        self.retry_after = retry_after


class InvalidRequestError(ApiError):
    """The request is not valid; ``details`` name the fields."""


class AccessError(ApiError):
    """The key is missing, wrong or revoked, or may not do this."""


class NotFoundError(ApiError):
    """There is nothing with this id."""


class ConflictError(ApiError):
    """The thing is in another state than the call needs, or the idempotency key was used for another body."""


class CursorExpiredError(ApiError):
    """The events after this cursor are not kept any more. ``oldest`` is the cursor of the oldest that are."""

    @property
    def oldest(self) -> str | None:
        """The cursor to go on from; what lies between is only in the notifications themselves."""
        return next((each.message for each in self.details if each.field == "after"), None)


class RateLimitedError(ApiError):
    """The key's requests are used up, or the load is too high for this one; nothing was done."""


class UnavailableError(ApiError):
    """The API, or what stands before it, cannot do it at the moment."""


class NoAnswerError(WaveComError):
    """There was no answer. ``sent`` says that the call may have had its effect all the same."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class ConnectionFailedError(NoAnswerError):
    """The connection could not be made, or broke."""


class TimedOutError(NoAnswerError):
    """The answer did not come in time."""


class UnexpectedAnswerError(WaveComError):
    """The answer is not one of WaveCom's API: look at the base URL, and at what stands between."""


class PartialBatchError(WaveComError):
    """A part of a large batch failed (``__cause__`` says why) after others were done.

    ``results`` are those of the parts before. The same call with the same ``idempotency_key`` does the rest, and
    returns the results of all.
    """

    def __init__(self, message: str, *, results: Sequence["BatchResult"], idempotency_key: str) -> None:
        super().__init__(message)
        self.results = list(results)
        self.idempotency_key = idempotency_key


class WebhookVerificationError(WaveComError):
    """The webhook is not signed with the secret, or too old; answer 400 and do nothing with it."""


_BY_STATUS: Mapping[int, type[ApiError]] = {
    400: InvalidRequestError,
    401: AccessError,
    403: AccessError,
    404: NotFoundError,
    409: ConflictError,
    413: InvalidRequestError,
    415: InvalidRequestError,
    422: InvalidRequestError,
    429: RateLimitedError,
}


def api_error(status: int, content: bytes, retry_after: float | None) -> ApiError:
    """Return the error of an answer; a gateway's own, which has not the API's form, gets the code ``HTTP_<status>``."""
    body = json_of(content)
    envelope = body if isinstance(body, dict) else {}
    error = envelope.get("error")
    if not isinstance(error, dict):
        text = envelope.get("message") or content[:200].decode(errors="replace").strip() or "No text"
        error = {"code": f"HTTP_{status}", "message": text}
    code = str(error.get("code"))
    kind = _BY_STATUS.get(status, UnavailableError if status >= 500 else ApiError)
    request_id = envelope.get("requestId")
    return (CursorExpiredError if (status, code) == (410, "CURSOR_EXPIRED") else kind)(
        str(error.get("message")),
        status=status,
        code=code,
        details=_details(error.get("details")),
        request_id=request_id if isinstance(request_id, str) else None,
        retry_after=retry_after,
    )


def json_of(content: bytes) -> Any:
    """Return what JSON holds, None if it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _details(details: Any) -> list[FieldError]:
    found = details if isinstance(details, list) else []
    return [FieldError(str(each.get("field")), str(each.get("message"))) for each in found if isinstance(each, dict)]
