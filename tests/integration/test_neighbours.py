"""One tenant's troubles with its recipients, on a real SMTP server and a real database: another's mail goes on."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from tests.builders import TIMINGS, ManualClock, a_draft, message_about
from tests.fakes import FakeAttachmentFiles, FakeAttachments, FakeQueue
from tests.standins.twilio import TwilioService, client_of, error_reply
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.kept_reports import MongoKeptReports
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.adapters.mongo.providers.breakers import MongoBreakerStates
from wavecom.adapters.mongo.providers.pace import MongoPace
from wavecom.adapters.mongo.providers.weights import MongoWeights
from wavecom.adapters.mongo.suppressions import MongoSuppressions
from wavecom.adapters.providers.breaker import PyBreakers
from wavecom.adapters.providers.email.smtp import Encryption, SmtpEmailProvider
from wavecom.adapters.providers.simulated import SimulatedProvider
from wavecom.application.deadline import Deadline
from wavecom.application.deliver.attached import AttachedFiles
from wavecom.application.deliver.deliver import Deliver
from wavecom.application.deliver.provider_health import ProviderHealth
from wavecom.application.deliver.select import ChannelProvider, ChannelProviders, ProviderSelection
from wavecom.application.reports.receive import Receive
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.enums import Cause, Channel, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import About
from wavecom.domain.senders import Sender, Senders
from wavecom.domain.tenants import DEFAULT_POLICY, TEST_SUFFIX
from wavecom.ports.providers import Provider

REPLIES = {
    "greylisted": "450 4.2.0 Recipient address rejected: Greylisted",
    "full": "452 4.2.2 Mailbox full",
    "unknown": "550 5.1.1 User unknown",
    "invalid": "550 5.1.3 Bad destination mailbox address syntax",
    "policy": "550 5.7.1 Message refused",
}
FATES = ("bounce", "fail", "timeout", "timeout-before", "limited", "fail-once", "hard-bounce", "late", "disorder")
SLOW_SECONDS = 0.3
PER_KIND = 50


NOT_OURS = "billing@else.example"
"""A sender that the server lets nobody use."""


class Server:
    """A mail server with recipients of each kind; the part before the label says which."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def stop(self) -> None:
        """End it, unless it has ended."""
        if self.controller.server is not None:
            self.controller.stop()

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        if address.startswith("slow+"):
            await asyncio.sleep(SLOW_SECONDS)
        return REPLIES.get(address.partition("+")[0], "250 2.1.5 OK")

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if address == NOT_OURS:
            return "553 5.7.1 Sender address rejected: not owned by user bank"
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        return "250 2.0.0 OK"


