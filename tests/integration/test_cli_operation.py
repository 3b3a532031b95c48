"""Commands for ledger, audit, providers, policy, suppressions, senders and keys, against the API."""

import re
from datetime import timedelta

import pytest

from tests.integration.conftest import Api, MakeApi, MakeKey, attempted
from tests.integration.test_cli import Wavecom
from wavecom.domain.api_keys import Role
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.providers.weights import WeightChange


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("http")


@pytest.fixture
def wavecom(api: Api) -> Wavecom:
    return Wavecom.of(api)


def test_the_ledger_has_a_line_a_minute_and_a_total(api: Api, wavecom: Wavecom):
    attempted(api, api.created()["_id"])
    attempted(api, api.created()["_id"], Outcome.PERMANENT)
    api.created()

    text = wavecom.ok("ledger", "--minutes", "5")

    minute = f"{api.services.clock():%Y-%m-%d %H:%M}"
    assert re.search(rf"(?m)^{minute} +3 +1 +1 +0 +0 +1  ok$", text)
    assert re.search(r"(?m)^all time +3 +1 +1 +0 +0 +1  ok$", text)
    assert wavecom.json("ledger") == api.get("/api/ledger").json()["data"]
    assert wavecom.json("ledger", "--all-tenants")["total"]["accepted"] == 3


def test_a_ledger_that_does_not_balance_exits_with_1_and_says_what_is_missing(api: Api, wavecom: Wavecom):
    api.created()
    api.services.counters.add("bank-a", {"created.EMAIL": 2}, api.services.clock())

    result = wavecom("ledger")

    assert result.exit_code == 1
    assert "all time: 2 missing of 3 accepted." in result.stdout
    assert not wavecom.json("ledger", exit_code=1)["total"]["balanced"]


def test_other_tenants_are_for_operators(make_api: MakeApi, make_key: MakeKey):
    closed = make_api("http", development_tenant=None)
    tenant, operator = Wavecom.of(closed, make_key()), Wavecom.of(closed, make_key(role=Role.OPERATOR))

    for command in (["ledger", "--all-tenants"], ["audit", "--since", "1h", "--all-tenants"], ["providers"]):
        assert tenant.json(*command, exit_code=3)["error"]["code"] == "FORBIDDEN"
        assert operator(*command).exit_code == 0


def test_the_audit_goes_through_every_page(api: Api, wavecom: Wavecom):
    item = {"type": "EMAIL", "recipient": "user@example.com", "subject": "Hi", "message": "Hello"}
    for _ in range(3):
        assert api.batch(*[item] * 200).status_code == 207

    text = wavecom.ok("audit", "--since", "24h", "--until", "2099-01-01")
    found = wavecom.json("audit", "--since", "24h", "--until", "2099-01-01")

    assert "600 notifications with 1200 audit entries verified" in text
    assert (found["notifications"], found["entries"], found["broken"]) == (600, 1200, None)
    yesterday = wavecom.json("audit", "--since", "2020-01-31", "--until", "2020-02-01T00:00:00+01:00")
    assert (yesterday["notifications"], yesterday["until"]) == (0, "2020-01-31T23:00:00.000Z")


def test_a_changed_audit_entry_exits_with_1_and_is_named(api: Api, wavecom: Wavecom):
    identifier = api.created()["_id"]
    changed = api.mongo.database.notificationlogs.update_one(
        {"message": "Added to queue"}, {"$set": {"message": "Never happened"}}
    )
    assert changed.modified_count == 1

    result = wavecom("audit", "--since", "24h", "--until", "2099-01-01")

    assert result.exit_code == 1
    sentence = f"Audit entry 2 of notification {identifier} has been changed, or the entry before it."
    assert sentence in result.stdout
    assert f"wavecom status {identifier}" in result.stdout
    broken = wavecom.json("audit", "--since", "24h", "--until", "2099-01-01", exit_code=1)["broken"]
    assert (broken["notificationId"], broken["sequence"]) == (identifier, 2)


def test_an_empty_period_is_refused(wavecom: Wavecom):
    result = wavecom("audit", "--since", "2026-02-01", "--until", "2026-01-31")

    assert result.exit_code == 3
    assert "until: must be after since" in result.stderr


