"""Senders as parts of MongoDB documents: of a tenant, and of the notifications that were accepted with them."""

from wavecom.adapters.mongo.client import Document
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.senders import Sender


def to_document(sender: Sender) -> Document:
    """Return a sender as it is stored, without the fields that have no value."""
    document = {
        "id": sender.id,
        "type": sender.channel.value,
        "address": sender.address,
        "name": sender.name,
        "replyTo": sender.reply_to,
        "providers": list(sender.providers) or None,
    }
    return {name: value for name, value in document.items() if value is not None}


def from_document(document: Document) -> Sender:
    """Return a stored sender."""
    return Sender(
        id=document["id"],
        channel=Channel(document["type"]),
        address=document["address"],
        name=document.get("name"),
        reply_to=document.get("replyTo"),
        providers=tuple(document.get("providers", ())),
    )
