"""Answers of the feed."""

from typing import Annotated, Any, Self

from pydantic import Field

from wavecom.domain.events import event as domain
from wavecom.domain.events.event import EventType
from wavecom.http.fields.events import EventId
from wavecom.http.framework.responses import Shape, Success, Timestamp, iso


class Event(Shape):
    """An event. What ``data`` has depends on its type; endpoints get the same."""

    id: EventId
    type: EventType
    timestamp: Timestamp
    data: Annotated[dict[str, Any], Field(description="Ids and facts, never a recipient or a text")]
    cursor: Annotated[str, Field(description="Go on after this event with it")]

    @classmethod
    def from_domain(cls, position: int, event: domain.Event) -> Self:
        """Return an event with its place in the feed."""
        return cls.trusted(id=event.id, type=event.type, timestamp=iso(event.at), data=event.data, cursor=str(position))


class EventPage(Shape):
    """Events in the order of the feed. ``nextCursor`` is always there: go on with it, later if there was nothing."""

    events: list[Event]
    next_cursor: str

    @classmethod
    def from_domain(cls, page: domain.FeedPage) -> Self:
        """Return a page of the feed."""
        return cls.trusted(
            events=[Event.from_domain(position, event) for position, event in page.events],
            next_cursor=str(page.next),
        )


class EventPageAnswer(Success[EventPage]):
    """A page of the feed."""
