"""The SendGrid provider against a loopback server that answers as SendGrid's documentation says."""

import random
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.builders import an_outgoing
from tests.standins.http_service import Fault, Reply, json_reply
from tests.standins.sendgrid import API_KEY, Email, SendGridService, error_reply, rate_limited
from wavecom.adapters.providers.email.sendgrid import SUBSTITUTIONS_MAX_BYTES, SendGridEmailProvider
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
from wavecom.ports.providers import BulkProvider

NOTIFICATION_ID = "65f0c1d2a1b2c3d4e5f60718"
SENDER = "WaveCom <no-reply@wavecom.example.com>"
SHORT = timedelta(seconds=0.3)

OPEN: list[SendGridEmailProvider] = []
"""Providers to close in the end."""


def message_to(recipient: str = "customer@example.com", **changes: Any) -> OutgoingMessage:
    values = {
        "notification_id": NOTIFICATION_ID,
        "channel": Channel.EMAIL,
        "recipient": recipient,
        "subject": "Grüße 🎉",
        "message": "Guten Tag, 你好",
        "attempt": 1,
    }
    return an_outgoing(**{**values, **changes})


def messages(count: int, **changes: Any) -> list[OutgoingMessage]:
    """Return different messages to different people."""
    return [
        message_to(
            f"customer-{number}@example.com",
            **{
                "notification_id": f"{number:024x}",
                "subject": f"Subject {number}",
                "message": f"Text {number}",
                **changes,
            },
        )
        for number in range(count)
    ]


def provider_at(url: str, *, timeout: timedelta = timedelta(seconds=5), **options: Any) -> SendGridEmailProvider:
    values = {"name": "sendgrid-eu", "api_key": API_KEY, "sender": SENDER, "max_connections": 8}
    provider = SendGridEmailProvider(**{**values, **options}, base_url=url, timeout=timeout)
    OPEN.append(provider)
    return provider


@pytest.fixture(autouse=True)
def close_providers() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def error_of(provider: SendGridEmailProvider, message: OutgoingMessage | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        provider.send(message or message_to())
    return caught.value


def kinds(outcomes: list[Receipt | ProviderError]) -> list[tuple[type, str | None]]:
    return [(type(each), getattr(each, "code", None)) for each in outcomes]


def by_recipient(service: SendGridService) -> dict[str, Email]:
    assert len({email.to for email in service.emails}) == len(service.emails)
    return {email.to: email for email in service.emails}


def recipients(service: SendGridService, call: int) -> list[str]:
    return [each["to"][0]["email"] for each in service.requests[call].json["personalizations"]]


@pytest.fixture
def service() -> Iterator[SendGridService]:
    with SendGridService() as service:
        yield service


@pytest.fixture
def provider(service: SendGridService) -> SendGridEmailProvider:
    return provider_at(service.url)


def test_message_arrives_whole(service: SendGridService, provider: SendGridEmailProvider) -> None:
    receipt = provider.send(message_to())

    (email,) = service.emails
    assert (email.to, email.subject, email.text) == ("customer@example.com", "Grüße 🎉", "Guten Tag, 你好")
    assert email.custom_args == {"notificationId": NOTIFICATION_ID, "provider": "sendgrid-eu"}
    assert receipt.provider_message_id == email.message_id
    assert service.requests[0].json["from"] == {"email": "no-reply@wavecom.example.com", "name": "WaveCom"}


def test_provider_fills_the_port_for_bulk(provider: SendGridEmailProvider) -> None:
    assert isinstance(provider, BulkProvider)
    assert (provider.name, provider.channel) == ("sendgrid-eu", Channel.EMAIL)
    assert (provider.bulk_limit, provider.idempotent) == (1_000, False)


def test_gateway_below_a_path_is_called_there(service: SendGridService) -> None:
    service.always = Reply(202, headers={"X-Message-Id": "m1"})

    receipt = provider_at(f"{service.url}/gateway/").send(message_to())

    assert receipt == Receipt("m1")
    assert service.requests[0].path == "/gateway/v3/mail/send"


def test_domain_beyond_ascii_travels_as_punycode(service: SendGridService, provider: SendGridEmailProvider) -> None:
    provider.send(message_to("info@straße.example.com"))

    assert service.emails[0].to == "info@xn--strae-oqa.example.com"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (message_to("用户@example.com"), "address_not_ascii"),
        (message_to("用户"), "address_invalid"),
        (message_to(message="\ud800"), "not_unicode"),
        (message_to(subject="\ud800"), "not_unicode"),
        (message_to(subject=None), "no_subject_or_text"),
        (message_to(message=""), "no_subject_or_text"),
    ],
)
def test_message_that_sendgrid_cannot_take_is_permanent_and_not_handed_over(
    service: SendGridService, provider: SendGridEmailProvider, message: OutgoingMessage, code: str
) -> None:
    error = error_of(provider, message)
    outcomes = provider.send_many([message, message_to("other@example.com")])

    assert (type(error), error.code) == (PermanentError, code)
    assert kinds(outcomes) == [(PermanentError, code), (Receipt, None)]
    assert [email.to for email in service.emails] == ["other@example.com"]


