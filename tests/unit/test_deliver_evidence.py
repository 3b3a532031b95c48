"""Before another attempt after one without an answer: whatever its provider reported meanwhile is heard."""

from datetime import timedelta

import pytest

from tests.unit.delivery import World
from wavecom.application.deliver.select import ChannelProvider
from wavecom.application.reports.receive import APPLY_AGAIN_AFTER
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.enums import Channel, OnUnknown, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import Receipt, TransientError, UnknownOutcomeError
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport

TO = "user@example.com"


def report(
    world: World,
    notification_id: str,
    delivery_outcome: DeliveryOutcome = DeliveryOutcome.ACCEPTED,
    provider: str = "email",
) -> DeliveryReport:
    return DeliveryReport(
        notification_id=notification_id,
        provider=provider,
        delivery_outcome=delivery_outcome,
        reason=None,
        suppression_reason=None,
        at=world.clock(),
        provider_message_id="SM1",
    )


def reports_during_the_call(
    world: World, monkeypatch: pytest.MonkeyPatch, delivery_outcome: DeliveryOutcome = DeliveryOutcome.ACCEPTED
) -> None:
    """Let the provider report while it is called, and then give no answer."""
    send = world.email.send

    def report_and_send(message: OutgoingMessage) -> Receipt:
        if not world.kept.kept:
            world.receive.receive([report(world, message.notification_id, delivery_outcome)])
        return send(message)

    monkeypatch.setattr(world.email, "send", report_and_send)
    world.email.answers[TO] = [UnknownOutcomeError("No answer", code="timeout")]


def unanswered(world: World) -> Notification:
    """A notification of which an attempt got no answer, and nothing was reported."""
    world.email.answers[TO] = [UnknownOutcomeError("No answer", code="timeout")]
    (notification,) = world.waiting()
    world.run([notification])
    return notification


def at_its_retry(world: World, waiting: Notification) -> None:
    assert waiting.state.retry_at is not None
    world.clock.at = waiting.state.retry_at


def retried(world: World, notification: Notification) -> Notification:
    """Let the retry of ``notification`` come in its time, long before the next sweep."""
    waiting = world.stored(notification)
    assert waiting.state.status is Status.RETRYING
    at_its_retry(world, waiting)
    world.run([waiting])
    return world.stored(notification)


@pytest.mark.parametrize(
    ("delivery_outcome", "ends"),
    [
        (DeliveryOutcome.ACCEPTED, Status.SENT),
        (DeliveryOutcome.DELIVERED, Status.DELIVERED),
        (DeliveryOutcome.UNDELIVERED, Status.UNDELIVERED),
    ],
)
def test_what_was_reported_during_the_call_is_not_sent_again(
    delivery: World, monkeypatch, delivery_outcome, ends
) -> None:
    reports_during_the_call(delivery, monkeypatch, delivery_outcome)
    (notification,) = delivery.waiting()
    delivery.run([notification])

    stored = retried(delivery, notification)

    assert (stored.state.status, stored.state.provider, stored.state.provider_message_id) == (ends, "email", "SM1")
    assert delivery.email.accepted == []
    assert delivery.kept.kept == {}
    assert delivery.store.trail[notification.id][-1].metadata["settledBy"] == delivery_outcome


def test_what_nothing_was_reported_of_is_sent_again(delivery: World) -> None:
    notification = unanswered(delivery)

    assert retried(delivery, notification).state.status is Status.SENT
    assert len(delivery.email.accepted) == 1


def test_a_report_of_another_provider_proves_nothing(delivery: World) -> None:
    notification = unanswered(delivery)
    at = delivery.clock()
    delivery.kept.keep([report(delivery, notification.id, provider="other")], at=at, until=at + APPLY_AGAIN_AFTER)

    assert retried(delivery, notification).state.status is Status.SENT
    assert len(delivery.email.accepted) == 1


def test_a_report_that_is_yet_to_come_proves_nothing_yet(delivery: World) -> None:
    notification = unanswered(delivery)
    later = delivery.clock() + timedelta(hours=1)
    delivery.kept.keep([report(delivery, notification.id)], at=later, until=later)

    assert retried(delivery, notification).state.status is Status.SENT
    assert len(delivery.email.accepted) == 1


