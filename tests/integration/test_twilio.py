"""The Twilio provider against a loopback server that answers as Twilio's documentation says."""

import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.builders import NOON, ManualClock, an_outgoing
from tests.standins.http_service import Fault, Reply, json_reply
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioService, error_reply
from wavecom.adapters.providers.sms.twilio import DAILY_LIMIT_WAIT, TwilioSmsProvider
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    PermanentError,
    ProviderError,
    RateLimitedError,
    Receipt,
    TransientError,
    UnknownOutcomeError,
)
from wavecom.domain.senders import Sender

NOTIFICATION_ID = "65f0c1d2a1b2c3d4e5f60718"
RECIPIENT = "+4915112345678"
SENDER = "+15005550006"

OPEN: list[TwilioSmsProvider] = []
"""Providers to close in the end."""


def message_to(recipient: str = RECIPIENT, **changes: Any) -> OutgoingMessage:
    values = {
        "notification_id": NOTIFICATION_ID,
        "channel": Channel.SMS,
        "recipient": recipient,
        "subject": None,
        "message": "Ihr Code: 4711 & mehr = 100 % 你好 +",
        "attempt": 1,
    }
    return an_outgoing(**{**values, **changes})


def provider_at(url: str, *, timeout: timedelta = timedelta(seconds=5), **options: Any) -> TwilioSmsProvider:
    values = {"name": "twilio-eu", "account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "sender": SENDER}
    provider = TwilioSmsProvider(**{"max_connections": 8, **values, **options}, base_url=url, timeout=timeout)
    OPEN.append(provider)
    return provider


@pytest.fixture(autouse=True)
def close_providers() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def error_of(provider: TwilioSmsProvider, message: OutgoingMessage | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        provider.send(message or message_to())
    return caught.value


@pytest.fixture
def service() -> Iterator[TwilioService]:
    with TwilioService() as service:
        yield service


@pytest.fixture
def provider(service: TwilioService) -> TwilioSmsProvider:
    return provider_at(service.url)


def test_message_arrives_whole(service: TwilioService, provider: TwilioSmsProvider) -> None:
    receipt = provider.send(message_to())

    (message,) = service.messages
    assert receipt.provider_message_id == message.pop("sid")
    assert message == {"To": RECIPIENT, "From": SENDER, "Body": "Ihr Code: 4711 & mehr = 100 % 你好 +"}
    assert (provider.name, provider.channel, provider.idempotent) == ("twilio-eu", Channel.SMS, False)


@pytest.mark.parametrize(
    ("sender", "parameter"),
    [
        (SENDER, "From"),
        ("WaveCom", "From"),
        ("MGBank", "From"),
        ("MG" + "0a" * 16, "MessagingServiceSid"),
    ],
)
def test_sender_is_a_number_a_name_or_a_messaging_service(service: TwilioService, sender: str, parameter: str) -> None:
    provider_at(service.url, sender=sender).send(message_to())

    (message,) = service.messages
    assert {name: message.get(name) for name in ("From", "MessagingServiceSid") if name in message} == {
        parameter: sender
    }


@pytest.mark.parametrize(
    ("left", "seconds"),
    [
        (timedelta(minutes=5), "300"),
        (timedelta(seconds=90, milliseconds=999), "90"),
        (timedelta(hours=10), "36000"),
        (timedelta(days=3), "36000"),
        (timedelta(milliseconds=400), "1"),
        (timedelta(seconds=-3), "1"),
    ],
)
def test_deadline_bounds_the_validity_period(service: TwilioService, left: timedelta, seconds: str) -> None:
    provider_at(service.url, clock=ManualClock()).send(message_to(expires_at=NOON + left))

    assert service.messages[0]["ValidityPeriod"] == seconds


def test_api_key_stands_in_for_the_accounts_token(service: TwilioService) -> None:
    sid, secret = service.api_key

    receipt = provider_at(service.url, api_key_sid=sid, auth_token=secret).send(message_to())

    assert receipt.provider_message_id
    assert ACCOUNT_SID in service.requests[0].path


@pytest.mark.parametrize(
    "receipts_url", ["https://notify.bank.example/receipts", "https://notify.bank.example/receipts/"]
)
def test_status_callback_names_the_notification_and_the_time(service: TwilioService, receipts_url: str) -> None:
    before = int(time.time())

    provider_at(service.url, receipts_url=receipts_url).send(message_to())

    callback = urlsplit(service.messages[0]["StatusCallback"])
    (notification, sent_at) = parse_qsl(callback.query, strict_parsing=True)
    assert (
        f"{callback.scheme}://{callback.netloc}{callback.path}"
        == "https://notify.bank.example/receipts/twilio/twilio-eu"
    )
    assert notification == ("notificationId", NOTIFICATION_ID)
    assert sent_at[0] == "sentAt"
    assert before <= int(sent_at[1]) <= time.time()


def test_no_status_callback_is_asked_for_unless_told(service: TwilioService, provider: TwilioSmsProvider) -> None:
    provider.send(message_to())

    assert "StatusCallback" not in service.messages[0]


@pytest.mark.parametrize(
    ("recipient", "family", "code"),
    [
        ("+15005550001", PermanentError, "21211"),
        ("+15005550002", TransientError, "21612"),
        ("+15005550003", TransientError, "21408"),
        ("+15005550004", PermanentError, "21610"),
        ("+15005550009", PermanentError, "21614"),
        ("4711", PermanentError, "21211"),
    ],
)
def test_magic_recipient_meets_its_fate(
    service: TwilioService, provider: TwilioSmsProvider, recipient: str, family: type[ProviderError], code: str
) -> None:
    error = error_of(provider, message_to(recipient))

    assert (type(error), error.code) == (family, code)
    assert service.messages == []


@pytest.mark.parametrize(
    ("sender", "family", "code"),
    [
        ("+15005550001", TransientError, "21212"),
        ("+15005550007", TransientError, "21606"),
        ("+15005550008", RateLimitedError, "21611"),
        ("MG-not-a-service-at-all", TransientError, "21705"),
    ],
)
def test_sender_that_twilio_refuses_is_our_account(
    service: TwilioService, sender: str, family: type[ProviderError], code: str
) -> None:
    error = error_of(provider_at(service.url, sender=sender))

    assert (type(error), error.code) == (family, code)


@pytest.mark.parametrize(("text", "code"), [("", "21602"), ("x" * 1_601, "21617")])
def test_text_that_twilio_refuses_is_permanent(provider: TwilioSmsProvider, text: str, code: str) -> None:
    error = error_of(provider, message_to(message=text))

    assert (type(error), error.code) == (PermanentError, code)


def test_text_that_is_not_unicode_is_permanent_and_not_handed_over(
    service: TwilioService, provider: TwilioSmsProvider
) -> None:
    error = error_of(provider, message_to(message="\ud800"))

    assert (type(error), error.code) == (PermanentError, "not_unicode")
    assert service.requests == []


def test_wrong_token_is_transient(service: TwilioService) -> None:
    error = error_of(provider_at(service.url, auth_token="wrong"))

    assert (type(error), error.code) == (TransientError, "20003")


def test_wrong_account_is_transient(service: TwilioService) -> None:
    error = error_of(provider_at(service.url, account_sid="AC" + "0" * 32))

    assert (type(error), error.code) == (TransientError, "20404")


NOT_JSON = b"<html>An error</html>"


@pytest.mark.parametrize(
    ("reply", "family", "code"),
    [
        *[
            (error_reply(400, code, "About the message"), PermanentError, str(code))
            for code in (21211, 21217, 21265, 21266, 21268, 21602, 21604, 21605, 21610, 21614, 21617, 21635, 21658)
        ],
        (error_reply(429, 20429, "Too many requests"), RateLimitedError, "20429"),
        (error_reply(429, 14107, "Message rate limit exceeded"), RateLimitedError, "14107"),
        (Reply(429, NOT_JSON), RateLimitedError, "429"),
        (error_reply(400, 21611, "Queue of the sender"), RateLimitedError, "21611"),
        (error_reply(400, 30001, "Queue overflow"), RateLimitedError, "30001"),
        (error_reply(400, 63038, "Daily limit"), RateLimitedError, "63038"),
        *[
            (error_reply(400, code, "About our account"), TransientError, str(code))
            for code in (21408, 21606, 21608, 21612, 21659, 21660, 21703, 10001, 99999)
        ],
        (error_reply(401, 20003, "Authenticate"), TransientError, "20003"),
        (error_reply(403, 20005, "Account not active"), TransientError, "20005"),
        (error_reply(404, 20404, "Not found"), TransientError, "20404"),
        (json_reply(400, {"code": "21211", "message": "Invalid"}), PermanentError, "21211"),
        (json_reply(400, {"code": None}), TransientError, "400"),
        (json_reply(400, {"code": [21211]}), TransientError, "400"),
        (json_reply(400, ["no object"]), TransientError, "400"),
        (Reply(403, NOT_JSON), TransientError, "403"),
        (Reply(302, headers={"Location": "https://elsewhere.example.org"}), TransientError, "302"),
        (error_reply(500, 20500, "Internal server error"), UnknownOutcomeError, "20500"),
        (Reply(502, NOT_JSON), UnknownOutcomeError, "502"),
        (error_reply(503, 20503, "Service unavailable"), TransientError, "20503"),
        (Reply(503, NOT_JSON), TransientError, "503"),
        (Reply(504, NOT_JSON), UnknownOutcomeError, "504"),
        (Reply(201, NOT_JSON), UnknownOutcomeError, "no_message_id"),
        (Reply(201, b"\xff"), UnknownOutcomeError, "no_message_id"),
        (json_reply(201, {"sid": None}), UnknownOutcomeError, "no_message_id"),
        (json_reply(201, ["SM1"]), UnknownOutcomeError, "no_message_id"),
    ],
)
def test_answer_means_what_the_table_says(
    service: TwilioService, provider: TwilioSmsProvider, reply: Reply, family: type[ProviderError], code: str
) -> None:
    service.always = reply

    error = error_of(provider)

    assert (type(error), error.code) == (family, code)
    assert len(service.requests) == 1
    assert re.fullmatch(r"[A-Za-z0-9._]{1,64}", error.code)


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (error_reply(429, 20429, "Too many requests"), None),
        (json_reply(429, {"code": 20429}, {"Retry-After": "7"}), timedelta(seconds=7)),
        (json_reply(400, {"code": 30001}, {"Retry-After": "7"}), timedelta(seconds=7)),
        (error_reply(429, 63038, "Daily limit"), DAILY_LIMIT_WAIT),
    ],
)
def test_limit_says_how_long_to_wait(
    service: TwilioService, provider: TwilioSmsProvider, reply: Reply, wait: timedelta | None
) -> None:
    service.always = reply

    error = error_of(provider)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after == wait


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
def test_no_answer_after_the_request_is_unknown_and_not_repeated(
    service: TwilioService, fault: Fault, code: str
) -> None:
    service.always = fault

    error = error_of(provider_at(service.url, timeout=timedelta(seconds=0.3)))

    assert (type(error), error.code) == (UnknownOutcomeError, code)
    assert len(service.requests) == 1


