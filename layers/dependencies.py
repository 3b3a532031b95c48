"""The dependency layer: wheels for the functions' machine from the lock file, without unused files."""

import hashlib
import json
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from layers.compiled import Compiler, compile_instead
from layers.errors import BuildError
from layers.prune import prune
from layers.python313 import PYTHON_VERSION
from layers.trees import Size, digest, measure, put_in_place

Architecture = Literal["arm64", "x86_64"]
"""AWS Lambda's names of them."""
ABI: Final = "cp313"
MACHINES: Final[dict[Architecture, str]] = {"arm64": "aarch64", "x86_64": "x86_64"}
"""The names in wheels."""
GLIBC_MINOR: Final = 34
"""Lambda's Python 3.13 runs on Amazon Linux 2023, which has glibc 2.34 (AWS: "Amazon Linux 2023 runtime")."""
OLDEST_GLIBC_MINOR: Final = 17
PIP_SECONDS: Final = 600
UNIVERSAL_MARKERS: Final = frozenset({"implementation_name", "platform_python_implementation"})
"""Markers with one answer on every machine. pip evaluates markers for its own Python, so the lock may use no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The inputs of a layer, and the result."""

    input: str
    tree: str
    unzipped: int
    zipped: int

    @property
    def size(self) -> Size:
        """The layer's size."""
        return Size(unzipped=self.unzipped, zipped=self.zipped)


def known_size(architecture: Architecture, lock: Path, place: Path, compiler: Compiler | None) -> Size | None:
    """Return the size of the layer in ``place``; None unless it was built from the same inputs and is unchanged."""
    stamp = _read(_stamp_of(place))
    if stamp is None or stamp.input != _input_digest(architecture, lock, compiler) or not place.is_dir():
        return None
    return stamp.size if stamp.tree == digest(place) else None


def build_dependencies(
    architecture: Architecture, lock: Path, work_folder: Path, place: Path, compiler: Compiler | None
) -> Size:
    """Build the layer in ``work_folder``, put it in ``place`` and return its size. Raises `BuildError`."""
    made = work_folder / place.name
    _install(architecture, lock, made / "python")
    prune(made / "python")
    if compiler:
        compile_instead(compiler, made / "python", "/opt/python")
    _stamp_of(place).unlink(missing_ok=True)
    put_in_place(made, place)
    size = measure(place)
    stamp = Stamp(input=_input_digest(architecture, lock, compiler), tree=digest(place), **asdict(size))
    _stamp_of(place).write_text(json.dumps(asdict(stamp), indent=1) + "\n")
    return size


def platforms(architecture: Architecture) -> list[str]:
    """Return the wheel platforms that Lambda can load, best first (PEP 600; manylinux2014 is glibc 2.17)."""
    machine = MACHINES[architecture]
    modern = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC_MINOR, OLDEST_GLIBC_MINOR - 1, -1)]
    return [*modern, f"manylinux2014_{machine}"]


def check_markers(lock: str) -> None:
    """Raise `BuildError` if a requirement depends on markers other than `UNIVERSAL_MARKERS`."""
    for requirement, marker in re.findall(r"^(\S+) ; ([^\\\n]+)", lock, re.MULTILINE):
        unknown = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", re.sub(r"'[^']*'", "", marker))) - UNIVERSAL_MARKERS
        if unknown:
            raise BuildError(
                f"{requirement} is locked for some machines only ({', '.join(sorted(unknown))}), which a build for "
                "another machine cannot judge."
            )


def _input_digest(architecture: Architecture, lock: Path, compiler: Compiler | None) -> str:
    builder = sorted(Path(__file__).parent.glob("*.py"))
    try:
        parts = [architecture.encode(), lock.read_bytes(), *(path.read_bytes() for path in builder)]
        parts.append(compiler.stamp if compiler else b"")
    except OSError as exc:
        raise BuildError(f"{lock} cannot be read ({exc.strerror}).") from exc
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _stamp_of(place: Path) -> Path:
    return place.with_name(f"{place.name}.json")


def _read(path: Path) -> Stamp | None:
    try:
        return Stamp(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _install(architecture: Architecture, lock: Path, target: Path) -> None:
    check_markers(lock.read_text())
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--root-user-action", "ignore"]
    # The lock names all dependencies, so pip need not look for more; that halves the time.
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile", "--implementation", "cp"]
    command += f"--python-version {PYTHON_VERSION} --abi {ABI} --abi abi3 --abi none".split()
    command += [part for platform in platforms(architecture) for part in ("--platform", platform)]
    command += ["--target", str(target), "--requirement", str(lock)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_SECONDS, check=False)
    except subprocess.TimeoutExpired as exc:
        raise BuildError(f"pip did not end within {PIP_SECONDS} seconds.") from exc
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()[
            -3:
        ]
        raise BuildError(f"pip could not install {lock.name} for {architecture}: {' '.join(errors)[:1000]}")
