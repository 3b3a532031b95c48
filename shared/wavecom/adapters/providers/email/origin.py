"""The origin of an email: its provider's own sender, or one of the tenant's."""

from functools import lru_cache
from typing import NamedTuple

from wavecom.adapters.providers.email.address import parse_sender, sender_address
from wavecom.adapters.providers.email.message import Mailbox
from wavecom.domain.providers.outcomes import About, PermanentError
from wavecom.domain.senders import Sender


class Origin(NamedTuple):
    """The mailbox in ``From``, and the address in ``Reply-To``, None where answers go to the first."""

    mailbox: Mailbox
    reply_to: str | None = None


class Origins:
    """The origins of a provider's messages."""

    def __init__(self, sender: str) -> None:
        """Use ``sender`` (``Name <address>`` or an address) for messages without one. Raises `ValueError`."""
        self.own = Origin(parse_sender(sender))

    def of(self, sender: Sender | None) -> Origin:
        """Return the origin of a message. Raises `PermanentError` for a sender that cannot be written as an address."""
        if sender is None:
            return self.own
        try:
            return origin_of(sender)
        except ValueError as exc:
            raise PermanentError(f"The sender {exc}", code="sender_invalid", about=About.UNCLEAR, asked=False) from exc


@lru_cache(maxsize=1_000)  # most messages of a batch have the same
def origin_of(sender: Sender) -> Origin:
    """Return the origin that a tenant's sender makes. Raises `ValueError` as `parse_sender` does."""
    mailbox = Mailbox(sender_address(sender.address), sender.name or "")
    return Origin(mailbox, None if sender.reply_to is None else sender_address(sender.reply_to))