def test_what_was_replayed_before_its_report_was_looked_at_is_not_sent_again(delivery: World, monkeypatch) -> None:
    reports_during_the_call(delivery, monkeypatch)
    (notification,) = delivery.waiting(on_unknown=OnUnknown.HOLD)
    delivery.run([notification])
    held = delivery.stored(notification)
    assert held.state.status is Status.FAILED
    delivery.store.save(
        [
            lifecycle.replay(
                held, at=delivery.clock(), timings=delivery.deliver.timings, request=lifecycle.Replay(by="key")
            )
        ]
    )

    delivery.run([delivery.stored(notification)])

    assert delivery.stored(notification).state.status is Status.SENT
    assert delivery.email.accepted == []


def test_the_others_of_the_batch_are_sent_and_reports_are_asked_for_once(delivery: World, monkeypatch) -> None:
    reports_during_the_call(delivery, monkeypatch)
    (doubtful,) = delivery.waiting()
    delivery.run([doubtful])
    retrying = delivery.stored(doubtful)
    at_its_retry(delivery, retrying)
    asked = []
    about = delivery.kept.about

    def count_and_answer(ids, at):
        asked.append(ids)
        return about(ids, at)

    monkeypatch.setattr(delivery.kept, "about", count_and_answer)

    new = delivery.waiting(20)
    delivery.run([retrying, *new])

    assert {delivery.stored(each).state.status for each in new} == {Status.SENT}
    assert asked == [[doubtful.id]]


def test_where_every_attempt_was_answered_no_report_is_asked_for(delivery: World, monkeypatch) -> None:
    def never(ids, at):
        raise AssertionError("asked for reports")

    monkeypatch.setattr(delivery.kept, "about", never)
    delivery.email.answers[TO] = [TransientError("busy", code="busy")]
    (notification,) = delivery.waiting()
    delivery.run([notification])

    assert retried(delivery, notification).state.status is Status.SENT


def test_where_reports_cannot_be_read_nothing_is_sent_and_the_message_comes_again(delivery: World, monkeypatch) -> None:
    reports_during_the_call(delivery, monkeypatch)
    (notification,) = delivery.waiting()
    delivery.run([notification])
    retrying = delivery.stored(notification)
    at_its_retry(delivery, retrying)

    def fails(ids, at):
        raise StoreUnavailableError("down")

    monkeypatch.setattr(delivery.kept, "about", fails)

    with pytest.raises(StoreUnavailableError):
        delivery.run([retrying])

    assert delivery.email.accepted == []


def near_its_deadline(world: World) -> Notification:
    """A notification whose first retry would come after its deadline, with a second provider that has time."""
    world.live[Channel.EMAIL].append(ChannelProvider(provider=world.second, weight=0.0))
    (notification,) = world.waiting(expires_at=world.clock() + timedelta(seconds=3))
    return notification


def test_what_was_reported_goes_to_no_other_provider_before_its_deadline(delivery: World, monkeypatch) -> None:
    reports_during_the_call(delivery, monkeypatch)
    notification = near_its_deadline(delivery)

    delivery.run([notification])

    assert delivery.second.accepted == []
    assert delivery.receive.apply_kept_reports([delivery.stored(notification)]) == {notification.id}
    assert delivery.stored(notification).state.status is Status.SENT


def test_what_nothing_was_reported_of_goes_to_another_before_its_deadline(delivery: World) -> None:
    delivery.email.answers[TO] = [UnknownOutcomeError("No answer", code="timeout")]
    notification = near_its_deadline(delivery)

    delivery.run([notification])

    assert len(delivery.second.accepted) == 1


def test_where_reports_cannot_be_read_nothing_goes_to_another_provider(delivery: World, monkeypatch) -> None:
    delivery.email.answers[TO] = [UnknownOutcomeError("No answer", code="timeout")]
    notification = near_its_deadline(delivery)

    def fails(ids, at):
        raise StoreUnavailableError("down")

    monkeypatch.setattr(delivery.kept, "about", fails)

    delivery.run([notification])

    assert delivery.second.accepted == []
    assert delivery.stored(notification).state.status is Status.RETRYING
