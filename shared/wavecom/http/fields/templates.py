"""Names of templates, versions and languages, and the values that templates are given."""

import json
import math
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from wavecom.domain.templates.locale import LOCALE
from wavecom.domain.templates.template import TEMPLATE_ID
from wavecom.domain.templates.version import NUMBER_MAX

VARIABLES_MAX_BYTES: Final = 32 * 1024
VARIABLES_MAX_DEPTH: Final = 5
INT64: Final = 2**63


def _bounded(variables: dict[str, Any]) -> dict[str, Any]:
    waiting: list[tuple[Any, int]] = [(variables, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > VARIABLES_MAX_DEPTH:
            raise ValueError(f"must not be nested deeper than {VARIABLES_MAX_DEPTH} levels")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("has a number that is not finite")
        if isinstance(value, int) and not -INT64 <= value < INT64:
            raise ValueError("has a number that does not fit in 64 bits; write it as a text")
        if isinstance(value, dict | list):
            waiting += [(item, depth + 1) for item in (value.values() if isinstance(value, dict) else value)]
    if len(json.dumps(variables, ensure_ascii=False).encode()) > VARIABLES_MAX_BYTES:
        raise ValueError(f"must not be larger than {VARIABLES_MAX_BYTES // 1024} KB")
    return variables


TemplateId = Annotated[str, Field(pattern=f"^{TEMPLATE_ID.pattern}$", examples=["payment-received"])]
VersionNumber = Annotated[int, Field(ge=1, le=NUMBER_MAX, strict=True)]
Locale = Annotated[str, Field(pattern=f"^{LOCALE.pattern}$", examples=["de-CH"])]
Variables = Annotated[dict[str, Any], Field(examples=[{"name": "Ada", "amount": 1250.5}]), AfterValidator(_bounded)]
