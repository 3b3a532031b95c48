"""What every caller of webhooks says: the one over HTTP, and the fake."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.certificates import self_signed
from tests.contract.adapters import on_servers
from tests.fakes import FakeWebhookCalls
from tests.fakes.webhook_calls import an_answer
from tests.standins.webhook_endpoint import WebhookEndpoint
from wavecom.adapters.webhooks.addresses import IpAddress
from wavecom.adapters.webhooks.calls import HttpWebhookCalls
from wavecom.domain.webhooks.answers import WebhookCallError, WebhookFailure
from wavecom.ports.webhooks import WebhookCalls

PORT = WebhookCalls

NAME = "hooks.client.example"
URL = f"https://{NAME}/a"


@dataclass
class Calling:
    """A caller, and what its endpoint is to answer: a status with a Retry-After; None: nothing, it hangs up."""

    calls: WebhookCalls
    say: Callable[[int | None, str], None]
    received: Callable[[], list[tuple[str, bytes]]]
    """Returns the header "webhook-id" and the body of every request."""


def _fake() -> Calling:
    fake = FakeWebhookCalls()

    def say(status: int | None, wait: str) -> None:
        answer = an_answer(status or 0, "ok", timedelta(seconds=int(wait)) if wait else None)
        fake.always = answer if status else WebhookFailure.BROKEN_ANSWER

    return Calling(fake, say, lambda: [(each.headers["webhook-id"], each.body) for each in fake.calls])


def _http(endpoint: WebhookEndpoint, calls: HttpWebhookCalls) -> Calling:
    def say(status: int | None, wait: str) -> None:
        header = f"Retry-After: {wait}\r\n" if wait else ""
        answer = f"HTTP/1.1 {status} Any\r\nLocation: https://127.0.0.1/\r\n{header}Content-Length: 2\r\n\r\nok"
        endpoint.answer = answer.encode() if status else lambda _: False

    return Calling(calls, say, lambda: [(each.headers["webhook-id"], each.body) for each in endpoint.requests])


@pytest.fixture(params=["fake", on_servers("http")])
def calling(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Calling]:
    if request.param == "fake":
        yield _fake()
        return
    certificate = self_signed(tmp_path, NAME)
    with WebhookEndpoint(certificate.for_server()) as endpoint:

        def connect(address: IpAddress, port: int, timeout_seconds: float) -> socket.socket:
            return socket.create_connection(("127.0.0.1", endpoint.port), timeout_seconds)

        calls = HttpWebhookCalls(tls=certificate.for_client(), resolve=lambda _: ["93.184.216.34"], connect=connect)
        yield _http(endpoint, calls)
        calls.close()


@pytest.mark.parametrize("status", [200, 302, 410, 500])
def test_any_status_is_an_answer(calling, status: int) -> None:
    calling.say(status, "")

    answer = calling.calls.post(URL, {"webhook-id": "evt_1"}, b"{}")

    assert (answer.status, answer.body, answer.retry_after) == (status, "ok", None)
    assert answer.duration_ms >= 0
    assert calling.received() == [("evt_1", b"{}")]


def test_wait_is_in_the_answer(calling) -> None:
    calling.say(429, "7")

    assert calling.calls.post(URL, {"webhook-id": "evt_1"}, b"{}").retry_after == timedelta(seconds=7)


def test_no_answer_is_an_error_with_a_code_and_a_sentence(calling) -> None:
    calling.say(None, "")

    with pytest.raises(WebhookCallError) as raised:
        calling.calls.post(URL, {"webhook-id": "evt_1"}, b"{}")

    assert raised.value.code == "broken_answer"
    assert str(raised.value) == "The endpoint did not give a complete HTTP answer"
    assert raised.value.duration_ms >= 0


def test_url_without_tls_has_a_problem_and_is_not_called(calling) -> None:
    assert calling.calls.problem_of(URL) is None
    assert calling.calls.problem_of(f"http://{NAME}/") == "must begin with https://"

    with pytest.raises(WebhookCallError) as raised:
        calling.calls.post(f"http://{NAME}/", {"webhook-id": "evt_1"}, b"{}")

    assert raised.value.code == "address_refused"
    assert calling.received() == []


def test_every_failure_has_a_sentence_of_its_own() -> None:
    sentences = {str(WebhookCallError(each, duration_ms=0)) for each in WebhookFailure}

    assert len(sentences) == len(WebhookFailure)
