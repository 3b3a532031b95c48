"""Make test data: say what matters, get sensible values for the rest."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from wavecom.domain.content.attachments import Attachment, Scan, new_attachment_id
from wavecom.domain.content.content import Content
from wavecom.domain.content.push import PushOptions
from wavecom.domain.events.event import FAN_OUT_MARGIN, Event, EventType
from wavecom.domain.ledger.counting import deltas
from wavecom.domain.ledger.totals import Totals
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.attempts import Attempt, AttemptResult
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Channel, Priority
from wavecom.domain.notifications.lifecycle import Replay
from wavecom.domain.notifications.notification import Draft, Envelope, Idempotency, Notification
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import About, Outcome, Receipt
from wavecom.domain.queue_messages import QueueMessage
from wavecom.domain.senders import NO_SENDERS, Sender, Senders
from wavecom.domain.tenants import TenantPolicy
from wavecom.domain.webhooks.delivery import Delivery, new_delivery
from wavecom.domain.webhooks.endpoint import Endpoint, new_endpoint_id, new_secret

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
"""Of today, so that no server removes by age what a test has stored."""
TIMINGS = Timings()
ASKED = Replay(by="key-1", why="The provider is back")


def now() -> datetime:
    """The present moment to the millisecond, which is what MongoDB keeps."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


CARRIED = PushOptions(
    data={"account": "4711"},
    link="https://bank.example/accounts/4711",
    sound="coins.caf",
    badge=3,
    image="https://bank.example/chart.png",
    collapse_key="balance",
)
"""Everything that a push message may carry."""


class ManualClock:
    """A clock that stands still until it is moved. It tells milliseconds, as every clock of the service."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at.replace(microsecond=self.at.microsecond // 1000 * 1000)

    def advance(self, by: timedelta) -> None:
        self.at += by


def a_draft(**changes: Any) -> Draft:
    values: dict[str, Any] = {
        "channel": Channel.EMAIL,
        "recipient": "user@example.com",
        "subject": "Your statement",
        "message": "It is ready.",
        "priority": Priority.HIGH,
    } | changes
    content, template, category = _content_of(values), values.pop("template", None), values.pop("category", None)
    return Draft(envelope=Envelope(**values), content=content, template=template, category=category)


PDF = b"%PDF-1.7\nYour statement of November\n%%EOF\n"


def an_attachment(
    octets: bytes = PDF,
    filename: str = "statement.pdf",
    content_type: str = "application/pdf",
    scanned: Scan | None = None,
) -> Attachment:
    return Attachment(
        id=new_attachment_id(),
        filename=filename,
        content_type=content_type,
        size=len(octets),
        sha256=hashlib.sha256(octets).hexdigest(),
        scanned=scanned,
    )


def an_outgoing(**values: Any) -> OutgoingMessage:
    """Return what a provider is given; the fields of its content stand beside the others."""
    return OutgoingMessage(content=_content_of(values), **values)


def _content_of(values: dict[str, Any]) -> Content:
    """Take the fields of a content out of ``values`` and return it."""
    return Content(**{name: values.pop(name) for name in Content.__slots__ if name in values})


def created(
    at: datetime = NOON,
    *,
    tenant: str = "bank-a",
    idempotency: Idempotency | None = None,
    sender: Sender | None = None,
    **changes: Any,
) -> Change:
    """Return the change that makes a notification; ``sender`` is its tenant's default."""
    policy = TenantPolicy(senders=_only(sender))
    draft = a_draft(**changes)
    return lifecycle.create(draft, tenant_id=tenant, at=at, timings=TIMINGS, policy=policy, idempotency=idempotency)


def pending(at: datetime = NOON, **changes: Any) -> Notification:
    return created(at, **changes).after


def _only(sender: Sender | None) -> Senders:
    """Return the senders of a tenant that has this one, for everything."""
    return NO_SENDERS if sender is None else Senders(by_id={sender.id: sender}, defaults={sender.channel: sender.id})


def queued(at: datetime = NOON, **changes: Any) -> Notification:
    return lifecycle.enqueue(pending(at, **changes), at=at, timings=TIMINGS).after


def claimed(at: datetime = NOON, *, token: str = "token", **changes: Any) -> Notification:
    change = lifecycle.claim(queued(at, **changes), retry_counts={0}, token=token, at=at, timings=TIMINGS)
    assert change is not None
    return change.after


def reclaimed(notification: Notification, at: datetime) -> Notification:
    change = lifecycle.claim(
        notification, retry_counts={notification.state.retry_count}, token="again", at=at, timings=TIMINGS
    )
    assert change is not None
    return change.after


def begun(notification: Notification, provider: str = "simulated-email", *, idempotent: bool = False) -> Notification:
    return settlement.begin(notification, provider=provider, idempotent=idempotent, at=NOON).after


def failed(at: datetime = NOON, **changes: Any) -> Notification:
    return settlement.settle(claimed(at, **changes), a_result(Outcome.PERMANENT), at=at, timings=TIMINGS).after


def sent(at: datetime = NOON, **changes: Any) -> Notification:
    return settlement.settle(claimed(at, **changes), a_result(Outcome.ACCEPTED), at=at, timings=TIMINGS).after


_ABOUT = {
    Outcome.TRANSIENT: About.SENDER,
    Outcome.RATE_LIMITED: About.SENDER,
    Outcome.PERMANENT: About.RECIPIENT,
    Outcome.UNKNOWN: About.SENDER,
}
"""What providers say most often."""


def a_result(
    outcome: Outcome,
    *,
    retry_after: timedelta | None = None,
    provider: str = "simulated-email",
    about: About | None = None,
) -> AttemptResult:
    attempt = Attempt(
        provider=provider,
        outcome=outcome,
        code=None if outcome is Outcome.ACCEPTED else "some_code",
        started_at=NOON,
        duration_ms=12,
        about=about or _ABOUT.get(outcome),
    )
    receipt = Receipt("message-1") if outcome is Outcome.ACCEPTED else None
    return AttemptResult(
        attempt=attempt, receipt=receipt, detail=None if receipt else "It said no", retry_after=retry_after
    )


def totals_of(*changes: Change) -> Totals:
    """Return what changes add to the counters of all minutes."""
    return Totals.merged(Totals(counts) for counts in deltas(changes).values())


def message_about(notification: Notification) -> QueueMessage:
    return QueueMessage.about(notification)


def an_event(at: datetime = NOON, *, tenant: str = "bank-a", **changes: Any) -> Event:
    """Return an event that endpoints want; its id is random."""
    notification_id = secrets.token_hex(12)
    values: dict[str, Any] = {
        "id": f"evt_{notification_id}_2",
        "type": EventType.NOTIFICATION_QUEUED,
        "data": {"notificationId": notification_id, "status": "QUEUED", "template": None},
        "notification_id": notification_id,
        "due_at": at + FAN_OUT_MARGIN,
    }
    return Event(tenant_id=tenant, at=at, **{**values, **changes})


def an_endpoint(*, tenant: str = "bank-a", **changes: Any) -> Endpoint:
    values: dict[str, Any] = {
        "id": new_endpoint_id(),
        "url": "https://bank.example/hook",
        "types": (EventType.NOTIFICATION_QUEUED,),
        "secret": new_secret(),
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Endpoint(tenant_id=tenant, **{**values, **changes})


def a_delivery(at: datetime = NOON, *, endpoint_id: str = "ep_0123456789abcdef01234567", **changes: Any) -> Delivery:
    """Return a delivery of a new event, ready at once; ``changes`` are the event's."""
    return new_delivery(an_event(at, **changes), endpoint_id, at)
