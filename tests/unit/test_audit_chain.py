"""The chain of audit entries: whatever is touched, the right entry is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.builders import NOON, TIMINGS, a_draft, a_result
from tests.fakes import FakeStore, FakeSystem, as_if_stored
from wavecom.application.operate.verify import Verify
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.audit import AuditEntry, digest_of, first_broken_link
from wavecom.domain.notifications.change import Change, move
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.lists import AuditRange
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import Outcome

Trail = list[AuditEntry]
Life = tuple[Notification, Trail]
DAY = AuditRange(tenant_id=None, since=NOON - timedelta(hours=1), until=NOON + timedelta(hours=1))
MISSING, CHANGED = "is missing", "has been changed, or the entry before it"
TOO_MANY, NOT_THE_ONE = "is one too many", "is not the one that the notification was written with"


def a_life(at: datetime = NOON, tenant: str = "bank-a") -> Life:
    """A notification with six entries: refused once, then sent."""
    change = lifecycle.create(a_draft(), tenant_id=tenant, at=at, timings=TIMINGS)
    trail = [*change.entries]
    for step in (
        lambda n: lifecycle.enqueue(n, at=at, timings=TIMINGS),
        lambda n: lifecycle.claim(n, retry_counts={0}, token="t", at=at, timings=TIMINGS),
        lambda n: settlement.settle(n, a_result(Outcome.TRANSIENT), at=at, timings=TIMINGS),
        lambda n: lifecycle.claim(n, retry_counts={1}, token="u", at=n.state.retry_at, timings=TIMINGS),
        lambda n: settlement.settle(n, a_result(Outcome.ACCEPTED), at=n.state.updated_at, timings=TIMINGS),
    ):
        moved = step(change.after)
        assert moved is not None
        change = moved
        trail += change.entries
    return change.after, trail


@pytest.fixture
def life() -> Life:
    return a_life()


def rechained(trail: Trail, begin: int) -> Trail:
    """Recompute the digests from one entry on, as a forger would who knows how."""
    for index in range(begin, len(trail)):
        trail[index] = replace(trail[index], digest=digest_of(trail[index], trail[index - 1].digest if index else ""))
    return trail


def test_an_untouched_trail_holds(life: Life) -> None:
    assert first_broken_link(*life) is None


@pytest.mark.parametrize("index", range(6))
@pytest.mark.parametrize(
    "touched",
    [
        {"message": "Nothing happened"},
        {"status": Status.CANCELLED},
        {"tenant_id": "bank-b"},
        {"notification_id": "f" * 24},
        {"timestamp": NOON + timedelta(milliseconds=1, hours=1)},
        {"metadata": {"provider": "another"}},
        {"metadata": {"provider": "simulated-email", "attempt": 1, "durationMs": 12, "more": None}},
        {"digest": "0" * 64},
        {"digest": ""},
    ],
    ids=" ".join,
)
def test_any_field_of_any_entry_that_was_changed_is_found_at_that_entry(life: Life, index: int, touched) -> None:
    notification, trail = life
    trail[index] = replace(trail[index], **touched)

    broken = first_broken_link(notification, trail)

    assert broken is not None
    assert (broken.notification_id, broken.tenant_id) == (notification.id, "bank-a")
    assert (broken.sequence, broken.problem) == (index + 1, CHANGED)


@pytest.mark.parametrize("index", range(5))
def test_a_forged_digest_moves_the_break_to_the_entry_after_it(life: Life, index: int) -> None:
    notification, trail = life
    trail[index] = replace(trail[index], message="Nothing happened")
    trail[index] = replace(trail[index], digest=digest_of(trail[index], trail[index - 1].digest if index else ""))

    broken = first_broken_link(notification, trail)

    assert broken is not None
    assert (broken.sequence, broken.problem) == (index + 2, CHANGED)


@pytest.mark.parametrize("index", range(6))
def test_a_chain_that_was_forged_to_its_end_does_not_fit_the_notification(life: Life, index: int) -> None:
    notification, trail = life
    trail[index] = replace(trail[index], message="Nothing happened")

    broken = first_broken_link(notification, rechained(trail, index))

    assert broken is not None
    assert (broken.sequence, broken.problem) == (6, NOT_THE_ONE)


@pytest.mark.parametrize("index", range(6))
def test_a_missing_entry_is_named(life: Life, index: int) -> None:
    notification, trail = life
    del trail[index]

    broken = first_broken_link(notification, trail)

    assert broken is not None
    assert (broken.sequence, broken.problem) == (index + 1, MISSING)


@pytest.mark.parametrize("index", range(6))
def test_an_entry_that_was_taken_out_and_the_others_moved_up_is_found_there(life: Life, index: int) -> None:
    notification, trail = life
    del trail[index]
    moved_up = [replace(entry, sequence=number) for number, entry in enumerate(trail, 1)]

    broken = first_broken_link(notification, moved_up)

    assert broken is not None
    assert broken.sequence == index + 1


@pytest.mark.parametrize("index", range(6))
def test_an_entry_that_was_put_in_is_found_there(life: Life, index: int) -> None:
    notification, trail = life
    put_in = replace(trail[index], message="And then")
    with_it = [*trail[:index], put_in, *trail[index:]]
    renumbered = [replace(entry, sequence=number) for number, entry in enumerate(with_it, 1)]

    broken = first_broken_link(notification, renumbered)

    assert broken is not None
    assert (broken.sequence, broken.problem) == (index + 1, CHANGED)


def test_an_entry_that_was_chained_to_the_end_is_one_too_many(life: Life) -> None:
    notification, trail = life
    added = replace(trail[-1], sequence=7, status=Status.DELIVERED)

    broken = first_broken_link(notification, rechained([*trail, added], 6))

    assert broken is not None
    assert (broken.sequence, broken.problem) == (7, TOO_MANY)


def test_two_entries_that_changed_places_are_found_at_the_first(life: Life) -> None:
    notification, trail = life
    trail[1], trail[2] = replace(trail[2], sequence=2), replace(trail[1], sequence=3)

    broken = first_broken_link(notification, trail)

    assert broken is not None
    assert (broken.sequence, broken.problem) == (2, CHANGED)


@pytest.mark.parametrize(
    "touched", [{"status": Status.FAILED}, {"trail_digest": "0" * 64}, {"trail_digest": ""}], ids=str
)
def test_a_notification_that_was_set_by_hand_does_not_fit_its_trail(life: Life, touched) -> None:
    notification, trail = life

    broken = first_broken_link(notification.changed(**touched), trail)

    assert broken is not None
    assert (broken.sequence, broken.problem) == (6, NOT_THE_ONE)


@pytest.mark.parametrize(("sequence", "problem", "at"), [(7, MISSING, 7), (5, TOO_MANY, 6), (0, TOO_MANY, 1)])
def test_a_count_that_was_set_by_hand_does_not_fit_the_trail(life: Life, sequence: int, problem: str, at: int) -> None:
    notification, trail = life

    broken = first_broken_link(notification.changed(sequence=sequence), trail)

    assert broken is not None
    assert (broken.sequence, broken.problem) == (at, problem)


@pytest.mark.parametrize("said", [{}, {"sequence": 0}, {"sequence": 0, "trail_digest": ""}], ids=str)
def test_a_trail_that_is_gone_is_missed_whatever_the_notification_says(life: Life, said) -> None:
    notification, _ = life

    broken = first_broken_link(notification.changed(**said), [])

    assert broken is not None
    assert broken.sequence <= 1


def test_the_trail_of_another_notification_does_not_do(life: Life) -> None:
    notification, _ = life

    broken = first_broken_link(notification, a_life()[1])

    assert broken is not None


def test_a_digest_does_not_depend_on_how_a_store_gives_the_entry_back(life: Life) -> None:
    _, trail = life
    entry, before = trail[3], trail[2].digest
    given_back = replace(
        entry,
        metadata=dict(reversed(list(entry.metadata.items()))),
        timestamp=entry.timestamp.astimezone(timezone(timedelta(hours=9))),
    )

    assert digest_of(given_back, before) == entry.digest
    assert given_back.timestamp.tzinfo is not UTC


@pytest.mark.parametrize("text", ["größer", "\N{GRINNING FACE}", "\ud800", '"],["', "\u2028"])
def test_any_text_has_a_digest_of_its_own(life: Life, text: str) -> None:
    entry = life[1][0]

    assert digest_of(replace(entry, message=text), "") != digest_of(replace(entry, message=f"{text} "), "")


def stored(store: FakeStore, *lives: Life) -> list[str]:
    for notification, trail in lives:
        as_if_stored(store, notification)
        store.trail[notification.id] = list(trail)
    return [notification.id for notification, _ in lives]


def test_a_range_is_verified_page_by_page(store: FakeStore) -> None:
    ids = sorted(stored(store, *(a_life() for _ in range(5))))
    verify = Verify(store=store, system=FakeSystem()).verify

    pages, after = [], None
    for _ in range(3):
        pages.append(verify(DAY, after=after, limit=2))
        after = pages[-1].next

    assert [(each.notifications, each.entries, each.broken) for each in pages] == [
        (2, 12, None),
        (2, 12, None),
        (1, 6, None),
    ]
    assert [each.next for each in pages] == [ids[1], ids[3], None]


def test_verifying_stops_at_the_first_broken_notification(store: FakeStore) -> None:
    ids = sorted(stored(store, *(a_life() for _ in range(3))))
    store.trail[ids[1]][4] = replace(store.trail[ids[1]][4], message="Nothing happened")

    found = Verify(store=store, system=FakeSystem()).verify(DAY)

    assert found.broken is not None
    assert (found.broken.notification_id, found.broken.sequence) == (ids[1], 5)
    assert (found.notifications, found.next) == (2, None)


def test_one_that_moves_while_it_is_verified_is_looked_at_again(store: FakeStore, monkeypatch) -> None:
    notification, trail = a_life()
    stored(store, (notification, trail))
    delivered = move(notification, (Status.DELIVERED, "It arrived"), at=NOON, due_at=None)
    read = store.audit_trails
    reads: list[list[Change]] = []

    def read_after_it_moved(notifications):
        if not reads:
            reads.append(store.save([delivered]))
        return read(notifications)

    monkeypatch.setattr(store, "audit_trails", read_after_it_moved)

    found = Verify(store=store, system=FakeSystem()).verify(DAY)

    assert len(store.trail[notification.id]) == 7
    assert found.broken is None
