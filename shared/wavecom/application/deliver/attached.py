"""Read the attachments of messages before they are sent, and hold back those that are not scanned yet."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from wavecom.cache import BytesCache, TimedCache
from wavecom.domain.content.attachments import AttachedFile, Attachment, Scan, bytes_problem
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import About, PermanentError
from wavecom.ports.content import AttachmentFiles, Attachments, Scanner

KEPT_BYTES: Final = 32 * 1024 * 1024
"""The bytes that a process keeps of files that it read last, so that one for many recipients is read once."""
SCANS_KEPT: Final = timedelta(minutes=5)


class NotReadyError(Exception):
    """A message cannot be sent yet, and no provider was asked; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFiles:
    """Opens the attachments of notifications, from many threads. Without a ``scanner`` nobody is asked for a scan."""

    attachments: Attachments
    files: AttachmentFiles
    scanner: Scanner | None = None
    _kept: BytesCache[str] = field(default_factory=lambda: BytesCache(KEPT_BYTES))
    _scans: TimedCache[str, Scan] = field(default_factory=lambda: TimedCache(SCANS_KEPT))

    def open(self, notification: Notification) -> tuple[AttachedFile, ...]:
        """Return a notification's attachments with their bytes, which are those that were accepted.

        Raises `NotReadyError`, and `PermanentError` for one that is infected, or whose bytes are gone.
        """
        return tuple(self._open(notification.tenant_id, each) for each in notification.content.attachments)

    def _open(self, tenant_id: str, attachment: Attachment) -> AttachedFile:
        try:
            octets = self._kept.get(attachment.id, lambda: self._read(tenant_id, attachment))
            scan = None if attachment.scanned is not Scan.PENDING else self._scan(tenant_id, attachment, octets)
        except StoreUnavailableError as exc:
            raise NotReadyError("Its attachments cannot be read") from exc
        if scan is Scan.PENDING:
            raise NotReadyError("An attachment is not scanned yet")
        if scan is Scan.INFECTED:
            raise PermanentError("An attachment is infected", code="attachment_infected", about=About.MESSAGE)
        return AttachedFile(filename=attachment.filename, content_type=attachment.content_type, octets=octets)

    def _read(self, tenant_id: str, attachment: Attachment) -> bytes:
        octets = self.files.read(tenant_id, attachment)
        if octets is None or bytes_problem(attachment, octets) is not None:
            raise PermanentError("An attachment is gone", code="attachment_gone", about=About.MESSAGE)
        return octets

    def _scan(self, tenant_id: str, attachment: Attachment, octets: bytes) -> Scan:
        """Return what is known of an attachment that was not scanned yet when it was accepted."""
        known = self._scans.find(attachment.id)
        if known is not None:
            return known
        scan = self.attachments.scans([attachment.id]).get(attachment.id) or Scan.PENDING
        if scan is Scan.PENDING and self.scanner is not None:
            scan = self.scanner.scan(tenant_id, attachment, octets)
            if scan is not Scan.PENDING:
                self.attachments.set_scanned(attachment.id, scan)
        if scan is not Scan.PENDING:
            self._scans.put(attachment.id, scan)
        return scan
