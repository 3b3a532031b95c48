"""A difference between the counters and the notifications."""

from dataclasses import dataclass
from datetime import datetime

from wavecom.domain.notifications.enums import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A line of a closed minute's ledger that does not agree with the notifications themselves."""

    tenant_id: str
    minute: datetime
    status: Status
    counted: int
    stored: int
