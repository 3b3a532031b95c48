"""A provider that sends nothing: latency, failures and outages by configuration, and recipients with fixed outcomes.

A magic recipient's outcome depends only on the recipient and ``attempt``, so it is the same in every process.

==============  ============  ================================================================================
name            SMS           what happens
==============  ============  ================================================================================
delivered       +15005550006  accepted, and reported as delivered at once, which may be before our own record
bounce          +15005550001  `PermanentError`: refused at once, and the recipient is suppressed
hard-bounce     +15005550009  accepted, then reported as undelivered for good: the recipient is suppressed
fail-once       +15005550007  `TransientError` at attempt 1, then accepted
fail-twice      +15005550002  `TransientError` at attempts 1 and 2, then accepted
fail-thrice     +15005550008  `TransientError` at attempts 1 to 3, then accepted
fail            +15005550003  always `TransientError`
timeout         +15005550004  accepted, then `UnknownOutcomeError`
timeout-before  +15005550010  `UnknownOutcomeError` at attempt 1 without having accepted, then accepted
limited         +15005550005  always `RateLimitedError`, to be retried after 5 s
late            +15005550011  accepted, and reported as delivered after 30 s
disorder        +15005550012  accepted, and reported as delivered twice, then as undelivered, which is too late
==============  ============  ================================================================================

An email address is the name at ``simulator.example.com``, for example ``bounce+label@simulator.example.com`` (the
label is optional). A push token is ``simulator-``, the name, a colon, and 100 or more characters, as an FCM
registration token has them. The SMS numbers are valid for phonenumbers; 0001 and 0006 mean what they mean to Twilio
(Twilio documentation, "Test Credentials").

Messages that every real provider of a channel refuses for their size are refused here permanently, too, for any
recipient: an SMS of more than 1,600 characters, a push message of more than 4,096 bytes.
"""

import json
import os
import random as randomness
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from wavecom.domain.content import push, sms
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    About,
    PermanentError,
    ProviderError,
    RateLimitedError,
    Receipt,
    TransientError,
    UnknownOutcomeError,
)
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.domain.suppressions.reason import SuppressionReason

EMAIL_DOMAIN: Final = "simulator.example.com"
RETRY_AFTER: Final = timedelta(seconds=5)
"""The wait that `Fate.LIMITED` asks for."""


class Fate(StrEnum):
    """The outcome of a message to a magic recipient; the module's table explains each."""

    DELIVERED = "delivered"
    BOUNCE = "bounce"
    FAIL_ONCE = "fail-once"
    FAIL_TWICE = "fail-twice"
    FAIL_THRICE = "fail-thrice"
    FAIL = "fail"
    TIMEOUT = "timeout"
    TIMEOUT_BEFORE = "timeout-before"
    LIMITED = "limited"
    HARD_BOUNCE = "hard-bounce"
    LATE = "late"
    DISORDER = "disorder"


PHONE_NUMBERS: Final = {
    Fate.DELIVERED: "+15005550006",
    Fate.BOUNCE: "+15005550001",
    Fate.FAIL_ONCE: "+15005550007",
    Fate.FAIL_TWICE: "+15005550002",
    Fate.FAIL_THRICE: "+15005550008",
    Fate.FAIL: "+15005550003",
    Fate.TIMEOUT: "+15005550004",
    Fate.LIMITED: "+15005550005",
    Fate.HARD_BOUNCE: "+15005550009",
    Fate.TIMEOUT_BEFORE: "+15005550010",
    Fate.LATE: "+15005550011",
    Fate.DISORDER: "+15005550012",
}
LATE_REPORT_DELAY: Final = timedelta(seconds=30)
_REPORTS: Final[Mapping[Fate, Sequence[tuple[DeliveryOutcome, SuppressionReason | None, timedelta]]]] = {
    Fate.DELIVERED: ((DeliveryOutcome.DELIVERED, None, timedelta(0)),),
    Fate.HARD_BOUNCE: ((DeliveryOutcome.UNDELIVERED, SuppressionReason.HARD_BOUNCE, timedelta(seconds=1)),),
    Fate.LATE: ((DeliveryOutcome.DELIVERED, None, LATE_REPORT_DELAY),),
    Fate.DISORDER: (
        (DeliveryOutcome.DELIVERED, None, timedelta(0)),
        (DeliveryOutcome.DELIVERED, None, timedelta(seconds=1)),
        (DeliveryOutcome.UNDELIVERED, None, timedelta(seconds=10)),
    ),
}
"""The delivery reports of an accepted message, with their delays."""

