"""Views of notifications: as one line, and in full with attempts and timeline."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.console import RenderableType
from rich.text import Text

from cli.output import at, clean, duration, fields, moment, styled, table

_WIDTHS: Final = {"created": 24, "id": 24, "type": 5, "priority": 8, "status": 11}
HEADER: Final = "  ".join(name.ljust(width) for name, width in _WIDTHS.items()) + "  recipient"


def line(notification: dict[str, Any]) -> Text:
    """Return a notification as one line, for lists of any length."""
    error = notification.get("error")
    return Text("  ").join(
        [
            Text(moment(notification["createdAt"]), style="dim"),
            Text(clean(notification["_id"])),
            Text(clean(notification["type"]).ljust(_WIDTHS["type"])),
            Text(clean(notification["priority"]).ljust(_WIDTHS["priority"])),
            _padded(styled(notification["status"]), _WIDTHS["status"]),
            Text(clean(notification["recipient"])),
            *([Text(clean(error), style="dim")] if error else []),
        ]
    )


def _padded(text: Text, width: int) -> Text:
    text.pad_right(max(0, width - len(text)))
    return text


def detail(notification: dict[str, Any], logs: Sequence[dict[str, Any]]) -> Iterator[RenderableType]:
    """Yield a notification in full: its fields, its attempts, and its timeline from the audit trail."""
    yield fields(_fields(notification))
    if attempts := notification.get("attempts"):
        yield ""
        rows = [
            (
                moment(each["startedAt"]),
                each["provider"],
                each["outcome"],
                each["code"],
                duration(each["durationMs"] / 1000),
            )
            for each in attempts
        ]
        yield table("attempt", "provider", "outcome", "code", "took", rows=rows)
    yield ""
    yield timeline(logs)


def _fields(notification: dict[str, Any]) -> Iterator[tuple[str, object]]:
    yield "id", notification["_id"]
    yield "status", styled(notification["status"])
    yield "type", notification["type"]
    yield "to", notification["recipient"]
    yield "subject", notification.get("subject")
    yield "message", notification["message"]
    if sms := notification.get("sms"):
        yield "segments", f"{sms['segments']} in {sms['encoding']}"
    yield "priority", notification["priority"]
    yield "retries", f"{notification['retryCount']} of {notification['maxRetries']}"
    yield "on unknown", notification["onUnknown"]
    yield "provider", notification.get("provider")
    yield "provider's id", notification.get("providerMessageId")
    yield "error", notification.get("error")
    yield "cause", notification.get("cause")
    if (milliseconds := notification.get("processingTimeMs")) is not None:
        yield "sent within", duration(milliseconds / 1000)
    names = {
        "created": "createdAt",
        "scheduled": "scheduledAt",
        "expires": "expiresAt",
        "next attempt": "nextAttemptAt",
        "sent": "sentAt",
        "failed": "failedAt",
        "delivered": "deliveredAt",
    }
    for name, field in names.items():
        yield name, moment(notification.get(field))
    for key, value in (notification.get("metadata") or {}).items():
        yield f"metadata {clean(key)}", value


def timeline(logs: Sequence[dict[str, Any]]) -> RenderableType:
    """Return the audit trail with the duration of each status."""
    ends = [at(each["timestamp"]) for each in logs[1:]]
    lasted = [duration((end - at(each["timestamp"])).total_seconds()) for each, end in zip(logs, ends, strict=False)]
    rows = [
        (moment(each["timestamp"]), styled(each["status"]), took, each["message"], facts(each))
        for each, took in zip(logs, [*lasted, ""], strict=True)
    ]
    return table("when", "status", "for", "what", "facts", rows=rows)


def entry(log: dict[str, Any], before: dict[str, Any] | None) -> Text:
    """Return one entry of the audit trail as a line, with the time since the entry before it."""
    since = duration((at(log["timestamp"]) - at(before["timestamp"])).total_seconds()) if before else ""
    return Text("  ").join(
        [
            Text(moment(log["timestamp"]), style="dim"),
            _padded(styled(log["status"]), _WIDTHS["status"]),
            Text(f"+{since}" if since else "", style="dim"),
            Text(clean(log["message"])),
            Text(facts(log), style="dim"),
        ]
    )


def facts(log: dict[str, Any]) -> str:
    """Return an entry's facts as ``name=value``."""
    return " ".join(f"{clean(name)}={clean(value)}" for name, value in log["metadata"].items())
