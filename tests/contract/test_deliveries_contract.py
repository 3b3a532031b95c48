"""What every keeper of deliveries does, the fake included."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pymongo
import pytest

from tests.builders import NOON, a_delivery
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakeDeliveries
from wavecom.adapters.mongo.webhooks.deliveries import MongoDeliveries
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.webhooks.delivery import SWEEP_MARGIN, Delivery, DeliveryStatus, WebhookAttempt
from wavecom.ports.webhooks import Deliveries, DeliveryList, DeliveryPosition

PORT = Deliveries

ENDPOINT = "ep_0123456789abcdef01234567"
SOON = timedelta(milliseconds=1)
LATER = NOON + timedelta(hours=1)
ATTEMPTS = (
    WebhookAttempt(at=NOON, duration_ms=15_000, error="The endpoint did not answer within the time limit"),
    WebhookAttempt(at=LATER, duration_ms=3, status=503, answer="Not now \u2013 \ufffd"),
    WebhookAttempt(at=LATER, duration_ms=0, status=204, answer=""),
)


@pytest.fixture(params=FAKE_AND_MONGO)
def deliveries(request: pytest.FixtureRequest) -> Deliveries:
    if request.param == "fake":
        return FakeDeliveries()
    return MongoDeliveries(request.getfixturevalue("mongo"))


def added(deliveries: Deliveries, **changes) -> Delivery:
    delivery = a_delivery(**changes)
    assert deliveries.add([delivery]) == [delivery]
    return delivery


def stored(deliveries: Deliveries, delivery: Delivery) -> Delivery:
    (found,) = deliveries.get_many([delivery.id])
    return found


@pytest.mark.parametrize(
    "delivery",
    [
        a_delivery(),
        a_delivery().claimed("token", NOON),
        replace(a_delivery().ended(DeliveryStatus.FAILED), attempts=ATTEMPTS, attempt_count=12),
    ],
    ids=["new", "claimed", "failed"],
)
def test_a_delivery_comes_back_as_it_was_added(deliveries: Deliveries, delivery: Delivery) -> None:
    deliveries.add([delivery])

    assert deliveries.get_many([delivery.id, "other"]) == [delivery]
    assert deliveries.page(DeliveryList(endpoint_id=ENDPOINT), limit=10) == [delivery]


def test_nothing_to_do_is_no_error(deliveries: Deliveries) -> None:
    assert (deliveries.add([]), deliveries.save([]), deliveries.get_many([])) == ([], [], [])


def test_a_delivery_is_added_once(deliveries: Deliveries) -> None:
    known = added(deliveries)
    changed = known.claimed("token", NOON)
    deliveries.save([changed])
    new = [a_delivery() for _ in range(3)]

    assert deliveries.add([new[0], known, new[1], new[2]]) == new
    assert deliveries.add([*new, known]) == []

    assert stored(deliveries, known) == changed


def test_of_two_that_add_the_same_each_is_added_once(deliveries: Deliveries) -> None:
    new = [a_delivery() for _ in range(30)]

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(deliveries.add, [random.Random(n).sample(new, 30) for n in range(4)]))

    assert sorted(each.id for group in done for each in group) == sorted(each.id for each in new)


def test_one_event_goes_to_each_endpoint(deliveries: Deliveries) -> None:
    first = a_delivery()
    second = replace(first, endpoint_id="ep_fedcba987654321001234567")

    assert deliveries.add([first, second]) == [first, second]


def test_a_change_is_stored_whole(deliveries: Deliveries) -> None:
    delivery = added(deliveries)
    claimed = delivery.claimed("token", NOON)
    tried = replace(claimed.waiting(LATER, timedelta(hours=2)), attempts=ATTEMPTS, attempt_count=3)

    for each in (claimed, tried, tried.ended(DeliveryStatus.SUCCEEDED), tried.again(LATER)):
        following = replace(each, version=stored(deliveries, delivery).version + 1)
        assert deliveries.save([following]) == [following]
        assert stored(deliveries, delivery) == following


def test_a_change_of_what_has_changed_meanwhile_is_not_made(deliveries: Deliveries) -> None:
    delivery = added(deliveries)
    claimed = delivery.claimed("ours", NOON)
    assert deliveries.save([claimed]) == [claimed]

    assert deliveries.save([delivery.claimed("theirs", NOON)]) == []
    assert deliveries.save([delivery.ended(DeliveryStatus.FAILED)]) == []

    assert stored(deliveries, delivery) == claimed


def test_a_change_of_what_is_gone_is_not_made(deliveries: Deliveries) -> None:
    assert deliveries.save([a_delivery().claimed("token", NOON)]) == []


def test_only_what_was_changed_meanwhile_is_left_out(deliveries: Deliveries) -> None:
    first, second, third = [added(deliveries) for _ in range(3)]
    deliveries.save([second.waiting(NOON, timedelta(0))])
    wishes = [each.waiting(LATER, timedelta(0)) for each in (first, second, third)]

    assert deliveries.save(wishes) == [wishes[0], wishes[2]]
    assert stored(deliveries, second) == second.waiting(NOON, timedelta(0))


def test_what_two_want_alike_is_given_to_one_of_them(deliveries: Deliveries) -> None:
    """Two sweeps that write the same: a version alone does not tell who wrote it."""
    known = [added(deliveries) for _ in range(2)]
    first, second = [[each.waiting(LATER, timedelta(0)) for each in known] for _ in range(2)]

    assert deliveries.save(first[:1]) == first[:1]
    assert deliveries.save(second) == second[1:]


@pytest.mark.parametrize("with_token", [True, False])
def test_of_many_at_once_only_one_wins(deliveries: Deliveries, with_token: bool) -> None:
    known = [added(deliveries) for _ in range(20)]

    def save(number: int) -> list[Delivery]:
        changed = [
            each.claimed(f"token {number}", NOON) if with_token else each.waiting(LATER, timedelta(0)) for each in known
        ]
        return deliveries.save(random.Random(number).sample(changed, len(changed)))

    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(save, range(8)))

    assert sorted(each.id for group in done for each in group) == sorted(each.id for each in known)
    for group in done:
        assert all(stored(deliveries, each) == each for each in group)


def test_overdue_deliveries_come_the_longest_overdue_first(deliveries: Deliveries) -> None:
    new = [a_delivery(NOON + timedelta(seconds=n), tenant=f"bank-{n % 2}") for n in range(5)]
    deliveries.add(random.Random(1).sample(new, 5))
    deliveries.add([a_delivery().ended(DeliveryStatus.SUCCEEDED)])

    assert deliveries.overdue(NOON + SWEEP_MARGIN - SOON, limit=10) == []
    assert deliveries.overdue(NOON + SWEEP_MARGIN + timedelta(seconds=2), limit=10) == new[:3]
    assert deliveries.overdue(LATER, limit=4) == new[:4]


def test_what_is_claimed_is_overdue_after_its_lease(deliveries: Deliveries) -> None:
    claimed = added(deliveries).claimed("token", LATER)
    deliveries.save([claimed])

    assert claimed.due_at is not None
    assert deliveries.overdue(claimed.due_at - SOON, limit=10) == []
    assert deliveries.overdue(claimed.due_at, limit=10) == [claimed]


@pytest.fixture(params=FAKE_AND_MONGO)
def deliveries_down(request: pytest.FixtureRequest) -> Deliveries:
    if request.param == "fake":
        fake = FakeDeliveries()
        fake.down = True
        return fake
    return MongoDeliveries(request.getfixturevalue("mongo_down"))


@pytest.mark.parametrize(
    "call",
    [
        lambda each: each.add([a_delivery()]),
        lambda each: each.save([a_delivery().claimed("token", NOON)]),
        lambda each: each.get_many(["id"]),
        lambda each: each.overdue(NOON, limit=1),
        lambda each: each.page(DeliveryList(endpoint_id=ENDPOINT), limit=1),
    ],
    ids=["add", "save", "get_many", "overdue", "page"],
)
def test_a_database_that_is_down_is_said_so(deliveries_down: Deliveries, call: Callable[[Deliveries], object]) -> None:
    with pymongo.timeout(0.2), pytest.raises(StoreUnavailableError):
        call(deliveries_down)


def position(delivery: Delivery) -> DeliveryPosition:
    return DeliveryPosition(delivery.created_at, delivery.event_id)


def newest_first(found: list[Delivery]) -> list[Delivery]:
    return sorted(found, key=lambda each: (each.created_at, each.event_id), reverse=True)


@pytest.mark.parametrize("step", [timedelta(0), SOON], ids=["of one millisecond", "of many times"])
@pytest.mark.parametrize("limit", [1, 4, 12, 100])
def test_pages_follow_one_another_newest_first(deliveries: Deliveries, step: timedelta, limit: int) -> None:
    new = [a_delivery(NOON + step * (number // 2)) for number in range(12)]
    deliveries.add([*new, a_delivery(endpoint_id="ep_fedcba987654321001234567")])
    found: list[Delivery] = []
    while page := deliveries.page(
        DeliveryList(endpoint_id=ENDPOINT, after=position(found[-1]) if found else None), limit=limit
    ):
        assert len(page) <= limit
        found += page

    assert found == newest_first(new)


@pytest.mark.parametrize("status", [DeliveryStatus.FAILED, DeliveryStatus.PENDING])
def test_pages_are_of_one_status(deliveries: Deliveries, status: DeliveryStatus) -> None:
    new = [a_delivery(NOON + SOON * (number // 5)) for number in range(15)]
    new = [
        each if each_status is DeliveryStatus.PENDING else each.ended(each_status)
        for each, each_status in zip(new, list(DeliveryStatus) * 5, strict=True)
    ]
    deliveries.add(new)
    wanted = newest_first([each for each in new if each.status is status])

    first = deliveries.page(DeliveryList(endpoint_id=ENDPOINT, status=status), limit=3)
    where = DeliveryList(endpoint_id=ENDPOINT, status=status, after=position(first[-1]))

    assert [*first, *deliveries.page(where, limit=10)] == wanted
