"""The simulated provider: what its magic recipients and its configuration make of a message."""

import json
import random
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import phonenumbers
import pytest
from email_validator import validate_email

from tests.builders import an_outgoing
from wavecom.adapters.providers.simulated import Fate, SimulatedProvider, fate_of, magic_recipient
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    Outcome,
    PermanentError,
    ProviderError,
    RateLimitedError,
    TransientError,
    UnknownOutcomeError,
)

FCM_TOKEN = re.compile(r"^[A-Za-z0-9_-]+:[A-Za-z0-9_-]{100,}$")
ORDINARY_RECIPIENTS = {
    Channel.EMAIL: "customer@example.com",
    Channel.SMS: "+14155552671",
    Channel.PUSH: f"dZ0y:{'A' * 140}",
}


def message_to(recipient: str, *, channel: Channel = Channel.EMAIL, attempt: int = 1) -> OutgoingMessage:
    return an_outgoing(
        notification_id="65f0c1d2a1b2c3d4e5f60718",
        channel=channel,
        recipient=recipient,
        subject="Your receipt",
        message="Thank you",
        attempt=attempt,
    )


def outcome_of(provider: SimulatedProvider, message: OutgoingMessage) -> Outcome:
    try:
        provider.send(message)
    except ProviderError as exc:
        return exc.outcome
    return Outcome.ACCEPTED


