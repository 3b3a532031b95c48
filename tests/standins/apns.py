"""A stand-in for the Apple Push Notification service: HTTP/2 (RFC 9113) without TLS, by prior knowledge, on loopback.

Made from Apple's documentation: "Sending notification requests to APNs", "Handling notification responses from APNs",
"Establishing a token-based connection to APNs" and "Generating a remote notification". It checks a request as they
say, in the order provider token, headers, device token, payload, and refuses it by ``reason``.
"""

import base64
import contextlib
import json
import re
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from functools import cache
from typing import Any, Self, cast

import h2.config
import h2.connection
import h2.events
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from google.auth import jwt
from google.auth.crypt.es256 import ES256Verifier

from tests.builders import ManualClock

KEY_ID = "ABC123DEFG"
TEAM_ID = "DEF123GHIJ"
TOPIC = "com.example.wavecom"
OTHER_TOPIC = "com.example.wavecom.business"
"""Apps of the team that the key speaks for."""
PAYLOAD_MAX_BYTES = 4096
OLDEST_TOKEN = timedelta(minutes=60)
NEWER_TOKEN_NOT_BEFORE = timedelta(minutes=20)
DATA_ON_STREAM_0 = b"\x00\x00\x01" + b"\x00" * 6 + b"x"
"""A frame that breaks the protocol (RFC 9113, section 6.1)."""


class Fault(Enum):
    """What may go wrong once a request has been read to its end."""

    NEVER_ANSWER = auto()
    HANG_UP = auto()
    """The connection is closed without an answer."""
    RESET_STREAM = auto()
    """The stream is reset with INTERNAL_ERROR."""
    GO_AWAY = auto()
    """GOAWAY says that this stream was the last one that was looked at, and the connection is closed."""
    GO_AWAY_BEFORE = auto()
    """GOAWAY says that the stream before this one was the last, and the connection is closed."""
    GARBAGE = auto()
    """The answer breaks the protocol."""
    BREAK_OFF = auto()
    """The connection is closed after the headers of an answer."""
    GARBAGE_LATER = auto()
    """What follows the headers of an answer breaks the protocol."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Return an error answer."""
    return Reply(status, json.dumps({"reason": reason}).encode(), headers or {})


@dataclass(slots=True)
class Request:
    """A request as it came; ``connection`` counts from 1."""

    headers: dict[str, str]
    connection: int
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.headers[":path"]

    @property
    def token(self) -> str:
        return self.headers["authorization"].removeprefix("bearer ")

    @property
    def payload(self) -> Any:
        return json.loads(self.body)


@cache
def key_pair() -> tuple[str, bytes]:
    """Return a team's signing key and its public key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode(), key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class ApnsService:
    """A stand-in that runs for the time of a ``with``; what time it is, `clock` says.

    A step of the script (`follow`) is what the next request meets instead of the rules.
    """

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.requests: list[Request] = []
        self.connections = 0
        """How many were made so far."""
        self.connections_at_once = 0
        """How many were open together at the most."""
        self.streams_at_once = 0
        """How many requests were under way on one connection at the most."""
        self.delay_seconds = 0.0
        self._script: deque[Reply | Fault] = deque()
        self._newest_tokens: dict[int, tuple[str, int]] = {}
        self._failures: list[BaseException] = []
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        """End every connection and the server; raise what went wrong inside the stand-in itself, if anything."""
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.drop_connections()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def follow(self, *steps: Reply | Fault) -> None:
        """Put ``steps`` at the end of the script, one for each request to come."""
        with self._lock:
            self._script.extend(steps)

    def drop_connections(self) -> None:
        """Close all connections."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def step(self, request: Request) -> Reply | Fault:
        """Keep a request and say what it meets."""
        with self._lock:
            self.requests.append(request)
            step = self._script.popleft() if self._script else None
            step = step or self._answer(request)
        self._closing.wait(self.delay_seconds)
        return step

    def _answer(self, request: Request) -> Reply:
        if request.headers[":method"] != "POST":
            return refusal(405, "MethodNotAllowed")
        if not request.path.startswith("/3/device/"):
            return refusal(404, "BadPath")
        return (
            self._check_provider_token(request)
            or self._check_headers(request)
            or _check_payload(request)
            or Reply(200, headers={"apns-id": request.headers["apns-id"]})
        )

    def _check_provider_token(self, request: Request) -> Reply | None:
        try:
            header = jwt.decode_header(request.token)
            claims = jwt.decode(request.token, verify=False)
            signed, _, signature = request.token.rpartition(".")
            verifier = ES256Verifier.from_string(key_pair()[1])
            genuine = verifier.verify(signed.encode(), base64.urlsafe_b64decode(signature + "=="))
        except ValueError:
            return refusal(403, "InvalidProviderToken")
        if not genuine or (header["alg"], header["kid"], claims["iss"]) != ("ES256", KEY_ID, TEAM_ID):
            return refusal(403, "InvalidProviderToken")
        if self.clock().timestamp() - claims["iat"] > OLDEST_TOKEN.total_seconds():
            return refusal(403, "ExpiredProviderToken")
        token, issued_at = self._newest_tokens.setdefault(request.connection, (request.token, claims["iat"]))
        if request.token != token and abs(claims["iat"] - issued_at) < NEWER_TOKEN_NOT_BEFORE.total_seconds():
            return refusal(429, "TooManyProviderTokenUpdates")
        self._newest_tokens[request.connection] = (request.token, claims["iat"])
        return None

    def _check_headers(self, request: Request) -> Reply | None:
        headers = request.headers
        try:
            in_canonical_form = str(uuid.UUID(headers["apns-id"])) == headers["apns-id"]
        except ValueError:
            in_canonical_form = False
        checks = {
            "BadMessageId": in_canonical_form,
            "BadTopic": headers["apns-topic"] in (TOPIC, OTHER_TOPIC),
            "InvalidPushType": headers["apns-push-type"] == "alert",
            "BadPriority": headers["apns-priority"] in {"1", "5", "10"},
            "BadExpirationDate": int(headers["apns-expiration"]) >= self.clock().timestamp(),
            "BadDeviceToken": re.fullmatch(r"/3/device/([0-9a-fA-F]{2}){32,100}", request.path) is not None,
        }
        return next((refusal(400, reason) for reason, passed in checks.items() if not passed), None)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
                self.connections += 1
                self.connections_at_once = max(self.connections_at_once, len(self._open))
                thread = threading.Thread(target=self._serve, args=(connection, self.connections))
                self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            with connection:
                _Dialogue(self, connection, number).run()
        except OSError:  # the other side has gone; "not connected", of a reset one, is no ConnectionError
            pass
        except Exception as exc:  # noqa: BLE001 - raised when the service ends
            self._failures.append(exc)
        finally:
            with self._lock:
                self._open.discard(connection)


