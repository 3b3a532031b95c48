"""A difference between the counters and the notifications."""

from dataclasses import dataclass
from datetime import datetime

from wavecom.domain.notifications.enums import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One line of a closed minute's ledger that differs from the stored notifications."""

    tenant_id: str
    minute: datetime
    status: Status
    counted: int
    stored: int
