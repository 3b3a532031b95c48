"""Answers about the state of the service."""

from typing import Annotated, Self

from pydantic import Field

from wavecom.application.operate import ledger as application
from wavecom.application.operate import verify
from wavecom.application.operate.providers import ProviderState
from wavecom.domain.notifications.enums import Channel, OnUnknown
from wavecom.domain.providers.limits import BreakerStateName
from wavecom.domain.tenants import TenantPolicy
from wavecom.http.framework.responses import Id, Shape, Success, Timestamp, iso, iso_or_none


class Policy(Shape):
    """A tenant's policy."""

    on_unknown: OnUnknown
    contact: Annotated[str | None, Field(description="Where WaveCom itself writes to")]

    @classmethod
    def from_domain(cls, policy: TenantPolicy) -> Self:
        """Return a policy as clients see it."""
        return cls(on_unknown=policy.on_unknown, contact=policy.contact)


class PolicyAnswer(Success[Policy]):
    """A policy."""


class LedgerLine(Shape):
    """Of what was accepted in one minute (or ever), what became of it."""

    minute: Timestamp | None
    accepted: int
    sent: int
    failed: int
    cancelled: int
    expired: int
    in_flight: int
    balanced: Annotated[bool, Field(description="accepted = sent + failed + cancelled + expired + inFlight")]

    @classmethod
    def from_domain(cls, line: application.LedgerLine) -> Self:
        """Return a line as clients see it."""
        return cls(
            minute=iso_or_none(line.minute),
            accepted=line.accepted,
            sent=line.sent,
            failed=line.failed,
            cancelled=line.cancelled,
            expired=line.expired,
            in_flight=line.in_flight,
            balanced=line.balanced,
        )


class Ledger(Shape):
    """The ledger by minute of acceptance, and of all time."""

    minutes: list[LedgerLine]
    total: LedgerLine


class LedgerAnswer(Success[Ledger]):
    """The ledger."""


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

    @classmethod
    def from_domain(cls, verification: verify.Verification) -> Self:
        """Return the result of a verification."""
        broken = verification.broken
        return cls(
            notifications=verification.notifications,
            entries=verification.entries,
            broken=BrokenLink(notification_id=broken.notification_id, sequence=broken.sequence, problem=broken.problem)
            if broken
            else None,
            next_cursor=verification.next,
        )


class VerificationAnswer(Success[Verification]):
    """A verification."""


class WeightChange(Shape):
    """From when on a provider has which part of its configured weight, and why."""

    factor: float
    reason: str
    at: Timestamp


class Provider(Shape):
    """A provider as it is now; its outcomes are those of the last five minutes, over all tenants."""

    name: str
    type: Channel
    weight: float
    effective_weight: float
    per_second: float | None
    breaker: BreakerStateName
    breaker_opened_at: Timestamp | None
    outcomes: dict[str, int]
    failure_rate: Annotated[float, Field(description="Percent")]
    average_ms: int
    in_sandbox: Annotated[
        bool | None,
        Field(description="Whether it still sends to verified recipients only; null where it has no sandbox"),
    ]
    weight_changes: list[WeightChange]

    @classmethod
    def from_domain(cls, provider: ProviderState) -> Self:
        """Return the state of a provider."""
        return cls(
            name=provider.name,
            type=provider.channel,
            weight=provider.weight,
            effective_weight=round(provider.weight * provider.factor, 4),
            per_second=provider.per_second,
            breaker=provider.breaker.name,
            breaker_opened_at=iso_or_none(provider.breaker.opened_at),
            outcomes=provider.outcomes,
            failure_rate=provider.failure_rate,
            average_ms=provider.average_ms,
            in_sandbox=provider.in_sandbox,
            weight_changes=[
                WeightChange(factor=each.factor, reason=each.reason, at=iso(each.at)) for each in provider.changes
            ],
        )


class ProvidersAnswer(Success[list[Provider]]):
    """All providers."""
