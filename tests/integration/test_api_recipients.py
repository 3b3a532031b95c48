"""Recipients over HTTP, both ways: what is one, and that it is found however it is written."""

from typing import Any

import pytest

from tests.integration.conftest import Api, refused

SMS = {"type": "SMS", "subject": None, "message": "Your code is 1234"}
FULL_WIDTH = "+" + "".join(chr(ord(each) - ord("0") + 0xFF10) for each in "12025550123")
ARABIC_INDIC = "+1202555012\u0663"

WRONG_NUMBERS = [
    "+1 202 555 OOOO",
    "+44 79II I23456",
    "+1800FLOWERS",
    FULL_WIDTH,
    ARABIC_INDIC,
    "\uff0b12025550123",
    "+1\u00ad2025550123",
    "+1\u00a0202\u00a0555\u00a00123",
    "+1\u2011202\u2011555\u20110123",
    "+1\u200b2025550123",
    "+1\t2025550123",
    "+12025550123\n",
    "+12025550123 ext 1",
    "+12025550123x1",
    "+12025550123#1",
    "tel:+12025550123",
    "++12025550123",
    "+1/202/5550123",
    "(+1) 202 555 0123",
    "12025550123",
    " +12025550123",
    "+",
    "+()",
]
WRONG_ADDRESSES = [
    f"{'a' * 65}@example.com",
    f"{'ü' * 33}@example.com",
    '"a b"@example.com',
    '"quoted"@example.com',
    "user@[127.0.0.1]",
    "user@[IPv6:::1]",
    "user@example.com.",
    "user.@example.com",
    " user@example.com",
    "user@example.com ",
    "Bank <user@example.com>",
    "user(comment)@example.com",
    "user@exa\u00admple.com",
    "us\u00ader@example.com",
    "us\u200cer@example.com",
    "us\u00a0er@example.com",
    "\ufeffuser@example.com",
    "user@localhost",
    "user@example",
]


@pytest.mark.parametrize("number", WRONG_NUMBERS, ids=ascii)
def test_a_phone_number_has_a_plus_digits_and_separators_only(quick_api: Api, number: str) -> None:
    answer = quick_api.create(**SMS, recipient=number)

    refused(quick_api, answer, 422, "recipient")
    (detail,) = answer.json()["error"]["details"]
    assert detail["message"].startswith("must be a phone number")


@pytest.mark.parametrize("address", WRONG_ADDRESSES, ids=ascii)
def test_an_email_address_is_nothing_but_one(quick_api: Api, address: str) -> None:
    refused(quick_api, quick_api.create(recipient=address), 422, "recipient")
    refused(quick_api, quick_api.post("/api/suppressions", {"type": "EMAIL", "recipient": address}), 422, "recipient")


def test_a_local_part_that_is_too_long_is_refused_with_the_reason(api: Api) -> None:
    answer = api.create(recipient=f"{'a' * 65}@example.com")

    refused(api, answer, 422, "recipient")
    assert answer.json()["error"]["details"][0]["message"] == "must have 64 bytes at the most before the @"


@pytest.mark.parametrize(
    ("changes", "stored"),
    [
        ({**SMS, "recipient": "+1 (202) 555-0123"}, "+12025550123"),
        ({**SMS, "recipient": "+1.202.555.0123 "}, "+12025550123"),
        ({**SMS, "recipient": "+44 (0)20 7946 0958"}, "+442079460958"),
        ({"recipient": "User+tag@EXAMPLE.com"}, "User+tag@example.com"),
        ({"recipient": f"{'a' * 64}@example.com"}, f"{'a' * 64}@example.com"),
        ({"recipient": "user@xn--bcher-kva.example"}, "user@bücher.example"),
        ({"type": "PUSH", "recipient": "AB" * 32}, "ab" * 32),
    ],
)
def test_a_recipient_is_kept_in_one_form(api: Api, changes: dict[str, Any], stored: str) -> None:
    assert api.created(**changes)["recipient"] == stored


