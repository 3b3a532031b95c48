"""A client's endpoint for measurements: ``python -m benchmarks.endpoint`` says its port and answers until it ends.

It answers 204 to every POST but those to ``/hangs``, which get no answer. ``GET /count`` returns how many came, and
``GET /figures`` the seconds of the middle nine tenths and how long after its timestamp an event came (ms).
"""

import asyncio
import json
import sys
import time
from datetime import datetime

from benchmarks.figures import percentile

HANGS = b"POST /hangs"
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
HOST = "127.0.0.1"


class Endpoint:
    """The times at which events came, and how late they were."""

    def __init__(self) -> None:
        self.came: list[float] = []
        self.late_ms: list[float] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                if head.startswith(b"GET"):
                    counted = head.startswith(b"GET /count")
                    text = json.dumps({"count": len(self.came)} if counted else self.figures()).encode()
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(text), text))
                elif head.startswith(HANGS):
                    await asyncio.sleep(3_600)
                else:
                    self._note(body)
                    writer.write(ANSWER)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _note(self, body: bytes) -> None:
        now = time.time()
        self.came.append(now)
        self.late_ms.append(1000 * (now - datetime.fromisoformat(json.loads(body)["timestamp"]).timestamp()))

    def figures(self) -> dict[str, float]:
        """Return what came since the last call."""
        came, late = sorted(self.came), sorted(self.late_ms)
        self.came, self.late_ms = [], []
        if not came:
            return {"count": 0}
        return {
            "count": len(came),
            "seconds": percentile(came, 95) - percentile(came, 5),
            "p50Ms": round(percentile(late, 50), 1),
            "p99Ms": round(percentile(late, 99), 1),
        }


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def main() -> None:
    """Serve on a free port until the process is ended."""
    server = await asyncio.start_server(Endpoint().serve, HOST, 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
