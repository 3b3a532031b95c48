"""Give the notifications of a call their attachments, whose bytes are checked at their first use."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from wavecom.domain.content.attachments import (
    Attachment,
    Scan,
    StoredAttachment,
    bytes_problem,
    size_problem,
)
from wavecom.domain.errors import Problem, RefusedDraftError
from wavecom.domain.notifications.notification import Draft, Envelope
from wavecom.domain.notifications.timings import KEPT_FOR
from wavecom.ports.content import AttachmentFiles, Attachments
from wavecom.ports.system import Clock

CHECKED_MAX_BYTES: Final = 50 * 1024 * 1024
"""The most bytes of attachments at their first use that one call has checked, within a few seconds."""
READS_AT_ONCE: Final = 8
SCHEDULED_WITHIN: Final = timedelta(days=366)
"""A bit more than the furthest time for which a notification may be scheduled."""
SENT_WITHIN: Final = timedelta(days=1)
"""The time after its scheduled one in which a notification usually ends; a longer one is looked at again."""

_REFUSED: Final[Mapping[Scan | None, str]] = {
    Scan.INFECTED: "is infected, as the scanner for malware says",
    Scan.UNSCANNABLE: "cannot be scanned for malware",
}


@dataclass(frozen=True, slots=True)
class Attachable:
    """The attachments that a call names, each as it is, or with the reason why it cannot be used."""

    usable: Mapping[str, Attachment] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def add_to(self, draft: Draft) -> Draft:
        """Return a draft with the attachments that its envelope names. Raises `RefusedDraftError`."""
        ids = draft.envelope.attachments
        problems = [
            Problem(f"attachments[{index}]", self.refused.get(each, "must be the id of one of your attachments"))
            for index, each in enumerate(ids)
            if each not in self.usable
        ]
        if problems:
            raise RefusedDraftError(problems)
        attachments = tuple(self.usable[each] for each in ids)
        if problem := size_problem(attachments):
            raise RefusedDraftError([Problem("attachments", problem)])
        return replace(draft, content=replace(draft.content, attachments=attachments))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    """Finds the attachments of a call, and keeps them for as long as its notifications are kept.

    Without ``files`` there are none.
    """

    attachments: Attachments
    files: AttachmentFiles | None
    clock: Clock

    def find(self, tenant_id: str, envelopes: Iterable[Envelope]) -> Attachable:
        """Return the attachments that envelopes name. A call that names none asks nobody.

        Raises `StoreUnavailableError`.
        """
        naming = [each for each in envelopes if each.attachments]
        if not naming or self.files is None:
            return Attachable()
        now = self.clock()
        latest = max((each.scheduled_at for each in naming if each.scheduled_at is not None), default=now)
        latest = min(max(now, latest), now + SCHEDULED_WITHIN)  # later ones are refused
        ids = {each for envelope in naming for each in envelope.attachments}
        found = self.attachments.use(tenant_id, sorted(ids), until=latest + SENT_WITHIN + KEPT_FOR)
        refused = {
            each.attachment.id: _REFUSED[each.attachment.scanned]
            for each in found
            if each.attachment.scanned in _REFUSED
        }
        refused |= self._check(self.files, [each for each in found if not each.checked])
        usable = {each.attachment.id: each.attachment for each in found if each.attachment.id not in refused}
        return Attachable(usable, refused)

    def _check(self, files: AttachmentFiles, unchecked: Sequence[StoredAttachment]) -> dict[str, str]:
        """Check the bytes of attachments, and return the problems of those that cannot be used, by their ids."""
        problems: dict[str, str] = {}
        to_read, size = [], 0
        for each in unchecked:
            size += each.attachment.size
            if size > CHECKED_MAX_BYTES:
                problems[each.attachment.id] = (
                    f"is used for the first time, like others of this call with {CHECKED_MAX_BYTES:,} bytes together; "
                    "send fewer notifications in one call"
                )
            else:
                to_read.append(each)
        if not to_read:
            return problems
        with ThreadPoolExecutor(min(READS_AT_ONCE, len(to_read)), thread_name_prefix="attachment") as executor:
            found = zip(to_read, executor.map(lambda each: _problem(files, each), to_read), strict=True)
            problems |= {each.attachment.id: problem for each, problem in found if problem is not None}
        if passed := [each.attachment.id for each in to_read if each.attachment.id not in problems]:
            self.attachments.set_checked(passed)
        return problems


def _problem(files: AttachmentFiles, stored: StoredAttachment) -> str | None:
    octets = files.read(stored.tenant_id, stored.attachment)
    return "has no content yet: put its bytes first" if octets is None else bytes_problem(stored.attachment, octets)
