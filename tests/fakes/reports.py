"""Kept delivery reports, from memory."""

from collections.abc import Sequence
from datetime import datetime

from wavecom.domain.reports import DeliveryReport, KeptReport


class FakeKeptReports:
    """Kept reports in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptReport] = {}
        self.until: dict[str, datetime] = {}

    def keep(self, reports: Sequence[DeliveryReport], *, at: datetime, until: datetime) -> None:
        for report in reports:
            key = "|".join(
                map(str, (report.notification_id, report.provider, report.delivery_outcome, report.suppression_reason))
            )
            key += f"|{report.provider_message_id or ''}"
            if key not in self.kept:
                self.kept[key] = KeptReport(id=key, report=report, kept_at=at)
                self.until[key] = until

    def due(self, at: datetime, *, limit: int) -> list[KeptReport]:
        due = [each for each in self.kept.values() if self.until[each.id] <= at]
        return sorted(due, key=lambda each: self.until[each.id])[:limit]

    def about(self, notification_ids: Sequence[str], at: datetime) -> list[KeptReport]:
        return [
            each
            for each in self.kept.values()
            if each.report.notification_id in set(notification_ids) and each.kept_at <= at
        ]

    def postpone(self, ids: Sequence[str], until: datetime) -> None:
        self.until |= dict.fromkeys(ids, until)

    def drop(self, ids: Sequence[str]) -> None:
        for each in ids:
            self.kept.pop(each, None)
