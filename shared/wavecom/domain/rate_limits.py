"""The answer of a rate limit to a request."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """A rate limit's answer to a request: ``limit`` and ``remaining`` in requests, and the time to the next window."""

    allowed: bool
    limit: int
    remaining: int
    resets_in: timedelta
