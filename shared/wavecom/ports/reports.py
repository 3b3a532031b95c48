"""Keep delivery reports until their time comes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from wavecom.domain.reports import DeliveryReport, KeptReport


class KeptReports(Protocol):
    """Delivery reports that came before our own record of the send."""

    def keep(self, reports: Sequence[DeliveryReport], *, at: datetime, until: datetime) -> None:
        """Keep reports that come at ``at``, to be looked at again from ``until`` on.

        One that is kept already stays as it is.
        """

    def due(self, at: datetime, *, limit: int) -> list[KeptReport]:
        """Return up to ``limit`` of those whose time has come."""

    def about(self, notification_ids: Sequence[str], at: datetime) -> list[KeptReport]:
        """Return those about these notifications that have come by ``at``, whether or not their time has."""

    def postpone(self, ids: Sequence[str], until: datetime) -> None:
        """Look at these again from ``until`` on."""

    def drop(self, ids: Sequence[str]) -> None:
        """Forget these."""