_FATES_BY_NAME: Final = {fate.value: fate for fate in Fate}
_FATES_BY_PHONE_NUMBER: Final = {number: fate for fate, number in PHONE_NUMBERS.items()}
_ATTEMPTS_THAT_FAIL: Final = {Fate.FAIL_ONCE: 1, Fate.FAIL_TWICE: 2, Fate.FAIL_THRICE: 3}
_TOKEN: Final = re.compile(r"simulator-(?P<name>[a-z-]+):")


def magic_recipient(channel: Channel, fate: Fate) -> str:
    """Return a recipient of ``channel`` with a given fate."""
    match channel:
        case Channel.EMAIL:
            return f"{fate}@{EMAIL_DOMAIN}"
        case Channel.SMS:
            return PHONE_NUMBERS[fate]
        case Channel.PUSH:
            return f"simulator-{fate}:{'x' * 140}"


def fate_of(channel: Channel, recipient: str) -> Fate | None:
    """Return the fate of a magic recipient, None for any other."""
    match channel:
        case Channel.EMAIL:
            local, _, domain = recipient.rpartition("@")
            name = local.partition("+")[0] if domain.lower() == EMAIL_DOMAIN else ""
        case Channel.SMS:
            return _FATES_BY_PHONE_NUMBER.get(recipient)
        case Channel.PUSH:
            token = _TOKEN.match(recipient)
            name = token["name"] if token else ""
    return _FATES_BY_NAME.get(name)


