"""Group commit: calls that many threads make at the same moment are done in one go.

The first caller does its work at once. Callers that come meanwhile wait; the one that waited longest then does the
work of all of them. So a single caller waits for nobody, and slower work makes larger groups.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

Request = TypeVar("Request")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Call(Generic[Request, Result]):
    request: Request
    ready: threading.Event = field(default_factory=threading.Event)
    """Set when the call is answered, or when it has a group to lead."""
    leads: "list[_Call[Request, Result]] | None" = None
    answer: Result | None = None
    error: Exception | None = None

    def finish(self, answer: Result | Exception) -> None:
        if isinstance(answer, Exception):
            self.error = answer
        else:
            self.answer = answer
        self.ready.set()


class _InterruptedError(Exception):
    """The process is ending in the middle of the work."""


class Gather(Generic[Request, Result]):
    """Gathers calls of many threads into groups; ``at_once`` groups are worked on at a time.

    ``work`` answers each call of a group, in order. An exception among the answers is raised only to that caller; an
    exception that ``work`` raises is raised to all of them. ``size_of`` returns the size of a call; a group takes no
    further call beyond a total of ``max_size``.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Request]], Sequence[Result | Exception]],
        *,
        max_size: int,
        size_of: Callable[[Request], int] = lambda _: 1,
        at_once: int = 1,
    ) -> None:
        self._work = work
        self._max_size = max_size
        self._size_of = size_of
        self._lock = threading.Lock()
        self._waiting: deque[_Call[Request, Result]] = deque()
        self._free = at_once

    def __call__(self, request: Request) -> Result:
        """Return the answer to ``request``, or raise its error."""
        mine: _Call[Request, Result] = _Call(request)
        with self._lock:
            if self._free > 0:
                self._free -= 1
                mine.leads = [mine]
            else:
                self._waiting.append(mine)
        if mine.leads is None:
            mine.ready.wait()
        if mine.leads is not None:
            self._lead(mine.leads)
        if mine.error is not None:
            raise mine.error
        return cast("Result", mine.answer)

    def _lead(self, group: Sequence[_Call[Request, Result]]) -> None:
        """Do the work of ``group``, and let the longest waiting call lead the next one."""
        answers: Sequence[Result | Exception] = [_InterruptedError()] * len(group)
        try:
            answers = self._work([call.request for call in group])
        except Exception as exc:  # noqa: BLE001 - raised again, to every caller of the group
            answers = [exc] * len(group)
        finally:
            self._start_next_group()
            for call, answer in zip(group, answers, strict=True):
                call.finish(answer)

    def _start_next_group(self) -> None:
        with self._lock:
            group = self._next_group()
            if not group:
                self._free += 1
                return
        group[0].leads = group
        group[0].ready.set()

    def _next_group(self) -> list[_Call[Request, Result]]:
        group: list[_Call[Request, Result]] = []
        weight = 0
        while self._waiting:
            weight += self._size_of(self._waiting[0].request)
            if group and weight > self._max_size:
                break
            group.append(self._waiting.popleft())
        return group
