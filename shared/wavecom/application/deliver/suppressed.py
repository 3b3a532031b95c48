"""Keep batches away from suppressed recipients, and suppress those whose providers say so."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from wavecom.application.deliver.endings import DEFERRAL
from wavecom.application.deliver.send import FinishedSend
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notifications import settlement
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.suppressions.suppression import Suppression
from wavecom.ports.suppressions import Suppressions
from wavecom.ports.system import Clock

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedRecipients:
    """Reads and extends the suppression lists, a call a batch."""

    suppressions: Suppressions
    clock: Clock
    timings: Timings

    def divide(self, claimed: Sequence[Notification]) -> tuple[list[Notification], list[Change]]:
        """Return those that may be sent, and how the claims of the others end.

        While the lists cannot be read, nothing is sent: all are deferred.
        """
        if not claimed:
            return [], []
        at = self.clock()
        try:
            suppressed = self.suppressions.among(claimed)
        except StoreUnavailableError:
            logger.warning("Suppression lists not read, nothing is sent", extra={"count": len(claimed)}, exc_info=True)
            return [], [
                settlement.defer(
                    each, reason="Suppression list not readable", wait=DEFERRAL, at=at, timings=self.timings
                )
                for each in claimed
            ]
        endings = [
            settlement.suppress(each, reason=suppressed[each.id], at=at, timings=self.timings)
            for each in claimed
            if each.id in suppressed
        ]
        return [each for each in claimed if each.id not in suppressed], endings

    def add_unwanted(self, sends: Sequence[FinishedSend]) -> None:
        """Suppress the recipients of whom providers said that nothing more should go to them.

        One that cannot be stored is lost; its provider will say it again.
        """
        at = self.clock()
        suppression_reason = [
            Suppression.of_recipient(each.planned.pending.notification, each.result.suppression_reason, at)
            for each in sends
            if each.result is not None and each.result.suppression_reason is not None
        ]
        if not suppression_reason:
            return
        try:
            self.suppressions.add(suppression_reason)
        except StoreUnavailableError:
            logger.warning("Recipients not suppressed", extra={"count": len(suppression_reason)}, exc_info=True)