class World:
    """Consumers of one process, with one provider for live messages and simulators for those of test keys."""

    def __init__(self, mongo: Mongo, provider: Provider, executor: ThreadPoolExecutor) -> None:
        self.clock = ManualClock()
        self.counters = MongoCounters(mongo)
        self.store = MongoNotificationStore(mongo, self.counters)
        self.breakers = PyBreakers(MongoBreakerStates(mongo), self.clock)
        self.weights = MongoWeights(mongo)
        pace, suppressions = MongoPace(mongo), MongoSuppressions(mongo)
        self.provider = provider
        simulators = {
            channel: [ChannelProvider(provider=SimulatedProvider(provider.name, channel))] for channel in Channel
        }
        self.deliver = Deliver(
            store=self.store,
            queue=FakeQueue(),
            suppressions=suppressions,
            receive=Receive(
                store=self.store, suppressions=suppressions, kept=MongoKeptReports(mongo), clock=self.clock
            ),
            selection=ProviderSelection(
                routes=ChannelProviders(
                    live={provider.channel: [ChannelProvider(provider=provider)]}, simulators=simulators
                ),
                breakers=self.breakers,
                pace=pace,
                weights=self.weights,
                clock=self.clock,
            ),
            health=ProviderHealth(breakers=self.breakers, pace=pace, clock=self.clock),
            attached=AttachedFiles(attachments=FakeAttachments(), files=FakeAttachmentFiles()),
            executor=executor,
            sends_at_once=32,
            clock=self.clock,
            timings=TIMINGS,
        )

    def send(self, tenant: str, *recipients: str, sender: Sender | None = None) -> list[Notification]:
        """Accept and deliver one message to each recipient, and return what is stored of them.

        ``sender`` is the tenant's own.
        """
        policy = DEFAULT_POLICY
        if sender is not None:
            senders = Senders(by_id={sender.id: sender}, defaults={sender.channel: sender.id})
            policy = replace(DEFAULT_POLICY, senders=senders)
        created = [
            lifecycle.create(
                a_draft(channel=self.provider.channel, recipient=each),
                tenant_id=tenant,
                at=self.clock(),
                timings=TIMINGS,
                policy=policy,
            )
            for each in recipients
        ]
        self.store.add(created)
        queued = self.store.save([lifecycle.enqueue(each.after, at=self.clock(), timings=TIMINGS) for each in created])
        self.deliver.deliver([message_about(each.after) for each in queued], Deadline(timedelta(minutes=1)))
        return self.store.get_many([each.after.id for each in created])

    def live_state(self) -> tuple[str, float, int]:
        """Return the breaker of the live provider, its weight, and how many attempts counted against it."""
        name, states = self.provider.name, self.breakers.states()
        return (
            states[name].name if name in states else "closed",
            self.weights.factors().get(name, 1.0),
            self.counters.totals(None).provider_faults().get(name, 0),
        )


def timed(work: Callable[[], list[Notification]]) -> tuple[list[Notification], float]:
    """Return what ``work`` returns, and how many seconds that took."""
    started = time.monotonic()
    return work(), time.monotonic() - started


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.controller.start()
    yield server
    server.stop()


@pytest.fixture
def world(mongo: Mongo, server: Server) -> Iterator[World]:
    """A world whose live messages go by SMTP."""
    provider = SmtpEmailProvider(
        host="127.0.0.1",
        port=server.port,
        sender="no-reply@bank.example",
        encryption=Encryption.NONE,
        timeout=timedelta(seconds=5),
        pool_size=32,
    )
    with ThreadPoolExecutor(32) as executor:
        yield World(mongo, provider, executor)
    provider.close()


@pytest.mark.parametrize("kind", [*REPLIES, "slow"])
def test_one_tenants_recipients_do_not_stop_another_tenants_mail(world: World, kind: str) -> None:
    fine = [f"fine+{number}@example.com" for number in range(10)]
    world.send("bank-b", *fine)
    _, before = timed(lambda: world.send("bank-b", *fine))
    world.send("bank-a", *(f"{kind}+{number}@other.example" for number in range(PER_KIND)))

    others, after = timed(lambda: world.send("bank-b", *fine))

    print(f"{kind}: {1000 * before:.0f} ms before, {1000 * after:.0f} ms after")
    assert after < 5 * before + 1  # generous: the machine has other things to do
    assert {each.state.status for each in others} == {Status.SENT}
    assert {len(each.state.attempts) for each in others} == {1}
    assert world.live_state() == ("closed", 1.0, 0)


def test_one_unclear_refusal_of_another_tenant_does_not_open_the_breaker_for_all(world: World) -> None:
    (refused,) = world.send("bank-b", "policy+1@example.com")
    world.send("bank-a", *(f"policy+{number}@other.example" for number in range(15)))

    others = world.send("bank-b", *(f"fine+{number}@example.com" for number in range(10)))

    assert refused.state.attempts[0].about is About.UNCLEAR
    assert [(each.state.status, len(each.state.attempts)) for each in others] == [(Status.SENT, 1)] * 10
    assert world.live_state() == ("closed", 1.0, 0)


