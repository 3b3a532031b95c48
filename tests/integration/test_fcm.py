"""The FCM provider against loopback servers that speak HTTP v1 and issue access tokens."""

import json
import logging
import socket
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import CARRIED, NOON, ManualClock, an_outgoing
from tests.standins.fcm import PROJECT, FcmService, TokenService, key_pair, refusal
from tests.standins.http_service import Fault, Reply
from wavecom.adapters.providers.push.fcm import INVALID_REGISTRATION, QUOTA_WAIT, FcmPushProvider
from wavecom.domain.content.push import PushOptions, payload_bytes
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    PermanentError,
    ProviderError,
    RateLimitedError,
    TransientError,
    UnknownOutcomeError,
)
from wavecom.domain.suppressions.reason import SuppressionReason

NOTIFICATION_ID = "65f0c1d2a1b2c3d4e5f60718"
REGISTRATION = "cX7Yz:" + "APA91b" * 24


def message_to(recipient: str = REGISTRATION, **changes: Any) -> OutgoingMessage:
    values = {
        "notification_id": NOTIFICATION_ID,
        "channel": Channel.PUSH,
        "recipient": recipient,
        "subject": "Grüße 🎉",
        "message": "Guten Tag, 你好",
        "attempt": 1,
    }
    return an_outgoing(**{**values, **changes})