def test_recipient_that_sendgrid_refuses_is_permanent(provider: SendGridEmailProvider) -> None:
    error = error_of(provider, message_to("customer@"))

    assert (type(error), error.code) == (PermanentError, "personalizations.to.email")


def test_wrong_key_is_transient(service: SendGridService) -> None:
    error = error_of(provider_at(service.url, api_key="SG.wrong"))

    assert (type(error), error.code) == (TransientError, "401")


def test_sender_that_is_not_verified_is_transient(service: SendGridService) -> None:
    error = error_of(provider_at(service.url, sender="no-reply@elsewhere.example.org"))

    assert (type(error), error.code) == (TransientError, "403")


NOT_JSON = b"<html>An error</html>"


@pytest.mark.parametrize(
    ("reply", "family", "code"),
    [
        (error_reply(400, "personalizations.0.to.0.email", "Invalid"), PermanentError, "personalizations.to.email"),
        (error_reply(422, "personalizations[0].to[0].email", "Invalid"), PermanentError, "personalizations.to.email"),
        (error_reply(400, "personalizations.0.subject", "Too long"), PermanentError, "personalizations.subject"),
        (error_reply(400, "subject", "Too long"), PermanentError, "subject"),
        (error_reply(400, "content.0.value", "Refused"), PermanentError, "content.value"),
        (error_reply(400, "personalizations.0.custom_args", "Too big"), TransientError, "400"),
        (error_reply(400, "personalizations.\N{ARABIC-INDIC DIGIT ZERO}.to.0.email", "Invalid"), TransientError, "400"),
        (error_reply(400, f"personalizations.{'9' * 5000}.to", "Invalid"), TransientError, "400"),
        (Reply(401, b"[" * 500_000), TransientError, "401"),
        (Reply(400, b"[" * 500_000), TransientError, "400"),
        (error_reply(400, "personalizations", "No"), TransientError, "400"),
        (error_reply(400, "from.email", "Invalid"), TransientError, "400"),
        (error_reply(400, None, "Bad request"), TransientError, "400"),
        (json_reply(400, {"errors": "no list"}), TransientError, "400"),
        (json_reply(400, ["no object"]), TransientError, "400"),
        (Reply(400, NOT_JSON), TransientError, "400"),
        (error_reply(401, None, "Maximum credits exceeded"), TransientError, "401"),
        (error_reply(402, None, "Payment required"), TransientError, "402"),
        (error_reply(403, None, "Too many bad requests"), TransientError, "403"),
        (Reply(404, NOT_JSON), TransientError, "404"),
        (error_reply(405, None, "Method not allowed"), TransientError, "405"),
        (error_reply(406, None, "Missing Accept header"), TransientError, "406"),
        (error_reply(409, None, "The first call is not finished"), UnknownOutcomeError, "409"),
        (error_reply(413, None, "Content too large"), PermanentError, "413"),
        (error_reply(415, None, "Unsupported media type"), TransientError, "415"),
        (error_reply(429, None, "Too many requests"), RateLimitedError, "429"),
        (error_reply(451, None, "Data residency"), TransientError, "451"),
        (error_reply(500, None, "Internal server error"), UnknownOutcomeError, "500"),
        (Reply(502, NOT_JSON), UnknownOutcomeError, "502"),
        (error_reply(503, None, "Not available"), TransientError, "503"),
        (Reply(504, NOT_JSON), UnknownOutcomeError, "504"),
        (Reply(302, headers={"Location": "https://elsewhere.example.org"}), TransientError, "302"),
        (Reply(200), UnknownOutcomeError, "200"),
        (Reply(202, headers={"X-Message-Id": " "}), UnknownOutcomeError, "202"),
    ],
)
def test_answer_means_what_the_table_says(
    service: SendGridService, provider: SendGridEmailProvider, reply: Reply, family: type[ProviderError], code: str
) -> None:
    service.always = reply

    error = error_of(provider)

    assert (type(error), error.code) == (family, code)
    assert len(service.requests) == 1