WRITTEN: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"type": "EMAIL", "recipient": "User+tag@example.com"},
        [
            "recipient=User%2Btag@example.com",
            "recipient=User%2Btag@EXAMPLE.COM",
            "recipient=User%2Btag@EXAMPLE.COM&type=EMAIL",
            "recipient=User+tag@example.com",
            "recipient=%20User%2Btag@example.com%20",
        ],
    ),
    (
        {"type": "EMAIL", "recipient": "user@bücher.example"},
        [
            "recipient=user@bücher.example",
            "recipient=user@xn--bcher-kva.example",
            "recipient=user@B%C3%9CCHER.example&type=EMAIL",
        ],
    ),
    (
        {**SMS, "recipient": "+12025550123"},
        [
            "recipient=%2B12025550123",
            "recipient=%2B1 202 555 0123",
            "recipient=%2B1-202-555-0123&type=SMS",
            "recipient=+12025550123",
            "recipient=+1 (202) 555-0123&type=SMS",
            "recipient=%2012025550123",
        ],
    ),
    (
        {"type": "PUSH", "recipient": "ab" * 32},
        [f"recipient={'AB' * 32}", f"recipient={'Ab' * 32}&type=PUSH"],
    ),
]
NOBODY = [
    "recipient=user@example.com",
    "recipient=+12025550124",
    "recipient=+12025550123&type=EMAIL",
    "recipient=+1 202 555 OI23",
    "recipient=12025550123",
    "recipient=+",
    f"recipient={FULL_WIDTH}",
    "recipient=nobody",
    "recipient=a@b@c",
]


def found(api: Api, path: str, query: str) -> list[str]:
    answer = api.get(f"{path}?{query}")
    assert answer.status_code == 200, f"{query}: {answer.text}"
    data = answer.json()["data"]
    return [each["recipient"] for each in data.get("notifications", data.get("suppressions"))]


@pytest.mark.parametrize("path", ["/api/notifications", "/api/suppressions"])
def test_a_recipient_is_found_however_it_is_written(api: Api, path: str) -> None:
    for made, _ in WRITTEN:
        if path == "/api/notifications":
            api.created(**made)
        else:
            assert api.post(path, {name: made[name] for name in ("type", "recipient")}).status_code == 201

    for made, queries in WRITTEN:
        for query in queries:
            assert found(api, path, query) == [made["recipient"]], query
    for query in NOBODY:
        assert found(api, path, query) == [], query


def test_a_suppression_is_looked_up_within_its_tenant_and_type(api: Api) -> None:
    api.post("/api/suppressions", {"type": "EMAIL", "recipient": "User@example.com"})

    answer = api.get("/api/suppressions?recipient=user@EXAMPLE.com&type=EMAIL").json()["data"]

    assert [each["recipient"] for each in answer["suppressions"]] == ["User@example.com"]
    assert answer["nextCursor"] is None
    assert found(api, "/api/suppressions", "recipient=user@example.com&type=SMS") == []


def test_a_type_alone_does_not_narrow_the_suppression_list(api: Api) -> None:
    refused(api, api.get("/api/suppressions?type=SMS"), 422, "type")


def test_a_recipient_in_a_query_is_bounded(api: Api) -> None:
    for path in ("/api/notifications", "/api/suppressions"):
        refused(api, api.get(f"{path}?recipient="), 422, "recipient")
        refused(api, api.get(f"{path}?recipient={'a' * 4097}"), 422, "recipient")


@pytest.mark.parametrize(
    "recipient",
    [
        "=?utf-8?q?a=0D=0ABcc=3A_x=40evil.example?=@example.com",
        "=?utf-8?q?a=2C_x=40evil.example?=@example.com",
    ],
)
def test_address_that_mail_programs_would_decode_to_another_is_refused(api: Api, recipient: str) -> None:
    answer = api.create(recipient=recipient)

    refused(api, answer, 422, "recipient")
    assert "=?" in answer.json()["error"]["details"][0]["message"]
