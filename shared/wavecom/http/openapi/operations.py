"""Parts of the OpenAPI document that routes share: parameters and common answers."""

from collections.abc import Iterable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from wavecom.http.fields.recipients import MAX_LENGTH
from wavecom.http.framework.errors import ErrorAnswer
from wavecom.http.openapi import example_ids
from wavecom.http.openapi.headers import HEADERS_BY_STATUS, references
from wavecom.http.openapi.refusals import DocumentedError

NotificationId = Annotated[
    str,
    Path(pattern="^[0-9a-f]{24}$", description="The notification's `_id`, 24 hex digits", examples=[example_ids.ID]),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Repeat a call with its key and get its answer again, not a second notification",
        examples=["order-4711-confirmation"],
    ),
]

RecipientQuery = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=MAX_LENGTH,
        description="In full, as in a body: case of the domain and separators of a phone number do not matter",
        examples=["user@example.com"],
    ),
]

PageCursor = partial(Query, min_length=1, max_length=100, examples=[example_ids.CURSOR])

_NO_HEADERS: Mapping[str, str] = {}


def documented(
    status: HTTPStatus,
    shape: type,
    text: str,
    refusals: Iterable[DocumentedError],
    headers: Mapping[str, str] = _NO_HEADERS,
) -> dict[int, Any]:
    """Return the ``responses`` of a route for the OpenAPI document: its answer, and its errors with examples.

    ``headers`` are those of the answer, of `wavecom.http.openapi.headers`.
    """
    answers: dict[int, Any] = {
        status.value: {
            "description": text,
            "content": {"application/json": {"model": shape}},
            "headers": references(headers),
        },
    }
    for refusal in refusals:
        answers.setdefault(refusal.status.value, _error(refusal.status))
        answer = answers[refusal.status.value]
        answer["description"] += f"{'; or: ' if answer['description'] else ''}{refusal.text}"
        examples = answer["content"]["application/json"]["examples"]
        name = refusal.code if refusal.code not in examples else f"{refusal.code}_{len(examples) + 1}"
        examples[name] = {"summary": refusal.text, "value": refusal.example()}
    return answers


def _error(status: HTTPStatus) -> dict[str, Any]:
    return {
        "description": "",
        "content": {"application/json": {"model": ErrorAnswer, "examples": {}}},
        "headers": references({name: name for name in HEADERS_BY_STATUS.get(status, ())}),
    }
