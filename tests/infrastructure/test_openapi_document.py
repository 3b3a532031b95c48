"""docs/openapi.json is what the routes give, and a valid OpenAPI document."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from wavecom.http.api_keys.requests import CreateKey
from wavecom.http.attachments.requests import CreateAttachment
from wavecom.http.dead_letters.requests import ReplayDeadLetters
from wavecom.http.fields.cursor import from_cursor
from wavecom.http.notifications.requests import CreateBatch, CreateNotification
from wavecom.http.openapi import refusals, tags
from wavecom.http.openapi.examples.operations import REQUESTS
from wavecom.http.operations.requests import SetPolicy
from wavecom.http.preferences.requests import ChoosePreferences, PutCategory
from wavecom.http.senders.requests import PutSender
from wavecom.http.suppressions.requests import AddSuppression
from wavecom.http.templates.requests import CreateTemplate, CreateVersion, PreviewTemplate, SendTest
from wavecom.http.webhooks.requests import ChangeEndpoint, CreateEndpoint, RecoverEndpoint

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


def test_it_is_valid_for_the_openapi_validator(document: dict[str, Any]):
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_spectral_finds_nothing_to_say():
    tools = PROJECT / "tests" / "contract_tools"
    spectral = tools / "node_modules" / ".bin" / "spectral"
    assert spectral.exists(), "make tests/contract_tools/node_modules/.installed installs it"

    ended = subprocess.run(
        [spectral, "lint", "--fail-severity", "hint", "--format", "json", "--quiet", COMMITTED],
        cwd=tools,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, json.loads(ended.stdout)) == (0, []), ended.stdout + ended.stderr


def test_every_reference_leads_somewhere(document: dict[str, Any]):
    for reference in references(document):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            assert part in place, reference
            place = place[part]


def test_every_schema_is_valid_json_schema(document: dict[str, Any]):
    for name, schema in document["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}), name


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for method, operation in path.items() if method != "head"]


def resolved(document: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    """Return what is described, be it here or under the components."""
    place: Any = document
    for part in described.get("$ref", "").removeprefix("#/").split("/"):
        place = place[part] if part else described
    return dict(place)


def answers(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return an operation's answers by status."""
    return {status: resolved(document, each) for status, each in operation["responses"].items()}