@pytest.mark.parametrize("code", [21211, 21610, 21614, 21635, 21617, 29999])
def test_one_tenants_numbers_do_not_stop_another_tenants_sms(mongo: Mongo, code: int) -> None:
    numbers = [f"+1202555{number:04}" for number in range(100, 100 + PER_KIND)]
    with TwilioService() as twilio, ThreadPoolExecutor(32) as executor:
        provider = client_of(twilio)
        world = World(mongo, provider, executor)
        for _ in numbers:
            twilio.follow(error_reply(400, code, "Refused"))
        refused = world.send("bank-a", *numbers)

        others = world.send("bank-b", *(f"+4420794600{number}" for number in range(10, 20)))
        provider.close()

    assert {each.state.status for each in refused} <= {Status.FAILED, Status.RETRYING}
    assert [(each.state.status, len(each.state.attempts)) for each in others] == [(Status.SENT, 1)] * 10
    assert world.live_state() == ("closed", 1.0, 0)


def test_one_tenants_sender_that_the_server_refuses_does_not_stop_another_tenants_mail(world: World) -> None:
    sender = Sender(id="wrong", channel=Channel.EMAIL, address=NOT_OURS)
    refused = world.send("bank-a", *(f"fine+{number}@other.example" for number in range(PER_KIND)), sender=sender)

    others = world.send("bank-b", *(f"fine+{number}@example.com" for number in range(10)))

    assert {each.state.status for each in refused} == {Status.RETRYING}
    assert {each.state.attempts[0].about for each in refused} == {About.IDENTITY}
    assert [(each.state.status, len(each.state.attempts)) for each in others] == [(Status.SENT, 1)] * 10
    assert world.live_state() == ("closed", 1.0, 0)


def test_the_providers_own_sender_that_is_refused_opens_its_breaker(world: World, monkeypatch) -> None:
    monkeypatch.setattr(f"{__name__}.NOT_OURS", "no-reply@bank.example")

    refused = world.send("bank-a", *(f"fine+{number}@example.com" for number in range(20)))

    assert {each.state.attempts[0].about for each in refused if each.state.attempts} == {About.SENDER}
    assert world.live_state()[0] == "open"


def test_provider_that_is_really_away_opens_its_breaker(world: World, server: Server) -> None:
    server.stop()

    world.send("bank-a", *(f"fine+{number}@example.com" for number in range(20)))

    assert world.live_state()[0] == "open"


def test_test_world_in_flames_changes_nothing_in_the_live_one_or_in_another_tenants(world: World) -> None:
    for tenant in range(10):
        recipients = [f"{fate}+{number}@simulator.example.com" for fate in FATES for number in range(15)]
        world.send(f"bank-{tenant}{TEST_SUFFIX}", *recipients)
        world.send(f"bank-{tenant}{TEST_SUFFIX}", *["timeout@simulator.example.com"] * 15)

    live = world.send("bank-0", *(f"fine+{number}@example.com" for number in range(10)))
    other = world.send(f"untouched{TEST_SUFFIX}", *(f"fine+{number}@example.com" for number in range(10)))

    assert {each.state.status for each in [*live, *other]} == {Status.SENT}
    assert world.live_state() == ("closed", 1.0, 0)
    states = world.breakers.states()
    assert {states[f"smtp/bank-{tenant}{TEST_SUFFIX}"].name for tenant in range(10)} == {"open"}


def test_recipient_that_its_server_does_not_know_is_asked_for_once(world: World) -> None:
    (refused,) = world.send("bank-a", "unknown+17@other.example")

    (again,) = world.send("bank-a", "Unknown+17@OTHER.example")
    (others,) = world.send("bank-b", "unknown+17@other.example")

    assert (refused.state.status, refused.state.cause, len(refused.state.attempts)) == (
        Status.FAILED,
        Cause.PERMANENT,
        1,
    )
    assert (again.state.status, again.state.cause, again.state.attempts) == (Status.FAILED, Cause.SUPPRESSED, ())
    assert again.state.error == "The recipient is on the suppression list: a provider reported it dead"
    assert len(others.state.attempts) == 1, "one tenant's list says nothing to another"
