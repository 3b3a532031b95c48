"""Providers behind a proxy that the environment names, against a real one on loopback."""

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import certifi
import pytest

from local.config import PROJECT
from tests.builders import ManualClock, an_outgoing
from tests.standins.apns import KEY_ID, TEAM_ID, TOPIC, ApnsService
from tests.standins.apns import key_pair as apns_key_pair
from tests.standins.aws_sms import EndUserMessagingService
from tests.standins.fcm import FcmService, TokenService
from tests.standins.http_service import HttpService, Reply, Request
from tests.standins.proxy import Fault, ProxyService
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioService
from wavecom.adapters.providers.email.ses import SesEmailProvider, ses_client
from wavecom.adapters.providers.http import HttpCaller
from wavecom.adapters.providers.proxies import proxy_for
from wavecom.adapters.providers.push.apns import ApnsPushProvider
from wavecom.adapters.providers.push.fcm import FcmPushProvider
from wavecom.adapters.providers.sms.end_user_messaging import EndUserMessagingSmsProvider, end_user_messaging_client
from wavecom.adapters.providers.sms.twilio import TwilioSmsProvider
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import TransientError, UnknownOutcomeError

PROVIDER = "https://provider.test"
DEVICE = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"
SECRET = "s3cret&pass"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD")


class Echo(HttpService):
    """Answers everything with 200."""

    def answer(self, request: Request) -> Reply:
        return Reply(200, b"ok")


class SesService(HttpService):
    """Takes every SendEmail (Amazon SES API v2 reference)."""

    def answer(self, request: Request) -> Reply:
        assert (request.method, request.path) == ("POST", "/v2/email/outbound-emails")
        return Reply(200, b'{"MessageId": "0100018c-a1b2-000000"}', {"Content-Type": "application/json"})


def message_to(recipient: str, channel: Channel) -> OutgoingMessage:
    return an_outgoing(
        notification_id="65f0c1d2a1b2c3d4e5f60718",
        channel=channel,
        recipient=recipient,
        subject=None,
        message="Guten Tag",
        attempt=1,
    )


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)


@pytest.fixture
def behind_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ProxyService]]:
    """Start a proxy to stand-ins, trust its certificate and name it in HTTPS_PROXY."""
    with ExitStack() as stack:

        def start(provider: str, token: str = "", alpn: str = "http/1.1") -> ProxyService:
            ways = {"provider.test": provider, "token.test": token}
            proxy = stack.enter_context(ProxyService(tmp_path, ways, alpn=alpn))
            monkeypatch.setattr(certifi, "where", lambda: str(proxy.trusted))
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            return proxy

        yield start


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as service:
        yield service


def a_caller(url: str = PROVIDER, **options: Any) -> HttpCaller:
    return HttpCaller("Echo", url, **{"timeout": timedelta(seconds=5), **options})


def test_twilio_goes_through_the_proxy(behind_proxy: Callable[..., ProxyService]) -> None:
    with TwilioService() as service:
        proxy = behind_proxy(service.url)
        provider = TwilioSmsProvider(
            name="twilio",
            account_sid=ACCOUNT_SID,
            auth_token=AUTH_TOKEN,
            sender="+15005550006",
            timeout=timedelta(seconds=5),
            max_connections=2,
            base_url=PROVIDER,
        )

        provider.send(message_to("+4915112345678", Channel.SMS))
        provider.send(message_to("+4915112345678", Channel.SMS))

        provider.close()
    assert len(service.messages) == 2
    assert [(each.method, each.target) for each in proxy.requests] == [("CONNECT", "provider.test:443")]


def test_fcm_and_its_token_endpoint_go_through_the_proxy(behind_proxy: Callable[..., ProxyService]) -> None:
    with TokenService() as tokens, FcmService(tokens) as fcm:
        proxy = behind_proxy(fcm.url, tokens.url)
        account = tokens.service_account(token_uri="https://token.test/token")
        provider = FcmPushProvider(service_account=account, base_url=PROVIDER, timeout=timedelta(seconds=5))

        provider.send(message_to("cX7Yz:" + "APA91b" * 24, Channel.PUSH))

        provider.close()
    assert len(fcm.messages) == 1
    assert [each.target for each in proxy.requests] == ["token.test:443", "provider.test:443"]


