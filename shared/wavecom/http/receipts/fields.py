"""The fields that reports of more than one provider have."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field


def to_utc(moment: datetime) -> datetime:
    """Return a moment in UTC to the millisecond, which is what MongoDB keeps. Raises ValueError."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as exc:
        raise ValueError("is out of range") from exc
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


NotificationId = Annotated[str, Field(pattern="^[0-9a-f]{24}$")]
Instant = Annotated[AwareDatetime, AfterValidator(to_utc)]
Code = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,99}$")]
"""A provider's code. It is stored and shown, so it has no room for an email address."""
