"""The source of a template in one language."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A template's source by part: ``subject`` (of a push message: its title), ``text`` and, of an email, ``html``."""

    subject: str | None = None
    text: str | None = None
    html: str | None = None

    def parts(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the source of each part that is there."""
        for name in ("subject", "text", "html"):
            source = getattr(self, name)
            if source is not None:
                yield name, source
