"""Announcing webhooks fails nobody, whatever the broker does."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.builders import NOON, a_delivery, an_endpoint, an_event
from tests.fakes import FakeQueue
from wavecom.application.webhooks.announce import Announcements
from wavecom.domain.errors import QueueUnavailableError
from wavecom.domain.queue_messages import EVENTS_PER_MESSAGE, WebhookLane, WebhookMessage


class BrokenQueue:
    """A queue that raises ``error``, and counts how often it was asked."""

    def __init__(self, error: Exception) -> None:
        self.asked = 0
        self.error: Exception | None = error

    def publish_webhooks(
        self, messages: Sequence[WebhookMessage], *, delay: timedelta = timedelta(0)
    ) -> list[WebhookMessage]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return list(messages)


def test_events_are_announced_by_tenant_some_a_message(queue: FakeQueue) -> None:
    ours = [an_event() for _ in range(EVENTS_PER_MESSAGE + 1)]
    theirs = an_event(tenant="bank-b")

    Announcements(lambda: queue).announce([ours[0], theirs, *ours[1:]])

    sent = queue.webhooks[WebhookLane.QUICK]
    assert [(each.tenant_id, len(each.event_ids)) for each in sent] == [("bank-a", 20), ("bank-a", 1), ("bank-b", 1)]
    assert all(each.endpoint_id is None for each in sent)


@pytest.mark.parametrize(("quick", "lane"), [(True, WebhookLane.QUICK), (False, WebhookLane.SLOW)])
def test_deliveries_are_announced_in_the_lane_of_their_endpoint(
    queue: FakeQueue, quick: bool, lane: WebhookLane
) -> None:
    endpoint = an_endpoint(quick=quick)
    deliveries = [a_delivery(endpoint_id=endpoint.id) for _ in range(3)]

    Announcements(lambda: queue).announce_deliveries(deliveries, endpoint)

    (message,) = queue.webhooks[lane]
    assert (message.endpoint_id, message.tenant_id) == (endpoint.id, "bank-a")
    assert message.event_ids == tuple(each.event_id for each in deliveries)


def test_a_delay_is_passed_on(queue: FakeQueue) -> None:
    endpoint = an_endpoint()

    Announcements(lambda: queue).announce_deliveries([a_delivery()], endpoint, delay=timedelta(seconds=25))

    assert [delay for delay, _ in queue.delayed_webhooks] == [timedelta(seconds=25)]


def test_nothing_to_announce_makes_no_queue() -> None:
    def fail() -> FakeQueue:
        raise AssertionError("No queue is needed")

    announcements = Announcements(fail)

    announcements.announce([])
    announcements.announce_deliveries([], an_endpoint())


@pytest.mark.parametrize(
    "error", [QueueUnavailableError("down"), RuntimeError("no threads"), TimeoutError(), KeyError()]
)
def test_no_error_of_the_broker_reaches_the_caller(error: Exception) -> None:
    queue = BrokenQueue(error)
    announcements = Announcements(lambda: queue)

    announcements.announce([an_event(NOON)])

    assert queue.asked == 1


@pytest.mark.parametrize("error", [QueueUnavailableError("down"), ValueError("no such URL")])
def test_a_queue_that_cannot_be_made_fails_nobody(error: Exception) -> None:
    def fail() -> FakeQueue:
        raise error

    Announcements(fail).announce([an_event()])


def test_a_broker_that_is_down_is_left_alone_for_a_while() -> None:
    """Otherwise every request would wait for its timeout."""
    queue = BrokenQueue(QueueUnavailableError("down"))
    announcements = Announcements(lambda: queue)

    for _ in range(5):
        announcements.announce([an_event()])
    assert queue.asked == 1

    queue.error = None
    announcements._silent_until = 0
    announcements.announce([an_event()])
    assert queue.asked == 2
