"""The base of all answers: one model an answer, which defines both its body and its part of the OpenAPI document."""

from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Annotated, Any, Final, Generic, Literal, Self, TypeVar

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from wavecom.domain import times

JSON: Final = "application/json"

Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-01-31T09:30:00.000Z"])]
Id = Annotated[str, Field(pattern="^[0-9a-f]{24}$", examples=["507f1f77bcf86cd799439011"])]

MAY_BE_ABSENT: Final = Field(default_factory=lambda: None)
"""Marks a field that an answer omits if it has no value: not required, without a default, never null."""

Data = TypeVar("Data")


class Shape(BaseModel):
    """A part of an answer. Its schema is built with the first answer that has it, not at every start."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, validate_by_name=True, defer_build=True)

    @classmethod
    def trusted(cls, **fields: Any) -> Self:
        """Create a part of an answer without validating its fields, in a tenth of the time.

        For answers with hundreds of parts. The tests check every answer against the OpenAPI document, and so the model.
        """
        shape = cls.__new__(cls)
        object.__setattr__(shape, "__dict__", fields)
        object.__setattr__(shape, "__pydantic_fields_set__", set(fields))
        object.__setattr__(shape, "__pydantic_extra__", None)
        object.__setattr__(shape, "__pydantic_private__", None)
        return shape

    def json_text(self) -> str:
        """Return the JSON to send. Fields without a value are omitted; what was not validated is sent as it is."""
        return self.model_dump_json(by_alias=True, exclude_unset=True, warnings=False)


class Success(Shape, Generic[Data]):
    """The envelope of what went well."""

    success: Literal[True]
    data: Data


class DoneAnswer(Shape):
    """Done."""

    success: Literal[True]
    message: str


def respond(status: HTTPStatus, answer: Shape, headers: dict[str, str] | None = None) -> Response[str]:
    """Return an answer as JSON."""
    return Response(status_code=status.value, content_type=JSON, body=answer.json_text(), headers=headers or {})


def success(
    answer: type[Success[Data]],
    data: Data,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Response[str]:
    """Return ``data`` in the envelope of ``answer``; ``more`` are the further fields of the envelope."""
    return respond(status, answer.trusted(success=True, data=data, **more), headers)


def done(message: str) -> Response[str]:
    """Return an answer with only a message."""
    return respond(HTTPStatus.OK, DoneAnswer(success=True, message=message))


@lru_cache(maxsize=64)  # a batch's notifications were all created at the same time
def iso(moment: datetime) -> str:
    """Return a time as the API writes it: UTC, milliseconds, ``Z``."""
    return times.iso(moment)


def iso_or_none(moment: datetime | None) -> str | None:
    """Return a time as the API writes it, or None."""
    return None if moment is None else iso(moment)
