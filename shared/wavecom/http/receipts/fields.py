"""Fields that reports of several providers share."""

from typing import Annotated

from pydantic import Field

ReportedId = Annotated[str, Field(pattern="^[0-9a-f]{24}$")]
Code = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,99}$")]
"""A provider's code. It is stored and shown, so its pattern excludes email addresses."""
