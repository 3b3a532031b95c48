"""Kinds and cursors of events."""

from collections.abc import Sequence
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
EventId = Annotated[str, Field(pattern=EVENT_ID_PATTERN)]


def read_types(given: Sequence[str]) -> frozenset[EventType]:
    """Return the kinds of events that a query names, once or several times, also separated by commas.

    Raises ValueError.
    """
    return frozenset(EventType(each.strip()) for text in given for each in text.split(","))
