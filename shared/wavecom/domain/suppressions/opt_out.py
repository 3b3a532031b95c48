"""Answers of recipients by which they opt out of text messages, and in again."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutAnswer:
    """An answer of a recipient to a sender of SMS, as its provider tells it.

    ``senders`` are the addresses that were answered: the number, and the pool that it belongs to, if any.
    ``to_provider`` says that one of them is the provider's own sender, from which messages without a sender come.
    ``wanted`` is whether the recipient wants messages from then on.
    """

    recipient: str
    senders: AbstractSet[str]
    to_provider: bool
    wanted: bool
