"""Show and change which categories a recipient gets, for the tenant's own page and for links in email."""

from collections.abc import Mapping
from dataclasses import dataclass

from wavecom.domain.categories import Category, Subscription
from wavecom.domain.errors import NotFoundError, Problem, RefusedDraftError
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.suppressions.suppression import Suppression, suppression_id
from wavecom.ports.suppressions import Suppressions, UnsubscribeLinks
from wavecom.ports.system import Clock
from wavecom.ports.tenants import Tenants


@dataclass(frozen=True, slots=True)
class Preference:
    """A category, and whether a recipient gets it."""

    category: Category
    subscribed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagePreferences:
    """Manages what recipients get. Every recipient gets every category until it is left."""

    tenants: Tenants
    suppressions: Suppressions
    links: UnsubscribeLinks | None
    clock: Clock

    def of(self, tenant_id: str, channel: Channel, recipient: str) -> list[Preference]:
        """Return a recipient's preferences, in the order of the categories' ids."""
        categories = self.tenants.latest(tenant_id).categories
        ids = {name: suppression_id(channel, recipient, name) for name in categories}
        left = self.suppressions.present(tenant_id, ids.values()) if ids else set()
        return [
            Preference(category, category.transactional or ids[name] not in left)
            for name, category in categories.items()
        ]

    def choose(self, tenant_id: str, channel: Channel, recipient: str, wanted: Mapping[str, bool]) -> list[Preference]:
        """Subscribe a recipient to categories or let them leave, and return all of its preferences.

        Raises `RefusedDraftError` for a category that does not exist, or cannot be left; nothing is changed then.
        """
        categories = self.tenants.latest(tenant_id).categories
        if problems := [*_problems(categories, wanted)]:
            raise RefusedDraftError(problems)
        subscriptions = {
            name: Subscription(tenant_id=tenant_id, channel=channel, recipient=recipient, category=name)
            for name in wanted
        }
        self.suppressions.add([self._left(subscriptions[name]) for name, stays in wanted.items() if not stays])
        for name, stays in wanted.items():
            if stays:
                self.suppressions.remove(tenant_id, suppression_id(channel, recipient, name), self.clock())
        return self.of(tenant_id, channel, recipient)

    def meant(self, token: str) -> Category:
        """Return the category that a link is about. Raises `NotFoundError` if the link is none of ours."""
        return self._category(self._read(token))

    def leave(self, token: str) -> Category:
        """Let the recipient of a link leave its category, however often it is asked, and return the category.

        One that has become transactional is not left. Raises `NotFoundError` if the link is none of ours.
        """
        subscription = self._read(token)
        category = self._category(subscription)
        if not category.transactional:
            self.suppressions.add([self._left(subscription)])
        return category

    def _read(self, token: str) -> Subscription:
        found = self.links.read(token) if self.links is not None else None
        if found is None:
            raise NotFoundError("There is no such link")
        return found

    def _category(self, subscription: Subscription) -> Category:
        """Return the category of a link; one that was removed since has only its id."""
        name = subscription.category
        found = self.tenants.get(subscription.tenant_id).categories.get(name)
        return found if found is not None else Category(id=name, name=name, transactional=False)

    def _left(self, subscription: Subscription) -> Suppression:
        return Suppression.of_subscription(subscription, self.clock())


def _problems(categories: Mapping[str, Category], wanted: Mapping[str, bool]) -> list[Problem]:
    problems = []
    for name, stays in wanted.items():
        if name not in categories:
            problems.append(Problem(f"categories.{name}", "is none of your categories"))
        elif categories[name].transactional and not stays:
            problems.append(Problem(f"categories.{name}", "is transactional and cannot be left"))
    return problems
