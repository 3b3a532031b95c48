"""What clients get to see of dead letters, suppressions, the ledger, providers and keys, as plain JSON values."""

from collections.abc import Sequence
from typing import Any

from wavecom.application.operate.ledger import Line
from wavecom.application.operate.providers import ProviderState
from wavecom.application.operate.verify import Verification
from wavecom.application.recover.dead_letters import DeadLetterGroup
from wavecom.domain.api_keys import ApiKey
from wavecom.domain.suppressions.suppression import Suppression
from wavecom.domain.tenants import is_test
from wavecom.http.views import iso


def groups_view(groups: Sequence[DeadLetterGroup]) -> dict[str, Any]:
    """Return the groups of the dead letters."""
    return {
        "total": sum(group.count for group in groups),
        "groups": [
            {
                "day": group.day.isoformat(),
                "cause": group.cause,
                "provider": group.provider,
                "count": group.count,
            }
            for group in groups
        ],
    }


def suppression_view(suppression: Suppression) -> dict[str, Any]:
    """Return an address on the suppression list."""
    return {
        "id": suppression.id,
        "type": suppression.channel.value,
        "recipient": suppression.recipient,
        "reason": suppression.reason.value,
        "notificationId": suppression.notification_id,
        "createdAt": iso(suppression.created_at),
    }


def line_view(line: Line) -> dict[str, Any]:
    """Return a line of the ledger."""
    return {
        "minute": iso(line.minute) if line.minute else None,
        "accepted": line.accepted,
        "sent": line.sent,
        "failed": line.failed,
        "cancelled": line.cancelled,
        "expired": line.expired,
        "inFlight": line.in_flight,
        "balanced": line.balanced,
    }


def verification_view(verification: Verification) -> dict[str, Any]:
    """Return what a verification found."""
    broken = verification.broken
    return {
        "notifications": verification.notifications,
        "entries": verification.entries,
        "broken": {
            "notificationId": broken.notification_id,
            "sequence": broken.sequence,
            "problem": broken.problem,
        }
        if broken
        else None,
        "nextCursor": verification.next,
    }


def provider_view(provider: ProviderState) -> dict[str, Any]:
    """Return the state of a provider."""
    opened_at = provider.breaker.opened_at
    return {
        "name": provider.name,
        "type": provider.channel.value,
        "weight": provider.weight,
        "effectiveWeight": round(provider.weight * provider.factor, 4),
        "perSecond": provider.per_second,
        "breaker": provider.breaker.name,
        "breakerOpenedAt": iso(opened_at) if opened_at else None,
        "outcomes": provider.outcomes,
        "failureRate": provider.failure_rate,
        "averageMs": provider.average_ms,
        "inSandbox": provider.in_sandbox,
        "weightChanges": [
            {"factor": change.factor, "reason": change.reason, "at": iso(change.at)} for change in provider.changes
        ],
    }


def key_view(key: ApiKey) -> dict[str, Any]:
    """Return an API key, without its hash."""
    return {
        "id": key.key_id,
        "tenantId": key.tenant_id,
        "name": key.name,
        "role": key.role.value,
        "rateLimit": key.rate_limit,
        "test": is_test(key.tenant_id),
        "createdAt": iso(key.created_at),
        "revokedAt": iso(key.revoked_at) if key.revoked_at else None,
    }
