"""A stand-in for the API, on a real socket, that counts what it stores and does wrong what a test tells it to."""

import json
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LATEST_SECONDS = 20
"""For how long an answer that is too late waits for its client to give up."""
SLOW_SECONDS = 0.1
PAGE = 2


@dataclass(frozen=True)
class Fault:
    """A fault that one request meets with. ``does`` says whether it has its effect all the same."""

    does: bool = False
    late: bool = False
    cut: bool = False
    slow: bool = False
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


NONE = Fault(does=True)
LATE = Fault(does=True, late=True)
CUT = Fault(does=True, cut=True)
SLOW = Fault(slow=True, status=200, body=b"{" * 100)
"""An answer of which a byte comes now and then."""
CUT_BEFORE = Fault(cut=True)
THROTTLED = Fault(status=503, body=b'{"message":"Service Unavailable"}')
"""The answer of API Gateway to readers beyond `feedReserved`: neither the API's form nor a Retry-After."""
GARBAGE = Fault(status=200, body=b"<html>Welcome to the hotel</html>")


def refusal(status: int, code: str, retry_after: str | None = None, **details: str) -> Fault:
    """Return an error in the form of the API."""
    fields = [{"field": name, "message": message} for name, message in details.items()]
    error = {"code": code, "message": "No", "details": fields}
    body = json.dumps({"success": False, "error": error, "requestId": "request-1"}).encode()
    return Fault(status=status, headers={} if retry_after is None else {"Retry-After": retry_after}, body=body)


@dataclass(frozen=True)
class Call:
    """A request that arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content) if self.content else None

    @property
    def key(self) -> str | None:
        return self.headers.get("idempotency-key")


class StandIn:
    """The state of the stand-in."""

    def __init__(self) -> None:
        self.faults: deque[Fault] = deque()
        self.calls: list[Call] = []
        self.stored: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.answers: dict[tuple[str, str], Any] = {}
        """The data of answers, by method and path, in place of the usual ones."""
        self.url = ""
        self._by_key: dict[str | None, Any] = {}
        self._lock = threading.Lock()

    @property
    def keys(self) -> list[str | None]:
        """The idempotency keys of the requests, in order."""
        return [call.key for call in self.calls]

    def do(self, call: Call) -> tuple[int, dict[str, str], Any]:
        """Return status, headers and body of an answer."""
        with self._lock:
            match (call.method, call.path):
                case ("POST", "/api/notifications"):
                    return self._once(call, lambda: (201, self._create(call.body)))
                case ("POST", "/api/notifications/batch"):
                    return self._once(call, lambda: (207, self._create_batch(call.body["notifications"])))
                case ("GET", "/api/notifications"):
                    return self._page(int(call.query.get("cursor", "0")))
                case ("GET", "/api/events"):
                    return self._events(call.query)
                case _:
                    return self._other(call)

    def _other(self, call: Call) -> tuple[int, dict[str, str], Any]:
        data: dict[str, Any] = {"method": call.method, "path": call.path}
        if (call.method, call.path) == ("POST", "/api/attachments"):
            put = {"method": "PUT", "url": f"{self.url}/bucket/1", "headers": {"X-Token": "once"}}
            data = {"id": "1", "upload": put}
        if call.path == "/bucket/1":
            self.files["1"] = call.content
        return 200, {}, {"success": True, "data": self.answers.get((call.method, call.path), data)}

    def _once(self, call: Call, do: Any) -> tuple[int, dict[str, str], Any]:
        known = call.key is not None and call.key in self._by_key
        status, data = self._by_key[call.key] if known else do()
        if call.key is not None:
            self._by_key[call.key] = status, data
        headers = {"Idempotency-Replayed": "true"} if known else {}
        return status, headers, {"success": True, "data": data, "message": "Done"}

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        self.stored.append({**body, "_id": f"{len(self.stored):024x}"})
        return self.stored[-1]

    def _create_batch(self, bodies: list[dict[str, Any]]) -> dict[str, Any]:
        results: list[dict[str, Any]] = []
        for index, body in enumerate(bodies):
            if body["recipient"] == "nobody":
                details = [{"field": f"notifications[{index}].recipient", "message": "no"}]
                error = {"code": "VALIDATION_FAILED", "message": "No", "details": details}
                results.append({"index": index, "status": 422, "error": error})
            else:
                results.append({"index": index, "status": 201, "data": self._create(body)})
        accepted = sum(each["status"] == 201 for each in results)
        return {"accepted": accepted, "refused": len(results) - accepted, "results": results}

    def _page(self, first: int) -> tuple[int, dict[str, str], Any]:
        more = first + PAGE < len(self.stored)
        pagination = {"currentPage": 1, "nextCursor": str(first + PAGE) if more else None}
        items = self.stored[first : first + PAGE]
        return 200, {}, {"success": True, "data": {"notifications": items, "pagination": pagination}}

    def _events(self, query: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        first = int(query.get("after", "0"))
        found = self.events[first : first + int(query["limit"])]
        return 200, {}, {"success": True, "data": {"events": found, "nextCursor": str(first + len(found))}}


@contextmanager
def serve(standin: StandIn) -> Iterator[None]:
    """Serve on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            answer_one(standin, self)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    standin.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer_one(standin: StandIn, handler: BaseHTTPRequestHandler) -> None:
    """Answer a request, or let it meet with the next fault."""
    url = urlsplit(handler.path)
    headers = {name.lower(): value for name, value in handler.headers.items()}
    content = handler.rfile.read(int(headers.get("content-length", "0")))
    call = Call(handler.command, url.path, dict(parse_qsl(url.query)), headers, content)
    standin.calls.append(call)
    fault = standin.faults.popleft() if standin.faults else NONE
    status, answer_headers, body = standin.do(call) if fault.does else (fault.status, fault.headers, None)
    if fault.late:
        select.select([handler.connection], [], [], LATEST_SECONDS)  # readable: the client has closed it
    if fault.cut:
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.close_connection = True
        return
    octets = json.dumps(body).encode() if fault.does else fault.body
    try:
        handler.send_response(status)
        for name, value in {**answer_headers, "Content-Length": str(len(octets))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        for piece in [octets[at : at + 1] for at in range(len(octets))] if fault.slow else [octets]:
            time.sleep(SLOW_SECONDS if fault.slow else 0)
            handler.wfile.write(piece)
    except OSError:
        handler.close_connection = True  # nobody waits any more
