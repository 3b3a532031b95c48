"""The measured stack: that of ``make up``, with simulated providers that record what they accept."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import psutil
from pymongo import MongoClient
from pymongo.database import Database

from chaos.provider_client import Journal
from chaos.stack import free_ports, supervisor_pids
from local.config import PROJECT, Broker, StackConfig, make_private
from local.stack import Stack, container, reset
from local.supervision import Supervisor
from wavecom.bootstrap import Container
from wavecom.bootstrap.api import Api

STATE: Final = PROJECT / ".local" / "benchmarks"
SETTINGS: Final = {
    "RATE_LIMIT_PER_MINUTE": "100000000",
    "ELEVATED_PER_MINUTE": "100000000",
    "HIGH_PER_MINUTE": "200000000",
    "EXTREME_PER_MINUTE": "300000000",
    "QUEUED_TIMEOUT_SECONDS": "300",
}
"""No limit for the load, and no degradation, which would refuse part of it. All other settings are the defaults."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredStack:
    """A running stack: its address, its data, and its use of the machine."""

    config: StackConfig
    parts: Container
    api: Api
    database: Database[Document]
    journal: Journal

    @property
    def url(self) -> str:
        """The URL of the API."""
        return self.config.url

    def stop(self, names: Iterable[str]) -> None:
        """Stop some of its programs."""
        Supervisor(self.config, []).stop_programs(names)

    def start(self, names: Iterable[str]) -> None:
        """Start some of its programs."""
        Supervisor(self.config, []).start_programs(names)

    def programs(self, beginning: str = "") -> list[str]:
        """Return the names of its programs, or of those with a prefix."""
        return [name for name, _ in supervisor_pids(Supervisor(self.config, [])) if name.startswith(beginning)]

    def cpu_seconds(self) -> dict[str, float]:
        """Return the processor time of each program so far, with its children."""
        found = {}
        for name, pid in supervisor_pids(Supervisor(self.config, [])):
            if pid:
                with suppress(psutil.NoSuchProcess):
                    process = psutil.Process(pid)
                    found[name] = sum(_cpu(each) for each in (process, *process.children(recursive=True)))
        return found

    def memory_mb(self, name: str) -> float:
        """Return the resident memory of a program."""
        pid = dict(supervisor_pids(Supervisor(self.config, [])))[name]
        return psutil.Process(pid).memory_info().rss / 2**20 if pid else 0.0


class Machine:
    """Measures the use of the machine, by us and by others, since its creation."""

    def __init__(self, stack: MeasuredStack) -> None:
        self._stack = stack
        self._before = self._now()

    def spent(self, count: int, load_seconds: float) -> dict[str, Any]:
        """Return each program's ms for each of ``count`` notifications, our own, and the share of others in percent."""
        (whole, busy, programs), (whole_before, busy_before, before) = self._now(), self._before
        ours_seconds = sum(programs.values()) - sum(before.get(name, 0.0) for name in programs) + load_seconds
        others = max(0.0, busy - busy_before - ours_seconds) / (whole - whole_before)
        cpu = spent(before, programs, count)
        return {"cpuMs": cpu, "ownCpuMs": ours(cpu), "othersPercent": round(100 * others)}

    def _now(self) -> tuple[float, float, dict[str, float]]:
        times = psutil.cpu_times()
        whole = sum(times[:8])  # guests are counted within user and nice (proc(5))
        return whole, whole - times.idle - times.iowait, self._stack.cpu_seconds()


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def spent(before: Mapping[str, float], after: Mapping[str, float], count: int) -> dict[str, float]:
    """Return each program's processor time in ms for each of ``count`` notifications."""
    return {name: round(1000 * (after[name] - before.get(name, 0.0)) / count, 3) for name in after}


def ours(milliseconds: Mapping[str, float]) -> float:
    """Return the sum over our own programs: the API, the consumers and the schedule."""
    return round(sum(value for name, value in milliseconds.items() if name.startswith(("api", "deliver", "sched"))), 3)


@contextmanager
def running(
    broker: Broker,
    say: Callable[[str], None],
    settings: Mapping[str, str] | None = None,
    *,
    api_processes: int = 1,
    consumers: int = 1,
) -> Iterator[MeasuredStack]:
    """Run a new stack during a ``with``. Raises `local.config.StackError`."""
    config = replace(_config(broker), api_processes=api_processes, consumers=consumers)
    reset(config)
    make_private(config.state)
    journal = Journal(Path(config.state / "accepted.jsonl"))
    before = dict(os.environ)
    os.environ.update({**SETTINGS, "SIMULATED_JOURNAL": str(journal.file), **(settings or {})})
    stack = Stack(config, say)
    try:
        stack.start()
        parts = container(config)
        with MongoClient[Document](parts.settings.mongodb_uri.get_secret_value(), tz_aware=True) as client:
            try:
                yield MeasuredStack(
                    config=config,
                    parts=parts,
                    api=Api(parts),
                    database=client[parts.settings.mongodb_database],
                    journal=journal,
                )
            finally:
                parts.queue.close()
                parts.mongo.close()
    finally:
        stack.stop()
        reset(config)
        os.environ.clear()
        os.environ.update(before)


def _config(broker: Broker) -> StackConfig:
    return StackConfig.on_ports(STATE, broker, free_ports(6))
