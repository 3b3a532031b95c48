"""Use cases that run step by step, so that a test decides what happens between any two calls of their ports.

A strand is one run of a use case in a thread of its own, which stops before every call of a port until it is told
what becomes of that call. Only one thread ever runs, so that the same decisions make the same history.
"""

import threading
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any

STEPS_MAX = 500
"""No use case of a handful of notifications needs more; one that does would go on for ever."""


class Fate(Enum):
    """What becomes of one call of a port."""

    GO = auto()
    """It is done and answered."""
    LOSE = auto()
    """It is done, and the answer is lost."""
    FAIL = auto()
    """It is not done, and the caller is told so."""
    SILENCE = auto()
    """It is not done, and there is no answer. A store and a queue make no difference between this and `FAIL`."""
    REFUSE = auto()
    """A provider refuses for good; anybody else: `FAIL`."""
    LIMIT = auto()
    """A provider has had enough for now; anybody else: `FAIL`."""


class KilledError(BaseException):
    """The process has died: nothing that handles errors may see this."""


class Strand:
    """One run of a use case. ``expected`` are the errors that it may end with."""

    def __init__(
        self,
        name: str,
        work: Callable[[], Any],
        *,
        expected: tuple[type[Exception], ...],
        clock_is_right: bool = True,
        ended: Callable[["Strand"], None] = lambda strand: None,
    ) -> None:
        self.name = name
        self.clock_is_right = clock_is_right
        self.next_call: str | None = None
        self.result: Any = None
        self.error: BaseException | None = None
        self.tokens: dict[str, str] = {}
        """The lease token of each notification that it claimed."""
        self.begun: dict[str, str] = {}
        """The provider of the attempt that it recorded last as begun, by notification."""
        self.suppressed: set[str] | None = None
        """Which notifications it must not send, by the lists as they were when it looked."""
        self._work = work
        self._expected = expected
        self._ended = ended
        self._fate: Fate | None = None
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True, name=name)
        self._thread.start()
        self._wait()

    @property
    def is_over(self) -> bool:
        """Whether it has ended, one way or the other."""
        return self.next_call is None

    @property
    def succeeded(self) -> bool:
        """Whether it ended as it should."""
        return self.is_over and self.error is None

    def go_on(self, steps: int | None = None, fates: Sequence[Fate] = (), answers: Sequence[Fate] = ()) -> None:
        """Go on for so many steps, or to the end. Calls meet ``fates`` and those of providers ``answers``.

        These are used up one after the other; then nothing bad happens any more.
        """
        others, providers = iter(fates), iter(answers)
        for _ in range(STEPS_MAX if steps is None else steps):
            if self.next_call is None:
                return
            self._fate = next(providers if self.next_call.endswith(".send") else others, Fate.GO)
            self._go.release()
            self._wait()
        assert self.is_over or steps is not None, f"{self.name} does not end, now at {self.next_call}"

    def kill(self) -> None:
        """End it where it stands."""
        if not self.is_over:
            self._fate = None
            self._go.release()
            self._wait()

    def _wait(self) -> None:
        self._stopped.acquire()
        if self.is_over:
            self._thread.join()
            if self.error is not None and not isinstance(self.error, (KilledError, *self._expected)):
                raise AssertionError(f"{self.name} ended with {self.error!r}") from self.error
            self._ended(self)

    def stop(self, call: str) -> Fate:
        """Stand before a call until somebody decides; for the strand's own thread."""
        self.next_call = call
        self._stopped.release()
        self._go.acquire()
        if self._fate is None:
            raise KilledError
        return self._fate

    def _run(self) -> None:
        _running.strand = self
        try:
            self.result = self._work()
        except BaseException as exc:  # noqa: BLE001 - whoever waits for it decides
            self.error = exc
        finally:
            self.next_call = None
            self._stopped.release()


_running = threading.local()


def current() -> Strand | None:
    """Return the strand that this thread runs, None outside of any."""
    return getattr(_running, "strand", None)


class Stepped:
    """An adapter before each of whose calls the strand stops. ``saw`` is told of each call that was done."""

    def __init__(
        self, adapter: Any, unavailable: type[Exception], saw: Callable[[str, tuple[Any, ...], Any], None]
    ) -> None:
        self._adapter = adapter
        self._unavailable = unavailable
        self._saw = saw

    def __getattr__(self, name: str) -> Any:
        there = getattr(self._adapter, name)
        if not callable(there):
            return there

        def call(*args: Any, **kwargs: Any) -> Any:
            strand = current()
            fate = strand.stop(f"{type(self._adapter).__name__}.{name}") if strand else Fate.GO
            if fate not in (Fate.GO, Fate.LOSE):
                raise self._unavailable("No connection")
            result = there(*args, **kwargs)
            self._saw(name, args, result)
            if fate is Fate.LOSE:
                raise self._unavailable("The connection broke")
            return result

        return call
