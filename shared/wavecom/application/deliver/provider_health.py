"""What outcomes say of the providers: breakers are fed, and providers that have had enough are left in peace."""

import threading
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from wavecom.application.deliver.send import FinishedSend
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import About, Outcome
from wavecom.ports.provider_limits import Breakers, Pace
from wavecom.ports.system import Clock

PAUSE: Final = timedelta(seconds=1)
"""How long nobody calls a provider that answered 429 without saying when to come again."""
UNCLEAR_REMEMBERED: Final = 20
"""Unclear refusals in a row of which a process remembers whom they concerned; more than open a breaker."""
WITNESSES: Final = 2
"""Tenants, and audiences, that unclear refusals must come from before they are the provider's fault."""


@dataclass(slots=True)
class UnclearRefusals:
    """A provider's refusals in a row that do not say of whom they speak, as one process saw them.

    One tenant, or one mail server on the other side, must not open a breaker for all. Once several tenants and
    audiences meet with such refusals, they have only the provider in common.
    """

    _witnesses: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=UNCLEAR_REMEMBERED))

    def add(self, notification: Notification) -> bool:
        """Note a refusal, and return whether it counts against the provider."""
        self._witnesses.append((notification.tenant_id, _audience(notification)))
        tenants = {tenant for tenant, _ in self._witnesses}
        audiences = {audience for _, audience in self._witnesses}
        return len(tenants) >= WITNESSES and len(audiences) >= WITNESSES

    def forget(self) -> None:
        """Begin anew: the provider has taken a message."""
        self._witnesses.clear()


def _audience(notification: Notification) -> str:
    """Return whom a refusal may be due to besides the provider: an email's domain, else the recipient."""
    if notification.channel is Channel.EMAIL:
        return notification.recipient.rpartition("@")[2].lower()
    return notification.recipient


@dataclass(slots=True, kw_only=True)
class ProviderHealth:
    """Tells breakers and limits what groups of outcomes say."""

    breakers: Breakers
    pace: Pace
    clock: Clock
    _unclear: defaultdict[str, UnclearRefusals] = field(default_factory=lambda: defaultdict(UnclearRefusals))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def update(self, group: Sequence[FinishedSend]) -> None:
        """Feed the outcomes of a group, a call a provider.

        A refusal of a recipient or a message shows that its provider is there. Whatever the answer, a provider that
        answers that all messages are too many is paused.
        """
        answered: defaultdict[str, list[bool]] = defaultdict(list)
        pauses: dict[str, timedelta] = {}
        with self._lock:
            for finished in group:
                if finished.result is None:
                    continue
                name = finished.planned.limits_name
                answered[name].append(self._is_well(finished))
                if finished.result.limits_provider:
                    asked_for = finished.result.retry_after
                    pauses[name] = max(pauses.get(name, timedelta(0)), PAUSE if asked_for is None else asked_for)
        for name, successes in answered.items():
            self.breakers.record(name, successes)
        for name, pause in pauses.items():
            self.pace.pause(name, self.clock() + pause)

    def _is_well(self, finished: FinishedSend) -> bool:
        assert finished.result is not None
        attempt, unclear = finished.result.attempt, self._unclear[finished.planned.limits_name]
        if attempt.outcome is Outcome.ACCEPTED:
            unclear.forget()
        elif attempt.about is About.UNCLEAR:
            return not unclear.add(finished.planned.pending.notification)
        return not attempt.counts_against_provider
