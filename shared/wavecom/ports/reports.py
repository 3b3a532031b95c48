"""Keep delivery reports until they can be applied."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from wavecom.domain.reports import DeliveryReport, KeptReport


class KeptReports(Protocol):
    """Delivery reports that came before our own record of the send."""

    def keep(self, reports: Sequence[DeliveryReport], *, at: datetime, until: datetime) -> None:
        """Keep reports that came at ``at``, to be looked at again from ``until`` on.

        A report that is already kept stays as it is.
        """

    def due(self, at: datetime, *, limit: int) -> list[KeptReport]:
        """Return up to ``limit`` reports to be looked at by ``at``."""

    def about(self, notification_ids: Sequence[str], at: datetime) -> list[KeptReport]:
        """Return the reports about these notifications that came by ``at``, whether or not they are due."""

    def postpone(self, ids: Sequence[str], until: datetime) -> None:
        """Look at these reports again from ``until`` on."""

    def drop(self, ids: Sequence[str]) -> None:
        """Delete these reports."""
