"""Senders through the API: who makes them, who may use them, and what a notification keeps of them."""

from functools import partial
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.contract.caches import end_caches
from tests.integration.conftest import EMAIL, Api, MakeApi, MakeKey, fields
from wavecom.adapters.mongo import tenants as adapter
from wavecom.adapters.providers.configuration import AnyProvider
from wavecom.adapters.providers.recipients import takes
from wavecom.adapters.providers.senders import problem_of
from wavecom.application.accept.recipient_check import AcceptsRecipient, RecipientCheck
from wavecom.application.operate.senders import SenderProblem
from wavecom.domain.api_keys import Role
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.senders import SENDERS_MAX

BILLING = {
    "type": "EMAIL",
    "address": "billing@Bank.example",
    "name": "Bank Billing",
    "replyTo": "help@bank.example",
    "providers": ["ses", "smtp"],
    "isDefault": True,
}
STORED = {**BILLING, "id": "billing", "address": "billing@bank.example"}
SMS = {"type": "SMS", "recipient": "+12025550123", "message": "Hello"}
PROVIDERS = TypeAdapter(list[AnyProvider]).validate_python(
    [
        {"kind": "ses", "name": "ses", "sender": "no-reply@bank.example"},
        {"kind": "smtp", "name": "smtp", "sender": "no-reply@bank.example", "host": "localhost"},
        {"kind": "sns", "name": "sns"},
        {"kind": "twilio", "name": "twilio", "accountSid": "AC1", "authToken": "t", "sender": "+12025550100"},
        {"kind": "apns", "name": "apns", "keyId": "k", "teamId": "t", "topic": "b", "privateKey": "p"},
    ]
)


def configured() -> dict[str, Any]:
    """Return what an API knows of `PROVIDERS`."""
    problems: dict[Channel, dict[str, SenderProblem]] = {channel: {} for channel in Channel}
    accepts: dict[Channel, dict[str, AcceptsRecipient]] = {channel: {} for channel in Channel}
    for each in PROVIDERS:
        problems[each.channel][each.name] = partial(problem_of, each)
        accepts[each.channel][each.name] = partial(takes, each)
    return {"sender_problems": problems, "recipient_check": RecipientCheck(accepts)}


@pytest.fixture(params=["lambda", "http"])
def operator(request: pytest.FixtureRequest, make_api: MakeApi, make_key: MakeKey) -> Api:
    """The API with an operator's key of bank-a."""
    return make_api(request.param, token=make_key("bank-a", role=Role.OPERATOR), **configured())


@pytest.fixture
def tenant(operator: Api, make_api: MakeApi, make_key: MakeKey) -> Api:
    """The API with a plain key of bank-a."""
    return make_api("lambda", token=make_key("bank-a"), **configured())


def put(api: Api, sender_id: str = "billing", **changes: Any) -> Any:
    return api.client.put(f"/api/senders/{sender_id}", json={**BILLING, **changes})


def listed(api: Api, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/api/senders{query}").json()["data"]
    return found


def test_a_sender_is_stored_and_shown_as_it_was_given(operator: Api) -> None:
    assert listed(operator) == []
    assert put(operator).json()["data"] == STORED
    assert listed(operator) == [STORED]


def test_a_notification_keeps_the_sender_that_it_was_accepted_with(operator: Api) -> None:
    put(operator, isDefault=False)

    created = operator.created(sender="billing")
    put(operator, name="Another name", isDefault=False)

    shown = operator.get(f"/api/notifications/{created['_id']}").json()["data"]["notification"]
    expected = {name: STORED[name] for name in ("id", "address", "name", "replyTo")}
    assert created["sender"] == shown["sender"] == expected
    assert operator.created(sender="billing")["sender"]["name"] == "Another name"
    assert "sender" not in operator.created(), "none is the default"


def test_the_default_is_that_of_its_channel(operator: Api) -> None:
    put(operator)
    put(operator, "alerts", address="alerts@bank.example", name=None, replyTo=None)

    assert operator.created()["sender"] == {"id": "alerts", "address": "alerts@bank.example"}
    assert [(each["id"], each["isDefault"]) for each in listed(operator)] == [("alerts", True), ("billing", False)]
    assert "sender" not in operator.created(**SMS)


def test_a_removed_sender_is_not_used_any_more(operator: Api) -> None:
    put(operator)

    assert operator.client.delete("/api/senders/billing").json() == {"success": True, "message": "Sender removed"}
    assert operator.client.delete("/api/senders/billing").status_code == 404
    assert "sender" not in operator.created()
    assert fields(operator.create(sender="billing")) == ["sender"]


@pytest.mark.parametrize("sender", ["unknown", "short"])
def test_only_a_sender_of_the_channel_may_be_named(operator: Api, sender: str) -> None:
    put(operator, "short", type="SMS", address="MyBank", name=None, replyTo=None, providers=[])

    assert fields(operator.create(sender=sender)) == ["sender"]
    (item,) = operator.batch({**EMAIL, "sender": sender}).json()["data"]["results"]
    assert [each["field"] for each in item["error"]["details"]] == ["notifications[0].sender"]
    assert operator.created(**SMS, sender="short")["sender"]["address"] == "MyBank"


def test_an_address_is_no_sender(operator: Api) -> None:
    assert fields(operator.create(sender="ceo@bank.example")) == ["sender"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"address": "not an address"}, "address"),
        ({"address": "müller@bank.example"}, "address"),
        ({"address": "a@bank.example, b@bank.example"}, "address"),
        ({"replyTo": "hilfe-für@bank.example"}, "replyTo"),
        ({"replyTo": "nobody"}, "replyTo"),
        ({"name": "Bank\r\nBcc: all@bank.example"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"providers": ["sendgrid"]}, "providers"),
        ({"providers": ["sns"]}, "providers"),
        ({"isDefault": "yes"}, "isDefault"),
        ({"type": "SMS", "address": "MyBank", "providers": []}, "name"),
        ({"type": "SMS", "address": "My\nBank", "name": None, "replyTo": None, "providers": []}, "address"),
        ({"type": "SMS", "address": "AVeryLongName", "name": None, "replyTo": None, "providers": ["sns"]}, "address"),
        ({"type": "SMS", "address": "+12025550100", "name": None, "replyTo": None, "providers": []}, "address"),
        ({"type": "PUSH", "address": "no bundle", "name": None, "replyTo": None, "providers": []}, "address"),
    ],
)
def test_what_is_wrong_is_named(operator: Api, changes: dict[str, Any], field: str) -> None:
    answer = put(operator, **changes)

    assert answer.status_code == 422
    assert field in fields(answer)
    assert listed(operator) == []


