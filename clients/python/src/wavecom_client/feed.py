"""The event feed: pages of events, one after the other, by long polling, through whatever happens to the connection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from wavecom_client.core import Core, data_of, envelope_of, error_of
from wavecom_client.errors import UnexpectedAnswerError
from wavecom_client.events import Event, event_of
from wavecom_client.types import EventType
from wavecom_client.wire import Answer, Call, Failure, Pause, send

PATH: Final = "/api/events"
WAIT_SECONDS: Final = 20
"""The longest that the API waits for an event."""
PASSING: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses that a reader waits out."""
LEAST_ROUND_SECONDS: Final = 1.0
"""The least time between two polls where there is nothing new, for a server that does not wait as it is asked to."""


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events, oldest first, and the ``cursor`` to go on from when all of them are handled. It may have none."""

    events: list[Event]
    cursor: str


class Feed:
    """A reader of the feed: it knows where it is, and goes on from there after failures.

    ``follow`` false ends it where there is nothing new. ``patience_seconds`` is for how long it tries without an answer
    before it raises; None is for ever.
    """

    def __init__(
        self,
        core: Core,
        *,
        after: str | None = None,
        types: Sequence[EventType] | None = None,
        page_size: int = 100,
        follow: bool = True,
        patience_seconds: float | None = None,
    ) -> None:
        self._core = core
        self._cursor = after
        self._query = {"types": types, "limit": page_size, "wait": WAIT_SECONDS if follow else 0}
        self._follow = follow
        self._patience = patience_seconds
        self._pause = 0.0
        self._ended = False

    def next_page(self) -> Call[EventPage | None]:
        """Wait for the next page, which may have no events; None at the end, if there is one.

        Raises `CursorExpiredError`, and other kinds of `WaveComError` that waiting does not help against.
        """
        if self._ended:
            return None
        if self._pause > 0:
            yield Pause(self._pause)
        started = self._core.clock()
        answer = yield from self._answer()
        page = self._page(data_of(envelope_of(answer)))
        took = self._core.clock() - started
        self._pause = 0.0 if page.events else LEAST_ROUND_SECONDS - took
        self._cursor = page.cursor
        self._ended = not (self._follow or page.events)
        return page

    def _answer(self) -> Call[Answer]:
        """Ask until there is an answer."""
        wait = WAIT_SECONDS if self._follow else 0
        request = self._core.request(
            "GET",
            PATH,
            query={"after": self._cursor, **self._query},
            timeout_seconds=wait + self._core.timeout,
        )
        first, failures = self._core.clock(), 0
        while True:
            result = yield from send(request)
            if isinstance(result, Answer) and 200 <= result.status < 300:
                return result
            failures += 1
            pause = min(self._core.wait_after(result, failures), self._core.retries.longest_wait)
            if not _passes(result) or self._is_out_of_patience(first, pause):
                raise error_of(result) from (result.cause if isinstance(result, Failure) else None)
            yield Pause(pause)

    def _is_out_of_patience(self, first: float, pause: float) -> bool:
        return self._patience is not None and self._core.clock() + pause - first >= self._patience

    @staticmethod
    def _page(data: Any) -> EventPage:
        match data:
            case {"events": [*bodies], "nextCursor": str(cursor)}:
                pass
            case _:
                raise UnexpectedAnswerError("The answer is not a page of events")
        try:
            return EventPage([event_of(body) for body in bodies], cursor)
        except ValueError as exc:
            raise UnexpectedAnswerError("The answer has something else than events") from exc


def _passes(result: Answer | Failure) -> bool:
    return not result.lasting if isinstance(result, Failure) else result.status in PASSING
