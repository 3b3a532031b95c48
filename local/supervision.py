"""Processes under supervisord: started in order, restarted when they die, stopped in order."""

import hashlib
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from configparser import RawConfigParser
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import Faults, SupervisorTransport

from local.config import PRIVATE_UMASK, PROJECT, STATE_VARIABLE, StackConfig, StackError, make_private

STOP_SECONDS = 65
"""The time a process may take to finish its work: longer than any invocation of a function."""
LEFTOVER_SECONDS = 15
"""The same for processes that a killed run left behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A process to supervise. Its own environment is added to the stack's."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Supervisor:
    """One supervisord with its programs, none of which starts automatically."""

    def __init__(self, config: StackConfig, programs: Sequence[Program]) -> None:
        self._config = config
        self._socket = _socket_path(config.state)
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def _rpc(self) -> Iterator[Any]:
        """Connect to supervisord again for each call, since its transport does not recover from a failed one."""
        transport = SupervisorTransport(serverurl=f"unix://{self._socket}")
        try:
            with ServerProxy("http://localhost", transport=transport) as proxy:
                yield proxy.supervisor
        except OSError as exc:
            raise StackError("supervisord has ended, and with it the stack.") from exc

    def start(self) -> None:
        """Start supervisord itself. Raises `StackError`."""
        make_private(self._config.state)
        make_private(self._config.logs)
        file = self._config.state / "supervisord.conf"
        self._write(file)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "-c", str(file)],
            env=self._config.environment(),
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            umask=PRIVATE_UMASK,
            start_new_session=True,  # Ctrl-C reaches only us, and we stop the processes in order
        )
        for _ in range(100):
            if self._process.poll() is not None:
                raise StackError(f"supervisord did not start; see {self._config.logs / 'supervisord.log'}.")
            try:
                with self._rpc() as rpc:
                    rpc.getState()
            except StackError:
                time.sleep(0.1)
            else:
                return
        raise StackError(f"supervisord does not answer; see {self._config.logs / 'supervisord.log'}.")

    def _write(self, file: Path) -> None:
        parser = RawConfigParser()
        parser["supervisord"] = {
            "logfile": str(self._config.logs / "supervisord.log"),
            "pidfile": str(self._config.state / "supervisord.pid"),
            "childlogdir": str(self._config.logs),
        }
        parser["unix_http_server"] = {"file": str(self._socket), "chmod": "0700"}
        parser["rpcinterface:supervisor"] = {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        }
        for program in self._programs:
            environment = ",".join(f'{name}="{value}"' for name, value in program.environment.items())
            parser[f"program:{program.name}"] = {
                "command": shlex.join(program.command).replace("%", "%%"),
                "directory": str(PROJECT),
                "environment": environment.replace("%", "%%"),
                "umask": f"{PRIVATE_UMASK:03o}",
                "autostart": "false",
                "autorestart": "true",
                "startsecs": "1",
                "startretries": "5",
                "stopwaitsecs": str(STOP_SECONDS),
                "stopasgroup": "true",
                "killasgroup": "true",
                "redirect_stderr": "true",
                "stdout_logfile": str(self._config.logs / f"{program.name}.log"),
                "stdout_logfile_maxbytes": "10MB",
                "stdout_logfile_backups": "2",
            }
        with file.open("w") as out:
            parser.write(out)

    def start_programs(self, names: Iterable[str]) -> None:
        """Start programs in parallel, without waiting for them. Those that run already, or again, are left alone."""
        with self._rpc() as rpc:
            for name in names:
                try:
                    rpc.startProcess(name, False)
                except Fault as exc:
                    if exc.faultCode != Faults.ALREADY_STARTED:
                        raise

    def check_programs(self) -> None:
        """Raise `StackError` naming the log of a program that cannot be kept running."""
        for name, state in self.states().items():
            if state == "FATAL":
                raise StackError(f"{name} ends as soon as it starts; see {self._config.logs / name}.log.")

    def stop_programs(self, names: Iterable[str]) -> None:
        """Stop programs in parallel and wait until they end."""
        stopping = set(names)
        with self._rpc() as rpc:
            for name in stopping:
                with suppress(Fault):  # it is not running
                    rpc.stopProcess(name, False)
        while any(
            state in ("RUNNING", "STARTING", "STOPPING") for name, state in self.states().items() if name in stopping
        ):
            time.sleep(0.1)

    def states(self) -> dict[str, str]:
        """Return each program's state, for example RUNNING. Raises `StackError` when supervisord has ended."""
        with self._rpc() as rpc:
            return {each["name"]: each["statename"] for each in rpc.getAllProcessInfo()}

    def stop(self) -> None:
        """End supervisord, and with it all programs that still run."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        end_leftovers(self._config)


def end_leftovers(config: StackConfig) -> int:
    """End the processes that an earlier run of this stack left behind and return their number.

    They are recognised by the state folder in their environment, so no other process is affected.
    """
    leftovers = [process for process in psutil.process_iter() if _belongs_to(process, config.state)]
    # supervisord first, or it would restart the others.
    leftovers.sort(key=lambda process: "supervisord" not in _command(process))
    for process in leftovers:
        _signal(process, "terminate")
    _, alive = psutil.wait_procs(leftovers, timeout=LEFTOVER_SECONDS)
    for process in alive:
        _signal(process, "kill")
    psutil.wait_procs(alive, timeout=LEFTOVER_SECONDS)
    return len(leftovers)


def _belongs_to(process: psutil.Process, state: Path) -> bool:
    try:
        return process.pid not in _ourselves() and process.environ().get(STATE_VARIABLE) == str(state)
    except psutil.Error:
        return False


def _ourselves() -> set[int]:
    me = psutil.Process()
    return {os.getpid(), *(parent.pid for parent in me.parents())}


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _signal(process: psutil.Process, how: str) -> None:
    try:
        getattr(process, how)()
    except psutil.NoSuchProcess:
        return


def _socket_path(state: Path) -> Path:
    """Return a path short enough for a socket (108 bytes on Linux), the same one for the same state folder."""
    name = hashlib.sha256(str(state).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"wavecom-{os.getuid()}-{name}.sock"
