"""docs/openapi.json is what the routes give, and a valid OpenAPI document."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

PROJECT = Path(__file__).parents[2]
COMMITTED = PROJECT / "docs" / "openapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(COMMITTED.read_text())
    return loaded


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(each) for each in value.values()))
    return set().union(*(references(each) for each in value)) if isinstance(value, list) else set()


def test_the_committed_document_is_what_the_routes_give():
    environment = {**os.environ, "PYTHONPATH": f"{PROJECT}:{PROJECT / 'shared'}"}

    made = subprocess.run(
        [sys.executable, "-m", "local", "openapi"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert COMMITTED.read_text() == made.stdout, "docs/openapi.json is stale: run make openapi"


def test_it_is_openapi_3_1(document: dict[str, Any]):
    assert document["openapi"].startswith("3.1.")
    OPENAPI_31_VALIDATOR.validate(document)


def test_every_reference_leads_somewhere(document: dict[str, Any]):
    for reference in references(document):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            assert part in place, reference
            place = place[part]


def test_every_schema_is_valid_json_schema(document: dict[str, Any]):
    for name, schema in document["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}), name


def test_every_operation_is_described(document: dict[str, Any]):
    operations = [each for path in document["paths"].values() for each in path.values()]

    assert len({each["operationId"] for each in operations}) == len(operations)
    assert all(each["summary"] for each in operations)
    assert all(any(status.startswith("2") for status in each["responses"]) for each in operations)


def test_every_path_parameter_is_declared(document: dict[str, Any]):
    for path, operations in document["paths"].items():
        in_path = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for operation in operations.values():
            declared = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
            assert declared == in_path, path
