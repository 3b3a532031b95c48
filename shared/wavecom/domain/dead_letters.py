"""Select dead letters."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from wavecom.domain.notifications.enums import Cause

ReplayOutcome = Literal["replayed", "would_replay", "already_replayed", "not_dead", "not_found"]
"""The result of replaying one dead letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterFilter:
    """Selects dead letters of a tenant; None matches all. ``since`` and ``until`` bound the time of failure."""

    tenant_id: str
    cause: Cause | None = None
    provider: str | None = None
    since: datetime | None = None
    until: datetime | None = None
