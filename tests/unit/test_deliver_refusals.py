"""What follows from a refusal, by whom it speaks of: who is asked next, and what it says of the provider."""

from datetime import timedelta

import pytest

from tests.builders import TIMINGS
from tests.fakes import FakeProvider, FakeSystem
from tests.unit.delivery import LONG, World
from wavecom.application.deliver.provider_health import UNCLEAR_AGE
from wavecom.application.deliver.select import ChannelProvider
from wavecom.application.recover.sweep import Sweep
from wavecom.domain.notifications.enums import Cause, Channel, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import About, PermanentError, ProviderError, RateLimitedError, TransientError
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.tenants import TEST_SUFFIX

TO = "customer@example.com"
FINAL = [
    PermanentError("no such user", code="5.1.1", about=About.RECIPIENT),
    PermanentError("too large", code="5.3.4", about=About.MESSAGE),
]
OF_US = TransientError("relay access denied", code="5.7.1")
UNCLEAR = PermanentError("transaction failed", code="554", about=About.UNCLEAR)
NOT_ASKED = PermanentError("A device token of APNs", code="not_an_fcm_token", about=About.UNCLEAR, asked=False)
GREYLISTED = TransientError("greylisted", code="4.2.0", about=About.RECIPIENT)
WORTH_WAITING = TransientError("greylisted", code="4.2.0", about=About.RECIPIENT, worth_waiting=True)


