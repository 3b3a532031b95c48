"""What the HTTP layer is given: use cases, the ports it needs itself, and its configuration."""

from dataclasses import dataclass

from wavecom import topology
from wavecom.application.dead_letters import DeadLetters
from wavecom.application.intervene import Intervene
from wavecom.application.ledger import Ledger
from wavecom.application.providers import Providers
from wavecom.application.query import Query
from wavecom.application.submit import Submit
from wavecom.application.takers import Takers
from wavecom.application.verify import Verify
from wavecom.ports import (
    ApiKeys,
    Clock,
    Counters,
    NotificationStore,
    Queue,
    RateLimits,
    Suppressions,
    SystemState,
    Tenants,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpConfig:
    """``rate_limit`` is in requests a minute and key. ``development_tenant`` answers requests without a key.

    ``sms_max_segments`` bounds what one SMS may cost.
    """

    rate_limit: int = 100
    max_body_bytes: int = topology.MAX_BODY_BYTES
    cors_origins: tuple[str, ...] = ()
    development_tenant: str | None = None
    sms_max_segments: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything behind the routes."""

    submit: Submit
    intervene: Intervene
    query: Query
    store: NotificationStore
    queue: Queue
    counters: Counters
    api_keys: ApiKeys
    rate_limits: RateLimits
    tenants: Tenants
    suppressions: Suppressions
    dead_letters: DeadLetters
    ledger: Ledger
    verify: Verify
    providers: Providers
    takers: Takers
    system: SystemState
    clock: Clock
    config: HttpConfig