def test_apns_speaks_http2_through_the_tunnel_and_keeps_the_device_token_in_it(
    behind_proxy: Callable[..., ProxyService], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clock = ManualClock()
    with ApnsService(clock) as apns:
        proxy = behind_proxy(apns.url, alpn="h2")
        provider = ApnsPushProvider(
            key_id=KEY_ID,
            team_id=TEAM_ID,
            private_key=apns_key_pair()[0],
            topic=TOPIC,
            base_url=PROVIDER,
            timeout=timedelta(seconds=5),
            clock=clock,
        )

        provider.send(message_to(DEVICE, Channel.PUSH))

        provider.close()
    assert [request.path for request in apns.requests] == [f"/3/device/{DEVICE}"]
    assert [each.target for each in proxy.requests] == ["provider.test:443"]
    assert DEVICE not in caplog.text


@pytest.fixture
def aws_through_proxy(
    behind_proxy: Callable[..., ProxyService], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], ProxyService]:
    """Start a proxy to a stand-in of AWS, whose certificate boto3 trusts as well."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")

    def start(service: str) -> ProxyService:
        proxy = behind_proxy(service)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(proxy.trusted))
        return proxy

    return start


def test_ses_goes_through_the_proxy(aws_through_proxy: Callable[[str], ProxyService]) -> None:
    with SesService() as service:
        proxy = aws_through_proxy(service.url)
        client = ses_client(region="eu-central-1", endpoint_url=PROVIDER, timeout=timedelta(seconds=5))
        provider = SesEmailProvider(client, sender="WaveCom <no-reply@wavecom.example.com>")

        message = message_to("customer@example.com", Channel.EMAIL)
        provider.send(replace(message, content=replace(message.content, subject="Statement")))

        provider.close()
    assert len(service.requests) == 1
    assert [(each.method, each.target) for each in proxy.requests] == [("CONNECT", "provider.test:443")]


def test_end_user_messaging_goes_through_the_proxy(aws_through_proxy: Callable[[str], ProxyService]) -> None:
    with EndUserMessagingService() as service:
        proxy = aws_through_proxy(service.url)
        client = end_user_messaging_client(region="eu-central-1", endpoint_url=PROVIDER, timeout=timedelta(seconds=5))
        provider = EndUserMessagingSmsProvider(client)

        provider.send(message_to("+12025550123", Channel.SMS))

        provider.close()
    assert len(service.requests) == 1
    assert [(each.method, each.target) for each in proxy.requests] == [("CONNECT", "provider.test:443")]


def test_aws_that_no_proxy_names_is_called_directly(
    aws_through_proxy: Callable[[str], ProxyService], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with EndUserMessagingService() as service:
        proxy = aws_through_proxy(service.url)
        client = end_user_messaging_client(region="eu-central-1", endpoint_url=service.url)
        provider = EndUserMessagingSmsProvider(client)

        provider.send(message_to("+12025550123", Channel.SMS))

        provider.close()
    assert len(service.requests) == 1
    assert proxy.requests == []


def test_tests_follow_no_proxy_of_the_caller() -> None:
    names = [each for name in VARIABLES[:4] for each in (name, name.lower())]
    code = f"import json, os, tests.conftest; print(json.dumps([each for each in {names} if each in os.environ]))"
    environment = {**os.environ, **dict.fromkeys(names, "http://127.0.0.1:9"), "PYTHONPATH": ".:shared"}

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout) == []


def test_credentials_of_the_proxy_are_sent_and_never_logged(
    behind_proxy: Callable[..., ProxyService],
    echo: Echo,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    proxy = behind_proxy(echo.url)
    monkeypatch.setenv("HTTPS_PROXY", f"http://wavecom:s3cret%26pass@127.0.0.1:{proxy.port}")
    call = a_caller()

    assert call("GET", "/").status == 200
    proxy.fault = Fault.REFUSE
    again = a_caller()
    with pytest.raises(TransientError) as caught:
        again("GET", "/")

    call.close()
    again.close()
    assert [each.credentials for each in proxy.requests] == [f"wavecom:{SECRET}"] * 2
    assert "proxy-authorization" not in echo.requests[0].headers
    written = f"{caplog.text} {caught.value!r} {caught.value.__cause__!r}"
    assert not [text for text in (SECRET, "s3cret", "d2F2ZWNvbTpzM2NyZXQmcGFzcw") if text in written]


@pytest.mark.parametrize(
    "fault", [Fault.REFUSE, Fault.HANG_UP, Fault.GARBAGE, Fault.NEVER_ANSWER, Fault.HANG_UP_IN_TLS]
)
@pytest.mark.parametrize("http2", [False, True])
def test_failure_of_the_proxy_is_transient_since_nothing_was_sent(
    behind_proxy: Callable[..., ProxyService], echo: Echo, fault: Fault, http2: bool
) -> None:
    proxy = behind_proxy(echo.url)
    proxy.fault = fault
    call = a_caller(timeout=timedelta(seconds=0.5), http2=http2)

    with pytest.raises(TransientError) as caught:
        call("POST", "/", content=b"hello")

    call.close()
    assert caught.value.code == ("ConnectError" if fault is Fault.HANG_UP_IN_TLS else "ProxyError")
    assert echo.requests == []


def test_proxy_that_is_not_there_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed.getsockname()[1]}")
        call = a_caller()

        with pytest.raises(TransientError) as caught:
            call("POST", "/", content=b"hello")

    call.close()
    assert caught.value.code == "ConnectError"


def test_tunnel_that_breaks_once_the_request_is_under_way_is_unknown(
    behind_proxy: Callable[..., ProxyService], echo: Echo
) -> None:
    behind_proxy(echo.url).fault = Fault.HANG_UP_LATER
    call = a_caller()

    with pytest.raises(UnknownOutcomeError):
        call("POST", "/", content=b"hello")

    call.close()


def test_netrc_adds_no_credentials(
    behind_proxy: Callable[..., ProxyService], echo: Echo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine provider.test login somebody password else\ndefault login anybody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    proxy = behind_proxy(echo.url)
    call = a_caller()

    call("GET", "/")

    call.close()
    assert "authorization" not in echo.requests[0].headers
    assert proxy.requests[0].credentials is None


def test_hosts_of_no_proxy_are_called_directly(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    call = a_caller(echo.url)

    assert call("GET", "/").status == 200
    call.close()


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, PROVIDER, None),
        ({"HTTPS_PROXY": "http://proxy.bank.example:3128"}, PROVIDER, "http://proxy.bank.example:3128"),
        ({"https_proxy": "http://proxy.bank.example:3128"}, PROVIDER, "http://proxy.bank.example:3128"),
        ({"HTTPS_PROXY": "proxy.bank.example:3128"}, PROVIDER, "http://proxy.bank.example:3128"),
        ({"HTTPS_PROXY": "https://proxy.bank.example"}, PROVIDER, "https://proxy.bank.example"),
        ({"HTTPS_PROXY": "http://[::1]:3128"}, PROVIDER, "http://[::1]:3128"),
        ({"HTTP_PROXY": "http://proxy.bank.example:3128"}, PROVIDER, None),
        ({"HTTP_PROXY": "http://proxy.bank.example:3128"}, "http://provider.test", "http://proxy.bank.example:3128"),
        ({"HTTPS_PROXY": "http://a.example", "https_proxy": "http://b.example"}, PROVIDER, "http://b.example"),
        ({"HTTPS_PROXY": ""}, PROVIDER, None),
        ({"ALL_PROXY": "http://proxy.bank.example:3128"}, PROVIDER, None),
    ],
)
def test_proxy_is_that_of_the_urls_scheme(
    environment: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    chosen = proxy_for(url)

    assert (str(chosen.url) if chosen else None) == proxy


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_bypassed"),
    [
        ("provider.test", "https://provider.test", True),
        (".test", "https://provider.test", True),
        ("test", "https://provider.test/path", True),
        ("other.test, PROVIDER.test", "https://provider.test", True),
        ("provider.test:443", "https://provider.test", True),
        ("provider.test:8443", "https://provider.test:8443", True),
        ("provider.test:8443", "https://provider.test", False),
        ("vider.test", "https://provider.test", False),
        ("other.test", "https://provider.test", False),
        ("*", "https://provider.test", True),
        ("10.0.0.7", "https://10.0.0.7:8443", True),
        ("::1", "https://[::1]:8443", True),
        ("", "https://provider.test", False),
    ],
)
def test_no_proxy_names_hosts_domains_and_ports(
    no_proxy: str, url: str, is_bypassed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.bank.example:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)

    assert (proxy_for(url) is None) is is_bypassed


@pytest.mark.parametrize(
    "address",
    [
        "socks5://wavecom:s3cret@proxy.bank.example:1080",
        "ftp://wavecom:s3cret@proxy.bank.example",
        "http://wavecom:s3cret@proxy.bank.example:port",
        "wavecom:s3cret@proxy.bank.example:99999",
        "http://wavecom:s3cret@",
        "http://",
    ],
)
def test_wrong_proxy_is_a_value_error_that_keeps_the_secret(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)

    with pytest.raises(ValueError, match="HTTPS_PROXY") as caught:
        a_caller()

    assert "s3cret" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_wrong_proxy_is_found_when_the_apns_provider_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy.bank.example")

    with pytest.raises(ValueError, match="HTTPS_PROXY"):
        ApnsPushProvider(key_id=KEY_ID, team_id=TEAM_ID, private_key=apns_key_pair()[0], topic=TOPIC)
