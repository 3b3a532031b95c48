"""Publish messages about webhooks. A message that is lost is made up for by the sweep."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from wavecom.domain.events.event import Event
from wavecom.domain.queue_messages import WebhookLane, WebhookMessage
from wavecom.domain.webhooks.delivery import Delivery
from wavecom.domain.webhooks.endpoint import Endpoint
from wavecom.ports.queue import WebhookQueue

logger = logging.getLogger(__name__)

AT_ONCE: Final = 4
WAIT: Final = timedelta(seconds=1)
"""The longest wait for the broker: whoever accepts or sends notifications must not wait for webhooks."""
COOLDOWN: Final = timedelta(seconds=5)
"""The time for which nothing is announced after the broker did not answer, so that nobody waits for it again."""


@dataclass(slots=True)
class Announcements:
    """Tells consumers of events and deliveries. No method raises: the sweep finds what was not announced.

    ``queue`` returns the queue, which is made only where there is something to announce.
    """

    queue: Callable[[], WebhookQueue]
    _silent_until: float = 0.0
    _executor: Executor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE, thread_name_prefix="announce"))

    def announce(self, events: Sequence[Event]) -> None:
        """Tell of events that are to be passed to their endpoints."""
        by_tenant: defaultdict[str, list[str]] = defaultdict(list)
        for event in events:
            by_tenant[event.tenant_id].append(event.id)
        self._publish(
            [
                message
                for tenant_id, ids in by_tenant.items()
                for message in WebhookMessage.about(tenant_id, ids, lane=WebhookLane.QUICK)
            ]
        )

    def announce_deliveries(
        self, deliveries: Sequence[Delivery], endpoint: Endpoint, *, delay: timedelta = timedelta(0)
    ) -> None:
        """Tell of deliveries to an endpoint that are to be attempted after ``delay``."""
        lane = WebhookLane.QUICK if endpoint.quick else WebhookLane.SLOW
        ids = [each.event_id for each in deliveries]
        messages = WebhookMessage.about(endpoint.tenant_id, ids, lane=lane, endpoint_id=endpoint.id)
        self._publish(messages, delay)

    def _publish(self, messages: Sequence[WebhookMessage], delay: timedelta = timedelta(0)) -> None:
        if not messages or time.monotonic() < self._silent_until:
            return
        published = self._executor.submit(self._try_to_publish, messages, delay)
        try:
            done = published.result(WAIT.total_seconds())
        except TimeoutError:
            done = False
        if not done:
            self._silent_until = time.monotonic() + COOLDOWN.total_seconds()
            logger.warning("Webhooks not announced, the sweep will", extra={"count": len(messages)})

    def _try_to_publish(self, messages: Sequence[WebhookMessage], delay: timedelta) -> bool:
        try:
            self.queue().publish_webhooks(messages, delay=delay)
        except Exception:
            logger.warning("The broker took no message about webhooks", exc_info=True)
            return False
        return True
