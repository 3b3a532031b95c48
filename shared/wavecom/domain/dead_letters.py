"""Select dead letters."""

from dataclasses import dataclass
from datetime import datetime

from wavecom.domain.notifications.notification import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterFilter:
    """Which of a tenant's dead letters are meant; None matches all. ``since`` and ``until`` bound the failure."""

    tenant_id: str
    cause: Cause | None = None
    provider: str | None = None
    since: datetime | None = None
    until: datetime | None = None
