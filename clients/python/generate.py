"""Write the types of requests and answers, as TypedDicts, from docs/openapi.json.

Run without an argument it prints the module ``wavecom_client/types.py``; ``make openapi`` keeps it.
"""

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

CONTRACT: Final = Path(__file__).parents[2] / "docs" / "openapi.json"
WIDTH: Final = 120
HEADER: Final = '''"""Requests and answers of the API, made from docs/openapi.json by `make openapi`.

Fields have the names that they have on the wire. Moments are RFC 3339 texts in answers; requests take both.
"""

from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict
'''
SCALARS: Final = {"integer": "int", "number": "float", "boolean": "bool", "string": "str", "null": "None"}

Schema = Mapping[str, Any]


def module(contract: Mapping[str, Any]) -> str:
    """Return the module's text: enumerations first, then a class for each object but the envelopes of answers."""
    schemas: Mapping[str, Schema] = contract["components"]["schemas"]
    requests = _requests(contract)
    enums = [_enumeration(name, schema) for name, schema in schemas.items() if "enum" in schema]
    objects = [
        _class(name, schemas[name], in_request=name in requests)
        for name in _used_first(schemas)
        if "properties" in schemas[name] and not name.endswith("Answer")
    ]
    return "\n\n".join(["\n".join([HEADER, *enums]) + "\n", *objects])


def _used_first(schemas: Mapping[str, Schema]) -> dict[str, None]:
    """Return the names of all schemas, each after those that it refers to."""
    ordered: dict[str, None] = {}

    def put(name: str) -> None:
        if name not in ordered:
            for each in _references(schemas[name]):
                put(each)
            ordered[name] = None

    for name in schemas:
        put(name)
    return ordered


def _requests(contract: Mapping[str, Any]) -> set[str]:
    """Return the names of the schemas that bodies of requests consist of."""
    schemas = contract["components"]["schemas"]
    operations = [operation for path in contract["paths"].values() for operation in path.values()]
    found: set[str] = set()
    waiting = [name for operation in operations for name in _references(operation.get("requestBody", {}))]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(schemas[name])
    return found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        for each in node.values():
            yield from _references(each)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)


def _enumeration(name: str, schema: Schema) -> str:
    values = [json.dumps(each) for each in schema["enum"]]
    line = f"{name} = Literal[{', '.join(values)}]"
    if len(line) > WIDTH:
        line = "\n".join([f"{name} = Literal[", *(f"    {each}," for each in values), "]"])
    return f'{line}\n"""{_sentence(schema.get("description", ""))}"""'


def _class(name: str, schema: Schema, *, in_request: bool) -> str:
    lines = [f"class {name}(TypedDict):", *_docstring(schema.get("description", ""))]
    required = schema.get("required", [])
    for field, about in schema["properties"].items():
        lines += textwrap.wrap(
            about.get("description", ""), WIDTH - 10, initial_indent="    # ", subsequent_indent="    # "
        )
        kind = _type(about, in_request=in_request)
        lines.append(f"    {field}: {kind if field in required else f'NotRequired[{kind}]'}")
    return "\n".join(lines) + "\n"


def _docstring(text: str) -> list[str]:
    first, *others = _sentence(text).split("\n")
    if not others:
        return [f'    """{first}"""', ""]
    return [f'    """{first}', *(f"    {each}" if each else "" for each in others), '    """', ""]


def _sentence(text: str) -> str:
    return text.strip().replace("\\", "\\\\")


def _type(schema: Schema, *, in_request: bool) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(_type(each, in_request=in_request) for each in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return f"Literal[{', '.join(json.dumps(each) for each in schema.get('enum', [schema.get('const')]))}]"
    match schema["type"]:
        case "array":
            kind = f"list[{_type(schema['items'], in_request=in_request)}]"
        case "object":
            values = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties", True)]
            kind = f"dict[str, {'Any' if values[0] is True else _type(values[0], in_request=in_request)}]"
        case "string" if in_request and schema.get("format") == "date-time":
            kind = "datetime | str"
        case scalar:
            kind = SCALARS[scalar]
    return kind


if __name__ == "__main__":
    sys.stdout.write(module(json.loads(CONTRACT.read_text())))
