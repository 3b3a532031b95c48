"""The adapters of the ports, created from the settings."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.events.outbox import MongoOutbox
from wavecom.adapters.mongo.events.wanted import MongoWantedEvents
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.adapters.mongo.system import MongoSystemState
from wavecom.adapters.providers.recipients import takes
from wavecom.application.deliver.select import ChannelProvider, ChannelProviders
from wavecom.application.webhooks.announce import Announcements
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.reports import DeliveryReport
from wavecom.ports.content import AttachmentFiles, Attachments, HtmlCleaner, Scanner, TemplateEngine, Templates
from wavecom.ports.events import Events
from wavecom.ports.providers import Breakers, Pace, Weights, WithSandbox
from wavecom.ports.reports import KeptReports
from wavecom.ports.suppressions import Suppressions
from wavecom.ports.system import Clock
from wavecom.ports.tenants import ApiKeys
from wavecom.settings import Settings, simulated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from wavecom.adapters.mongo.attachments.files import MongoAttachmentFiles
    from wavecom.adapters.providers.factory import ProviderDefaults
    from wavecom.adapters.rabbitmq.queue import RabbitMQQueue
    from wavecom.adapters.sqs.queue import SqsQueue


@dataclass(frozen=True)
class Adapters:
    """A process's adapters, each created on first use and kept."""

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
        return MongoNotificationStore(self.mongo, self.counters, self.outbox)

    @cached_property
    def outbox(self) -> MongoOutbox:
        """The events that are written with the changes that they tell of."""
        return MongoOutbox(self.mongo, self.wanted_events, self.announcements.announce)

    @cached_property
    def wanted_events(self) -> MongoWantedEvents:
        """The events that each tenant wants."""
        return MongoWantedEvents(self.mongo, self.clock)

    @cached_property
    def announcements(self) -> Announcements:
        """Messages about webhooks. The queue is made when there is something to announce."""
        return Announcements(lambda: self.queue)

    @cached_property
    def events(self) -> Events:
        """The events that were written down."""
        from wavecom.adapters.mongo.events.events import MongoEvents  # noqa: PLC0415

        return MongoEvents(self.mongo, self.wanted_events)

    @property
    def sealing_keys(self) -> list[str]:
        """The keys that seal links and secrets, the present one first."""
        key = self.settings.sealing_key
        return key.get_secret_value().split(" ") if key is not None else []

    @cached_property
    def system(self) -> MongoSystemState:
        """The stored state of the service."""
        return MongoSystemState(self.mongo, self.clock)

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

        return MongoSuppressions(self.mongo, self.outbox)

    @cached_property
    def templates(self) -> Templates:
        """The stored templates."""
        from wavecom.adapters.mongo.templates import MongoTemplates  # noqa: PLC0415

        return MongoTemplates(self.mongo, self.outbox)

    @cached_property
    def template_engine(self) -> TemplateEngine:
        """The template engine."""
        from wavecom.adapters.templates.engine import MinijinjaEngine  # noqa: PLC0415

        return MinijinjaEngine()

    @cached_property
    def html_cleaner(self) -> HtmlCleaner:
        """The cleaner of clients' HTML."""
        from wavecom.adapters.html.cleaner import Nh3Cleaner  # noqa: PLC0415

        return Nh3Cleaner()

    @cached_property
    def attachments(self) -> Attachments:
        """The stored attachments."""
        from wavecom.adapters.mongo.attachments.records import MongoAttachments  # noqa: PLC0415

        return MongoAttachments(self.mongo)

    @cached_property
    def attachment_files(self) -> AttachmentFiles:
        """The bytes of attachments, in the bucket or, without one, in the database."""
        if self.settings.attachments_bucket is not None:
            from wavecom.adapters.s3.files import S3AttachmentFiles  # noqa: PLC0415

            return S3AttachmentFiles(lambda: self._s3, self.settings.attachments_bucket, self.clock)
        return self.files_in_database

    @cached_property
    def files_in_database(self) -> "MongoAttachmentFiles":
        """The bytes of attachments in the database."""
        from wavecom.adapters.mongo.attachments.files import MongoAttachmentFiles  # noqa: PLC0415

        return MongoAttachmentFiles(self.mongo, self.settings.uploads_url)

    @cached_property
    def _s3(self) -> "S3Client":
        from wavecom.adapters.s3.files import s3_client  # noqa: PLC0415

        settings = self.settings
        return s3_client(
            region=settings.aws_region,
            endpoint_url=settings.aws_endpoint_url,
            max_connections=settings.sends_at_once,
        )

    @cached_property
    def scanner(self) -> Scanner | None:
        """The scanner of attachments, None where none is configured."""
        settings = self.settings
        if settings.attachment_scanner is None:
            return None
        if settings.attachment_scanner == "guardduty" and settings.attachments_bucket is not None:
            from wavecom.adapters.s3.scanner import GuardDutyScanner  # noqa: PLC0415

            return GuardDutyScanner(lambda: self._s3, settings.attachments_bucket)
        from wavecom.adapters.scanner import HttpScanner  # noqa: PLC0415

        return HttpScanner(
            settings.attachment_scanner, timeout=settings.provider_timeout, max_connections=settings.sends_at_once
        )

    @cached_property
    def _defaults(self) -> "ProviderDefaults":
        """The arguments of all providers beside their own configuration."""
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
        """The providers that may hold our account in a sandbox; no others are created, since nothing is sent."""
        configured = [each for each in self.settings.configured_providers() if each.has_sandbox]
        if not configured:
            return []
        from wavecom.adapters.providers.factory import make_provider  # noqa: PLC0415

        made = [make_provider(each, self._defaults) for each in configured]
        return [each for each in made if isinstance(each, WithSandbox)]

    def _report_later(self, report: DeliveryReport, delay: timedelta) -> None:
        """Deliver a simulated provider's report after ``delay``."""
        comes_at = self.clock() + delay
        self.kept_reports.keep([report], at=comes_at, until=comes_at)

    @cached_property
    def kept_reports(self) -> KeptReports:
        """The delivery reports that are kept for later."""
        from wavecom.adapters.mongo.kept_reports import MongoKeptReports  # noqa: PLC0415

        return MongoKeptReports(self.mongo)

    @cached_property
    def keys(self) -> ApiKeys:
        """The stored API keys."""
        from wavecom.adapters.mongo.api_keys import MongoApiKeys  # noqa: PLC0415

        return MongoApiKeys(self.mongo)
