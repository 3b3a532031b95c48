"""The APNs provider against a loopback server that speaks HTTP/2 and refuses by Apple's rules."""

import json
import logging
import socket
import traceback
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.builders import CARRIED, NOON, ManualClock, an_outgoing
from tests.standins.apns import KEY_ID, OTHER_TOPIC, TEAM_ID, TOPIC, ApnsService, Fault, Reply, key_pair, refusal
from wavecom.adapters.providers.push.apns import ApnsPushProvider
from wavecom.domain.content.push import PAYLOAD_MAX_BYTES, PushOptions, payload_bytes
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    PermanentError,
    ProviderError,
    RateLimitedError,
    TransientError,
    UnknownOutcomeError,
)
from wavecom.domain.senders import Sender
from wavecom.domain.suppressions.reason import SuppressionReason

NOTIFICATION_ID = "65f0c1d2a1b2c3d4e5f60718"
DEVICE = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"


def message_to(recipient: str = DEVICE, **changes: Any) -> OutgoingMessage:
    values = {
        "notification_id": NOTIFICATION_ID,
        "channel": Channel.PUSH,
        "recipient": recipient,
        "subject": "Grüße 🎉",
        "message": "Guten Tag, 你好",
        "attempt": 1,
    }
    return an_outgoing(**{**values, **changes})


