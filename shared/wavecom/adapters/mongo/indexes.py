"""The indexes, each with the query it serves, and the function that creates them."""

from datetime import UTC, datetime, timedelta

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from wavecom.adapters.mongo.client import Document, available
from wavecom.domain.events.event import KEPT_FOR as EVENTS_KEPT_FOR
from wavecom.domain.notifications.timings import KEPT_FOR
from wavecom.domain.webhooks.delivery import DeliveryStatus

AUDIT_KEPT = timedelta(days=600)
"""Longer than any notification: scheduled a year ahead, sent with its retries, and kept after that."""
RATE_LIMITS_KEPT = timedelta(minutes=5)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""A partial index is used only by queries that imply its filter; a lower bound of the epoch does."""

NEWEST_FIRST = [("createdAt", DESCENDING), ("_id", DESCENDING)]

NEWEST_EVENT_FIRST = [("createdAt", DESCENDING), ("eventId", DESCENDING)]

LATEST_FAILURE_FIRST = [("failedAt", DESCENDING), ("_id", DESCENDING)]

NOTIFICATIONS = [
    # Lists, newest first. A list with several filters uses one index and filters the rest.
    IndexModel([("tenantId", ASCENDING), *NEWEST_FIRST], name="list"),
    IndexModel([("tenantId", ASCENDING), ("status", ASCENDING), *NEWEST_FIRST], name="list_by_status"),
    IndexModel([("tenantId", ASCENDING), ("type", ASCENDING), *NEWEST_FIRST], name="list_by_type"),
    IndexModel([("tenantId", ASCENDING), ("priority", ASCENDING), *NEWEST_FIRST], name="list_by_priority"),
    IndexModel([("tenantId", ASCENDING), ("recipient", ASCENDING), *NEWEST_FIRST], name="list_by_recipient"),
    # The sweep. Finished notifications have no dueAt and are not in it.
    IndexModel([("dueAt", ASCENDING)], name="due", partialFilterExpression={"dueAt": {"$gt": EPOCH}}),
    # The dead letters. Only what is FAILED has failedAt.
    IndexModel(
        [("tenantId", ASCENDING), *LATEST_FAILURE_FIRST],
        name="dead_letters",
        partialFilterExpression={"failedAt": {"$gt": EPOCH}},
    ),
    # One notification per key and tenant, also for concurrent requests.
    IndexModel(
        [("tenantId", ASCENDING), ("idempotency.key", ASCENDING)],
        name="idempotency",
        unique=True,
        partialFilterExpression={"idempotency.key": {"$gt": ""}},
    ),
    # Whether an attachment is still in use. Most notifications have none.
    IndexModel(
        [("attachments.id", ASCENDING)],
        name="attachments",
        partialFilterExpression={"attachments.id": {"$gt": ""}},
    ),
    IndexModel([("finishedAt", ASCENDING)], name="retention", expireAfterSeconds=int(KEPT_FOR.total_seconds())),
]
AUDIT = [IndexModel([("timestamp", ASCENDING)], name="retention", expireAfterSeconds=int(AUDIT_KEPT.total_seconds()))]
COUNTERS = [
    IndexModel([("tenantId", ASCENDING), ("minute", ASCENDING)], name="tenant_minutes"),
    IndexModel([("merged", ASCENDING), ("minute", ASCENDING)], name="roll_up"),
    IndexModel([("minute", ASCENDING)], name="minutes"),
]
SUPPRESSIONS = [IndexModel([("tenantId", ASCENDING), ("id", ASCENDING)], name="list")]
TEMPLATES = [IndexModel([("tenantId", ASCENDING), ("id", ASCENDING)], name="list")]
ATTACHMENTS = [IndexModel([("dueAt", ASCENDING)], name="due")]
KEPT_REPORTS = [
    IndexModel([("dueAt", ASCENDING)], name="due"),
    # Used before a further attempt after one without an answer.
    IndexModel([("notificationId", ASCENDING)], name="about"),
]
EVENTS = [
    # The feed of a tenant. Events of tenants without one have no position.
    IndexModel(
        [("tenantId", ASCENDING), ("position", ASCENDING)],
        name="feed",
        partialFilterExpression={"position": {"$gte": 0}},
    ),
    # The recovery of what an endpoint missed.
    IndexModel([("tenantId", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)], name="by_time"),
    # The sweep. Events that were passed on have no dueAt and are not in it.
    IndexModel([("dueAt", ASCENDING)], name="due", partialFilterExpression={"dueAt": {"$gt": EPOCH}}),
    IndexModel([("at", ASCENDING)], name="retention", expireAfterSeconds=int(EVENTS_KEPT_FOR.total_seconds())),
]
ENDPOINTS = [
    IndexModel([("tenantId", ASCENDING)], name="list"),
    IndexModel(
        [("recovery.until", ASCENDING)],
        name="recovering",
        partialFilterExpression={"recovery.until": {"$gt": EPOCH}},
    ),
    IndexModel([("noticeDue", ASCENDING)], name="noticeDue", partialFilterExpression={"noticeDue": True}),
    # The count of those that fail. Most do not; disabled ones keep the time, and come apart.
    IndexModel(
        [("disabled", ASCENDING), ("failingSince", ASCENDING)],
        name="failing",
        partialFilterExpression={"failingSince": {"$gt": EPOCH}},
    ),
]
DELIVERIES = [
    IndexModel([("endpointId", ASCENDING), *NEWEST_EVENT_FIRST], name="list"),
    # Those that failed or wait are few, and are what people look for.
    IndexModel(
        [("endpointId", ASCENDING), ("status", ASCENDING), *NEWEST_EVENT_FIRST],
        name="list_by_status",
        partialFilterExpression={"status": {"$lt": DeliveryStatus.SUCCEEDED.value}},
    ),
    IndexModel([("dueAt", ASCENDING)], name="due", partialFilterExpression={"dueAt": {"$gt": EPOCH}}),
    IndexModel([("createdAt", ASCENDING)], name="retention", expireAfterSeconds=int(EVENTS_KEPT_FOR.total_seconds())),
]
API_KEYS = [IndexModel([("tenantId", ASCENDING), ("createdAt", DESCENDING)], name="list")]
RATE_LIMITS = [
    IndexModel([("minute", ASCENDING)], name="retention", expireAfterSeconds=int(RATE_LIMITS_KEPT.total_seconds()))
]


def create_indexes(database: Database[Document], *, timeout: timedelta = timedelta(seconds=60)) -> None:
    """Create every index that is missing; a new one over many documents takes long. Raises `StoreUnavailableError`."""
    with available(timeout):
        database.notifications.create_indexes(NOTIFICATIONS)
        database.notificationlogs.create_indexes(AUDIT)
        database.counters.create_indexes(COUNTERS)
        database.ratelimits.create_indexes(RATE_LIMITS)
        database.apikeys.create_indexes(API_KEYS)
        database.suppressions.create_indexes(SUPPRESSIONS)
        database.templates.create_indexes(TEMPLATES)
        database.attachments.create_indexes(ATTACHMENTS)
        database.keptreports.create_indexes(KEPT_REPORTS)
        database.events.create_indexes(EVENTS)
        database.webhookendpoints.create_indexes(ENDPOINTS)
        database.webhookdeliveries.create_indexes(DELIVERIES)
