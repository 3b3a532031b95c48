"""Ports filled from memory, a file a capability as in `wavecom.ports`. They pass the same suites as the adapters."""

from tests.fakes.api_keys import FakeApiKeys, FakeRateLimits
from tests.fakes.attachments import FakeAttachmentFiles, FakeAttachments, FakeScanner
from tests.fakes.events import FakeEvents, FakeWantedEvents
from tests.fakes.ledger import FakeCounters, FakeLedgerChecks
from tests.fakes.metrics import FakeMetrics
from tests.fakes.notifications import FakeStore, as_if_stored
from tests.fakes.provider_limits import FakePace, FakeWeights
from tests.fakes.providers import FakeBulkProvider, FakeProvider, FakeSandbox
from tests.fakes.queue import FakeQueue
from tests.fakes.reports import FakeKeptReports
from tests.fakes.suppressions import FakeSuppressions
from tests.fakes.system import FakeSystem
from tests.fakes.templates import FakeTemplates
from tests.fakes.tenants import FakeTenants
from tests.fakes.webhook_calls import FakeWebhookCalls
from tests.fakes.webhooks import FakeDeliveries, FakeEndpoints, FakeFailingEndpoints, FakeSigner

__all__ = [
    "FakeApiKeys",
    "FakeAttachmentFiles",
    "FakeAttachments",
    "FakeBulkProvider",
    "FakeCounters",
    "FakeDeliveries",
    "FakeEndpoints",
    "FakeEvents",
    "FakeFailingEndpoints",
    "FakeKeptReports",
    "FakeLedgerChecks",
    "FakeMetrics",
    "FakePace",
    "FakeProvider",
    "FakeQueue",
    "FakeRateLimits",
    "FakeSandbox",
    "FakeScanner",
    "FakeSigner",
    "FakeStore",
    "FakeSuppressions",
    "FakeSystem",
    "FakeTemplates",
    "FakeTenants",
    "FakeWantedEvents",
    "FakeWebhookCalls",
    "FakeWeights",
    "as_if_stored",
]
