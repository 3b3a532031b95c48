"""The base of all bodies, and validation errors in our words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from wavecom.http.framework.errors import FIELD_MAX, FieldError

MEMBERS_MAX: Final = 50
"""The most members of one object of a request, known or not. More are refused unread; each could be an error."""


_MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this request",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
    "string_unicode": "must be valid text",
}


class WireModel(BaseModel):
    """A body: camelCase on the wire, unknown fields refused, and objects with too many fields refused at once."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _limit_members(cls, given: Any) -> Any:
        if isinstance(given, dict) and len(given) > MEMBERS_MAX:
            raise ValueError(f"must not have more than {MEMBERS_MAX} fields")
        return given


def wire_errors(exc: ValidationError) -> Sequence[Mapping[str, Any]]:
    """Return Pydantic's errors without the input, which may be large."""
    return exc.errors(include_url=False, include_context=False, include_input=False)


def field_errors(errors: Sequence[Mapping[str, Any]], below: str = "") -> list[FieldError]:
    """Return Pydantic's errors in our form, without the input. ``below`` prefixes each path."""
    return [FieldError(_path(error["loc"], below), _message(error)) for error in errors]


def _path(location: Sequence[int | str], below: str) -> str:
    path = below
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part == "[key]":
            continue  # Pydantic's mark of an error in a name, which the path ends with already
        elif part not in {"body", "query", "header", "path"} or path:
            path += f".{part[:FIELD_MAX]}" if path else part[: FIELD_MAX + 1]
    return path or "body"


def _message(error: Mapping[str, Any]) -> str:
    message: str = _MESSAGES.get(error["type"], error["msg"])
    return message.removeprefix("Value error, ")
