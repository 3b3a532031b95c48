"""Whatever is sent, the answer is a 4xx that names the field, nothing is stored, and nothing is given away."""

import gzip
import json
from typing import Any

import pytest

from tests.integration.conftest import EMAIL, JSON, Api, MakeApi, refused

ID = "507f1f77bcf86cd799439011"
SMS = {"type": "SMS", "recipient": "+12025550123", "message": "Your code is 1234"}


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth - 1):
        value = {"below": value}
    return value


WRONG_FIELDS: list[tuple[str, dict[str, Any]]] = [
    ("type", {"type": "FAX"}),
    ("type", {"type": "email"}),
    ("type", {"type": ["EMAIL"]}),
    ("type", {"type": None}),
    ("recipient", {"recipient": ""}),
    ("recipient", {"recipient": 12025550123}),
    ("recipient", {"recipient": "user@"}),
    ("recipient", {"recipient": "a@b.example,c@d.example"}),
    ("recipient", {"recipient": "user@example.com\r\nBcc: all@example.com"}),
    ("recipient", {"recipient": "user@example.com\x00"}),
    ("recipient", {"recipient": {"$gt": ""}}),
    ("recipient", {"recipient": "a" * 5000 + "@example.com"}),
    ("recipient", {**SMS, "recipient": "2025550123"}),
    ("recipient", {**SMS, "recipient": "+1202555012345678"}),
    ("recipient", {**SMS, "recipient": "+12025550123;ext=1"}),
    ("recipient", {"type": "PUSH", "recipient": "token"}),
    ("recipient", {"type": "PUSH", "recipient": "ab" * 32 + "\n"}),
    ("subject", {"subject": None}),
    ("subject", {"subject": "   "}),
    ("subject", {"subject": "Hello\r\nBcc: all@example.com"}),
    ("subject", {"subject": "Hello\x7f"}),
    *(
        ("subject", {"subject": f"Hello{each}there"})
        for each in ("\n", "\r", "\t", "\x1b[31m", "\x80", "\x85", "\x9f", "\u2028", "\u2029", "\ud83d")
    ),
    ("subject", {"subject": "\u200b\u00a0\ufeff"}),
    ("subject", {"subject": "s" * 10_000}),
    ("subject", {**SMS, "subject": "Hello\nthere"}),
    ("message", {"message": ""}),
    ("message", {"message": "m" * 5001}),
    ("message", {"message": ["Hello"]}),
    ("message", {"message": "Hello\x00"}),
    ("message", {"message": "Hello\ud800"}),
    ("priority", {"priority": "URGENT"}),
    ("priority", {"priority": None}),
    ("maxRetries", {"maxRetries": -1}),
    ("maxRetries", {"maxRetries": 4}),
    ("maxRetries", {"maxRetries": 2**70}),
    ("maxRetries", {"maxRetries": "3"}),
    ("maxRetries", {"maxRetries": True}),
    ("onUnknown", {"onUnknown": "perhaps"}),
    ("metadata", {"metadata": []}),
    ("metadata", {"metadata": "text"}),
    ("metadata", {"metadata": {"$where": "sleep(1000)"}}),
    ("metadata", {"metadata": {"a": [{"$gt": 1}]}}),
    ("metadata", {"metadata": {"a.b": 1}}),
    ("metadata", {"metadata": {"": 1}}),
    ("metadata", {"metadata": {"a": 2**70}}),
    ("metadata", {"metadata": {"a": -(2**63) - 1}}),
    ("metadata", {"metadata": nested(100)}),
    ("metadata", {"metadata": nested(6) | {"a": {"b": {"c": {"d": {"e": {"f": {}}}}}}}}),
    ("metadata", {"metadata": {"a": "x" * 9000}}),
    ("metadata", {"metadata": {"nul\x00": 1}}),
    ("metadata.a[0]", {"metadata": {"a": ["\udc00"]}}),
    ("colour", {"colour": "red"}),
    ("status", {"status": "SENT"}),
    ("tenantId", {"tenantId": "bank-b"}),
    ("_id", {"_id": ID}),
    ("__proto__", {"__proto__": {"admin": True}}),
    ("scheduled_at", {"scheduled_at": "2026-12-01T09:00:00Z"}),
    *(
        ("scheduledAt", {"scheduledAt": moment})
        for moment in (
            "tomorrow",
            "",
            "2026-12-01T09:00:00",
            "2026-12-01",
            "2026-13-01T09:00:00Z",
            "2026-02-30T09:00:00Z",
            "2026-12-01T25:00:00Z",
            "2026-12-01T09:00:00+99:00",
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59-23:00",
            "2026-12-31T23:59:60Z",
            "\uff12\uff10\uff12\uff16-12-01T09:00:00Z",
            "2026-12-0\u0661T09:00:00Z",
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00+23:00",
            "2020-01-01T00:00:00Z",
            "1796000000",
            1_796_000_000,
            1.5,
            True,
            {"$date": "2026-12-01T09:00:00Z"},
        )
    ),
    ("expiresAt", {"expiresAt": "2020-01-01T00:00:00Z"}),
    ("expiresAt", {"expiresAt": "9999-12-31T23:59:59Z"}),
]


