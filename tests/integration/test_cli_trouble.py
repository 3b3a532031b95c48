"""How the command line behaves when the way to the API is bad: faults, waits, redirects, TLS, and keys."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cli.client import TRIES
from tests.integration.conftest import Api, MakeApi, MakeKey
from tests.integration.test_cli import SOME_ID, Wavecom
from tests.standins.http_service import Fault, HttpService, Reply, Request, json_reply

EMAIL = ["--type", "email", "--to", "user@example.com", "--subject", "Hi", "--message", "Hello"]


class Gateway(HttpService):
    """Stands before a running API and hands requests on, unless a script of faults says otherwise."""

    def __init__(self, api: Api) -> None:
        self._client = httpx.Client(base_url=api.client.base_url, trust_env=False, timeout=60)
        super().__init__()

    def answer(self, request: Request) -> Reply:
        headers = {name: value for name, value in request.headers.items() if name not in {"host", "accept-encoding"}}
        headers["accept-encoding"] = "identity"
        answer = self._client.request(request.method, request.target, headers=headers, content=request.body)
        kept = {name: answer.headers[name] for name in ("content-type", "retry-after") if name in answer.headers}
        return Reply(answer.status_code, answer.content, kept)

    def close(self) -> None:
        super().close()
        self._client.close()

    @property
    def count(self) -> int:
        """How many requests have come."""
        return len(self.requests)

    def wait_for(self, count: int) -> None:
        """Return once that many requests have come."""
        until = time.monotonic() + 30
        while self.count < count:
            assert time.monotonic() < until, f"Only {self.count} requests came"
            time.sleep(0.01)


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("http")


@pytest.fixture
def gateway(api: Api) -> Iterator[Gateway]:
    with Gateway(api) as gateway:
        yield gateway


@pytest.fixture
def wavecom(gateway: Gateway) -> Wavecom:
    return Wavecom(gateway.url)


BUSY = {"success": False, "error": {"code": "RATE_LIMITED", "message": "Too many", "details": []}, "requestId": "r"}


@pytest.mark.parametrize("fault", [Fault.HANG_UP, Fault.RESET, Fault.GARBAGE, Fault.BREAK_OFF])
def test_a_get_is_repeated_after_a_connection_error(gateway: Gateway, wavecom: Wavecom, fault: Fault):
    gateway.follow(fault, fault)

    result = wavecom("list", "--json")

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["notifications"] == []
    assert result.stderr.count("Trying again in") == 2
    assert gateway.count == 3


def test_it_is_repeated_a_few_times_only(gateway: Gateway, wavecom: Wavecom):
    gateway.always = Fault.HANG_UP

    error = wavecom.json("list", exit_code=4)["error"]

    assert error["code"] == "UNREACHABLE"
    assert gateway.count == TRIES


@pytest.mark.parametrize("status", [429, 503])
def test_a_get_waits_as_long_as_retry_after_says(gateway: Gateway, wavecom: Wavecom, status: int):
    gateway.follow(json_reply(status, BUSY, {"Retry-After": "1"}))
    started = time.monotonic()

    result = wavecom("list")

    assert result.exit_code == 0
    assert time.monotonic() - started >= 1
    assert "Too many (RATE_LIMITED). Trying again in 1 s." in result.stderr


def test_retry_after_may_be_a_date(gateway: Gateway, wavecom: Wavecom):
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    gateway.follow(json_reply(503, {"message": "Service Unavailable"}, {"Retry-After": at}))
    started = time.monotonic()

    assert wavecom("list").exit_code == 0
    assert time.monotonic() - started >= 0.5


@pytest.mark.parametrize("status", [429, 503])
def test_a_reader_of_the_feed_that_a_gateway_throttles_comes_back(
    api: Api, gateway: Gateway, wavecom: Wavecom, status: int
):
    wavecom.ok("events")
    created = api.created()["_id"]
    gateway.follow(*[json_reply(status, {"message": "Service Unavailable"})] * 2)

    result = wavecom("events", "--json")

    assert result.exit_code == 0
    assert [json.loads(line)["data"]["notificationId"] for line in result.stdout.splitlines()] == [created]
    assert "Trying again" in result.stderr


def test_a_wait_of_more_than_a_minute_is_told_instead_of_waited_for(gateway: Gateway, wavecom: Wavecom):
    gateway.always = json_reply(429, BUSY, {"Retry-After": "61"})

    result = wavecom("list")

    assert result.exit_code == 3
    assert "Refused: Too many (RATE_LIMITED, 429)" in result.stderr
    assert gateway.count == 1


def test_a_send_whose_answer_was_lost_is_repeated_with_its_key_and_sends_once(
    api: Api, gateway: Gateway, wavecom: Wavecom
):
    gateway.follow(Fault.HANG_UP)

    wavecom.ok("send", *EMAIL)

    first, again = gateway.requests
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"]
    assert first.body == again.body
    assert api.stored() == 1


def test_a_send_that_may_have_been_accepted_tells_the_key_to_repeat_it_with(gateway: Gateway, wavecom: Wavecom):
    gateway.always = Fault.HANG_UP

    result = wavecom("send", *EMAIL)

    assert result.exit_code == 4
    assert f"--idempotency-key {gateway.requests[0].headers['idempotency-key']}" in result.stderr
    assert wavecom.json("send", *EMAIL, "--idempotency-key", "mine", exit_code=4)["error"]["idempotencyKey"] == "mine"


def test_what_could_be_done_twice_is_not_repeated(gateway: Gateway, wavecom: Wavecom):
    gateway.always = Fault.HANG_UP

    result = wavecom("keys", "create", "--tenant", "bank-a", "--name", "x")

    assert result.exit_code == 4
    assert "A key may have been created" in result.stderr
    assert gateway.count == 1


@pytest.mark.parametrize(
    ("reply", "exit_code", "text"),
    [
        (Reply(200, b"<html>Hello</html>"), 4, "is not WaveCom's API"),
        (json_reply(200, {"hello": "world"}), 4, "is not WaveCom's API"),
        (
            Reply(302, b"", {"Location": "https://elsewhere.example.com/"}),
            4,
            "is not WaveCom's API (it answers with a redirect)",
        ),
        (Reply(404, b"not here"), 4, "with status 404"),
        (json_reply(403, {"message": "Forbidden\x1b[31m"}), 3, r"Refused: Forbidden\x1b[31m (HTTP_403, 403)"),
    ],
)
def test_what_answers_in_the_place_of_the_api_is_told(
    gateway: Gateway, wavecom: Wavecom, reply: Reply, exit_code: int, text: str
):
    gateway.always = reply

    result = wavecom("status", SOME_ID)

    assert result.exit_code == exit_code
    assert text in result.stderr
    assert gateway.count == 1


NOTIFICATION = {"_id": SOME_ID, "status": "SENT"}
STRANGE_BODIES: list[dict[str, Any]] = [
    {},
    {"data": None},
    {"data": 5},
    {"data": "text"},
    {"data": []},
    {"data": {}},
    {"data": {"notification": NOTIFICATION, "logs": []}},
    {"data": {"notification": NOTIFICATION, "logs": 5}},
    {"data": {"notification": 5, "logs": [{}]}},
    {"data": {"notification": {**NOTIFICATION, "status": ["SENT"]}, "logs": [{"timestamp": 5}]}},
    {"data": {"notifications": 5, "pagination": 5, "groups": 5, "providers": 5, "suppressions": 5}},
    {"data": {"notifications": [5], "pagination": {"nextCursor": None}}},
    {"data": {"minutes": 5, "total": [], "onUnknown": {}}},
]
STRANGE_ERRORS: list[Any] = [
    5,
    [],
    {"details": 5},
    {"details": "text"},
    {"details": [5]},
    {"message": {}, "code": 5, "details": [{"field": 5}]},
]
STRANGE = [
    Reply(200, b"<html>Hello</html>"),
    Reply(200, b""),
    Reply(200, b"[" * 100_000),
    Reply(422, b"<html>Hello</html>"),
    Reply(500, b"\xff\xfe"),
    *(json_reply(200, {"success": True, **body}) for body in STRANGE_BODIES),
    *(json_reply(422, {"success": False, "error": error}) for error in STRANGE_ERRORS),
]
COMMANDS = [
    ("status", SOME_ID),
    ("status", SOME_ID, "--follow"),
    ("list",),
    ("send", *EMAIL),
    ("keys", "list"),
    ("suppressions", "list"),
    ("dlq", "list"),
    ("providers",),
    ("ledger",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:3]))
def test_a_server_that_is_not_wavecom_is_met_with_a_sentence(
    gateway: Gateway, wavecom: Wavecom, command: tuple[str, ...]
):
    for reply in STRANGE:
        gateway.always = reply

        result = wavecom(*command)

        assert result.exit_code in {0, 3, 4}, (reply, result.output)
        assert result.exception is None or isinstance(result.exception, SystemExit), (reply, result.exception)
        assert "Traceback" not in result.output
        if result.exit_code == 4:
            assert "WaveCom" in result.stderr, (reply, result.stderr)


@pytest.mark.parametrize("error", [{"details": 5}, {"details": [5]}])
def test_strange_details_are_not_taken_for_a_refusal(gateway: Gateway, wavecom: Wavecom, error: dict[str, Any]):
    gateway.always = json_reply(422, {"success": False, "error": error})

    assert wavecom.json("status", SOME_ID, exit_code=4)["error"]["code"] == "UNREACHABLE"


def test_what_an_answer_lacks_is_told(gateway: Gateway, wavecom: Wavecom):
    gateway.always = json_reply(200, {"success": True, "data": {}})

    result = wavecom("status", SOME_ID)

    assert result.exit_code == 4
    assert "does not answer as WaveCom does (KeyError: 'notification')" in result.stderr


def test_a_key_comes_from_the_environment_or_a_file(make_api: MakeApi, make_key: MakeKey, tmp_path: Path):
    api = make_api("http", development_tenant=None)
    file = tmp_path / "key"
    file.write_text(f"{make_key('bank-b')}\n")

    assert Wavecom.of(api)("list").exit_code == 3
    assert Wavecom.of(api, make_key()).ok("list") == ""
    assert Wavecom.of(api, "wc_wrong").ok("list", "--key-file", str(file)) == ""


@pytest.mark.parametrize("content", [b"", b"two words", b"\xff\xfe"])
def test_a_file_without_a_key_is_a_usage_error_that_does_not_show_it(content: bytes, tmp_path: Path):
    file = tmp_path / "key"
    file.write_bytes(content)

    result = Wavecom("http://localhost:1")("list", "--key-file", str(file))

    assert result.exit_code == 2
    assert str(file) in result.stderr
    assert "two words" not in result.output


def test_a_key_is_never_sent_unencrypted_over_a_network():
    result = Wavecom("http://wavecom.example.com", "wc_secret")("list")

    assert result.exit_code == 2
    assert "must not travel unencrypted" in result.stderr
    assert "wc_secret" not in result.output


def test_no_proxy_is_asked_for_this_machine(gateway: Gateway, wavecom: Wavecom, monkeypatch: pytest.MonkeyPatch):
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    for variable in ("NO_PROXY", "no_proxy"):  # a stack's, from another test of this process
        monkeypatch.delenv(variable, raising=False)

    assert wavecom("list").exit_code == 0


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"status": "healthy", "services": {"mongodb": "connected"}}).encode()
        self.send_response(200 if self.path == "/api/health" else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def tls_address(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server with a certificate of its own, and the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=9.5))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    (tmp_path / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    with _Quiet(("127.0.0.1", 0), _Healthy) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"https://localhost:{server.server_port}", tmp_path / "certificate.pem"
        server.shutdown()
        thread.join()


class _Quiet(HTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about clients that do not trust us."""


def test_a_certificate_that_nobody_vouches_for_is_told_in_plain_words(tls_address: tuple[str, Path]):
    result = Wavecom(tls_address[0])("list")

    assert result.exit_code == 4
    assert "The certificate of https://localhost" in result.stderr
    assert "self-signed" in result.stderr
    assert "SSL_CERT_FILE" in result.stderr
    assert "Trying again" not in result.stderr


def test_a_certificate_that_ends_soon_is_a_warning(tls_address: tuple[str, Path], monkeypatch: pytest.MonkeyPatch):
    url, certificate = tls_address
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    checks = {each["check"]: each for each in Wavecom(url).json("doctor", exit_code=1)["checks"]}

    assert checks["encryption"]["verdict"] == "warning"
    assert checks["encryption"]["finding"] == "the certificate ends in 9 days"


def test_a_server_that_speaks_no_tls_is_told_in_plain_words(gateway: Gateway):
    result = Wavecom(gateway.url.replace("http://", "https://"))("list")

    assert result.exit_code == 4
    assert "does not speak TLS" in result.stderr
    assert "Trying again" not in result.stderr
