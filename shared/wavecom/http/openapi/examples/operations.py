"""Examples of bodies and answers for the OpenAPI document, by operation. A test checks them against their schemas."""

from typing import Any

from wavecom.http.openapi.example_ids import CURSOR, ID, KEY_ID, SUPPRESSION_ID, TENANT
from wavecom.http.openapi.examples import templates, tenants, webhooks

_OTHER_ID = "6b03a1f0c2d4e8a17b5f9c32"
_CREATED = "2026-11-23T10:30:00.000Z"
_BEGUN = "2026-11-23T10:30:00.100Z"
_SENT = "2026-11-23T10:30:00.334Z"

_EMAIL = {
    "type": "EMAIL",
    "recipient": "test@example.com",
    "subject": "Test",
    "message": "Hello World",
    "priority": "HIGH",
}
_SMS = {"type": "SMS", "recipient": "+12025550123", "message": "Your code is 1234"}
_PUSH = {
    "type": "PUSH",
    "recipient": "ab12" * 16,
    "subject": "Payment received",
    "message": "€12.50 from Ada",
    "push": {"link": "bank://payments/17", "badge": 1},
}
_SCHEDULED = {
    **_EMAIL,
    "metadata": {"campaign": "onboarding"},
    "scheduledAt": "2026-12-01T08:00:00Z",
    "expiresAt": "2026-12-02T08:00:00Z",
    "onUnknown": "hold",
}
_QUEUED: dict[str, Any] = {
    "_id": ID,
    **_EMAIL,
    "status": "QUEUED",
    "retryCount": 0,
    "maxRetries": 3,
    "onUnknown": "resend",
    "createdAt": _CREATED,
    "updatedAt": _CREATED,
}
_ATTEMPT = {
    "provider": "ses",
    "outcome": "delivered",
    "code": None,
    "startedAt": _BEGUN,
    "durationMs": 234,
    "about": None,
}
_SENT_ONE = {
    **_QUEUED,
    "status": "SENT",
    "provider": "ses",
    "providerMessageId": "0100018f-1c2d",
    "processingTimeMs": 234,
    "attempts": [_ATTEMPT],
    "sentAt": _SENT,
    "updatedAt": _SENT,
}
_FAILED = {
    **_QUEUED,
    "status": "FAILED",
    "error": "Address does not exist",
    "cause": "permanent",
    "attempts": [{**_ATTEMPT, "outcome": "permanent", "code": "550", "about": "recipient"}],
    "failedAt": _SENT,
    "updatedAt": _SENT,
}
_REFUSED = {
    "code": "VALIDATION_FAILED",
    "message": "The notification is not valid",
    "details": [{"field": "notifications[1].recipient", "message": "is required"}],
}
_SUPPRESSION = {
    "id": SUPPRESSION_ID,
    "type": "EMAIL",
    "recipient": "user@example.com",
    "reason": "manual",
    "notificationId": None,
    "category": None,
    "createdAt": _CREATED,
}
_KEY = {
    "id": KEY_ID,
    "tenantId": TENANT,
    "name": "Card alerts",
    "role": "tenant",
    "rateLimit": None,
    "test": False,
    "createdAt": _CREATED,
    "revokedAt": None,
}
_NEW_KEY = {**_KEY, "token": f"wc_{KEY_ID}_…"}
_LEDGER_LINE = {
    "minute": _CREATED,
    "accepted": 120,
    "sent": 117,
    "failed": 1,
    "cancelled": 1,
    "expired": 0,
    "inFlight": 1,
    "balanced": True,
}
_METRICS = """# HELP notifications_created_total Total number of notifications created
# TYPE notifications_created_total counter
notifications_created_total{type="EMAIL"} 120.0
"""


def _success(data: Any, **more: Any) -> dict[str, Any]:
    return {"success": True, "data": data, **more}


