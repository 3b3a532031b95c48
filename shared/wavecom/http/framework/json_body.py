"""Read a JSON body strictly: nothing that MongoDB, a provider or a log could stumble over gets past here."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydantic_core import from_json

from wavecom.http.framework.errors import FIELD_MAX, FieldError, InvalidRequestError, MalformedRequestError

VALUES_MAX: Final = 50_000
"""Members of objects and items of lists in one body: 100 for each notification of a full batch."""
BYTE_ORDER_MARK: Final = "\ufeff"

_NULS = ("\x00", "\\u0000")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_STRING_OR_VALUE = re.compile(r'"[^"]*+"?|([,\[{])')
"""In a document without escapes: a string, or what each value but the first comes after."""


def read_json(body: str) -> Any:
    """Return the value of a JSON document; a byte order mark before it is skipped (RFC 8259, section 8.1).

    Raises `MalformedRequestError` where it is none (RFC 8259: no NaN, no Infinity; nesting is limited), and
    `InvalidRequestError` for more than `VALUES_MAX` values, before they are made, and with the fields that are named
    twice in one object, or whose text has NUL characters or surrogates without a partner.
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
    """Return a document without the mark before it. Raises `InvalidRequestError` where it has too many values."""
    if has_too_many_values(body):
        error = FieldError("body", f"must not have more than {VALUES_MAX} values")
        raise InvalidRequestError("The request is too large", [error])
    return body.removeprefix(BYTE_ORDER_MARK)


def has_too_many_values(body: str) -> bool:
    """Whether a document has more than `VALUES_MAX` members and items; of what is no JSON, it may say either.

    Commas and opening brackets are more than the values, so an ordinary body is known by counting characters. Where
    texts may have some of them, the strings are stepped over, without a copy of what they say.
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
    """Return the value of a JSON document whose texts and names are still to be checked.

    `check_texts` does so for a part of it, `refuse_repeated_names` for all of it. Of a name that is given twice the
    last value counts. Raises `MalformedRequestError` as `read_json` does.
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
    """Raise `InvalidRequestError` where a text within ``value`` has NUL characters or surrogates without a partner.

    ``path`` is where the value stands, such as ``reports[3]``.
    """
    _refuse(value, path)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def refuse_repeated_names(body: str) -> None:
    """Raise `InvalidRequestError` where an object of a JSON document names a field twice.

    Readers differ in what they make of it (RFC 8259, section 4).
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
    """Raise `InvalidRequestError` where a field's text is what a stricter reader stumbled over."""
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
    """Yield each text with the path to it, cut where it is long; a key counts as text of its object."""
    waiting: list[tuple[str, Any]] = [(below, root)]
    while waiting:
        path, value = waiting.pop()
        path = path[:FIELD_MAX]  # or a deep document with long names would have paths of gigabytes
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
