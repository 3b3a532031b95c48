"""Choose the refused notifications that another provider is asked for within their claim."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from wavecom.application.deliver.select import PendingSend, ProviderSelection
from wavecom.application.deliver.send import FinishedSend
from wavecom.application.reports.receive import Receive
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notifications import settlement
from wavecom.domain.providers.outcomes import Outcome
from wavecom.ports.system import Clock

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failover:
    """Divides finished sends into those that another provider is asked for, and those whose claims end."""

    selection: ProviderSelection
    receive: Receive
    clock: Clock

    def divide(self, sends: Sequence[FinishedSend]) -> tuple[list[PendingSend], list[FinishedSend]]:
        """Return the notifications for another provider, and the sends that end their claims."""
        refused = [each for each in sends if self._may_fail_over(each)]
        if not refused:
            return [], list(sends)
        taken = self._reported_as_taken(refused)
        failing_over = {
            id(each): self._next(each) for each in refused if each.planned.pending.notification.id not in taken
        }
        return list(failing_over.values()), [each for each in sends if id(each) not in failing_over]

    def _may_fail_over(self, send: FinishedSend) -> bool:
        pending, result = send.planned.pending, send.result
        return (
            result is not None
            and settlement.may_fail_over(pending.notification, result, at=self.clock())
            and self.selection.has_other(pending, send.planned.provider.name)
        )

    def _reported_as_taken(self, sends: Sequence[FinishedSend]) -> set[str]:
        """Return notifications without an answer whose provider reports that it has them, so no other may be asked.

        If the reports cannot be read, all of them are returned.
        """
        unanswered = {
            each.planned.pending.notification.id: each.planned.provider.name
            for each in sends
            if each.result is not None and each.result.attempt.outcome is Outcome.UNKNOWN
        }
        try:
            return self.receive.reported(unanswered)
        except StoreUnavailableError:
            logger.warning("Reports not read, no other provider is asked", extra={"count": len(unanswered)})
            return set(unanswered)

    def _next(self, send: FinishedSend) -> PendingSend:
        pending, result = send.planned.pending, send.result
        assert result is not None
        refused_for_now = pending.some_refused_for_now or result.attempt.outcome is not Outcome.PERMANENT
        return PendingSend(
            pending.notification,
            pending.tried | {send.planned.provider.name},
            result,
            some_refused_for_now=refused_for_now,
        )
