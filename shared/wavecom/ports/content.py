"""Store templates, render them, clean HTML that comes from outside, and keep attachments."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from wavecom.domain.content.attachments import Attachment, Scan, StoredAttachment, Upload
from wavecom.domain.content.content import Content
from wavecom.domain.content.html import CleanHtml
from wavecom.domain.templates.source import Source
from wavecom.domain.templates.template import Template
from wavecom.domain.templates.version import SourceProblem, TemplateVersion, VersionSummary


class Templates(Protocol):
    """The tenants' templates and their versions.

    Every method raises `StoreUnavailableError` when the database does not answer in time.
    """

    def add(self, template: Template) -> bool:
        """Store a new template and return True, or return False if the tenant has one with its id."""

    def get(self, tenant_id: str, template_id: str) -> Template | None:
        """Return a template of a tenant, archived or not."""

    def page(self, tenant_id: str, *, limit: int, after: str | None = None) -> list[Template]:
        """Return up to ``limit`` of a tenant's templates in the order of their ids, after one; archived ones too."""

    def save(self, before: Template, after: Template) -> bool:
        """Replace a template that still equals ``before``, and return whether it did."""

    def add_version(self, before: Template, version: TemplateVersion) -> bool:
        """Store a template's next version, if it still has no newer one, and return whether it was stored."""

    def version(self, tenant_id: str, template_id: str, number: int) -> TemplateVersion | None:
        """Return one version of a template."""

    def versions(
        self, tenant_id: str, template_id: str, *, limit: int, before: int | None = None
    ) -> list[VersionSummary]:
        """Return up to ``limit`` versions of a template without their source, newest first, those before a number."""

    def count(self, tenant_id: str, *, at_most: int) -> int:
        """Return the number of a tenant's templates, archived ones included; counting stops at ``at_most``."""

    def in_use(self, tenant_id: str, template_ids: Sequence[str]) -> Mapping[str, Template]:
        """Return the existing ones of a tenant's templates, by id, from a short-lived cache."""


class TemplateEngine(Protocol):
    """The template language."""

    def check(self, locale: str, source: Source) -> list[SourceProblem]:
        """Return what is wrong with a source: its grammar, what the language does not have, and unknown filters."""

    def complete(self, locale: str, source: Source) -> Source:
        """Return a checked source with all that is rendered: the HTML to send, and a text that says what it says.

        Raises `RefusedDraftError` for MJML or a style sheet that does not become HTML.
        """

    def variables(self, source: Source) -> frozenset[str]:
        """Return the names of the variables that a valid source asks for."""

    def render(
        self, version: TemplateVersion, locale: str, variables: Mapping[str, Any], variant: str | None = None
    ) -> Content:
        """Return the content of one message in one of the version's languages, and one of its variants, if any.

        ``variables`` are JSON values. Raises `RefusedDraftError` with a problem for each field that cannot be rendered.
        """


class HtmlCleaner(Protocol):
    """Takes out of HTML what an email must not have."""

    def clean(self, html: str) -> CleanHtml:
        """Return HTML without scripts, event handlers, forms, frames, style sheets and addresses of unusual schemes.

        What has been cleaned is not changed by cleaning it again. Raises `RefusedDraftError` for HTML that would take
        too long.
        """


class Attachments(Protocol):
    """The tenants' attachments, without their bytes.

    Every method raises `StoreUnavailableError` when the database does not answer in time.
    """

    def add(self, stored: StoredAttachment) -> None:
        """Store a new attachment."""

    def get(self, tenant_id: str, attachment_id: str) -> StoredAttachment | None:
        """Return an attachment of a tenant."""

    def use(self, tenant_id: str, ids: Collection[str], *, until: datetime) -> list[StoredAttachment]:
        """Return the existing ones of a tenant's attachments, which are kept until then at least."""

    def set_checked(self, ids: Collection[str]) -> None:
        """Store that the bytes of attachments are what was declared."""

    def scans(self, ids: Collection[str]) -> dict[str, Scan | None]:
        """Return what the scanner said of the existing ones of attachments, of any tenant, by their ids."""

    def set_scanned(self, attachment_id: str, scan: Scan) -> None:
        """Store what the scanner says of an attachment."""

    def due(self, at: datetime, *, limit: int) -> list[StoredAttachment]:
        """Return up to ``limit`` attachments with ``due_at`` at or before ``at``, the longest due first."""

    def is_attached(self, attachment_id: str) -> bool:
        """Return whether a notification has an attachment."""

    def postpone(self, stored: StoredAttachment, until: datetime) -> None:
        """Keep an attachment until then, if it has not been used since it was read."""

    def remove(self, stored: StoredAttachment) -> bool:
        """Hide an attachment from clients if it has not been used since it was read, and return whether it is hidden.

        It stays due until it is forgotten.
        """

    def forget(self, ids: Collection[str]) -> None:
        """Delete attachments that were removed."""


class AttachmentFiles(Protocol):
    """The bytes of attachments.

    Every method raises `StoreUnavailableError` when the storage does not answer in time.
    """

    def prepare(self, stored: StoredAttachment, *, until: datetime) -> Upload:
        """Return how a client puts the bytes of a new attachment, until then."""

    def read(self, tenant_id: str, attachment: Attachment) -> bytes | None:
        """Return the bytes of an attachment, None if they have not come."""

    def delete(self, all_of: Sequence[StoredAttachment]) -> None:
        """Delete the bytes of attachments; those that are not there are left out."""


class Scanner(Protocol):
    """A scanner for malware. Used by many threads at once."""

    def scan(self, tenant_id: str, attachment: Attachment, octets: bytes) -> Scan:
        """Return what it says of a file: PENDING if it does not say it yet, or does not answer in time."""
