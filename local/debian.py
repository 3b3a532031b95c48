"""Programs from Debian's packages, which PyPI does not offer."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from local.config import StackError

RABBITMQ_SERVER: Final = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Debian's server; the wrapper in /usr/sbin switches user and cannot use private folders."""


def install_rabbitmq() -> None:
    """Install RabbitMQ if it is missing. Raises `StackError` with advice if that is impossible."""
    _install("rabbitmq-server", RABBITMQ_SERVER.exists, "or set AMQP_URL to a RabbitMQ that runs")


def install_chromium() -> None:
    """Install the browser for the tests if it is missing. Raises `StackError` with advice if that is impossible."""
    _install("chromium", lambda: chromium() is not None, "or set CHROMIUM to a Chromium or Chrome that you have")


def install_faketime() -> None:
    """Install libfaketime if it is missing. Raises `StackError` with advice if that is impossible."""
    _install("libfaketime", lambda: faketime() is not None)


def chromium() -> Path | None:
    """Return the browser that CHROMIUM names, else the first one on the PATH."""
    given = os.environ.get("CHROMIUM")
    found = given or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return Path(found) if found else None


def faketime() -> Path | None:
    """Return libfaketime, the variant for programs with threads; None if it is not installed."""
    return next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)


def _install(package: str, is_there: Callable[[], bool], otherwise: str = "") -> None:
    if is_there():
        return
    advice = ", ".join(filter(None, [f"install the package {package}", otherwise]))
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise StackError(f"{package} is not installed: {advice}.")
    # RUNLEVEL=1 keeps the package from starting its own service.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for arguments in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", package]):
        done = subprocess.run(["apt-get", *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode or not is_there():
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1][:200]
        raise StackError(f"{package} could not be installed ({reason}): {advice}.")
