"""Calls of webhooks, to real servers with TLS that are honest, broken or hostile."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_address

import pytest
from httpcore import HTTP11Connection, Origin

from tests.certificates import Certificate, self_signed
from tests.standins.webhook_endpoint import OK, WebhookEndpoint
from wavecom.adapters.webhooks.addresses import IpAddress
from wavecom.adapters.webhooks.calls import HttpWebhookCalls
from wavecom.adapters.webhooks.connections import BoundedStream, Connection, IdleConnections, Place, connect_directly
from wavecom.domain.webhooks.answers import WebhookCallError

NAME = "hooks.client.example"
OTHER = "hooks.other.example"
URL = f"https://{NAME}/a?b=c"
PUBLIC = "93.184.216.34"
PUBLIC_V6 = "2606:4700::1111"
LIMIT = timedelta(seconds=1)
SLACK_SECONDS = 5
"""What a busy machine may add to a time limit."""


class World:
    """The internet as the caller sees it: what names resolve to, and which server answers at an address.

    It keeps the names that were asked for and the addresses that were connected to.
    """

    def __init__(self) -> None:
        self.names: dict[str, list[list[str]]] = {}
        """The answers for a name, one for each time that it is asked for; the last one stays."""
        self.servers: dict[str, WebhookEndpoint] = {}
        self.asked: list[str] = []
        self.connected: list[tuple[str, int]] = []

    def resolve(self, name: str) -> list[str]:
        self.asked.append(name)
        if name not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self.names[name]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def connect(self, address: IpAddress, port: int, timeout_seconds: float) -> socket.socket:
        self.connected.append((str(address), port))
        if str(address) not in self.servers:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self.servers[str(address)].port), timeout_seconds)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"), NAME, OTHER)


@pytest.fixture
def endpoint(certificate: Certificate) -> Iterator[WebhookEndpoint]:
    with WebhookEndpoint(certificate.for_server()) as endpoint:
        yield endpoint


@pytest.fixture
def world(endpoint: WebhookEndpoint) -> World:
    """A world in which the endpoint has one public address."""
    world = World()
    world.names[NAME] = [[PUBLIC]]
    world.servers[PUBLIC] = endpoint
    return world


@pytest.fixture
def call(world: World, certificate: Certificate) -> Iterator[HttpWebhookCalls]:
    calls = HttpWebhookCalls(
        tls=certificate.for_client(), resolve=world.resolve, connect=world.connect, time_limit=LIMIT
    )
    yield calls
    calls.close()


def failure(
    calls: HttpWebhookCalls, url: str = URL, headers: dict[str, str] | None = None, body: bytes = b"{}"
) -> WebhookCallError:
    """Make a call that fails, within its time limit, and return its error."""
    began = time.monotonic()
    with pytest.raises(WebhookCallError) as raised:
        calls.post(url, headers or {}, body)
    took = time.monotonic() - began
    assert took < LIMIT.total_seconds() + SLACK_SECONDS
    assert abs(raised.value.duration_ms - took * 1000) < 1000
    return raised.value


def answering(head: str, body: bytes = b"") -> bytes:
    return f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


# What goes out and what comes back


def test_call_goes_to_the_checked_address_and_names_its_host(call, world, endpoint) -> None:
    answer = call.post(URL, {"webhook-id": "evt_1", "Content-Type": "application/json"}, b'{"a": 1}')

    assert (answer.status, answer.body, answer.retry_after) == (200, "ok", None)
    assert world.connected == [(PUBLIC, 443)]
    assert endpoint.names == [NAME]
    (request,) = endpoint.requests
    assert (request.line, request.body) == ("POST /a?b=c HTTP/1.1", b'{"a": 1}')
    assert request.headers == {
        "host": NAME,
        "content-length": "8",
        "webhook-id": "evt_1",
        "content-type": "application/json",
    }


def test_other_port_is_in_the_host(call, world, endpoint) -> None:
    call.post(f"https://{NAME}.:8443", {}, b"")

    assert world.connected == [(PUBLIC, 8443)]
    assert (endpoint.names, endpoint.requests[0].headers["host"]) == ([NAME], f"{NAME}:8443")


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 308, 400, 404, 410, 429, 500, 503, 999])
def test_any_status_is_an_answer_and_redirects_are_not_followed(call, world, endpoint, status: int) -> None:
    endpoint.answer = f"HTTP/1.1 {status} Any\r\nLocation: http://127.0.0.1:{endpoint.port}/\r\n".encode()
    endpoint.answer += b"\r\n" if status == 204 else b"Content-Length: 0\r\n\r\n"

    assert call.post(URL, {}, b"").status == status
    assert (len(endpoint.requests), world.connected) == (1, [(PUBLIC, 443)])


def test_wait_that_the_endpoint_asks_for_is_in_the_answer(call, endpoint) -> None:
    endpoint.answer = answering("429 Too Many Requests\r\nRetry-After: 7\r\nRetry-After: 9")

    assert call.post(URL, {}, b"").retry_after == timedelta(seconds=7)


def test_body_is_cut_and_freed_of_control_characters(call, endpoint) -> None:
    endpoint.answer = answering("200 OK", b"a\x00\x1b[31m\r\n\t\xff\xc2\x85" + b"b" * 5_000)

    body = call.post(URL, {}, b"").body

    assert body == "a\ufffd\ufffd[31m\n\t\ufffd\ufffd" + "b" * (1_024 - 13)


def test_chunked_answer_is_read(call, endpoint) -> None:
    endpoint.answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"

    assert [call.post(URL, {}, b"").body for _ in range(2)] == ["abc", "abc"]
    assert endpoint.connections == 1


def test_answer_that_ends_with_its_connection_is_read(call, endpoint) -> None:
    def answer(connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nabc")
        return False

    endpoint.answer = answer

    assert call.post(URL, {}, b"").body == "abc"


@pytest.mark.parametrize(
    "headers",
    [
        {"a": "b\r\nHost: 127.0.0.1"},
        {"a": "b\n c"},
        {"a": "b\x00"},
        {"a": "b\tc"},
        {"a": "b\x7f"},
        {"a": "\x85"},
        {"a": "ü"},
        {"a\r\nb": "c"},
        {"a b": "c"},
        {"": "c"},
        {"Host": "127.0.0.1"},
        {"Content-Length": "0"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "close"},
        {"Expect": "100-continue"},
        {"Upgrade": "h2c"},
    ],
    ids=repr,
)
def test_header_that_would_change_the_request_is_not_sent(call, world, endpoint, headers: dict[str, str]) -> None:
    error = failure(call, headers=headers)

    assert (error.code, str(error)) == ("header_refused", "A header for the endpoint may not be sent")
    assert (world.connected, endpoint.requests) == ([], [])


# Where it may not go


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["fd00:ec2::254"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%eth0"],
        ["64:ff9b::a9fe:a9fe"],
        ["0.0.0.0"],
        [PUBLIC, "10.0.0.1"],
        ["10.0.0.1", PUBLIC],
        [PUBLIC_V6, PUBLIC, "::1"],
        ["127.1"],
        ["not an address"],
        [],
    ],
    ids=repr,
)
def test_name_with_any_address_that_is_not_public_is_not_called(call, world, endpoint, addresses: list[str]) -> None:
    world.names[NAME] = [addresses]

    error = failure(call)

    assert (error.code, str(error)) == ("address_refused", "The endpoint has no address that may be called")
    assert (world.connected, endpoint.connections) == ([], 0)
    assert (error.__cause__, error.__context__) == (None, None)


def test_name_that_does_not_exist_fails_like_one_of_our_own_network(call, world) -> None:
    world.names[NAME] = [["10.0.0.1"]]

    ours, nobodys = failure(call), failure(call, f"https://{OTHER}/")

    assert (ours.code, str(ours)) == (nobodys.code, str(nobodys))


def test_name_that_moves_to_this_machine_after_the_check_does_not_lead_there(call, world, certificate) -> None:
    with WebhookEndpoint(certificate.for_server()) as ours:
        world.servers["127.0.0.1"] = ours
        world.names[NAME] = [[PUBLIC], ["127.0.0.1"]]

        assert call.post(URL, {}, b"").status == 200

        assert (world.asked, world.connected) == ([NAME], [(PUBLIC, 443)])
        assert ours.connections == 0


def test_name_that_has_moved_when_it_is_looked_up_again_is_not_called(world, certificate, endpoint) -> None:
    """Not even over a connection that stands: it belongs to the address that was checked."""
    moved = "198.41.0.4"
    world.names[NAME] = [[PUBLIC], [moved], ["127.0.0.1"]]
    with WebhookEndpoint(certificate.for_server()) as elsewhere:
        world.servers[moved] = world.servers["127.0.0.1"] = elsewhere
        calls = HttpWebhookCalls(
            tls=certificate.for_client(),
            resolve=world.resolve,
            connect=world.connect,
            time_limit=LIMIT,
            addresses_for=timedelta(seconds=0.5),
        )
        for wait in (0, 0.6, 0):
            time.sleep(wait)
            calls.post(URL, {}, b"")
        time.sleep(0.6)

        assert failure(calls).code == "address_refused"
        calls.close()

        assert (len(endpoint.requests), len(elsewhere.requests)) == (1, 2)
    assert (world.asked, world.connected) == ([NAME] * 3, [(PUBLIC, 443), (moved, 443)])


def test_connection_for_one_name_is_not_used_for_another_at_the_same_address(call, world, endpoint) -> None:
    world.names[OTHER] = [[PUBLIC]]

    for name in (NAME, OTHER, NAME, OTHER):
        call.post(f"https://{name}/", {}, b"")

    assert endpoint.names == [NAME, OTHER]
    assert [each.headers["host"] for each in endpoint.requests] == [NAME, OTHER, NAME, OTHER]


def test_real_connection_goes_to_the_address_and_no_other(endpoint) -> None:
    with connect_directly(ip_address("127.0.0.1"), endpoint.port, 1) as connection:
        assert connection.getpeername() == ("127.0.0.1", endpoint.port)


def test_this_machine_is_called_only_where_the_deployment_allows_it(certificate) -> None:
    with WebhookEndpoint() as plain, WebhookEndpoint(certificate.for_server()) as encrypted:
        url, secure = f"http://localhost:{plain.port}/", f"https://127.0.0.1:{encrypted.port}/"
        allowed = HttpWebhookCalls(allow_loopback=True, tls=certificate.for_client(), time_limit=LIMIT)
        refused = HttpWebhookCalls(tls=certificate.for_client(), time_limit=LIMIT)

        assert [allowed.post(each, {}, b"").status for each in (url, secure)] == [200, 200]
        assert [failure(refused, each).code for each in (url, secure)] == ["address_refused"] * 2
        allowed.close()

        assert (plain.connections, encrypted.connections) == (1, 1)


def test_proxy_of_the_environment_is_not_used(call, world, monkeypatch: pytest.MonkeyPatch) -> None:
    with WebhookEndpoint() as proxy:
        for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")

        assert call.post(URL, {}, b"").status == 200
        assert proxy.connections == 0
    assert world.connected == [(PUBLIC, 443)]


def test_next_address_is_tried_where_one_takes_no_connection(call, world) -> None:
    world.names[NAME] = [[PUBLIC_V6, PUBLIC]]

    assert [call.post(URL, {}, b"").status for _ in range(2)] == [200, 200]
    assert world.connected == [(PUBLIC_V6, 443), (PUBLIC, 443)]


def test_few_addresses_of_many_are_tried(call, world) -> None:
    world.names[NAME] = [[f"93.184.217.{each}" for each in range(100)]]

    assert failure(call).code == "not_connected"
    assert len(world.connected) == 3


# Servers that are broken or hostile


def until_closed(endpoint: WebhookEndpoint, part: bytes, *, pause: float) -> Callable[[socket.socket], bool]:
    """Return a script that sends ``part`` until the other side has enough."""

    def drip(connection: socket.socket) -> bool:
        while not endpoint.closing.wait(pause):
            connection.sendall(part)
        return False

    return drip


def after(head: bytes, script: Callable[[socket.socket], bool]) -> Callable[[socket.socket], bool]:
    def answer(connection: socket.socket) -> bool:
        connection.sendall(head)
        return script(connection)

    return answer


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X: x\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1", b";x"),
    ],
    ids=["status", "header", "headers", "interim", "endless-body", "body", "chunks", "extension-of-a-chunk"],
)
def test_answer_that_drips_ends_at_the_time_limit(call, endpoint, head: bytes, drop: bytes) -> None:
    endpoint.answer = after(head, until_closed(endpoint, drop, pause=0.05))

    error = failure(call)

    assert error.code in ("timed_out", "broken_answer")  # "HHH" is no status
    if drop != b"H":
        assert (error.code, str(error)) == ("timed_out", "The endpoint did not answer within the time limit")


@pytest.mark.parametrize(
    "part",
    [b"X: " + b"x" * 1_000 + b"\r\n", b"x" * 1_000, b"HTTP/1.1 100 Continue\r\n\r\n" * 40],
    ids=["headers", "one-header", "interim-answers"],
)
def test_endless_headers_are_refused(call, endpoint, part: bytes) -> None:
    head = b"" if part.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\nX: "
    endpoint.answer = after(head, until_closed(endpoint, part, pause=0))

    error = failure(call)

    assert (error.code, str(error)) == ("broken_answer", "The endpoint did not give a complete HTTP answer")
    assert error.duration_ms < LIMIT.total_seconds() * 1000


@pytest.mark.parametrize(
    ("framing", "part"),
    [
        (b"", b"x" * 1_000),
        (b"Transfer-Encoding: chunked\r\n", b"3\r\nxxx\r\n" * 100),
        (b"Content-Length: 999999999\r\n", b"x" * 1_000),
    ],
    ids=["until-closed", "chunks", "long"],
)
def test_endless_body_is_cut_and_its_connection_closed(call, endpoint, framing: bytes, part: bytes) -> None:
    endpoint.answer = after(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n", until_closed(endpoint, part, pause=0))

    answers = [call.post(URL, {}, b"") for _ in range(2)]

    assert [(each.status, each.body) for each in answers] == [(200, "x" * 1_024)] * 2
    assert endpoint.connections == 2


def test_silent_server_ends_at_the_time_limit(call, endpoint) -> None:
    def stay_silent(connection: socket.socket) -> bool:
        endpoint.closing.wait(10)
        return False

    endpoint.answer = stay_silent

    assert failure(call).code == "timed_out"


def test_server_that_reads_nothing_ends_at_the_time_limit(call, endpoint) -> None:
    def read_nothing(connection: socket.socket) -> bool:
        endpoint.closing.wait(10)
        return False

    endpoint.welcome = read_nothing

    assert failure(call, body=bytes(32 * 1024 * 1024)).code == "timed_out"


@pytest.mark.parametrize("pause", [0.05, 20])
def test_handshake_that_drips_or_stands_ends_at_the_time_limit(call, endpoint, pause: float) -> None:
    record = b"\x16\x03\x03\x40\x00"  # the head of a record of 16 KiB (RFC 8446, section 5.1)
    endpoint.greet = after(record, until_closed(endpoint, b"\x02", pause=pause))

    assert failure(call).code == "timed_out"


def test_resolver_that_does_not_answer_ends_at_the_time_limit(world, certificate) -> None:
    answered = threading.Event()

    def resolve(name: str) -> list[str]:
        world.asked.append(name)
        answered.wait(10)
        return [PUBLIC]

    calls = HttpWebhookCalls(tls=certificate.for_client(), resolve=resolve, connect=world.connect, time_limit=LIMIT)
    with ThreadPoolExecutor(8) as executor:
        errors = list(executor.map(lambda _: failure(calls), range(8)))
    answered.set()

    assert {each.code for each in errors} == {"timed_out"}
    assert (world.asked, world.connected) == ([NAME], [])


def test_resolver_in_trouble_is_told_without_details(world, certificate) -> None:
    def resolve(name: str) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure at 10.0.0.2")

    calls = HttpWebhookCalls(tls=certificate.for_client(), resolve=resolve, connect=world.connect, time_limit=LIMIT)
    error = failure(calls)

    assert (error.code, str(error)) == ("not_connected", "No connection could be made to the endpoint")
    assert (error.__cause__, error.__context__) == (None, None)


def broken(*parts: bytes) -> Callable[[socket.socket], bool]:
    def answer(connection: socket.socket) -> bool:
        for part in parts:
            connection.sendall(part)
        return False

    return answer


@pytest.mark.parametrize(
    "script",
    [
        broken(),
        broken(b"HTTP/1.1 200 OK\r\nContent-"),
        broken(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
        broken(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        broken(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        broken(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        broken(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        broken(b"HTTP/1.1 200 OK\r\na b: c\r\n\r\n"),
        broken(b"HTTP/1.1 20 OK\r\n\r\n"),
        broken(b"\x00\x15\x03 this is not HTTP\r\n\r\n"),
        broken(b"220 smtp.example ESMTP\r\n"),
    ],
    ids=["nothing", "headers", "body", "chunk", "size", "two-lengths", "length", "name", "status", "garbage", "SMTP"],
)
def test_early_close_and_garbage_are_broken_answers(call, endpoint, script) -> None:
    endpoint.answer = script

    assert failure(call).code == "broken_answer"
    endpoint.answer = OK
    assert call.post(URL, {}, b"").status == 200


def test_switch_of_protocols_that_nobody_asked_for_is_no_answer_to_wait_for(call, endpoint) -> None:
    endpoint.answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"

    assert failure(call).code == "broken_answer"


def test_certificate_must_be_for_the_name(call, world, endpoint) -> None:
    world.names["hooks.third.example"] = [[PUBLIC]]

    error = failure(call, "https://hooks.third.example/")

    assert error.code == "tls_failed"
    assert str(error) == "The endpoint made no TLS connection with a valid certificate for its name"
    assert (endpoint.requests, endpoint.names) == ([], ["hooks.third.example"])


def test_certificate_must_be_of_somebody_trusted(world, endpoint) -> None:
    calls = HttpWebhookCalls(resolve=world.resolve, connect=world.connect, time_limit=LIMIT)

    assert failure(calls).code == "tls_failed"
    assert endpoint.requests == []


def test_server_without_tls_gets_no_request(call, world) -> None:
    with WebhookEndpoint() as plain:
        world.servers[PUBLIC] = plain
        plain.greet = lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n") < 0

        assert failure(call).code == "tls_failed"
        assert plain.requests == []


def test_nobody_listening_is_not_connected(call, world) -> None:
    del world.servers[PUBLIC]

    assert failure(call).code == "not_connected"


# Connections


def test_many_calls_share_one_connection(call, world, endpoint) -> None:
    assert {call.post(URL, {}, b"x" * 500).status for _ in range(200)} == {200}

    assert (endpoint.connections, len(endpoint.requests), world.asked) == (1, 200, [NAME])


def test_threads_have_a_connection_each_at_the_most(call, endpoint) -> None:
    with ThreadPoolExecutor(32) as executor:
        answers = list(executor.map(lambda each: call.post(URL, {"n": str(each)}, str(each).encode()), range(1_000)))

    assert {(each.status, each.body) for each in answers} == {(200, "ok")}
    assert endpoint.connections <= 32
    assert sorted(int(each.body) for each in endpoint.requests) == list(range(1_000))
    assert all(each.headers["n"] == each.body.decode() for each in endpoint.requests)


def test_connection_that_was_closed_meanwhile_is_made_anew(call, endpoint) -> None:
    call.post(URL, {}, b"")
    endpoint.hang_up()

    assert call.post(URL, {}, b"").status == 200
    assert endpoint.connections == 2


def test_connection_that_dies_of_the_next_request_is_made_anew_once(call, endpoint) -> None:
    call.post(URL, {}, b"")
    endpoint.answer = broken()

    assert failure(call).code == "broken_answer"
    assert [each.connection for each in endpoint.requests] == [1, 1, 2]


@pytest.mark.parametrize("parts", [[OK, answering("500 Forged")], [OK + answering("500 Forged")]])
def test_answer_that_nobody_asked_for_ends_the_connection(call, endpoint, parts: list[bytes]) -> None:
    def answer_twice(connection: socket.socket) -> bool:
        for part in parts:
            connection.sendall(part)
        return True

    endpoint.answer = answer_twice
    statuses = []
    for _ in range(3):
        statuses.append(call.post(URL, {}, b"").status)
        time.sleep(0.05)

    assert statuses == [200, 200, 200]
    assert endpoint.connections == 3


def test_idle_connection_is_not_used_after_a_while(world, certificate, endpoint) -> None:
    calls = HttpWebhookCalls(
        tls=certificate.for_client(),
        resolve=world.resolve,
        connect=world.connect,
        idle_for=timedelta(seconds=0.2),
    )
    for wait in (0, 0, 0.3):
        time.sleep(wait)
        calls.post(URL, {}, b"")
    calls.close()

    assert [each.connection for each in endpoint.requests] == [1, 1, 2]


def idle_connection(name: str) -> tuple[Connection, socket.socket]:
    """Return a connection, and its far end."""
    near, far = socket.socketpair()
    far.setblocking(False)
    stream = BoundedStream(near)
    place = Place("http", name, 80, ip_address(PUBLIC))
    return Connection(place, stream, HTTP11Connection(Origin(b"http", name.encode(), 80), stream)), far


def is_closed(far: socket.socket) -> bool:
    try:
        return far.recv(1) == b""
    except BlockingIOError:
        return False


def test_kept_connections_are_bounded_in_number_and_in_time() -> None:
    idle = IdleConnections(keep_for=timedelta(seconds=0.3), at_most=2)
    connections = [idle_connection(f"h{each}.client.example") for each in range(4)]

    def states() -> list[bool]:
        return [is_closed(far) for _, far in connections]

    for connection, _ in connections[:3]:
        idle.keep(connection)
    assert states() == [True, False, False, False]

    time.sleep(0.4)
    idle.keep(connections[3][0])
    assert states() == [True, True, True, False]

    idle.close()
    assert states() == [True] * 4
    for _, far in connections:
        far.close()
