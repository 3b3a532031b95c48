"""Kinds and cursors of events."""

from collections.abc import Sequence
from typing import Annotated

from annotated_types import Interval
from pydantic import BeforeValidator, Field

from wavecom.domain.events.event import EVENT_ID_PATTERN, EventType
from wavecom.http.fields.numbers import digits

EventTypes = Annotated[
    list[EventType], Field(min_length=1, max_length=len(EventType), examples=[["notification.sent"]])
]
"""Kinds of events, as a list."""
POSITION_MAX = 10**15
FeedPosition = Annotated[int, Interval(ge=0, le=POSITION_MAX), BeforeValidator(digits)]
"""A place in the feed; what it is made of is no part of the contract."""
EventId = Annotated[str, Field(pattern=EVENT_ID_PATTERN)]


def read_types(given: Sequence[str]) -> frozenset[EventType]:
    """Return the kinds of events that a query names, once or several times, also separated by commas.

    Raises ValueError.
    """
    return frozenset(EventType(each.strip()) for text in given for each in text.split(","))
