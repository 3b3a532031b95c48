"""What clients may send to operate the service: replays, suppressions, keys and policies."""

import re
from datetime import date
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from wavecom.application.recover.dead_letters import REPLAY_MAX
from wavecom.domain.api_keys import LINE, NAME_MAX, Role
from wavecom.domain.notifications.notification import Cause, Channel, OnUnknown
from wavecom.domain.tenants import TENANT_ID
from wavecom.http import recipients
from wavecom.http.requests import WireModel, one_line

REASON_MAX = 200
Line = Annotated[str, Field(min_length=1, max_length=REASON_MAX), AfterValidator(one_line)]
KeyName = Annotated[str, Field(min_length=1, max_length=NAME_MAX, pattern=f"^{LINE.pattern}$")]
"""Unlike a reason, it stands among others in tables and must not turn them around."""
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
    reason: Annotated[Line | None, Field(description="Why; goes to the audit trail")] = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        filtered = self.cause is not None or self.provider is not None or self.day is not None
        if (self.ids is not None) + filtered + self.all != 1:
            raise ValueError("needs either ids, or a filter (cause, provider, day), or all")
        return self


class AddSuppression(WireModel):
    """An address that none of your notifications must go to any more."""

    type: Channel
    recipient: Annotated[str, Field(min_length=1, max_length=recipients.MAX_LENGTH, examples=["user@example.com"])]

    @field_validator("recipient")
    @classmethod
    def _recipient(cls, recipient: str, info: ValidationInfo) -> str:
        channel = info.data.get("type")
        return recipients.normalise(channel, recipient) if channel else recipient


class SetPolicy(WireModel):
    """What holds for all notifications of the tenant that do not say otherwise."""

    on_unknown: OnUnknown


class CreateKey(WireModel):
    """An API key to make."""

    tenant_id: Annotated[str, Field(pattern=f"^{TENANT_ID.pattern}$", examples=["bank-a"])]
    name: Annotated[KeyName, Field(description="What the key is for")]
    role: Role = Role.TENANT
    rate_limit: Annotated[int | None, Field(ge=1, le=1_000_000, strict=True, description="Requests a minute")] = None
    test: Annotated[bool, Field(strict=True, description="Open the tenant's test world, served by simulators")] = False
