"""The machine and the versions, which a reader needs to repeat a run."""

import os
import platform
import re
import subprocess
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from local.config import PROJECT


def machine() -> str:
    """Return a short description of the machine."""
    return f"{os.cpu_count()} cores ({_processor()}), {_memory_gb()} GB, {platform.system()}"


def versions() -> dict[str, str]:
    """Return the programs used, with their versions."""
    return {
        "WaveCom": _commit(),
        "Python": platform.python_version(),
        "MongoDB-protocol server": f"SecantusDB {version('SecantusDB')}",
        "RabbitMQ": _rabbitmq(),
    }


def _processor() -> str:
    with suppress(OSError):
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        if found:
            return found[1]
    return platform.machine()


def _memory_gb() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    return f"{version_of_project()} ({done.stdout.strip() or 'unknown'})"


def version_of_project() -> str:
    """Return the version in pyproject.toml."""
    found = re.search(r'^version = "(.+)"', (PROJECT / "pyproject.toml").read_text(), re.MULTILINE)
    return found[1] if found else "unknown"


def _rabbitmq() -> str:
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "rabbitmq-server"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
