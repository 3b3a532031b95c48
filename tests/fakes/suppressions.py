"""The suppression lists, from memory."""

from collections.abc import Collection, Sequence
from datetime import datetime

from wavecom.domain.notifications.notification import Notification
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.suppressions.suppression import Suppression, suppression_ids


class FakeSuppressions:
    """Suppression lists in a dictionary."""

    def __init__(self) -> None:
        self.listed: dict[tuple[str, str], Suppression] = {}

    def among(self, notifications: Sequence[Notification]) -> dict[str, SuppressionReason]:
        reasons: dict[str, SuppressionReason] = {}
        for each in notifications:
            for found in suppression_ids(each):
                if suppression := self.listed.get((each.tenant_id, found)):
                    reasons.setdefault(each.id, suppression.reason)
        return reasons

    def present(self, tenant_id: str, suppression_ids: Collection[str]) -> set[str]:
        return {each for each in suppression_ids if (tenant_id, each) in self.listed}

    def add(self, suppressions: Sequence[Suppression]) -> None:
        for each in suppressions:
            self.listed.setdefault((each.tenant_id, each.id), each)

    def remove(self, tenant_id: str, suppression_id: str, at: datetime) -> bool:
        return self.listed.pop((tenant_id, suppression_id), None) is not None

    def get(self, tenant_id: str, suppression_id: str) -> Suppression | None:
        return self.listed.get((tenant_id, suppression_id))

    def page(self, tenant_id: str, *, limit: int, after: str | None = None) -> list[Suppression]:
        found = [each for each in self.listed.values() if each.tenant_id == tenant_id and each.id > (after or "")]
        return sorted(found, key=lambda each: each.id)[:limit]
