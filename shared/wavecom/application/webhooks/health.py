"""Watch endpoints: a breaker for each, since when it has been failing, and whether it answers quickly."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from wavecom.application.webhooks.announce import Announcements
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.events.event import EventType, event_of_endpoint
from wavecom.domain.providers.limits import Permit
from wavecom.domain.times import iso
from wavecom.domain.webhooks.delivery import WebhookAttempt
from wavecom.domain.webhooks.endpoint import FAILING_MAX, DisabledReason, Endpoint
from wavecom.ports.events import Events
from wavecom.ports.providers import Breakers
from wavecom.ports.webhooks import Endpoints

logger = logging.getLogger(__name__)

QUICK: Final = timedelta(seconds=5)
"""The longest answer of an endpoint that counts as quick. A consumer under load makes a quick one look slower."""
_OVERLOADED: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointHealth:
    """Keeps what follows from the answers of endpoints. One write an endpoint, and only where something changed."""

    endpoints: Endpoints
    events: Events
    breakers: Breakers
    announcements: Announcements

    def permits(self, endpoint_ids: Iterable[str]) -> Mapping[str, Permit]:
        """Return each endpoint's permission to be called."""
        return self.breakers.permits(endpoint_ids)

    def update(self, attempts: Sequence[tuple[Endpoint, WebhookAttempt]], now: datetime) -> None:
        """Note the attempts of a group, in the order in which they ended."""
        by_endpoint: defaultdict[str, list[WebhookAttempt]] = defaultdict(list)
        endpoints: dict[str, Endpoint] = {}
        for endpoint, attempt in attempts:
            by_endpoint[endpoint.id].append(attempt)
            endpoints[endpoint.id] = endpoint
        for endpoint_id, made in by_endpoint.items():
            self.breakers.record(endpoint_id, [answers(each) for each in made])
            try:
                self._note(endpoints[endpoint_id], made, now)
            except StoreUnavailableError:
                logger.warning("Health of an endpoint not stored", extra={"endpoint": endpoint_id}, exc_info=True)

    def _note(self, endpoint: Endpoint, made: Sequence[WebhookAttempt], now: datetime) -> None:
        if any(each.is_gone for each in made):
            self._disable(endpoint, DisabledReason.GONE, now)
            return
        failing_since = None if any(each.succeeded for each in made) else endpoint.failing_since or made[0].at
        if failing_since is not None and now - failing_since >= FAILING_MAX:
            self._disable(endpoint, DisabledReason.FAILING, now)
            return
        quick = all(is_quick(each) for each in made)
        if (failing_since, quick) != (endpoint.failing_since, endpoint.quick):
            self.endpoints.note_health(endpoint, failing_since=failing_since, quick=quick)

    def _disable(self, endpoint: Endpoint, reason: DisabledReason, now: datetime) -> None:
        """Disable an endpoint, and tell the tenant's others. One that has succeeded meanwhile stays as it is."""
        if reason is DisabledReason.FAILING:
            current = self.endpoints.get(endpoint.tenant_id, endpoint.id)
            if current is None or current.failing_since != endpoint.failing_since:
                return
        if not self.endpoints.replace(endpoint, replace(endpoint, disabled=reason, updated_at=now)):
            return  # it was changed or removed meanwhile
        logger.warning("Endpoint disabled", extra={"endpoint": endpoint.id, "reason": reason.value})
        since = iso(endpoint.failing_since) if endpoint.failing_since is not None else None
        data = {"endpointId": endpoint.id, "reason": reason.value, "failingSince": since}
        event = event_of_endpoint(EventType.ENDPOINT_DISABLED, endpoint.tenant_id, data, now)
        self.events.add([event])
        self.announcements.announce([event])


def answers(attempt: WebhookAttempt) -> bool:
    """Return whether an attempt shows that the endpoint is there: any answer but that it is overloaded."""
    return attempt.status is not None and attempt.status not in _OVERLOADED


def is_quick(attempt: WebhookAttempt) -> bool:
    """Return whether an endpoint answered so quickly that its deliveries hold up nobody else's."""
    return attempt.status is not None and timedelta(milliseconds=attempt.duration_ms) <= QUICK
