"""Delete attachments that no notification has any more."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from wavecom.application.deadline import Deadline
from wavecom.domain.errors import StoreUnavailableError
from wavecom.ports.content import AttachmentFiles, Attachments
from wavecom.ports.system import Clock

logger = logging.getLogger(__name__)

BATCH: Final = 100
LOOK_AGAIN: Final = timedelta(days=1)
"""The time after which it is asked again whether an attachment is still in use, as after a replay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireAttachments:
    """Deletes attachments that are due, with their bytes; one that a notification still has is postponed."""

    attachments: Attachments
    files: AttachmentFiles
    clock: Clock

    def expire(self, deadline: Deadline) -> int:
        """Delete what is due until nothing is, or ``deadline`` passes; return the number of deleted attachments.

        Their bytes go before their records, so that a crash in between leaves neither. Storage that does not answer is
        asked again by the next run.
        """
        deleted = 0
        while not deadline.passed():
            now = self.clock()
            due = self.attachments.due(now, limit=BATCH)
            unused = []
            for each in due:
                if not each.removing and self.attachments.is_attached(each.attachment.id):
                    self.attachments.postpone(each, now + LOOK_AGAIN)
                elif each.removing or self.attachments.remove(each):
                    unused.append(each)
            if unused:
                try:
                    self.files.delete(unused)
                except StoreUnavailableError:
                    logger.warning("Attachments not deleted yet", extra={"count": len(unused)}, exc_info=True)
                    break
                self.attachments.forget([each.attachment.id for each in unused])
                deleted += len(unused)
            if len(due) < BATCH:
                break
        return deleted
