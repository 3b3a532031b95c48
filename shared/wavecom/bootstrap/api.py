"""The use cases behind the HTTP API, joined with the adapters that the settings choose.

Only the API imports this module: a consumer starts without what it never uses.
"""

from dataclasses import dataclass
from functools import cached_property, partial

from wavecom.adapters.links import SealedLinks
from wavecom.adapters.mongo.tenants import MongoTenants
from wavecom.adapters.providers.recipients import takes
from wavecom.adapters.providers.senders import problem_of
from wavecom.application.accept.admission import Admission
from wavecom.application.accept.attach import Attach
from wavecom.application.accept.recipient_check import AcceptsRecipient, RecipientCheck
from wavecom.application.accept.render import Render
from wavecom.application.accept.submit import Submit
from wavecom.application.attachments.manage import ManageAttachments
from wavecom.application.operate.health import CheckHealth
from wavecom.application.operate.policy import ManagePolicy
from wavecom.application.operate.providers import ConfiguredProvider, Providers
from wavecom.application.operate.senders import ManageSenders, SenderProblem
from wavecom.application.operate.suppressions import ManageSuppressions
from wavecom.application.operate.verify import Verify
from wavecom.application.preferences.categories import ManageCategories
from wavecom.application.preferences.preferences import ManagePreferences
from wavecom.application.read.query import Query
from wavecom.application.recover.cancel_or_retry import CancelOrRetry
from wavecom.application.recover.dead_letters import DeadLetters
from wavecom.application.templates.manage import ManageTemplates
from wavecom.application.templates.preview import Preview
from wavecom.application.templates.results import ShowResults
from wavecom.application.webhooks.manage import ManageWebhooks
from wavecom.bootstrap.feed import feed_services
from wavecom.bootstrap.use_cases import Container
from wavecom.domain.notifications.enums import Channel
from wavecom.http.services import Services
from wavecom.ports.content import AttachmentFiles
from wavecom.ports.suppressions import UnsubscribeLinks
from wavecom.ports.tenants import Tenants


