"""The answer of a rate limit to a request."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a rate limit says to a request: ``limit`` and ``remaining`` in requests, the time to the next window."""

    allowed: bool
    limit: int
    remaining: int
    resets_in: timedelta
