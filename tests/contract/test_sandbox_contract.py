"""What every provider with a sandbox tells of it, held against each adapter; the services are stand-ins."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.adapters import on_servers
from tests.fakes import FakeSandbox
from tests.standins.http_service import Fault, HttpService, Reply, json_reply
from wavecom.adapters.providers.email.ses import SesEmailProvider, ses_client
from wavecom.adapters.providers.sms.end_user_messaging import EndUserMessagingSmsProvider, end_user_messaging_client
from wavecom.adapters.providers.sms.sns import SnsSmsProvider, sns_client
from wavecom.domain.providers.outcomes import ProviderError, TransientError
from wavecom.ports.providers import WithSandbox

PORT = WithSandbox

TIMEOUT = timedelta(seconds=0.5)


@dataclass
class Adapter:
    """A provider, and what its service says: whether we are in the sandbox, or None for an answer without that."""

    provider: WithSandbox
    say: Callable[[bool | None], None]
    fail: Callable[[Reply | Fault], None]


def _fake() -> Adapter:
    provider = FakeSandbox()

    def say(in_sandbox: bool | None) -> None:
        provider.says = bool(in_sandbox)
        provider.trouble = TransientError("Not said", code="no_sandbox_status") if in_sandbox is None else None

    return Adapter(provider, say, lambda _: say(None))


def ses_says(in_sandbox: bool | None) -> Reply:
    return json_reply(
        200, {"SendingEnabled": True, **({} if in_sandbox is None else {"ProductionAccessEnabled": not in_sandbox})}
    )


def sns_says(in_sandbox: bool | None) -> Reply:
    name = "GetSMSSandboxAccountStatus"
    said = "" if in_sandbox is None else f"<IsInSandbox>{str(in_sandbox).lower()}</IsInSandbox>"
    result = f"<{name}Result>{said}</{name}Result>"
    return Reply(200, f"<{name}Response>{result}</{name}Response>".encode(), {"Content-Type": "text/xml"})


def end_user_messaging_says(in_sandbox: bool | None) -> Reply:
    attributes = [{"Name": "DEFAULT_PROTECT_CONFIGURATION_ID", "Value": "x"}]
    if in_sandbox is not None:
        attributes.append({"Name": "ACCOUNT_TIER", "Value": "SANDBOX" if in_sandbox else "PRODUCTION"})
    content = json.dumps({"AccountAttributes": attributes}).encode()
    return Reply(200, content, {"Content-Type": "application/x-amz-json-1.0"})


@contextlib.contextmanager
def _on_service(make: Callable[..., Any], says: Callable[[bool | None], Reply]) -> Iterator[Adapter]:
    with HttpService() as service:
        provider = make(
            region="eu-central-1", endpoint_url=service.url, connect_timeout=TIMEOUT, timeout=TIMEOUT, max_connections=4
        )

        def meet(step: Reply | Fault) -> None:
            service.always = step

        yield Adapter(provider, lambda in_sandbox: meet(says(in_sandbox)), meet)
        provider.close()


SERVICES: dict[str, tuple[Callable[..., Any], Callable[[bool | None], Reply]]] = {
    "ses": (lambda **to: SesEmailProvider(ses_client(**to), sender="no-reply@wavecom.example.com"), ses_says),
    "sns": (lambda **to: SnsSmsProvider(sns_client(**to)), sns_says),
    "end-user-messaging": (
        lambda **to: EndUserMessagingSmsProvider(end_user_messaging_client(**to)),
        end_user_messaging_says,
    ),
}


@pytest.fixture(params=["fake", *map(on_servers, SERVICES)], scope="module")
def account(request: pytest.FixtureRequest) -> Iterator[Adapter]:
    """A provider for all tests of this file: a client of AWS takes long to make."""
    if request.param == "fake":
        yield _fake()
        return
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        with _on_service(*SERVICES[request.param]) as adapter:
            yield adapter


def test_it_is_a_provider_with_a_sandbox(account: Adapter) -> None:
    assert isinstance(account.provider, WithSandbox)
    assert account.provider.name


@pytest.mark.parametrize("in_sandbox", [True, False])
def test_it_tells_whether_the_account_is_in_the_sandbox(account: Adapter, in_sandbox: bool) -> None:
    account.say(in_sandbox)

    assert account.provider.in_sandbox() is in_sandbox


def test_it_is_asked_anew_each_time(account: Adapter) -> None:
    found = []
    for in_sandbox in (True, False, True):
        account.say(in_sandbox)
        found.append(account.provider.in_sandbox())

    assert found == [True, False, True]


def test_an_answer_that_does_not_say_is_an_error_of_the_provider(account: Adapter) -> None:
    account.say(None)

    with pytest.raises(ProviderError):
        account.provider.in_sandbox()


@pytest.mark.parametrize(
    "trouble",
    [
        Fault.HANG_UP,
        Fault.NEVER_ANSWER,
        Reply(200, b"{"),
        Reply(403, b"{}", {"x-amzn-ErrorType": "AccessDeniedException"}),
        Reply(503),
    ],
    ids=["hangs up", "never answers", "garbage", "refuses", "unavailable"],
)
def test_trouble_is_an_error_of_the_provider_and_passes(account: Adapter, trouble: Reply | Fault) -> None:
    account.fail(trouble)

    with pytest.raises(ProviderError):
        account.provider.in_sandbox()

    account.say(True)
    assert account.provider.in_sandbox() is True
