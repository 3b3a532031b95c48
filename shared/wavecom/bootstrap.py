"""The one place that joins adapters to use cases. Nothing connects at import; each part is made on first use."""

import gc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any

from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.adapters.mongo.system import MongoSystemState
from wavecom.adapters.providers.configuration import SendGridConfig, TwilioConfig
from wavecom.adapters.providers.recipients import takes
from wavecom.adapters.secrets import read_secret
from wavecom.application.accept.admission import Admission
from wavecom.application.accept.recipient_check import AcceptsRecipient, RecipientCheck
from wavecom.application.accept.submit import Submit
from wavecom.application.deliver.deliver import Deliver
from wavecom.application.deliver.provider_health import ProviderHealth
from wavecom.application.deliver.select import ChannelProvider, ChannelProviders, ProviderSelection
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
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.reports import DeliveryReport
from wavecom.needs import NEEDS
from wavecom.observability import Handler, configure_logging, traced
from wavecom.ports.api_keys import ApiKeys
from wavecom.ports.metrics import MetricsSink
from wavecom.ports.provider_limits import Breakers, Pace, Weights
from wavecom.ports.providers import WithSandbox
from wavecom.ports.reports import KeptReports
from wavecom.ports.suppressions import Suppressions
from wavecom.ports.system import Clock
from wavecom.settings import SECRET_SETTINGS, Settings, simulated

if TYPE_CHECKING:
    from wavecom.adapters.providers.factory import ProviderDefaults
    from wavecom.adapters.rabbitmq.queue import RabbitMQQueue
    from wavecom.adapters.sqs.queue import SqsQueue
    from wavecom.http.receipts.app import ReceiptServices
    from wavecom.http.services import Services

OBJECTS_BEFORE_COLLECTION = 50_000
"""New containers, less those that are gone; some megabytes."""


