"""Group commit: what many threads ask for at the same moment is done in one go.

The first caller does its work at once; those who come meanwhile wait, and the longest waiting of them then does the
work of all of them. So a lone caller waits for nobody, and a group is as large as the work is slow.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

Asked = TypeVar("Asked")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Call(Generic[Asked, Result]):
    asked: Asked
    turn: threading.Event = field(default_factory=threading.Event)
    """Set when the call is answered, or when it has a group to lead."""
    leads: "list[_Call[Asked, Result]] | None" = None
    answer: Result | None = None
    error: Exception | None = None

    def settle(self, answer: Result | Exception) -> None:
        if isinstance(answer, Exception):
            self.error = answer
        else:
            self.answer = answer
        self.turn.set()


class _InterruptedError(Exception):
    """The process is ending in the middle of the work."""


class Gather(Generic[Asked, Result]):
    """Gathers calls of many threads into groups, ``at_once`` of which are worked on at a time.

    ``work`` answers each call of a group, in order; an exception among the answers is raised to that caller alone, one
    that ``work`` raises to all of them. ``weigh`` says how much a call is of ``most``, beyond which a group takes no
    further call.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Asked]], Sequence[Result | Exception]],
        *,
        most: int,
        weigh: Callable[[Asked], int] = lambda _: 1,
        at_once: int = 1,
    ) -> None:
        self._work = work
        self._most = most
        self._weigh = weigh
        self._lock = threading.Lock()
        self._waiting: deque[_Call[Asked, Result]] = deque()
        self._free = at_once

    def __call__(self, asked: Asked) -> Result:
        """Return the answer to ``asked``, and raise what its work raised."""
        mine: _Call[Asked, Result] = _Call(asked)
        with self._lock:
            if self._free > 0:
                self._free -= 1
                mine.leads = [mine]
            else:
                self._waiting.append(mine)
        if mine.leads is None:
            mine.turn.wait()
        if mine.leads is not None:
            self._lead(mine.leads)
        if mine.error is not None:
            raise mine.error
        return cast("Result", mine.answer)

    def _lead(self, group: Sequence[_Call[Asked, Result]]) -> None:
        """Do the work of ``group``, and let the longest waiting call lead the next one."""
        answers: Sequence[Result | Exception] = [_InterruptedError()] * len(group)
        try:
            answers = self._work([call.asked for call in group])
        except Exception as exc:  # noqa: BLE001 - raised again, to every caller of the group
            answers = [exc] * len(group)
        finally:
            self._pass_on()
            for call, answer in zip(group, answers, strict=True):
                call.settle(answer)

    def _pass_on(self) -> None:
        with self._lock:
            group = self._next_group()
            if not group:
                self._free += 1
                return
        group[0].leads = group
        group[0].turn.set()

    def _next_group(self) -> list[_Call[Asked, Result]]:
        group: list[_Call[Asked, Result]] = []
        weight = 0
        while self._waiting:
            weight += self._weigh(self._waiting[0].asked)
            if group and weight > self._most:
                break
            group.append(self._waiting.popleft())
        return group
