"""One tenant's troubles with its recipients, on a real SMTP server and a real database: another's mail goes on."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from tests.integration.neighbour_world import PER_KIND, THREADS, UNHARMED, World, beside, timed
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.providers.email.smtp import Encryption, SmtpEmailProvider
from wavecom.adapters.providers.simulated import Fate, magic_recipient
from wavecom.domain.notifications.enums import Cause, Channel, Status
from wavecom.domain.providers.outcomes import About
from wavecom.domain.senders import Sender
from wavecom.domain.tenants import TEST_SUFFIX

REPLIES = {
    "greylisted": "450 4.2.0 Recipient address rejected: Greylisted",
    "full": "452 4.2.2 Mailbox full",
    "unknown": "550 5.1.1 User unknown",
    "invalid": "550 5.1.3 Bad destination mailbox address syntax",
    "policy": "550 5.7.1 Message refused",
}
SLOW_SECONDS = 0.3
FINE = [f"fine+{number}@example.com" for number in range(10)]
NOT_OURS = "billing@else.example"
"""A sender that the server lets nobody use."""


class Server:
    """A mail server with recipients of each kind; the part before the label says which."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.answers_slow = threading.Event()
        self.answers_slow.set()
        self.is_waiting = threading.Event()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def stop(self) -> None:
        """End it, unless it has ended."""
        if self.controller.server is not None:
            self.controller.stop()

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        if address.startswith("slow+"):
            self.is_waiting.set()
            await asyncio.sleep(SLOW_SECONDS)
            await asyncio.to_thread(self.answers_slow.wait, 30)
        return REPLIES.get(address.partition("+")[0], "250 2.1.5 OK")

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if address == NOT_OURS:
            return "553 5.7.1 Sender address rejected: not owned by user bank"
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        return "250 2.0.0 OK"


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
        timeout=timedelta(seconds=30),
        pool_size=THREADS,
    )
    with ThreadPoolExecutor(THREADS) as executor:
        yield World(mongo, provider, executor)
    provider.close()


@pytest.mark.parametrize("kind", REPLIES)
def test_one_tenants_recipients_do_not_stop_another_tenants_mail(world: World, kind: str) -> None:
    _, others, _ = beside(
        lambda: world.send("bank-a", *(f"{kind}+{number}@other.example" for number in range(PER_KIND))),
        lambda: world.send("bank-b", *FINE),
    )

    assert {(each.state.status, len(each.state.attempts)) for each in others} == {(Status.SENT, 1)}
    assert world.live_state() == UNHARMED


def test_one_tenants_recipients_that_give_no_answer_yet_do_not_hold_up_another_tenants_mail(
    world: World, server: Server
) -> None:
    server.answers_slow.clear()
    with ThreadPoolExecutor(1) as thread:
        flooding = thread.submit(world.send, "bank-a", *(f"slow+{number}@other.example" for number in range(PER_KIND)))
        assert server.is_waiting.wait(30)

        others = world.send("bank-b", *FINE)

        assert not flooding.done()
        server.answers_slow.set()
        slow = flooding.result()
    assert {(each.state.status, len(each.state.attempts)) for each in [*others, *slow]} == {(Status.SENT, 1)}
    assert world.live_state() == UNHARMED


@pytest.mark.quiet
@pytest.mark.parametrize("kind", [*REPLIES, "slow"])
def test_another_tenants_mail_is_sent_as_fast_as_before(world: World, kind: str) -> None:
    world.send("bank-b", *FINE)
    _, before = timed(lambda: world.send("bank-b", *FINE))

    _, others, longest = beside(
        lambda: world.send("bank-a", *(f"{kind}+{number}@other.example" for number in range(PER_KIND))),
        lambda: world.send("bank-b", *FINE),
    )

    print(f"{kind}: {1000 * before:.0f} ms before, {1000 * longest:.0f} ms beside, {len(others)} messages")
    assert longest < 5 * before + 1


