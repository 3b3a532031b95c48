"""HTML of an email, as it may be sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanHtml:
    """HTML without what an email must not have; ``removed`` are the kinds of elements and handlers that it had."""

    html: str
    removed: tuple[str, ...]

    def warnings(self) -> tuple[str, ...]:
        """Return what its author should know, a sentence each."""
        return (f"Taken out of the HTML: {', '.join(self.removed)}.",) if self.removed else ()
