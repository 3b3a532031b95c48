"""The dead letters: what is there, and back into the lanes once a call, at a pace, against fakes."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import ASKED, NOON, TIMINGS, ManualClock, a_draft, a_result
from tests.fakes import FakePace, FakeQueue, FakeStore
from wavecom.application.recover.cancel_or_retry import CancelOrRetry
from wavecom.application.recover.dead_letters import DeadLetterGroup, DeadLetters
from wavecom.domain.dead_letters import DeadLetterFilter
from wavecom.domain.errors import OverloadedError
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Cause, Channel, Lane, Status
from wavecom.domain.notifications.lifecycle import Replay
from wavecom.domain.notifications.lists import Position
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.notifications.timings import KEPT_FOR
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.suppressions.reason import SuppressionReason

UNKNOWN_ID = "0" * 24
BANK_A = DeadLetterFilter(tenant_id="bank-a")
DAY = timedelta(days=1)


class Dead:
    """Dead letters and everything around them."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store, self.queue, self.pace = FakeStore(), FakeQueue(), FakePace()
        shared: dict[str, Any] = {"store": self.store, "queue": self.queue, "clock": self.clock, "timings": TIMINGS}
        self.letters = DeadLetters(counters=self.store.counters, pace=self.pace, replays_per_second=100, **shared)
        self.cancel_or_retry = CancelOrRetry(**shared)

    def letter(self, *, tenant: str = "bank-a", provider: str | None = "ses", **changes) -> Notification:
        """Store one that failed just now: refused by ``provider`` or, for None, before one was asked."""
        created = lifecycle.create(a_draft(**changes), tenant_id=tenant, at=self.clock(), timings=TIMINGS)
        self.store.add([created])
        claim = lifecycle.claim(created.after, retry_counts={0}, token="t", at=self.clock(), timings=TIMINGS)
        return self.fails(self.saves(claim), provider)

    def fails(self, notification: Notification, provider: str | None = "ses") -> Notification:
        at = self.clock()
        if notification.state.status is not Status.PROCESSING:
            claim = lifecycle.claim(notification, retry_counts={0}, token="t", at=at, timings=TIMINGS)
            notification = self.saves(claim)
        if provider is None:
            return self.saves(
                settlement.suppress(notification, reason=SuppressionReason.MANUAL, at=at, timings=TIMINGS)
            )
        result = a_result(Outcome.PERMANENT, provider=provider)
        return self.saves(settlement.settle(notification, result, at=at, timings=TIMINGS))

    def saves(self, change: Change | None) -> Notification:
        assert change is not None
        (saved,) = self.store.save([change])
        return saved.after

    def stored(self, notification: Notification) -> Notification:
        return self.store.notifications[notification.id]

    def replay(self, *notifications: Notification, tenant: str = "bank-a", key: str | None = None) -> list[str]:
        asked = Replay(by="key-1", why="The provider is back", key=key)
        return list(self.letters.replay(tenant, [each.id for each in notifications], asked).values())


@pytest.fixture
def dead() -> Dead:
    return Dead()


def group(cause: Cause, provider: str | None, count: int, day=NOON) -> DeadLetterGroup:
    return DeadLetterGroup(day=day.date(), cause=cause.value, provider=provider, count=count)


def test_groups_are_by_day_cause_and_provider_the_latest_and_largest_first(dead: Dead) -> None:
    yesterday = NOON - DAY
    dead.clock.at = yesterday
    dead.letter(provider="ses")
    dead.clock.at = NOON
    for provider in ("ses", "sendgrid", "ses"):
        dead.letter(provider=provider)
    dead.letter(provider=None, channel=Channel.SMS)
    dead.letter(tenant="bank-b")

    assert dead.letters.groups("bank-a")[0] == group(Cause.PERMANENT, "ses", 2)
    assert set(dead.letters.groups("bank-a")[1:3]) == {
        group(Cause.PERMANENT, "sendgrid", 1),
        group(Cause.SUPPRESSED, None, 1),
    }
    assert dead.letters.groups("bank-a")[3:] == [group(Cause.PERMANENT, "ses", 1, yesterday)]
    assert dead.letters.groups("bank-c") == []