def test_one_unclear_refusal_of_another_tenant_does_not_open_the_breaker_for_all(world: World) -> None:
    (refused,) = world.send("bank-b", "policy+1@example.com")
    world.send("bank-a", *(f"policy+{number}@other.example" for number in range(15)))

    others = world.send("bank-b", *(f"fine+{number}@example.com" for number in range(10)))

    assert refused.state.attempts[0].about is About.UNCLEAR
    assert [(each.state.status, len(each.state.attempts)) for each in others] == [(Status.SENT, 1)] * 10
    assert world.live_state() == UNHARMED


def test_one_tenants_sender_that_the_server_refuses_does_not_stop_another_tenants_mail(world: World) -> None:
    sender = Sender(id="wrong", channel=Channel.EMAIL, address=NOT_OURS)
    refused = world.send("bank-a", *(f"fine+{number}@other.example" for number in range(PER_KIND)), sender=sender)

    others = world.send("bank-b", *(f"fine+{number}@example.com" for number in range(10)))

    assert {each.state.status for each in refused} == {Status.RETRYING}
    assert {each.state.attempts[0].about for each in refused} == {About.IDENTITY}
    assert [(each.state.status, len(each.state.attempts)) for each in others] == [(Status.SENT, 1)] * 10
    assert world.live_state() == UNHARMED


def test_the_providers_own_sender_that_is_refused_opens_its_breaker(world: World, monkeypatch) -> None:
    monkeypatch.setattr(f"{__name__}.NOT_OURS", "no-reply@bank.example")

    refused = world.send("bank-a", *(f"fine+{number}@example.com" for number in range(20)))

    assert {each.state.attempts[0].about for each in refused if each.state.attempts} == {About.SENDER}
    assert world.live_state()[0] == "open"


@pytest.mark.quiet
def test_provider_that_is_really_away_opens_its_breaker_within_a_second(world: World, server: Server) -> None:
    world.send("bank-a", "fine@example.com")
    server.stop()

    _, seconds = timed(lambda: world.send("bank-a", *(f"fine+{number}@example.com" for number in range(20))))

    print(f"open after {1000 * seconds:.0f} ms")
    assert seconds < 1
    state, weight, faults = world.live_state()
    assert (state, faults) == ("open", 20)
    assert weight < 1


def test_test_world_in_flames_changes_nothing_in_the_live_one_or_in_another_tenants(world: World) -> None:
    def burn(tenant: str) -> None:
        for channel in Channel:
            recipients = [magic_recipient(channel, fate) for fate in Fate]
            world.send(tenant, *recipients * 12, channel=channel)
            world.send(tenant, *[magic_recipient(channel, Fate.TIMEOUT)] * 15, channel=channel)

    tenants = [f"bank-{number}{TEST_SUFFIX}" for number in range(10)]
    waits: list[float] = []
    with ThreadPoolExecutor(len(tenants)) as threads:
        burning = [threads.submit(burn, tenant) for tenant in tenants]
        while not waits or not all(each.done() for each in burning):
            live, seconds = timed(lambda: world.send("bank-0", *(f"fine+{number}@example.com" for number in range(10))))
            waits.append(seconds)
            others = [
                each
                for channel in Channel
                for each in world.send(
                    f"untouched{TEST_SUFFIX}", magic_recipient(channel, Fate.DELIVERED), channel=channel
                )
            ]
            assert {(each.state.status, len(each.state.attempts)) for each in live} == {(Status.SENT, 1)}
            assert {each.state.status for each in others} <= {Status.SENT, Status.DELIVERED}
        for each in burning:
            each.result()

    print(f"live mail {len(waits)} times, {1000 * max(waits):.0f} ms at most")
    assert world.live_state() == UNHARMED
    states = world.breakers.states()
    name = world.provider.name
    assert {states[f"{name}/{tenant}"].name for tenant in tenants} == {"open"}
    own = states.get(f"{name}/untouched{TEST_SUFFIX}")
    assert own is None or own.name == "closed"


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
