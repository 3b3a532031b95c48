"""Senders: who a tenant's messages come from, as their recipients see it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from wavecom.domain.notifications.enums import Channel

SENDER_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""A valid sender id, fit for a path and for the name of a field in MongoDB."""
SENDERS_MAX: Final = 50
"""The most senders of a tenant: they are read together, with its policy."""
PROVIDERS_MAX: Final = 20
"""The most providers that a sender may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The origin of messages of one channel, as their recipients see it.

    ``address`` is an email address; of SMS a number, a short code or a sender id; of PUSH the app, by its bundle id.
    ``name`` is shown beside an email address, and answers to the email go to ``reply_to``. Only ``providers`` carry
    its messages, by name; if it is empty, all of the channel do.
    """

    id: str
    channel: Channel
    address: str
    name: str | None = None
    reply_to: str | None = None
    providers: tuple[str, ...] = ()

    def may_use(self, provider: str) -> bool:
        """Return whether a provider carries its messages."""
        return not self.providers or provider in self.providers


@dataclass(frozen=True, slots=True, kw_only=True)
class Senders:
    """A tenant's senders by id, and the id of each channel's default."""

    by_id: Mapping[str, Sender] = field(default_factory=lambda: MappingProxyType({}))
    defaults: Mapping[Channel, str] = field(default_factory=lambda: MappingProxyType({}))

    def get(self, channel: Channel, sender_id: str) -> Sender | None:
        """Return a sender of a channel, None if there is none with this id."""
        found = self.by_id.get(sender_id)
        return found if found is not None and found.channel is channel else None

    def chosen(self, channel: Channel, sender_id: str | None) -> Sender | None:
        """Return the sender of a message that names ``sender_id``, or none; None: its provider's own sender."""
        chosen = self.defaults.get(channel) if sender_id is None else sender_id
        return None if chosen is None else self.get(channel, chosen)

    def is_default(self, sender: Sender) -> bool:
        """Return whether a sender is the default of its channel."""
        return self.defaults.get(sender.channel) == sender.id


NO_SENDERS: Final = Senders()
