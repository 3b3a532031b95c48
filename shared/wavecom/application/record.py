"""Record what attempts came to, and publish what follows from it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from wavecom.application.publishing import follow_up
from wavecom.domain.change import Change
from wavecom.domain.errors import StoreUnavailableError
from wavecom.ports import NotificationStore, Queue

logger = logging.getLogger(__name__)

TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Store outcomes, a group in one transaction."""

    store: NotificationStore
    queue: Queue

    def __call__(self, changes: Sequence[Change]) -> list[Change]:
        """Store ``changes``, publish retries and dead letters, and return what was stored.

        It never raises: what cannot be stored is left to the leases, which run out.
        """
        saved = self._save(changes)
        if len(saved) < len(changes):
            logger.error("Outcomes not recorded, left to their leases", extra={"count": len(changes) - len(saved)})
        follow_up(self.queue, saved)
        return saved

    def _save(self, changes: Sequence[Change]) -> list[Change]:
        for number in range(TRIES):
            try:
                if number == 0:
                    return self.store.save(changes)
                # A try whose answer was lost may have been written all the same. What is there is not written again:
                # a begun attempt moves no status, so the guard would let its counts in twice.
                there = {change.after.id for change in self._stored(changes)}
                self.store.save([change for change in changes if change.after.id not in there])
                return self._stored(changes)
            except StoreUnavailableError:
                logger.warning("MongoDB unavailable, outcomes not recorded yet", exc_info=True)
        return []

    def _stored(self, changes: Sequence[Change]) -> list[Change]:
        """Return those of ``changes`` that are what the database has now."""
        stored = {each.id: each for each in self.store.get_many(change.after.id for change in changes)}
        return [change for change in changes if stored.get(change.after.id) == change.after]
