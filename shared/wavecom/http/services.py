"""The dependencies of the HTTP layer: use cases, the ports of the middleware, and its configuration."""

from dataclasses import dataclass

from wavecom import topology
from wavecom.application.accept.admission import Admission
from wavecom.application.attachments.manage import ManageAttachments
from wavecom.application.events.feed import ReadFeed
from wavecom.application.operate.api_keys import ManageApiKeys
from wavecom.application.operate.health import CheckHealth
from wavecom.application.operate.ledger import Ledger
from wavecom.application.operate.policy import ManagePolicy
from wavecom.application.operate.providers import Providers
from wavecom.application.operate.senders import ManageSenders
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
from wavecom.ports.ledger import Counters
from wavecom.ports.system import Clock
from wavecom.ports.tenants import ApiKeys, RateLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpConfig:
    """``rate_limit`` is in requests a minute and key. ``development_tenant`` answers requests without a key."""

    rate_limit: int = 100
    max_body_bytes: int = topology.MAX_BODY_BYTES
    cors_origins: tuple[str, ...] = ()
    development_tenant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedServices:
    """The use case behind the feed, and ``keys``, ``rate_limits`` and ``counters`` for the middleware."""

    feed: ReadFeed
    keys: ApiKeys
    rate_limits: RateLimits
    counters: Counters
    clock: Clock
    config: HttpConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Services(FeedServices):
    """The use cases behind all routes, with those of the feed and of the middleware."""

    admission: Admission
    cancel_or_retry: CancelOrRetry
    query: Query
    dead_letters: DeadLetters
    attachments: ManageAttachments
    suppressions: ManageSuppressions
    templates: ManageTemplates
    preview: Preview
    results: ShowResults
    api_keys: ManageApiKeys
    policy: ManagePolicy
    senders: ManageSenders
    categories: ManageCategories
    preferences: ManagePreferences
    webhooks: ManageWebhooks | None
    ledger: Ledger
    verify: Verify
    providers: Providers
    health: CheckHealth