def test_nobody_listening_is_transient() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]

    error = error_of(provider_at(f"http://127.0.0.1:{port}"))

    assert (type(error), error.code) == (TransientError, "ConnectError")


def test_provider_goes_on_after_an_error(service: TwilioService, provider: TwilioSmsProvider) -> None:
    service.follow(Fault.HANG_UP)
    error_of(provider)

    assert provider.send(message_to()).provider_message_id


def test_hundred_sends_at_once_share_the_connections(service: TwilioService, provider: TwilioSmsProvider) -> None:
    service.delay_seconds = 0.02
    everything = [message_to(f"+49151{number:08}") for number in range(100)]

    with ThreadPoolExecutor(100) as executor:
        receipts = list(executor.map(provider.send, everything))

    assert service.connections_at_once <= 8
    sids = {message["To"]: message["sid"] for message in service.messages}
    assert receipts == [Receipt(sids[each.recipient]) for each in everything]
    assert len(service.messages) == 100


@pytest.mark.parametrize("reply", [Reply(401), Reply(500), error_reply(400, 21211, "Invalid"), Fault.HANG_UP])
def test_token_is_in_no_text(service: TwilioService, reply: Reply | Fault) -> None:
    service.always = reply
    provider = provider_at(service.url)

    error = error_of(provider)

    chain: BaseException | None = error
    while chain is not None:
        assert AUTH_TOKEN not in f"{chain} {chain!r} {vars(chain)}"
        chain = chain.__cause__ or chain.__context__
    assert AUTH_TOKEN not in repr(provider)


@pytest.mark.parametrize("options", [{"account_sid": ""}, {"account_sid": "AC1/../AC2"}, {"api_key_sid": "SK:1"}])
def test_sid_that_is_none_is_refused_without_its_text(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="letters and digits") as caught:
        provider_at("http://127.0.0.1:1", **options)

    assert "AC1" not in str(caught.value)


def test_refusal_with_endless_brackets_is_read_by_its_status(
    service: TwilioService, provider: TwilioSmsProvider
) -> None:
    service.always = Reply(401, b"[" * 500_000)

    assert isinstance(error_of(provider), TransientError)


@pytest.mark.parametrize(
    ("address", "field"), [("+12025550100", "From"), ("MyBank", "From"), (f"MG{'0a' * 16}", "MessagingServiceSid")]
)
def test_message_comes_from_its_sender(service: TwilioService, address: str, field: str) -> None:
    provider = provider_at(service.url)

    provider.send(message_to(sender=Sender(id="theirs", channel=Channel.SMS, address=address)))
    provider.send(message_to())

    assert [each.get(field) for each in service.messages] == [address, SENDER if field == "From" else None]
