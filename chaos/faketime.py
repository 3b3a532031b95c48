"""Consumers with a wrong clock: Debian's libfaketime, controlled by a file."""

import sys
from pathlib import Path
from typing import Final

from local.debian import faketime
from local.supervision import Program
from wavecom import topology

CLOCK_PROGRAMS: Final = tuple(f"deliver-{lane.replace('_', '-')}-wrong-clock" for lane in topology.LANES)


def clock_programs(state: Path) -> list[Program]:
    """Return one more consumer a lane, each with the clock that `set_clock` sets; none without libfaketime.

    The offset is read from a file every second (libfaketime, README, "FAKETIME_TIMESTAMP_FILE"), so that the clock
    jumps under a running process.
    """
    found = faketime()
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
    """Move the clocks of those consumers by ``offset_seconds``, forward or back."""
    _file(state).write_text(f"{offset_seconds:+d}s\n")


def _file(state: Path) -> Path:
    return state / "faketime"