def test_providers_show_weights_breakers_and_why_weights_changed(api: Api, wavecom: Wavecom):
    at = api.services.clock()
    api.services.providers.weights.change([WeightChange(provider="ses", factor=0.5, reason="30 % failed", at=at)])
    api.services.providers.breakers.record("sendgrid", [False] * 50)

    text = wavecom.ok("providers")

    assert re.search(r"(?m)^ses +EMAIL +3(\.0)? +1\.5 +closed +0 +0\.0 % +0 +none$", text)
    assert re.search(r"(?m)^sendgrid +EMAIL +1(\.0)? +1\.0 +open +20\d\d-.* 100/s$", text)
    assert re.search(r"Weight changes\n.*\n20\d\d-.* ses +0\.5 +30 % failed", text)
    assert [each["breaker"] for each in wavecom.json("providers")] == ["closed", "open"]


def test_the_policy_is_shown_and_chosen(wavecom: Wavecom):
    assert wavecom.ok("policy") == "resend: rather twice than never\n"

    assert wavecom.json("policy", "hold") == {"onUnknown": "hold", "contact": None}

    assert wavecom.ok("policy").startswith("hold: ")


def test_the_contact_of_a_tenant_is_shown_and_chosen(wavecom: Wavecom):
    chosen = wavecom.json("policy", "--contact", "operations@bank.example")
    assert chosen == {"onUnknown": "resend", "contact": "operations@bank.example"}

    assert wavecom.ok("policy").endswith("\nContact: operations@bank.example\n")
    assert wavecom.json("policy", "hold")["contact"] == "operations@bank.example"

    assert wavecom.json("policy", "--contact", "")["contact"] is None


def test_addresses_are_suppressed_listed_and_taken_off(api: Api, wavecom: Wavecom):
    assert wavecom.ok("suppressions", "list") == "No address is suppressed.\n"
    added = wavecom.json("suppressions", "add", "--type", "email", "--to", "User@example.com")
    assert "Nothing goes to +12025550123 any more" in wavecom.ok(
        "suppressions", "add", "--type", "sms", "--to", "+12025550123"
    )

    assert re.search(rf"{added['id']}  EMAIL  manual .* User@example\.com", wavecom.ok("suppressions", "list"))
    assert len(wavecom.json("suppressions", "list", "--all")["suppressions"]) == 2
    some = wavecom("suppressions", "list", "--limit", "1")
    assert "There are more" in some.stderr

    found = wavecom.json("suppressions", "list", "--recipient", "user@EXAMPLE.com")["suppressions"]
    assert [each["id"] for each in found] == [added["id"]]
    assert wavecom.json("suppressions", "list", "--recipient", "+1 202 555 0123", "--type", "email") == {
        "suppressions": [],
        "more": False,
    }
    assert wavecom("suppressions", "list", "--type", "email").exit_code == 2
    assert wavecom.json("suppressions", "remove", added["id"])["id"] == added["id"]
    assert "taken off" in wavecom.ok("suppressions", "remove", "+1 (202) 555-0123")
    assert wavecom.json("suppressions", "list") == {"suppressions": [], "more": False}


def test_senders_are_made_listed_used_and_removed(api: Api, wavecom: Wavecom):
    assert wavecom.ok("senders", "list") == "There are no senders.\n"
    address = ("--type", "email", "--address", "billing@bank.example", "--name", "Bank Billing")
    more = ("--reply-to", "help@bank.example", "--provider", "simulated-email", "--default")

    assert wavecom.ok("senders", "put", "billing", *address, *more) == "Sender billing is billing@bank.example.\n"
    wavecom.ok("senders", "put", "short", "--type", "sms", "--address", "72345")

    lines = wavecom.ok("senders", "list").splitlines()
    assert re.search(r"^billing +EMAIL +billing@\S+ +Bank Billing +help@\S+ +simulated-email +yes$", lines[1])
    assert re.search(r"^short +SMS +72345 .* all", lines[2])
    assert wavecom.json("senders", "list") == api.get("/api/senders").json()["data"]
    sms = ("--type", "sms", "--to", "+12025550123", "--message", "Hello")
    assert wavecom.json("send", *sms, "--sender", "short")["sender"]["address"] == "72345"
    assert "sender" not in wavecom.json("send", *sms)
    assert wavecom.json("senders", "remove", "short") == {"id": "short", "message": "Sender removed"}
    assert wavecom("senders", "remove", "short").exit_code == 3


def test_senders_of_another_tenant_are_named_by_it(api: Api, wavecom: Wavecom):
    wavecom.ok("senders", "put", "otp", "--tenant", "bank-b", "--type", "sms", "--address", "72345")

    assert wavecom.json("senders", "list") == []
    assert [each["id"] for each in wavecom.json("senders", "list", "--tenant", "bank-b")] == ["otp"]
    wavecom.ok("senders", "remove", "otp", "--tenant", "bank-b")
    assert wavecom.json("senders", "list", "--tenant", "bank-b") == []


