"""Whole numbers in a query string. Pydantic alone would also read ``1_0`` and ``10.0``."""

import re
from typing import Annotated

from annotated_types import Interval
from pydantic import BeforeValidator

from wavecom.domain.templates.version import NUMBER_MAX

_DIGITS = re.compile(r"-?\d{1,18}", re.ASCII)


def digits(value: object) -> object:
    """Return a text only if it is a plain whole number. Raises ValueError."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise ValueError("must be a whole number")
    return value


PageNumber = Annotated[int, Interval(ge=1, le=1_000_000), BeforeValidator(digits)]
PageSize = Annotated[int, Interval(ge=1, le=100), BeforeValidator(digits)]
VersionCursor = Annotated[int, Interval(ge=1, le=NUMBER_MAX), BeforeValidator(digits)]
Minutes = Annotated[int, Interval(ge=1, le=60), BeforeValidator(digits)]
