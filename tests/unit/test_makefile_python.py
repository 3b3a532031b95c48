"""Which Python `make` takes, of programs on the PATH that only say whether they fit."""

import shutil
import subprocess
from pathlib import Path

import pytest

from local.config import PROJECT

OF_UV = "/opt/uv/python3.12"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder to be the PATH, with what make itself needs and no Python."""
    for name in ("sh", "echo", "uname", "find", "node"):
        if found := shutil.which(name):
            (tmp_path / name).symlink_to(found)
    return tmp_path


def program(path: Path, name: str, script: str) -> None:
    (path / name).write_text(f"#!/bin/sh\n{script}\n")
    (path / name).chmod(0o755)


def chosen(path: Path, *arguments: str, **environment: str) -> str:
    """Return what the Makefile takes for Python."""
    make = shutil.which("make")
    assert make is not None
    done = subprocess.run(
        [make, "--no-print-directory", "--eval", "print-python: ; @echo '$(PYTHON)'", "print-python", *arguments],
        cwd=PROJECT,
        env={"PATH": str(path), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_newest_that_fits_and_runs_is_taken(path: Path) -> None:
    program(path, "python3.13", "exit 127")  # a version manager's name with nothing behind it
    program(path, "python3.12", "exit 0")
    program(path, "python3.11", "exit 0")
    program(path, "python3", "exit 0")

    assert chosen(path) == "python3.12"


def test_python3_is_taken_where_no_other_is_there(path: Path) -> None:
    program(path, "python3", "exit 0")

    assert chosen(path) == "python3"


def test_uvs_is_taken_where_none_on_the_path_fits_but_not_the_projects_own(path: Path) -> None:
    program(path, "python3", "exit 1")
    program(path, "uv", f'[ "$1 $2 $3" = "python find --system" ] && echo {OF_UV}')

    assert chosen(path) == OF_UV


def test_python3_is_left_to_say_why_not_where_nothing_fits(path: Path) -> None:
    program(path, "python3", "exit 1")
    program(path, "uv", "exit 2")

    assert chosen(path) == "python3"


def test_the_one_that_is_named_wins(path: Path) -> None:
    program(path, "python3.13", "exit 0")

    assert chosen(path, "PYTHON=mine") == "mine"
    assert chosen(path, PYTHON="mine") == "mine"
