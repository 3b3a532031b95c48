"""Read the attachments of messages before a provider is chosen, and hold back those that are not scanned yet."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from wavecom.cache import BytesCache, TimedCache
from wavecom.domain.content.attachments import AttachedFile, Attachment, Scan, bytes_problem
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notifications.notification import Notification
from wavecom.ports.content import AttachmentFiles, Attachments, Scanner

logger = logging.getLogger(__name__)

PART_BYTES: Final = 64 * 1024 * 1024
"""The most bytes of attachments that are being sent at once; with their encoded copies they take seven times as much
memory at Amazon SES, less at others."""
KEPT_BYTES: Final = 32 * 1024 * 1024
"""The bytes that a process keeps of files that it read last, so that one for many recipients is read once."""
OPEN_SECONDS: Final = 20.0
"""The time limit of reading and scanning the files of one part; what takes longer waits for its next try."""
SCANS_KEPT: Final = timedelta(minutes=5)
ASK_AGAIN_AFTER: Final = timedelta(seconds=5)
"""The time before a scanner is asked again about a file that it knew nothing of."""

_REFUSALS: Final = {Scan.INFECTED: "An attachment is infected", Scan.UNSCANNABLE: "An attachment cannot be scanned"}


@dataclass(frozen=True, slots=True)
class Held:
    """The reason why a file cannot be sent: for now, or for good."""

    reason: str
    for_good: bool = False


_NOT_READ: Final = Held("Its attachments cannot be read")
_NOT_SCANNED: Final = Held("An attachment is not scanned yet")
_GONE: Final = Held("An attachment is gone", for_good=True)


@dataclass(frozen=True, slots=True)
class Opened:
    """The files of notifications, and what holds the others back, by the notifications' ids."""

    files: Mapping[str, tuple[AttachedFile, ...]]
    held: Mapping[str, Held]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFiles:
    """Opens the attachments of notifications. Without a ``scanner`` nobody is asked for a scan."""

    attachments: Attachments
    files: AttachmentFiles
    scanner: Scanner | None = None
    _kept: BytesCache[str] = field(default_factory=lambda: BytesCache(KEPT_BYTES))
    _scans: TimedCache[str, Scan] = field(default_factory=lambda: TimedCache(SCANS_KEPT))
    _asked: TimedCache[str, Scan] = field(default_factory=lambda: TimedCache(ASK_AGAIN_AFTER))

    def open(self, notifications: Sequence[Notification], executor: Executor) -> Opened:
        """Read the attachments of notifications, each file once, at most `PART_BYTES` together. It never raises.

        The bytes are those that were accepted. Threads of ``executor`` read them, within `OPEN_SECONDS`.
        """
        wanted = {
            attachment.id: (each.tenant_id, attachment)
            for each in notifications
            for attachment in each.content.attachments
        }
        scans = self._known_scans([attachment for _, attachment in wanted.values()])
        futures = {
            name: executor.submit(self._open, tenant_id, attachment, scans.get(name))
            for name, (tenant_id, attachment) in wanted.items()
        }
        wait(futures.values(), timeout=OPEN_SECONDS)
        found = {name: _result(future) for name, future in futures.items()}
        files: dict[str, tuple[AttachedFile, ...]] = {}
        held: dict[str, Held] = {}
        for each in notifications:
            opened = [found[attachment.id] for attachment in each.content.attachments]
            holds = [one for one in opened if isinstance(one, Held)]
            if holds:
                held[each.id] = max(holds, key=lambda hold: hold.for_good)
            else:
                files[each.id] = tuple(one for one in opened if isinstance(one, AttachedFile))
        return Opened(files, held)

    def _known_scans(self, attachments: Collection[Attachment]) -> dict[str, Scan]:
        """Return what is known of the attachments that were not scanned when they were accepted, by one look-up."""
        pending = [each.id for each in attachments if each.scanned is Scan.PENDING]
        known = {each: scan for each in pending if (scan := self._scans.find(each)) is not None}
        missing = [each for each in pending if each not in known]
        if missing:
            try:
                found = self.attachments.scans(missing)
            except StoreUnavailableError:
                found = {}  # nothing is known, so nothing is sent
            for each in missing:
                known[each] = found.get(each) or Scan.PENDING
                if known[each] is not Scan.PENDING:
                    self._scans.put(each, known[each])
        return known

    def _open(self, tenant_id: str, attachment: Attachment, scan: Scan | None) -> AttachedFile | Held:
        """Return a file, or what holds it back. ``scan`` is None for one that needs none."""
        try:
            octets = self._kept.get(attachment.id, lambda: self._read(tenant_id, attachment))
            if scan is Scan.PENDING:
                scan = self._ask(tenant_id, attachment, octets)
        except _GoneError:
            return _GONE
        except Exception as exc:  # noqa: BLE001 - whatever it is, nothing was sent, and the message waits
            logger.warning("Attachment not read", extra={"attachment_id": attachment.id, "error": type(exc).__name__})
            return _NOT_READ
        if scan is Scan.PENDING:
            return _NOT_SCANNED
        if scan in _REFUSALS:
            return Held(_REFUSALS[scan], for_good=True)
        return AttachedFile(filename=attachment.filename, content_type=attachment.content_type, octets=octets)

    def _read(self, tenant_id: str, attachment: Attachment) -> bytes:
        octets = self.files.read(tenant_id, attachment)
        if octets is None or bytes_problem(attachment, octets) is not None:
            raise _GoneError
        return octets

    def _ask(self, tenant_id: str, attachment: Attachment, octets: bytes) -> Scan:
        if self.scanner is None or self._asked.find(attachment.id) is not None:
            return Scan.PENDING
        scan = self.scanner.scan(tenant_id, attachment, octets)
        if scan is Scan.PENDING:
            self._asked.put(attachment.id, scan)
        else:
            self.attachments.set_scanned(attachment.id, scan)
            self._scans.put(attachment.id, scan)
        return scan


def in_parts(notifications: Sequence[Notification]) -> Iterator[list[Notification]]:
    """Yield notifications in parts whose attachments have `PART_BYTES` together at the most."""
    part: list[Notification] = []
    size = 0
    for each in notifications:
        added = each.content.attached_bytes
        if part and size + added > PART_BYTES:
            yield part
            part, size = [], 0
        part.append(each)
        size += added
    if part:
        yield part


class _GoneError(Exception):
    """The bytes of a file are not there, or are not those that were accepted."""


def _result(future: "Future[AttachedFile | Held]") -> AttachedFile | Held:
    return future.result() if future.done() else _NOT_READ
