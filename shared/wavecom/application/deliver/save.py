"""Save changes although the database may be unavailable: find out what was written, and write the rest again."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wavecom.application.deadline import Deadline
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notifications.change import Change
from wavecom.ports.notifications import NotificationStore

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveUntil:
    """Saves groups of changes, retrying each until ``deadline`` is over.

    The guards of the changes make retries safe: a notification that somebody else moved is left out.
    """

    store: NotificationStore
    deadline: Deadline

    def save(self, changes: Sequence[Change]) -> list[Change]:
        """Return those of ``changes`` that are stored, by this try or by one whose answer was lost.

        Raises `StoreUnavailableError` when the database did not answer until the deadline. It is then unknown what is
        stored.
        """
        pause, is_first = FIRST_PAUSE_SECONDS, True
        while True:
            try:
                return self.store.save(changes) if is_first else self._save_again(changes)
            except StoreUnavailableError:
                is_first = False
                if self.deadline.is_over(after_seconds=pause):
                    raise
                logger.warning("MongoDB unavailable, trying again", extra={"count": len(changes)}, exc_info=True)
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _save_again(self, changes: Sequence[Change]) -> list[Change]:
        """Save the changes that an earlier try has not written.

        Stored changes are not written again: a begun attempt moves no status, so the guard would count it twice.
        """
        stored_ids = {change.after.id for change in self._stored(changes)}
        self.store.save([change for change in changes if change.after.id not in stored_ids])
        return self._stored(changes)

    def _stored(self, changes: Sequence[Change]) -> list[Change]:
        """Return those of ``changes`` that the database holds now."""
        stored = {each.id: each for each in self.store.get_many(change.after.id for change in changes)}
        return [change for change in changes if stored.get(change.after.id) == change.after]
