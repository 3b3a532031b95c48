"""Claim what a batch of queue messages announces: the sole right to attempt it, for a while."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from wavecom.domain import lifecycle
from wavecom.domain.change import Change
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.messages import QueueMessage
from wavecom.domain.notification import Notification, Status
from wavecom.domain.timings import Timings
from wavecom.ports import Clock, NotificationStore

ROUNDS = 5
"""How often to look again at what somebody moved in between."""


@dataclass(slots=True)
class Claims:
    """What was claimed, and what ended instead since its deadline had passed."""

    claimed: list[Notification] = field(default_factory=list)
    ended: list[Change] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Claim notifications under one lease token a batch."""

    store: NotificationStore
    clock: Clock
    timings: Timings
    along: Callable[[list[Change]], list[Change]] = list
    """What is written along with the claims, in their transaction; asked once, before the first is written."""

    def __call__(self, messages: Sequence[QueueMessage]) -> Claims:
        """Claim what ``messages`` announce and may be attempted now.

        What somebody moved between reading and writing is looked at again. That is the rule, not the exception,
        when a message is faster than its sender's own record of QUEUED. Raises `StoreUnavailableError` when
        nothing was claimed.
        """
        claims, token = Claims(), secrets.token_hex(16)
        left = _latest_retry_counts(messages)
        for number in range(ROUNDS):
            try:
                left = self._round(left, token, claims, list if number else self.along)
            except StoreUnavailableError:
                if not claims.claimed:
                    raise
                break  # the sweep sees to the others
            if not left:
                break
        return claims

    def _round(
        self,
        retry_counts: Mapping[str, int],
        token: str,
        claims: Claims,
        along: Callable[[list[Change]], list[Change]],
    ) -> dict[str, int]:
        """Claim once and return what lost its race, to be looked at again."""
        at = self.clock()
        found = self.store.get_many(retry_counts)
        changes = [change for each in found if (change := self._change(each, retry_counts[each.id], token, at))]
        saved = self.store.save(along(changes)) if changes else []
        for change in saved:
            if change.after.status is Status.PROCESSING:
                claims.claimed.append(change.after)
            else:
                claims.ended.append(change)
        lost = {change.after.id for change in changes} - {change.after.id for change in saved}
        return {notification_id: retry_counts[notification_id] for notification_id in lost}

    def _change(self, notification: Notification, retry_count: int, token: str, at: datetime) -> Change | None:
        return lifecycle.claim(notification, retry_count=retry_count, token=token, at=at, timings=self.timings)


def _latest_retry_counts(messages: Sequence[QueueMessage]) -> dict[str, int]:
    """Return each notification's highest retry count: of two messages about one, the other is stale."""
    counts: dict[str, int] = {}
    for message in messages:
        counts[message.notification_id] = max(counts.get(message.notification_id, 0), message.retry_count)
    return counts
