"""Compiled modules. Lambda cannot write any below /opt, and would compile at every cold start.

They come from a Python 3.13, with unchecked hashes (PEP 552) and Lambda's paths: same sources give the same files.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layers.errors import BuildError
from layers.python313 import NO_PYTHON, python313

MAGIC: Final = "f30d0d0a"
"""The magic number of every released Python 3.13 (3571 in CPython's Include/internal/pycore_magic_number.h). Lambda
loads no other."""
SLOWER: Final = f"Nothing is compiled, so cold starts take more than twice as long. {NO_PYTHON}."
READ_AS_TEXT: Final[tuple[str, ...]] = ()
"""Modules whose sources stay, since they read them themselves; none of today's packages does."""
COMPILE_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Compiler:
    """A Python whose compiled modules Lambda can load. Another ``version`` may compile differently."""

    python: Path
    version: str
    magic: str

    @property
    def stamp(self) -> bytes:
        """The inputs of compiled modules besides their sources."""
        return f"{self.version} {self.magic}".encode()


def find_compiler() -> Compiler | None:
    """Return a compiler; None without a Python 3.13, or with one from before its release."""
    python = python313()
    if python is None:
        return None
    program = "import importlib.util, platform as p; print(p.python_version(), importlib.util.MAGIC_NUMBER.hex())"
    done = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, check=False)
    match done.stdout.split():
        case [version, magic] if magic == MAGIC:
            return Compiler(python, version, magic)
    return None


def compile_beside(compiler: Compiler, tree: Path, there: str) -> None:
    """Put compiled modules into ``__pycache__`` beside the sources of ``tree``, which Lambda has at ``there``.

    Raises `BuildError`.
    """
    command = [str(compiler.python), "-I", "-B", "-m", "compileall", "-q", "-f", "-s", str(tree), "-p", there]
    command += ["--invalidation-mode", "unchecked-hash", str(tree)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_SECONDS, check=False)
    except subprocess.TimeoutExpired as exc:
        raise BuildError(f"Compiling did not end within {COMPILE_SECONDS} seconds.") from exc
    if done.returncode:
        raise BuildError(f"{tree.name} could not be compiled: {(done.stdout + done.stderr).strip()[:1000]}")


def compile_instead(compiler: Compiler, packages: Path, there: str) -> None:
    """Replace the sources of ``packages`` with compiled modules, except `READ_AS_TEXT`. Raises `BuildError`."""
    compile_beside(compiler, packages, there)
    stay = {packages / name for name in READ_AS_TEXT}
    for compiled in sorted(packages.rglob("__pycache__/*.pyc")):
        folder = compiled.parent.parent
        source = folder / f"{compiled.name.split('.')[0]}.py"
        if source not in stay:
            source.unlink()
            compiled.rename(source.with_suffix(".pyc"))
    for cache in sorted(packages.rglob("__pycache__")):
        if not any(cache.iterdir()):
            cache.rmdir()
