"""Times as they are written on the wire."""

from datetime import datetime


def iso(moment: datetime) -> str:
    """Return a time in UTC as clients see it: UTC, milliseconds, ``Z``."""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
