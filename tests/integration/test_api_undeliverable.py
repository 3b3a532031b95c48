"""What no configured provider can take is refused when it comes, both ways, with the field and the reason."""

import json
from functools import partial
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.integration.conftest import Api, MakeApi, refused
from wavecom.adapters.providers.configuration import AnyProvider
from wavecom.adapters.providers.recipients import takes
from wavecom.application.accept.recipient_check import AcceptsRecipient, RecipientCheck
from wavecom.domain.api_keys import Role, new_api_key
from wavecom.domain.notifications.enums import Channel
from wavecom.http.notifications.responses import NotificationDetailAnswer

SMS = {"type": "SMS", "recipient": "+12025550123", "subject": None}
DEVICE = "ab" * 32
REGISTRATION = f"cXy-_1:{'A' * 140}"
PUSH = {"type": "PUSH", "recipient": DEVICE, "subject": "Title"}
FCM = {"kind": "fcm", "name": "fcm", "serviceAccount": {"project_id": "p"}}
APNS = {"kind": "apns", "name": "apns", "keyId": "k", "teamId": "t", "topic": "b", "privateKey": "p"}
SES = {"kind": "ses", "name": "ses", "sender": "no-reply@bank.example"}
SENDGRID = {"kind": "sendgrid", "name": "sendgrid", "sender": "no-reply@bank.example", "apiKey": "SG"}
SMTP = {"kind": "smtp", "name": "smtp", "sender": "no-reply@bank.example", "host": "localhost"}


def recipient_check(*providers: dict[str, Any]) -> RecipientCheck:
    configured = TypeAdapter(list[AnyProvider]).validate_python(providers)
    live: dict[Channel, dict[str, AcceptsRecipient]] = {channel: {} for channel in Channel}
    for each in configured:
        live[each.channel][each.name] = partial(takes, each)
    return RecipientCheck(live)


def reason(answer: Any) -> str:
    (detail,) = answer.json()["error"]["details"]
    text: str = detail["message"]
    return text


