"""One tenant's troubles with its recipients, on stand-ins of providers over HTTP: another's messages go on."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import ManualClock
from tests.integration import test_apns, test_fcm
from tests.integration.neighbour_world import AT_ONCE, PER_KIND, THREADS, UNHARMED, World, beside, timed
from tests.standins import apns, fcm, twilio
from tests.standins.http_service import Fault, HttpService, Reply, Request
from tests.standins.sendgrid import API_KEY, SendGridService
from tests.standins.ses import SesService
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.providers.email.sendgrid import SendGridEmailProvider
from wavecom.adapters.providers.email.ses import SesEmailProvider, ses_client
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import About
from wavecom.ports.providers import Provider

SENDER = "no-reply@wavecom.example.com"
SLOW_SECONDS = 1.0
SECONDS = timedelta(seconds=5)
At = Callable[[], AbstractContextManager[tuple[Any, Provider]]]


class Slow(HttpService):
    """A service that takes long over messages to ``slow…`` or with SMS to ``+1202…``."""

    def answer(self, request: Request) -> Reply:
        if b"slow-" in request.body or b"%2B1202" in request.body:
            time.sleep(SLOW_SECONDS)
        return super().answer(request)


class SlowSendGrid(Slow, SendGridService):
    """SendGrid, slow to some."""


class SlowSes(Slow, SesService):
    """Amazon SES, slow to some."""


class SlowTwilio(Slow, twilio.TwilioService):
    """Twilio, slow to some."""


@contextmanager
def at_twilio() -> Iterator[tuple[HttpService, Provider]]:
    with SlowTwilio() as service, closing(twilio.client_of(service, max_connections=THREADS)) as provider:
        yield service, provider


@contextmanager
def at_sendgrid() -> Iterator[tuple[HttpService, Provider]]:
    with SlowSendGrid() as service:
        provider = SendGridEmailProvider(
            name="sendgrid",
            api_key=API_KEY,
            sender=SENDER,
            base_url=service.url,
            timeout=SECONDS,
            max_connections=THREADS,
        )
        with closing(provider):
            yield service, provider


@contextmanager
def at_ses() -> Iterator[tuple[HttpService, Provider]]:
    with SlowSes() as service:
        client = ses_client(
            region="eu-central-1",
            endpoint_url=service.url,
            connect_timeout=SECONDS,
            timeout=SECONDS,
            max_connections=THREADS,
        )
        with closing(SesEmailProvider(client, sender=SENDER)) as provider:
            yield service, provider


@contextmanager
def at_fcm() -> Iterator[tuple[HttpService, Provider]]:
    with (
        fcm.TokenService() as tokens,
        fcm.FcmService(tokens) as service,
        closing(test_fcm.provider_at(service, max_connections=THREADS)) as provider,
    ):
        yield service, provider


@contextmanager
def at_apns() -> Iterator[tuple[apns.ApnsService, Provider]]:
    with (
        apns.ApnsService(ManualClock()) as service,
        closing(test_apns.provider_at(service, max_connections=AT_ONCE)) as provider,
    ):
        yield service, provider


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@contextmanager
def world_of(mongo: Mongo, at: At) -> Iterator[tuple[Any, World]]:
    """Give a service's stand-in and a world whose live messages go by it."""
    with at() as (service, provider), ThreadPoolExecutor(THREADS) as executor:
        yield service, World(mongo, provider, executor)


def numbered(form: str, count: int, first: int = 0) -> list[str]:
    """Return recipients that differ in a number."""
    return [form.format(number) for number in range(first, first + count)]


def results(notifications: list[Notification]) -> set[tuple[Status, int]]:
    """Return the statuses of notifications, each with the number of its attempts."""
    return {(each.state.status, len(each.state.attempts)) for each in notifications}


def abouts(notifications: list[Notification]) -> set[About | None]:
    """Return whom the refusals of notifications speak of."""
    return {each.about for notification in notifications for each in notification.state.attempts}


