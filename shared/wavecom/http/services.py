"""What the HTTP layer is given: use cases, the ports it needs itself, and its configuration."""

from dataclasses import dataclass

from wavecom import topology
from wavecom.application.accept.submit import Submit
from wavecom.application.accept.takers import Takers
from wavecom.application.operate.ledger import Ledger
from wavecom.application.operate.providers import Providers
from wavecom.application.operate.verify import Verify
from wavecom.application.read.query import Query
from wavecom.application.recover.dead_letters import DeadLetters
from wavecom.application.recover.intervene import Intervene
from wavecom.ports.api_keys import ApiKeys, RateLimits
from wavecom.ports.ledger import Counters
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.queue import Queue
from wavecom.ports.suppressions import Suppressions
from wavecom.ports.system import Clock, SystemState
from wavecom.ports.tenants import Tenants


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