def test_any_success_with_a_message_id_is_a_receipt(service: SendGridService, provider: SendGridEmailProvider) -> None:
    service.always = Reply(200, NOT_JSON, {"X-Message-Id": "m1"})

    assert provider.send(message_to()) == Receipt("m1")


def test_field_that_names_a_recipient_is_no_code(service: SendGridService, provider: SendGridEmailProvider) -> None:
    service.always = error_reply(400, "personalizations.0.to.customer@example.com", "Invalid")

    assert error_of(provider).code == "400"


@pytest.mark.parametrize(
    ("retry_after", "resets_in", "seconds"),
    [
        (None, None, None),
        (7, None, 7),
        (None, 40, 40),
        (7, 40, 40),
        (70, 40, 70),
        (None, -40, 0),
        (None, 10_000_000, 86_400),
    ],
)
def test_limit_says_how_long_to_wait(
    service: SendGridService,
    provider: SendGridEmailProvider,
    retry_after: int | None,
    resets_in: int | None,
    seconds: int | None,
) -> None:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if resets_in is not None:
        headers["X-RateLimit-Reset"] = str(int(time.time()) + resets_in)
    service.always = Reply(429, headers=headers)

    error = error_of(provider)

    assert isinstance(error, RateLimitedError)
    if seconds is None:
        assert error.retry_after is None
    else:
        assert error.retry_after is not None
        assert seconds - 5 <= error.retry_after.total_seconds() <= seconds


def test_limit_until_a_date_is_waited_for(service: SendGridService, provider: SendGridEmailProvider) -> None:
    until = datetime.now(UTC) + timedelta(seconds=90)
    service.always = Reply(429, headers={"Retry-After": format_datetime(until, usegmt=True)})

    error = error_of(provider)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after is not None
    assert 80 < error.retry_after.total_seconds() <= 90


def test_limit_without_a_readable_time_names_none(service: SendGridService, provider: SendGridEmailProvider) -> None:
    service.always = Reply(429, headers={"X-RateLimit-Reset": "soon", "Retry-After": "later"})

    error = error_of(provider)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after is None


def test_documented_limit_is_waited_for(service: SendGridService, provider: SendGridEmailProvider) -> None:
    service.follow(rate_limited(resets_in_seconds=60))

    error = error_of(provider)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after is not None
    assert 50 < error.retry_after.total_seconds() <= 60


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
    service: SendGridService, fault: Fault, code: str
) -> None:
    service.always = fault
    provider = provider_at(service.url, timeout=SHORT)

    error = error_of(provider)
    outcomes = provider.send_many(messages(3))

    assert (type(error), error.code) == (UnknownOutcomeError, code)
    assert kinds(outcomes) == [(UnknownOutcomeError, code)] * 3
    assert len(service.requests) == 2


def test_nobody_listening_is_transient() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    provider = provider_at(f"http://127.0.0.1:{port}")

    error = error_of(provider)
    outcomes = provider.send_many(messages(2))

    assert (type(error), error.code) == (TransientError, "ConnectError")
    assert kinds(outcomes) == [(TransientError, "ConnectError")] * 2


def test_provider_goes_on_after_an_error(service: SendGridService, provider: SendGridEmailProvider) -> None:
    service.follow(Fault.HANG_UP)
    error_of(provider)

    assert provider.send(message_to()).provider_message_id


def test_hundred_sends_at_once_share_the_connections(service: SendGridService, provider: SendGridEmailProvider) -> None:
    service.delay_seconds = 0.02
    everything = messages(100)

    with ThreadPoolExecutor(100) as executor:
        receipts = list(executor.map(provider.send, everything))

    assert service.connections_at_once <= 8
    emails = by_recipient(service)
    assert [emails[each.recipient].message_id for each in everything] == [
        receipt.provider_message_id for receipt in receipts
    ]


