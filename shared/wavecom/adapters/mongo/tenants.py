"""The tenants' policies, with a short-lived cache, so that most requests need no look-up.

A tenant's senders and categories are fields of its one document, ``senders.billing`` for example, so that they cost no
read of their own; ``defaultSenders.EMAIL`` is the id of the channel's default.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.adapters.mongo.senders import from_document, to_document
from wavecom.cache import TimedCache
from wavecom.domain.categories import Category
from wavecom.domain.notifications.enums import Channel, OnUnknown
from wavecom.domain.senders import NO_SENDERS, Sender, Senders
from wavecom.domain.tenants import DEFAULT_POLICY, TenantPolicy

CACHE: Final = timedelta(seconds=30)
"""The time until a changed policy is in force everywhere."""


class MongoTenants:
    """`wavecom.ports.tenants.Tenants` on MongoDB."""

    def __init__(self, mongo: Mongo) -> None:
        self._tenants = mongo.database.tenants
        self._cache = TimedCache[str, TenantPolicy](CACHE)

    def get(self, tenant_id: str) -> TenantPolicy:
        """See `wavecom.ports.tenants.Tenants.get`."""
        return self._cache.get(tenant_id, lambda: self._read(tenant_id))

    def latest(self, tenant_id: str) -> TenantPolicy:
        """See `wavecom.ports.tenants.Tenants.latest`."""
        return self._read(tenant_id)

    def choose_on_unknown(self, tenant_id: str, on_unknown: OnUnknown) -> None:
        """See `wavecom.ports.tenants.Tenants.choose_on_unknown`."""
        self._update(tenant_id, {"$set": {"onUnknown": on_unknown.value}})

    def choose_contact(self, tenant_id: str, contact: str | None) -> None:
        """See `wavecom.ports.tenants.Tenants.choose_contact`."""
        self._update(tenant_id, {"$set": {"contact": contact}})

    def put_sender(self, tenant_id: str, sender: Sender, *, default: bool) -> None:
        """See `wavecom.ports.tenants.Tenants.put_sender`."""
        stored = {f"senders.{sender.id}": to_document(sender)}
        if default:
            self._update(tenant_id, {"$set": {**stored, _default_of(sender): sender.id}})
        else:
            self._update(tenant_id, {"$set": stored})
            self._is_no_default(tenant_id, sender)

    def remove_sender(self, tenant_id: str, sender: Sender) -> bool:
        """See `wavecom.ports.tenants.Tenants.remove_sender`."""
        self._is_no_default(tenant_id, sender)
        return self._unset(tenant_id, f"senders.{sender.id}")

    def put_category(self, tenant_id: str, category: Category) -> None:
        """See `wavecom.ports.tenants.Tenants.put_category`."""
        stored = {"name": category.name, "transactional": category.transactional}
        self._update(tenant_id, {"$set": {f"categories.{category.id}": stored}})

    def remove_category(self, tenant_id: str, category_id: str) -> bool:
        """See `wavecom.ports.tenants.Tenants.remove_category`."""
        return self._unset(tenant_id, f"categories.{category_id}")

    def _unset(self, tenant_id: str, place: str) -> bool:
        return self._update(tenant_id, {"$unset": {place: ""}}, only_if={place: {"$exists": True}})

    def _is_no_default(self, tenant_id: str, sender: Sender) -> None:
        place = _default_of(sender)
        self._update(tenant_id, {"$unset": {place: ""}}, only_if={place: sender.id})

    def _update(self, tenant_id: str, update: Document, *, only_if: Document | None = None) -> bool:
        """Change a tenant's document, which is made if need be and no condition is given; return whether it changed."""
        with available():
            done = self._tenants.update_one({"_id": tenant_id, **(only_if or {})}, update, upsert=only_if is None)
        self._cache.drop(tenant_id)
        return done.modified_count == 1

    def _read(self, tenant_id: str) -> TenantPolicy:
        with available():
            document = self._tenants.find_one({"_id": tenant_id})
        if document is None:
            return DEFAULT_POLICY
        return TenantPolicy(
            on_unknown=OnUnknown(document.get("onUnknown", DEFAULT_POLICY.on_unknown)),
            senders=_senders(document),
            categories=_categories(document),
            contact=document.get("contact"),
        )


def _categories(document: Document) -> dict[str, Category]:
    by_id: Mapping[str, Document] = document.get("categories", {})
    return {category_id: Category(id=category_id, **stored) for category_id, stored in sorted(by_id.items())}


def _default_of(sender: Sender) -> str:
    return f"defaultSenders.{sender.channel.value}"


def _senders(document: Document) -> Senders:
    by_id: Mapping[str, Document] = document.get("senders", {})
    if not by_id:
        return NO_SENDERS
    return Senders(
        by_id={sender_id: from_document(sender) for sender_id, sender in sorted(by_id.items())},
        defaults={Channel(channel): sender_id for channel, sender_id in document.get("defaultSenders", {}).items()},
    )
