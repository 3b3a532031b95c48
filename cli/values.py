"""Values of options and arguments: the API's words, and parsers. Each parser raises `typer.BadParameter`."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import typer

from cli.client import KEY

_AGE: Final = re.compile(r"(\d{1,6})(s|m|h|d)", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Channel(StrEnum):
    """The way a notification reaches its recipient."""

    EMAIL = "EMAIL"
    SMS = "SMS"
    PUSH = "PUSH"


class Priority(StrEnum):
    """The urgency of a notification."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class Status(StrEnum):
    """The status of a notification."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    SENT = "SENT"
    RETRYING = "RETRYING"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    DELIVERED = "DELIVERED"
    UNDELIVERED = "UNDELIVERED"


class EventType(StrEnum):
    """The kind of an event."""

    NOTIFICATION_QUEUED = "notification.queued"
    NOTIFICATION_SENT = "notification.sent"
    NOTIFICATION_DELIVERED = "notification.delivered"
    NOTIFICATION_UNDELIVERED = "notification.undelivered"
    NOTIFICATION_RETRYING = "notification.retrying"
    NOTIFICATION_FAILED = "notification.failed"
    NOTIFICATION_EXPIRED = "notification.expired"
    NOTIFICATION_CANCELLED = "notification.cancelled"
    SUPPRESSION_ADDED = "suppression.added"
    SUPPRESSION_REMOVED = "suppression.removed"
    TEMPLATE_PUBLISHED = "template.published"
    ENDPOINT_DISABLED = "endpoint.disabled"
    ENDPOINT_TEST = "endpoint.test"


class OnUnknown(StrEnum):
    """The action when it is unknown whether a notification was sent."""

    RESEND = "resend"
    HOLD = "hold"


class Cause(StrEnum):
    """The cause of a dead letter."""

    PERMANENT = "permanent"
    RETRIES_EXHAUSTED = "retries_exhausted"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    UNSUBSCRIBED = "unsubscribed"


class Role(StrEnum):
    """The rights of a key."""

    TENANT = "tenant"
    OPERATOR = "operator"


IN_SANDBOX: Final = "is in its sandbox: it sends to verified recipients only"
"""The text about a provider in its sandbox."""
GOOD_ENDS: Final = frozenset({"SENT", "DELIVERED"})
FINISHED: Final = GOOD_ENDS | {"FAILED", "UNDELIVERED", "CANCELLED", "EXPIRED"}


def matching(pattern: str, what: str) -> Callable[[str], str]:
    """Return a function that accepts only text that fully matches ``pattern``; ``what`` describes such text."""
    compiled = re.compile(pattern, re.ASCII)

    def read(text: str) -> str:
        if not compiled.fullmatch(text):
            raise typer.BadParameter(f"must be {what}")
        return text

    return read


notification_id = attachment_id = matching("[0-9a-f]{24}", "an id of 24 hex digits")
key_id = matching("[0-9a-f]{12}", "the id of a key, 12 hex digits, not its token")
tenant_id = matching(
    "[A-Za-z0-9][A-Za-z0-9_-]{0,63}",
    "1 to 64 letters, digits, hyphens and underscores, a letter or a digit first",
)
sender_id = category_id = matching(
    "[a-z0-9][a-z0-9-]{0,39}", "1 to 40 small letters, digits and hyphens, no hyphen first"
)
endpoint_id = matching("ep_[0-9a-f]{24}", "the id of an endpoint, ep_ and 24 hex digits")
event_id = matching("evt_[0-9a-f]{24}_[0-9]{1,6}", "the id of an event, which begins with evt_")
feed_cursor = matching("[0-9]{1,16}", "a cursor of the feed, a number")
provider = matching("[a-z0-9][a-z0-9-]{0,39}", "the name of a provider")
idempotency_key = matching(KEY.pattern, "1 to 255 printable ASCII characters without spaces")


def day(text: str) -> str:
    """Return a day like ``2026-01-31`` unchanged."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass  # such as the 30th of February
    raise typer.BadParameter("must be a day like 2026-01-31")


def past(text: str) -> str:
    """Return a time as the API reads it, from a time, a day (its beginning, UTC), or an age like ``24h``."""
    return _wire(_moment(text, -1))


def future(text: str) -> str:
    """Return a time as the API reads it, from a time, a day (its beginning, UTC), or a wait like ``10m``."""
    return _wire(_moment(text, 1))


def _wire(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(text: str, direction: int) -> datetime:
    wrong = "must be a moment like 2026-01-31T09:30:00Z, a day like 2026-01-31, or 30s, 10m, 24h, 7d from now"
    try:
        if span := _AGE.fullmatch(text):
            return datetime.now(UTC) + direction * timedelta(**{_UNITS[span[2]]: int(span[1])})
        moment = datetime.fromisoformat(text)
        if _DAY.fullmatch(text):
            return moment.replace(tzinfo=UTC)
        if moment.tzinfo is None:
            raise typer.BadParameter("needs its time zone, for example Z for UTC")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise typer.BadParameter(wrong) from exc


def header(text: str) -> str:
    """Return a header as ``Name: value``, without spaces around either."""
    name, colon, value = (part.strip() for part in text.partition(":"))
    if not (name and colon and value):
        raise typer.BadParameter("must be like 'Authorization: Bearer 5f9c316b'")
    return f"{name}: {value}"


def json_object(text: str) -> dict[str, Any]:
    """Return the JSON object that a text holds."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise typer.BadParameter("must be JSON") from exc
    if not isinstance(value, dict):
        raise typer.BadParameter('must be a JSON object, like {"order": 17}')
    return value
