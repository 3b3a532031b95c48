"""Texts of one line."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from wavecom.domain.content.text import is_one_line

REASON_MAX: Final = 200


def one_line(text: str) -> str:
    """Return a text only if it is one line. Raises ValueError."""
    if not is_one_line(text):
        raise ValueError("must be one line without control characters")
    return text


Reason = Annotated[str, Field(min_length=1, max_length=REASON_MAX), AfterValidator(one_line)]
"""A person's reason for an action; it goes to the audit trail."""
