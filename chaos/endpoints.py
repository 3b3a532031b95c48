"""Stand-ins of clients' endpoints: one server, on which each path behaves in a way of its own until it is mended."""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

HANGS_SECONDS: Final = 30.0
"""Longer than any call waits."""


class Temper(StrEnum):
    """The behaviour of an endpoint, which is the path it has as well."""

    GOOD = "good"
    HANGS = "hangs"
    FAILS = "fails"
    LIMITED = "limited"
    GARBAGE = "garbage"
    CLOSES = "closes"
    REMOVED = "removed"
    """Good, but no longer an endpoint from some time on."""
    OF_ANOTHER = "of-another"
    """Good, and of another tenant."""


class Endpoints:
    """The endpoints, and the ids of events that came to each with their times, in seconds since 1970."""

    def __init__(self) -> None:
        self.url = ""
        self.secrets: dict[Temper, str] = {}
        self.mended = threading.Event()
        self.arrived: dict[Temper, defaultdict[str, list[float]]] = {each: defaultdict(list) for each in Temper}
        self.unsigned: Counter[Temper] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve them during a ``with``."""
        endpoints = self

        class Handler(_Handler):
            told = endpoints

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield
        finally:
            self.mended.set()
            server.shutdown()
            server.server_close()

    def note(self, temper: Temper, headers: dict[str, str], body: bytes) -> None:
        """Write down a request, if it is signed as it must be."""
        try:
            event = Webhook(self.secrets[temper]).verify(body, headers)
        except (WebhookVerificationError, KeyError, json.JSONDecodeError):
            with self._lock:
                self.unsigned[temper] += 1
            return
        with self._lock:
            self.arrived[temper][event["id"]].append(time.time())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    told: Endpoints

    def do_POST(self) -> None:
        """Answer as the path says."""
        temper = Temper(self.path.strip("/"))
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.told.mended.is_set() or temper in (Temper.GOOD, Temper.REMOVED, Temper.OF_ANOTHER):
            self.told.note(temper, headers, body)
            self._answer(204, {})
            return
        match temper:
            case Temper.FAILS:
                self._answer(500, {"content-length": "0"})
            case Temper.LIMITED:
                self._answer(429, {"content-length": "0", "retry-after": "1"})
            case Temper.GARBAGE:
                self.wfile.write(b"\x00\xff no HTTP at all\r\n\r\n")
                self.close_connection = True
            case Temper.CLOSES:
                self.close_connection = True
            case _:
                self.told.mended.wait(HANGS_SECONDS)
                self.close_connection = True

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Say nothing."""