def contents(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the contents of an operation's body and answers."""
    for holder in (operation.get("requestBody", {}), *answers(document, operation).values()):
        yield from holder.get("content", {}).values()


def codes(document: dict[str, Any], operation: dict[str, Any], status: str) -> set[str]:
    """Return the codes of the errors that an operation is described to answer with a status."""
    values = [each["value"] for each in examples_of(document, operation, status)]
    return {value["error"]["code"] for value in values if "error" in value}


def examples_of(document: dict[str, Any], operation: dict[str, Any], status: str) -> list[dict[str, Any]]:
    """Return the named examples of an operation's answer with a status."""
    return list(answers(document, operation)[status]["content"]["application/json"]["examples"].values())


def test_every_operation_is_described_and_in_one_of_the_groups(document: dict[str, Any]):
    groups = [each["name"] for each in document["tags"]]

    assert groups == list(tags.DESCRIPTIONS)
    assert all(each["description"] for each in document["tags"])
    for operation in operations(document):
        assert re.fullmatch("[a-z]+([A-Z][a-z]+)*", operation["operationId"])
        assert len(operation["tags"]) == 1
        assert operation["tags"][0] in groups
        assert operation["summary"]
        assert operation["description"].endswith(".")
        assert any(status.startswith("2") for status in operation["responses"])
    assert len({each["operationId"] for each in operations(document)}) == len(operations(document))
    assert {each["tags"][0] for each in operations(document)} == set(groups)


def test_every_parameter_is_described_and_none_may_be_null(document: dict[str, Any]):
    for operation in operations(document):
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (operation["operationId"], parameter["name"])
            assert "null" not in str(parameter["schema"]), (operation["operationId"], parameter["name"])


def test_every_body_and_every_answer_has_examples_that_fit(document: dict[str, Any]):
    for operation in operations(document):
        for content in contents(document, operation):
            examples = [each["value"] for each in content.get("examples", {}).values()]
            examples += [content["example"]] if "example" in content else []
            assert examples, operation["operationId"]
            whole = {"components": document["components"], **content["schema"]}
            for example in examples:
                jsonschema_rs.Draft202012Validator(whole, validate_formats=True).validate(example)


def test_examples_of_bodies_are_what_the_models_take(document: dict[str, Any]):
    models: dict[str, type[BaseModel]] = {
        "createNotification": CreateNotification,
        "createNotifications": CreateBatch,
        "replayDeadLetters": ReplayDeadLetters,
        "addSuppression": AddSuppression,
        "putSender": PutSender,
        "putCategory": PutCategory,
        "choosePreferences": ChoosePreferences,
        "setPolicy": SetPolicy,
        "createKey": CreateKey,
        "createAttachment": CreateAttachment,
        "createTemplate": CreateTemplate,
        "createTemplateVersion": CreateVersion,
        "previewTemplate": PreviewTemplate,
        "sendTemplateTest": SendTest,
        "createEndpoint": CreateEndpoint,
        "changeEndpoint": ChangeEndpoint,
        "recoverEndpoint": RecoverEndpoint,
    }

    assert REQUESTS.keys() == models.keys()
    for name, examples in REQUESTS.items():
        for example in examples.values():
            assert models[name].model_validate(example)


def test_every_operation_but_health_needs_a_key_and_says_how_it_refuses(document: dict[str, Any]):
    assert document["security"] == [{"bearer": []}, {"apiKey": []}]
    assert document["components"]["securitySchemes"]["apiKey"]["name"] == "X-API-Key"
    for operation in operations(document):
        if operation["operationId"] == "getHealth":
            assert operation["security"] == []
            continue
        assert "security" not in operation
        assert {"401", "403", "422", "429", "503"} <= operation["responses"].keys()
        for status in ("429", "503"):
            retry_after = resolved(document, answers(document, operation)[status]["headers"]["Retry-After"])
            assert retry_after["required"]


def test_a_refusal_for_the_load_is_a_429_to_what_posts_and_a_503_to_what_reads(document: dict[str, Any]):
    by_id = {each["operationId"]: each for each in operations(document)}

    for name in ("createNotification", "replayDeadLetters"):
        assert codes(document, by_id[name], "429") == {"RATE_LIMITED", "OVERLOADED"}
    for name in ("listNotifications", "getStatistics", "getMinutes", "getLedger", "verifyAuditTrails"):
        assert codes(document, by_id[name], "429") == {"RATE_LIMITED"}
        summaries = [each["summary"] for each in examples_of(document, by_id[name], "503")]
        assert refusals.NOT_ANSWERED.text in summaries


def test_every_operation_says_what_any_request_may_get(document: dict[str, Any]):
    expected = {
        "400": "MALFORMED_REQUEST",
        "408": "REQUEST_TIMEOUT",
        "413": "BODY_TOO_LARGE",
        "415": "UNSUPPORTED_MEDIA_TYPE",
        "422": "VALIDATION_FAILED",
        "500": "INTERNAL_ERROR",
        "503": "OVERLOADED",
    }

    for operation in operations(document):
        for status, code in expected.items():
            assert code in codes(document, operation, status), (operation["operationId"], status)


def test_every_answer_describes_its_headers(document: dict[str, Any]):
    for path in document["paths"].values():
        for method, operation in path.items():
            for status, answer in answers(document, operation).items():
                assert "X-Request-Id" in answer["headers"], (operation["operationId"], status)
                assert ("ETag" in answer["headers"]) == (method == "get" and status == "200")
                assert ("RateLimit-Remaining" in answer["headers"]) == (operation["operationId"] != "getHealth")
    batch = document["paths"]["/api/notifications/batch"]["post"]["responses"]["207"]["headers"]
    assert {"Retry-After", "Idempotency-Replayed"} <= batch.keys()
    for header in document["components"]["headers"].values():
        assert header["description"]
        jsonschema_rs.Draft202012Validator(header["schema"]).validate(header["example"])


def test_every_parameter_has_an_example_that_fits(document: dict[str, Any]):
    for operation in operations(document):
        for parameter in operation.get("parameters", []):
            whole = {"components": document["components"], **parameter["schema"]}
            validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
            validator.validate(parameter["example"])


def test_examples_of_parameters_are_what_the_api_can_read(document: dict[str, Any]):
    given = {
        (operation["operationId"], each["name"]): each["example"]
        for operation in operations(document)
        for each in operation.get("parameters", [])
    }

    assert from_cursor(given["listNotifications", "cursor"]).notification_id
    assert from_cursor(given["listDeadLetters", "cursor"]).notification_id
    assert given["verifyAuditTrails", "since"] < given["verifyAuditTrails", "until"]
    assert given["listNotifications", "since"] < given["listNotifications", "until"]


def test_the_order_is_the_readers(document: dict[str, Any]):
    groups = [each["name"] for each in document["tags"]]
    paths = list(document["paths"])
    schemas = list(document["components"]["schemas"])

    in_order = [groups.index(each["tags"][0]) for each in operations(document)]
    assert in_order == sorted(in_order)
    assert paths[0] == "/api/notifications"
    assert paths.index("/api/notifications/{notification_id}") < paths.index(
        "/api/notifications/{notification_id}/cancel"
    )
    assert paths[-1] == "/api/health"
    assert (
        schemas.index("Notification") < schemas.index("Suppression") < schemas.index("ApiKey") < schemas.index("Health")
    )
    for operation in operations(document):
        assert list(operation["responses"]) == sorted(operation["responses"])


def test_the_document_says_who_made_it_and_where_it_is_served(document: dict[str, Any]):
    assert document["info"]["description"]
    assert document["info"]["contact"]["name"]
    assert document["info"]["license"]["identifier"] == "Apache-2.0"
    assert document["servers"][0]["url"] == "/"


def test_schemas_have_no_names_of_our_insides_or_of_powertools(document: dict[str, Any]):
    names = document["components"]["schemas"].keys()

    assert [name for name in names if name.endswith(("Shape", "Envelope", "ValidationError"))] == []
    for kind in ("schemas", "headers", "responses"):
        place = f"#/components/{kind}/"
        used = {each.removeprefix(place) for each in references(document) if each.startswith(place)}
        assert document["components"][kind].keys() == used


def test_every_path_parameter_is_declared(document: dict[str, Any]):
    for path, operations in document["paths"].items():
        in_path = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for operation in operations.values():
            declared = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
            assert declared == in_path, path