def error_of(provider: FcmPushProvider, message: OutgoingMessage | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        provider.send(message or message_to())
    return caught.value


def unused_port() -> int:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port: int = closed.getsockname()[1]
        return port


@pytest.fixture
def tokens() -> Iterator[TokenService]:
    with TokenService() as service:
        yield service


@pytest.fixture
def fcm(tokens: TokenService) -> Iterator[FcmService]:
    with FcmService(tokens) as service:
        yield service


def provider_at(fcm: FcmService, *, account: dict[str, str] | str | None = None, **options: Any) -> FcmPushProvider:
    values: dict[str, Any] = {"timeout": timedelta(seconds=5), "base_url": fcm.url, **options}
    return FcmPushProvider(service_account=account or fcm.tokens.service_account(), **values)


@pytest.fixture
def provider(fcm: FcmService) -> Iterator[FcmPushProvider]:
    provider = provider_at(fcm)
    yield provider
    provider.close()


@pytest.fixture
def hasty(fcm: FcmService) -> Iterator[FcmPushProvider]:
    """A provider that does not wait long."""
    provider = provider_at(fcm, timeout=timedelta(seconds=0.3))
    yield provider
    provider.close()


def test_message_arrives_with_subject_text_and_notification_id(fcm: FcmService, provider: FcmPushProvider) -> None:
    receipt = provider.send(message_to())

    assert receipt.provider_message_id == f"projects/{PROJECT}/messages/{NOTIFICATION_ID}"
    assert fcm.messages == [
        {
            "token": REGISTRATION,
            "notification": {"title": "Grüße 🎉", "body": "Guten Tag, 你好"},
            "data": {"notificationId": NOTIFICATION_ID},
        }
    ]


def test_message_without_subject_has_no_title(fcm: FcmService, provider: FcmPushProvider) -> None:
    provider.send(message_to(subject=None))

    assert fcm.messages[0]["notification"] == {"body": "Guten Tag, 你好"}


@pytest.mark.parametrize(
    ("left", "seconds", "apns_seconds"),
    [
        (timedelta(minutes=5), 300, 300),
        (timedelta(seconds=90, milliseconds=999), 90, 90),
        (timedelta(days=28), 2_419_200, 2_419_200),
        (timedelta(days=60), 2_419_200, 5_184_000),
        (timedelta(milliseconds=400), 0, 1),
        (timedelta(seconds=-3), 0, 1),
    ],
)
def test_deadline_bounds_the_lifespan_on_every_platform(
    fcm: FcmService, left: timedelta, seconds: int, apns_seconds: int
) -> None:
    provider = provider_at(fcm, clock=ManualClock())

    provider.send(message_to(expires_at=NOON + left))

    provider.close()
    (message,) = fcm.messages
    assert message["android"] == {"ttl": f"{seconds}s"}
    assert message["apns"] == {"headers": {"apns-expiration": str(int(NOON.timestamp()) + apns_seconds)}}
    assert message["webpush"] == {"headers": {"TTL": str(seconds)}}


def test_lifespan_is_what_is_left_after_the_wait_for_an_access_token(fcm: FcmService) -> None:
    provider = provider_at(fcm, clock=lambda: NOON + len(fcm.tokens.issued) * timedelta(seconds=5))

    provider.send(message_to(expires_at=NOON + timedelta(seconds=8)))
    fcm.tokens.revoke()
    provider.send(message_to(expires_at=NOON + timedelta(seconds=8)))

    provider.close()
    assert [each["android"]["ttl"] for each in fcm.messages] == ["3s", "3s", "0s"]
    last = fcm.messages[-1]["apns"]["headers"]["apns-expiration"]
    assert last == str(int(NOON.timestamp()) + 11)


def test_service_account_may_be_the_text_of_its_file(fcm: FcmService) -> None:
    provider = provider_at(fcm, account=json.dumps(fcm.tokens.service_account()))

    assert provider.send(message_to())
    provider.close()


NOT_A_REGISTRATION = "The registration token is not a valid FCM registration token"
REFUSALS: list[tuple[Reply, type[ProviderError], str]] = [
    (refusal(404, "NOT_FOUND", "UNREGISTERED"), PermanentError, "UNREGISTERED"),
    (
        refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", bad_field="message.token"),
        PermanentError,
        INVALID_REGISTRATION,
    ),
    (
        refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", message=NOT_A_REGISTRATION),
        PermanentError,
        INVALID_REGISTRATION,
    ),
    (
        refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", bad_field="message.data"),
        PermanentError,
        "INVALID_ARGUMENT",
    ),
    (refusal(400, "INVALID_ARGUMENT"), PermanentError, "INVALID_ARGUMENT"),
    (Reply(413, b"<html>Too large</html>"), PermanentError, "http_413"),
    (refusal(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"), PermanentError, "SENDER_ID_MISMATCH"),
    (refusal(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), RateLimitedError, "QUOTA_EXCEEDED"),
    (Reply(429), RateLimitedError, "http_429"),
    (refusal(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), TransientError, "THIRD_PARTY_AUTH_ERROR"),
    (refusal(403, "PERMISSION_DENIED"), TransientError, "PERMISSION_DENIED"),
    (refusal(404, "NOT_FOUND"), TransientError, "NOT_FOUND"),
    (Reply(405), TransientError, "http_405"),
    (Reply(408), TransientError, "http_408"),
    (Reply(302, headers={"Location": "/elsewhere"}), TransientError, "http_302"),
    (refusal(503, "UNAVAILABLE", "UNAVAILABLE", headers={"Retry-After": "30"}), UnknownOutcomeError, "UNAVAILABLE"),
    (refusal(500, "INTERNAL", "INTERNAL"), UnknownOutcomeError, "INTERNAL"),
    (Reply(502, b"<html>Bad gateway</html>"), UnknownOutcomeError, "http_502"),
    (refusal(504, "DEADLINE_EXCEEDED"), UnknownOutcomeError, "DEADLINE_EXCEEDED"),
    (Reply(204), UnknownOutcomeError, "http_204"),
]


@pytest.mark.parametrize(("reply", "family", "code"), REFUSALS, ids=[f"{row[0].status}-{row[2]}" for row in REFUSALS])
def test_answer_means_what_the_table_says_and_is_asked_for_once(
    fcm: FcmService, provider: FcmPushProvider, reply: Reply, family: type[ProviderError], code: str
) -> None:
    fcm.follow(reply)

    error = error_of(provider)

    assert (type(error), error.code) == (family, code)
    assert len(fcm.requests) == 1


@pytest.mark.parametrize(("reply", "code"), [(reply, code) for reply, _, code in REFUSALS])
def test_only_the_answers_about_a_lost_registration_declare_it_dead(
    fcm: FcmService, provider: FcmPushProvider, reply: Reply, code: str
) -> None:
    fcm.follow(reply)

    error = error_of(provider)

    dead = code in {"UNREGISTERED", INVALID_REGISTRATION}
    assert error.suppression_reason is (SuppressionReason.HARD_BOUNCE if dead else None)


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"", b"{}", b"[]", b'{"name": 5}', b'{"name": ""}', b"[" * 100_000, b'\xff{"name": "x"}'],
    ids=lambda body: str(body[:12]),
)
def test_success_without_a_name_is_unknown(fcm: FcmService, provider: FcmPushProvider, body: bytes) -> None:
    fcm.follow(Reply(200, body))

    error = error_of(provider)

    assert (type(error), error.code) == (UnknownOutcomeError, "no_message_name")


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": "text"}',
        b'{"error": {"details": "text"}}',
        b'{"error": {"details": [1, {"errorCode": {"a": 1}}, {"fieldViolations": 7}, {"fieldViolations": [3]}]}}',
        b'{"error": {"status": "a recipient, with spaces"}}',
    ],
)
def test_refusal_in_a_strange_shape_goes_by_its_status(fcm: FcmService, provider: FcmPushProvider, body: bytes) -> None:
    fcm.follow(Reply(400, body))

    error = error_of(provider)

    assert (type(error), error.code) == (PermanentError, "http_400")


