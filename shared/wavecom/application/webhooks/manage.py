"""Make, change and try endpoints, and look at what became of their deliveries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from wavecom.application.webhooks.announce import Announcements
from wavecom.domain.errors import ConflictError, NotFoundError, Problem, RefusedDraftError
from wavecom.domain.events.event import Event, EventType, payload
from wavecom.domain.events.subjects import endpoint_test
from wavecom.domain.webhooks.delivery import Delivery, new_delivery
from wavecom.domain.webhooks.endpoint import (
    ENDPOINTS_MAX,
    RECOVER_MAX,
    DisabledReason,
    Endpoint,
    Recovery,
    headers_problem,
    new_endpoint_id,
    new_secret,
)
from wavecom.ports.events import Events
from wavecom.ports.system import Clock
from wavecom.ports.webhooks import Deliveries, DeliveryList, Endpoints, WebhookCalls

MISSED_MAX: Final = 10_000
"""The most events that are looked through to count beforehand what a recovery delivers."""
_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointDraft:
    """A client's wish for an endpoint; what is None stays as it is. An empty description removes it."""

    url: str | None = None
    types: tuple[EventType, ...] | None = None
    description: str | None = None
    headers: Mapping[str, str] | None = None
    metadata: bool | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class ShownDelivery:
    """A delivery, and what was sent: None once the event is no longer kept."""

    delivery: Delivery
    payload: str | None


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Deliveries of an endpoint, newest first, and whether there are more."""

    deliveries: tuple[Delivery, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageWebhooks:
    """Manages the endpoints of tenants. A change takes effect within five seconds."""

    endpoints: Endpoints
    deliveries: Deliveries
    events: Events
    calls: WebhookCalls
    announcements: Announcements
    clock: Clock

    def of(self, tenant_id: str) -> list[Endpoint]:
        """Return a tenant's endpoints, in the order of their ids."""
        return self.endpoints.of([tenant_id])

    def get(self, tenant_id: str, endpoint_id: str) -> Endpoint:
        """Return an endpoint. Raises `NotFoundError`."""
        endpoint = self.endpoints.get(tenant_id, endpoint_id)
        if endpoint is None:
            raise NotFoundError("There is no such endpoint")
        return endpoint

    def add(self, tenant_id: str, draft: EndpointDraft) -> Endpoint:
        """Make an endpoint with a new secret.

        Raises `RefusedDraftError`, and `ConflictError` if the tenant has too many.
        """
        now = self.clock()
        endpoint = Endpoint(
            id=new_endpoint_id(),
            tenant_id=tenant_id,
            url=draft.url or "",
            types=_sorted(draft.types or ()),
            secret=new_secret(),
            created_at=now,
            updated_at=now,
            description=draft.description,
            headers=dict(draft.headers or {}),
            metadata=bool(draft.metadata),
        )
        self._check(endpoint)
        if not self.endpoints.add(endpoint, most=ENDPOINTS_MAX):
            raise ConflictError(f"You have {ENDPOINTS_MAX} endpoints; more are not possible")
        return endpoint

    def change(self, tenant_id: str, endpoint_id: str, draft: EndpointDraft) -> Endpoint:
        """Change an endpoint. One that is enabled again counts as well.

        Raises `NotFoundError`, `RefusedDraftError`, and `ConflictError` if it was changed at the same time.
        """
        before = self.get(tenant_id, endpoint_id)
        after = replace(
            before,
            url=draft.url if draft.url is not None else before.url,
            types=_sorted(draft.types) if draft.types is not None else before.types,
            description=(draft.description or None) if draft.description is not None else before.description,
            headers=dict(draft.headers) if draft.headers is not None else before.headers,
            metadata=draft.metadata if draft.metadata is not None else before.metadata,
            updated_at=self.clock(),
        )
        if draft.enabled is True:
            after = replace(after, disabled=None, failing_since=None, notice_due=False)
        elif draft.enabled is False:
            after = replace(after, disabled=before.disabled or DisabledReason.BY_CLIENT, recovery=None)
        self._check(after)
        return self._replace(before, after)

    def remove(self, tenant_id: str, endpoint_id: str) -> None:
        """Remove an endpoint. Raises `NotFoundError`."""
        if not self.endpoints.remove(tenant_id, endpoint_id):
            raise NotFoundError("There is no such endpoint")

    def rotate(self, tenant_id: str, endpoint_id: str) -> Endpoint:
        """Give an endpoint a new secret; the present one signs too for a day. Raises `NotFoundError`."""
        before = self.get(tenant_id, endpoint_id)
        return self._replace(before, before.rotated(self.clock()))

    def test(self, tenant_id: str, endpoint_id: str) -> Event:
        """Send an event to an endpoint alone, and return it. Raises `NotFoundError`, and `ConflictError`."""
        endpoint = self._enabled(tenant_id, endpoint_id)
        now = self.clock()
        event = endpoint_test(endpoint, now)
        self.events.add([event])
        added = self.deliveries.add([new_delivery(event, endpoint.id, now)])
        self.announcements.announce_deliveries(added, endpoint)
        return event

    def page(self, tenant_id: str, where: DeliveryList, *, limit: int) -> DeliveryPage:
        """Return a page of an endpoint's deliveries. Raises `NotFoundError`."""
        self.get(tenant_id, where.endpoint_id)
        found = self.deliveries.page(where, limit=limit + 1)
        return DeliveryPage(tuple(found[:limit]), more=len(found) > limit)

    def delivery(self, tenant_id: str, endpoint_id: str, event_id: str) -> ShownDelivery:
        """Return a delivery with what was sent, without the client's metadata. Raises `NotFoundError`."""
        delivery = self._delivery(tenant_id, endpoint_id, event_id)
        events = self.events.get_many([event_id])
        return ShownDelivery(delivery, payload(events[0]) if events else None)

    def retry(self, tenant_id: str, endpoint_id: str, event_id: str) -> Delivery:
        """Attempt a delivery once more, whatever became of it. Raises `NotFoundError`, and `ConflictError`."""
        endpoint = self._enabled(tenant_id, endpoint_id)
        delivery = self._delivery(tenant_id, endpoint_id, event_id)
        if delivery.token is not None:
            raise ConflictError("An attempt is under way")
        if not self.events.get_many([event_id]):
            raise ConflictError("The event is no longer kept")
        saved = self.deliveries.save([delivery.again(self.clock())])
        if not saved:
            raise ConflictError("An attempt is under way")
        self.announcements.announce_deliveries(saved, endpoint)
        return saved[0]

    def missed(self, tenant_id: str, endpoint_id: str, since: datetime) -> int:
        """Return how many of the first `MISSED_MAX` events since a time a recovery would deliver.

        Raises `NotFoundError`, and `RefusedDraftError` for a time too long ago.
        """
        endpoint, now = self.get(tenant_id, endpoint_id), self.clock()
        _check_since(since, now)
        after, count = None, 0
        for _ in range(MISSED_MAX // _PAGE):
            events = self.events.between(tenant_id, since, now, after=after, limit=_PAGE)
            ids = {f"{each.id}.{endpoint.id}" for each in events if each.type in endpoint.types}
            stored = self.deliveries.get_many(ids)
            count += len(ids) - sum(1 for each in stored if not each.is_behind)
            if len(events) < _PAGE:
                break
            after = (events[-1].at, events[-1].id)
        return count

    def recover(self, tenant_id: str, endpoint_id: str, since: datetime) -> Endpoint:
        """Have everything delivered that failed or was missed since a time, in the background.

        Raises `NotFoundError`, `RefusedDraftError` for a time too long ago, and `ConflictError`.
        """
        before, now = self._enabled(tenant_id, endpoint_id), self.clock()
        _check_since(since, now)
        return self._replace(before, replace(before, recovery=Recovery(since=since, until=now), updated_at=now))

    def _enabled(self, tenant_id: str, endpoint_id: str) -> Endpoint:
        endpoint = self.get(tenant_id, endpoint_id)
        if endpoint.disabled is not None:
            raise ConflictError("The endpoint is disabled: enable it first")
        return endpoint

    def _delivery(self, tenant_id: str, endpoint_id: str, event_id: str) -> Delivery:
        found = self.deliveries.get_many([f"{event_id}.{endpoint_id}"])
        if not found or found[0].tenant_id != tenant_id:
            raise NotFoundError("There is no such delivery")
        return found[0]

    def _replace(self, before: Endpoint, after: Endpoint) -> Endpoint:
        if not self.endpoints.replace(before, after):
            raise ConflictError("The endpoint was changed at the same time: try again")
        return after

    def _check(self, endpoint: Endpoint) -> None:
        found = (("url", self.calls.problem_of(endpoint.url)), ("headers", headers_problem(endpoint.headers)))
        problems = [Problem(field, problem) for field, problem in found if problem is not None]
        if problems:
            raise RefusedDraftError(problems)


def _check_since(since: datetime, now: datetime) -> None:
    if not now - RECOVER_MAX <= since <= now:
        days = RECOVER_MAX // timedelta(days=1)
        raise RefusedDraftError([Problem("since", f"must be a time within the last {days} days")])


def _sorted(types: Sequence[EventType]) -> tuple[EventType, ...]:
    return tuple(each for each in EventType if each in types)
