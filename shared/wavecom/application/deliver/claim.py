"""Claim the notifications of a batch of queue messages: the sole right to attempt them, until the lease ends."""

import secrets
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from wavecom.application.deliver.save import SaveUntil
from wavecom.application.reports.receive import Receive
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.notification import Notification, created_second
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.queue_messages import QueueMessage
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.system import Clock

MAX_TRIES: Final = 5
"""Tries to claim notifications that somebody moved between reading and writing."""
PAUSES_SECONDS: Final = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16)
"""Pauses before each further read of notifications that are not committed yet."""
COMMITTED_WITHIN: Final = timedelta(minutes=1)
"""The age after which a missing notification will never be stored: its turn in a group and two tries to write it take
less, and clocks may differ."""

RetryCounts = Mapping[str, frozenset[int]]
"""The retry counts in messages, by notification id; the stored notification shows which one is genuine."""


@dataclass(frozen=True, slots=True)
class Announced:
    """A batch's notifications: those that are stored, and the messages of those that are not stored yet."""

    found: Sequence[Notification]
    retry_counts: RetryCounts
    early: Sequence[QueueMessage]


@dataclass(slots=True)
class Claims:
    """Claimed notifications, and changes that ended notifications past their deadline."""

    claimed: list[Notification] = field(default_factory=list)
    ended: list[Change] = field(default_factory=list)

    def add(self, stored: Iterable[Change]) -> None:
        """Add the results of stored changes."""
        for change in stored:
            if change.after.state.status is Status.PROCESSING:
                self.claimed.append(change.after)
            else:
                self.ended.append(change)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Claims the notifications of one batch under one lease token."""

    store: NotificationStore
    receive: Receive
    clock: Clock
    timings: Timings
    token: str = field(default_factory=lambda: secrets.token_hex(16))

    def find(self, messages: Sequence[QueueMessage]) -> Announced:
        """Read the notifications of ``messages``, and settle those that a kept report says were sent.

        Raises `StoreUnavailableError`.
        """
        retry_counts = _retry_counts(messages)
        found, missing = self._read(retry_counts)
        settled = self.receive.apply_kept_reports(found)
        early = {each.notification_id: each for each in messages if each.notification_id in missing}
        return Announced([each for each in found if each.id not in settled], retry_counts, list(early.values()))

    def changes(self, found: Iterable[Notification], retry_counts: RetryCounts) -> list[Change]:
        """Return claims of notifications that may be attempted now, and ends of those past their deadline."""
        at = self.clock()
        claims = (
            lifecycle.claim(each, retry_counts=retry_counts[each.id], token=self.token, at=at, timings=self.timings)
            for each in found
        )
        return [claim for claim in claims if claim is not None]

    def claim_moved(self, ids: set[str], retry_counts: RetryCounts, saver: SaveUntil, claims: Claims) -> None:
        """Claim the notifications that somebody moved between reading and writing again, and add them to ``claims``.

        Raises `StoreUnavailableError` if nothing is claimed yet; otherwise the sweep handles what is left.
        """
        for _ in range(MAX_TRIES - 1):
            if not ids:
                break
            try:
                changes = self.changes(self.store.get_many(ids), retry_counts)
                saved = saver.save(changes) if changes else []
            except StoreUnavailableError:
                if not claims.claimed:
                    raise
                break
            claims.add(saved)
            ids = {each.after.id for each in changes} - {each.after.id for each in saved}

    def _read(self, notification_ids: Collection[str]) -> tuple[list[Notification], set[str]]:
        """Return the stored notifications, and the ids of those that may yet be stored.

        A message goes out just before the commit of its notification, so recent ones are read again for a short time.
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
                break  # the notifications found so far can still be claimed
            found += late
            missing = missing.difference(each.id for each in late)
        return found, missing


def _retry_counts(messages: Sequence[QueueMessage]) -> dict[str, frozenset[int]]:
    counts: dict[str, frozenset[int]] = {}
    for message in messages:
        found = counts.get(message.notification_id, frozenset())
        counts[message.notification_id] = found | {message.retry_count}
    return counts