@pytest.mark.parametrize(
    ("message", "encoding", "segments"),
    [
        ("Your code is 1234", "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 918, "GSM-7", 6),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 3),
        ("Ihr Code: 1234 ✓", "UCS-2", 1),
        ("я" * 402, "UCS-2", 6),
    ],
)
def test_an_sms_says_how_it_is_sent(api: Api, message: str, encoding: str, segments: int) -> None:
    created = api.created(**SMS, message=message)
    (listed,) = api.get("/api/notifications").json()["data"]["notifications"]
    detail = api.get(f"/api/notifications/{created['_id']}")
    (of_batch,) = api.batch({**SMS, "message": message}).json()["data"]["results"]

    NotificationDetailAnswer.model_validate_json(detail.text)
    for shown in (created, listed, detail.json()["data"]["notification"], of_batch["data"]):
        assert shown["sms"] == {"encoding": encoding, "segments": segments}


def test_other_channels_have_no_segments(api: Api) -> None:
    assert "sms" not in api.created()
    assert "sms" not in api.created(**PUSH)


@pytest.mark.parametrize(
    ("message", "needs"),
    [
        ("a" * 919, "7 SMS segments in GSM-7"),
        ("я" * 403, "7 SMS segments in UCS-2"),
        ("a" * 1_601, "11 SMS segments in GSM-7"),
        ("a" * 5_000, "33 SMS segments in GSM-7"),
    ],
)
def test_an_sms_of_more_than_6_segments_is_refused(api: Api, message: str, needs: str) -> None:
    answer = api.create(**SMS, message=message)

    refused(api, answer, 422, "message")
    assert reason(answer) == f"needs {needs}; 6 are the most"
    (of_batch,) = api.batch({**SMS, "message": message}).json()["data"]["results"]
    assert of_batch["error"]["details"] == [{"field": "notifications[0].message", "message": reason(answer)}]
    assert api.stored() == 0


def test_the_number_of_segments_is_a_setting(make_api: MakeApi, over: str) -> None:
    api = make_api(over, sms_max_segments=1)

    assert api.create(**SMS, message="a" * 160).status_code == 201
    assert reason(api.create(**SMS, message="a" * 161)) == "needs 2 SMS segments in GSM-7; 1 are the most"


def test_a_repeated_call_gets_its_first_answer_after_the_setting_has_changed(make_api: MakeApi) -> None:
    first = make_api().create(**SMS, message="a" * 161, key="k")

    again = make_api(sms_max_segments=1).create(**SMS, message="a" * 161, key="k")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["data"]["_id"] == first.json()["data"]["_id"]


@pytest.mark.parametrize(
    ("recipient", "payload"),
    [
        (DEVICE, {"aps": {"alert": {"body": "{}", "title": "Title"}}, "notificationId": "0" * 24}),
        (REGISTRATION, {"notification": {"body": "{}", "title": "Title"}, "data": {"notificationId": "0" * 24}}),
    ],
)
@pytest.mark.parametrize("character", ["a", "ü", "😀"])
def test_a_push_message_of_more_than_4096_bytes_is_refused(
    api: Api, recipient: str, payload: dict[str, Any], character: str
) -> None:
    spare = 4096 - len(json.dumps(payload, separators=(",", ":")).encode()) + len("{}")
    size = len(character.encode())
    longest = character * (spare // size) + "x" * (spare % size)

    answer = api.create(**{**PUSH, "recipient": recipient, "message": longest + "x"})
    refused(api, answer, 422, "message")
    assert "4097 bytes" in reason(answer)
    assert api.create(**{**PUSH, "recipient": recipient, "message": longest}).status_code == 201


def test_escapes_of_json_count(api: Api) -> None:
    refused(api, api.create(**PUSH, message='"' * 2_100), 422, "message")


@pytest.mark.parametrize("recipient", [DEVICE, REGISTRATION])
def test_what_a_push_message_carries_counts_too(api: Api, recipient: str) -> None:
    carried = {"data": {"account": "x" * 2_000}, "sound": "default"}
    push = {**PUSH, "recipient": recipient}

    refused(api, api.create(**push, message="a" * 2_000, push=carried), 422, "message")
    assert api.create(**push, message="a" * 1_500, push=carried).status_code == 201


@pytest.mark.parametrize(
    ("configured", "changes", "why"),
    [
        ([FCM], PUSH, "is a device token of APNs, which no configured provider takes"),
        (
            [APNS],
            {**PUSH, "recipient": REGISTRATION},
            "is a registration token of FCM, which no configured provider takes",
        ),
        (
            [SES, SENDGRID],
            {"recipient": "jürgen@example.com"},
            "is an address with characters other than ASCII before the @, which no configured provider takes",
        ),
    ],
)
def test_a_recipient_that_no_configured_provider_takes_is_refused(
    make_api: MakeApi, over: str, configured: list[dict[str, Any]], changes: dict[str, Any], why: str
) -> None:
    api = make_api(over, recipient_check=recipient_check(*configured))

    answer = api.create(**{**changes, "message": "Hello"})

    refused(api, answer, 422, "recipient")
    assert reason(answer) == why
    assert changes["recipient"] not in answer.text


@pytest.mark.parametrize(
    ("configured", "changes"),
    [
        ([FCM, APNS], PUSH),
        ([FCM, APNS], {**PUSH, "recipient": REGISTRATION}),
        ([FCM], {**PUSH, "recipient": REGISTRATION}),
        ([APNS], PUSH),
        ([FCM, {"kind": "simulated", "name": "sim", "channel": "PUSH"}], PUSH),
        ([SES, SMTP], {"recipient": "jürgen@example.com"}),
        ([SES], {"recipient": "user@bücher.example"}),
        ([FCM], {"recipient": "user@example.com"}),
        ([SES], SMS),
    ],
)
def test_a_recipient_that_one_of_them_takes_is_accepted(
    make_api: MakeApi, configured: list[dict[str, Any]], changes: dict[str, Any]
) -> None:
    assert (
        make_api(recipient_check=recipient_check(*configured)).create(**{**changes, "message": "Hello"}).status_code
        == 201
    )


def test_a_test_key_has_simulators_for_everybody(make_api: MakeApi, clock: Any) -> None:
    key, token = new_api_key(tenant_id="bank-a", name="t", role=Role.TENANT, at=clock(), test=True)
    api = make_api(token=token, development_tenant=None, recipient_check=recipient_check(FCM))
    api.services.keys.add(key)

    assert api.create(**PUSH, message="Hello").status_code == 201


def test_several_reasons_are_all_told(make_api: MakeApi) -> None:
    api = make_api(recipient_check=recipient_check(FCM))

    answer = api.create(**PUSH, message="a" * 5_000, expiresAt="2020-01-01T00:00:00Z")

    refused(api, answer, 422, "recipient", "message", "expiresAt")


@pytest.mark.parametrize("channel", [{}, SMS, PUSH])
@pytest.mark.parametrize(
    "message", [" ", "\n\t\r\n", "\u00a0\u3000", "\u200b\u200d", "\ufeff", "\u202e \u2066"], ids=ascii
)
def test_a_message_without_visible_text_is_refused(quick_api: Api, channel: dict[str, Any], message: str) -> None:
    answer = quick_api.create(**channel, message=message)

    refused(quick_api, answer, 422, "message")
    assert reason(answer) == "must have text that can be seen"