@pytest.mark.parametrize(
    "subject",
    [
        "Votre commande est prête\u00a0!",
        "Prix\u202f: 12 €",
        "👨\u200d👩\u200d👧",
        "ご注文\u3000完了",
        "نامه\u200cها",  # noqa: RUF001 - Persian
        "क्\u200dष",
        "\U0001fae8",
        "\u202eabc\u202c \u2066abc\u2069",
    ],
)
def test_a_subject_in_any_language_is_one_line(api: Api, subject: str):
    created = api.created(subject=subject)

    assert created["subject"] == subject
    assert api.get(f"/api/notifications/{created['_id']}").json()["data"]["notification"]["subject"] == subject


def test_a_leap_second_is_refused_in_our_own_words(api: Api):
    answer = api.create(scheduledAt="2026-12-31T23:59:60Z")

    refused(api, answer, 422, "scheduledAt")
    assert answer.json()["error"]["details"][0]["message"] == (
        "must have seconds from 00 to 59; a leap second (60) cannot be kept, write the one before or after it"
    )


@pytest.mark.parametrize("way", ["single", "batch"])
def test_wrong_fields(quick_api: Api, way: str):
    for field, changes in WRONG_FIELDS:
        body = {**EMAIL, **changes}
        if way == "single":
            refused(quick_api, quick_api.post("/api/notifications", body), 422, field)
            continue
        answer = quick_api.batch(body)
        if answer.status_code == 422:
            refused(quick_api, answer, 422, f"notifications[0].{field}")
            continue
        (result,) = answer.json()["data"]["results"]
        assert result["status"] == 422
        assert {each["field"] for each in result["error"]["details"]} == {f"notifications[0].{field}"}
        assert quick_api.stored() == 0


def test_several_wrong_fields_are_all_named(api: Api):
    answer = api.create(type="FAX", message="", colour="red")

    refused(api, answer, 422, "type", "message", "colour")


def test_missing_fields_are_named(api: Api):
    refused(api, api.post("/api/notifications", {}), 422, "type", "recipient", "message")
    refused(api, api.post("/api/notifications/batch", {}), 422, "notifications")


def with_raw(name: str, value: str) -> str:
    """Return a good request with one more member, written as ``value``."""
    return f'{json.dumps(EMAIL)[:-1]}, "{name}": {value}}}'