def error_of(provider: ApnsPushProvider, message: OutgoingMessage | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        provider.send(message or message_to())
    return caught.value


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def apns(clock: ManualClock) -> Iterator[ApnsService]:
    with ApnsService(clock) as service:
        yield service


def provider_at(apns: ApnsService, **options: Any) -> ApnsPushProvider:
    values: dict[str, Any] = {
        "key_id": KEY_ID,
        "team_id": TEAM_ID,
        "private_key": key_pair()[0],
        "topic": TOPIC,
        "base_url": apns.url,
        "timeout": timedelta(seconds=5),
        "clock": apns.clock,
    }
    return ApnsPushProvider(**{**values, **options})


@pytest.fixture
def provider(apns: ApnsService) -> Iterator[ApnsPushProvider]:
    provider = provider_at(apns)
    yield provider
    provider.close()


@pytest.fixture
def hasty(apns: ApnsService) -> Iterator[ApnsPushProvider]:
    """A provider that does not wait long."""
    provider = provider_at(apns, timeout=timedelta(seconds=0.3))
    yield provider
    provider.close()


def test_message_arrives_with_the_headers_and_the_alert_that_apple_describes(
    apns: ApnsService, provider: ApnsPushProvider
) -> None:
    receipt = provider.send(message_to())

    (request,) = apns.requests
    assert request.path == f"/3/device/{DEVICE}"
    assert request.payload == {
        "aps": {"alert": {"title": "Grüße 🎉", "body": "Guten Tag, 你好"}},
        "notificationId": NOTIFICATION_ID,
    }
    assert request.headers["apns-topic"] == TOPIC
    assert request.headers["apns-push-type"] == "alert"
    assert request.headers["apns-priority"] == "10"
    assert receipt.provider_message_id == request.headers["apns-id"]


def test_message_without_subject_has_no_title(apns: ApnsService, provider: ApnsPushProvider) -> None:
    provider.send(message_to(subject=None))

    assert apns.requests[0].payload["aps"] == {"alert": {"body": "Guten Tag, 你好"}}


def test_apns_id_is_a_uuid_that_depends_on_the_notification_alone(
    apns: ApnsService, provider: ApnsPushProvider
) -> None:
    provider.send(message_to())
    other = provider_at(apns)
    other.send(message_to(recipient="ab" * 32, attempt=2))
    other.send(message_to(notification_id="65f0c1d2a1b2c3d4e5f60719"))
    other.close()

    first, again, another = [request.headers["apns-id"] for request in apns.requests]
    assert first == again == str(uuid.UUID(first))
    assert another != first


def test_message_ends_after_the_time_to_live(apns: ApnsService, clock: ManualClock) -> None:
    provider = provider_at(apns, time_to_live=timedelta(minutes=5))

    provider.send(message_to())

    assert int(apns.requests[0].headers["apns-expiration"]) == int(clock().timestamp()) + 300
    provider.close()


@pytest.mark.parametrize(
    ("expires_at", "expiration"),
    [
        (NOON + timedelta(minutes=3), int(NOON.timestamp()) + 180),
        (NOON + timedelta(seconds=90, milliseconds=999), int(NOON.timestamp()) + 90),
        (NOON + timedelta(minutes=5), int(NOON.timestamp()) + 300),
        (NOON + timedelta(days=2), int(NOON.timestamp()) + 300),
        (NOON + timedelta(milliseconds=400), int(NOON.timestamp()) + 1),
        (NOON - timedelta(seconds=3), int(NOON.timestamp()) + 1),
        (datetime(1970, 1, 1, tzinfo=UTC), int(NOON.timestamp()) + 1),
    ],
)
def test_message_ends_at_its_deadline_where_that_is_earlier(
    apns: ApnsService, expires_at: datetime, expiration: int
) -> None:
    provider = provider_at(apns, time_to_live=timedelta(minutes=5))

    provider.send(message_to(expires_at=expires_at))

    assert apns.requests[0].headers["apns-expiration"] == str(expiration)
    provider.close()


REFUSALS: list[tuple[Reply, type[ProviderError], str]] = [
    (refusal(410, "Unregistered"), PermanentError, "Unregistered"),
    (refusal(410, "ExpiredToken"), PermanentError, "ExpiredToken"),
    (refusal(400, "BadDeviceToken"), PermanentError, "BadDeviceToken"),
    (refusal(400, "DeviceTokenNotForTopic"), PermanentError, "DeviceTokenNotForTopic"),
    (refusal(413, "PayloadTooLarge"), PermanentError, "PayloadTooLarge"),
    (refusal(400, "PayloadEmpty"), PermanentError, "PayloadEmpty"),
    (refusal(400, "BadCollapseId"), PermanentError, "BadCollapseId"),
    (Reply(400, b"<html>"), PermanentError, "http_400"),
    (refusal(400, "BadTopic"), TransientError, "BadTopic"),
    (refusal(400, "MissingTopic"), TransientError, "MissingTopic"),
    (refusal(400, "TopicDisallowed"), TransientError, "TopicDisallowed"),
    (refusal(400, "IdleTimeout"), TransientError, "IdleTimeout"),
    (refusal(403, "ExpiredProviderToken"), TransientError, "ExpiredProviderToken"),
    (refusal(403, "InvalidProviderToken"), TransientError, "InvalidProviderToken"),
    (refusal(403, "MissingProviderToken"), TransientError, "MissingProviderToken"),
    (refusal(403, "Forbidden"), TransientError, "Forbidden"),
    (refusal(403, "BadCertificateEnvironment"), TransientError, "BadCertificateEnvironment"),
    (refusal(403, "UnrelatedKeyIdInToken"), TransientError, "UnrelatedKeyIdInToken"),
    (refusal(403, "BadEnvironmentKeyInToken"), TransientError, "BadEnvironmentKeyInToken"),
    (Reply(401), TransientError, "http_401"),
    (refusal(404, "BadPath"), TransientError, "BadPath"),
    (refusal(405, "MethodNotAllowed"), TransientError, "MethodNotAllowed"),
    (Reply(408), TransientError, "http_408"),
    (Reply(302, headers={"location": "/elsewhere"}), TransientError, "http_302"),
    (refusal(429, "TooManyProviderTokenUpdates"), TransientError, "TooManyProviderTokenUpdates"),
    (refusal(429, "TooManyRequests"), RateLimitedError, "TooManyRequests"),
    (Reply(429), RateLimitedError, "http_429"),
    (refusal(500, "InternalServerError"), UnknownOutcomeError, "InternalServerError"),
    (refusal(503, "ServiceUnavailable"), TransientError, "ServiceUnavailable"),
    (refusal(503, "Shutdown"), TransientError, "Shutdown"),
    (Reply(502, b"<html>"), UnknownOutcomeError, "http_502"),
    (Reply(503, b"<html>"), UnknownOutcomeError, "http_503"),
    (Reply(504), UnknownOutcomeError, "http_504"),
    (Reply(204), UnknownOutcomeError, "http_204"),
    (Reply(200, b"<html>"), UnknownOutcomeError, "no_apns_id"),
]


@pytest.mark.parametrize(("reply", "family", "code"), REFUSALS, ids=[f"{row[0].status}-{row[2]}" for row in REFUSALS])
def test_answer_means_what_the_table_says_and_is_asked_for_once(
    apns: ApnsService, provider: ApnsPushProvider, reply: Reply, family: type[ProviderError], code: str
) -> None:
    apns.follow(reply)

    error = error_of(provider)

    assert (type(error), error.code) == (family, code)
    assert len(apns.requests) == 1


@pytest.mark.parametrize(("reply", "code"), [(reply, code) for reply, _, code in REFUSALS])
def test_only_what_apns_says_of_a_lost_token_declares_it_dead(
    apns: ApnsService, provider: ApnsPushProvider, reply: Reply, code: str
) -> None:
    apns.follow(reply)

    error = error_of(provider)

    assert error.suppression_reason is (
        SuppressionReason.HARD_BOUNCE if code in {"Unregistered", "ExpiredToken"} else None
    )


@pytest.mark.parametrize("body", [b"", b"[]", b'{"reason": ["a"]}', b'{"reason": "a recipient"}', b"[" * 10_000])
def test_refusal_in_a_strange_shape_goes_by_its_status(
    apns: ApnsService, provider: ApnsPushProvider, body: bytes
) -> None:
    apns.follow(Reply(400, body))

    error = error_of(provider)

    assert (type(error), error.code) == (PermanentError, "http_400")


def test_limit_of_a_device_says_how_long_to_wait(apns: ApnsService, provider: ApnsPushProvider) -> None:
    apns.follow(refusal(429, "TooManyRequests", {"retry-after": "7"}))

    error = error_of(provider)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    "recipient",
    [
        DEVICE[:-1] + "/",
        DEVICE[:-3] + "/..",
        DEVICE + "?a",
        DEVICE[:-2] + "%2",
        DEVICE + "\r\n",
        DEVICE[:-1] + "\uff11",
        DEVICE[:-2],
        DEVICE + "a",
        "",
        "cX7Yz:" + "APA91b" * 24,
    ],
)
def test_recipient_that_is_no_device_token_is_permanent_and_not_sent(
    apns: ApnsService, provider: ApnsPushProvider, recipient: str
) -> None:
    error = error_of(provider, message_to(recipient))

    assert (type(error), error.code) == (PermanentError, "not_an_apns_token")
    assert apns.connections == 0


