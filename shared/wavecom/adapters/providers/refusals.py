"""Tables of providers' refusals with their meanings, and the reader. Each table is beside its provider's client."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import translate
from typing import Final

from wavecom.domain.providers.outcomes import (
    About,
    Outcome,
    PermanentError,
    ProviderError,
    RateLimitedError,
    TransientError,
    UnknownOutcomeError,
)
from wavecom.domain.suppressions.reason import SuppressionReason

_ADDRESS: Final = re.compile(r"<[^<>]*>|\S+@\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of a table: the refusals that it matches, and their meaning. The first row that matches decides.

    ``codes`` are the provider's codes, of which one must match; ``*`` and ``?`` are wildcards for any text and any one
    character. ``words`` are parts of the refusal's text, of which one must occur, in any case; none means any text.
    ``step`` is its step in a dialogue, "" for any. ``why`` names the reason and the source. After a limit, the next
    call waits for ``wait``, unless the provider says when. ``worth_waiting`` is as in `TransientError`.
    """

    codes: tuple[str, ...]
    words: tuple[str, ...] = ()
    step: str = ""
    outcome: Outcome
    about: About
    suppression_reason: SuppressionReason | None = None
    wait: timedelta | None = None
    worth_waiting: bool = False
    why: str
    _codes: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _words: re.Pattern[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the comparison."""
        set_field = object.__setattr__
        set_field(self, "_codes", re.compile("|".join(translate(each) for each in self.codes)))
        words = re.compile("|".join(map(re.escape, self.words)), re.IGNORECASE) if self.words else None
        set_field(self, "_words", words)

    def fits(self, codes: Iterable[str], text: str, step: str) -> bool:
        """Return whether this row matches a refusal with one of ``codes`` and with ``text``, without addresses."""
        return (
            self.step in ("", step)
            and any(self._codes.match(code) for code in codes)
            and (self._words is None or self._words.search(text) is not None)
        )


def _parts(words: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in words.split("|")) if words else ()


def for_good(
    codes: Sequence[str],
    about: About,
    why: str,
    *,
    words: str = "",
    step: str = "",
    suppression_reason: SuppressionReason | None = None,
) -> Rule:
    """Return a row of refusals that would be repeated the next time; ``words`` are separated by ``|``."""
    return Rule(
        codes=tuple(codes),
        words=_parts(words),
        step=step,
        outcome=Outcome.PERMANENT,
        about=about,
        suppression_reason=suppression_reason,
        why=why,
    )


def for_now(
    codes: Sequence[str],
    why: str,
    *,
    about: About = About.SENDER,
    words: str = "",
    step: str = "",
    worth_waiting: bool = False,
) -> Rule:
    """Return a row of refusals that may end later, or once our side is fixed."""
    return Rule(
        codes=tuple(codes),
        words=_parts(words),
        step=step,
        outcome=Outcome.TRANSIENT,
        about=about,
        worth_waiting=worth_waiting,
        why=why,
    )


def limit(codes: Sequence[str], why: str, *, words: str = "", wait: timedelta | None = None) -> Rule:
    """Return a row of refusals by a limit of our account, which spend no retry."""
    return Rule(
        codes=tuple(codes), words=_parts(words), outcome=Outcome.RATE_LIMITED, about=About.SENDER, wait=wait, why=why
    )


def unknown(codes: Sequence[str], why: str) -> Rule:
    """Return a row of answers after which it is unknown whether the message was sent."""
    return Rule(codes=tuple(codes), outcome=Outcome.UNKNOWN, about=About.SENDER, why=why)


def read(
    table: Sequence[Rule],
    codes: Sequence[str],
    text: str,
    *,
    detail: str,
    code: str,
    step: str = "",
    retry_after: timedelta | None = None,
) -> ProviderError:
    """Return the meaning of a refusal by ``table``, whose last rows match everything else.

    Addresses are removed from ``text`` first, because whoever chooses a recipient must not choose the words. ``code``
    and ``detail`` go to the error. Raises LookupError for a table with a gap.
    """
    bare = _ADDRESS.sub("", text)
    rule = next((each for each in table if each.fits(codes, bare, step)), None)
    if rule is None:
        raise LookupError(f"No row fits {', '.join(codes)}")
    match rule.outcome:
        case Outcome.PERMANENT:
            return PermanentError(detail, code=code, about=rule.about, suppression_reason=rule.suppression_reason)
        case Outcome.RATE_LIMITED:
            return RateLimitedError(detail, code=code, retry_after=rule.wait if retry_after is None else retry_after)
        case Outcome.UNKNOWN:
            return UnknownOutcomeError(detail, code=code)
        case _:
            return TransientError(detail, code=code, about=rule.about, worth_waiting=rule.worth_waiting)
