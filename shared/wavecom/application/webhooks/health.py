"""Watch endpoints: a breaker for each, since when it has been failing, and whether it answers quickly."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.providers.limits import Permit
from wavecom.domain.webhooks.delivery import WebhookAttempt
from wavecom.domain.webhooks.endpoint import FAILING_MAX, SLOW_FOR, DisabledReason, Endpoint
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
    breakers: Breakers

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
        quick, slow_until = _speed(endpoint, made, now)
        if (failing_since, quick, slow_until) != (endpoint.failing_since, endpoint.quick, endpoint.slow_until):
            self.endpoints.note_health(endpoint, failing_since=failing_since, quick=quick, slow_until=slow_until)

    def _disable(self, endpoint: Endpoint, reason: DisabledReason, now: datetime) -> None:
        """Disable an endpoint, and tell the tenant's others. One that has succeeded meanwhile stays as it is."""
        if self.endpoints.disable(endpoint, reason, now):
            logger.warning("Endpoint disabled", extra={"endpoint": endpoint.id, "reason": reason.value})


def _speed(endpoint: Endpoint, made: Sequence[WebhookAttempt], now: datetime) -> tuple[bool, datetime | None]:
    """Return whether an endpoint is quick after these attempts, and until when it is not again.

    The time is moved on when half of it is over, so that an endpoint that hangs costs no write at each attempt.
    """
    slow_until = endpoint.slow_until
    if all(is_quick(each) for each in made):
        return slow_until is None or slow_until <= now, slow_until
    if slow_until is None or slow_until - now < SLOW_FOR / 2:
        slow_until = now + SLOW_FOR
    return False, slow_until


def answers(attempt: WebhookAttempt) -> bool:
    """Return whether an attempt shows that the endpoint is there: any answer but that it is overloaded."""
    return attempt.status is not None and attempt.status not in _OVERLOADED


def is_quick(attempt: WebhookAttempt) -> bool:
    """Return whether an endpoint answered so quickly that its deliveries hold up nobody else's."""
    return attempt.status is not None and timedelta(milliseconds=attempt.duration_ms) <= QUICK
