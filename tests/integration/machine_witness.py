"""What must be true whatever happens: a witness who sees every call to a provider and reads the whole database."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from bson import ObjectId

from tests.integration.machine_strands import current
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.documents import from_document
from wavecom.adapters.mongo.notifications.ledger_checks import MongoLedgerChecks
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.application.accept.submit import Submission
from wavecom.domain.ledger.counting import minute_of
from wavecom.domain.notifications.audit import AuditEntry, first_broken_link
from wavecom.domain.notifications.change import ARROWS, UNFINISHED
from wavecom.domain.notifications.enums import OnUnknown, Status
from wavecom.domain.notifications.notification import IdempotentCall, Notification
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.ports.providers import Provider

TENANTS = ("bank-a", "bank-b")
REPLAYED = "Replayed by client"
MAY_BE_SENT = (Outcome.ACCEPTED, Outcome.UNKNOWN)
PROOFS = (DeliveryOutcome.ACCEPTED, DeliveryOutcome.DELIVERED)
WRITES = frozenset({"add", "save", "roll_up"})
IN_MINUTES = timedelta(hours=1)
"""How far back the counters are kept by minute at least."""


@dataclass(slots=True)
class Witness:
    """Sees what the providers see, reads what is stored, and says what is wrong."""

    mongo: Mongo
    counters: MongoCounters
    now: Callable[[], datetime]
    accepted: dict[str, str] = field(default_factory=dict)
    """The tenant of each notification that a client was told of."""
    sent: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The providers that have sent each notification; one that knows tokens counts once."""
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each provider took each notification."""
    told: set[str] = field(default_factory=set)
    """The notifications of which the provider that has sent them reported the delivery."""
    kept: set[str] = field(default_factory=set)
    """The notifications of which a report that they were accepted is, or was, kept for later."""
    wrong: list[str] = field(default_factory=list)
    changed: bool = True
    _calls: dict[tuple[str, str], tuple[str, dict[int, str]]] = field(default_factory=dict)
    _finished: dict[str, Notification] = field(default_factory=dict)

    def saw(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        """See what a strand has called, to know which leases it holds and what it knows."""
        self.changed = self.changed or name in WRITES
        strand = current()
        if strand is None:
            return
        if name == "save":
            for change in result:
                after: Notification = change.after
                if after.state.lease is not None and (before := change.before) and before.state.lease is None:
                    strand.tokens[after.id] = after.state.lease.token
                    self._claimed(before)
                if after.state.begun is not None:
                    strand.begun[after.id] = after.state.begun.provider
        elif name == "among":
            strand.suppressed = set(result)

    def answered(self, tenant: str, call: IdempotentCall | None, submission: Submission) -> None:
        """Remember what a client was told, and that a repeated call is told the same."""
        ids = {index: each.id for index, each in submission.notifications.items()}
        self.accepted |= dict.fromkeys(ids.values(), tenant)
        if call is not None:
            first = self._calls.setdefault((tenant, call.key), (call.fingerprint, ids))
            self._expect(first == (call.fingerprint, ids), "a repeated call is answered like the first")

    def reported(self, report: DeliveryReport, taken: bool) -> None:
        """Remember a report that was received, and whether it is a true one."""
        if taken and report.delivery_outcome is DeliveryOutcome.DELIVERED:
            self.told.add(report.notification_id)
        if report.delivery_outcome in PROOFS and self._keeps(report.notification_id, {report.provider}):
            self.kept.add(report.notification_id)

    def _claimed(self, before: Notification) -> None:
        """Judge a claim: what a report that was received has settled is not attempted again."""
        strand = current()
        assert strand is not None
        if strand.clock_is_right and before.id in self.kept:
            proven = self._keeps(before.id, before.state.unanswered)
            self._expect(
                not proven, f"{strand.name} claims {before.content.message} although it is reported as accepted"
            )

    def _keeps(self, notification_id: str, providers: Iterable[str]) -> bool:
        """Whether a report that one of ``providers`` has accepted a notification is kept."""
        wanted = {
            "notificationId": notification_id,
            "provider": {"$in": list(providers)},
            "fared": {"$in": [each.value for each in PROOFS]},
        }
        return self.mongo.database.keptreports.find_one(wanted) is not None

    def asked(self, provider: Provider, message: OutgoingMessage) -> None:
        """Judge the beginning of a call to a provider."""
        strand, stored = current(), self._stored(message.notification_id)
        assert strand is not None
        about = f"{strand.name} calls {provider.name} for {stored.content.message}"
        self._expect(strand.begun.get(stored.id) == provider.name, f"{about} after recording its beginning")
        self._expect(stored.id in strand.tokens, f"{about} after claiming it")
        self._expect(strand.suppressed is not None, f"{about} after looking whether it is suppressed")
        self._expect(stored.id not in (strand.suppressed or ()), f"{about}, which is not suppressed")
        if not strand.clock_is_right:
            return  # it goes by a lease and a deadline that only its own clock believes in
        holds = stored.state.lease is not None and stored.state.lease.token == strand.tokens.get(stored.id)
        self._expect(holds, f"{about} while it holds the lease")
        begun = stored.state.begun is not None and stored.state.begun.provider == provider.name
        self._expect(begun, f"{about} while its beginning is stored")
        self._expect(not stored.is_expired(self.now()), f"{about} before the deadline")
        early = stored.scheduled_at is not None and stored.scheduled_at > self.now()
        self._expect(not early, f"{about} after the time that it is scheduled for")

    def took(self, provider: Provider, message: OutgoingMessage) -> None:
        """Judge that a provider takes a message: whether it may be sent once more."""
        stored = self._stored(message.notification_id)
        self.taken[stored.id, provider.name] += 1
        if provider.idempotent and provider.name in self.sent[stored.id]:
            return
        self.sent[stored.id].append(provider.name)
        unknown = sum(each.outcome is Outcome.UNKNOWN for each in stored.state.attempts)
        replays = sum(each.message == REPLAYED for each in self._trail(stored))
        times, text = len(self.sent[stored.id]), f"{stored.content.message} ({stored.on_unknown}) is sent by"
        self._expect(times <= 1 + unknown, f"{text} {self.sent[stored.id]}, {unknown} of them known as unknown")
        if stored.on_unknown is OnUnknown.HOLD:
            self._expect(times <= 1 + replays, f"{text} {self.sent[stored.id]}, {replays} replays")

    def check(self) -> list[Notification]:
        """Raise AssertionError unless everything that is stored is as it must be; return it in order."""
        assert not self.wrong, "; ".join(self.wrong)
        found = sorted(
            (from_document(each) for each in self.mongo.database.notifications.find()),
            key=lambda each: each.content.message,
        )
        if not self.changed:
            return found
        self.changed = False
        assert self.accepted.items() <= {each.id: each.tenant_id for each in found}.items(), "nothing accepted is lost"
        trails = MongoNotificationStore(self.mongo, self.counters).audit_trails(found)
        assert sum(map(len, trails.values())) == self.mongo.database.notificationlogs.count_documents({})
        for each in found:
            _check_trail(each, trails[each.id])
            _check_fields(each)
            self._check_finished(each)
        _check_idempotency(found)
        self._check_counters(found)
        return found

    def check_quiet(self) -> None:
        """Raise AssertionError unless everything has ended, and what was sent is known as such."""
        for each in self.check():
            assert each.state.status not in UNFINISHED, f"{each.content.message} never ends: {each}"
            attempts = Counter(one.provider for one in each.state.attempts if one.outcome in MAY_BE_SENT)
            for provider in {*self.sent[each.id]}:
                known, taken = attempts[provider], self.taken[each.id, provider]
                assert known >= taken, f"{each.content.message} is taken by {provider} {taken} times, {known} are known"
            if each.id in self.told:
                assert each.state.status not in (Status.SENT, Status.FAILED), (
                    f"the delivery of {each.content.message} is known"
                )
        assert self.mongo.database.keptreports.count_documents({}) == 0, "no report waits for what has ended"

    def _check_finished(self, notification: Notification) -> None:
        before = self._finished.get(notification.id)
        if before is not None and before.state.sequence == notification.state.sequence:
            assert before == notification, f"{notification.content.message} has ended and changes no more"
        if notification.state.status not in UNFINISHED:
            self._finished[notification.id] = notification

    def _check_counters(self, found: Iterable[Notification]) -> None:
        for tenant in TENANTS:
            own, totals = [each for each in found if each.tenant_id == tenant], self.counters.totals(tenant)
            assert {status: count for status, count in totals.by_status().items() if count} == Counter(
                each.state.status for each in own
            ), f"the cells of {tenant} are its notifications"
            assert totals.dead_letters() == Counter(
                (f"{each.state.failed_at:%Y-%m-%d}", each.state.cause.value, each.state.provider or "")
                for each in own
                if each.state.status is Status.FAILED and each.state.failed_at and each.state.cause
            ), f"the dead letters of {tenant} are its failed notifications"
        checks = MongoLedgerChecks(self.mongo, self.counters)
        for minute in {minute_of(each.created_at) for each in found if each.created_at > self.now() - IN_MINUTES}:
            assert checks.mismatches(minute) == [], "the books of the minute are right"

    def _stored(self, notification_id: str) -> Notification:
        document = self.mongo.database.notifications.find_one({"_id": ObjectId(notification_id)})
        assert document is not None
        return from_document(document)

    def _trail(self, notification: Notification) -> list[AuditEntry]:
        return MongoNotificationStore(self.mongo, self.counters).audit_trail(notification)

    def _expect(self, condition: bool, what: str) -> None:
        """Keep what is wrong until the next check; this may be the thread of a strand, or a provider's own errors."""
        if not condition:
            self.wrong.append(f"not so: {what}")