def entries(journal: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize(
    ("fate", "outcomes"),
    [
        (Fate.DELIVERED, "delivered delivered delivered delivered"),
        (Fate.BOUNCE, "permanent permanent permanent permanent"),
        (Fate.FAIL_ONCE, "transient delivered delivered delivered"),
        (Fate.FAIL_TWICE, "transient transient delivered delivered"),
        (Fate.FAIL_THRICE, "transient transient transient delivered"),
        (Fate.FAIL, "transient transient transient transient"),
        (Fate.TIMEOUT, "unknown unknown unknown unknown"),
        (Fate.LIMITED, "rate_limited rate_limited rate_limited rate_limited"),
    ],
)
def test_magic_recipient_meets_its_fate_in_every_process(channel: Channel, fate: Fate, outcomes: str) -> None:
    recipient = magic_recipient(channel, fate)

    came_to = [
        outcome_of(SimulatedProvider("sim", channel), message_to(recipient, channel=channel, attempt=attempt))
        for attempt in range(1, 5)
    ]

    assert came_to == outcomes.split()


@pytest.mark.parametrize("fate", Fate)
def test_magic_recipients_are_valid_recipients_of_their_channel(fate: Fate) -> None:
    assert validate_email(magic_recipient(Channel.EMAIL, fate), check_deliverability=False).ascii_email
    assert phonenumbers.is_valid_number(phonenumbers.parse(magic_recipient(Channel.SMS, fate)))
    assert FCM_TOKEN.match(magic_recipient(Channel.PUSH, fate))


@pytest.mark.parametrize(
    ("channel", "recipient", "fate"),
    [
        (Channel.EMAIL, "bounce+order-17@simulator.example.com", Fate.BOUNCE),
        (Channel.EMAIL, "bounce@Simulator.Example.COM", Fate.BOUNCE),
        (Channel.EMAIL, "nobody@simulator.example.com", None),
        (Channel.EMAIL, "bounce@example.com", None),
        (Channel.EMAIL, "bounce@evil-simulator.example.com", None),
        (Channel.EMAIL, "+15005550001", None),
        (Channel.SMS, "+15005550001", Fate.BOUNCE),
        (Channel.SMS, "+15005550019", None),
        (Channel.SMS, "bounce@simulator.example.com", None),
        (Channel.PUSH, "simulator-fail:" + "A-_9" * 30, Fate.FAIL),
        (Channel.PUSH, "simulator-unheard-of:" + "A" * 140, None),
        (Channel.PUSH, "a-simulator-bounce:" + "A" * 140, None),
    ],
)
def test_recipient_is_magic_only_when_it_matches_exactly(channel: Channel, recipient: str, fate: Fate | None) -> None:
    assert fate_of(channel, recipient) is fate


def test_rate_limit_says_when_to_try_again() -> None:
    provider = SimulatedProvider("sim", Channel.EMAIL)

    with pytest.raises(RateLimitedError) as caught:
        provider.send(message_to(magic_recipient(Channel.EMAIL, Fate.LIMITED)))

    assert (caught.value.code, caught.value.retry_after) == ("429", timedelta(seconds=5))


@pytest.mark.parametrize("channel", Channel)
def test_every_accepted_message_has_a_receipt_of_its_own(channel: Channel) -> None:
    provider = SimulatedProvider("sim", channel)

    receipts = {
        provider.send(message_to(ORDINARY_RECIPIENTS[channel], channel=channel)).provider_message_id for _ in range(50)
    }

    assert len(receipts) == 50
    assert all(re.fullmatch(r"sim-[0-9a-f]{32}", receipt) for receipt in receipts)


def test_outage_refuses_everything_until_it_ends() -> None:
    provider = SimulatedProvider("sim", Channel.EMAIL, down=True)
    message = message_to(magic_recipient(Channel.EMAIL, Fate.DELIVERED))

    with pytest.raises(TransientError) as caught:
        provider.send(message)
    provider.down = False

    assert caught.value.code == "simulated_outage"
    assert outcome_of(provider, message) is Outcome.ACCEPTED


def test_failure_rate_holds_for_ordinary_recipients() -> None:
    provider = SimulatedProvider("sim", Channel.EMAIL, failure_rate=0.3, random=random.Random(1))

    outcomes = Counter(outcome_of(provider, message_to("customer@example.com")) for _ in range(2000))

    assert set(outcomes) == {Outcome.ACCEPTED, Outcome.TRANSIENT}
    assert 500 < outcomes[Outcome.TRANSIENT] < 700


def test_failure_rate_leaves_magic_recipients_alone() -> None:
    provider = SimulatedProvider("sim", Channel.EMAIL, failure_rate=1.0)

    assert outcome_of(provider, message_to("delivered@simulator.example.com")) is Outcome.ACCEPTED
    assert outcome_of(provider, message_to("customer@example.com")) is Outcome.TRANSIENT


@pytest.mark.parametrize("failure_rate", [-0.1, 1.1, float("nan")])
def test_failure_rate_that_is_no_probability_is_refused(failure_rate: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        SimulatedProvider("sim", Channel.EMAIL, failure_rate=failure_rate)


@pytest.mark.parametrize("recipient", ["customer@example.com", "delivered@simulator.example.com"])
def test_every_call_takes_the_latency(recipient: str) -> None:
    provider = SimulatedProvider("sim", Channel.EMAIL, latency=timedelta(milliseconds=50))

    started = time.monotonic()
    provider.send(message_to(recipient))

    assert time.monotonic() - started >= 0.05


def test_journal_holds_what_was_accepted_and_nothing_personal(tmp_path: Path) -> None:
    journal = tmp_path / "run" / "sent.jsonl"
    provider = SimulatedProvider("sim-email", Channel.EMAIL, journal=journal)
    began = datetime.now(UTC)

    for fate in (Fate.DELIVERED, Fate.BOUNCE, Fate.FAIL, Fate.TIMEOUT, Fate.LIMITED, Fate.FAIL_ONCE):
        outcome_of(provider, message_to(magic_recipient(Channel.EMAIL, fate), attempt=2))

    accepted = entries(journal)
    assert len(accepted) == 3
    assert all(entry.keys() == {"notificationId", "provider", "attempt", "at"} for entry in accepted)
    assert all(
        (entry["notificationId"], entry["provider"], entry["attempt"]) == ("65f0c1d2a1b2c3d4e5f60718", "sim-email", 2)
        for entry in accepted
    )
    assert all(began <= datetime.fromisoformat(str(entry["at"])) <= datetime.now(UTC) for entry in accepted)


def test_timeout_comes_after_the_message_was_accepted(tmp_path: Path) -> None:
    journal = tmp_path / "sent.jsonl"
    provider = SimulatedProvider("sim", Channel.EMAIL, journal=journal)

    with pytest.raises(UnknownOutcomeError):
        provider.send(message_to(magic_recipient(Channel.EMAIL, Fate.TIMEOUT)))

    assert len(entries(journal)) == 1


def test_refused_message_is_not_in_the_journal(tmp_path: Path) -> None:
    journal = tmp_path / "sent.jsonl"
    provider = SimulatedProvider("sim", Channel.EMAIL, journal=journal)

    with pytest.raises(PermanentError):
        provider.send(message_to(magic_recipient(Channel.EMAIL, Fate.BOUNCE)))

    assert entries(journal) == []


def test_writers_that_share_a_journal_lose_and_tear_no_line(tmp_path: Path) -> None:
    journal = tmp_path / "sent.jsonl"
    providers = [SimulatedProvider(f"sim-{number}", Channel.EMAIL, journal=journal) for number in range(4)]

    with ThreadPoolExecutor(16) as executor:
        list(
            executor.map(
                lambda number: providers[number % 4].send(message_to("customer@example.com", attempt=number + 1)),
                range(800),
            )
        )

    assert sorted(int(str(entry["attempt"])) for entry in entries(journal)) == list(range(1, 801))


def sized(channel: Channel, message: str, recipient: str | None = None) -> OutgoingMessage:
    given = message_to(recipient or ORDINARY_RECIPIENTS[channel], channel=channel)
    return replace(given, content=replace(given.content, message=message))


@pytest.mark.parametrize(
    ("longest", "too_long"),
    [
        (sized(Channel.SMS, "я" * 1_600), sized(Channel.SMS, "я" * 1_601)),
        (sized(Channel.SMS, "a" * 1_600), sized(Channel.SMS, "a" * 1_601, magic_recipient(Channel.SMS, Fate.TIMEOUT))),
        (sized(Channel.PUSH, "a" * 3_900), sized(Channel.PUSH, "a" * 4_096)),
        (sized(Channel.PUSH, "ü" * 1_900), sized(Channel.PUSH, "ü" * 2_048)),
        (sized(Channel.PUSH, "a" * 3_900, "ab" * 32), sized(Channel.PUSH, "a" * 4_096, "ab" * 32)),
    ],
)
def test_what_every_real_provider_refuses_for_its_size_is_refused_for_good(
    longest: OutgoingMessage, too_long: OutgoingMessage, tmp_path: Path
) -> None:
    provider = SimulatedProvider("sim", too_long.channel, journal=tmp_path / "journal")

    with pytest.raises(PermanentError) as caught:
        provider.send(too_long)

    assert caught.value.code == "simulated_too_large"
    assert entries(tmp_path / "journal") == []
    assert provider.send(longest)
    assert SimulatedProvider("sim", Channel.EMAIL).send(sized(Channel.EMAIL, "a" * 5_000))
