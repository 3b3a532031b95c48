"""Puts the OpenAPI document into the order in which a new user reads it; Powertools sorts by name."""

from collections.abc import Iterator
from typing import Any

from wavecom.http.openapi.tags import DESCRIPTIONS

_SCHEMAS = "#/components/schemas/"


def put_in_reading_order(document: dict[str, Any]) -> None:
    """Order paths by group and depth, answers by status, and schemas by their first use.

    Unused schemas are dropped.
    """
    groups = list(DESCRIPTIONS)

    def sort_key(path: str) -> tuple[int, int]:
        tag = next(iter(document["paths"][path].values()))["tags"][0]
        return groups.index(tag), path.count("/")

    document["paths"] = {path: document["paths"][path] for path in sorted(document["paths"], key=sort_key)}
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"] = dict(sorted(operation["responses"].items(), key=lambda item: int(item[0])))
    schemas = document["components"]["schemas"]
    used = dict.fromkeys(_names(document["paths"], schemas, set()))
    document["components"]["schemas"] = {name: schemas[name] for name in used}


def _names(value: Any, schemas: dict[str, Any], seen: set[str]) -> Iterator[str]:
    """Yield the names of the schemas that ``value`` refers to, each followed by those that it refers to itself."""
    if isinstance(value, dict):
        name = str(value.get("$ref", "")).removeprefix(_SCHEMAS)
        if name in schemas and name not in seen:
            seen.add(name)
            yield name
            yield from _names(schemas[name], schemas, seen)
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _names(each, schemas, seen)
