"""Events of changes: which there are, and that they hold ids and facts alone."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.builders import NOON, TIMINGS, a_result, an_event, claimed, created, pending, queued
from tests.unit.test_status_machine_properties import EVENTS, steps
from wavecom.domain.content.content import TemplateUse
from wavecom.domain.errors import IllegalTransitionError
from wavecom.domain.events.event import (
    EVENT_ID_PATTERN,
    FAN_OUT_MARGIN,
    OF_STATUS,
    EventType,
    Wanted,
    event_about,
    events_of,
    payload,
)
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.change import Change, combine
from wavecom.domain.notifications.enums import Channel, Status
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.queue_messages import WebhookLane, WebhookMessage

ALL = Wanted(by_endpoints=frozenset(EventType))
FEED = Wanted(by_feed=True)
SECRETS = ("kundin@bank.example", "Ihr Kontostand", "4711,13 CHF", "order-0815", "idem-key", "<b>html</b>")
FACTS = {"notificationId", "channel", "status", "sequence", "cause", "provider", "template"}


def kinds(change: Change, wanted: Wanted = ALL) -> list[str]:
    return [each.type.value for each in events_of(change, wanted)]


def test_every_status_that_clients_can_see_has_an_event() -> None:
    assert set(Status) - set(OF_STATUS) == {Status.PENDING, Status.PROCESSING}
    assert len(set(OF_STATUS.values())) == len(OF_STATUS)
    for status, kind in OF_STATUS.items():
        assert kind.value == f"notification.{status.value.lower()}"


def test_a_new_notification_tells_nothing() -> None:
    assert kinds(created()) == []


def test_a_notification_that_is_made_and_queued_at_once_tells_that_it_is_queued() -> None:
    new = created()

    (event,) = events_of(combine(new, lifecycle.enqueue(new.after, at=NOON, timings=TIMINGS)), ALL)

    assert event.id == f"evt_{new.after.id}_2"
    assert (event.tenant_id, event.type, event.at) == ("bank-a", EventType.NOTIFICATION_QUEUED, NOON)
    assert event.data == {
        "notificationId": new.after.id,
        "channel": "EMAIL",
        "status": "QUEUED",
        "sequence": 2,
        "cause": None,
        "provider": None,
        "template": None,
    }


@pytest.mark.parametrize(
    ("outcome", "told", "cause", "provider"),
    [
        (Outcome.ACCEPTED, "notification.sent", None, "simulated-email"),
        (Outcome.PERMANENT, "notification.failed", "permanent", None),
        (Outcome.TRANSIENT, "notification.retrying", None, None),
    ],
)
def test_what_an_attempt_leads_to_is_told(outcome: Outcome, told: str, cause: str | None, provider: str | None) -> None:
    change = settlement.settle(claimed(), a_result(outcome), at=NOON, timings=TIMINGS)

    (event,) = events_of(change, ALL)

    assert (event.type.value, event.data["cause"]) == (told, cause)
    if provider is not None:
        assert event.data["provider"] == provider


def test_a_claim_is_our_own_affair() -> None:
    claim = lifecycle.claim(queued(), retry_counts={0}, token="t", at=NOON, timings=TIMINGS)

    assert claim is not None
    assert kinds(claim) == []


def test_a_cancelled_one_is_told() -> None:
    assert kinds(lifecycle.cancel(pending(), at=NOON)) == ["notification.cancelled"]


def test_cause_and_provider_are_those_of_the_last_entry_alone() -> None:
    started = created()
    change = combine(started, lifecycle.enqueue(started.after, at=NOON, timings=TIMINGS))
    claim = lifecycle.claim(change.after, retry_counts={0}, token="t", at=NOON, timings=TIMINGS)
    assert claim is not None
    change = combine(change, claim)
    change = combine(change, settlement.settle(change.after, a_result(Outcome.PERMANENT), at=NOON, timings=TIMINGS))

    first, last = events_of(change, ALL)

    assert (first.type, first.data["cause"], first.data["provider"]) == (EventType.NOTIFICATION_QUEUED, None, None)
    assert (last.type, last.data["cause"]) == (EventType.NOTIFICATION_FAILED, "permanent")
    assert last.data["provider"] == change.after.state.provider


def test_the_template_is_told_by_id_and_version() -> None:
    use = TemplateUse(id="paid", version=7, locale="de")

    (event,) = events_of(lifecycle.enqueue(pending(template=use), at=NOON, timings=TIMINGS), ALL)

    assert event.data["template"] == {"id": "paid", "version": 7}


@pytest.mark.parametrize(
    ("wanted", "written", "due_at"),
    [
        (Wanted(), 0, None),
        (Wanted(by_endpoints=frozenset({EventType.NOTIFICATION_SENT})), 0, None),
        (Wanted(by_endpoints=frozenset({EventType.NOTIFICATION_QUEUED})), 1, NOON + FAN_OUT_MARGIN),
        (FEED, 1, None),
        (Wanted(by_endpoints=frozenset({EventType.NOTIFICATION_SENT}), by_feed=True), 1, None),
        (Wanted(by_endpoints=frozenset({EventType.NOTIFICATION_QUEUED}), by_feed=True), 1, NOON + FAN_OUT_MARGIN),
    ],
)
def test_only_wanted_events_are_written_and_only_those_of_endpoints_are_due(
    wanted: Wanted, written: int, due_at: datetime | None
) -> None:
    events = list(events_of(lifecycle.enqueue(pending(), at=NOON, timings=TIMINGS), wanted))

    assert [each.due_at for each in events] == [due_at] * written


secret_drafts = st.fixed_dictionaries(
    {
        "channel": st.just(Channel.EMAIL),
        "recipient": st.just(SECRETS[0]),
        "subject": st.just(SECRETS[1]),
        "message": st.just(SECRETS[2]),
        "metadata": st.just({"order": SECRETS[3]}),
        "html": st.sampled_from([None, SECRETS[5]]),
        "max_retries": st.integers(0, 3),
    }
)


def run(draft: dict[str, Any], taken: list[tuple[str, int]]) -> list[Change]:
    """Return the changes that some steps make of a notification."""
    changes, at = [created(**draft)], NOON
    for name, seconds in taken:
        at += timedelta(seconds=seconds)
        try:
            change = EVENTS[name](changes[-1].after, at)
        except IllegalTransitionError:
            continue
        if change is not None:
            changes.append(change)
    return changes


@given(draft=secret_drafts, taken=steps)
def test_events_hold_nothing_of_recipient_text_and_metadata(
    draft: dict[str, Any], taken: list[tuple[str, int]]
) -> None:
    for change in run(draft, taken):
        for event in events_of(change, ALL):
            assert set(event.data) == FACTS
            assert not any(secret in payload(event) for secret in SECRETS)


@given(draft=secret_drafts, taken=steps)
def test_each_entry_that_clients_can_see_is_told_once_and_in_order(
    draft: dict[str, Any], taken: list[tuple[str, int]]
) -> None:
    changes = run(draft, taken)
    events = [event for change in changes for event in events_of(change, ALL)]
    entries = [entry for change in changes for entry in change.entries if entry.status in OF_STATUS]

    assert [each.id for each in events] == [f"evt_{each.notification_id}_{each.sequence}" for each in entries]
    assert [each.data["status"] for each in events] == [each.status.value for each in entries]
    assert [each.at for each in events] == [each.timestamp for each in entries]
    assert len({each.id for each in events}) == len(events)


@given(taken=steps)
@example(taken=[("stale claim", 0), ("permanent", 0), ("enqueue", 0)])
def test_cause_stands_with_failures_alone(taken: list[tuple[str, int]]) -> None:
    for change in run({}, taken):
        for event in events_of(change, ALL):
            assert event.data["cause"] is None or event.type is EventType.NOTIFICATION_FAILED


def test_ids_of_all_events_may_be_in_messages() -> None:
    ids = [event_about(EventType.ENDPOINT_TEST, "bank-a", {}, NOON).id, an_event().id]

    assert WebhookMessage.about("bank-a", ids, lane=WebhookLane.QUICK)[0].event_ids == tuple(ids)
    assert EVENT_ID_PATTERN.startswith("^evt_")


def test_a_payload_has_the_members_of_standard_webhooks_and_the_id() -> None:
    event = an_event(datetime(2026, 3, 1, 9, 8, 7, 6_000, UTC), data={"a": "Grüße"})

    text = payload(event)

    assert json.loads(text) == {
        "id": event.id,
        "type": "notification.queued",
        "timestamp": "2026-03-01T09:08:07.006Z",
        "data": {"a": "Grüße"},
    }
    assert "Grüße" in text


@pytest.mark.parametrize("metadata", [{}, {"order": "4711"}])
def test_a_payload_has_metadata_only_where_it_is_given(metadata: dict[str, Any]) -> None:
    event = an_event(data={"a": 1})

    assert json.loads(payload(event, metadata))["data"] == {"a": 1, "metadata": metadata}
    assert json.loads(payload(event))["data"] == {"a": 1}
