"""A system of a client's that gets webhooks: it writes down what comes, and answers as it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """Return the event, if it is signed with ``secret``."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """``answers`` returns the status, headers and body of an answer, or None to hang up."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: Callable[[Received], tuple[int, dict[str, str], bytes] | None] = lambda _: (204, {}, b"")
    delay: float = 0.0
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    def note(self, received: Received) -> None:
        with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()

    def wait_for(self, count: int, seconds: float = 20) -> list[Received]:
        """Return what came, once there are ``count`` requests."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.received) >= count, seconds), self.received
            return list(self.received)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Serve a receiver on a port of its own."""
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(self.path, headers, body, time.monotonic())
            told.note(received)
            time.sleep(told.delay)
            answer = told.answers(received)
            if answer is None:
                self.close_connection = True
                return
            status, extra, content = answer
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    yield told
    server.shutdown()
    server.server_close()
