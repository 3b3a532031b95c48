"""The largest body that the API takes comes through to it, so that a larger one is refused by us, with our answer."""

import base64
import json

from infra_cdk.function_settings import FunctionSettings
from wavecom.http.services import HttpConfig
from wavecom.settings import Settings
from wavecom.topology import MAX_BODY_BYTES

LAMBDA_PAYLOAD = 6_291_556
"""Bytes of a synchronous request, as the error says (AWS Lambda developer guide, "Lambda quotas": 6 MB)."""
HEADERS = 10_240
"""Bytes of request line and headers together (Amazon API Gateway developer guide, "Quotas for HTTP APIs")."""
ENVELOPE = 2 * (4 * HEADERS)
"""An event has the path and the query twice each, and the context; every byte may be escaped."""


def event(body: str, *, is_base64: bool) -> int:
    """Return how many bytes an event of the HTTP API has with ``body``, at the most."""
    return len(json.dumps({"body": body, "isBase64Encoded": is_base64}, ensure_ascii=False).encode()) + ENVELOPE


def test_the_limit_is_the_same_everywhere() -> None:
    assert Settings.model_fields["max_body_bytes"].default == MAX_BODY_BYTES
    assert FunctionSettings.model_fields["max_body_bytes"].default == MAX_BODY_BYTES
    assert HttpConfig().max_body_bytes == MAX_BODY_BYTES == 4 * 1024 * 1024


def test_the_largest_body_comes_through_as_base64() -> None:
    assert event(base64.b64encode(bytes(MAX_BODY_BYTES + 1)).decode(), is_base64=True) < LAMBDA_PAYLOAD


def test_the_largest_batch_of_html_comes_through_with_its_quotes_escaped() -> None:
    """HTML with an attribute in each tag: JSON escapes its quotes, and the event escapes both."""
    message = '<p class="text">' + "A paragraph of some words. " * 2 + "</p>"
    whole = json.dumps([{"type": "EMAIL", "recipient": "user@example.com", "message": message}] * 100_000)

    body = whole[: MAX_BODY_BYTES + 1]

    assert event(body, is_base64=False) < LAMBDA_PAYLOAD


def test_a_body_of_quotes_alone_is_the_gateways_to_refuse() -> None:
    """What docs/deploy.md says of it: up to 2.9 MiB it comes through whatever it is made of."""
    assert event('"' * MAX_BODY_BYTES, is_base64=False) > LAMBDA_PAYLOAD
    assert event('"' * int(2.9 * 1024 * 1024), is_base64=False) < LAMBDA_PAYLOAD
