"""AWS Lambda's runtime interface client, on the Python version of the deployed functions."""

import subprocess
from pathlib import Path
from typing import Final

from layers.python313 import NO_PYTHON, python313
from local.config import PROJECT, StackError

ENVIRONMENT: Final = PROJECT / ".venv-lambda"
LOCK: Final = PROJECT / "requirements" / "lambda.txt"
STAMP: Final = ENVIRONMENT / ".installed"


def install_runtime_client() -> Path:
    """Install the runtime interface client if it is missing, and return its Python. Raises `StackError`."""
    lock = LOCK.read_text()
    if STAMP.exists() and STAMP.read_text() == lock:
        return runtime_client()
    base = python313()
    if base is None:
        raise StackError(f"{NO_PYTHON}.")
    steps = [
        [str(base), "-m", "venv", "--clear", str(ENVIRONMENT)],
        [str(_python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"],
    ]
    steps[1] += ["--requirement", str(LOCK)]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1][:200]
            raise StackError(f"Lambda's runtime interface client could not be installed ({reason}).")
    STAMP.write_text(lock)
    return runtime_client()


def runtime_client() -> Path:
    """Return the Python that has the runtime interface client. Raises `StackError` if it is not installed."""
    if STAMP.exists():
        return _python()
    raise StackError("make test installs Lambda's runtime interface client." if python313() else f"{NO_PYTHON}.")


def _python() -> Path:
    return ENVIRONMENT / "bin" / "python"