class SimulatedProvider:
    """Implements the `Provider` port without a network. Set ``down`` to begin or end an outage: all calls then fail."""

    bulk_limit = 1

    def __init__(
        self,
        name: str,
        channel: Channel,
        *,
        latency: timedelta = timedelta(0),
        failure_rate: float = 0.0,
        down: bool = False,
        idempotent: bool = False,
        journal: Path | None = None,
        report: Callable[[DeliveryReport, timedelta], None] | None = None,
        random: randomness.Random | None = None,
    ) -> None:
        """Simulate a provider of ``channel``.

        An ``idempotent`` one accepts each notification only once in its lifetime. ``report`` is called with each
        delivery report and its delay.

        Every call takes ``latency``; a call to an ordinary recipient fails transiently with probability
        ``failure_rate`` (0 to 1), drawn from ``random``. Each accepted message appends a line of JSON to
        ``journal``: ``notificationId``, ``provider``, ``attempt`` and ``at``. Many processes may share that file.

        Raises `ValueError` when ``failure_rate`` is not a probability.
        """
        if not 0 <= failure_rate <= 1:
            raise ValueError(f"failure_rate is a probability from 0 to 1, not {failure_rate}")
        self.name = name
        self.channel = channel
        self.down = down
        self.idempotent = idempotent
        self._accepted: set[str] = set()
        self._report = report
        self._latency_seconds = latency.total_seconds()
        self._failure_rate = failure_rate
        self._journal = journal
        self._random = random or randomness.Random()  # noqa: S311 - it decides which sends to refuse
        self._draw = threading.Lock()
        if journal is not None:
            journal.parent.mkdir(parents=True, exist_ok=True)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Accept one message, or raise the `ProviderError` of its recipient or of the configuration."""
        if self._latency_seconds > 0:
            time.sleep(self._latency_seconds)
        if self.down:
            raise TransientError("Simulated outage", code="simulated_outage")
        if too_large := _too_large(message):
            raise too_large
        fate = fate_of(self.channel, message.recipient)
        if fate is None and self._fails():
            raise TransientError("Simulated failure", code="simulated_failure")
        if fate is not None and (refusal := _refusal(fate, message.attempt)):
            raise refusal
        receipt = self._accept(message)
        if fate is Fate.TIMEOUT:
            raise UnknownOutcomeError("Simulated timeout after acceptance", code="simulated_timeout")
        return receipt

    def _fails(self) -> bool:
        with self._draw:
            return self._random.random() < self._failure_rate

    def _accept(self, message: OutgoingMessage) -> Receipt:
        if self.idempotent:
            with self._draw:
                if message.notification_id in self._accepted:
                    return Receipt(f"sim-{message.notification_id}")
                self._accepted.add(message.notification_id)
        self._report_on(message)
        if self._journal is not None:
            entry = {
                "notificationId": message.notification_id,
                "provider": self.name,
                "attempt": message.attempt,
                "at": datetime.now(UTC).isoformat(),
            }
            _append(self._journal, json.dumps(entry))
        return Receipt(f"sim-{message.notification_id}" if self.idempotent else f"sim-{uuid.uuid4().hex}")

    def _report_on(self, message: OutgoingMessage) -> None:
        fate = fate_of(self.channel, message.recipient)
        if self._report is None or fate is None:
            return
        for delivery_outcome, suppression_reason, delay in _REPORTS.get(fate, ()):
            report = DeliveryReport(
                notification_id=message.notification_id,
                provider=self.name,
                delivery_outcome=delivery_outcome,
                reason="simulated" if delivery_outcome is DeliveryOutcome.UNDELIVERED else None,
                suppression_reason=suppression_reason,
                at=datetime.now(UTC) + delay,
            )
            self._report(report, delay)


def _too_large(message: OutgoingMessage) -> PermanentError | None:
    """Return the error of a message that every real provider of its channel refuses for its size, else None."""
    match message.channel:
        case Channel.SMS if len(message.content.message) > sms.MAX_CHARACTERS:
            return PermanentError(
                f"More than {sms.MAX_CHARACTERS} characters", code="simulated_too_large", about=About.MESSAGE
            )
        case Channel.PUSH if _payload_bytes(message) > push.PAYLOAD_MAX_BYTES:
            return PermanentError(
                f"More than {push.PAYLOAD_MAX_BYTES} bytes", code="simulated_too_large", about=About.MESSAGE
            )
        case _:
            return None


def _payload_bytes(message: OutgoingMessage) -> int:
    content = message.content
    return push.payload_bytes(message.recipient, content.subject, content.message, content.push)


def _refusal(fate: Fate, attempt: int) -> ProviderError | None:
    """Return the error of a magic recipient's message before it is accepted, if any."""
    match fate:
        case Fate.BOUNCE:
            return PermanentError(
                "Simulated bounce",
                code="simulated_bounce",
                about=About.RECIPIENT,
                suppression_reason=SuppressionReason.HARD_BOUNCE,
            )
        case Fate.FAIL:
            return TransientError("Simulated failure", code="simulated_failure", about=About.RECIPIENT)
        case Fate.LIMITED:
            return RateLimitedError("Simulated rate limit", code="429", retry_after=RETRY_AFTER, of_recipient=True)
        case Fate.TIMEOUT_BEFORE if attempt == 1:
            return UnknownOutcomeError("Simulated timeout before acceptance", code="simulated_timeout")
        case _ if attempt <= _ATTEMPTS_THAT_FAIL.get(fate, 0):
            return TransientError("Simulated failure", code="simulated_failure", about=About.RECIPIENT)
        case _:
            return None


def _append(file: Path, line: str) -> None:
    """Append a line in one write, which POSIX makes atomic among writers of a file opened with O_APPEND."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)
