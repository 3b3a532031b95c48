"""STOP and START by SMS: a signed message of Twilio's, on a real database."""

from collections.abc import Callable
from urllib.parse import urlencode

import httpx
import pytest

from tests.builders import NOON, TIMINGS, ManualClock, a_result, created
from tests.fakes import FakeCounters
from tests.integration.conftest import GatewayTransport
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.adapters.mongo.suppressions import MongoSuppressions
from wavecom.application.reports.opt_out import KeepOptOuts
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.senders import Sender
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.suppressions.suppression import Suppression, suppression_id
from wavecom.http.framework.resolver import LambdaResolver
from wavecom.http.receipts.app import ReceiptServices, build_receipts
from wavecom.http.receipts.twilio import sign

URL = "https://api.bank.example/receipts/twilio/twilio-sms/messages"
TOKEN = "0123456789abcdef0123456789abcdef"
RECIPIENT = "+12025550123"
OUR_NUMBER, OWN_NUMBER, POOL = "+12025550100", "+12025550199", "MG0123456789abcdef0123456789abcdef"
OWN = Sender(id="own", channel=Channel.SMS, address=OWN_NUMBER)
Send = Callable[..., httpx.Response]


@pytest.fixture
def suppressions(mongo: Mongo) -> MongoSuppressions:
    return MongoSuppressions(mongo)


@pytest.fixture
def wrote(mongo: Mongo) -> Callable[..., None]:
    """Return a function by which a tenant writes to the recipient."""
    store = MongoNotificationStore(mongo, MongoCounters(mongo))

    def write(
        tenant: str,
        recipient: str = RECIPIENT,
        sender: Sender | None = None,
        provider: str | None = "twilio-sms",
    ) -> None:
        change = created(tenant=tenant, channel=Channel.SMS, recipient=recipient, subject=None, sender=sender)
        store.add([change])
        if provider is None:
            return
        claim = lifecycle.claim(change.after, retry_counts={0}, token="token", at=NOON, timings=TIMINGS)
        assert claim is not None
        result = a_result(Outcome.ACCEPTED, provider=provider)
        assert store.save([claim])
        assert store.save([settlement.settle(claim.after, result, at=NOON, timings=TIMINGS)])

    return write


@pytest.fixture
def send(mongo: Mongo, suppressions: MongoSuppressions) -> Send:
    """Return a function that sends a message as Twilio hands it on."""
    clock = ManualClock(NOON)
    store = MongoNotificationStore(mongo, MongoCounters(mongo))
    services = ReceiptServices(
        receive=lambda _: None,
        keep_opt_out=KeepOptOuts(store=store, suppressions=suppressions, clock=clock).keep,
        twilio_auth_tokens={"twilio-sms": (TOKEN,)},
        twilio_senders={"twilio-sms": OUR_NUMBER},
        webhook_secrets={},
        sendgrid_keys={},
        public_url="https://api.bank.example",
        clock=clock,
        counters=FakeCounters(),
    )
    transport = GatewayTransport(build_receipts(LambdaResolver(), services))

    def send(body: str = "STOP", token: str = TOKEN, url: str = URL, **form: str) -> httpx.Response:
        given = {"MessageSid": "SM1", "From": RECIPIENT, "To": OUR_NUMBER, "Body": body, **form}
        parameters = sorted(given.items())
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": sign(token, URL, parameters),
        }
        with httpx.Client(transport=transport) as client:
            return client.post(url, content=urlencode(parameters), headers=headers)

    return send


def reason(suppressions: MongoSuppressions, tenant: str) -> SuppressionReason | None:
    found = suppressions.get(tenant, suppression_id(Channel.SMS, RECIPIENT))
    return found.reason if found else None


@pytest.mark.parametrize("body", ["STOP", "stop", " Stop\n", "UNSUBSCRIBE", "Quit", "optout"])
def test_stop_suppresses_the_recipient_for_those_that_wrote_to_it(suppressions, wrote, send, body) -> None:
    wrote("bank-a")
    wrote("bank-b", recipient="+12025550124")

    answer = send(body)

    assert (answer.status_code, answer.headers["Content-Type"], answer.text) == (200, "text/xml", "<Response/>")
    assert reason(suppressions, "bank-a") is SuppressionReason.COMPLAINT
    assert reason(suppressions, "bank-b") is None, "It has nothing to do with this recipient, and learns nothing of it"