def test_a_replay_takes_a_letter_out_of_the_group_of_the_day_on_which_it_failed(dead: Dead) -> None:
    letters = [dead.letter(), dead.letter()]
    dead.clock.advance(3 * DAY)

    dead.replay(letters[0])
    assert dead.letters.groups("bank-a") == [group(Cause.PERMANENT, "ses", 1)]
    dead.fails(dead.stored(letters[0]), "sendgrid")

    assert dead.letters.groups("bank-a") == [
        group(Cause.PERMANENT, "sendgrid", 1, NOON + 3 * DAY),
        group(Cause.PERMANENT, "ses", 1),
    ]


def test_groups_of_what_is_kept_no_longer_are_not_shown(dead: Dead) -> None:
    dead.letter()
    dead.clock.advance(KEPT_FOR + DAY)

    assert dead.letters.groups("bank-a") == []


def test_finding_says_whether_there_are_more(dead: Dead) -> None:
    letters = []
    for _ in range(5):
        dead.clock.advance(timedelta(seconds=1))
        letters.append(dead.letter())
    latest_first = letters[::-1]

    first, more = dead.letters.find(BANK_A, limit=3)
    last = first[-1]
    assert last.state.failed_at is not None
    rest, no_more = dead.letters.find(BANK_A, limit=3, after=Position(last.state.failed_at, last.id))

    assert [each.id for each in first + rest] == [each.id for each in latest_first]
    assert (more, no_more) == (True, False)
    assert dead.letters.find(BANK_A, limit=5)[1] is False, "five of five are all"


def test_replayed_ones_are_back_in_their_lanes_with_a_new_budget_and_a_trail(dead: Dead) -> None:
    letter = dead.letter()

    assert dead.replay(letter, key="k1") == ["replayed"]

    stored = dead.stored(letter)
    assert (stored.state.status, stored.state.retry_count, stored.state.failed_at, stored.state.cause) == (
        Status.QUEUED,
        0,
        None,
        None,
    )
    assert [message.notification_id for message in dead.queue.take(Lane.HIGH)] == [letter.id]
    last = dead.store.trail[letter.id][-1]
    assert (last.status, last.metadata) == (Status.QUEUED, {"by": "key-1", "why": "The provider is back"})


def test_each_is_told_what_became_of_it_in_the_order_of_the_ids(dead: Dead) -> None:
    first, moving, theirs, last = dead.letter(), dead.letter(), dead.letter(tenant="bank-b"), dead.letter()
    dead.replay(moving)
    ids = [last.id, UNKNOWN_ID, theirs.id, moving.id, first.id, last.id]

    results = dead.letters.replay("bank-a", ids, ASKED)

    assert list(results.items()) == [
        (last.id, "replayed"),
        (UNKNOWN_ID, "not_found"),
        (theirs.id, "not_found"),
        (moving.id, "not_dead"),
        (first.id, "replayed"),
    ]
    assert dead.stored(theirs).state.status is Status.FAILED
    assert len(dead.queue.take(Lane.HIGH)) == 3


def test_a_repeated_call_replays_nothing_twice_even_what_failed_again(dead: Dead) -> None:
    letter = dead.letter()
    dead.replay(letter, key="k1")
    assert dead.replay(letter, key="k1") == ["already_replayed"]
    dead.fails(dead.stored(letter))

    assert dead.replay(letter, key="k1") == ["already_replayed"]
    assert dead.stored(letter).state.status is Status.FAILED
    assert dead.replay(letter, key="k2") == ["replayed"]


