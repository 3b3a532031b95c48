"""The stack that faults are applied to: that of ``make up``, a second consumer a lane, and stand-in providers."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
from pymongo import MongoClient
from pymongo.database import Database

from chaos.faketime import CLOCK_PROGRAMS, clock_programs
from chaos.provider_client import NAMES, Journal, ProviderProcess
from local.config import PROJECT, StackConfig
from local.stack import Stack
from local.supervision import Program, Supervisor, end_leftovers
from wavecom import topology
from wavecom.adapters.rabbitmq.connection import connect

SHORT_TIMEOUTS: Final = {
    "RATE_LIMIT_PER_MINUTE": "10000000",
    "PENDING_TIMEOUT_SECONDS": "3",
    "QUEUED_TIMEOUT_SECONDS": "5",
    "RETRY_MARGIN_SECONDS": "5",
    "LEASE_SECONDS": "12",
    "PROVIDER_TIMEOUT_SECONDS": "2",
    "SWEEP_EVERY_SECONDS": "1",
    "OBSERVE_EVERY_SECONDS": "15",
}
"""Shorter waits than in production, so that recovery can be observed."""
LEASE_SECONDS: Final = float(SHORT_TIMEOUTS["LEASE_SECONDS"])
PROVIDER_PROGRAM: Final = "provider"
SECOND_SUFFIX: Final = "-second"
ALIVE_SECONDS: Final = 90
"""The time limit for everything to run again after a fault."""

Document = dict[str, Any]


class HarnessError(Exception):
    """The harness itself cannot continue; the text is one sentence."""


class ChaosStack:
    """A running stack with two consumers a lane, and methods that disturb it."""

    def __init__(self, state: Path, say: Callable[[str], None]) -> None:
        first = free_ports(12)
        self.config = StackConfig.on_ports(state, "rabbitmq", first)
        self.providers = ProviderProcess(
            journal=Journal(state / "accepted.jsonl"),
            control_port=first + 6,
            ports={name: first + 7 + number for number, name in enumerate(NAMES)},
        )
        self._say = say
        self._stack = Stack(self.config, say)
        self._first = Supervisor(self.config, [])
        # A second supervisord beside the stack's: the same servers, another set of processes.
        self._second_config = replace(self.config, state=state / "second")
        self._second: Supervisor | None = None
        self._mongo: MongoClient[Document] | None = None

    @contextmanager
    def running(
        self,
        *,
        idempotent: bool,
        lease_seconds: float = LEASE_SECONDS,
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Iterator[None]:
        """Run everything during a ``with``. Raises `local.config.StackError`."""
        settings = {
            **SHORT_TIMEOUTS,
            "LEASE_SECONDS": f"{lease_seconds:g}",
            "PROVIDERS": self.providers.settings(idempotent=idempotent, overrides=overrides),
        }
        before = dict(os.environ)
        os.environ.update(settings)
        try:
            self._start()
            yield
        finally:
            self._stop()
            os.environ.clear()
            os.environ.update(before)

    def _start(self) -> None:
        self._stack.start()
        consumers = [
            Program(name=f"{name}{SECOND_SUFFIX}", command=[sys.executable, "-m", "local.rabbitmq_poller", lane])
            for lane, name in self.consumer_names().items()
        ]
        providers = Program(name=PROVIDER_PROGRAM, command=self.providers.command)
        self._second = Supervisor(self._second_config, [providers, *consumers, *clock_programs(self.config.state)])
        self._second.start()
        self._second.start_programs([PROVIDER_PROGRAM, *(each.name for each in consumers)])
        self._mongo = MongoClient(
            f"mongodb://127.0.0.1:{self.config.mongodb_port}/?directConnection=true", tz_aware=True
        )
        self.wait_until_alive()

    def _stop(self) -> None:
        if self._mongo is not None:
            self._mongo.close()
            self._mongo = None
        for process in self.processes():
            with suppress(psutil.Error):
                process.send_signal(signal.SIGCONT)
        if self._second is not None:
            consumers = [name for name in self._second.states() if name != PROVIDER_PROGRAM]
            self._second.stop_programs(consumers)
            self._second.stop()
            self._second = None
        self._stack.stop()
        for config in (self._second_config, self.config):
            end_leftovers(config)

    @property
    def database(self) -> Database[Document]:
        """WaveCom's database."""
        assert self._mongo is not None
        return self._mongo["wavecom"]

    @staticmethod
    def consumer_names() -> dict[str, str]:
        """Return the program that consumes each lane; the second consumer's name ends in ``-second``."""
        return {lane: f"deliver-{lane.replace('_', '-')}" for lane in topology.LANES}

    def consumers(self, lane: str | None = None) -> list[str]:
        """Return the programs that consume a lane, or all lanes."""
        names = self.consumer_names()
        chosen = [names[lane]] if lane else list(names.values())
        return [name + which for name in chosen for which in ("", SECOND_SUFFIX)]

    def process(self, program: str) -> psutil.Process | None:
        """Return the process of a program, None while it does not run."""
        for supervisor in self._supervisors():
            for name, pid in supervisor_pids(supervisor):
                if name == program and pid:
                    with suppress(psutil.NoSuchProcess):
                        return psutil.Process(pid)
        return None

    def kill(self, programs: Iterable[str]) -> None:
        """Kill -9 programs with all their processes, at once; supervisord restarts them."""
        victims: list[psutil.Process] = []
        for program in programs:
            process = self.process(program)
            if process is not None:
                with suppress(psutil.NoSuchProcess):
                    victims += [process, *process.children(recursive=True)]
        for victim in victims:
            with suppress(psutil.NoSuchProcess):
                victim.kill()

    @contextmanager
    def frozen(self, programs: Iterable[str]) -> Iterator[None]:
        """Stop programs at any point of their work (SIGSTOP), and continue them afterwards (SIGCONT)."""
        with suspended([process for program in programs if (process := self.process(program))]):
            yield

    @contextmanager
    def wrong_clocks(self) -> Iterator[None]:
        """Run one more consumer a lane, with a clock set by `chaos.faketime.set_clock`."""
        assert self._second is not None
        self._second.start_programs(CLOCK_PROGRAMS)
        try:
            yield
        finally:
            self._second.stop_programs(CLOCK_PROGRAMS)

    def wait_until_alive(self) -> None:
        """Return when every program runs and the API is healthy. Raises `HarnessError`."""
        until = time.monotonic() + ALIVE_SECONDS
        while time.monotonic() < until:
            if all(self._start_again(supervisor) for supervisor in self._supervisors()) and self._healthy():
                return
            time.sleep(0.25)
        raise HarnessError(f"The stack does not come back; see {self.config.logs}.")

    def _start_again(self, supervisor: Supervisor) -> bool:
        """Start programs that supervisord has given up, and return whether everything runs."""
        states = {name: state for name, state in supervisor.states().items() if name not in CLOCK_PROGRAMS}
        given_up = [name for name, state in states.items() if state in ("FATAL", "EXITED", "STOPPED")]
        supervisor.start_programs(given_up)
        return all(state == "RUNNING" for state in states.values())

    def _healthy(self) -> bool:
        try:
            self.providers.counts()
            return httpx.get(f"{self.config.url}/api/health", timeout=5, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def _supervisors(self) -> list[Supervisor]:
        return [self._first, *([self._second] if self._second else [])]

    def processes(self) -> list[psutil.Process]:
        """Return all processes of the stack."""
        states = {str(self.config.state), str(self._second_config.state)}
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("WAVECOM_STATE_DIR") in states and process.pid != os.getpid():
                    found.append(process)
        return found

    @contextmanager
    def broker_channel(self) -> Iterator[Any]:
        """Open a channel to the broker, for messages and commands from outside."""
        connection = connect(f"amqp://guest:guest@127.0.0.1:{self.config.amqp_port}")
        try:
            yield connection.channel()
        finally:
            connection.collect()

    def purge(self) -> None:
        """Empty every queue."""
        with self.broker_channel() as channel:
            for name in topology.rabbitmq_queues():
                channel.queue_purge(name)


def supervisor_pids(supervisor: Supervisor) -> list[tuple[str, int]]:
    """Return each program's process id, 0 if it does not run."""
    with supervisor._rpc() as rpc:
        return [(each["name"], each["pid"]) for each in rpc.getAllProcessInfo()]


@contextmanager
def suspended(processes: Sequence[psutil.Process]) -> Iterator[None]:
    """Stop processes at any point of their work (SIGSTOP), and continue them afterwards (SIGCONT)."""
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def free_ports(count: int) -> int:
    """Return the first of ``count`` consecutive free ports."""
    for first in range(23_000 + os.getpid() % 200 * 20, 32_000, count):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise HarnessError("There are no free ports.")


def default_state() -> Path:
    """Return the default folder of the stack's data."""
    return PROJECT / ".local" / "chaos"
