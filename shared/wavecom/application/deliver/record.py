"""Record outcomes of attempts, and publish the messages that follow."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from wavecom.application.deliver.save import SaveUntil
from wavecom.application.publishing import follow_up
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notifications.change import Change
from wavecom.ports.queue import Queue

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Stores outcomes, a group in one transaction, and retries until the invocation ends."""

    saver: SaveUntil
    queue: Queue

    def record(self, changes: Sequence[Change]) -> list[Change]:
        """Store ``changes``, publish retries and dead letters, and return the stored changes.

        It never raises: changes that cannot be stored are left to their leases, which run out.
        """
        try:
            saved = self.saver.save(changes)
        except StoreUnavailableError:
            logger.warning("MongoDB unavailable to the end", exc_info=True)
            saved = []
        if len(saved) < len(changes):
            logger.error("Outcomes not recorded, left to their leases", extra={"count": len(changes) - len(saved)})
        follow_up(self.queue, saved)
        return saved
