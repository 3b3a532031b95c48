"""Apply delivery reports of providers, and keep addresses that nobody may write to any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from wavecom.domain import receipts
from wavecom.domain.notification import Notification
from wavecom.domain.receipts import DeliveryReport, Fared
from wavecom.ports import Clock, KeptReports, NotificationStore, Suppression, Suppressions

LOOK_AGAIN_AFTER = timedelta(seconds=5)
"""When to look again whether our own record of the send is there."""
KEPT_FOR = timedelta(days=3)
"""A report whose notification was not sent by then is forgotten."""
ROUNDS = 3
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Receive:
    """Apply reports, however late, early, repeated or out of order they come."""

    store: NotificationStore
    suppressions: Suppressions
    kept: KeptReports
    clock: Clock

    def __call__(self, reports: Sequence[DeliveryReport]) -> None:
        """Apply ``reports``.

        What came before our own record of the send is kept and applied later. Raises `StoreUnavailableError`, upon
        which the provider should report again.
        """
        for start in range(0, len(reports), BATCH):
            early, _ = self._apply(reports[start : start + BATCH])
            now = self.clock()
            self.kept.keep(early, at=now, until=now + LOOK_AGAIN_AFTER)

    def look_again(self) -> int:
        """Apply the kept reports whose time has come, a batch of them, and return how many notifications moved."""
        now = self.clock()
        due = self.kept.due(now, limit=BATCH)
        if not due:
            return 0
        early, moved = self._apply([each.report for each in due])
        waits = {id(report) for report in early}
        too_old = now - KEPT_FOR
        later = {each.id for each in due if id(each.report) in waits and each.kept_at > too_old}
        self.kept.postpone([each.id for each in due if each.id in later], now + LOOK_AGAIN_AFTER)
        self.kept.drop([each.id for each in due if each.id not in later])
        return moved

    def _apply(self, reports: Sequence[DeliveryReport]) -> tuple[list[DeliveryReport], int]:
        """Apply what can be applied; return the reports that came too early, and how many notifications moved."""
        # Of one notification's reports only one is applied. So those that say least come last.
        left = sorted(reports, key=lambda report: report.fared is Fared.ACCEPTED)
        early, moved = list[DeliveryReport](), 0
        for _ in range(ROUNDS):
            stored = {each.id: each for each in self.store.get_many({report.notification_id for report in left})}
            self._suppress(left, stored)
            changes = {}
            for report in left:
                notification = stored.get(report.notification_id)
                if notification is None or notification.id in changes:
                    continue
                if change := receipts.apply(notification, report, at=self.clock()):
                    changes[notification.id] = change
                elif report.fared is not None and receipts.must_wait(notification):
                    early.append(report)
            saved = {change.after.id for change in self.store.save(list(changes.values()))} if changes else set()
            moved += len(saved)
            left = [report for report in left if report.notification_id in changes.keys() - saved]
            if not left:
                break
        return [*early, *left], moved

    def _suppress(self, reports: Sequence[DeliveryReport], stored: dict[str, Notification]) -> None:
        now = self.clock()
        unwanted = [
            Suppression.of_recipient(notification, report.unwanted, now)
            for report in reports
            if report.unwanted is not None and (notification := stored.get(report.notification_id))
        ]
        if unwanted:
            self.suppressions.add(unwanted)
