"""Webhooks are taken only with a signature by one of the secrets, and fresh."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks

from tests.test_feed import event
from wavecom_client import NotificationEvent, WebhookVerificationError, verify_webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(b"another secret of 24 by").decode()
BODY = json.dumps({name: value for name, value in event(1).items() if name != "cursor"}, separators=(",", ":"))


def signed(body: str = BODY, secret: str = SECRET, ago: timedelta = timedelta(0)) -> dict[str, str]:
    at = datetime.now(UTC) - ago
    signature = standardwebhooks.Webhook(secret).sign("evt_1", at, body)
    return {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": signature,
    }


def test_the_vector_of_standard_webhooks_is_signed_the_same():
    at = datetime.fromtimestamp(1614265330, UTC)
    signature = standardwebhooks.Webhook(SECRET).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}')

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("body", [BODY, BODY.encode()])
@pytest.mark.parametrize("secret", [SECRET, [OTHER, SECRET], (SECRET, OTHER)])
def test_a_webhook_that_one_of_the_secrets_signed_is_its_event(body: str | bytes, secret: str | list[str]):
    found = verify_webhook(body, signed(), secret)

    assert isinstance(found, NotificationEvent)
    assert (found.id, found.type, found.data["status"], found.cursor) == ("evt_1", "notification.sent", "SENT", None)


def test_one_signature_of_several_is_enough_whatever_the_others_are():
    headers = signed()
    headers["Webhook-Signature"] = f"v1a,x v1,{'A' * 43}= nonsense , {headers['Webhook-Signature']}"

    assert verify_webhook(BODY, headers, SECRET).id == "evt_1"


@pytest.mark.parametrize(
    "headers",
    [
        signed(secret=OTHER),
        signed(body=BODY.replace("SENT", "FAILED")),
        signed(ago=timedelta(minutes=6)),
        signed(ago=timedelta(minutes=-6)),
        {**signed(), "Webhook-Id": "evt_2"},
        {**signed(), "Webhook-Timestamp": "nan"},
        {**signed(), "Webhook-Timestamp": "soon"},
        {**signed(), "Webhook-Signature": "v1"},
        {**signed(), "Webhook-Signature": "v1,ÿ"},
        {},
    ],
    ids=["secret", "body", "old", "future", "id", "nan", "timestamp", "no signature", "no base64", "no headers"],
)
def test_others_are_refused(headers: dict[str, str]):
    with pytest.raises(WebhookVerificationError):
        verify_webhook(BODY, headers, SECRET)


@pytest.mark.parametrize("body", ["", "[]", '{"id": "evt_1"}', "[" * 100_000])
def test_what_is_signed_but_no_event_is_refused(body: str):
    with pytest.raises(WebhookVerificationError):
        verify_webhook(body, signed(body), SECRET)


def test_a_body_that_is_no_text_is_refused():
    with pytest.raises(WebhookVerificationError):
        verify_webhook(b"\xff", signed(), SECRET)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_a", []])
def test_a_secret_that_is_none_is_the_callers_mistake(secret: str | list[str]):
    with pytest.raises(ValueError, match=r"secret"):
        verify_webhook(BODY, signed(), secret)
