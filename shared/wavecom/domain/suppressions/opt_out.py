"""Answers of recipients by which they opt out of text messages, and in again."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutAnswer:
    """An answer of a recipient to a sender of SMS, as its provider tells it.

    ``senders`` are the addresses that were answered: the pool, if there is one, and the number. ``provider`` is the
    provider's name where one of them is its own sender, from which its messages without a sender come. ``wanted`` is
    whether the recipient wants messages from then on.
    """

    recipient: str
    senders: Sequence[str]
    provider: str | None
    wanted: bool
