"""The API as a process of its own, whose memory can be read."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from local.config import PROJECT
from tests.conftest import free_ports
from wavecom.adapters.mongo.client import Mongo

START_SECONDS = 60


@dataclass(frozen=True)
class ApiProcess:
    """A running API: its process, and where it answers."""

    process: psutil.Process
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def megabytes(self) -> float:
        """Return the memory that the process holds."""
        return float(self.process.memory_info().rss) / 2**20

    def peak_megabytes(self) -> float:
        """Return the most memory that it held since `forget_peak` (Linux, proc(5): VmHWM)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [each for each in status.splitlines() if each.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024

    def forget_peak(self) -> None:
        """Begin to measure the peak anew (Linux, proc(5): clear_refs)."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")


@contextmanager
def api_process(mongo: Mongo, mongodb_uri: str, folder: Path, **environment: str) -> Iterator[ApiProcess]:
    """Run ``python -m local.api`` on a database; its broker is not there, so what it accepts stays PENDING."""
    port = free_ports(2)
    log = folder / "api.log"
    given = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "local.api"],
            env={
                **given,
                "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "shared")]),
                "HOST": "127.0.0.1",
                "PORT": str(port),
                "MONGODB_URI": mongodb_uri,
                "MONGODB_DATABASE": mongo.database.name,
                "DEVELOPMENT_TENANT": "development",
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port + 1}",
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
                **environment,
            },
            cwd=PROJECT,
            stdout=out,
            stderr=out,
        )
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            try:
                httpx.get(f"http://localhost:{port}/api/openapi.json", trust_env=False)
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                break
        yield ApiProcess(psutil.Process(process.pid), port, log)
    finally:
        process.terminate()
        process.wait(20)
