"""Consumers whose clock is wrong: Debian's libfaketime, steered by a file."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from local.config import StackError
from local.supervision import Program
from wavecom import topology

CLOCK_PROGRAMS: Final = tuple(f"deliver-{lane.replace('_', '-')}-wrong-clock" for lane in topology.LANES)


def library() -> Path | None:
    """Return libfaketime, the variant for programs with threads; None where it is not installed."""
    return next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)


def install() -> None:
    """Install Debian's libfaketime where it is missing and we are root; raise `StackError` saying what to do else."""
    if library() is not None:
        return
    advice = "install the package libfaketime"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise StackError(f"libfaketime is not installed: {advice}.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", "libfaketime"]):
        done = subprocess.run(["apt-get", *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode or library() is None:
        raise StackError(f"libfaketime could not be installed: {advice}.")


def clock_programs(state: Path) -> list[Program]:
    """Return one more consumer a lane, each with the clock that `set_clock` says; none without libfaketime.

    The offset is read from a file anew every second (libfaketime, README, "FAKETIME_TIMESTAMP_FILE"), so that the
    clock jumps under a running process.
    """
    found = library()
    if found is None:
        return []
    environment = {
        "LD_PRELOAD": str(found),
        "FAKETIME_TIMESTAMP_FILE": str(_file(state)),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    return [
        Program(name=name, command=[sys.executable, "-m", "local.rabbitmq_poller", lane], environment=environment)
        for name, lane in zip(CLOCK_PROGRAMS, topology.LANES, strict=True)
    ]


def set_clock(state: Path, offset_seconds: int) -> None:
    """Move the clocks of those consumers by ``offset_seconds``, either way."""
    _file(state).write_text(f"{offset_seconds:+d}s\n")


def _file(state: Path) -> Path:
    return state / "faketime"