WRONG_BODIES: list[tuple[str | bytes, int, tuple[str, ...]]] = [
    ("", 400, ()),
    (" ", 400, ()),
    ("{", 400, ()),
    ("{'type': 'EMAIL'}", 400, ()),
    (json.dumps(EMAIL) + "}", 400, ()),
    (json.dumps(EMAIL) * 2, 400, ()),
    ("\ufeff", 400, ()),
    ("\ufeff\ufeff{}", 400, ()),
    ("{}\ufeff", 400, ()),
    ("type=EMAIL&recipient=user%40example.com", 400, ()),
    ("<notification/>", 400, ()),
    ("[" * 40_000, 400, ()),
    ("[" * 100_000, 422, ("body",)),
    ('{"metadata":' * 50_000, 400, ()),
    (with_raw("maxRetries", "NaN"), 400, ()),
    (with_raw("metadata", '{"a": Infinity}'), 400, ()),
    (with_raw("metadata", '{"a": -Infinity}'), 400, ()),
    (with_raw("metadata", '{"a": 01}'), 400, ()),
    (with_raw("metadata", '{"a": "\n"}'), 400, ()),
    (with_raw("metadata", '{"a": 1,}'), 400, ()),
    (with_raw("metadata", '{"a": 1e400}'), 422, ("metadata",)),
    (with_raw("metadata", f'{{"a": {"9" * 4000}}}'), 422, ("metadata",)),
    (with_raw("metadata", f'{{"a": {"9" * 10_000}}}'), 400, ()),
    (with_raw("maxRetries", "1e400"), 422, ("maxRetries",)),
    (with_raw("message", '"Hello"'), 422, ("message",)),
    (with_raw("type", '"EMAIL"'), 422, ("type",)),
    (with_raw("metadata", '{"a": 1, "a": 2}'), 422, ("a",)),
    (with_raw("metadata", r'{"a\u0000": 1}'), 422, ("metadata",)),
    (with_raw("metadata", r'{"a": "\ud800"}'), 422, ("metadata.a",)),
    (with_raw("metadata", r'{"\udfff": 1}'), 422, ("metadata",)),
    ("null", 422, ("body",)),
    ("[]", 422, ("body",)),
    (json.dumps([EMAIL]), 422, ("body",)),
    ('"text"', 422, ("body",)),
    ("1", 422, ("body",)),
    ("true", 422, ("body",)),
    (b'{"message": "\xff\xfe"}', 400, ()),
    (json.dumps(EMAIL).encode("utf-16"), 400, ()),
    (json.dumps({**EMAIL, "message": "Grüße"}, ensure_ascii=False).encode("latin-1"), 400, ()),
]


@pytest.mark.parametrize("path", ["/api/notifications", "/api/notifications/batch"])
def test_wrong_bodies(api: Api, path: str):
    for body, status, named in WRONG_BODIES:
        if path.endswith("batch") and isinstance(body, str) and body.startswith('{"type"'):
            continue
        refused(api, api.post(path, body), status, *named)


def test_a_byte_order_mark_is_skipped(api: Api):
    answer = api.post("/api/notifications", "\ufeff" + json.dumps(EMAIL))

    assert answer.status_code == 201
    assert answer.json()["data"]["message"] == EMAIL["message"]


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "deflate", "identity, gzip", "nonsense"])
@pytest.mark.parametrize("path", ["/api/notifications", "/api/notifications/batch", f"/api/notifications/{ID}/cancel"])
def test_an_encoded_body_is_refused(api: Api, path: str, coding: str):
    body = gzip.compress(json.dumps(EMAIL).encode())

    answer = api.post(path, body, headers={"Content-Encoding": coding})

    refused(api, answer, 415)
    assert answer.headers["Accept-Encoding"] == "identity"
    assert answer.json()["error"]["message"] == "The body must not be compressed or encoded"


@pytest.mark.parametrize("coding", ["identity", "Identity", ""])
def test_an_identity_coding_is_none(api: Api, coding: str):
    assert api.post("/api/notifications", EMAIL, headers={"Content-Encoding": coding}).status_code == 201


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml",
     "application/jsonx", "text/json", "application/json, text/plain"],
)  # fmt: skip
def test_wrong_content_types(api: Api, content_type: str | None):
    headers = {} if content_type is None else {"Content-Type": content_type}

    answer = api.client.post("/api/notifications", content=json.dumps(EMAIL), headers=headers)

    refused(api, answer, 415)


@pytest.mark.parametrize("content_type", ["Application/JSON", "application/json; charset=utf-8", "application/json;"])
def test_right_content_types(api: Api, content_type: str):
    answer = api.post("/api/notifications", EMAIL, headers={"Content-Type": content_type})

    assert answer.status_code == 201


@pytest.mark.parametrize("way", ["with its length", "in chunks"])
def test_a_body_over_the_limit(api: Api, way: str):
    content = json.dumps({**EMAIL, "message": "m" * 6 * 2**20}).encode()
    chunks = (content[start : start + 65_536] for start in range(0, len(content), 65_536))

    answer = api.client.post(
        "/api/notifications", content=content if way == "with its length" else chunks, headers=JSON
    )

    refused(api, answer, 413)


def test_a_body_under_the_limit_may_come_in_base64(make_api: MakeApi):
    api = make_api(max_body_bytes=100_000)
    content = json.dumps({"notifications": [{**EMAIL, "message": "m" * 4500}] * 20}).encode()

    answer = api.client.post(
        "/api/notifications/batch", content=content, headers=JSON, extensions={"isBase64Encoded": True}
    )

    assert answer.status_code == 207
    assert answer.json()["data"]["accepted"] == 20
