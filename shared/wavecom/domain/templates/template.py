"""A template: a tenant's text for one channel, kept in numbered versions of which one is published."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from wavecom.domain.errors import ConflictError
from wavecom.domain.notifications.enums import Channel

TEMPLATE_ID: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
"""A valid template id, fit for a path, a file name and a log line."""
TEMPLATES_MAX: Final = 500
"""The most templates of a tenant, archived ones included."""
PUBLICATIONS_KEPT: Final = 20
"""The published versions that a rollback can go back to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A tenant's template.

    ``latest`` is the number of its newest version, 0 before the first. ``publications`` are the versions that were
    published, in order; the last one is used where a notification names no version. An archived template accepts
    nothing any more, and its id stays taken. ``category`` is that of the notifications which are made from it.
    """

    tenant_id: str
    id: str
    channel: Channel
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    category: str | None = None
    latest: int = 0
    publications: tuple[int, ...] = ()
    archived_at: datetime | None = None

    @property
    def published(self) -> int | None:
        """The version that is used where none is named."""
        return self.publications[-1] if self.publications else None

    def with_version(self, number: int, at: datetime) -> "Template":
        """Return it with a further version."""
        return replace(self, latest=number, updated_at=at)

    def with_publication(self, number: int, at: datetime) -> "Template":
        """Return it with another published version. Raises `ConflictError` if it is archived."""
        self.check_not_archived()
        if number == self.published:
            return self
        return replace(self, publications=(*self.publications, number)[-PUBLICATIONS_KEPT:], updated_at=at)

    def rolled_back(self, at: datetime) -> "Template":
        """Return it with the version that was published before. Raises `ConflictError` if there is none."""
        self.check_not_archived()
        if len(self.publications) < 2:
            raise ConflictError("No version was published before this one")
        return replace(self, publications=self.publications[:-1], updated_at=at)

    def archived(self, at: datetime) -> "Template":
        """Return it archived."""
        return self if self.archived_at else replace(self, archived_at=at, updated_at=at)

    def check_not_archived(self) -> None:
        """Raise `ConflictError` if it is archived."""
        if self.archived_at is not None:
            raise ConflictError("The template is archived")