@pytest.mark.parametrize("recipient", [DEVICE, DEVICE.upper(), "ab" * 80, "ab" * 100])
def test_apns_takes_hex_of_any_length_that_apple_allows(
    apns: ApnsService, provider: ApnsPushProvider, recipient: str
) -> None:
    provider.send(message_to(recipient))

    assert apns.requests[0].path == f"/3/device/{recipient}"


def test_what_a_message_carries_is_in_its_payload_and_its_collapse_id(
    apns: ApnsService, provider: ApnsPushProvider
) -> None:
    provider.send(message_to(push=CARRIED))

    request = apns.requests[0]
    payload = json.loads(request.body)
    del payload["aps"]["alert"]
    assert payload == {
        "aps": {"sound": "coins.caf", "badge": 3, "mutable-content": 1},
        "notificationId": NOTIFICATION_ID,
        "account": "4711",
        "link": CARRIED.link,
        "image": CARRIED.image,
    }
    assert request.headers["apns-collapse-id"] == "balance"


@pytest.mark.parametrize("push", [None, CARRIED])
@pytest.mark.parametrize("subject", [None, "", 'Grüße "🎉"\\'])
def test_payload_has_the_size_that_acceptance_reckons_with(
    apns: ApnsService, provider: ApnsPushProvider, subject: str | None, push: PushOptions | None
) -> None:
    message = message_to(subject=subject, message="\n" + "ü" * 100, push=push)

    provider.send(message)

    assert len(apns.requests[0].body) == payload_bytes(DEVICE, subject, message.content.message, push)


def test_payload_may_have_4096_bytes_and_no_more(apns: ApnsService, provider: ApnsPushProvider) -> None:
    provider.send(message_to(message="ä"))
    spare = PAYLOAD_MAX_BYTES - len(apns.requests[0].body)

    provider.send(message_to(message="ä" + "x" * spare))
    error = error_of(provider, message_to(message="ä" + "x" * (spare + 1)))

    assert [len(request.body) for request in apns.requests[1:]] == [4096]
    assert (type(error), error.code) == (PermanentError, "PayloadTooLarge")