@dataclass(frozen=True)
class Container:
    """Everything a process needs, made from its settings on first use and kept."""

    settings: Settings

    @cached_property
    def mongo(self) -> Mongo:
        """The database."""
        settings = self.settings
        return Mongo(
            settings.mongodb_uri.get_secret_value(),
            settings.mongodb_database,
            pool_size=settings.mongodb_pool_size,
        )

    @cached_property
    def counters(self) -> MongoCounters:
        """The counters."""
        return MongoCounters(self.mongo)

    @cached_property
    def store(self) -> MongoNotificationStore:
        """The notification store."""
        return MongoNotificationStore(self.mongo, self.counters)

    @cached_property
    def system(self) -> MongoSystemState:
        """What the service knows of itself."""
        return MongoSystemState(self.mongo)

    @cached_property
    def queue(self) -> "RabbitMQQueue | SqsQueue":
        """The queues. Each broker's client is imported only where it is used."""
        settings = self.settings
        if settings.broker == "rabbitmq" and settings.amqp_url is not None:
            from wavecom.adapters.rabbitmq.queue import RabbitMQQueue  # noqa: PLC0415

            return RabbitMQQueue(settings.broker_url, lane_shards=settings.lane_shards)
        from wavecom.adapters.sqs.queue import SqsQueue, sqs_client  # noqa: PLC0415

        client = sqs_client(region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
        return SqsQueue(client, prefix=settings.sqs_queue_prefix)

    @cached_property
    def breakers(self) -> Breakers:
        """The circuit breakers."""
        from wavecom.adapters.mongo.providers.breakers import MongoBreakerStates  # noqa: PLC0415
        from wavecom.adapters.providers.breaker import PyBreakers  # noqa: PLC0415

        return PyBreakers(MongoBreakerStates(self.mongo), self.clock)

    @cached_property
    def clock(self) -> Clock:
        """The database's time."""
        from wavecom.adapters.mongo.clock import MongoClock  # noqa: PLC0415

        return MongoClock(self.mongo)

    @cached_property
    def pace(self) -> Pace:
        """The providers' rate limits."""
        from wavecom.adapters.mongo.providers.pace import MongoPace  # noqa: PLC0415

        return MongoPace(self.mongo)

    @cached_property
    def weights(self) -> Weights:
        """The providers' weights."""
        from wavecom.adapters.mongo.providers.weights import MongoWeights  # noqa: PLC0415

        return MongoWeights(self.mongo)

    @cached_property
    def suppressions(self) -> Suppressions:
        """The suppression lists."""
        from wavecom.adapters.mongo.suppressions import MongoSuppressions  # noqa: PLC0415

        return MongoSuppressions(self.mongo)

    @cached_property
    def _defaults(self) -> "ProviderDefaults":
        """What providers are made with, beside their own configuration."""
        from wavecom.adapters.providers.factory import ProviderDefaults  # noqa: PLC0415

        settings = self.settings
        return ProviderDefaults(
            region=settings.aws_region,
            endpoint_url=settings.aws_endpoint_url,
            timeout=settings.provider_timeout,
            max_connections=settings.sends_at_once,
            receipts_url=settings.receipts_url,
            latency=timedelta(milliseconds=settings.simulated_latency_ms),
            failure_rate=settings.simulated_failure_rate,
            down=settings.simulated_down,
            journal=settings.simulated_journal,
            report=self._report_later,
        )

    @cached_property
    def routes(self) -> ChannelProviders:
        """Each channel's providers, and the simulators of the test keys."""
        from wavecom.adapters.providers.factory import make_provider  # noqa: PLC0415

        fault_free = replace(self._defaults, failure_rate=0.0, down=frozenset())
        live: dict[Channel, list[ChannelProvider]] = {channel: [] for channel in Channel}
        for each in self.settings.configured_providers():
            provider = make_provider(each, self._defaults)
            route = ChannelProvider(
                provider=provider, weight=each.weight, per_second=each.per_second, takes=partial(takes, each)
            )
            live[each.channel].append(route)
        simulators = {
            channel: [ChannelProvider(provider=make_provider(simulated(channel), fault_free))] for channel in Channel
        }
        return ChannelProviders(live=live, simulators=simulators)

    @cached_property
    def with_sandbox(self) -> list[WithSandbox]:
        """The providers that may hold our account in a sandbox; no others are made, as nothing is sent."""
        configured = [each for each in self.settings.configured_providers() if each.has_sandbox]
        if not configured:
            return []
        from wavecom.adapters.providers.factory import make_provider  # noqa: PLC0415

        made = [make_provider(each, self._defaults) for each in configured]
        return [each for each in made if isinstance(each, WithSandbox)]

    def _report_later(self, report: DeliveryReport, delay: timedelta) -> None:
        """Let a simulated provider's delivery report come after ``delay``."""
        comes_at = self.clock() + delay
        self.kept_reports.keep([report], at=comes_at, until=comes_at)

    @cached_property
    def kept_reports(self) -> KeptReports:
        """The delivery reports that wait for their time."""
        from wavecom.adapters.mongo.kept_reports import MongoKeptReports  # noqa: PLC0415

        return MongoKeptReports(self.mongo)

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
        """Say how the providers are."""
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
        """Say which recipients the providers take."""
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
    def keys(self) -> ApiKeys:
        """The stored API keys."""
        from wavecom.adapters.mongo.api_keys import MongoApiKeys  # noqa: PLC0415

        return MongoApiKeys(self.mongo)

    @cached_property
    def manage_api_keys(self) -> ManageApiKeys:
        """Make, rotate and revoke API keys."""
        return ManageApiKeys(api_keys=self.keys, clock=self.clock)

    @cached_property
    def api_services(self) -> "Services":
        """Everything behind the HTTP routes."""
        from wavecom.adapters.mongo.rate_limits import MongoRateLimits  # noqa: PLC0415
        from wavecom.adapters.mongo.tenants import MongoTenants  # noqa: PLC0415
        from wavecom.http.services import HttpConfig, Services  # noqa: PLC0415

        tenants = MongoTenants(self.mongo)
        return Services(
            admission=Admission(
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
        """Take back what is overdue."""
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


@cache
def container(function: str | None = None) -> Container:
    """Return the process's container, made from the environment on the first call.

    It reads the secrets that ``function`` needs (`wavecom.needs.NEEDS`), or all where one process is every function.
    Raises `SettingsError`, and `UnavailableError` where a secret cannot be read.
    """
    return Container(Settings.from_environment(read_secret, secrets=NEEDS[function] if function else SECRET_SETTINGS))


def collect_garbage_rarely() -> None:
    """Set the garbage collector for a process that holds batches of notifications, few of them in cycles.

    With the defaults of CPython it goes through a batch of 1,000 again and again, a sixth of a consumer's time. What
    is loaded by now is never looked at again (https://docs.python.org/3/library/gc.html#gc.freeze).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)


def entry_point(service: str, handle: Handler) -> Handler:
    """Return ``handle`` as the Lambda handler of the function ``service``: JSON logs, traced where TRACING is on."""
    configure_logging(service)

    @cache
    def chosen() -> Handler:
        made = traced(handle, service) if container(service).settings.tracing else handle
        collect_garbage_rarely()
        return made

    def lambda_handler(event: dict[str, Any], context: Any) -> Any:
        return chosen()(event, context)

    return lambda_handler
