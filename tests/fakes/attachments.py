"""Attachments, their bytes and a scanner, from memory."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from wavecom.domain.content.attachments import Attachment, Scan, StoredAttachment, Upload
from wavecom.domain.errors import StoreUnavailableError


class FakeAttachments:
    """Attachments in a dictionary; ``attached`` are the ids that notifications have."""

    def __init__(self) -> None:
        self.stored: dict[str, StoredAttachment] = {}
        self.attached: set[str] = set()

    def add(self, stored: StoredAttachment) -> None:
        self.stored[stored.attachment.id] = stored

    def get(self, tenant_id: str, attachment_id: str) -> StoredAttachment | None:
        found = self.stored.get(attachment_id)
        return found if found and found.tenant_id == tenant_id and not found.removing else None

    def use(self, tenant_id: str, ids: Collection[str], *, until: datetime) -> list[StoredAttachment]:
        found = [each for each in (self.get(tenant_id, one) for one in ids) if each is not None]
        for each in found:
            self._change(each.attachment.id, due_at=max(each.due_at, until))
        return [self.stored[each.attachment.id] for each in found]

    def set_checked(self, ids: Collection[str]) -> None:
        for each in ids:
            self._change(each, checked=True)

    def scans(self, ids: Collection[str]) -> dict[str, Scan | None]:
        return {each: self.stored[each].attachment.scanned for each in ids if each in self.stored}

    def set_scanned(self, attachment_id: str, scan: Scan) -> None:
        stored = self.stored[attachment_id]
        self._change(attachment_id, attachment=replace(stored.attachment, scanned=scan))

    def due(self, at: datetime, *, limit: int) -> list[StoredAttachment]:
        due = [each for each in self.stored.values() if each.due_at <= at]
        return sorted(due, key=lambda each: each.due_at)[:limit]

    def is_attached(self, attachment_id: str) -> bool:
        return attachment_id in self.attached

    def postpone(self, stored: StoredAttachment, until: datetime) -> None:
        if self._is_unchanged(stored):
            self._change(stored.attachment.id, due_at=until)

    def remove(self, stored: StoredAttachment) -> bool:
        if not self._is_unchanged(stored):
            return False
        self._change(stored.attachment.id, removing=True)
        return True

    def forget(self, ids: Collection[str]) -> None:
        for each in ids:
            self.stored.pop(each, None)

    def _is_unchanged(self, stored: StoredAttachment) -> bool:
        found = self.stored.get(stored.attachment.id)
        return found is not None and found.due_at == stored.due_at

    def _change(self, attachment_id: str, **changes: object) -> None:
        self.stored[attachment_id] = replace(self.stored[attachment_id], **changes)  # type: ignore[arg-type]


class FakeAttachmentFiles:
    """Bytes in a dictionary; ``reads`` has the ids that were read, and ``down`` lets every call fail."""

    def __init__(self) -> None:
        self.octets: dict[str, bytes] = {}
        self.reads: list[str] = []
        self.down = False

    def prepare(self, stored: StoredAttachment, *, until: datetime) -> Upload:
        self._answer()
        headers = {"Content-Type": stored.attachment.content_type}
        return Upload(url=f"fake://{stored.attachment.id}", headers=headers, expires_at=until)

    def read(self, tenant_id: str, attachment: Attachment) -> bytes | None:
        self._answer()
        self.reads.append(attachment.id)
        return self.octets.get(attachment.id)

    def delete(self, all_of: Sequence[StoredAttachment]) -> None:
        self._answer()
        for each in all_of:
            self.octets.pop(each.attachment.id, None)

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailableError("The storage does not answer")


class FakeScanner:
    """A scanner that says of every file what ``verdict`` is; ``asked`` has the ids that it was asked for."""

    def __init__(self, verdict: Scan = Scan.CLEAN) -> None:
        self.verdict = verdict
        self.asked: list[str] = []

    def scan(self, tenant_id: str, attachment: Attachment, octets: bytes) -> Scan:
        self.asked.append(attachment.id)
        return self.verdict