@pytest.mark.parametrize(
    ("headers", "retry_after"),
    [({"Retry-After": "7"}, timedelta(seconds=7)), ({"Retry-After": "0"}, timedelta(0)), ({}, QUOTA_WAIT)],
)
def test_quota_says_how_long_to_wait(
    fcm: FcmService, provider: FcmPushProvider, headers: dict[str, str], retry_after: timedelta
) -> None:
    fcm.follow(refusal(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", headers=headers))

    error = error_of(provider)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after == retry_after


def test_text_that_utf_8_cannot_carry_is_permanent_and_not_sent(fcm: FcmService, provider: FcmPushProvider) -> None:
    error = error_of(provider, message_to(message="half a pair: \ud83c"))

    assert (type(error), error.code) == (PermanentError, "not_utf8")
    assert fcm.requests == []


def test_nobody_listening_is_transient(fcm: FcmService) -> None:
    provider = provider_at(fcm, base_url=f"http://127.0.0.1:{unused_port()}")

    error = error_of(provider)

    assert (type(error), error.code) == (TransientError, "ConnectError")
    provider.close()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.NEVER_ANSWER, "ReadTimeout"),
        (Fault.HANG_UP, "RemoteProtocolError"),
        (Fault.RESET, "ReadError"),
        (Fault.GARBAGE, "RemoteProtocolError"),
        (Fault.BREAK_OFF, "RemoteProtocolError"),
    ],
)
def test_no_whole_answer_is_unknown_and_not_asked_for_again(
    fcm: FcmService, hasty: FcmPushProvider, fault: Fault, code: str
) -> None:
    fcm.follow(fault)

    error = error_of(hasty)

    assert (type(error), error.code) == (UnknownOutcomeError, code)
    assert len(fcm.requests) == 1
    assert hasty.send(message_to())


def test_a_hundred_sends_at_once_share_the_connections_and_one_access_token(fcm: FcmService) -> None:
    provider = provider_at(fcm, max_connections=8)
    fcm.delay_seconds = 0.01

    with ThreadPoolExecutor(100) as threads:
        messages = [message_to(notification_id=str(number)) for number in range(100)]
        receipts = list(threads.map(provider.send, messages))

    assert [receipt.provider_message_id for receipt in receipts] == [
        f"projects/{PROJECT}/messages/{number}" for number in range(100)
    ]
    assert 2 <= fcm.connections_at_once <= 8
    assert (len(fcm.requests), len(fcm.tokens.requests)) == (100, 1)
    provider.close()


def test_refused_access_token_is_fetched_anew_and_the_message_sent(fcm: FcmService, provider: FcmPushProvider) -> None:
    provider.send(message_to())
    fcm.tokens.revoke()

    provider.send(message_to())

    assert [request.headers["authorization"] for request in fcm.requests] == [
        "Bearer ya29.secret-1",
        "Bearer ya29.secret-1",
        "Bearer ya29.secret-2",
    ]


def test_access_token_that_many_threads_see_refused_is_fetched_once(fcm: FcmService, provider: FcmPushProvider) -> None:
    provider.send(message_to())
    fcm.tokens.revoke()

    with ThreadPoolExecutor(20) as threads:
        receipts = list(threads.map(lambda _: provider.send(message_to()), range(20)))

    assert len(receipts) == 20
    assert len(fcm.tokens.requests) == 2


def test_access_token_refused_twice_is_transient(fcm: FcmService, provider: FcmPushProvider) -> None:
    fcm.follow(refusal(401, "UNAUTHENTICATED"), refusal(401, "UNAUTHENTICATED"))

    error = error_of(provider)

    assert (type(error), error.code) == (TransientError, "UNAUTHENTICATED")
    assert (len(fcm.requests), len(fcm.tokens.requests)) == (2, 2)


