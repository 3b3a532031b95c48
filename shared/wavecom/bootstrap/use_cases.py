"""The use cases of consumers, schedules and keys, joined with the adapters that the settings choose."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from wavecom.adapters.providers.configuration import SendGridConfig, TwilioConfig
from wavecom.application.attachments.expire import ExpireAttachments
from wavecom.application.deliver.attached import AttachedFiles
from wavecom.application.deliver.deliver import Deliver
from wavecom.application.deliver.provider_health import ProviderHealth
from wavecom.application.deliver.select import ProviderSelection
from wavecom.application.operate.api_keys import ManageApiKeys
from wavecom.application.operate.ledger import Ledger
from wavecom.application.operate.observe import Observe
from wavecom.application.recover.sweep import Sweep
from wavecom.application.reports.opt_out import KeepOptOuts
from wavecom.application.reports.receive import Receive
from wavecom.bootstrap.webhooks import Webhooks
from wavecom.domain.notifications.enums import Channel
from wavecom.ports.system import MetricsSink

if TYPE_CHECKING:
    from wavecom.http.receipts.app import ReceiptServices


@dataclass(frozen=True)
class Container(Webhooks):
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
            keep_opt_out=KeepOptOuts(store=self.store, suppressions=self.suppressions, clock=self.clock).keep,
            twilio_senders={each.name: each.sender for each in providers if isinstance(each, TwilioConfig)},
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
    def manage_api_keys(self) -> ManageApiKeys:
        """Create, rotate and revoke API keys."""
        return ManageApiKeys(api_keys=self.keys, clock=self.clock)

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
            attached=AttachedFiles(attachments=self.attachments, files=self.attachment_files, scanner=self.scanner),
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

    @cached_property
    def expire_attachments(self) -> ExpireAttachments:
        """Delete attachments that no notification has any more."""
        return ExpireAttachments(attachments=self.attachments, files=self.attachment_files, clock=self.clock)

    def observe(self, metrics: MetricsSink) -> Observe:
        """Measure, into ``metrics``."""
        from wavecom.adapters.mongo.webhooks.failing import MongoFailingEndpoints  # noqa: PLC0415

        return Observe(
            counters=self.counters,
            queue=self.queue,
            breakers=self.breakers,
            weights=self.weights,
            ledger=self.ledger,
            failing_endpoints=MongoFailingEndpoints(self.mongo),
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
