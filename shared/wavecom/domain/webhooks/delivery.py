"""A delivery: one event for one endpoint, its attempts, and what follows from each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from wavecom.domain.events.event import Event, EventType

DELAYS: Final = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
"""The wait before each attempt (Standard Webhooks, "Deliverability and reliability")."""
JITTER: Final = 0.2
"""The share by which a wait is shorter or longer, so that what failed together does not come together again."""
LEASE: Final = timedelta(seconds=60)
"""The time for which one consumer alone may attempt a delivery: longer than its calls together may take."""
HELD_FOR: Final = timedelta(seconds=25)
"""The wait of a delivery to an endpoint that does not answer at present; it costs no attempt."""
HELD_MAX: Final = timedelta(minutes=30)
"""Its wait where the endpoint has not answered for longer than that: putting off must not become the work itself."""
EARLY: Final = timedelta(seconds=2)
"""An attempt may begin this much before its time, since brokers offer a few delays only."""
ANNOUNCED_WITHIN: Final = timedelta(seconds=125)
"""The longest wait that brokers offer. The sweep finds what waits longer."""
SWEEP_MARGIN: Final = timedelta(seconds=30)
"""The time after which the sweep takes back a delivery whose message is lost."""
ATTEMPTS_KEPT: Final = 10
ANSWER_MAX: Final = 1_024
"""The bytes of an answer that are kept."""


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAttempt:
    """One call of an endpoint: the status and the beginning of its answer, or the reason why there was none."""

    at: datetime
    duration_ms: int
    status: int | None = None
    answer: str | None = None
    error: str | None = None

    @property
    def is_gone(self) -> bool:
        """True if the endpoint wants nothing any more (410; RFC 9110, section 15.5.11)."""
        return self.status == HTTPStatus.GONE

    @property
    def succeeded(self) -> bool:
        """True if the answer was 2xx. A redirect is none: nobody checked where it leads."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one endpoint.

    ``version`` counts the writes and guards them. An attempt may begin at ``retry_at``, which is the end of the lease
    while one is under way; ``token`` is its holder's. At ``due_at`` the sweep publishes it again. Both are None at the
    end. ``attempt_count`` may be more than the ``attempts`` that are kept.
    """

    event_id: str
    endpoint_id: str
    tenant_id: str
    event_type: EventType
    created_at: datetime
    status: DeliveryStatus = DeliveryStatus.PENDING
    version: int = 0
    attempts: tuple[WebhookAttempt, ...] = ()
    attempt_count: int = 0
    retry_at: datetime | None = None
    due_at: datetime | None = None
    token: str | None = None

    @property
    def id(self) -> str:
        """Its id, which is one for each event and endpoint: so no event is passed to an endpoint twice."""
        return f"{self.event_id}.{self.endpoint_id}"

    @property
    def is_behind(self) -> bool:
        """True if it has failed, for good or for now, or was put off: a recovery attempts it at once."""
        if self.status is DeliveryStatus.PENDING:
            return self.version > 0 and self.token is None
        return self.status is DeliveryStatus.FAILED

    def is_ready(self, at: datetime) -> bool:
        """Return whether an attempt may begin at ``at``."""
        return self.status is DeliveryStatus.PENDING and self.retry_at is not None and self.retry_at - EARLY <= at

    def claimed(self, token: str, at: datetime) -> "Delivery":
        """Return it as one that the holder of ``token`` attempts."""
        until = at + LEASE
        return replace(self, version=self.version + 1, token=token, retry_at=until, due_at=until)

    def waiting(self, at: datetime, wait: timedelta) -> "Delivery":
        """Return it as one that may be attempted after ``wait``."""
        retry_at = at + wait
        margin = SWEEP_MARGIN if wait <= ANNOUNCED_WITHIN else timedelta(0)
        return replace(self, version=self.version + 1, token=None, retry_at=retry_at, due_at=retry_at + margin)

    def announced_again(self, until: datetime) -> "Delivery":
        """Return it as one that the sweep has announced again, and leaves alone until ``until``."""
        return replace(self, version=self.version + 1, due_at=until)

    def after(
        self, attempt: WebhookAttempt, *, at: datetime, retry_after: timedelta | None, draw: Callable[[], float]
    ) -> "Delivery":
        """Return it after an attempt: succeeded, to be tried again, or failed. ``draw`` returns 0 to 1, for the jitter.

        ``retry_after`` is what the endpoint asked for: it is kept up to the wait of the next step.
        """
        counted = replace(
            self, attempts=(*self.attempts, attempt)[-ATTEMPTS_KEPT:], attempt_count=self.attempt_count + 1
        )
        if attempt.succeeded:
            return counted.ended(DeliveryStatus.SUCCEEDED)
        if counted.attempt_count >= len(DELAYS) or attempt.is_gone:
            return counted.ended(DeliveryStatus.FAILED)
        wait = DELAYS[counted.attempt_count] * (1 - JITTER + 2 * JITTER * draw())
        if retry_after is not None:
            following = DELAYS[min(counted.attempt_count + 1, len(DELAYS) - 1)]
            wait = max(wait, min(retry_after, following))
        return counted.waiting(at, wait)

    def ended(self, status: DeliveryStatus) -> "Delivery":
        """Return it at its end."""
        return replace(self, status=status, version=self.version + 1, token=None, retry_at=None, due_at=None)

    def again(self, at: datetime) -> "Delivery":
        """Return it as one that is to be attempted at once, whatever became of it."""
        return replace(self.waiting(at, timedelta(0)), status=DeliveryStatus.PENDING)


def new_delivery(event: Event, endpoint_id: str, at: datetime) -> Delivery:
    """Return the delivery of an event to an endpoint, ready at once."""
    return Delivery(
        event_id=event.id,
        endpoint_id=endpoint_id,
        tenant_id=event.tenant_id,
        event_type=event.type,
        created_at=at,
        retry_at=at,
        due_at=at + SWEEP_MARGIN,
    )