REFUSED_BY_CODE = [
    *(
        pytest.param(at_twilio, twilio.error_reply(400, code, "Refused"), "+1202555{:04}", id=f"twilio-{code}")
        for code in (21211, 21610, 21614, 21635, 21617, 29999)
    ),
    *(
        pytest.param(at_fcm, reply, "{:022x}:APA91b" + "x" * 120, id=f"fcm-{name}")
        for name, reply in {
            "unregistered": fcm.refusal(404, "NOT_FOUND", "UNREGISTERED"),
            "invalid": fcm.refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", bad_field="message.token"),
            "of-another-project": fcm.refusal(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
        }.items()
    ),
    *(
        pytest.param(at_apns, apns.refusal(status, reason), "{:064x}", id=f"apns-{reason}")
        for status, reason in ((410, "Unregistered"), (400, "BadDeviceToken"), (413, "PayloadTooLarge"))
    ),
]


@pytest.mark.parametrize(("at", "reply", "recipient"), REFUSED_BY_CODE)
def test_one_tenants_refused_recipients_do_not_stop_another_tenants_messages(
    mongo: Mongo, at: At, reply: Any, recipient: str
) -> None:
    with world_of(mongo, at) as (service, world):
        service.follow(*[reply] * PER_KIND)
        refused = world.send("bank-a", *numbered(recipient, PER_KIND, first=100))

        others = world.send("bank-b", *numbered(recipient, 10, first=1000))

        assert {each.state.status for each in refused} <= {Status.FAILED, Status.RETRYING}
        assert abouts(refused) <= {About.RECIPIENT, About.MESSAGE, About.UNCLEAR}
        assert results(others) == {(Status.SENT, 1)}
        assert world.live_state() == UNHARMED


REFUSED_BY_RECIPIENT = [
    pytest.param(at_sendgrid, "invalid{}@other_domain.example", About.RECIPIENT, id="sendgrid-invalid"),
    pytest.param(at_ses, "invalid{}@other.example", About.UNCLEAR, id="ses-invalid"),
    pytest.param(at_ses, "virus{}@other.example", About.MESSAGE, id="ses-virus"),
]
SES_RESULTS = {
    "invalid": {"Status": "INVALID_PARAMETER", "Error": "Invalid address"},
    "virus": {"Status": "MESSAGE_REJECTED", "Error": "It contained a virus"},
}


@pytest.mark.parametrize(("at", "recipient", "about"), REFUSED_BY_RECIPIENT)
def test_one_tenants_refused_recipients_do_not_stop_another_tenants_mail_beside_them(
    mongo: Mongo, at: At, recipient: str, about: About
) -> None:
    refusable = numbered(recipient, PER_KIND)
    with world_of(mongo, at) as (service, world):
        if isinstance(service, SesService):
            service.results |= dict.fromkeys(refusable, SES_RESULTS[recipient.partition("{")[0]])

        refused, others, _ = beside(
            lambda: world.send("bank-a", *refusable),
            lambda: world.send("bank-b", *numbered("fine{}@example.com", 10)),
        )

        assert {each.state.status for each in refused} == {Status.FAILED}
        assert abouts(refused) == {about}
        assert results(others) == {(Status.SENT, 1)}
        assert world.live_state() == UNHARMED


@pytest.mark.quiet
@pytest.mark.parametrize(
    ("at", "slow", "fine"),
    [
        pytest.param(at_sendgrid, "slow-{}@other.example", "fine{}@example.com", id="sendgrid"),
        pytest.param(at_ses, "slow-{}@other.example", "fine{}@example.com", id="ses"),
        pytest.param(at_twilio, "+1202555{:04}", "+4420794600{:02}", id="twilio"),
    ],
)
def test_one_tenants_slow_recipients_do_not_hold_up_another_tenants_messages(
    mongo: Mongo, at: At, slow: str, fine: str
) -> None:
    with world_of(mongo, at) as (_, world):

        def send_others() -> list[Notification]:
            return world.send("bank-b", *numbered(fine, 10))

        send_others()
        _, before = timed(send_others)

        slowed, others, longest = beside(lambda: world.send("bank-a", *numbered(slow, PER_KIND)), send_others)

        print(f"{1000 * before:.0f} ms before, {1000 * longest:.0f} ms beside, {len(others)} messages")
        assert results([*slowed, *others]) == {(Status.SENT, 1)}
        assert longest < SLOW_SECONDS
        assert world.live_state() == UNHARMED


@pytest.mark.parametrize(
    ("at", "foreign"), [pytest.param(at_fcm, "{:064x}", id="fcm"), pytest.param(at_apns, "{:022x}:APA91b", id="apns")]
)
def test_tokens_that_a_service_is_never_asked_about_do_not_count_against_it(mongo: Mongo, at: At, foreign: str) -> None:
    with world_of(mongo, at) as (service, world):
        refused = [
            each
            for number in range(15)
            for tenant in "abc"
            for each in world.send(f"bank-{tenant}", foreign.format(number))
        ]

        assert {each.state.status for each in refused} == {Status.FAILED}
        assert abouts(refused) == {About.UNCLEAR}
        assert service.requests == []
        assert world.live_state() == UNHARMED


@pytest.mark.quiet
@pytest.mark.parametrize("trouble", [Fault.HANG_UP, Reply(503)], ids=["hangs up", "503"])
@pytest.mark.parametrize(
    ("at", "recipient"),
    [
        pytest.param(at_twilio, "+4420794600{:02}", id="twilio"),
        pytest.param(at_fcm, "{:022x}:APA91b" + "x" * 120, id="fcm"),
        pytest.param(at_sendgrid, "fine{}@example.com", id="sendgrid"),
        pytest.param(at_ses, "fine{}@example.com", id="ses"),
    ],
)
def test_service_that_is_away_opens_its_breaker_within_a_second(
    mongo: Mongo, at: At, recipient: str, trouble: Reply | Fault
) -> None:
    with world_of(mongo, at) as (service, world):
        world.send("bank-a", recipient.format(99))
        service.always = trouble

        _, seconds = timed(lambda: world.send("bank-a", *numbered(recipient, 20)))

        print(f"open after {1000 * seconds:.0f} ms")
        state, weight, faults = world.live_state()
        assert (state, faults) == ("open", 20)
        assert weight < 1
        assert seconds < 1
