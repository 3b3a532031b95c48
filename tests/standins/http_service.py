"""An HTTP/1.1 server on loopback (RFC 9112) that keeps every request and misbehaves by script.

A stand-in derives from `HttpService` and says in `answer` what its service says to a good or a bad request. A test puts
replies and faults in front of that, for the requests to come in their order (`follow`) or for all of them (`always`)::

    with SendGridService() as service:
        service.follow(Fault.HANG_UP, json_reply(429, {}, {"Retry-After": "7"}))
"""

import contextlib
import json
import socket
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

SILENCE_MAX_SECONDS = 60


class Fault(Enum):
    """What may go wrong once a request has been read to its end."""

    NEVER_ANSWER = auto()
    HANG_UP = auto()
    """The connection is closed in good order without an answer."""
    RESET = auto()
    """The connection is reset."""
    GARBAGE = auto()
    """The answer is not HTTP."""
    BREAK_OFF = auto()
    """The answer ends before the length that it announced."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Its length is added to ``headers``."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """Return an answer of JSON."""
    return Reply(status, json.dumps(content).encode(), {"Content-Type": "application/json", **(headers or {})})


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came. ``headers`` have lower-case names; ``connection`` counts from 1 in the order they came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return _single_values(urlsplit(self.target).query)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return _single_values(self.body.decode())


class HttpService:
    """A stand-in that runs from construction to `close`, or for the time of a ``with``."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.always: Reply | Fault | None = None
        """What every request meets that the script says nothing about; None: `answer`."""
        self.delay_seconds = 0.0
        """How long each answer takes."""
        self.connections = 0
        """How many were made so far."""
        self.connections_at_once = 0
        """How many were open together at the most."""
        self._script: deque[Reply | Fault] = deque()
        self._failures: list[BaseException] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def answer(self, request: Request) -> Reply:
        """Say what the service says to a request; to be overridden."""
        return Reply(404)

    def follow(self, *steps: Reply | Fault) -> None:
        """Put ``steps`` at the end of the script, one for each request to come."""
        with self._lock:
            self._script.extend(steps)

    def close(self) -> None:
        """End every connection and the server; raise what went wrong inside the stand-in itself, if anything."""
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        if self._failures:
            raise self._failures[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def opened(self, connection: socket.socket) -> int:
        """Take note of a new connection and return its number."""
        with self._lock:
            self._open.add(connection)
            self.connections += 1
            self.connections_at_once = max(self.connections_at_once, len(self._open))
            return self.connections

    def closed(self, connection: socket.socket) -> None:
        """Take note of a connection's end."""
        with self._lock:
            self._open.discard(connection)

    def failed(self, error: BaseException) -> None:
        """Keep an error of the stand-in itself for `close`."""
        self._failures.append(error)

    def step(self, request: Request) -> Reply | Fault:
        """Keep a request and say what it meets."""
        with self._lock:
            self.requests.append(request)
            step = self._script.popleft() if self._script else self.always
        self._closing.wait(self.delay_seconds)
        return self.answer(request) if step is None else step

    def stay_silent(self) -> None:
        """Return when the service closes."""
        self._closing.wait(SILENCE_MAX_SECONDS)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 256

    def __init__(self, service: HttpService) -> None:
        self.service = service
        super().__init__(("127.0.0.1", 0), _Handler)

    def shutdown_request(self, request: Any) -> None:
        self.service.closed(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: what went wrong was kept where it happened."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.number = self.server.service.opened(self.request)

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the other side has gone; "not connected", of a reset one, is no ConnectionError
            self.close_connection = True
        except Exception as exc:
            self.server.service.failed(exc)
            raise

    def finish(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().finish()

    def respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        step = self.server.service.step(Request(self.command, self.path, headers, body, self.number))
        if isinstance(step, Reply):
            self._send(step, len(step.body))
        else:
            self.close_connection = True
            self._fail(step)

    do_GET = do_POST = do_PUT = do_DELETE = respond  # noqa: N815 - names that http.server looks for

    def _send(self, reply: Reply, length: int) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(reply.body)

    def _fail(self, fault: Fault) -> None:
        match fault:
            case Fault.NEVER_ANSWER:
                self.server.service.stay_silent()
            case Fault.RESET:
                linger_zero = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_zero)
                self.request.close()
            case Fault.GARBAGE:
                self.wfile.write(b"\x00\x15\x03 this is not HTTP\r\n\r\n")
            case Fault.BREAK_OFF:
                self._send(Reply(200, b'{"sid": "SM'), 4096)
            case Fault.HANG_UP:
                pass

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


def _single_values(text: str) -> dict[str, str]:
    values = parse_qs(text, keep_blank_values=True, strict_parsing=True) if text else {}
    repeated = [name for name, each in values.items() if len(each) > 1]
    assert not repeated, f"Given more than once: {repeated}"
    return {name: value for name, (value,) in values.items()}
