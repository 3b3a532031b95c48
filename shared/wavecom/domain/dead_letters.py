"""Select dead letters."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from wavecom.domain.notifications.enums import Cause

ReplayOutcome = Literal["replayed", "would_replay", "already_replayed", "not_dead", "not_found"]
"""What became of a dead letter that was to be replayed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterFilter:
    """Which of a tenant's dead letters are meant; None matches all. ``since`` and ``until`` bound the failure."""

    tenant_id: str
    cause: Cause | None = None
    provider: str | None = None
    since: datetime | None = None
    until: datetime | None = None
