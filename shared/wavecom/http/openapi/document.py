"""The OpenAPI document: the declarations of the routes, with additions that Powertools cannot express."""

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
from wavecom.http.openapi import headers, tags
from wavecom.http.openapi.examples.operations import ANSWERS, REQUESTS
from wavecom.http.openapi.reading_order import put_in_reading_order
from wavecom.http.openapi.shared_answers import share_errors

DESCRIPTION = """Transactional email, SMS and push: none lost, none sent twice.

**Keys.** Every call carries `Authorization: Bearer <key>`, or the key in `X-API-Key`. A key belongs to one tenant and
sees nothing else; an operator's key sees more where an operation says so. On a laptop the development tenant needs no
key.

**Answers.** A success is `{"success": true, "data": …}`. Every error is `{"success": false, "error": {"code",
"message", "details": [{"field", "message"}]}, "requestId"}`; go by `code`, since messages may change. Fields without a
value are left out of a notification; elsewhere they are null.

**Repeating.** Send an `Idempotency-Key` with what creates or replays, and a call that got no answer can be repeated
safely. After 429 and 503 wait for as long as `Retry-After` says.

**HTTP.** HEAD is answered wherever GET is, with the same headers. A path that is not here is a 404, another method a
405 with `Allow`: errors like all others. What stands before the API has words of its own, such as a gateway, or the
local server, which refuses what is no HTTP (400), headers that are too large (431) or too slow (408), and connections
beyond its limit (503), in plain text.

**Moments** are UTC, as RFC 3339 writes them, with milliseconds.
"""
SECURITY_SCHEMES: dict[str, SecurityScheme] = {
    "bearer": HTTPBearer(description="An API key of your tenant"),
    "apiKey": APIKey.model_validate(
        {"in": "header", "name": "X-API-Key", "description": "The same key, in a header of its own"}
    ),
}


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
    document["components"]["headers"] = dict(headers.COMPONENTS)
    for method, operation in _operations(document):
        _add_examples(operation)
        if method == "get":
            _add_revalidation(operation)
        _add_headers(operation)
        for parameter in operation.get("parameters", ()):
            _drop_null(parameter)
            _add_example(parameter, document["components"]["schemas"])
    _drop_titles_of_fields(document)
    put_in_reading_order(document)
    share_errors(document)
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in document["paths"].values():
        yield from path.items()


def _add_revalidation(operation: dict[str, Any]) -> None:
    """Declare the answer's ETag, with which a client may get a 304.

    The 304 is not declared as an answer: a client that does not ask for it never gets it, and generated clients would
    have to handle it separately.
    """
    answer = operation["responses"]["200"]
    answer["headers"] = {**answer.get("headers", {}), **headers.references({"ETag": "ETag"})}


def _add_headers(operation: dict[str, Any]) -> None:
    """Add the headers that every answer has; operations without a key have no limit."""
    names = ["X-Request-Id", *(headers.RATE_LIMIT if "security" not in operation else ())]
    for answer in operation["responses"].values():
        answer["headers"] = {
            **answer.get("headers", {}),
            **headers.references({name: name for name in names}),
        }


def _add_examples(operation: dict[str, Any]) -> None:
    """Add the examples of a body and an answer. Powertools would omit their nulls."""
    name = operation["operationId"]
    if name in REQUESTS:
        content = operation["requestBody"]["content"]["application/json"]
        content["examples"] = {each: {"value": value} for each, value in REQUESTS[name].items()}
    for status, value in ANSWERS.get(name, {}).items():
        (content,) = operation["responses"][str(status)]["content"].values()
        if "examples" in content:
            content["examples"] = {"answer": {"value": value}, **content["examples"]}
        else:
            content["example"] = value


def _drop_null(parameter: dict[str, Any]) -> None:
    """Declare that a parameter may be omitted, not that it may be null, which a query string cannot express."""
    schema = parameter["schema"]
    choices = [each for each in schema.pop("anyOf", []) if each != {"type": "null"}]
    if len(choices) == 1:
        schema.update(choices[0])
    elif choices:
        schema["anyOf"] = choices


def _add_example(parameter: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Give a parameter the example of its declaration: a named one, or the default, or the first choice."""
    schema = parameter["schema"]
    default = [schema["default"]] if "default" in schema else []
    choices = schemas.get(str(schema.get("$ref", "")).rpartition("/")[2], schema).get("enum", [])
    parameter["example"] = [*schema.pop("examples", []), *default, *choices][0]


def _drop_titles_of_fields(document: dict[str, Any]) -> None:
    """Drop Pydantic's titles of fields and parameters, such as ``Scheduledat``."""
    for schema in document["components"]["schemas"].values():
        for field in schema.get("properties", {}).values():
            field.pop("title", None)
    for _, operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            parameter["schema"].pop("title", None)