def test_refusal_of_the_projects_apns_key_fetches_no_access_token(fcm: FcmService, provider: FcmPushProvider) -> None:
    fcm.follow(refusal(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"))

    error_of(provider)

    assert (len(fcm.requests), len(fcm.tokens.requests)) == (1, 1)


def test_access_token_near_its_end_is_renewed(fcm: FcmService, provider: FcmPushProvider) -> None:
    fcm.tokens.expires_in = 60
    provider.send(message_to())
    fcm.tokens.expires_in = 3600

    provider.send(message_to())
    provider.send(message_to())

    assert [request.headers["authorization"][-1] for request in fcm.requests] == ["1", "2", "2"]


def test_others_go_on_with_the_old_access_token_while_one_renews_it(fcm: FcmService, provider: FcmPushProvider) -> None:
    fcm.tokens.expires_in = 60
    provider.send(message_to())
    fcm.tokens.gate.clear()

    with ThreadPoolExecutor(1) as threads:
        renewing = threads.submit(provider.send, message_to(notification_id="renewing"))
        while len(fcm.tokens.requests) < 2:
            time.sleep(0.005)
        provider.send(message_to(notification_id="going-on"))
        fcm.tokens.gate.set()
        renewing.result()

    assert [message["data"]["notificationId"] for message in fcm.messages[1:]] == ["going-on", "renewing"]
    assert [request.headers["authorization"][-1] for request in fcm.requests] == ["1", "1", "2"]


def test_failed_renewal_leaves_the_old_access_token_in_use(fcm: FcmService, provider: FcmPushProvider) -> None:
    fcm.tokens.expires_in = 60
    provider.send(message_to())
    fcm.tokens.follow(Reply(503))

    provider.send(message_to())
    provider.send(message_to())

    assert [request.headers["authorization"][-1] for request in fcm.requests] == ["1", "1", "1"]
    assert len(fcm.tokens.requests) == 2, "a failed renewal is not tried with every message"


def test_access_token_that_has_ended_is_not_used(fcm: FcmService, provider: FcmPushProvider) -> None:
    fcm.tokens.expires_in = 5
    provider.send(message_to())
    fcm.tokens.follow(Reply(503))

    assert isinstance(error_of(provider), TransientError)
    assert len(fcm.requests) == 1


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (Reply(400, b'{"error": "invalid_grant", "error_description": "Invalid JWT Signature."}'), "invalid_grant"),
        (Reply(400, b'{"error": "server_error"}'), "server_error"),
        (Reply(401, b'{"error": "not a word"}'), "http_401"),
        (Reply(429), "http_429"),
        (Reply(503, b"<html>"), "http_503"),
        (Reply(200, b"<html>"), "TypeError"),
        (Reply(200, b"[]"), "TypeError"),
        (Reply(200, b"{}"), "RefreshError"),
        (Reply(200, b'{"access_token": "a", "expires_in": "soon"}'), "ValueError"),
        (Reply(200, b'{"access_token": "a", "expires_in": 1e300}'), "OverflowError"),
        (Reply(200, b'{"access_token": "two\\nlines", "expires_in": 3600}'), "no_access_token"),
        (Reply(200, b'{"access_token": 7, "expires_in": 3600}'), "no_access_token"),
        (Fault.NEVER_ANSWER, "ReadTimeout"),
        (Fault.HANG_UP, "RemoteProtocolError"),
    ],
    ids=str,
)
def test_no_access_token_is_transient_asked_for_once_and_nothing_is_sent(
    fcm: FcmService, hasty: FcmPushProvider, step: Reply | Fault, code: str
) -> None:
    fcm.tokens.follow(step)

    error = error_of(hasty)

    assert (type(error), error.code) == (TransientError, code)
    assert (len(fcm.requests), len(fcm.tokens.requests)) == (0, 1)
    assert hasty.send(message_to())


def test_token_endpoint_out_of_reach_is_transient(fcm: FcmService) -> None:
    account = fcm.tokens.service_account(token_uri=f"http://127.0.0.1:{unused_port()}/token")
    provider = provider_at(fcm, account=account)

    error = error_of(provider)

    assert (type(error), error.code) == (TransientError, "ConnectError")
    provider.close()


def test_threads_that_wait_for_an_access_token_share_its_failure(fcm: FcmService, provider: FcmPushProvider) -> None:
    fcm.tokens.always = Reply(503)
    fcm.tokens.delay_seconds = 0.5

    with ThreadPoolExecutor(10) as threads:
        errors = list(threads.map(lambda _: error_of(provider), range(10)))

    assert {(type(each), each.code) for each in errors} == {(TransientError, "http_503")}
    assert len(fcm.tokens.requests) == 1


