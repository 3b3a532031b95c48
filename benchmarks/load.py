"""``python -m benchmarks.load FILE``: the load, in a separate process. Reads a plan, writes its result.

The client is `httptools` on asyncio streams of bytes that were created beforehand, so that it takes little of the
machine that it measures. A request's latency counts from the time it was due, however late it was sent.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final
from urllib.parse import urlsplit

import httptools
import uvloop

from benchmarks.schedule import Arrival, Plan, arrivals
from local.config import PROJECT

ID: Final = re.compile(rb'"_id":"([0-9a-f]{24})"')
START_SECONDS: Final = 0.5
"""The seconds from the first connection to the first request."""
GIVE_UP_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Answered:
    """A request: seconds from the start at which it was due, sent and answered; status 0 means no answer."""

    due: float
    sent: float
    ended: float
    status: int
    size: int

    @property
    def latency_ms(self) -> float:
        """The latency from the time the request was due."""
        return 1000 * (self.ended - self.due)


@dataclass(slots=True)
class Taken:
    """The result of a load. ``began`` is in seconds since 1970."""

    began: float
    answers: list[Answered] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0

    @property
    def accepted_seconds(self) -> float:
        """The seconds from the first request to the last answer."""
        return max(each.ended for each in self.answers) - min(each.due for each in self.answers)

    def latencies_ms(self, *, size: int | None = None) -> list[float]:
        """Return the latencies of answered requests, or of those with ``size`` notifications."""
        return [each.latency_ms for each in self.answers if each.status and size in (None, each.size)]

    def refused(self) -> dict[str, int]:
        """Return the number of requests by status, other than 201 and 207."""
        found: dict[str, int] = {}
        for each in self.answers:
            if each.status not in (201, 207):
                found[str(each.status)] = found.get(str(each.status), 0) + 1
        return found


class Connection(asyncio.Protocol):
    """One connection, with one request at a time."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """See `asyncio.Protocol`."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError())

    def on_body(self, body: bytes) -> None:
        """Process a part of a body; called by httptools."""
        self._body += body

    def on_message_complete(self) -> None:
        """Return the answer to the caller; called by httptools."""
        body, self._body = bytes(self._body), bytearray()
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((status, body))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request and return the status and the body of its answer. Raises OSError."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


class Load:
    """Carries out a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
        self._taken = Taken(0.0)
        self._began = 0.0

    async def run(self) -> Taken:
        """Make every request and return the result."""
        requests = list(arrivals(self._plan))
        for _ in range(self._plan.connections):
            self._free.put_nowait(await self._connect())
        await asyncio.sleep(START_SECONDS)
        cpu = time.process_time()
        self._began, self._taken.began = time.monotonic(), time.time()
        async with asyncio.timeout(requests[-1].at + GIVE_UP_SECONDS), asyncio.TaskGroup() as group:
            for arrival in requests:
                if self._plan.rate is None:
                    group.create_task(self._one(arrival, await self._free.get(), None))
                    continue
                if (wait := arrival.at - self._now()) > 0:
                    await asyncio.sleep(wait)
                group.create_task(self._one(arrival, None, arrival.at))
        self._taken.cpu_seconds = time.process_time() - cpu
        while not self._free.empty():
            self._free.get_nowait().close()
        return self._taken

    async def _one(self, arrival: Arrival, connection: Connection | None, due: float | None) -> None:
        connection = connection or await self._free.get()
        sent = self._now()
        try:
            status, body = await connection.ask(arrival.request)
        except OSError:
            status, body = 0, b""
            connection = await self._connect()
        ended = self._now()
        self._free.put_nowait(connection)
        self._taken.answers.append(Answered(sent if due is None else due, sent, ended, status, arrival.size))
        self._taken.ids += [each.decode() for each in ID.findall(body)]

    async def _connect(self) -> Connection:
        address = urlsplit(self._plan.url)
        host = "127.0.0.1" if address.hostname in ("localhost", None) else address.hostname
        _, connection = await asyncio.get_running_loop().create_connection(Connection, host, address.port or 80)
        return connection

    def _now(self) -> float:
        return time.monotonic() - self._began


def run(plan: Plan) -> Taken:
    """Carry out ``plan`` in another process and return its result. Raises `subprocess.CalledProcessError`."""
    with NamedTemporaryFile() as file:
        command = [sys.executable, "-m", "benchmarks.load", file.name]
        subprocess.run(command, cwd=PROJECT, input=plan.to_json(), text=True, check=True)
        written = json.load(file)
    answers = [Answered(*each) for each in written["answers"]]
    return Taken(written["began"], answers, written["ids"], written["cpu"])


def main(file: Path) -> None:
    """Carry out the plan on standard input and write its result."""
    taken = uvloop.run(Load(Plan.from_json(sys.stdin.read())).run())
    answers = [[each.due, each.sent, each.ended, each.status, each.size] for each in taken.answers]
    written = {"began": taken.began, "answers": answers, "ids": taken.ids, "cpu": taken.cpu_seconds}
    file.write_text(json.dumps(written))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
