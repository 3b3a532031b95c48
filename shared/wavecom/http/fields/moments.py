"""Times on the wire: always with an offset, kept in UTC to the millisecond, as in MongoDB."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, WithJsonSchema

_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:(?P<second>\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)
"""RFC 3339, section 5.6; Pydantic alone would also read ``1767225600`` as a time."""


def _date_time(value: object) -> object:
    if not (isinstance(value, str) and (parts := _DATE_TIME.fullmatch(value))):
        raise ValueError("must be a text like 2026-01-31T09:30:00Z")
    if parts["second"] == "60":
        raise ValueError(
            "must have seconds from 00 to 59; a leap second (60) cannot be kept, write the one before or after it"
        )
    return value


def _to_utc(moment: datetime) -> datetime:
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as exc:
        raise ValueError("is out of range") from exc
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A time as providers write it."""


def _date_time_schema(example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "format": "date-time", "examples": [example]})


Moment = Annotated[Instant, BeforeValidator(_date_time), _date_time_schema("2026-12-31T09:30:00Z")]
"""A time as clients of the API must write it."""
Since = Annotated[Moment, _date_time_schema("2026-11-23T10:00:00Z")]
Until = Annotated[Moment, _date_time_schema("2026-11-23T11:00:00Z")]
"""The two ends of a period; their examples form one that is not empty."""