@pytest.mark.parametrize("reply", [Reply(401), Reply(500), error_reply(400, "from", "Invalid"), Fault.HANG_UP])
def test_key_is_in_no_text(service: SendGridService, reply: Reply | Fault) -> None:
    service.always = reply
    provider = provider_at(service.url)

    error = error_of(provider)

    chain: BaseException | None = error
    while chain is not None:
        assert API_KEY not in f"{chain} {chain!r} {vars(chain)}"
        chain = chain.__cause__ or chain.__context__
    assert API_KEY not in repr(provider)


@pytest.mark.parametrize("api_key", ["", "SG.with a space", "SG.line\n", "SG.ключ"])
def test_key_that_no_header_takes_is_refused_without_its_text(api_key: str) -> None:
    with pytest.raises(ValueError, match="api_key") as caught:
        provider_at("http://127.0.0.1:1", api_key=api_key)

    assert "SG." not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"sender": "nobody"}, "must be an address"),
        ({"sender": "用户@example.com"}, "ASCII"),
        ({"idempotency_header": "Idempotency Key"}, "idempotency_header"),
    ],
)
def test_unusable_configuration_is_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        provider_at("http://127.0.0.1:1", **options)


def test_messages_of_one_call_keep_their_own_subject_and_text(
    service: SendGridService, provider: SendGridEmailProvider
) -> None:
    everything = [*messages(3), message_to(subject="Grüße 🎉", message="Zeile 1\r\n\r\n„Zeile“ 2 <b>你好</b>\n")]

    outcomes = provider.send_many(everything)

    assert len(service.requests) == 1
    emails = by_recipient(service)
    for message, outcome in zip(everything, outcomes, strict=True):
        email = emails[message.recipient]
        assert (email.subject, email.text) == (message.content.subject, message.content.message)
        assert email.custom_args == {"notificationId": message.notification_id, "provider": "sendgrid-eu"}
        assert outcome == Receipt(email.message_id)


def test_thousand_messages_go_in_one_call_and_more_in_a_second(
    service: SendGridService, provider: SendGridEmailProvider
) -> None:
    outcomes = provider.send_many(messages(1_001))

    assert [len(recipients(service, call)) for call in range(2)] == [1_000, 1]
    assert len(service.emails) == 1_001
    assert kinds(outcomes) == [(Receipt, None)] * 1_001


def test_text_that_looks_like_a_tag_is_left_alone(service: SendGridService, provider: SendGridEmailProvider) -> None:
    provider.send_many(messages(2))
    (earlier_tag,) = service.requests[0].json["personalizations"][0]["substitutions"]
    texts = [
        earlier_tag,
        f"Dear {earlier_tag},",
        "-name- %name% {{name}} <%body%> [unsubscribe] :name",
        "\\-1 $1 %s {0}",
    ]
    service.emails.clear()

    provider.send_many(
        [
            message_to(f"customer-{number}@example.com", subject=f"{number} {earlier_tag}", message=text)
            for number, text in enumerate(texts)
        ]
    )

    emails = by_recipient(service)
    assert [emails[f"customer-{number}@example.com"].text for number in range(4)] == texts
    assert [emails[f"customer-{number}@example.com"].subject for number in range(4)] == [
        f"{number} {earlier_tag}" for number in range(4)
    ]


def test_tag_is_new_in_every_call_and_plain(service: SendGridService, provider: SendGridEmailProvider) -> None:
    for _ in range(3):
        provider.send_many(messages(2))

    tags = [request.json["content"][0]["value"] for request in service.requests]
    assert len(set(tags)) == 3
    assert all(re.fullmatch(r"-[0-9a-f]{32}-", tag) for tag in tags)


