"""Clean HTML that comes from outside."""

from typing import Protocol

from wavecom.domain.content.html import CleanHtml


class HtmlCleaner(Protocol):
    """Takes out of HTML what an email must not have."""

    def clean(self, html: str) -> CleanHtml:
        """Return HTML without scripts, event handlers, forms, frames, style sheets and addresses of unusual schemes.

        What has been cleaned is not changed by cleaning it again. Raises `RefusedDraftError` for HTML that would take
        too long.
        """