def _check_trail(notification: Notification, trail: list[AuditEntry]) -> None:
    assert first_broken_link(notification, trail) is None, "the digests chain the trail"
    for before, after in pairwise(trail):
        assert after.status in ARROWS[before.status], f"{before.status} does not become {after.status}"
    assert [each.sequence for each in trail] == list(range(1, notification.state.sequence + 1)), "there are no gaps"
    assert trail[-1].status is notification.state.status, "the last entry is the status"
    replays = Counter(each.metadata["by"] for each in trail if each.message == REPLAYED)
    assert all(count == 1 for key, count in replays.items() if key), "a repeated call replays nothing twice"


def _check_fields(notification: Notification) -> None:
    status, name = notification.state.status, notification.content.message
    assert (notification.state.due_at is not None) == (status in UNFINISHED), f"the sweep sees {name} until its end"
    assert (notification.state.lease is not None) == (status is Status.PROCESSING), (
        f"{name} is held while it is processed"
    )
    assert notification.state.begun is None or status is Status.PROCESSING, f"{name} has nothing under way"
    assert (notification.state.failed_at is not None) == (status is Status.FAILED), f"{name} is a dead letter or not"
    assert notification.state.retry_count <= notification.max_retries


def _check_idempotency(found: Iterable[Notification]) -> None:
    fingerprints: defaultdict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for each in found:
        if each.idempotency is not None:
            key = each.idempotency.key.split("\n")[0]
            fingerprints[each.tenant_id, key].append((each.idempotency.fingerprint, each.idempotency.index))
    for items in fingerprints.values():
        assert len({fingerprint for fingerprint, _ in items}) == 1, "one key is one call"
        assert len(set(items)) == len(items), "an item of a call is one notification"
