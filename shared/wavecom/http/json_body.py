"""Read a JSON body strictly: nothing that MongoDB, a provider or a log could stumble over gets past here."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import from_json

from wavecom.http.errors import FieldError, InvalidRequestError, MalformedRequestError

_NUL = re.compile(r"\x00|\\u0000")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def read_json(body: str) -> Any:
    """Return the value of a JSON document.

    Raises `MalformedRequestError` where it is none (RFC 8259: no NaN, no Infinity; nesting is limited), and
    `InvalidRequestError` with the fields that are named twice in one object, or whose text has NUL characters
    or surrogates without a partner.
    """
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as exc:
        _name_bad_text(body)
        raise MalformedRequestError(f"The body is not valid JSON: {exc}") from exc
    if _NUL.search(body):
        _refuse(value)
    _refuse_repeated_names(body)
    return value


def _refuse_repeated_names(body: str) -> None:
    """Readers differ in what they make of a name that is given twice (RFC 8259, section 4)."""
    repeated: list[str] = []

    def note(members: Sequence[tuple[str, Any]]) -> None:
        names = Counter(name for name, _ in members)
        repeated.extend(name for name, count in names.items() if count > 1)

    json.loads(body, object_pairs_hook=note)
    if repeated:
        errors = [FieldError(_printable(name), "must be given once") for name in repeated[:20]]
        raise InvalidRequestError("The request names a field twice", errors)


def _name_bad_text(body: str) -> None:
    """Raise `InvalidRequestError` where a field's text is what a stricter reader stumbled over."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    _refuse(value)


def _refuse(value: Any) -> None:
    fields = [field for field, text in _texts(value) if _UNSTORABLE.search(text)]
    if fields:
        message = "must not contain NUL characters or unpaired surrogates"
        raise InvalidRequestError("The request has invalid text", [FieldError(field, message) for field in fields[:20]])


def _texts(root: Any) -> Iterator[tuple[str, str]]:
    """Yield each text with the path to it; a key counts as text of its object."""
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path or "body", value
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", item) for index, item in enumerate(value)]
        elif isinstance(value, dict):
            for key, item in value.items():
                yield path or "body", key
                waiting.append((f"{path}.{_printable(key)}" if path else _printable(key), item))


def _printable(key: str) -> str:
    return key.encode("ascii", "backslashreplace").decode()