class Pair:
    """Two providers of email, the first of which is asked first."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.first, self.second = FakeProvider("first"), FakeProvider("second")
        world.live[Channel.EMAIL] = [
            ChannelProvider(provider=self.first),
            ChannelProvider(provider=self.second, weight=0.0),
        ]

    def after(self, *answers: ProviderError, then: ProviderError | None = None, **changes) -> Notification:
        """Send one notification, to which the first provider answers, and then perhaps the second one."""
        self.first.answers[TO] = list(answers)
        if then is not None:
            self.second.answers[TO] = [then]
        (notification,) = self.world.waiting(recipient=TO, **changes)
        self.world.run([notification])
        return self.world.stored(notification)

    def after_last_retry(self, error: ProviderError) -> Notification:
        """Send one notification that is refused as often as it is tried, and empty the delay queue before its last."""
        stored = self.after(error, error, max_retries=1)
        assert stored.state.retry_at is not None
        self.world.clock.at = stored.state.retry_at
        self.world.queue.delayed.clear()
        self.world.run([stored])
        return self.world.stored(stored)

    def refuse(self, count: int, error: ProviderError, *, tenants: int = 1, domains: int = 1, first: int = 0) -> str:
        """Let the first provider, alone, refuse ``count`` notifications in a row; return the state of its breaker.

        They are of ``tenants`` in turn, the first of which is bank-``first``.
        """
        self.world.live[Channel.EMAIL] = [ChannelProvider(provider=self.first)]
        for number in range(count):
            recipient = f"user{number}@domain{number % domains}.example"
            self.first.answers[recipient] = [error]
            self.world.run(self.world.waiting(recipient=recipient, tenant=f"bank-{first + number % tenants}"))
        states = self.world.breakers.states()
        return states["first"].name if "first" in states else "closed"


@pytest.fixture
def pair(delivery: World) -> Pair:
    return Pair(delivery)


@pytest.mark.parametrize("error", FINAL, ids=lambda each: each.about)
def test_refusal_of_recipient_or_message_is_final_and_nobody_else_is_asked(pair: Pair, error: ProviderError) -> None:
    stored = pair.after(error)

    assert (stored.state.status, stored.state.cause) == (Status.FAILED, Cause.PERMANENT)
    assert [(each.provider, each.about) for each in stored.state.attempts] == [("first", error.about)]
    assert pair.second.accepted == []


def test_refusal_of_us_goes_to_the_next_provider_at_once(pair: Pair) -> None:
    stored = pair.after(OF_US)

    assert (stored.state.status, stored.state.provider, stored.state.retry_count) == (Status.SENT, "second", 0)


def test_refusal_of_us_by_the_only_provider_is_retried(pair: Pair) -> None:
    pair.world.live[Channel.EMAIL] = [ChannelProvider(provider=pair.first)]

    stored = pair.after(OF_US)

    assert (stored.state.status, stored.state.retry_count) == (Status.RETRYING, 1)


def test_unclear_refusal_goes_to_the_next_provider_at_once(pair: Pair) -> None:
    stored = pair.after(UNCLEAR)

    assert (stored.state.status, stored.state.provider) == (Status.SENT, "second")


def test_unclear_refusal_is_final_where_nobody_else_takes_it(pair: Pair) -> None:
    stored = pair.after(UNCLEAR, then=UNCLEAR)

    assert (stored.state.status, stored.state.cause) == (Status.FAILED, Cause.PERMANENT)
    assert [each.provider for each in stored.state.attempts] == ["first", "second"]


def test_unclear_refusal_by_the_only_provider_is_final(pair: Pair) -> None:
    pair.world.live[Channel.EMAIL] = [ChannelProvider(provider=pair.first)]

    assert pair.after(UNCLEAR).state.status is Status.FAILED


@pytest.mark.parametrize(
    ("first", "second"), [(OF_US, UNCLEAR), (RateLimitedError("slow down", code="429"), UNCLEAR), (UNCLEAR, OF_US)]
)
def test_unclear_refusal_is_retried_while_another_provider_may_yet_take_it(
    pair: Pair, first: ProviderError, second: ProviderError
) -> None:
    stored = pair.after(first, then=second)

    assert (stored.state.status, stored.state.retry_count) == (Status.RETRYING, 1)


def test_unclear_refusal_is_retried_while_the_other_provider_is_behind_its_breaker(pair: Pair) -> None:
    pair.world.breakers.record("second", [False] * 10)

    stored = pair.after(UNCLEAR)

    assert (stored.state.status, stored.state.retry_count) == (Status.RETRYING, 1)


def test_greylisted_recipient_is_retried_without_asking_anybody_else(pair: Pair) -> None:
    stored = pair.after(GREYLISTED)

    assert (stored.state.status, stored.state.retry_count) == (Status.RETRYING, 1)
    assert pair.second.accepted == []


def test_greylisted_recipient_is_tried_again_by_the_sweep_once_its_retries_are_used_up(pair: Pair) -> None:
    world = pair.world
    sweep = Sweep(
        store=world.store,
        counters=world.store.counters,
        queue=world.queue,
        receive=world.receive,
        system=FakeSystem(),
        clock=world.clock,
        timings=TIMINGS,
    )
    stored = pair.after_last_retry(WORTH_WAITING)

    assert (stored.state.status, stored.state.retry_count) == (Status.RETRYING, stored.max_retries)
    assert stored.state.retry_at == world.clock() + timedelta(minutes=5)
    assert (world.queue.delayed, world.queue.dead) == ([], [])

    world.clock.advance(timedelta(minutes=5) + TIMINGS.retry_margin)
    sweep.sweep(LONG)

    assert [each.notification_id for each in world.queue.take(stored.lane)] == [stored.id]
    world.run([stored])
    assert (world.stored(stored).state.status, world.stored(stored).state.provider) == (Status.SENT, "first")


def test_recipient_that_is_not_worth_waiting_for_fails_with_its_last_retry(pair: Pair) -> None:
    stored = pair.after_last_retry(GREYLISTED)

    assert (stored.state.status, stored.state.cause) == (Status.FAILED, Cause.RETRIES_EXHAUSTED)


def test_refusals_of_us_open_the_breaker(pair: Pair) -> None:
    assert pair.refuse(10, OF_US) == "open"


@pytest.mark.parametrize("error", [*FINAL, GREYLISTED], ids=["recipient", "message", "greylisted"])
def test_refusals_of_recipients_and_messages_leave_the_breaker_closed(pair: Pair, error: ProviderError) -> None:
    assert pair.refuse(30, error, tenants=3, domains=5) == "closed"


@pytest.mark.parametrize(("tenants", "domains"), [(1, 1), (1, 5), (4, 1)])
def test_unclear_refusals_of_one_tenant_or_one_domain_leave_the_breaker_closed(
    pair: Pair, tenants: int, domains: int
) -> None:
    assert pair.refuse(30, UNCLEAR, tenants=tenants, domains=domains) == "closed"


def test_unclear_refusals_of_several_tenants_and_domains_open_the_breaker(pair: Pair) -> None:
    assert pair.refuse(15, UNCLEAR, tenants=2, domains=3) == "open"


@pytest.mark.parametrize("of_others", [1, 2, 3])
def test_a_few_unclear_refusals_of_others_do_not_make_one_tenants_flood_the_providers_fault(
    pair: Pair, of_others: int
) -> None:
    pair.refuse(of_others, UNCLEAR, domains=3, first=1)

    assert pair.refuse(40, UNCLEAR, domains=5) == "closed"


def test_one_other_domain_does_not_make_refusals_of_a_mail_server_the_providers_fault(pair: Pair) -> None:
    pair.refuse(3, UNCLEAR, tenants=3, domains=3)

    assert pair.refuse(40, UNCLEAR, tenants=4) == "closed"


def test_unclear_refusals_of_others_long_ago_do_not_count(pair: Pair) -> None:
    pair.refuse(5, UNCLEAR, domains=3, first=1)
    pair.world.clock.advance(UNCLEAR_AGE)

    assert pair.refuse(15, UNCLEAR, domains=5) == "closed"


def test_unclear_refusals_of_a_large_and_of_small_tenants_open_the_breaker(pair: Pair) -> None:
    for _ in range(5):
        pair.refuse(2, UNCLEAR, domains=2)
        pair.refuse(1, UNCLEAR, first=1)

    assert pair.refuse(1, UNCLEAR, first=1) == "open"


def test_message_that_a_provider_cannot_carry_goes_to_the_next_one(pair: Pair) -> None:
    stored = pair.after(NOT_ASKED)

    assert (stored.state.status, stored.state.provider, stored.state.retry_count) == (Status.SENT, "second", 0)


def test_refusals_without_a_call_never_count_against_the_provider(pair: Pair) -> None:
    assert pair.refuse(30, NOT_ASKED, tenants=3, domains=5) == "closed"
    assert pair.world.store.counters.totals(None).provider_faults().get("first", 0) == 0


def test_what_the_provider_takes_in_between_speaks_for_it(pair: Pair) -> None:
    for _ in range(4):
        assert pair.refuse(8, UNCLEAR, tenants=2, domains=3) == "closed"
        pair.world.run(pair.world.waiting(recipient="fine@example.com"))


def test_refusals_of_recipients_do_not_count_against_the_provider(pair: Pair) -> None:
    pair.refuse(5, GREYLISTED)
    pair.refuse(3, OF_US)

    totals = pair.world.store.counters.totals(None)
    assert totals.providers()["first"] == {"transient": 8}
    assert totals.provider_faults() == {"first": 3}


@pytest.mark.parametrize("reason", [SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT])
def test_dead_recipient_is_remembered_and_the_next_notification_says_why(pair: Pair, reason: SuppressionReason) -> None:
    pair.after(PermanentError("no such user", code="5.1.1", about=About.RECIPIENT, suppression_reason=reason))

    stored = pair.after()

    assert (stored.state.status, stored.state.cause, stored.state.attempts) == (Status.FAILED, Cause.SUPPRESSED, ())
    assert stored.state.error is not None
    assert {SuppressionReason.HARD_BOUNCE: "reported it dead", SuppressionReason.COMPLAINT: "opted out"}[
        reason
    ] in stored.state.error
    assert pair.world.store.trail[stored.id][-1].metadata["reason"] == reason.value


def test_dead_recipient_of_one_tenant_is_not_anothers(pair: Pair) -> None:
    pair.after(
        PermanentError("gone", code="5.1.1", about=About.RECIPIENT, suppression_reason=SuppressionReason.HARD_BOUNCE)
    )

    assert pair.after(tenant="bank-b").state.status is Status.SENT


def test_test_world_has_a_breaker_of_its_own_for_each_tenant(delivery: World) -> None:
    provider = FakeProvider("email")
    delivery.simulators[Channel.EMAIL] = [ChannelProvider(provider=provider)]
    provider.answers[TO] = [OF_US] * 30
    for _ in range(10):
        delivery.run(delivery.waiting(recipient=TO, tenant=f"bank-a{TEST_SUFFIX}"))

    (live,) = delivery.waiting(recipient="fine@example.com")
    (others,) = delivery.waiting(recipient="fine@example.com", tenant=f"bank-b{TEST_SUFFIX}")
    (own,) = delivery.waiting(recipient="fine@example.com", tenant=f"bank-a{TEST_SUFFIX}")
    delivery.run([live, others, own])

    statuses = [delivery.stored(each).state.status for each in (live, others, own)]
    assert statuses == [Status.SENT, Status.SENT, Status.RETRYING]
    assert "email" not in delivery.store.counters.totals(None).provider_faults()


def test_test_world_limits_do_not_pause_live_messages(delivery: World) -> None:
    provider = FakeProvider("email")
    delivery.simulators[Channel.EMAIL] = [ChannelProvider(provider=provider)]
    provider.answers[TO] = [RateLimitedError("slow down", code="429", retry_after=timedelta(minutes=1))]
    delivery.run(delivery.waiting(recipient=TO, tenant=f"bank-a{TEST_SUFFIX}"))

    (live,) = delivery.waiting(recipient="fine@example.com")
    delivery.run([live])

    assert delivery.stored(live).state.status is Status.SENT
