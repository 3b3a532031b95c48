"""Claim what a batch of queue messages announces: the sole right to attempt it, for a while."""

import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from wavecom.application.deliver.save import SaveUntil
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.notification import Notification, Status, created_second
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.queue_messages import QueueMessage
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.system import Clock

ROUNDS: Final = 5
"""How often to look again at what somebody moved in between."""
PAUSES_SECONDS: Final = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16)
"""How long to wait, again and again, for notifications whose commit their messages have overtaken."""
COMMITTED_WITHIN: Final = timedelta(minutes=1)
"""What is not stored so long after it was made never will be: its turn in a group and two tries to write it take less,
and clocks may differ."""


@dataclass(slots=True)
class Claims:
    """What was claimed, what ended instead since its deadline had passed, and messages of what is not stored yet."""

    claimed: list[Notification] = field(default_factory=list)
    ended: list[Change] = field(default_factory=list)
    early: list[QueueMessage] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Claim notifications under one lease token a batch."""

    store: NotificationStore
    save: SaveUntil
    clock: Clock
    timings: Timings
    settle_unanswered: Callable[[Sequence[Notification]], set[str]]
    """Applies reports that came meanwhile and returns the ids of what they settled, which is not attempted again."""
    along: Callable[[list[Change]], list[Change]] = list
    """What is written along with the claims, in their transaction; asked once, before the first is written."""

    def __call__(self, messages: Sequence[QueueMessage]) -> Claims:
        """Claim what ``messages`` announce and may be attempted now.

        What somebody moved between reading and writing is looked at again. Raises `StoreUnavailableError` when nothing
        was claimed.
        """
        claims, token = Claims(), secrets.token_hex(16)
        left = _retry_counts(messages)
        found, missing = self._find(left)
        settled = self.settle_unanswered(found)
        found = [each for each in found if each.id not in settled]
        claims.early = list(
            {each.notification_id: each for each in messages if each.notification_id in missing}.values()
        )
        for number in range(ROUNDS):
            try:
                if number:
                    found = self.store.get_many(left)
                left = self._round(found, left, token, claims, list if number else self.along)
            except StoreUnavailableError:
                if not claims.claimed:
                    raise
                break  # the sweep sees to the others
            if not left:
                break
        return claims

    def _find(self, notification_ids: Collection[str]) -> tuple[list[Notification], set[str]]:
        """Return those that are stored, and the ids of those that may yet be.

        A message goes out just before the commit of its notification, so the very latest are waited for a little.
        """
        found = self.store.get_many(notification_ids)
        if len(found) == len(notification_ids):
            return found, set()
        at = self.clock()
        missing = set(notification_ids).difference(each.id for each in found)
        missing = {each for each in missing if abs(at - created_second(each)) <= COMMITTED_WITHIN}
        for pause in PAUSES_SECONDS:
            if not missing:
                break
            time.sleep(pause)
            try:
                late = self.store.get_many(missing)
            except StoreUnavailableError:
                break  # what was found can still be claimed, it may be
            found += late
            missing = missing.difference(each.id for each in late)
        return found, missing

    def _round(
        self,
        found: Sequence[Notification],
        retry_counts: Mapping[str, frozenset[int]],
        token: str,
        claims: Claims,
        along: Callable[[list[Change]], list[Change]],
    ) -> dict[str, frozenset[int]]:
        """Claim once and return what lost its race, to be looked at again."""
        at = self.clock()
        changes = [change for each in found if (change := self._change(each, retry_counts[each.id], token, at))]
        saved = self.save(along(changes)) if changes else []
        for change in saved:
            if change.after.status is Status.PROCESSING:
                claims.claimed.append(change.after)
            else:
                claims.ended.append(change)
        lost = {change.after.id for change in changes} - {change.after.id for change in saved}
        return {notification_id: retry_counts[notification_id] for notification_id in lost}

    def _change(
        self, notification: Notification, retry_counts: frozenset[int], token: str, at: datetime
    ) -> Change | None:
        return lifecycle.claim(notification, retry_counts=retry_counts, token=token, at=at, timings=self.timings)


def _retry_counts(messages: Sequence[QueueMessage]) -> dict[str, frozenset[int]]:
    """Return the retry counts that messages name for each notification; what is stored tells the genuine one."""
    counts: dict[str, frozenset[int]] = {}
    for message in messages:
        found = counts.get(message.notification_id, frozenset())
        counts[message.notification_id] = found | {message.retry_count}
    return counts
