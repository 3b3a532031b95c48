"""Where a Python 3.13 is looked for, by programs that only say a version."""

from pathlib import Path

import pytest

from layers.python313 import python313


def python(path: Path, version: str = "3.13", status: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\nexit {status}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home folder, and an empty folder as the PATH."""
    for name in ("PYTHON313", "PYENV_ROOT", "XDG_DATA_HOME", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_nowhere(home: Path) -> None:
    assert python313() is None


def test_the_one_that_is_named_comes_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python(home / "path" / "python3.13")
    named = python(home / "mine")
    monkeypatch.setenv("PYTHON313", str(named))

    assert python313() == named


def test_a_name_on_the_path_with_nothing_behind_it_is_passed_over(home: Path) -> None:
    python(home / "path" / "python3.13", status=127)
    python(home / ".pyenv" / "versions" / "3.13.1" / "bin" / "python3.13", version="3.12")
    of_uv = python(home / ".local/share/uv/python/cpython-3.13.2-linux-x86_64-gnu/bin/python3.13")

    assert python313() == of_uv


def test_pyenv_may_live_elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(home / "pyenv"))
    of_pyenv = python(home / "pyenv" / "versions" / "3.13.0" / "bin" / "python3.13")

    assert python313() == of_pyenv
