"""Stand-ins of three email services in one process: ``python -m chaos.provider JOURNAL CONTROL NAME=PORT …``.

Each implements SendGrid's ``POST /v3/mail/send`` on its own port, single and bulk, as far as WaveCom uses it (Twilio
SendGrid documentation, "Mail Send" and "Personalizations"). It writes accepted messages to the journal before it
answers, a JSON line a message, so that the journal shows exactly what was sent. A call with an idempotency token in
``Idempotency-Key`` is accepted once, and gets the same answer each time.

The control port accepts ``POST`` with a JSON object of `Behaviour`'s fields for each service, and answers every
request with the counts of each service.
"""

import asyncio
import contextlib
import json
import os
import socket
import struct
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

HOST: Final = "127.0.0.1"
TOKEN_HEADER: Final = "idempotency-key"  # noqa: S105 - the name of a header
WINDOW_SECONDS: Final = 1.0
"""The window of a service's own limit."""
CLOSE_NOW: Final = struct.pack("ii", 1, 0)
"""SO_LINGER without a wait: the peer gets a reset (socket(7))."""


class Mode(StrEnum):
    """The behaviour of a service."""

    NORMAL = "normal"
    UNAVAILABLE = "unavailable"
    """503: nothing was accepted."""
    LIMITED = "limited"
    """429 with Retry-After."""
    SILENT = "silent"
    """Never answers, and accepts nothing."""
    ACCEPTS_SILENTLY = "accepts_silently"
    """Never answers, but accepts everything."""
    AWAY = "away"
    """Refuses new connections, and resets open ones."""


@dataclass(slots=True)
class Behaviour:
    """A service's reaction to calls; ``per_second`` is its own limit in messages, counted over any second."""

    mode: Mode = Mode.NORMAL
    latency_seconds: float = 0.02
    retry_after_seconds: int = 1
    per_second: int | None = None


@dataclass(slots=True)
class Counts:
    """Counts so far: connections, calls and messages, and answers 429."""

    connections: int = 0
    calls: int = 0
    messages: int = 0
    accepted: int = 0
    limited: int = 0


@dataclass(slots=True)
class Service:
    """One stand-in."""

    name: str
    port: int
    journal: int
    """File descriptor, opened for appending."""
    behaviour: Behaviour = field(default_factory=Behaviour)
    counts: Counts = field(default_factory=Counts)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _tokens: dict[str, str] = field(default_factory=dict)
    _recent: deque[float] = field(default_factory=deque)

    async def change(self, behaviour: Behaviour) -> None:
        """Switch to another behaviour."""
        self.behaviour = behaviour
        if behaviour.mode is Mode.AWAY:
            await self.disconnect()
        elif self._server is None:
            await self.listen()

    async def listen(self) -> None:
        """Start listening."""
        self._server = await asyncio.start_server(self._serve, HOST, self.port, backlog=512)

    async def disconnect(self) -> None:
        """Stop listening and reset every connection."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in list(self._open):
            raw: socket.socket | None = writer.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_NOW)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counts.connections += 1
        self._open.add(writer)
        try:
            while True:
                headers, body = await read_request(reader)
                await self._answer(headers, body, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # one side closed the connection
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter) -> None:
        behaviour = self.behaviour
        call = json.loads(body)
        ids = [each["custom_args"]["notificationId"] for each in call["personalizations"]]
        self.counts.calls += 1
        self.counts.messages += len(ids)
        if behaviour.mode is Mode.UNAVAILABLE:
            await respond(writer, 503, {})
        elif behaviour.mode is Mode.LIMITED or self._over_limit(len(ids)):
            self.counts.limited += 1
            await respond(writer, 429, {"Retry-After": str(behaviour.retry_after_seconds)})
        elif behaviour.mode is Mode.SILENT:
            await asyncio.sleep(60)
        else:
            message_id = self._accept(ids, headers.get(TOKEN_HEADER))
            if behaviour.mode is Mode.ACCEPTS_SILENTLY:
                await asyncio.sleep(60)
            await asyncio.sleep(behaviour.latency_seconds)
            await respond(writer, 202, {"X-Message-Id": message_id})

    def _over_limit(self, messages: int) -> bool:
        """Count messages against the service's own limit, unless they exceed it."""
        limit = self.behaviour.per_second
        if limit is None:
            return False
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - WINDOW_SECONDS:
            self._recent.popleft()
        if len(self._recent) + messages > limit:
            return True
        self._recent.extend([now] * messages)
        return False

    def _accept(self, ids: list[str], token: str | None) -> str:
        if token is not None and token in self._tokens:
            return self._tokens[token]
        message_id = os.urandom(11).hex()
        if token is not None:
            self._tokens[token] = message_id
        at = time.time()
        lines = [json.dumps({"notificationId": each, "provider": self.name, "at": at}) for each in ids]
        os.write(self.journal, "".join(f"{line}\n" for line in lines).encode())
        self.counts.accepted += len(ids)
        return message_id


async def read_request(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
    """Read one HTTP/1.1 request and return its headers, with names in lower case, and its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return headers, await reader.readexactly(int(headers.get("content-length", "0")))


async def respond(writer: asyncio.StreamWriter, status: int, headers: dict[str, str], body: bytes = b"") -> None:
    """Write an HTTP/1.1 answer."""
    lines = [f"HTTP/1.1 {status} -", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body)
    await writer.drain()


class Control:
    """Changes the services' behaviour, and reports their counts."""

    def __init__(self, services: dict[str, Service]) -> None:
        self._services = services

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                _, body = await read_request(reader)
                for name, settings in (json.loads(body) if body else {}).items():
                    await self._services[name].change(_behaviour(settings))
                counts = {name: asdict(service.counts) for name, service in self._services.items()}
                await respond(writer, 200, {"Content-Type": "application/json"}, json.dumps(counts).encode())
        writer.close()


def _behaviour(settings: dict[str, Any]) -> Behaviour:
    return Behaviour(**{**settings, "mode": Mode(settings["mode"])})


async def run(journal: Path, control_port: int, ports: dict[str, int]) -> None:
    """Serve until the process ends."""
    descriptor = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    services = {name: Service(name, port, descriptor) for name, port in ports.items()}
    for service in services.values():
        await service.listen()
    server = await asyncio.start_server(Control(services).serve, HOST, control_port)
    await server.serve_forever()


def main(arguments: list[str]) -> None:
    """Serve until the process ends; ``arguments``: the journal, the control port, and ``name=port`` a service."""
    journal, control_port, *services = arguments
    ports = {name: int(port) for name, _, port in (each.partition("=") for each in services)}
    asyncio.run(run(Path(journal), int(control_port), ports))


if __name__ == "__main__":
    main(sys.argv[1:])
