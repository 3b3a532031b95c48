"""Keep suppressed recipients out of batches, and suppress recipients when providers say so."""

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
    """Reads and extends the suppression lists, one call for a group of notifications."""

    suppressions: Suppressions
    clock: Clock
    timings: Timings

    def divide(self, claimed: Sequence[Notification]) -> tuple[list[Notification], list[Change]]:
        """Return the notifications that may be sent, and the ends of the other claims.

        If the lists cannot be read, nothing is sent: all are deferred.
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

    def suppress_recipients(self, sends: Sequence[FinishedSend]) -> None:
        """Suppress the recipients to whom, according to their providers, nothing more should go.

        A suppression that cannot be stored is lost; its provider will report it again.
        """
        at = self.clock()
        suppressions = [
            Suppression.of_recipient(each.planned.pending.notification, each.result.suppression_reason, at)
            for each in sends
            if each.result is not None and each.result.suppression_reason is not None
        ]
        if not suppressions:
            return
        try:
            self.suppressions.add(suppressions)
        except StoreUnavailableError:
            logger.warning("Recipients not suppressed", extra={"count": len(suppressions)}, exc_info=True)
