"""The Python version of the deployed functions, if this machine has it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PYTHON_VERSION: Final = "3.13"
NO_PYTHON: Final = (
    f"There is no Python {PYTHON_VERSION}, which the functions are deployed to: install it, by uv python install "
    f"{PYTHON_VERSION} or pyenv install {PYTHON_VERSION}, or set PYTHON313 to one that you have"
)


def python313() -> Path | None:
    """Return a Python 3.13: the one in PYTHON313, else the PATH's, pyenv's or uv's; None if there is none."""
    return next((path for candidate in _candidates() if (path := _if_usable(candidate))), None)


def _candidates() -> Iterator[Path]:
    name = f"python{PYTHON_VERSION}"
    if given := os.environ.get("PYTHON313"):
        yield Path(given)
    if on_path := shutil.which(name):
        yield Path(on_path)
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    for versions, pattern in ((pyenv, f"{PYTHON_VERSION}.*"), (uv, f"cpython-{PYTHON_VERSION}.*")):
        yield from (folder / "bin" / name for folder in sorted(versions.glob(pattern), reverse=True))


def _if_usable(candidate: Path) -> Path | None:
    """Return a candidate that runs: a name on the PATH may be a version manager's, without a Python behind it."""
    program = "import sys; print(*sys.version_info[:2], sep='.')"
    try:
        done = subprocess.run([candidate, "-c", program], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return candidate if done.returncode == 0 and done.stdout.strip() == PYTHON_VERSION else None