def _audit_entry(sequence: int, status: str, message: str, moment: str) -> dict[str, Any]:
    return {
        "_id": f"{ID}:{sequence}",
        "notificationId": ID,
        "sequence": sequence,
        "status": status,
        "message": message,
        "timestamp": moment,
        "metadata": {},
        "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    }


REQUESTS: dict[str, dict[str, Any]] = {
    **templates.REQUESTS,
    **tenants.REQUESTS,
    **webhooks.REQUESTS,
    "createNotification": {
        "email": _EMAIL,
        "sms": _SMS,
        "push": _PUSH,
        "scheduled": _SCHEDULED,
        "template": templates.NOTIFICATION,
    },
    "createNotifications": {"emailAndSms": {"notifications": [_EMAIL, _SMS]}},
    "replayDeadLetters": {
        "group": {"cause": "provider_unavailable", "day": "2026-11-23", "reason": "The provider is back"},
        "rehearsal": {"all": True, "dryRun": True},
        "some": {"ids": [ID, _OTHER_ID]},
    },
    "addSuppression": {"email": {"type": "EMAIL", "recipient": "user@example.com"}},
    "setPolicy": {"hold": {"onUnknown": "hold", "contact": "operations@bank.example"}},
    "createKey": {
        "tenant": {"tenantId": TENANT, "name": "Card alerts"},
        "test": {"tenantId": TENANT, "name": "Trial", "rateLimit": 60, "test": True},
    },
}
"""Named examples of bodies, by operationId."""

ANSWERS: dict[str, dict[int, Any]] = {
    **templates.ANSWERS,
    **tenants.ANSWERS,
    **webhooks.ANSWERS,
    "createNotification": {201: _success(_QUEUED, message="Notification created and queued successfully")},
    "createNotifications": {
        207: _success(
            {
                "accepted": 1,
                "refused": 1,
                "results": [
                    {"index": 0, "status": 201, "data": _QUEUED},
                    {"index": 1, "status": 422, "error": _REFUSED},
                ],
            }
        )
    },
    "listNotifications": {
        200: _success(
            {
                "notifications": [_SENT_ONE],
                "pagination": {
                    "currentPage": 1,
                    "totalPages": 7,
                    "totalItems": 7,
                    "itemsPerPage": 1,
                    "nextCursor": CURSOR,
                },
            }
        )
    },
    "getNotification": {
        200: _success(
            {
                "notification": _SENT_ONE,
                "logs": [
                    _audit_entry(1, "PENDING", "Notification created", _CREATED),
                    _audit_entry(2, "QUEUED", "Added to queue", _CREATED),
                    _audit_entry(3, "PROCESSING", "Worker started processing", _BEGUN),
                    _audit_entry(4, "SENT", "Successfully sent via email provider", _SENT),
                ],
            }
        )
    },
    "cancelNotification": {200: _success({**_QUEUED, "status": "CANCELLED"}, message="Notification cancelled")},
    "retryNotification": {200: _success(_QUEUED, message="Notification queued again")},
    "countDeadLetters": {
        200: _success(
            {
                "total": 12,
                "groups": [
                    {"day": "2026-11-23", "cause": "permanent", "provider": "ses", "count": 9},
                    {"day": "2026-11-23", "cause": "suppressed", "provider": None, "count": 3},
                ],
            }
        )
    },
    "listDeadLetters": {200: _success({"notifications": [_FAILED], "nextCursor": None})},
    "replayDeadLetters": {
        200: _success(
            {
                "dryRun": False,
                "replayed": 1,
                "results": [{"id": ID, "result": "replayed"}, {"id": _OTHER_ID, "result": "not_dead"}],
                "more": False,
            }
        )
    },
    "listSuppressions": {200: _success({"suppressions": [_SUPPRESSION], "nextCursor": None})},
    "addSuppression": {201: _success(_SUPPRESSION)},
    "removeSuppression": {200: {"success": True, "message": "Address taken off the suppression list"}},
    "getStatistics": {
        200: _success(
            {
                "total": 120,
                "byStatus": {"QUEUED": 1, "SENT": 117, "FAILED": 1, "CANCELLED": 1},
                "byType": {"EMAIL": 100, "SMS": 20, "PUSH": 0},
                "byPriority": {"LOW": 0, "MEDIUM": 80, "HIGH": 30, "CRITICAL": 10},
                "queueDepth": {"high_priority": 0, "notifications": 1, "retry": 0, "notifications_dlq": 1},
                "averageProcessingTime": 334,
                "successRate": 97.5,
            }
        )
    },
    "getMinutes": {
        200: _success(
            {
                "minutes": [
                    {
                        "minute": _CREATED,
                        "accepted": 120,
                        "sent": 117,
                        "failed": 1,
                        "retried": 2,
                        "delivered": 90,
                        "undelivered": 0,
                        "cancelled": 1,
                        "expired": 0,
                    }
                ],
                "processingTimeMs": {"p50": 250, "p95": 500, "p99": 1000},
                "degradationLevel": 1,
            }
        )
    },
    "getPolicy": {200: _success({"onUnknown": "resend", "contact": None})},
    "setPolicy": {200: _success({"onUnknown": "hold", "contact": "operations@bank.example"})},
    "listKeys": {200: _success([_KEY])},
    "createKey": {201: _success(_NEW_KEY)},
    "rotateKey": {201: _success(_NEW_KEY)},
    "revokeKey": {200: {"success": True, "message": "API key revoked"}},
    "getLedger": {200: _success({"minutes": [_LEDGER_LINE], "total": {**_LEDGER_LINE, "minute": None}})},
    "verifyAuditTrails": {200: _success({"notifications": 120, "entries": 480, "broken": None, "nextCursor": None})},
    "listProviders": {
        200: _success(
            [
                {
                    "name": "ses",
                    "type": "EMAIL",
                    "weight": 3.0,
                    "effectiveWeight": 3.0,
                    "perSecond": None,
                    "breaker": "closed",
                    "breakerOpenedAt": None,
                    "outcomes": {"delivered": 117, "permanent": 1},
                    "failureRate": 0.0,
                    "averageMs": 234,
                    "inSandbox": False,
                    "weightChanges": [],
                }
            ]
        )
    },
    "getMetrics": {200: _METRICS},
    "getHealth": {
        status: {
            "status": text,
            "timestamp": _CREATED,
            "services": {"mongodb": "connected", "sqs": broker},
            "uptime": 3600,
        }
        for status, text, broker in ((200, "healthy", "connected"), (503, "unhealthy", "disconnected"))
    },
}
"""Examples of answers, by operationId and status."""
