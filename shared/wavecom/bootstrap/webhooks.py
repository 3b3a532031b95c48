"""The parts of webhooks, joined: endpoints, deliveries and calls, and the use cases of consumers and of the sweep."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from wavecom.application.webhooks.sweep import SweepWebhooks
from wavecom.bootstrap.adapters import Adapters
from wavecom.ports.webhooks import Deliveries, Endpoints, WebhookCalls
from wavecom.topology import WEBHOOK_CALLS_AT_ONCE

if TYPE_CHECKING:
    from wavecom.application.webhooks.deliver import DeliverWebhooks


@dataclass(frozen=True)
class Webhooks(Adapters):
    """A process's adapters, and its parts of webhooks, each created on first use and kept."""

    @cached_property
    def endpoints(self) -> Endpoints | None:
        """The endpoints of webhooks, None where the settings have no key for their secrets."""
        if not self.sealing_keys:
            return None
        from wavecom.adapters.mongo.webhooks.endpoints import PURPOSE, MongoEndpoints  # noqa: PLC0415
        from wavecom.adapters.sealing import Seal  # noqa: PLC0415

        return MongoEndpoints(self.mongo, self.wanted_events, Seal(self.sealing_keys, PURPOSE), self.outbox)

    @cached_property
    def webhook_deliveries(self) -> Deliveries:
        """The deliveries of webhooks."""
        from wavecom.adapters.mongo.webhooks.deliveries import MongoDeliveries  # noqa: PLC0415

        return MongoDeliveries(self.mongo)

    @cached_property
    def webhook_calls(self) -> WebhookCalls:
        """The calls of endpoints."""
        from wavecom.adapters.webhooks.calls import HttpWebhookCalls  # noqa: PLC0415

        return HttpWebhookCalls(allow_loopback=self.settings.webhooks_to_loopback)

    @cached_property
    def sweep_webhooks(self) -> SweepWebhooks | None:
        """Take back overdue events and deliveries, None where the settings allow no endpoints."""
        if self.endpoints is None:
            return None
        from wavecom.adapters.mongo.tenants import MongoTenants  # noqa: PLC0415
        from wavecom.application.accept.submit import Submit  # noqa: PLC0415
        from wavecom.application.webhooks.notices import WriteNotices  # noqa: PLC0415

        submit = Submit(store=self.store, queue=self.queue, clock=self.clock, timings=self.settings.timings())
        return SweepWebhooks(
            events=self.events,
            endpoints=self.endpoints,
            deliveries=self.webhook_deliveries,
            announcements=self.announcements,
            notices=WriteNotices(
                endpoints=self.endpoints, tenants=MongoTenants(self.mongo), submit=submit, clock=self.clock
            ),
            clock=self.clock,
        )

    @cached_property
    def deliver_webhooks(self) -> "DeliverWebhooks | None":
        """Deliver events to endpoints, None where the settings allow no endpoints."""
        from wavecom.adapters.mongo.providers.breakers import MongoBreakerStates  # noqa: PLC0415
        from wavecom.adapters.providers.breaker import PyBreakers  # noqa: PLC0415
        from wavecom.adapters.webhooks.signature import StandardWebhooksSigner  # noqa: PLC0415
        from wavecom.application.webhooks.deliver import DeliverWebhooks  # noqa: PLC0415
        from wavecom.application.webhooks.fan_out import FanOut  # noqa: PLC0415
        from wavecom.application.webhooks.health import EndpointHealth  # noqa: PLC0415

        if self.endpoints is None:
            return None
        return DeliverWebhooks(
            fan_out=FanOut(
                events=self.events,
                endpoints=self.endpoints,
                deliveries=self.webhook_deliveries,
                announcements=self.announcements,
                clock=self.clock,
            ),
            deliveries=self.webhook_deliveries,
            health=EndpointHealth(
                endpoints=self.endpoints,
                breakers=PyBreakers(MongoBreakerStates(self.mongo, "webhookbreakers"), self.clock),
            ),
            store=self.store,
            calls=self.webhook_calls,
            signer=StandardWebhooksSigner(),
            announcements=self.announcements,
            executor=ThreadPoolExecutor(WEBHOOK_CALLS_AT_ONCE, thread_name_prefix="webhook"),
            clock=self.clock,
        )
