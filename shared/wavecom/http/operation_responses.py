"""The shapes of answers about operation, for the OpenAPI document; `wavecom.http.operation_views` writes them."""

from typing import Annotated, Literal

from pydantic import Field

from wavecom.domain.api_keys import Role
from wavecom.domain.notifications.notification import Cause, Channel, OnUnknown
from wavecom.domain.suppressions.reason import Unwanted
from wavecom.http.responses import Id, Moment, Notification, Shape


class DeadLetterGroup(Shape):
    """Dead letters of one day with one cause and one provider (null where none was asked)."""

    day: Annotated[str, Field(json_schema_extra={"format": "date"})]
    cause: Cause
    provider: str | None
    count: int


class DeadLetterGroups(Shape):
    """A tenant's dead letters, grouped."""

    total: int
    groups: list[DeadLetterGroup]


class DeadLetterGroupsAnswer(Shape):
    """Groups."""

    success: Literal[True]
    data: DeadLetterGroups


class DeadLetterPage(Shape):
    """Dead letters, the latest failure first. ``nextCursor`` is null on the last page."""

    notifications: list[Notification]
    next_cursor: str | None


class DeadLetterPageAnswer(Shape):
    """A page of dead letters."""

    success: Literal[True]
    data: DeadLetterPage


class ReplayResult(Shape):
    """What became of one of them."""

    id: Id
    result: Literal["replayed", "would_replay", "already_replayed", "not_dead", "not_found"]


class Replay(Shape):
    """What a replay came to. ``more`` says that the filter matches more than this call took."""

    dry_run: bool
    replayed: int
    results: list[ReplayResult]
    more: bool


class ReplayAnswer(Shape):
    """A replay."""

    success: Literal[True]
    data: Replay


class Suppression(Shape):
    """An address on the suppression list, and why it is there."""

    id: str
    type: Channel
    recipient: str
    reason: Unwanted
    notification_id: str | None
    created_at: Moment


class SuppressionAnswer(Shape):
    """One suppression."""

    success: Literal[True]
    data: Suppression


class SuppressionPage(Shape):
    """A page of the suppression list. ``nextCursor`` is null on the last page."""

    suppressions: list[Suppression]
    next_cursor: str | None


class SuppressionPageAnswer(Shape):
    """A page of the suppression list."""

    success: Literal[True]
    data: SuppressionPage


class DoneAnswer(Shape):
    """Done."""

    success: Literal[True]
    message: str


class Policy(Shape):
    """A tenant's policy."""

    on_unknown: OnUnknown


class PolicyAnswer(Shape):
    """A policy."""

    success: Literal[True]
    data: Policy


class LedgerLine(Shape):
    """Of what was accepted in one minute (or ever), what became of it."""

    minute: Moment | None
    accepted: int
    sent: int
    failed: int
    cancelled: int
    expired: int
    in_flight: int
    balanced: Annotated[bool, Field(description="accepted = sent + failed + cancelled + expired + inFlight")]


class Ledger(Shape):
    """The ledger by minute of acceptance, and of all time."""

    minutes: list[LedgerLine]
    total: LedgerLine


class LedgerAnswer(Shape):
    """The ledger."""

    success: Literal[True]
    data: Ledger


class BrokenLink(Shape):
    """The first audit entry that is not what it was when it was written."""

    notification_id: Id
    sequence: int
    problem: str


class Verification(Shape):
    """How much was verified. ``nextCursor`` is null at the end of the period."""

    notifications: int
    entries: int
    broken: BrokenLink | None
    next_cursor: str | None


class VerificationAnswer(Shape):
    """A verification."""

    success: Literal[True]
    data: Verification


class WeightChange(Shape):
    """From when on a provider has which part of its configured weight, and why."""

    factor: float
    reason: str
    at: Moment


class Provider(Shape):
    """A provider as it is now; its outcomes are those of the last five minutes, over all tenants."""

    name: str
    type: Channel
    weight: float
    effective_weight: float
    per_second: float | None
    breaker: Literal["closed", "open", "half-open"]
    breaker_opened_at: Moment | None
    outcomes: dict[str, int]
    failure_rate: Annotated[float, Field(description="Percent")]
    average_ms: int
    in_sandbox: Annotated[
        bool | None,
        Field(description="Whether it still sends to verified recipients only; null where it has no sandbox"),
    ]
    weight_changes: list[WeightChange]


class ProvidersAnswer(Shape):
    """All providers."""

    success: Literal[True]
    data: list[Provider]


class ApiKey(Shape):
    """An API key, without its secret."""

    id: str
    tenant_id: str
    name: str
    role: Role
    rate_limit: int | None
    test: bool
    created_at: Moment
    revoked_at: Moment | None


class ApiKeysAnswer(Shape):
    """API keys, the newest first."""

    success: Literal[True]
    data: list[ApiKey]


class NewApiKey(ApiKey):
    """A new API key with its token, which is told only once."""

    token: str


class NewApiKeyAnswer(Shape):
    """A new API key."""

    success: Literal[True]
    data: NewApiKey
