"""Read a JSON body strictly: reject everything that MongoDB, a provider or a log cannot handle."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydantic_core import from_json

from wavecom.http.framework.errors import FIELD_MAX, FieldError, InvalidRequestError, MalformedRequestError

VALUES_MAX: Final = 50_000
"""The most members of objects and items of lists in one body: 100 for each notification of a full batch."""
BYTE_ORDER_MARK: Final = "\ufeff"

_NULS = ("\x00", "\\u0000")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_STRING_OR_VALUE = re.compile(r'"[^"]*+"?|([,\[{])')
"""In a document without escapes: a string, or a character that a value follows (each value but the first)."""


def read_json(body: str) -> Any:
    """Return the value of a JSON document; a byte order mark before it is skipped (RFC 8259, section 8.1).

    Raises `MalformedRequestError` if it is not one (RFC 8259: no NaN, no Infinity; nesting is limited), and
    `InvalidRequestError` for more than `VALUES_MAX` values, before they are created, for fields named twice in one
    object, and for text with NUL characters or unpaired surrogates.
    """
    body = _bounded(body)
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as exc:
        _name_bad_text(body)
        raise MalformedRequestError(f"The body is not valid JSON: {exc}") from exc
    if any(each in body for each in _NULS):
        _refuse(value)
    refuse_repeated_names(body)
    return value


def _bounded(body: str) -> str:
    """Return a document without its byte order mark. Raises `InvalidRequestError` if it has too many values."""
    if has_too_many_values(body):
        error = FieldError("body", f"must not have more than {VALUES_MAX} values")
        raise InvalidRequestError("The request is too large", [error])
    return body.removeprefix(BYTE_ORDER_MARK)


def has_too_many_values(body: str) -> bool:
    """Return whether a document has more than `VALUES_MAX` members and items; for invalid JSON, it may return either.

    A document never has more values than commas and opening brackets, so counting characters is enough for most. If
    texts may contain some of them, the strings are skipped, without copying them.
    """
    if body.count(",") + body.count("[") + body.count("{") <= VALUES_MAX:
        return False
    plain = body.replace("\\\\", "").replace('\\"', "")
    values = 0
    for steps, found in enumerate(_STRING_OR_VALUE.finditer(plain)):
        values += found.lastindex is not None
        if values > VALUES_MAX or steps > 4 * VALUES_MAX:  # a member has two strings at the most
            return True
    return False


def read_json_with_any_text(body: str) -> Any:
    """Return the value of a JSON document without checking its texts and names.

    `check_texts` checks a part of it, `refuse_repeated_names` all of it. If a name is given twice, the last value
    counts. Raises `MalformedRequestError` as `read_json` does.
    """
    body = _bounded(body)
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as exc:
        try:
            value = json.loads(body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise MalformedRequestError(f"The body is not valid JSON: {exc}") from exc
    return value


def check_texts(value: object, path: str) -> None:
    """Raise `InvalidRequestError` if a text within ``value`` has NUL characters or unpaired surrogates.

    ``path`` is the path of the value, such as ``reports[3]``.
    """
    _refuse(value, path)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def refuse_repeated_names(body: str) -> None:
    """Raise `InvalidRequestError` if an object of a JSON document names a field twice.

    Readers treat such objects differently (RFC 8259, section 4).
    """
    repeated: list[str] = []

    def note(members: Sequence[tuple[str, Any]]) -> None:
        if len(dict(members)) != len(members):
            names = Counter(name for name, _ in members)
            repeated.extend(name for name, count in names.items() if count > 1)

    json.loads(body, object_pairs_hook=note)
    if repeated:
        errors = [FieldError(_printable(name), "must be given once") for name in repeated]
        raise InvalidRequestError("The request names a field twice", errors)


def _name_bad_text(body: str) -> None:
    """Raise `InvalidRequestError` if the stricter reader failed because of a field's text."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    _refuse(value)


def _refuse(value: Any, path: str = "") -> None:
    fields = [field for field, text in _texts(value, path) if _UNSTORABLE.search(text)]
    if fields:
        message = "must not contain NUL characters or unpaired surrogates"
        raise InvalidRequestError("The request has invalid text", [FieldError(field, message) for field in fields])


def _texts(root: Any, below: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text with its path, cut if it is long; a key counts as text of its object."""
    waiting: list[tuple[str, Any]] = [(below, root)]
    while waiting:
        path, value = waiting.pop()
        path = path[:FIELD_MAX]  # a deep document with long names would have paths of gigabytes
        if isinstance(value, str):
            yield path or "body", value
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", item) for index, item in enumerate(value)]
        elif isinstance(value, dict):
            for key, item in value.items():
                yield path or "body", key
                waiting.append((f"{path}.{_printable(key)}" if path else _printable(key), item))


def _printable(key: str) -> str:
    return key[:FIELD_MAX].encode("ascii", "backslashreplace").decode()
