"""``wavecom doctor``: each thing that can be wrong, made wrong."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.client import Answer
from cli.examine_connection import clock
from tests.fakes import FakeQueue
from tests.integration.conftest import Api, MakeApi, MakeKey, attempted
from tests.integration.test_cli import Wavecom
from tests.integration.test_cli_trouble import Gateway
from tests.standins.http_service import Reply, Request, json_reply
from wavecom.domain.api_keys import Role
from wavecom.domain.degradation import Level
from wavecom.domain.providers.outcomes import Outcome


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("http")


@pytest.fixture
def wavecom(api: Api) -> Wavecom:
    return Wavecom.of(api)


def checks(wavecom: Wavecom, *arguments: str, exit_code: int = 0) -> dict[str, dict[str, str]]:
    """Run the doctor and return what it found, by check; of several findings the last."""
    return {each["check"]: each for each in wavecom.json("doctor", *arguments, exit_code=exit_code)["checks"]}


def test_where_all_is_well_every_line_says_ok(wavecom: Wavecom):
    result = wavecom("doctor")

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert {line.split()[0] for line in lines} == {"ok"}
    named = ["address", "encryption", "mongodb", "rabbitmq", "clock", "key", "load", "queues", "dead", "providers"]
    assert [line.split()[1] for line in lines] == [*named, "ledger"]
    found = wavecom.json("doctor")
    assert (found["ok"], found["url"]) == (True, wavecom.url)


def test_an_address_where_nobody_answers_fails():
    wavecom = Wavecom("http://localhost:1")

    result = wavecom("doctor")

    assert result.exit_code == 1
    assert "Nothing answers at http://localhost:1" in result.stdout
    assert "make up" in result.stdout
    assert checks(wavecom, exit_code=1)["address"]["verdict"] == "failed"


def test_something_else_at_the_address_fails(api: Api):
    with Gateway(api) as gateway:
        gateway.always = Reply(200, b"<html>")

        assert "is not WaveCom's API" in checks(Wavecom(gateway.url), exit_code=1)["address"]["finding"]


@pytest.mark.parametrize(
    ("key", "finding"), [(None, "none was given"), ("wc_000000000000_nonsense", "the API does not know it")]
)
def test_a_missing_or_unknown_key_fails(make_api: MakeApi, key: str | None, finding: str):
    found = checks(Wavecom.of(make_api("http", development_tenant=None), key), exit_code=1)

    assert found["key"]["verdict"] == "failed"
    assert finding in found["key"]["finding"]
    assert found["mongodb"]["verdict"] == "ok"
    assert "queues" not in found


@pytest.mark.parametrize(("role", "sees_providers"), [(Role.TENANT, False), (Role.OPERATOR, True)])
def test_it_says_of_which_role_the_key_is(make_api: MakeApi, make_key: MakeKey, role: Role, sees_providers: bool):
    found = checks(Wavecom.of(make_api("http", development_tenant=None), make_key(role=role)))

    assert f"the key is valid; role {role.value}" in found["key"]["finding"]
    assert ("providers" in found) is sees_providers


def test_a_key_file_that_others_can_read_is_a_warning(make_api: MakeApi, make_key: MakeKey, tmp_path: Path):
    wavecom, file = Wavecom.of(make_api("http", development_tenant=None)), tmp_path / "key"
    file.write_text(make_key())
    file.chmod(0o644)

    assert checks(wavecom, "--key-file", str(file))["key file"]["advice"] == f"chmod 600 {file}"
    file.chmod(0o600)
    assert "key file" not in checks(wavecom, "--key-file", str(file))


def test_a_broker_that_is_down_fails_and_so_do_the_queues(wavecom: Wavecom, queue: FakeQueue):
    queue.down = True

    found = checks(wavecom, exit_code=1)

    assert found["rabbitmq"]["verdict"] == found["queues"]["verdict"] == "failed"
    assert found["mongodb"]["verdict"] == "ok"


def test_a_deep_queue_is_a_warning(wavecom: Wavecom, api: Api, queue: FakeQueue):
    api.created()
    lane = next(lane for lane, messages in queue.lanes.items() if messages)
    queue.lanes[lane] *= 10_000

    queues = checks(wavecom)["queues"]

    assert queues["verdict"] == "warning"
    assert f"{lane.value} 10000" in queues["finding"]


def test_dead_letters_are_a_warning_that_names_the_largest_group(wavecom: Wavecom, api: Api):
    attempted(api, api.created()["_id"], Outcome.PERMANENT)

    found = checks(wavecom)["dead letters"]

    assert found["verdict"] == "warning"
    assert "permanent at simulated-email" in found["finding"]
    assert "wavecom dlq replay" in found["advice"]


def test_an_open_breaker_is_a_warning_and_without_another_provider_a_failure(wavecom: Wavecom, api: Api):
    api.services.providers.breakers.record("ses", [False] * 50)
    assert checks(wavecom)["providers"]["finding"] == "the breaker of ses is open"

    api.services.providers.breakers.record("sendgrid", [False] * 50)
    providers = checks(wavecom, exit_code=1)["providers"]

    assert providers["verdict"] == "failed"
    assert "EMAIL has no other provider" in providers["finding"]


def test_a_provider_that_fails_often_is_a_warning(wavecom: Wavecom, api: Api):
    counted = {"providers.ses.delivered": 90, "providers.ses.transient": 10, "providerFaults.ses": 10}
    api.services.counters.add("bank-a", counted, api.services.clock())

    assert checks(wavecom)["providers"]["finding"] == "10.0 % of the attempts of ses fail"


def test_a_provider_in_its_sandbox_is_a_warning_and_out_of_it_is_told(wavecom: Wavecom, api: Api):
    system, at = api.system, api.services.clock()
    system.set_sandbox("ses", at, in_sandbox=True)
    found = checks(wavecom)["providers"]
    assert (found["verdict"], found["finding"]) == (
        "warning",
        "ses is in its sandbox: it sends to verified recipients only",
    )
    assert "in its sandbox" in wavecom.ok("providers")

    system.set_sandbox("ses", at, in_sandbox=False)
    assert checks(wavecom)["providers"]["finding"] == "2, no breaker open; ses out of the sandbox"


def test_a_ledger_that_does_not_balance_fails(wavecom: Wavecom, api: Api):
    api.services.counters.add("another", {"created.EMAIL": 1}, api.services.clock())

    assert checks(wavecom, exit_code=1)["ledger"]["verdict"] == "failed"


def test_degradation_is_a_warning_once_for_each_that_is_not_answered(wavecom: Wavecom, api: Api):
    api.system.set_level(Level.HIGH, datetime.now(UTC))

    found = checks(wavecom)

    assert {name for name, each in found.items() if each["verdict"] == "warning"} == {"load", "queues", "ledger"}
    assert "degraded" in found["load"]["finding"]


def test_a_used_up_rate_limit_is_a_warning(make_api: MakeApi):
    wavecom = Wavecom.of(make_api("http", rate_limit=2))

    found = checks(wavecom)

    assert found["dead letters"]["verdict"] == "warning"
    assert "used up" in checks(wavecom)["key"]["finding"]


def test_a_key_over_plain_http_fails_and_is_not_sent(api: Api):
    with Gateway(api) as gateway:
        # By this name it is reached on the same machine, and still is none that is known to be.
        wavecom = Wavecom(gateway.url.replace("127.0.0.1", "0.0.0.0"), "wc_secret")

        found = checks(wavecom, exit_code=1)

    assert found["encryption"]["verdict"] == "failed"
    assert found["mongodb"]["verdict"] == "ok"
    assert "key" not in found
    assert [(each.path, "authorization" in each.headers) for each in gateway.requests] == [("/api/health", False)]


def test_an_answer_of_another_kind_is_a_failed_line_and_not_a_stack_trace(api: Api):
    with Gateway(api) as gateway:
        answer: Callable[[Request], Any] = gateway.answer
        gateway.answer = lambda request: (  # type: ignore[method-assign]
            json_reply(500, {"message": "\x1b[31mNo"}) if request.path == "/api/ledger" else answer(request)
        )
        result = Wavecom(gateway.url)("doctor")

    assert result.exit_code == 1
    assert "failed   ledger        the API answers 500" in result.stdout


@pytest.mark.parametrize(
    ("ahead", "verdict"),
    [(timedelta(0), "ok"), (timedelta(seconds=20), "warning"), (-timedelta(minutes=2), "failed")],
)
def test_a_clock_that_differs_is_told(ahead: timedelta, verdict: str):
    date = format_datetime(datetime.now(UTC) + ahead, usegmt=True)

    finding = clock(Answer(200, httpx.Headers({"date": date}), None, 0.1))

    assert finding.verdict == verdict
    assert json.dumps(finding.document())


def test_an_answer_without_a_date_is_told():
    assert clock(Answer(200, httpx.Headers(), None, 0.1)).verdict == "warning"
