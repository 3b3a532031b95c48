"""The source of a template in one language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from wavecom.domain.content.push_rules import DATA_PREFIX, PUSH_PARTS

WRITTEN: Final = ("subject", "text", "html", "mjml", *PUSH_PARTS)
"""The parts that a person writes, beside those of ``data``."""
RENDERED: Final = ("subject", "text", "html", *PUSH_PARTS)
"""The parts that a message has, beside those of ``data``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A template's source by part: ``subject`` (of a push message: its title), ``text`` and, of an email, HTML.

    ``link`` to ``collapse_key`` are a push message's, and ``data`` are its texts for the app by name, each of them a
    part such as ``data.account``. HTML is written as ``html`` or as ``mjml``. ``sent_html`` is what is rendered of it:
    HTML made of the MJML, or with its style sheets moved into the elements; None where ``html`` is rendered as it is.
    """

    subject: str | None = None
    text: str | None = None
    html: str | None = None
    mjml: str | None = None
    link: str | None = None
    image: str | None = None
    sound: str | None = None
    badge: str | None = None
    collapse_key: str | None = None
    data: Mapping[str, str] | None = None
    sent_html: str | None = None

    def written(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the source of each part that was written."""
        for name in WRITTEN:
            source = getattr(self, name)
            if source is not None:
                yield name, source
        yield from self._data()

    def parts(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the source of each part that is rendered."""
        for name in RENDERED:
            source = self.sent_html if name == "html" and self.sent_html is not None else getattr(self, name)
            if source is not None:
                yield name, source
        yield from self._data()

    def _data(self) -> Iterator[tuple[str, str]]:
        for name, source in (self.data or {}).items():
            yield f"{DATA_PREFIX}{name}", source
