"""Kinds and cursors of events."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from wavecom.domain.events.event import EVENT_ID_PATTERN, EventType

EventTypes = Annotated[
    list[EventType], Field(min_length=1, max_length=len(EventType), examples=[["notification.sent"]])
]
"""Kinds of events, as a list."""
LATEST = "latest"
FeedStart = Annotated[str, Field(pattern=f"^([0-9]{{1,16}}|{LATEST})$")]
"""A place in the feed, or the last one; what a place is made of is no part of the contract."""
EVENT_STREAM = "text/event-stream"
EventId = Annotated[str, Field(pattern=EVENT_ID_PATTERN)]


def read_types(given: Sequence[str]) -> frozenset[EventType]:
    """Return the kinds of events that a query names, once or several times, also separated by commas.

    Raises ValueError.
    """
    return frozenset(EventType(each.strip()) for text in given for each in text.split(","))


def asks_for_stream(headers: Mapping[str, str]) -> bool:
    """Return whether a request, whose headers have lower case names, takes a stream of events and no JSON."""
    accepted = {each.partition(";")[0].strip().lower() for each in headers.get("accept", "").split(",")}
    return EVENT_STREAM in accepted and "application/json" not in accepted
