"""The use cases, joined with the adapters that the settings choose."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from wavecom.adapters.providers.configuration import SendGridConfig, TwilioConfig
from wavecom.adapters.providers.recipients import takes
from wavecom.application.accept.admission import Admission
from wavecom.application.accept.recipient_check import AcceptsRecipient, RecipientCheck
from wavecom.application.accept.render import Render
from wavecom.application.accept.submit import Submit
from wavecom.application.deliver.deliver import Deliver
from wavecom.application.deliver.provider_health import ProviderHealth
from wavecom.application.deliver.select import ProviderSelection
from wavecom.application.operate.api_keys import ManageApiKeys
from wavecom.application.operate.health import CheckHealth
from wavecom.application.operate.ledger import Ledger
from wavecom.application.operate.observe import Observe
from wavecom.application.operate.policy import ManagePolicy
from wavecom.application.operate.providers import ConfiguredProvider, Providers
from wavecom.application.operate.suppressions import ManageSuppressions
from wavecom.application.operate.verify import Verify
from wavecom.application.read.query import Query
from wavecom.application.recover.cancel_or_retry import CancelOrRetry
from wavecom.application.recover.dead_letters import DeadLetters
from wavecom.application.recover.sweep import Sweep
from wavecom.application.reports.receive import Receive
from wavecom.application.templates.manage import ManageTemplates
from wavecom.application.templates.preview import Preview
from wavecom.bootstrap.adapters import Adapters
from wavecom.domain.notifications.enums import Channel
from wavecom.ports.system import MetricsSink

if TYPE_CHECKING:
    from wavecom.http.receipts.app import ReceiptServices
    from wavecom.http.services import Services


@dataclass(frozen=True)
class Container(Adapters):
    """All parts of a process, created from its settings on first use and kept."""

    @cached_property
    def receive(self) -> Receive:
        """Apply delivery reports."""
        return Receive(store=self.store, suppressions=self.suppressions, kept=self.kept_reports, clock=self.clock)

    @cached_property
    def receipt_services(self) -> "ReceiptServices":
        """Everything behind the routes of delivery reports."""
        from wavecom.http.receipts.app import ReceiptServices  # noqa: PLC0415

        providers = self.settings.providers
        return ReceiptServices(
            receive=self.receive.receive,
            twilio_auth_tokens={each.name: each.auth_tokens() for each in providers if isinstance(each, TwilioConfig)},
            webhook_secrets={each.name: known for each in providers if (known := each.webhook_secrets())},
            sendgrid_keys={
                each.name: keys
                for each in providers
                if isinstance(each, SendGridConfig) and (keys := each.webhook_public_keys())
            },
            public_url=self.settings.receipts_url,
            clock=self.clock,
            counters=self.counters,
            max_body_bytes=self.settings.max_body_bytes,
        )

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """List and replay dead letters."""
        return DeadLetters(
            store=self.store,
            counters=self.counters,
            queue=self.queue,
            pace=self.pace,
            clock=self.clock,
            timings=self.settings.timings(),
            replays_per_second=self.settings.replays_per_second,
        )

    @cached_property
    def ledger(self) -> Ledger:
        """Show and check the ledger."""
        from wavecom.adapters.mongo.notifications.ledger_checks import MongoLedgerChecks  # noqa: PLC0415

        return Ledger(
            counters=self.counters,
            checks=MongoLedgerChecks(self.mongo, self.counters),
            system=self.system,
            clock=self.clock,
        )

    @cached_property
    def providers(self) -> Providers:
        """Show the state of the providers."""
        return Providers(
            configured=[
                ConfiguredProvider(name=each.name, channel=each.channel, weight=each.weight, per_second=each.per_second)
                for each in self.settings.configured_providers()
            ],
            breakers=self.breakers,
            weights=self.weights,
            counters=self.counters,
            system=self.system,
            clock=self.clock,
        )

    @cached_property
    def recipient_check(self) -> RecipientCheck:
        """Check recipients against the configured providers."""
        live: dict[Channel, list[AcceptsRecipient]] = {channel: [] for channel in Channel}
        for each in self.settings.configured_providers():
            live[each.channel].append(partial(takes, each))
        return RecipientCheck(live)

    @cached_property
    def submit(self) -> Submit:
        """Accept notifications."""
        return Submit(store=self.store, queue=self.queue, clock=self.clock, timings=self.settings.timings())

    @cached_property
    def cancel_or_retry(self) -> CancelOrRetry:
        """Cancel and retry."""
        return CancelOrRetry(store=self.store, queue=self.queue, clock=self.clock, timings=self.settings.timings())

    @cached_property
    def query(self) -> Query:
        """Read."""
        return Query(store=self.store, counters=self.counters, queue=self.queue, system=self.system, clock=self.clock)

    @cached_property
    def manage_api_keys(self) -> ManageApiKeys:
        """Create, rotate and revoke API keys."""
        return ManageApiKeys(api_keys=self.keys, clock=self.clock)

    @cached_property
    def manage_templates(self) -> ManageTemplates:
        """Make, publish and archive templates."""
        return ManageTemplates(templates=self.templates, engine=self.template_engine, clock=self.clock)

    @cached_property
    def api_services(self) -> "Services":
        """Everything behind the HTTP routes."""
        from wavecom.adapters.mongo.rate_limits import MongoRateLimits  # noqa: PLC0415
        from wavecom.adapters.mongo.tenants import MongoTenants  # noqa: PLC0415
        from wavecom.http.services import HttpConfig, Services  # noqa: PLC0415

        tenants = MongoTenants(self.mongo)
        return Services(
            admission=Admission(
                render=Render(templates=self.templates, engine=self.template_engine),
                submit=self.submit,
                system=self.system,
                tenants=tenants,
                recipient_check=self.recipient_check,
                clock=self.clock,
                sms_max_segments=self.settings.sms_max_segments,
            ),
            cancel_or_retry=self.cancel_or_retry,
            query=self.query,
            dead_letters=self.dead_letters,
            templates=self.manage_templates,
            preview=Preview(manage=self.manage_templates),
            suppressions=ManageSuppressions(suppressions=self.suppressions, clock=self.clock),
            api_keys=self.manage_api_keys,
            policy=ManagePolicy(tenants=tenants),
            ledger=self.ledger,
            verify=Verify(store=self.store, system=self.system),
            providers=self.providers,
            health=CheckHealth(store=self.store, queue=self.queue, clock=self.clock),
            keys=self.keys,
            rate_limits=MongoRateLimits(self.mongo),
            counters=self.counters,
            clock=self.clock,
            config=HttpConfig(
                rate_limit=self.settings.rate_limit_per_minute,
                max_body_bytes=self.settings.max_body_bytes,
                cors_origins=self.settings.cors_origins,
                development_tenant=self.settings.development_tenant,
            ),
        )

    @cached_property
    def deliver(self) -> Deliver:
        """Deliver batches."""
        return Deliver(
            store=self.store,
            queue=self.queue,
            suppressions=self.suppressions,
            receive=self.receive,
            selection=ProviderSelection(
                routes=self.routes,
                breakers=self.breakers,
                pace=self.pace,
                weights=self.weights,
                clock=self.clock,
            ),
            health=ProviderHealth(breakers=self.breakers, pace=self.pace, clock=self.clock),
            executor=ThreadPoolExecutor(self.settings.sends_at_once, thread_name_prefix="send"),
            sends_at_once=self.settings.sends_at_once,
            clock=self.clock,
            timings=self.settings.timings(),
        )

    @cached_property
    def sweep(self) -> Sweep:
        """Take back overdue notifications."""
        return Sweep(
            store=self.store,
            counters=self.counters,
            queue=self.queue,
            receive=self.receive,
            system=self.system,
            clock=self.clock,
            timings=self.settings.timings(),
        )

    def observe(self, metrics: MetricsSink) -> Observe:
        """Measure, into ``metrics``."""
        return Observe(
            counters=self.counters,
            queue=self.queue,
            breakers=self.breakers,
            weights=self.weights,
            ledger=self.ledger,
            channels=self._names_by_channel(),
            with_sandbox=self.with_sandbox,
            system=self.system,
            metrics=metrics,
            thresholds=self.settings.thresholds(),
            clock=self.clock,
        )

    def _names_by_channel(self) -> list[list[str]]:
        configured = self.settings.configured_providers()
        return [[each.name for each in configured if each.channel is channel] for channel in Channel]
