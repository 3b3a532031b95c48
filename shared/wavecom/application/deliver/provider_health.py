"""Report outcomes to the breakers, and pause providers that answer with a rate limit."""

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from wavecom.application.deliver.send import FinishedSend
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import About, Outcome
from wavecom.ports.providers import Breakers, Pace
from wavecom.ports.system import Clock

PAUSE: Final = timedelta(seconds=1)
"""The pause of a provider that answered 429 without Retry-After."""
UNCLEAR_KEPT: Final = 20
"""Unclear refusals in a row that a process remembers; more than open a breaker."""
UNCLEAR_AGE: Final = timedelta(minutes=10)
"""The time for which it remembers them: what others were refused long ago says nothing about the present."""
MAX_SHARE: Final = 0.75
"""The largest share of one tenant, and of one audience, in unclear refusals that are the provider's fault."""


class _Refusal(NamedTuple):
    at: datetime
    tenant: str
    audience: str


@dataclass(slots=True)
class UnclearRefusals:
    """A provider's consecutive refusals that do not say what they are about, as one process saw them.

    One tenant, or one receiving mail server, must not open a breaker for all. The provider is to blame while neither
    one tenant nor one audience has more than `MAX_SHARE` of such refusals since it last accepted a message. So one
    refusal of another tenant's does not make the provider to blame for a flood of the first one's.
    """

    _recent: deque[_Refusal] = field(default_factory=lambda: deque(maxlen=UNCLEAR_KEPT))

    def add(self, notification: Notification, at: datetime) -> bool:
        """Note a refusal, and return whether it counts against the provider."""
        while self._recent and self._recent[0].at <= at - UNCLEAR_AGE:
            self._recent.popleft()
        self._recent.append(_Refusal(at, notification.tenant_id, _audience(notification)))
        most = MAX_SHARE * len(self._recent)
        tenants, audiences = (
            Counter(each.tenant for each in self._recent),
            Counter(each.audience for each in self._recent),
        )
        return max(tenants.values()) <= most and max(audiences.values()) <= most

    def clear(self) -> None:
        """Start again: the provider has accepted a message."""
        self._recent.clear()


def _audience(notification: Notification) -> str:
    """Return the party that may cause a refusal besides the provider: an email's domain, else the recipient."""
    if notification.channel is Channel.EMAIL:
        return notification.recipient.rpartition("@")[2].lower()
    return notification.recipient


@dataclass(slots=True, kw_only=True)
class ProviderHealth:
    """Reports groups of outcomes to breakers and limits."""

    breakers: Breakers
    pace: Pace
    clock: Clock
    _unclear: defaultdict[str, UnclearRefusals] = field(default_factory=lambda: defaultdict(UnclearRefusals))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def update(self, group: Sequence[FinishedSend]) -> None:
        """Report the outcomes of a group, one call per provider.

        A refusal of a recipient or a message shows that its provider works. A provider that limits all messages is
        paused, whatever else it answers.
        """
        answered: defaultdict[str, list[bool]] = defaultdict(list)
        pauses: dict[str, timedelta] = {}
        with self._lock:
            for finished in group:
                if finished.result is None:
                    continue
                name = finished.planned.limits_name
                answered[name].append(self._is_success(finished))
                if finished.result.limits_provider:
                    retry_after = finished.result.retry_after
                    pauses[name] = max(pauses.get(name, timedelta(0)), PAUSE if retry_after is None else retry_after)
        for name, successes in answered.items():
            self.breakers.record(name, successes)
        for name, pause in pauses.items():
            self.pace.pause(name, self.clock() + pause)

    def _is_success(self, finished: FinishedSend) -> bool:
        assert finished.result is not None
        attempt, unclear = finished.result.attempt, self._unclear[finished.planned.limits_name]
        if attempt.outcome is Outcome.ACCEPTED:
            unclear.clear()
        elif attempt.about is About.UNCLEAR and finished.result.asked:
            return not unclear.add(finished.planned.pending.notification, self.clock())
        return not attempt.counts_against_provider
