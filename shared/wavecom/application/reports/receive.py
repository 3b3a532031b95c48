"""Apply delivery reports of providers, and suppress addresses that must not be written to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wavecom.domain.notifications.change import WAITING
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport, KeptReport, apply_report, must_wait
from wavecom.domain.suppressions.suppression import Suppression
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.reports import KeptReports
from wavecom.ports.suppressions import Suppressions
from wavecom.ports.system import Clock

APPLY_AGAIN_AFTER = timedelta(seconds=5)
"""The time after which to check again for our own record of the send."""
KEPT_FOR = timedelta(days=3)
"""A report is dropped if its notification is not sent within this time."""
MAX_TRIES = 3
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Receive:
    """Applies reports, however late, early, repeated or out of order they come."""

    store: NotificationStore
    suppressions: Suppressions
    kept: KeptReports
    clock: Clock

    def receive(self, reports: Sequence[DeliveryReport]) -> None:
        """Apply ``reports``.

        Reports that came before our own record of the send are kept and applied later. Raises `StoreUnavailableError`;
        the provider should then report again.
        """
        for start in range(0, len(reports), BATCH):
            early, _ = self._apply(reports[start : start + BATCH])
            if early:
                now = self.clock()
                self.kept.keep(early, at=now, until=now + APPLY_AGAIN_AFTER)
                self._apply(early)  # a claim made in between has not seen them

    def apply_due_reports(self) -> int:
        """Apply a batch of the kept reports that are due, and return the number of notifications that moved."""
        now = self.clock()
        return len(self._apply_kept(self.kept.due(now, limit=BATCH), now))

    def apply_kept_reports(self, notifications: Sequence[Notification]) -> set[str]:
        """Apply kept reports on waiting notifications with an attempt without an answer; return the ids that moved.

        Call it before such a notification is attempted again, or expires: its provider may have reported during the
        call. One query, none if every attempt was answered. Raises `StoreUnavailableError`.
        """
        unanswered_ids = [each.id for each in notifications if each.state.status in WAITING and each.state.unanswered]
        if not unanswered_ids:
            return set()
        now = self.clock()
        return self._apply_kept(self.kept.about(unanswered_ids, now), now)

    def reported(self, providers: Mapping[str, str]) -> set[str]:
        """Return the notifications on which the provider named in ``providers``, by notification id, has a kept report.

        Each report proves that the provider has the message. Raises `StoreUnavailableError`.
        """
        if not providers:
            return set()
        found = (each.report for each in self.kept.about(list(providers), self.clock()))
        return {
            each.notification_id
            for each in found
            if each.delivery_outcome and each.provider == providers[each.notification_id]
        }

    def _apply_kept(self, kept: Sequence[KeptReport], now: datetime) -> set[str]:
        """Apply kept reports, postpone those that are still too early, and drop the others."""
        if not kept:
            return set()
        early, moved = self._apply([each.report for each in kept])
        early_ids = {id(report) for report in early}
        too_old = now - KEPT_FOR
        later = {each.id for each in kept if id(each.report) in early_ids and each.kept_at > too_old}
        self.kept.postpone([each.id for each in kept if each.id in later], now + APPLY_AGAIN_AFTER)
        self.kept.drop([each.id for each in kept if each.id not in later])
        return moved

    def _apply(self, reports: Sequence[DeliveryReport]) -> tuple[list[DeliveryReport], set[str]]:
        """Apply the reports that can be applied; return those that came too early, and the ids that moved."""
        # Only one report of a notification is applied, so those that say least come last.
        remaining = sorted(reports, key=lambda report: report.delivery_outcome is DeliveryOutcome.ACCEPTED)
        early, moved = list[DeliveryReport](), set[str]()
        for _ in range(MAX_TRIES):
            stored = {each.id: each for each in self.store.get_many({report.notification_id for report in remaining})}
            self._suppress(remaining, stored)
            changes = {}
            for report in remaining:
                notification = stored.get(report.notification_id)
                if notification is None or notification.id in changes:
                    continue
                if change := apply_report(notification, report, at=self.clock()):
                    changes[notification.id] = change
                elif must_wait(notification, report):
                    early.append(report)
            saved = {change.after.id for change in self.store.save(list(changes.values()))} if changes else set()
            moved |= saved
            remaining = [report for report in remaining if report.notification_id in changes.keys() - saved]
            if not remaining:
                break
        return [*early, *remaining], moved

    def _suppress(self, reports: Sequence[DeliveryReport], stored: dict[str, Notification]) -> None:
        now = self.clock()
        suppressions = [
            Suppression.of_recipient(notification, report.suppression_reason, now)
            for report in reports
            if report.suppression_reason is not None and (notification := stored.get(report.notification_id))
        ]
        if suppressions:
            self.suppressions.add(suppressions)
