"""The header ``Retry-After`` of an HTTP answer (RFC 9110, section 10.2.3)."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

RETRY_AFTER_MAX: Final = timedelta(days=1)
_SECONDS: Final = re.compile("[0-9]+")
_TIME: Final = "[0-9]{2}:[0-9]{2}:[0-9]{2}"
_DATE: Final = re.compile(
    rf"[A-Z][a-z]{{2}}, [0-9]{{2}} [A-Z][a-z]{{2}} [0-9]{{4}} {_TIME} GMT"
    rf"|[A-Z][a-z]{{5,8}}, [0-9]{{2}}-[A-Z][a-z]{{2}}-[0-9]{{2}} {_TIME} GMT"
    rf"|[A-Z][a-z]{{2}} [A-Z][a-z]{{2}} [0-9 ][0-9] {_TIME} [0-9]{{4}}"
)
"""The three forms of a date in HTTP (RFC 9110, section 5.6.7); the parser of email dates accepts many others."""


def read_retry_after(text: str, now: datetime | None = None) -> timedelta | None:
    """Return the wait that the header's value names, in seconds or as a date, if any. It is a day at the most."""
    text = text.strip()
    if _SECONDS.fullmatch(text):
        first_digits = text.lstrip("0")[:6]  # six are more than a day; int() refuses some thousands
        return min(timedelta(seconds=int(first_digits or "0")), RETRY_AFTER_MAX)
    if not _DATE.fullmatch(text):
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait = moment.replace(tzinfo=moment.tzinfo or UTC) - (now or datetime.now(UTC))
    return min(max(wait, timedelta(0)), RETRY_AFTER_MAX)