def test_project_cannot_change_the_path(fcm: FcmService) -> None:
    provider = provider_at(fcm, account=fcm.tokens.service_account(project_id=f"x/../{PROJECT}"))

    error_of(provider)

    assert fcm.requests[0].target == f"/v1/projects/x%2F..%2F{PROJECT}/messages:send"
    provider.close()


@pytest.mark.parametrize(
    "account",
    [
        "not JSON, but secret",
        "[]",
        {"client_email": "secret@example.com"},
        {"client_email": "a", "private_key": "secret", "project_id": "p", "token_uri": "https://example.com"},
    ],
)
def test_unusable_service_account_is_a_value_error_that_keeps_the_secret(account: Any) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        FcmPushProvider(service_account=account)

    assert "secret" not in "".join(traceback.format_exception_only(caught.value))
    assert caught.value.__cause__ is None


def test_neither_secrets_nor_message_are_in_errors_and_log(fcm: FcmService, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    provider = provider_at(fcm)
    provider.send(message_to())
    fcm.follow(refusal(500, "INTERNAL", "INTERNAL"))

    said = "".join(traceback.format_exception(error_of(provider))) + repr(vars(provider)) + caplog.text

    for secret in (*fcm.tokens.issued, key_pair()[0].splitlines()[1], REGISTRATION, "Guten Tag"):
        assert secret not in said
    provider.close()


@pytest.mark.parametrize("recipient", ["ab12" * 16, "AB12" * 40])
def test_device_token_of_apns_is_permanent_and_not_sent(
    fcm: FcmService, provider: FcmPushProvider, recipient: str
) -> None:
    error = error_of(provider, message_to(recipient))

    assert (type(error), error.code) == (PermanentError, "not_an_fcm_token")
    assert fcm.requests == []


def test_what_a_message_carries_reaches_android_apple_devices_and_browsers(fcm: FcmService) -> None:
    provider = provider_at(fcm, clock=lambda: NOON)

    provider.send(message_to(push=CARRIED, expires_at=NOON + timedelta(hours=1)))

    provider.close()
    sent = json.loads(fcm.requests[0].body)["message"]
    assert sent["notification"]["image"] == CARRIED.image
    assert sent["data"] == {"notificationId": NOTIFICATION_ID, "account": "4711", "link": CARRIED.link}
    assert sent["android"] == {
        "notification": {"sound": "coins.caf", "notification_count": 3},
        "collapse_key": "balance",
        "ttl": "3600s",
    }
    assert sent["apns"] == {
        "payload": {"aps": {"sound": "coins.caf", "badge": 3, "mutable-content": 1}},
        "fcm_options": {"image": CARRIED.image},
        "headers": {"apns-collapse-id": "balance", "apns-expiration": str(int(NOON.timestamp()) + 3600)},
    }
    assert sent["webpush"] == {
        "fcm_options": {"link": CARRIED.link},
        "headers": {"Topic": "balance", "TTL": "3600"},
    }


def test_a_link_into_an_app_is_none_of_a_browsers(fcm: FcmService, provider: FcmPushProvider) -> None:
    provider.send(message_to(push=PushOptions(link="bank://pay/4711")))

    sent = json.loads(fcm.requests[0].body)["message"]
    assert sent["data"]["link"] == "bank://pay/4711"
    assert "webpush" not in sent


@pytest.mark.parametrize("push", [None, CARRIED])
@pytest.mark.parametrize("subject", [None, "", 'Grüße "🎉"\\'])
def test_what_reaches_the_app_has_the_size_that_acceptance_reckons_with(
    fcm: FcmService, provider: FcmPushProvider, subject: str | None, push: PushOptions | None
) -> None:
    message = message_to(subject=subject, message="\n" + "ü" * 100, push=push)

    provider.send(message)

    sent = json.loads(fcm.requests[0].body)["message"]
    payload = {
        **{name: sent[name] for name in ("notification", "data")},
        **sent.get("apns", {}).get("payload", {}),
        **sent.get("webpush", {}).get("fcm_options", {}),
    }
    written = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    assert len(written) == payload_bytes(REGISTRATION, subject, message.content.message, push)


def test_name_is_the_configurations_choice(fcm: FcmService) -> None:
    provider = provider_at(fcm, name="fcm-second")

    assert (provider.name, provider.channel, provider.idempotent) == ("fcm-second", Channel.PUSH, False)
    provider.close()
