"""The tenants' policies, from memory."""

from dataclasses import replace

from wavecom.domain.categories import Category
from wavecom.domain.notifications.enums import Channel, OnUnknown
from wavecom.domain.senders import Sender, Senders
from wavecom.domain.tenants import DEFAULT_POLICY, TenantPolicy


class FakeTenants:
    """Policies in a dictionary."""

    def __init__(self) -> None:
        self.policies: dict[str, TenantPolicy] = {}

    def get(self, tenant_id: str) -> TenantPolicy:
        return self.policies.get(tenant_id, DEFAULT_POLICY)

    def latest(self, tenant_id: str) -> TenantPolicy:
        return self.get(tenant_id)

    def choose_on_unknown(self, tenant_id: str, on_unknown: OnUnknown) -> None:
        self.policies[tenant_id] = replace(self.get(tenant_id), on_unknown=on_unknown)

    def choose_contact(self, tenant_id: str, contact: str | None) -> None:
        self.policies[tenant_id] = replace(self.get(tenant_id), contact=contact)

    def put_sender(self, tenant_id: str, sender: Sender, *, default: bool) -> None:
        senders = self.get(tenant_id).senders
        by_id = dict(sorted({**senders.by_id, sender.id: sender}.items()))
        defaults = _without_default(senders, sender) | ({sender.channel: sender.id} if default else {})
        self._store(tenant_id, Senders(by_id=by_id, defaults=defaults))

    def remove_sender(self, tenant_id: str, sender: Sender) -> bool:
        senders = self.get(tenant_id).senders
        by_id = {name: each for name, each in senders.by_id.items() if name != sender.id}
        self._store(tenant_id, Senders(by_id=by_id, defaults=_without_default(senders, sender)))
        return len(by_id) < len(senders.by_id)

    def put_category(self, tenant_id: str, category: Category) -> None:
        policy = self.get(tenant_id)
        categories = dict(sorted({**policy.categories, category.id: category}.items()))
        self.policies[tenant_id] = replace(policy, categories=categories)

    def remove_category(self, tenant_id: str, category_id: str) -> bool:
        policy = self.get(tenant_id)
        categories = {name: each for name, each in policy.categories.items() if name != category_id}
        self.policies[tenant_id] = replace(policy, categories=categories)
        return len(categories) < len(policy.categories)

    def _store(self, tenant_id: str, senders: Senders) -> None:
        self.policies[tenant_id] = replace(self.get(tenant_id), senders=senders)


def _without_default(senders: Senders, sender: Sender) -> dict[Channel, str]:
    return {
        channel: name for channel, name in senders.defaults.items() if (channel, name) != (sender.channel, sender.id)
    }