def test_a_sender_may_be_for_those_providers_only_that_can_send_as_it(operator: Api) -> None:
    number: dict[str, Any] = {"type": "SMS", "address": "+12025550100", "name": None, "replyTo": None}

    answer = put(operator, **number, providers=[])
    assert "sns" in answer.json()["error"]["details"][0]["message"]
    assert put(operator, **number, providers=["twilio"]).status_code == 200


def test_its_providers_must_take_the_recipient(operator: Api) -> None:
    put(operator, "bulk", providers=["ses"], isDefault=False)

    assert "sender" not in operator.created(recipient="jürgen@example.com")
    assert fields(operator.create(recipient="jürgen@example.com", sender="bulk")) == ["recipient"]


def test_a_sender_whose_providers_are_gone_is_refused(operator: Api, make_api: MakeApi, make_key: MakeKey) -> None:
    put(operator, providers=["smtp"])

    check = RecipientCheck({Channel.EMAIL: {"ses": lambda recipient: True}})
    later = make_api("lambda", token=make_key("bank-a"), recipient_check=check)
    assert fields(later.create()) == ["sender"]


def test_only_an_operator_changes_senders(operator: Api, tenant: Api) -> None:
    put(operator)

    assert put(tenant).status_code == 403
    assert tenant.client.delete("/api/senders/billing").status_code == 403
    assert tenant.get("/api/senders?tenantId=bank-b").status_code == 403
    assert listed(tenant) == [STORED]
    assert tenant.created(sender="billing")["sender"]["id"] == "billing"


def test_a_tenant_sees_and_uses_its_own_senders_only(operator: Api, make_api: MakeApi, make_key: MakeKey) -> None:
    put(operator)
    put(operator, "theirs", tenantId="bank-b", address="info@other.example")

    other = make_api("lambda", token=make_key("bank-b"), **configured())
    assert [each["id"] for each in listed(other)] == ["theirs"]
    assert [each["id"] for each in listed(operator, "?tenantId=bank-b")] == ["theirs"]
    assert [each["id"] for each in listed(operator)] == ["billing"]
    assert fields(operator.create(sender="theirs")) == ["sender"]
    assert fields(other.create(sender="billing")) == ["sender"]
    assert other.created()["sender"]["address"] == "info@other.example"
    assert operator.client.delete("/api/senders/theirs").status_code == 404
    assert operator.client.delete("/api/senders/theirs?tenantId=bank-b").status_code == 200


def test_a_test_world_has_the_senders_of_its_tenant(operator: Api, make_api: MakeApi, make_key: MakeKey) -> None:
    put(operator)

    world = make_api("lambda", token=make_key("bank-a", test=True), **configured())
    assert listed(world) == [STORED]
    assert world.created(sender="billing")["sender"]["id"] == "billing"
    assert world.created()["sender"]["id"] == "billing"


def test_other_processes_use_a_changed_sender_when_their_cache_ends(operator: Api, tenant: Api, monkeypatch) -> None:
    assert "sender" not in tenant.created()

    put(operator)
    assert "sender" not in tenant.created(), "a request needs no look-up of its own"
    assert listed(tenant) == [STORED], "a list is never old"

    end_caches(monkeypatch, adapter)
    assert tenant.created()["sender"]["id"] == "billing"


def test_a_tenant_has_a_limited_number_of_senders(operator: Api) -> None:
    for number in range(SENDERS_MAX):
        assert put(operator, f"sender-{number}", isDefault=False).status_code == 200

    assert put(operator, "one-more").status_code == 409
    assert put(operator, "sender-7", name="Changed").status_code == 200
    assert len(listed(operator)) == SENDERS_MAX
