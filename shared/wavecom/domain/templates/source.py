"""The source of a template in one language."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

WRITTEN: Final = ("subject", "text", "html", "mjml")
"""The parts that a person writes."""
RENDERED: Final = ("subject", "text", "html")
"""The parts that a message has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A template's source by part: ``subject`` (of a push message: its title), ``text`` and, of an email, HTML.

    HTML is written as ``html`` or as ``mjml``. ``sent_html`` is what is rendered of it: HTML made of the MJML, or with
    its style sheets moved into the elements; None where ``html`` is rendered as it is.
    """

    subject: str | None = None
    text: str | None = None
    html: str | None = None
    mjml: str | None = None
    sent_html: str | None = None

    def written(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the source of each part that was written."""
        for name in WRITTEN:
            source = getattr(self, name)
            if source is not None:
                yield name, source

    def parts(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the source of each part that is rendered."""
        for name in RENDERED:
            source = self.sent_html if name == "html" and self.sent_html is not None else getattr(self, name)
            if source is not None:
                yield name, source
