"""Requests that replay dead letters."""

import re
from datetime import date
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from wavecom.application.recover.dead_letters import REPLAY_MAX
from wavecom.domain.notifications.enums import Cause
from wavecom.http.fields.text import Reason
from wavecom.http.framework.requests import WireModel

ProviderName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", examples=["ses"])]

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
"""RFC 3339, section 5.6: full-date; Python alone would also read ``20260131``."""


def _day(value: object) -> object:
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass  # such as the 30th of February
    raise ValueError("must be a day like 2026-01-31")


Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-01-31"]}),
]
"""Pydantic alone would also read a number as a day."""
NotificationIds = Annotated[
    list[Annotated[str, Field(pattern="^[0-9a-f]{24}$")]], Field(min_length=1, max_length=REPLAY_MAX)
]


class ReplayDeadLetters(WireModel):
    """Which dead letters to replay: by id, by a filter, or all of them, up to 500 a call."""

    ids: Annotated[NotificationIds | None, Field(description="These and no others")] = None
    cause: Annotated[Cause | None, Field(description="All that failed for this")] = None
    provider: Annotated[ProviderName | None, Field(description="All that failed at this provider")] = None
    day: Annotated[Day | None, Field(description="All that failed on this day (UTC)")] = None
    all: Annotated[bool, Field(strict=True, description="Every dead letter")] = False
    limit: Annotated[int, Field(ge=1, le=REPLAY_MAX, strict=True, description="Of a filter, in this call")] = REPLAY_MAX
    dry_run: Annotated[bool, Field(strict=True, description="Only say what would be replayed")] = False
    reason: Annotated[Reason | None, Field(description="Why; goes to the audit trail")] = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        filtered = self.cause is not None or self.provider is not None or self.day is not None
        if (self.ids is not None) + filtered + self.all != 1:
            raise ValueError("needs either ids, or a filter (cause, provider, day), or all")
        return self