@pytest.mark.parametrize("letter", ["x", "ß", "🎉", '"', "\n"])
def test_text_too_long_for_a_substitution_goes_alone(
    service: SendGridService, provider: SendGridEmailProvider, letter: str
) -> None:
    long = letter * (SUBSTITUTIONS_MAX_BYTES // len(letter.encode()))
    everything = messages(4)
    everything[1] = message_to("long@example.com", message=long)

    outcomes = provider.send_many(everything)

    assert [len(recipients(service, call)) for call in range(2)] == [3, 1]
    assert "substitutions" not in service.requests[1].json["personalizations"][0]
    assert by_recipient(service)["long@example.com"].text == long
    assert kinds(outcomes) == [(Receipt, None)] * 4


def test_text_that_just_fits_a_substitution_goes_with_the_others(
    service: SendGridService, provider: SendGridEmailProvider
) -> None:
    everything = [*messages(2), message_to(message="x" * (SUBSTITUTIONS_MAX_BYTES - 100))]

    outcomes = provider.send_many(everything)

    assert len(service.requests) == 1
    assert kinds(outcomes) == [(Receipt, None)] * 3


def test_second_message_to_an_address_goes_in_another_call(
    service: SendGridService, provider: SendGridEmailProvider
) -> None:
    everything = [
        message_to("a@example.com", message="one"),
        message_to("b@example.com", message="two"),
        message_to("A@example.com", message="three"),
        message_to("a@example.com", message="four"),
    ]

    outcomes = provider.send_many(everything)

    assert [recipients(service, call) for call in range(3)] == [
        ["a@example.com", "b@example.com"],
        ["A@example.com"],
        ["a@example.com"],
    ]
    assert sorted(email.text for email in service.emails) == ["four", "one", "three", "two"]
    assert kinds(outcomes) == [(Receipt, None)] * 4


def test_refused_message_fails_only_itself(service: SendGridService, provider: SendGridEmailProvider) -> None:
    everything = messages(6)
    everything[1] = message_to("no-domain@")
    everything[4] = message_to("spaces in@example.com")

    outcomes = provider.send_many(everything)

    refused = (PermanentError, "personalizations.to.email")
    accepted = (Receipt, None)
    assert kinds(outcomes) == [accepted, refused, accepted, accepted, refused, accepted]
    assert sorted(by_recipient(service)) == [f"customer-{number}@example.com" for number in (0, 2, 3, 5)]
    assert [len(recipients(service, call)) for call in range(len(service.requests))] == [6, 4]


def test_call_of_refused_messages_only_is_not_repeated(
    service: SendGridService, provider: SendGridEmailProvider
) -> None:
    outcomes = provider.send_many([message_to("one@"), message_to("two@")])

    assert kinds(outcomes) == [(PermanentError, "personalizations.to.email")] * 2
    assert len(service.requests) == 1


def test_service_that_names_one_message_at_a_time_is_asked_twice_and_no_more(
    service: SendGridService, provider: SendGridEmailProvider
) -> None:
    service.follow(
        error_reply(400, "personalizations.3.to.0.email", "Invalid"),
        error_reply(400, "personalizations.3.to.0.email", "Invalid"),
    )

    outcomes = provider.send_many([*messages(6), message_to(message="x" * 20_000)])

    refused, others = (PermanentError, "personalizations.to.email"), (TransientError, "refused_together")
    assert kinds(outcomes) == [others, others, others, refused, refused, others, (Receipt, None)]
    assert [len(recipients(service, call)) for call in range(len(service.requests))] == [6, 5, 1]
    assert [email.to for email in service.emails] == ["customer@example.com"]


def test_index_beyond_the_call_names_nobody(service: SendGridService, provider: SendGridEmailProvider) -> None:
    service.follow(error_reply(400, "personalizations.2.to.0.email", "Invalid"))

    assert kinds(provider.send_many(messages(2))) == [(TransientError, "400")] * 2


@pytest.mark.parametrize(
    ("reply", "family", "code"),
    [
        (error_reply(400, "content.0.value", "Invalid"), TransientError, "400"),
        (error_reply(400, "from.email", "Invalid"), TransientError, "400"),
        (error_reply(413, None, "Content too large"), TransientError, "413"),
        (error_reply(500, None, "Internal server error"), UnknownOutcomeError, "500"),
        (error_reply(503, None, "Not available"), TransientError, "503"),
        (rate_limited(resets_in_seconds=60), RateLimitedError, "429"),
    ],
)
def test_call_that_fails_as_a_whole_fails_for_each(
    service: SendGridService, provider: SendGridEmailProvider, reply: Reply, family: type[ProviderError], code: str
) -> None:
    service.follow(reply)

    outcomes = provider.send_many(messages(3))

    assert kinds(outcomes) == [(family, code)] * 3
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (Fault.HANG_UP, (TransientError, "not_tried")),
        (error_reply(503, None, "Not available"), (TransientError, "503")),
        (rate_limited(resets_in_seconds=60), (RateLimitedError, "429")),
    ],
)
def test_call_that_fails_as_a_whole_is_the_last(
    service: SendGridService, provider: SendGridEmailProvider, first: Reply | Fault, then: tuple[type, str]
) -> None:
    service.follow(first)
    long = message_to(message="x" * 20_000)

    outcomes = provider.send_many([*messages(2), long, long])

    assert kinds(outcomes)[2:] == [then] * 2
    assert len(service.requests) == 1


