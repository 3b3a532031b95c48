"""The client of WaveCom, a notification service; docs/clients.md tells how to use it."""

from wavecom_client.asynchronous import AsyncEvents, AsyncPages, AsyncWaveCom
from wavecom_client.blocking import Events, Pages, WaveCom
from wavecom_client.core import Retries
from wavecom_client.endpoints import EndpointWithSecret
from wavecom_client.errors import (
    AccessError,
    ApiError,
    ConflictError,
    ConnectionFailedError,
    CursorExpiredError,
    FieldError,
    InvalidRequestError,
    NoAnswerError,
    NotFoundError,
    PartialBatchError,
    RateLimitedError,
    TimedOutError,
    UnavailableError,
    UnexpectedAnswerError,
    WaveComError,
    WebhookVerificationError,
)
from wavecom_client.events import Event, NotificationData, NotificationEvent
from wavecom_client.feed import EventPage
from wavecom_client.notifications import Created, CreatedBatch
from wavecom_client.pages import Page
from wavecom_client.types import EventType
from wavecom_client.version import __version__
from wavecom_client.webhooks import verify_webhook

__all__ = [
    "AccessError",
    "ApiError",
    "AsyncEvents",
    "AsyncPages",
    "AsyncWaveCom",
    "ConflictError",
    "ConnectionFailedError",
    "Created",
    "CreatedBatch",
    "CursorExpiredError",
    "EndpointWithSecret",
    "Event",
    "EventPage",
    "EventType",
    "Events",
    "FieldError",
    "InvalidRequestError",
    "NoAnswerError",
    "NotFoundError",
    "NotificationData",
    "NotificationEvent",
    "Page",
    "Pages",
    "PartialBatchError",
    "RateLimitedError",
    "Retries",
    "TimedOutError",
    "UnavailableError",
    "UnexpectedAnswerError",
    "WaveCom",
    "WaveComError",
    "WebhookVerificationError",
    "__version__",
    "verify_webhook",
]
