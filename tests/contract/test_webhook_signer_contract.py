"""What every signer of webhooks does, and what the libraries of Standard Webhooks find in its headers."""

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from local.config import PROJECT
from tests.builders import an_event, now
from tests.fakes import FakeSigner
from wavecom.adapters.webhooks.signature import StandardWebhooksSigner
from wavecom.domain.events.event import payload
from wavecom.domain.webhooks.endpoint import new_secret
from wavecom.ports.webhooks import Signer

PORT = Signer

EVENT_ID = "evt_0123456789abcdef01234567_2"
BODY = json.dumps({"id": EVENT_ID, "data": {"note": "Grüße, 你好 🎉"}}, ensure_ascii=False)


@pytest.fixture(params=[FakeSigner, StandardWebhooksSigner])
def signer(request: pytest.FixtureRequest) -> Signer:
    made: Signer = request.param()
    return made


@pytest.fixture
def real_signer() -> Signer:
    return StandardWebhooksSigner()


def test_headers_identify_and_date_the_event(signer: Signer) -> None:
    at = now()

    headers = signer.headers(EVENT_ID, BODY, [new_secret()], at)

    assert set(headers) == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (EVENT_ID, str(int(at.timestamp())))


@pytest.mark.parametrize("count", [1, 2])
def test_each_secret_gives_a_signature(signer: Signer, count: int) -> None:
    headers = signer.headers(EVENT_ID, BODY, [new_secret() for _ in range(count)], now())

    signatures = headers["webhook-signature"].split(" ")

    assert len(set(signatures)) == count
    assert all(each.startswith("v1,") for each in signatures)


@pytest.mark.parametrize("hours", [-11, 0, 5.5, 14])
def test_a_time_of_another_zone_signs_the_same_second(signer: Signer, hours: float) -> None:
    at, secret = datetime(2026, 11, 1, 1, 30, 59, 999_000, UTC), new_secret()

    elsewhere = signer.headers(EVENT_ID, BODY, [secret], at.astimezone(timezone(timedelta(hours=hours))))

    assert elsewhere == signer.headers(EVENT_ID, BODY, [secret], at)


def test_the_published_vector_is_signed_as_published(real_signer: Signer) -> None:
    """The vector of Standard Webhooks' own libraries."""
    headers = real_signer.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        '{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        datetime.fromtimestamp(1_614_265_330, UTC),
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_library_verifies_with_the_present_and_the_old_secret(real_signer: Signer) -> None:
    present, old = new_secret(), new_secret()

    headers = dict(real_signer.headers(EVENT_ID, BODY, [present, old], now()))

    for secret in (present, old):
        assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)


@pytest.mark.parametrize("changed", ["body", "webhook-id", "webhook-timestamp", "secret"])
def test_the_library_refuses_what_was_changed(real_signer: Signer, changed: str) -> None:
    at, secret = now(), new_secret()
    headers = dict(real_signer.headers(EVENT_ID, BODY, [secret], at))
    others = {"webhook-id": "evt_other_2", "webhook-timestamp": str(int(at.timestamp()) + 1)}
    headers |= {name: value for name, value in others.items() if name == changed}

    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret() if changed == "secret" else secret).verify(
            f"{BODY} " if changed == "body" else BODY, headers
        )


def verified_by_node(calls: list[tuple[str, Mapping[str, str], str]]) -> list[dict[str, object]]:
    """Return what the library of Standard Webhooks for Node.js says of secrets, headers and bodies."""
    lines = "".join(
        json.dumps({"secret": secret, "headers": dict(headers), "body": body}) + "\n" for secret, headers, body in calls
    )
    done = subprocess.run(
        ["node", "verify-webhook.js"],
        cwd=PROJECT / "tests" / "node",
        input=lines,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.rstrip("\n").split("\n")]


def test_the_library_for_node_verifies_and_refuses_alike(real_signer: Signer) -> None:
    present, old, other = new_secret(), new_secret(), new_secret()
    event = an_event(now(), data={"note": "Grüße, 你好 🎉 \u2028"})
    body = payload(event, {"order": "4711"})
    headers = real_signer.headers(event.id, body, [present, old], now())

    found = verified_by_node(
        [
            (present, headers, body),
            (old, headers, body),
            (other, headers, body),
            (present, headers, f"{body} "),
            (present, {**headers, "webhook-id": "evt_other_2"}, body),
        ]
    )

    assert found[:2] == [{"payload": json.loads(body)}] * 2
    assert found[2:] == [{"refusal": "WebhookVerificationError"}] * 3
