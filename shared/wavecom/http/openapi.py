"""The OpenAPI document: what the routes declare, with what Powertools cannot say put right."""

import json
from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.models import (
    APIKey,
    Contact,
    HTTPBearer,
    License,
    SecurityScheme,
    Server,
    Tag,
)

import wavecom
from wavecom.http import tags
from wavecom.http.examples import ANSWERS, REQUESTS

DESCRIPTION = """Transactional email, SMS and push: none lost, none sent twice.

**Keys.** Every call carries `Authorization: Bearer <key>`, or the key in `X-API-Key`. A key belongs to one tenant and
sees nothing else; an operator's key sees more where an operation says so. On a laptop the development tenant needs no
key.

**Answers.** A success is `{"success": true, "data": …}`. Every error is `{"success": false, "error": {"code",
"message", "details": [{"field", "message"}]}, "requestId"}`; go by `code`, since messages may change. Fields without a
value are left out of a notification; elsewhere they are null.

**Repeating.** Send an `Idempotency-Key` with what creates or replays, and a call that got no answer can be repeated
safely. After 429 and 503 wait for as long as `Retry-After` says.

**Moments** are UTC, as RFC 3339 writes them, with milliseconds.
"""
SECURITY_SCHEMES: dict[str, SecurityScheme] = {
    "bearer": HTTPBearer(description="An API key of your tenant"),
    "apiKey": APIKey.model_validate(
        {"in": "header", "name": "X-API-Key", "description": "The same key, in a header of its own"}
    ),
}
POWERTOOLS_OWN = ("HTTPValidationError", "ResponseValidationError", "ValidationError")
"""Schemas that Powertools adds to every document; no answer of ours has their form."""


def openapi(app: ApiGatewayResolver) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of ``app``'s routes."""
    document: dict[str, Any] = json.loads(
        app.get_openapi_json_schema(
            title="WaveCom",
            version=wavecom.__version__,
            description=DESCRIPTION,
            contact=Contact(name="WaveCom maintainers"),
            license_info=License(name="Apache-2.0", identifier="Apache-2.0"),
            servers=[
                Server(url="/", description="The server that serves this document"),
                Server(url="http://localhost:5000", description="make up, on this machine"),
            ],
            tags=[Tag(name=name, description=text) for name, text in tags.DESCRIPTIONS.items()],
            security_schemes=SECURITY_SCHEMES,
            security=[{scheme: []} for scheme in SECURITY_SCHEMES],
        )
    )
    for name in POWERTOOLS_OWN:
        document["components"]["schemas"].pop(name, None)
    for operation in _operations(document):
        _add_examples(operation)
        for parameter in operation.get("parameters", ()):
            _never_null(parameter)
    _drop_titles_of_fields(document)
    return document


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _add_examples(operation: dict[str, Any]) -> None:
    """Add the examples of a body and an answer. Powertools would leave out their nulls."""
    name = operation["operationId"]
    if name in REQUESTS:
        content = operation["requestBody"]["content"]["application/json"]
        content["examples"] = {each: {"value": value} for each, value in REQUESTS[name].items()}
    for status, value in ANSWERS.get(name, {}).items():
        (content,) = operation["responses"][str(status)]["content"].values()
        content["example"] = value


def _never_null(parameter: dict[str, Any]) -> None:
    """Say that a parameter may be left out, rather than that it may be null, which no query string can."""
    schema = parameter["schema"]
    choices = [each for each in schema.pop("anyOf", []) if each != {"type": "null"}]
    if len(choices) == 1:
        schema.update(choices[0])
    elif choices:
        schema["anyOf"] = choices


def _drop_titles_of_fields(document: dict[str, Any]) -> None:
    """Drop Pydantic's titles of fields and parameters, such as ``Scheduledat``."""
    for schema in document["components"]["schemas"].values():
        for field in schema.get("properties", {}).values():
            field.pop("title", None)
    for operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            parameter["schema"].pop("title", None)