def _check_payload(request: Request) -> Reply | None:
    if not request.body:
        return refusal(400, "PayloadEmpty")
    if len(request.body) > PAYLOAD_MAX_BYTES:
        return refusal(413, "PayloadTooLarge")
    alert = request.payload["aps"]["alert"]
    assert alert.keys() <= {"title", "subtitle", "body"}
    return None


class _Dialogue:
    """One connection, read until either side ends it."""

    def __init__(self, service: ApnsService, connection: socket.socket, number: int) -> None:
        self._service = service
        self._socket = connection
        self._number = number
        self._h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self._under_way: dict[int, Request] = {}
        self._ended = False

    def run(self) -> None:
        self._h2.initiate_connection()
        self._send()
        while octets := self._socket.recv(65536):
            for event in self._h2.receive_data(octets):
                match event:
                    case h2.events.RequestReceived(stream_id=int(stream), headers=list(headers)):
                        decoded = cast("list[tuple[str, str]]", headers)  # by header_encoding
                        self._under_way[stream] = Request(dict(decoded), self._number)
                        self._service.streams_at_once = max(self._service.streams_at_once, len(self._under_way))
                    case h2.events.DataReceived(stream_id=int(stream), data=bytes(part)):
                        self._under_way[stream].body += part
                        self._h2.acknowledge_received_data(event.flow_controlled_length or 0, stream)
                    case h2.events.StreamEnded(stream_id=int(stream)):
                        self._act(stream, self._service.step(self._under_way.pop(stream)))
                        if self._ended:
                            return self._wait_for_the_end()
            self._send()
        return None

    def _act(self, stream: int, step: Reply | Fault) -> None:
        match step:
            case Reply():
                self._h2.send_headers(stream, [(":status", str(step.status)), *step.headers.items()], not step.body)
                if step.body:
                    self._h2.send_data(stream, step.body, end_stream=True)
            case Fault.RESET_STREAM:
                self._h2.reset_stream(stream, 2)
            case Fault.GO_AWAY:
                self._h2.close_connection(last_stream_id=stream)
            case Fault.GO_AWAY_BEFORE:
                self._h2.close_connection(last_stream_id=stream - 2)
            case Fault.BREAK_OFF | Fault.GARBAGE_LATER:
                self._h2.send_headers(stream, [(":status", "200")])
            case Fault.NEVER_ANSWER | Fault.HANG_UP | Fault.GARBAGE:
                pass
        self._send()
        if step is Fault.GARBAGE_LATER:
            time.sleep(0.05)
        if step in (Fault.GARBAGE, Fault.GARBAGE_LATER):
            self._socket.sendall(DATA_ON_STREAM_0)
        self._ended = isinstance(step, Fault) and step not in (Fault.NEVER_ANSWER, Fault.RESET_STREAM)

    def _wait_for_the_end(self) -> None:
        """Close this side only: to close with octets unread would reset the connection."""
        self._socket.shutdown(socket.SHUT_WR)
        while self._socket.recv(65536):
            pass

    def _send(self) -> None:
        self._socket.sendall(self._h2.data_to_send())