def test_categories_are_left_and_joined(wavecom: Wavecom):
    assert wavecom.ok("categories", "list") == "There are no categories.\n"
    assert "recipients can leave it" in wavecom.ok("categories", "put", "offers", "--name", "Offers")
    assert "cannot" in wavecom.ok("categories", "put", "receipts", "--name", "Receipts", "--transactional")
    assert re.search(r"(?m)^offers +Offers +yes$", wavecom.ok("categories", "list"))
    who = ("--type", "email")
    assert re.search(r"(?m)^offers +Offers +yes +yes$", wavecom.ok("preferences", "show", "ada@example.com", *who))

    left = wavecom.json("preferences", "leave", "ada@example.com", "offers", *who)
    assert [(each["id"], each["subscribed"]) for each in left["categories"]] == [("offers", False), ("receipts", True)]
    offer = ("--type", "email", "--to", "ada@example.com", "--subject", "Hi", "--message", "Hi", "--category")
    refused = wavecom("send", *offer, "offers")
    assert (refused.exit_code, "has left this category" in refused.stderr) == (3, True)
    assert wavecom.json("send", *offer, "receipts")["category"] == "receipts"

    wavecom.ok("preferences", "join", "ada@example.com", "offers", *who)
    assert wavecom.json("send", *offer, "offers")["category"] == "offers"
    assert wavecom("preferences", "leave", "ada@example.com", "receipts", *who).exit_code == 3
    assert "removed" in wavecom.ok("categories", "remove", "receipts")


@pytest.mark.parametrize("sender_id", ["../keys", "Billing", "a" * 41, "-a"])
def test_the_id_of_a_sender_is_checked_before_the_call(wavecom: Wavecom, sender_id: str):
    put = wavecom("senders", "put", "--type", "sms", "--address", "72345", "--", sender_id)

    assert put.exit_code == 2
    assert wavecom.json("senders", "list") == []


def test_taking_off_what_is_not_on_the_list_says_so(wavecom: Wavecom):
    result = wavecom("suppressions", "remove", "nobody@example.com")

    assert result.exit_code == 2
    assert "nobody@example.com is not on the list" in result.stderr
    assert wavecom("suppressions", "remove", "0" * 32).exit_code == 3
    assert wavecom("suppressions", "add", "--type", "email", "--to", "nobody").exit_code == 3


def test_a_new_token_is_all_there_is_on_stdout_and_works(make_api: MakeApi, make_key: MakeKey):
    closed = make_api("http", development_tenant=None)
    operator = Wavecom.of(closed, make_key(role=Role.OPERATOR))

    made = operator("keys", "create", "--tenant", "bank-c", "--name", "payments", "--rate-limit", "10")

    token = made.stdout.removesuffix("\n")
    assert re.fullmatch(r"wc_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", token)
    assert token not in made.stderr
    assert "Its token is shown only now" in made.stderr
    assert Wavecom.of(closed, token).ok("list") == ""
    listed = operator("keys", "list", "--tenant", "bank-c")
    assert re.search(r"[0-9a-f]{12}  bank-c  tenant  payments +10 ", listed.stdout)
    assert token not in listed.output


def test_keys_are_rotated_and_revoked(make_api: MakeApi, make_key: MakeKey):
    closed = make_api("http", development_tenant=None)
    operator = Wavecom.of(closed, make_key(role=Role.OPERATOR))
    old = operator.json("keys", "create", "--tenant", "bank-c", "--name", "payments", "--test")

    new = operator("keys", "rotate", old["id"])

    assert new.stdout.startswith("wc_test_")
    assert f"wavecom keys revoke {old['id']}" in new.stderr
    assert Wavecom.of(closed, old["token"])("list").exit_code == 0
    assert operator.json("keys", "revoke", old["id"]) == {"id": old["id"], "message": "API key revoked"}
    revoked = {each["id"]: each["revokedAt"] for each in operator.json("keys", "list", "--tenant", "bank-c")}
    assert len(revoked) == 2
    assert revoked[old["id"]] is not None
    closed.clock.advance(timedelta(minutes=1))
    assert operator("keys", "rotate", old["id"]).exit_code == 3
    assert operator("keys", "revoke", "0" * 12).exit_code == 3


def test_keys_are_for_operators(make_api: MakeApi, make_key: MakeKey):
    tenant = Wavecom.of(make_api("http", development_tenant=None), make_key())

    result = tenant("keys", "list")

    assert result.exit_code == 3
    assert "Only an operator's key may do this (FORBIDDEN, 403)" in result.stderr
