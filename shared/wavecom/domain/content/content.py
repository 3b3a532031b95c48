"""A message's content as it is sent, and the template that it may come from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wavecom.domain.content.attachments import Attachment, bytes_together
from wavecom.domain.content.push import PushOptions
from wavecom.domain.content.text import has_visible_text, is_one_line

SUBJECT_MAX: Final = 998
"""The longest line of a header (RFC 5322, section 2.1.1)."""
MESSAGE_MAX: Final = 5000
HTML_MAX_BYTES: Final = 256 * 1024
HTML_CUT_BYTES: Final = 102 * 1024
"""Gmail shows no more of a message (Google Workspace help, "Message clipped")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCall:
    """A request to render a template: its id, a version (None: the published one), a locale and variables.

    ``variables`` are JSON values by name. A ``variant`` is named only to see it; else the recipient decides. A ``test``
    is sent for that alone.
    """

    id: str
    version: int | None
    locale: str | None
    variables: Mapping[str, Any]
    variant: str | None = None
    test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateUse:
    """The template, version and language that a content was rendered from, and the variant, if it has any.

    A ``test`` is not among the results of variants.
    """

    id: str
    version: int
    locale: str
    variant: str | None = None
    test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The parts of a message that its recipient gets, as they are stored and sent.

    ``html`` and ``attachments`` are an email's, and ``unsubscribe_url`` the address by which its recipient leaves its
    category. ``subject`` and ``message`` of a push message are its title and its body, and ``push`` what it carries
    beside them.
    """

    subject: str | None
    message: str
    html: str | None = None
    push: PushOptions | None = None
    unsubscribe_url: str | None = None
    attachments: tuple[Attachment, ...] = ()

    @property
    def attached_bytes(self) -> int:
        """The size of all attachments, before any encoding."""
        return bytes_together(self.attachments)

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with it, each as the end of a sentence that begins with "the variables"."""
        if "\x00" in self.message or "\x00" in (self.html or ""):
            yield "make a text with a NUL character"
        if self.subject is not None:
            if not has_visible_text(self.subject):
                yield "make an empty subject"
            if not is_one_line(self.subject):
                yield "make a subject of more than one line, or with control characters"
            if len(self.subject) > SUBJECT_MAX:
                yield f"make a subject of {len(self.subject):,} characters; {SUBJECT_MAX} are the most"
        if not has_visible_text(self.message):
            yield "make an empty message"
        if len(self.message) > MESSAGE_MAX:
            yield f"make a message of {len(self.message):,} characters; {MESSAGE_MAX:,} are the most"
        if (size := self.html_bytes()) > HTML_MAX_BYTES:
            yield f"make HTML of {size:,} bytes; {HTML_MAX_BYTES:,} are the most"

    def warnings(self) -> Iterator[str]:
        """Yield what may not look as it was meant to, a sentence each."""
        if (size := self.html_bytes()) > HTML_CUT_BYTES:
            yield f"The HTML has {size:,} bytes; Gmail cuts a message after {HTML_CUT_BYTES:,}."

    def html_bytes(self) -> int:
        """Return the size of the HTML in UTF-8, 0 where there is none."""
        return len(self.html.encode(errors="surrogatepass")) if self.html else 0