@pytest.mark.parametrize("body", ["START", "yes", "Unstop"])
def test_start_takes_it_back(suppressions, wrote, send, body) -> None:
    wrote("bank-a")
    send()

    assert send(body).status_code == 200

    assert reason(suppressions, "bank-a") is None


@pytest.mark.parametrize("why", [SuppressionReason.HARD_BOUNCE, SuppressionReason.MANUAL])
def test_start_takes_nothing_back_but_an_opt_out(suppressions, wrote, send, why) -> None:
    wrote("bank-a")
    suppressions.add(
        [Suppression(tenant_id="bank-a", channel=Channel.SMS, recipient=RECIPIENT, reason=why, created_at=NOON)]
    )

    send("START")

    assert reason(suppressions, "bank-a") is why


@pytest.mark.parametrize("body", ["Please stop", "STOP IT", "help", "", "Thanks!", "START now"])
def test_other_messages_change_nothing(suppressions, wrote, send, body) -> None:
    wrote("bank-a")

    assert send(body).status_code == 200
    assert reason(suppressions, "bank-a") is None


@pytest.mark.parametrize(("kind", "suppressed"), [("STOP", True), ("HELP", False), ("START", False)])
def test_twilio_may_say_what_a_message_means(suppressions, wrote, send, kind, suppressed) -> None:
    wrote("bank-a")

    send("Arrêt", OptOutType=kind)

    assert (reason(suppressions, "bank-a") is not None) is suppressed


def test_an_answer_to_a_tenants_own_number_is_about_that_tenant(suppressions, wrote, send) -> None:
    wrote("bank-a", sender=OWN)
    wrote("bank-b")

    send(To=OWN_NUMBER)

    assert reason(suppressions, "bank-a") is SuppressionReason.COMPLAINT
    assert reason(suppressions, "bank-b") is None


def test_an_answer_to_the_providers_number_is_about_those_that_use_it(suppressions, wrote, send) -> None:
    wrote("bank-a", sender=OWN)
    wrote("bank-b")
    wrote("bank-c")
    wrote("bank-b~test")

    send()

    tenants = ("bank-a", "bank-b", "bank-c", "bank-b~test")
    assert [each for each in tenants if reason(suppressions, each)] == ["bank-b", "bank-c"]


def test_a_message_that_was_never_sent_or_by_another_provider_is_no_message_to_answer(
    suppressions, wrote, send
) -> None:
    wrote("bank-a", provider=None)
    wrote("bank-b", provider="sns")

    send()

    assert [reason(suppressions, each) for each in ("bank-a", "bank-b")] == [None, None]


def test_start_to_another_number_takes_nothing_back(suppressions, wrote, send) -> None:
    wrote("bank-a", sender=OWN)
    wrote("bank-a")
    send(To=OWN_NUMBER)

    send("START")
    assert reason(suppressions, "bank-a") is SuppressionReason.COMPLAINT

    send("START", To=OWN_NUMBER)
    assert reason(suppressions, "bank-a") is None


def test_a_number_of_a_pool_stands_for_the_pool(suppressions, wrote, send) -> None:
    wrote("bank-a", sender=Sender(id="pool", channel=Channel.SMS, address=POOL))

    send(To="+12025550177", MessagingServiceSid=POOL)

    assert reason(suppressions, "bank-a") is SuppressionReason.COMPLAINT


@pytest.mark.parametrize("number", ["whatsapp:+12025550123", "BANK", "", "12025550123", "+1 202"])
def test_senders_that_are_no_numbers_are_left_out(suppressions, wrote, send, number) -> None:
    wrote("bank-a")

    assert send(From=number).status_code == 200
    assert reason(suppressions, "bank-a") is None


def test_a_message_that_twilio_has_not_signed_is_refused(suppressions, wrote, send) -> None:
    wrote("bank-a")

    for changes in ({"token": "x" * 32}, {"url": URL.replace("twilio-sms", "other")}, {"url": f"{URL}?x=1"}):
        assert send(**changes).status_code == 401
    assert reason(suppressions, "bank-a") is None


def test_a_repeated_stop_changes_nothing_more(suppressions, wrote, send) -> None:
    wrote("bank-a")

    assert [send().status_code for _ in range(3)] == [200] * 3
    assert reason(suppressions, "bank-a") is SuppressionReason.COMPLAINT
