"""The email to a tenant's contact about an endpoint that we have disabled."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import an_endpoint
from tests.unit.webhooks import WebhookWorld
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notifications.enums import Channel, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.tenants import SYSTEM_TENANT
from wavecom.domain.webhooks.endpoint import DisabledReason, Endpoint

CONTACT = "operations@bank.example"


@pytest.fixture
def world(executor: ThreadPoolExecutor) -> WebhookWorld:
    world = WebhookWorld(executor)
    world.tenants.choose_contact("bank-a", CONTACT)
    return world


def disabled(world: WebhookWorld, reason: DisabledReason = DisabledReason.GONE, **changes) -> Endpoint:
    endpoint = an_endpoint(url="https://hooks.bank.example/wavecom?token=s3cret", **changes)
    assert world.endpoints.add(endpoint, most=10)
    assert world.endpoints.disable(endpoint, reason, world.clock())
    return endpoint


def written(world: WebhookWorld) -> list[Notification]:
    return [each for each in world.store.notifications.values() if each.tenant_id == SYSTEM_TENANT]


@pytest.mark.parametrize(
    ("reason", "because"),
    [(DisabledReason.GONE, "It answered 410 Gone"), (DisabledReason.FAILING, "has failed for five days")],
)
def test_the_contact_is_told_which_and_why_and_what_to_do(
    world: WebhookWorld, reason: DisabledReason, because: str
) -> None:
    endpoint = disabled(world, reason, description="Our ledger")

    world.sweep()

    (email,) = written(world)
    assert (email.channel, email.recipient, email.state.status) == (Channel.EMAIL, CONTACT, Status.QUEUED)
    for part in (endpoint.id, "hooks.bank.example", "Our ledger", because, f"webhooks change {endpoint.id} --enable"):
        assert part in email.content.message
    assert "s3cret" not in email.content.message


def test_the_contact_is_told_once(world: WebhookWorld) -> None:
    disabled(world)

    world.sweep()
    world.sweep()

    assert len(written(world)) == 1


def test_a_notice_that_could_not_be_noted_is_not_written_twice(world: WebhookWorld) -> None:
    disabled(world)
    (due,) = world.endpoints.with_notice_due(limit=1)
    world.sweep()
    world.endpoints.stored[due.id] = due
    world.tenants.choose_contact("bank-a", "another@bank.example")

    world.sweep()

    assert [each.recipient for each in written(world)] == [CONTACT]
    assert world.endpoints.with_notice_due(limit=1) == []


def test_a_database_that_is_down_leaves_the_notice_for_the_next_sweep(
    world: WebhookWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    disabled(world)
    with monkeypatch.context() as patched:
        patched.setattr(world.endpoints, "note_told", _fail)
        with pytest.raises(StoreUnavailableError):
            world.sweep()

    world.sweep()

    assert len(written(world)) == 1
    assert world.endpoints.with_notice_due(limit=1) == []


def _fail(_: Endpoint) -> None:
    raise StoreUnavailableError("MongoDB does not answer")


@pytest.mark.parametrize(("tenant", "contact"), [("bank-a", None), ("bank-b", CONTACT), ("bank-a~test", CONTACT)])
def test_nobody_is_told_without_a_contact_or_of_a_test_world(
    world: WebhookWorld, tenant: str, contact: str | None
) -> None:
    world.tenants.choose_contact("bank-a", contact)
    disabled(world, tenant=tenant)

    world.sweep()

    assert written(world) == []
    assert world.endpoints.with_notice_due(limit=1) == []


def test_an_endpoint_that_is_disabled_again_is_told_again(world: WebhookWorld) -> None:
    endpoint = disabled(world)
    world.sweep()
    found = world.endpoints.stored[endpoint.id]
    enabled = replace(found, disabled=None, updated_at=found.updated_at + timedelta(seconds=1))
    assert world.endpoints.replace(found, enabled)
    world.clock.advance(timedelta(hours=1))

    assert world.endpoints.disable(enabled, DisabledReason.GONE, world.clock())
    world.sweep()

    assert len(written(world)) == 2