@dataclass(frozen=True)
class Api:
    """The use cases of the API, made from the parts of a process on first use and kept."""

    parts: Container

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """List and replay dead letters."""
        return DeadLetters(
            store=self.parts.store,
            counters=self.parts.counters,
            queue=self.parts.queue,
            pace=self.parts.pace,
            clock=self.parts.clock,
            timings=self.parts.settings.timings(),
            replays_per_second=self.parts.settings.replays_per_second,
        )

    @cached_property
    def providers(self) -> Providers:
        """Show the state of the providers."""
        return Providers(
            configured=[
                ConfiguredProvider(name=each.name, channel=each.channel, weight=each.weight, per_second=each.per_second)
                for each in self.parts.settings.configured_providers()
            ],
            breakers=self.parts.breakers,
            weights=self.parts.weights,
            counters=self.parts.counters,
            system=self.parts.system,
            clock=self.parts.clock,
        )

    @cached_property
    def recipient_check(self) -> RecipientCheck:
        """Check recipients against the configured providers."""
        live: dict[Channel, dict[str, AcceptsRecipient]] = {channel: {} for channel in Channel}
        for each in self.parts.settings.configured_providers():
            live[each.channel][each.name] = partial(takes, each)
        return RecipientCheck(live)

    @cached_property
    def _sender_problems(self) -> dict[Channel, dict[str, SenderProblem]]:
        """The check of senders of each channel's providers, by their names."""
        problems: dict[Channel, dict[str, SenderProblem]] = {channel: {} for channel in Channel}
        for each in self.parts.settings.configured_providers():
            problems[each.channel][each.name] = partial(problem_of, each)
        return problems

    @cached_property
    def submit(self) -> Submit:
        """Accept notifications."""
        return Submit(
            store=self.parts.store,
            queue=self.parts.queue,
            clock=self.parts.clock,
            timings=self.parts.settings.timings(),
        )

    @cached_property
    def cancel_or_retry(self) -> CancelOrRetry:
        """Cancel and retry."""
        return CancelOrRetry(
            store=self.parts.store,
            queue=self.parts.queue,
            clock=self.parts.clock,
            timings=self.parts.settings.timings(),
        )

    @cached_property
    def query(self) -> Query:
        """Read."""
        return Query(
            store=self.parts.store,
            counters=self.parts.counters,
            queue=self.parts.queue,
            system=self.parts.system,
            clock=self.parts.clock,
        )

    @cached_property
    def tenants(self) -> Tenants:
        """The tenants' policies."""
        return MongoTenants(self.parts.mongo)

    @cached_property
    def manage_templates(self) -> ManageTemplates:
        """Make, publish and archive templates."""
        return ManageTemplates(
            templates=self.parts.templates,
            engine=self.parts.template_engine,
            tenants=self.tenants,
            clock=self.parts.clock,
        )

    @cached_property
    def links(self) -> UnsubscribeLinks | None:
        """The links by which recipients leave a category, None where the settings name no address for them."""
        settings = self.parts.settings
        if settings.links_url is None or settings.sealing_key is None:
            return None
        return SealedLinks(settings.links_url, self.parts.sealing_keys)

    @cached_property
    def manage_attachments(self) -> ManageAttachments:
        """Take and show attachments."""
        return ManageAttachments(
            attachments=self.parts.attachments,
            files=self._attachment_files,
            types=self.parts.settings.attachment_types,
            has_scanner=self.parts.settings.attachment_scanner is not None,
            clock=self.parts.clock,
        )

    @property
    def _attachment_files(self) -> AttachmentFiles | None:
        """The bytes of attachments, None where the settings name no place for new ones."""
        settings = self.parts.settings
        return self.parts.attachment_files if settings.attachments_bucket or settings.uploads_url else None

    @cached_property
    def admission(self) -> Admission:
        """Accept or refuse drafts."""
        return Admission(
            render=Render(
                templates=self.parts.templates,
                engine=self.parts.template_engine,
                cleaner=self.parts.html_cleaner,
                links=self.links,
                attach=Attach(attachments=self.parts.attachments, files=self._attachment_files, clock=self.parts.clock),
            ),
            submit=self.submit,
            system=self.parts.system,
            tenants=self.tenants,
            suppressions=self.parts.suppressions,
            recipient_check=self.recipient_check,
            clock=self.parts.clock,
            sms_max_segments=self.parts.settings.sms_max_segments,
        )

    @cached_property
    def webhooks(self) -> ManageWebhooks | None:
        """Manage endpoints, None where the settings allow none."""
        if self.parts.endpoints is None:
            return None
        return ManageWebhooks(
            endpoints=self.parts.endpoints,
            deliveries=self.parts.webhook_deliveries,
            events=self.parts.events,
            calls=self.parts.webhook_calls,
            announcements=self.parts.announcements,
            clock=self.parts.clock,
        )

    @cached_property
    def services(self) -> Services:
        """Everything behind the HTTP routes."""
        tenants, suppressions = self.tenants, self.parts.suppressions
        feed = feed_services(self.parts)
        return Services(
            admission=self.admission,
            cancel_or_retry=self.cancel_or_retry,
            query=self.query,
            dead_letters=self.dead_letters,
            templates=self.manage_templates,
            preview=Preview(manage=self.manage_templates),
            results=ShowResults(manage=self.manage_templates, counters=self.parts.counters),
            attachments=self.manage_attachments,
            suppressions=ManageSuppressions(suppressions=suppressions, tenants=tenants, clock=self.parts.clock),
            api_keys=self.parts.manage_api_keys,
            policy=ManagePolicy(tenants=tenants),
            categories=ManageCategories(tenants=tenants),
            preferences=ManagePreferences(
                tenants=tenants, suppressions=suppressions, links=self.links, clock=self.parts.clock
            ),
            webhooks=self.webhooks,
            feed=feed.feed,
            senders=ManageSenders(tenants=tenants, providers=self._sender_problems),
            ledger=self.parts.ledger,
            verify=Verify(store=self.parts.store, system=self.parts.system),
            providers=self.providers,
            health=CheckHealth(store=self.parts.store, queue=self.parts.queue, clock=self.parts.clock),
            keys=self.parts.keys,
            rate_limits=feed.rate_limits,
            counters=self.parts.counters,
            clock=self.parts.clock,
            config=feed.config,
        )