def test_text_that_utf_8_cannot_carry_is_permanent_and_not_sent(apns: ApnsService, provider: ApnsPushProvider) -> None:
    error = error_of(provider, message_to(message="half a pair: \ud83c"))

    assert (type(error), error.code) == (PermanentError, "not_utf8")
    assert apns.connections == 0


def test_nobody_listening_is_transient(apns: ApnsService) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    provider = provider_at(apns, base_url=f"http://127.0.0.1:{port}")

    error = error_of(provider)

    assert (type(error), error.code) == (TransientError, "ConnectError")
    provider.close()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.NEVER_ANSWER, "ReadTimeout"),
        (Fault.HANG_UP, "RemoteProtocolError"),
        (Fault.RESET_STREAM, "RemoteProtocolError"),
        (Fault.GO_AWAY, "RemoteProtocolError"),
        (Fault.GARBAGE, "LocalProtocolError"),
        (Fault.BREAK_OFF, "RemoteProtocolError"),
        (Fault.GARBAGE_LATER, "ProtocolError"),
    ],
)
def test_no_whole_answer_is_unknown_and_not_asked_for_again(
    apns: ApnsService, hasty: ApnsPushProvider, fault: Fault, code: str
) -> None:
    apns.follow(fault)

    error = error_of(hasty)

    assert (type(error), error.code) == (UnknownOutcomeError, code)
    assert len(apns.requests) == 1
    assert hasty.send(message_to())


def test_request_that_goaway_says_was_not_looked_at_is_made_on_another_connection(
    apns: ApnsService, provider: ApnsPushProvider
) -> None:
    provider.send(message_to())
    apns.follow(Fault.GO_AWAY_BEFORE)

    provider.send(message_to())

    assert [request.connection for request in apns.requests] == [1, 1, 2]


def test_connection_goes_on_being_used(apns: ApnsService, provider: ApnsPushProvider) -> None:
    for _ in range(5):
        provider.send(message_to())
    apns.follow(refusal(410, "Unregistered"))
    error_of(provider)
    provider.send(message_to())

    assert (len(apns.requests), apns.connections) == (7, 1)


def test_a_hundred_sends_at_once_share_the_connections_and_get_their_own_answers(apns: ApnsService) -> None:
    provider = provider_at(apns, max_connections=8)
    apns.delay_seconds = 0.01
    messages = [message_to(f"{number:064x}", notification_id=str(number)) for number in range(100)]

    with ThreadPoolExecutor(100) as threads:
        receipts = list(threads.map(provider.send, messages))

    sent = {request.headers["apns-id"]: request for request in apns.requests}
    assert [sent[receipt.provider_message_id].path for receipt in receipts] == [
        f"/3/device/{number:064x}" for number in range(100)
    ]
    assert [sent[receipt.provider_message_id].payload["notificationId"] for receipt in receipts] == [
        str(number) for number in range(100)
    ]
    assert 2 <= apns.connections_at_once <= 8
    assert apns.streams_at_once == 1, "threads that share an HTTP/2 connection disturb each other"
    assert len({request.token for request in apns.requests}) == 1
    provider.close()


def test_silence_for_one_message_does_not_touch_the_others(apns: ApnsService, hasty: ApnsPushProvider) -> None:
    apns.follow(Fault.NEVER_ANSWER)

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda _: send_or_error(hasty), range(8)))

    assert sum(isinstance(each, UnknownOutcomeError) for each in outcomes) == 1
    assert sum(each is None for each in outcomes) == 7


def send_or_error(provider: ApnsPushProvider) -> ProviderError | None:
    try:
        provider.send(message_to())
    except ProviderError as exc:
        return exc
    return None


def test_no_connection_free_in_time_is_transient(apns: ApnsService) -> None:
    provider = provider_at(apns, max_connections=1, timeout=timedelta(seconds=0.5))
    apns.follow(Fault.NEVER_ANSWER)

    with ThreadPoolExecutor(6) as threads:
        outcomes = [each for each in threads.map(lambda _: send_or_error(provider), range(6)) if each is not None]

    codes = {(type(each), each.code) for each in outcomes}
    assert (UnknownOutcomeError, "ReadTimeout") in codes
    assert codes <= {(UnknownOutcomeError, "ReadTimeout"), (TransientError, "PoolTimeout")}
    assert apns.connections_at_once <= 2  # the service may still hold the one that was given up
    provider.close()


