"""Apply delivery reports of providers, and keep addresses that nobody may write to any more."""

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

    def receive(self, reports: Sequence[DeliveryReport]) -> None:
        """Apply ``reports``.

        What came before our own record of the send is kept and applied later. Raises `StoreUnavailableError`, upon
        which the provider should report again.
        """
        for start in range(0, len(reports), BATCH):
            early, _ = self._apply(reports[start : start + BATCH])
            if early:
                now = self.clock()
                self.kept.keep(early, at=now, until=now + LOOK_AGAIN_AFTER)
                self._apply(early)  # a claim that came between has not seen them

    def look_again(self) -> int:
        """Apply the kept reports whose time has come, a batch of them, and return how many notifications moved."""
        now = self.clock()
        return len(self._apply_kept(self.kept.due(now, limit=BATCH), now))

    def settle_unanswered(self, notifications: Sequence[Notification]) -> set[str]:
        """Apply what is kept about waiting notifications of which an attempt got no answer; return the ids that moved.

        To be called before such a one is attempted again, or expires: its provider may have reported during the call.
        One query, none where every attempt was answered. Raises `StoreUnavailableError`.
        """
        in_doubt = [each.id for each in notifications if each.state.status in WAITING and each.state.unanswered]
        if not in_doubt:
            return set()
        now = self.clock()
        return self._apply_kept(self.kept.about(in_doubt, now), now)

    def reported(self, providers: Mapping[str, str]) -> set[str]:
        """Return those notifications whose provider, by notification id in ``providers``, has a report kept of them.

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
        """Apply kept reports, put off those that are still too early, and forget the others."""
        if not kept:
            return set()
        early, moved = self._apply([each.report for each in kept])
        waits = {id(report) for report in early}
        too_old = now - KEPT_FOR
        later = {each.id for each in kept if id(each.report) in waits and each.kept_at > too_old}
        self.kept.postpone([each.id for each in kept if each.id in later], now + LOOK_AGAIN_AFTER)
        self.kept.drop([each.id for each in kept if each.id not in later])
        return moved

    def _apply(self, reports: Sequence[DeliveryReport]) -> tuple[list[DeliveryReport], set[str]]:
        """Apply what can be applied; return the reports that came too early, and the ids of what moved."""
        # Of one notification's reports only one is applied. So those that say least come last.
        left = sorted(reports, key=lambda report: report.delivery_outcome is DeliveryOutcome.ACCEPTED)
        early, moved = list[DeliveryReport](), set[str]()
        for _ in range(ROUNDS):
            stored = {each.id: each for each in self.store.get_many({report.notification_id for report in left})}
            self._suppress(left, stored)
            changes = {}
            for report in left:
                notification = stored.get(report.notification_id)
                if notification is None or notification.id in changes:
                    continue
                if change := apply_report(notification, report, at=self.clock()):
                    changes[notification.id] = change
                elif must_wait(notification, report):
                    early.append(report)
            saved = {change.after.id for change in self.store.save(list(changes.values()))} if changes else set()
            moved |= saved
            left = [report for report in left if report.notification_id in changes.keys() - saved]
            if not left:
                break
        return [*early, *left], moved

    def _suppress(self, reports: Sequence[DeliveryReport], stored: dict[str, Notification]) -> None:
        now = self.clock()
        suppression_reason = [
            Suppression.of_recipient(notification, report.suppression_reason, now)
            for report in reports
            if report.suppression_reason is not None and (notification := stored.get(report.notification_id))
        ]
        if suppression_reason:
            self.suppressions.add(suppression_reason)
