"""Ends of claims, after an attempt or without one."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from wavecom.application.deliver.attached import Held
from wavecom.application.deliver.select import NoProvider, PendingSend
from wavecom.application.deliver.send import FinishedSend
from wavecom.domain.notifications import settlement
from wavecom.domain.notifications.attempts import AttemptResult
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.notifications.timings import Timings
from wavecom.ports.system import Clock

DEFERRAL: Final = timedelta(seconds=5)
"""The shortest wait of a notification that no provider accepts at present, or that is not stored yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """Ends claims, at the clock's present moment."""

    clock: Clock
    timings: Timings

    def after_send(self, finished: FinishedSend) -> Change:
        """End a claim after its send, which may not have begun in time."""
        pending = finished.planned.pending
        if finished.result is None:
            return self._release(pending)
        return self._settle(pending, finished.result, others_may_accept=pending.some_refused_for_now)

    def without_time(self, pending: PendingSend) -> Change:
        """End a claim without time for a first attempt, or for another provider."""
        if pending.refused is not None:
            return self._settle(pending, pending.refused, others_may_accept=True)
        return self._release(pending)

    def without_provider(self, refused: NoProvider) -> Change:
        """End a claim without a provider, or without another one."""
        pending = refused.pending
        if pending.refused is not None:
            others_may_accept = pending.some_refused_for_now or bool(refused.names)
            return self._settle(pending, pending.refused, others_may_accept=others_may_accept)
        names = ", ".join(refused.names)
        reason = f"Breaker open or limit reached for {names}" if names else "No provider is configured that may send it"
        return self._defer(pending.notification, reason, max(refused.wait, DEFERRAL))

    def with_held_files(self, notification: Notification, held: Held) -> Change:
        """End a claim whose attachments cannot be sent, now or ever; no provider was chosen."""
        if held.for_good:
            return settlement.refuse(notification, reason=held.reason, at=self.clock(), timings=self.timings)
        return self._defer(notification, held.reason, DEFERRAL)

    def _defer(self, notification: Notification, reason: str, wait: timedelta) -> Change:
        return settlement.defer(notification, reason=reason, wait=wait, at=self.clock(), timings=self.timings)

    def _release(self, pending: PendingSend) -> Change:
        return settlement.release(pending.notification, at=self.clock(), timings=self.timings)

    def _settle(self, pending: PendingSend, result: AttemptResult, *, others_may_accept: bool) -> Change:
        return settlement.settle(
            pending.notification, result, at=self.clock(), timings=self.timings, others_may_accept=others_may_accept
        )
