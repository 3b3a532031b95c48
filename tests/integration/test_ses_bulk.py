"""SendBulkEmail of the Amazon SES provider against a loopback server that renders the template as SES documents it.

Made from: Amazon SES API v2 reference, "SendBulkEmail", "Template" and "BulkEmailEntryResult"; Amazon SES developer
guide, "Using templates to send personalized email with the Amazon SES API" and "Advanced email personalization".
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import an_outgoing
from tests.standins.http_service import Fault, Reply, json_reply
from tests.standins.ses import BULK, SINGLE, SesService, refusal
from wavecom.adapters.providers.email.ses import DAILY_QUOTA_WAIT, SesEmailProvider, ses_client
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

SENDER = "WaveCom <no-reply@wavecom.example.com>"


def message_to(recipient: str, **changes: Any) -> OutgoingMessage:
    values = {
        "notification_id": "65f0c1d2a1b2c3d4e5f60718",
        "channel": Channel.EMAIL,
        "recipient": recipient,
        "subject": f"For {recipient}",
        "message": f"Dear {recipient}",
        "attempt": 1,
    }
    return an_outgoing(**{**values, **changes})


def messages_to(count: int, **changes: Any) -> list[OutgoingMessage]:
    return [message_to(f"c{number}@example.com", **changes) for number in range(count)]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@pytest.fixture
def service() -> Iterator[SesService]:
    with SesService() as service:
        yield service


@pytest.fixture
def provider(service: SesService) -> Iterator[SesEmailProvider]:
    client = ses_client(
        region="eu-central-1",
        endpoint_url=service.url,
        connect_timeout=timedelta(seconds=0.5),
        timeout=timedelta(seconds=1),
        max_connections=4,
    )
    provider = SesEmailProvider(client, sender=SENDER, name="ses-frankfurt", configuration_set="wavecom-events")
    yield provider
    provider.close()


def kinds(results: list[Receipt | ProviderError]) -> list[type[Receipt | ProviderError]]:
    return [type(result) for result in results]


def one_result(provider: SesEmailProvider) -> Receipt | ProviderError:
    """Return what became of the first of two messages."""
    return provider.send_many(messages_to(2))[0]


def test_provider_offers_bulk_without_idempotency(provider: SesEmailProvider) -> None:
    assert isinstance(provider, BulkProvider)
    assert (provider.bulk_limit, provider.idempotent) == (50, False)


def test_each_recipient_gets_its_own_message_by_one_call(service: SesService, provider: SesEmailProvider) -> None:
    results = provider.send_many(messages_to(50))

    assert results == [Receipt(f"bulk-c{number}@example.com") for number in range(50)]
    assert [request.path for request in service.requests] == [BULK]
    assert service.sent == {
        f"c{number}@example.com": (f"For c{number}@example.com", f"Dear c{number}@example.com") for number in range(50)
    }


def test_request_carries_tags_and_configuration_set(service: SesService, provider: SesEmailProvider) -> None:
    provider.send_many([message_to("a@example.com", notification_id="a" * 24), message_to("b@straße.example.com")])

    (request,) = service.requests
    first, second = request.json["BulkEmailEntries"]
    assert first["ReplacementTags"] == [
        {"Name": "notificationId", "Value": "a" * 24},
        {"Name": "provider", "Value": "ses-frankfurt"},
    ]
    assert second["Destination"] == {"ToAddresses": ["b@xn--strae-oqa.example.com"]}
    assert request.json["FromEmailAddress"] == SENDER
    assert request.json["ConfigurationSetName"] == "wavecom-events"


@pytest.mark.parametrize(
    "text",
    [
        'Tom & Jerry\'s <b>"5 > 3"</b> `x` = 1',
        "{{subject}} {{{text}}} {{#if x}} {{",
        "Zeile 1\nZeile 2\r\n\t\\ 你好 🎉",
        "",
    ],
)
def test_text_is_neither_escaped_nor_taken_for_a_template(
    service: SesService, provider: SesEmailProvider, text: str
) -> None:
    messages = [message_to("a@example.com", message=text, subject=text), message_to("b@example.com", subject=None)]

    results = provider.send_many(messages)

    assert kinds(results) == [Receipt, Receipt]
    assert service.sent == {"a@example.com": (text, text), "b@example.com": ("", "Dear b@example.com")}


def test_address_that_ses_cannot_take_is_refused_before_the_call_and_touches_no_other(
    service: SesService, provider: SesEmailProvider
) -> None:
    recipients = ["a@example.com", "用户@example.com", "no-domain", "b@example.com"]

    results = provider.send_many([message_to(recipient) for recipient in recipients])

    assert kinds(results) == [Receipt, PermanentError, PermanentError, Receipt]
    assert [result.code for result in results if isinstance(result, ProviderError)] == [
        "address_not_ascii",
        "address_invalid",
    ]
    assert service.sent.keys() == {"a@example.com", "b@example.com"}


def test_message_that_is_alone_goes_by_the_single_call(service: SesService, provider: SesEmailProvider) -> None:
    results = provider.send_many([message_to("用户@example.com"), message_to("a@example.com")])

    assert kinds(results) == [PermanentError, Receipt]
    assert [request.path for request in service.requests] == [SINGLE]


def test_lone_message_that_is_refused_is_an_error_and_not_an_exception(
    service: SesService, provider: SesEmailProvider
) -> None:
    service.always = refusal(400, "BadRequestException", "Illegal address")

    (error,) = provider.send_many([message_to("a@example.com")])

    assert type(error) is PermanentError


def test_nothing_to_send_makes_no_call(service: SesService, provider: SesEmailProvider) -> None:
    assert provider.send_many([]) == []
    assert service.requests == []


@pytest.mark.parametrize(("count", "text"), [(120, "short"), (50, "🎉" * 5000)])
def test_what_does_not_fit_one_call_goes_by_several(
    service: SesService, provider: SesEmailProvider, count: int, text: str
) -> None:
    results = provider.send_many(messages_to(count, message=text))

    assert results == [Receipt(f"bulk-c{number}@example.com") for number in range(count)]
    assert len(service.requests) > 1
    assert service.sent.keys() == {f"c{number}@example.com" for number in range(count)}


@pytest.mark.parametrize(
    ("result", "family"),
    [
        ({"Status": "MESSAGE_REJECTED", "Error": "It contained a virus"}, PermanentError),
        ({"Status": "MESSAGE_REJECTED", "Error": "Email address is not verified."}, TransientError),
        ({"Status": "INVALID_PARAMETER", "Error": "Illegal address"}, PermanentError),
        ({"Status": "INVALID_PARAMETER_VALUE"}, PermanentError),
        ({"Status": "ACCOUNT_THROTTLED"}, RateLimitedError),
        ({"Status": "ACCOUNT_DAILY_QUOTA_EXCEEDED"}, RateLimitedError),
        ({"Status": "ACCOUNT_SUSPENDED"}, TransientError),
        ({"Status": "ACCOUNT_SENDING_PAUSED"}, TransientError),
        ({"Status": "CONFIGURATION_SET_SENDING_PAUSED"}, TransientError),
        ({"Status": "MAIL_FROM_DOMAIN_NOT_VERIFIED"}, TransientError),
        ({"Status": "CONFIGURATION_SET_NOT_FOUND"}, TransientError),
        ({"Status": "CONFIGURATION_SET_DOES_NOT_EXIST"}, TransientError),
        ({"Status": "TEMPLATE_NOT_FOUND"}, TransientError),
        ({"Status": "TEMPLATE_DOES_NOT_EXIST"}, TransientError),
        ({"Status": "INVALID_SENDING_POOL_NAME"}, TransientError),
        ({"Status": "TRANSIENT_FAILURE"}, TransientError),
        ({"Status": "FAILED", "Error": "Unable to process"}, TransientError),
    ],
)
def test_status_means_what_the_table_says_and_touches_no_other_message(
    service: SesService, provider: SesEmailProvider, result: dict[str, str], family: type[ProviderError]
) -> None:
    service.results["c1@example.com"] = result

    first, error, last = provider.send_many(messages_to(3))

    assert isinstance(error, ProviderError)
    assert (type(error), error.code) == (family, result["Status"])
    assert (first, last) == (Receipt("bulk-c0@example.com"), Receipt("bulk-c2@example.com"))


@pytest.mark.parametrize(
    ("result", "code"),
    [
        ({"Status": "SUCCESS"}, "no_message_id"),
        ({"Status": "SOMETHING_NEW"}, "status_unknown"),
        ({}, "status_unknown"),
    ],
)
def test_result_that_says_too_little_is_unknown(
    service: SesService, provider: SesEmailProvider, result: dict[str, str], code: str
) -> None:
    service.results["c0@example.com"] = result

    error = one_result(provider)

    assert isinstance(error, UnknownOutcomeError)
    assert error.code == code


@pytest.mark.parametrize(
    ("status", "retry_after"), [("ACCOUNT_THROTTLED", None), ("ACCOUNT_DAILY_QUOTA_EXCEEDED", DAILY_QUOTA_WAIT)]
)
def test_daily_quota_asks_for_a_longer_wait(
    service: SesService, provider: SesEmailProvider, status: str, retry_after: timedelta | None
) -> None:
    service.results["c0@example.com"] = {"Status": status}

    error = one_result(provider)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after == retry_after


@pytest.mark.parametrize(
    ("reply", "family"),
    [
        (refusal(429, "TooManyRequestsException", "Maximum sending rate exceeded."), RateLimitedError),
        (refusal(400, "AccountSuspendedException", "Suspended"), TransientError),
        (refusal(403, "AccessDeniedException", "ses:SendBulkEmail"), TransientError),
        (refusal(404, "NotFoundException", "Configuration set"), TransientError),
        (refusal(400, "BadRequestException", "Template contains unsupported operations."), TransientError),
        (refusal(400, "MessageRejected", "Illegal content"), TransientError),
        (refusal(503, "ServiceUnavailable", "Unavailable"), TransientError),
        (refusal(504, "GatewayTimeout", "Timeout"), UnknownOutcomeError),
        (Reply(200, b"<html>"), UnknownOutcomeError),
        (Reply(200, b"[]"), UnknownOutcomeError),
        (json_reply(200, {"BulkEmailEntryResults": [{"Status": "SUCCESS", "MessageId": "1"}]}), UnknownOutcomeError),
        (Fault.NEVER_ANSWER, UnknownOutcomeError),
        (Fault.HANG_UP, UnknownOutcomeError),
        (Fault.RESET, UnknownOutcomeError),
        (Fault.BREAK_OFF, UnknownOutcomeError),
    ],
)
def test_call_that_fails_as_a_whole_fails_each_message_alike_and_is_not_repeated(
    service: SesService, provider: SesEmailProvider, reply: Reply | Fault, family: type[ProviderError]
) -> None:
    service.always = reply

    results = provider.send_many(messages_to(3))

    assert kinds(results) == [family] * 3
    assert len(service.requests) == 1


def test_nobody_listening_is_transient_for_each(service: SesService, provider: SesEmailProvider) -> None:
    service.close()

    assert kinds(provider.send_many(messages_to(2))) == [TransientError, TransientError]


def test_threads_share_the_connections_and_each_gets_its_own_answers(
    service: SesService, provider: SesEmailProvider
) -> None:
    service.delay_seconds = 0.01
    batches = [[message_to(f"c{number}-{part}@example.com") for part in "ab"] for number in range(100)]

    with ThreadPoolExecutor(4) as executor:
        results = list(executor.map(provider.send_many, batches))

    assert results == [[Receipt(f"bulk-c{number}-{part}@example.com") for part in "ab"] for number in range(100)]
    assert service.connections <= 4