def test_long_message_that_is_refused_does_not_end_the_others(
    service: SendGridService, provider: SendGridEmailProvider
) -> None:
    everything = [message_to("no-domain@", message="x" * 20_000), message_to(message="x" * 20_000)]

    outcomes = provider.send_many(everything)

    assert kinds(outcomes) == [(PermanentError, "personalizations.to.email"), (Receipt, None)]


def test_no_call_begins_after_the_time_of_one(service: SendGridService) -> None:
    service.delay_seconds = 0.2
    provider = provider_at(service.url, timeout=timedelta(seconds=0.5))
    long = [message_to(f"customer-{number}@example.com", message="x" * 20_000) for number in range(20)]

    started = time.monotonic()
    outcomes = provider.send_many(long)

    assert time.monotonic() - started < 1.5
    sent = len(service.emails)
    assert 1 <= sent < 20
    assert kinds(outcomes) == [(Receipt, None)] * sent + [(RateLimitedError, "no_time")] * (20 - sent)


def test_bulk_of_one_and_of_none(service: SendGridService, provider: SendGridEmailProvider) -> None:
    assert provider.send_many([]) == []
    assert kinds(provider.send_many([message_to()])) == [(Receipt, None)]
    assert service.emails[0].text == "Guten Tag, 你好"
    assert len(service.requests) == 1


@pytest.fixture
def gateway() -> Iterator[SendGridService]:
    with SendGridService(idempotency_header="Idempotency-Key") as gateway:
        yield gateway


def test_idempotency_header_makes_a_repeated_send_harmless(gateway: SendGridService) -> None:
    provider = provider_at(gateway.url, idempotency_header="Idempotency-Key")

    first = provider.send(message_to())
    again = provider.send(message_to(attempt=2))

    assert (provider.idempotent, provider.bulk_limit) == (True, 1)
    assert first == again
    assert [email.idempotency_key for email in gateway.emails] == [NOTIFICATION_ID]


def test_idempotency_header_puts_each_message_in_a_call_of_its_own(gateway: SendGridService) -> None:
    provider = provider_at(gateway.url, idempotency_header="Idempotency-Key")
    everything = messages(3)

    outcomes = provider.send_many(everything)

    assert kinds(outcomes) == [(Receipt, None)] * 3
    assert [email.idempotency_key for email in gateway.emails] == [each.notification_id for each in everything]


def test_no_idempotency_header_is_sent_unless_told(gateway: SendGridService) -> None:
    provider_at(gateway.url).send(message_to())

    assert gateway.emails[0].idempotency_key is None


def test_bulk_with_random_faults_loses_and_doubles_nothing(
    service: SendGridService, provider: SendGridEmailProvider
) -> None:
    draw = random.Random(4)
    texts = ["short", "long " * 3_000]
    for _ in range(20):
        service.emails.clear()
        everything = [
            message_to(
                draw.choice([f"customer-{draw.randrange(6)}@example.com", "no-domain@"]),
                notification_id=f"{number:024x}",
                message=draw.choice(texts),
            )
            for number in range(12)
        ]
        trouble: list[Reply | Fault] = [Reply(500), Reply(503), Fault.HANG_UP]
        service.follow(*draw.choices(trouble, k=draw.choice([0, 0, 1])))

        outcomes = provider.send_many(everything)

        sent = [email.custom_args["notificationId"] for email in service.emails]
        accepted = [
            each.notification_id
            for each, outcome in zip(everything, outcomes, strict=True)
            if isinstance(outcome, Receipt)
        ]
        assert sorted(sent) == sorted(accepted)


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ('"Bank: Alerts" <no-reply@wavecom.example.com>', "Bank: Alerts"),
        ('"Bank, N.A." <no-reply@wavecom.example.com>', '"Bank, N.A."'),
        ('"Bank; \\"N.A.\\"" <no-reply@wavecom.example.com>', '"Bank; \\"N.A.\\""'),
    ],
)
def test_name_that_the_service_would_divide_is_quoted(service: SendGridService, sender: str, name: str) -> None:
    provider_at(service.url, sender=sender).send(message_to())

    assert service.requests[0].json["from"] == {"email": "no-reply@wavecom.example.com", "name": name}
