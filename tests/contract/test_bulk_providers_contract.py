"""What every provider for bulk promises, held against each adapter; the services behind them are stand-ins."""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.builders import an_outgoing
from tests.contract.adapters import on_servers
from tests.fakes import FakeBulkProvider
from tests.standins.http_service import Fault
from tests.standins.sendgrid import API_KEY, SendGridService
from tests.standins.ses import SesService
from wavecom.adapters.providers.email.sendgrid import SendGridEmailProvider
from wavecom.adapters.providers.email.ses import SesEmailProvider, ses_client
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import About, PermanentError, ProviderError, Receipt, UnknownOutcomeError
from wavecom.ports.providers import BulkProvider

PORT = BulkProvider

SENDER = "no-reply@wavecom.example.com"
TIMEOUT = timedelta(seconds=5)


@dataclass
class Adapter:
    """A provider, what its service has sent by recipient, and ways to make it refuse a recipient and fall silent."""

    provider: BulkProvider
    sent: Callable[[], dict[str, tuple[str | None, str]]]
    refuse: Callable[[], str]
    """Let the service refuse a recipient, and return it."""
    fall_silent: Callable[[bool], None]
    """Let the service take calls without an answer, or no longer."""


def _fake() -> Adapter:
    provider = FakeBulkProvider()
    lost = UnknownOutcomeError("No answer", code="connection_lost")

    def refuse() -> str:
        error = PermanentError("No such mailbox", code="550", about=About.RECIPIENT)
        provider.answers["refused@example.com"] = [error] * 100
        return "refused@example.com"

    def fall_silent(silent: bool) -> None:
        provider.whole = (lambda answers: [lost for _ in answers]) if silent else None

    return Adapter(
        provider,
        lambda: {each.recipient: (each.content.subject, each.content.message) for each in provider.accepted},
        refuse,
        fall_silent,
    )


@contextlib.contextmanager
def _ses(monkeypatch: pytest.MonkeyPatch) -> Iterator[Adapter]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with SesService() as service:
        client = ses_client(
            region="eu-central-1",
            endpoint_url=service.url,
            connect_timeout=TIMEOUT,
            timeout=TIMEOUT,
            max_connections=4,
        )

        def refuse() -> str:
            service.results["refused@example.com"] = {"Status": "MESSAGE_REJECTED", "Error": "It contained a virus"}
            return "refused@example.com"

        def fall_silent(silent: bool) -> None:
            service.always = Fault.HANG_UP if silent else None

        provider = SesEmailProvider(client, sender=SENDER)
        yield Adapter(provider, lambda: dict(service.sent), refuse, fall_silent)
        provider.close()


@contextlib.contextmanager
def _sendgrid() -> Iterator[Adapter]:
    with SendGridService() as service:
        provider = SendGridEmailProvider(
            name="sendgrid", api_key=API_KEY, sender=SENDER, max_connections=4, base_url=service.url, timeout=TIMEOUT
        )

        def fall_silent(silent: bool) -> None:
            service.always = Fault.HANG_UP if silent else None

        yield Adapter(
            provider,
            lambda: {each.to: (each.subject, each.text) for each in service.emails},
            lambda: "no-domain@",
            fall_silent,
        )
        provider.close()


@pytest.fixture(params=["fake", on_servers("ses"), on_servers("sendgrid")])
def bulk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Adapter]:
    match request.param:
        case "fake":
            yield _fake()
        case "ses":
            with _ses(monkeypatch) as adapter:
                yield adapter
        case "sendgrid":
            with _sendgrid() as adapter:
                yield adapter


def message_to(recipient: str, number: int = 0) -> OutgoingMessage:
    return an_outgoing(
        notification_id=f"{number:024x}",
        channel=Channel.EMAIL,
        recipient=recipient,
        subject=f"Grüße {number}",
        message=f"Guten Tag, {{{{{number}}}}} & <b>你好</b>",
        attempt=1,
    )


def messages(count: int, name: str = "c") -> list[OutgoingMessage]:
    return [message_to(f"{name}{number}@example.com", number) for number in range(count)]


def kinds(answers: Sequence[Receipt | ProviderError]) -> list[type[Receipt | ProviderError]]:
    return [type(each) for each in answers]


def test_it_is_a_provider_for_bulk(bulk: Adapter) -> None:
    assert isinstance(bulk.provider, BulkProvider)
    assert bulk.provider.bulk_limit > 1


def test_as_many_as_the_limit_go_each_with_its_own_content(bulk: Adapter) -> None:
    given = messages(bulk.provider.bulk_limit)

    answers = bulk.provider.send_many(given)

    assert kinds(answers) == [Receipt] * len(given)
    assert all(isinstance(each, Receipt) and each.provider_message_id.strip() for each in answers)
    assert bulk.sent() == {each.recipient: (each.content.subject, each.content.message) for each in given}


def test_one_message_is_sent_and_none_is_nothing(bulk: Adapter) -> None:
    (message,) = messages(1)

    assert kinds(bulk.provider.send_many([message])) == [Receipt]
    assert bulk.provider.send_many([]) == []
    assert bulk.sent() == {message.recipient: (message.content.subject, message.content.message)}


@pytest.mark.parametrize("position", [0, 2, 4])
def test_a_refused_message_fails_only_itself_and_answers_are_in_order(bulk: Adapter, position: int) -> None:
    given = messages(5)
    given[position] = message_to(bulk.refuse(), position)

    answers = bulk.provider.send_many(given)

    assert kinds(answers) == [PermanentError if number == position else Receipt for number in range(5)]
    assert bulk.sent().keys() == {each.recipient for number, each in enumerate(given) if number != position}


def test_an_answer_is_safe_to_log(bulk: Adapter) -> None:
    recipient = bulk.refuse()

    refused, _ = bulk.provider.send_many([message_to(recipient), message_to("c@example.com", 1)])

    assert isinstance(refused, ProviderError)
    assert re.fullmatch(r"[A-Za-z0-9._]{1,64}", refused.code)
    assert recipient not in refused.code


@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_call_that_got_no_answer_is_unknown_for_each_and_raises_nothing(bulk: Adapter, count: int) -> None:
    bulk.fall_silent(True)

    assert kinds(bulk.provider.send_many(messages(count))) == [UnknownOutcomeError] * count


def test_provider_goes_on_after_a_call_without_an_answer(bulk: Adapter) -> None:
    bulk.fall_silent(True)
    bulk.provider.send_many(messages(2))
    bulk.fall_silent(False)

    assert kinds(bulk.provider.send_many(messages(2, "later"))) == [Receipt] * 2


def test_many_threads_share_a_provider_and_each_gets_its_own_answers(bulk: Adapter) -> None:
    recipient = bulk.refuse()
    batches = [messages(3, f"t{number}-") for number in range(20)]
    for number, batch in enumerate(batches):
        batch[number % 3] = message_to(recipient)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(bulk.provider.send_many, batches))

    for number, each in enumerate(answers):
        assert kinds(each) == [PermanentError if at == number % 3 else Receipt for at in range(3)]
    assert bulk.sent().keys() == {each.recipient for batch in batches for each in batch} - {recipient}