def test_provider_token_is_kept_for_20_minutes_and_renewed_before_60(
    apns: ApnsService, provider: ApnsPushProvider, clock: ManualClock
) -> None:
    for _ in range(180):
        provider.send(message_to())
        clock.advance(timedelta(minutes=1))

    tokens = [request.token for request in apns.requests]
    changes = [minute for minute in range(1, 180) if tokens[minute] != tokens[minute - 1]]
    assert changes == [40, 80, 120, 160]


def test_expired_provider_token_is_renewed_and_the_request_made_once_more(
    apns: ApnsService, provider: ApnsPushProvider, clock: ManualClock
) -> None:
    provider.send(message_to())
    clock.advance(timedelta(minutes=25))
    apns.follow(refusal(403, "ExpiredProviderToken"))

    provider.send(message_to())

    first, refused, renewed = [request.token for request in apns.requests]
    assert first == refused != renewed


def test_provider_token_that_many_threads_see_expired_is_renewed_once(
    apns: ApnsService, provider: ApnsPushProvider, clock: ManualClock
) -> None:
    provider.send(message_to())
    clock.advance(timedelta(minutes=25))
    apns.delay_seconds = 0.05
    apns.follow(*[refusal(403, "ExpiredProviderToken")] * 8)

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda _: send_or_error(provider), range(8)))

    assert len({request.token for request in apns.requests}) == 2
    assert {type(each) for each in outcomes} <= {type(None), TransientError}


def test_renewed_provider_token_that_is_refused_too_is_transient(
    apns: ApnsService, provider: ApnsPushProvider, clock: ManualClock
) -> None:
    provider.send(message_to())
    clock.advance(timedelta(minutes=25))
    apns.follow(*[refusal(403, "ExpiredProviderToken")] * 2)

    error = error_of(provider)

    assert (type(error), error.code) == (TransientError, "ExpiredProviderToken")
    assert len(apns.requests) == 3


def test_provider_token_of_another_key_is_refused(apns: ApnsService) -> None:
    provider = provider_at(apns, key_id="ANOTHERKEY")

    error = error_of(provider)

    assert (type(error), error.code) == (TransientError, "InvalidProviderToken")
    provider.close()


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    "private_key",
    [
        "secret",
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    ],
    ids=["text", "P-384", "RSA"],
)
def test_unusable_key_is_a_value_error_that_keeps_it(apns: ApnsService, private_key: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        provider_at(apns, private_key=private_key)

    assert private_key.splitlines()[-1] not in "".join(traceback.format_exception_only(caught.value))
    assert apns.connections == 0


def test_neither_secrets_nor_recipient_nor_message_are_in_errors_and_log(
    apns: ApnsService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    provider = provider_at(apns, timeout=timedelta(seconds=0.3))
    apns.follow(Reply(200, headers={"apns-id": "1"}), refusal(500, "InternalServerError"), Fault.NEVER_ANSWER)
    provider.send(message_to())

    errors = [error_of(provider), error_of(provider)]

    said = "".join("".join(traceback.format_exception(each)) for each in errors) + repr(vars(provider)) + caplog.text
    for secret in (apns.requests[0].token, key_pair()[0].splitlines()[1], DEVICE, "Guten Tag"):
        assert secret not in said
    provider.close()


def test_name_is_the_configurations_choice(apns: ApnsService) -> None:
    provider = provider_at(apns, name="apns-second")

    assert (provider.name, provider.channel, provider.idempotent) == ("apns-second", Channel.PUSH, False)
    provider.close()


def test_message_goes_to_the_app_of_its_sender(apns: ApnsService, provider: ApnsPushProvider) -> None:
    provider.send(message_to(sender=Sender(id="other", channel=Channel.PUSH, address=OTHER_TOPIC)))
    provider.send(message_to())

    assert [each.headers["apns-topic"] for each in apns.requests] == [OTHER_TOPIC, TOPIC]