def test_a_call_without_a_key_replays_again(dead: Dead) -> None:
    letter = dead.letter()
    dead.replay(letter)
    dead.fails(dead.stored(letter))

    assert dead.replay(letter) == ["replayed"]


@pytest.mark.parametrize("between", ["k2", None])
def test_a_call_that_is_repeated_after_another_call_replays_nothing_twice_either(dead: Dead, between) -> None:
    letter = dead.letter()
    for key in ("k1", between):
        dead.replay(letter, key=key)
        dead.fails(dead.stored(letter))

    assert dead.replay(letter, key="k1") == ["already_replayed"]


def test_a_call_that_is_repeated_after_a_retry_by_hand_replays_nothing_twice_either(dead: Dead) -> None:
    letter = dead.letter()
    dead.replay(letter, key="k1")
    dead.fails(dead.stored(letter))
    dead.cancel_or_retry.retry("bank-a", letter.id, Replay(by="key-1"))
    dead.fails(dead.stored(letter))

    assert dead.replay(letter, key="k1") == ["already_replayed"]


def test_keys_belong_to_a_tenant(dead: Dead) -> None:
    ours, theirs = dead.letter(), dead.letter(tenant="bank-b")

    assert dead.replay(ours, key="k1") == ["replayed"]
    assert dead.replay(theirs, tenant="bank-b", key="k1") == ["replayed"]


def test_two_calls_at_once_replay_a_letter_once(dead: Dead, monkeypatch) -> None:
    letter = dead.letter()
    save = dead.store.save
    others: list[list[Change]] = []

    def another_call_is_faster(changes):
        if not others:
            others.append(save([lifecycle.replay(letter, at=NOON, timings=TIMINGS, request=ASKED)]))
        return save(changes)

    monkeypatch.setattr(dead.store, "save", another_call_is_faster)

    assert dead.replay(letter) == ["not_dead"]
    assert dead.queue.take(Lane.HIGH) == []


def test_a_replay_takes_the_pace_by_its_size_and_waits_for_it(dead: Dead) -> None:
    letters = [dead.letter() for _ in range(3)]
    dead.pace.paused["replay:bank-a"] = NOON + timedelta(seconds=7)

    with pytest.raises(OverloadedError) as refusal:
        dead.replay(*letters)

    assert refusal.value.retry_after == timedelta(seconds=7)
    assert {dead.stored(each).state.status for each in letters} == {Status.FAILED}


def test_what_replays_nothing_takes_no_pace(dead: Dead) -> None:
    letter = dead.letter()
    dead.replay(letter, key="k1")
    taken = len(dead.pace.taken)
    dead.pace.paused["replay:bank-a"] = NOON + timedelta(seconds=7)

    assert dead.replay(letter, key="k1") == ["already_replayed"]
    assert len(dead.pace.taken) == taken


def test_each_tenant_has_its_own_pace(dead: Dead) -> None:
    ours, theirs = dead.letter(), dead.letter(tenant="bank-b")
    dead.pace.paused["replay:bank-a"] = NOON + timedelta(seconds=7)

    assert dead.replay(theirs, tenant="bank-b") == ["replayed"]
    with pytest.raises(OverloadedError):
        dead.replay(ours)


def test_without_the_broker_the_sweep_publishes_what_was_replayed(dead: Dead) -> None:
    letter = dead.letter()
    dead.queue.down = True

    assert dead.replay(letter) == ["replayed"]
    assert dead.stored(letter).state.due_at == NOON + TIMINGS.pending


def test_one_past_its_deadline_is_replayed_only_to_expire(dead: Dead) -> None:
    letter = dead.letter(expires_at=NOON + timedelta(hours=1))
    dead.clock.advance(timedelta(hours=2))

    dead.replay(letter)

    change = lifecycle.claim(dead.stored(letter), retry_counts={0}, token="t", at=dead.clock(), timings=TIMINGS)
    assert change is not None
    assert change.after.state.status is Status.EXPIRED
