"""The one place that joins adapters to use cases. Nothing connects at import; each part is made on first use."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.counters import MongoCounters
from wavecom.adapters.mongo.notifications import MongoNotificationStore
from wavecom.adapters.mongo.system import MongoSystemState
from wavecom.application.deliver import Deliver
from wavecom.application.intervene import Intervene
from wavecom.application.observe import Observe
from wavecom.application.query import Query
from wavecom.application.submit import Submit
from wavecom.application.sweep import Sweep
from wavecom.domain.notification import Channel
from wavecom.observability import Handler, configure_logging, traced
from wavecom.ports import Breakers, MetricsSink, Provider
from wavecom.settings import Settings

if TYPE_CHECKING:
    from wavecom.adapters.rabbitmq.queue import RabbitMQQueue
    from wavecom.adapters.sqs.queue import SqsQueue
    from wavecom.http.services import Services


def now() -> datetime:
    """Return the present moment to the millisecond, which is what MongoDB keeps."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass(frozen=True)
class Container:
    """Everything a process needs, made from its settings on first use and kept."""

    settings: Settings

    @cached_property
    def mongo(self) -> Mongo:
        """The database."""
        return Mongo(self.settings.mongodb_uri.get_secret_value(), self.settings.mongodb_database)

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

            return RabbitMQQueue(settings.amqp_url.get_secret_value())
        from wavecom.adapters.sqs.queue import SqsQueue, sqs_client  # noqa: PLC0415

        client = sqs_client(region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
        return SqsQueue(client, prefix=settings.sqs_queue_prefix)

    @cached_property
    def breakers(self) -> Breakers:
        """The circuit breakers."""
        from wavecom.adapters.breaker import PyBreakers  # noqa: PLC0415
        from wavecom.adapters.mongo.breakers import MongoBreakerStates  # noqa: PLC0415

        return PyBreakers(MongoBreakerStates(self.mongo), now)

    @cached_property
    def providers(self) -> Mapping[Channel, Sequence[Provider]]:
        """Each channel's providers, in the order in which they are asked."""
        return {
            Channel.EMAIL: [self._email_provider()],
            Channel.SMS: [self._simulated(Channel.SMS)],
            Channel.PUSH: [self._simulated(Channel.PUSH)],
        }

    def _email_provider(self) -> Provider:
        settings = self.settings
        match settings.email_provider:
            case "smtp":
                from wavecom.adapters.providers.smtp import SmtpEmailProvider  # noqa: PLC0415

                return SmtpEmailProvider(
                    host=settings.smtp_host,
                    port=settings.smtp_port,
                    sender=settings.email_sender,
                    username=settings.smtp_username,
                    password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
                    starttls=settings.smtp_starttls,
                    timeout=settings.provider_timeout,
                    pool_size=settings.sends_at_once,
                )
            case "ses":
                from wavecom.adapters.providers.ses import SesEmailProvider, ses_client  # noqa: PLC0415

                client = ses_client(
                    region=settings.aws_region,
                    endpoint_url=settings.aws_endpoint_url,
                    timeout=settings.provider_timeout,
                    max_connections=settings.sends_at_once,
                )
                return SesEmailProvider(
                    client=client, sender=settings.email_sender, configuration_set=settings.ses_configuration_set
                )
            case "simulated":
                return self._simulated(Channel.EMAIL)

    def _simulated(self, channel: Channel) -> Provider:
        from wavecom.adapters.providers.simulated import SimulatedProvider  # noqa: PLC0415

        return SimulatedProvider(
            f"simulated-{channel.lower()}",
            channel,
            latency=timedelta(milliseconds=self.settings.simulated_latency_ms),
            failure_rate=self.settings.simulated_failure_rate,
            down=channel.value in self.settings.simulated_down,
            journal=self.settings.simulated_journal,
        )

    @cached_property
    def submit(self) -> Submit:
        """Accept notifications."""
        return Submit(store=self.store, queue=self.queue, clock=now, timings=self.settings.timings())

    @cached_property
    def intervene(self) -> Intervene:
        """Cancel and retry."""
        return Intervene(store=self.store, queue=self.queue, clock=now, timings=self.settings.timings())

    @cached_property
    def query(self) -> Query:
        """Read."""
        return Query(store=self.store, counters=self.counters, queue=self.queue)

    @cached_property
    def api_services(self) -> "Services":
        """Everything behind the HTTP routes."""
        from wavecom.adapters.mongo.api_keys import MongoApiKeys  # noqa: PLC0415
        from wavecom.adapters.mongo.rate_limits import MongoRateLimits  # noqa: PLC0415
        from wavecom.http.services import HttpConfig, Services  # noqa: PLC0415

        return Services(
            submit=self.submit,
            intervene=self.intervene,
            query=self.query,
            store=self.store,
            queue=self.queue,
            counters=self.counters,
            api_keys=MongoApiKeys(self.mongo),
            rate_limits=MongoRateLimits(self.mongo),
            system=self.system,
            clock=now,
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
            breakers=self.breakers,
            providers=self.providers,
            executor=ThreadPoolExecutor(self.settings.sends_at_once, thread_name_prefix="send"),
            clock=now,
            timings=self.settings.timings(),
        )

    @cached_property
    def sweep(self) -> Sweep:
        """Take back what is overdue."""
        return Sweep(
            store=self.store,
            counters=self.counters,
            queue=self.queue,
            system=self.system,
            clock=now,
            timings=self.settings.timings(),
        )

    def observe(self, metrics: MetricsSink) -> Observe:
        """Measure, into ``metrics``."""
        return Observe(
            counters=self.counters,
            queue=self.queue,
            breakers=self.breakers,
            system=self.system,
            metrics=metrics,
            thresholds=self.settings.thresholds(),
            clock=now,
        )


@cache
def container() -> Container:
    """Return the process's container, made from the environment on the first call. Raises `SettingsError`."""
    return Container(Settings.from_environment())


def entry_point(service: str, handle: Handler) -> Handler:
    """Return ``handle`` as a Lambda handler of ``service``: JSON logs at once, tracing where TRACING is on."""
    configure_logging(service)

    @cache
    def chosen() -> Handler:
        return traced(handle, service) if container().settings.tracing else handle

    def lambda_handler(event: dict[str, Any], context: Any) -> Any:
        return chosen()(event, context)

    return lambda_handler
