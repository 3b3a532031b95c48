"""The build: ``build("arm64")`` creates the two layers and the functions' code in ``layers/build/arm64/``."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from layers.compiled import SLOWER, Compiler, compile_beside, find_compiler
from layers.dependencies import Architecture, build_dependencies, known_size
from layers.errors import BuildError
from layers.trees import Size, copy_sources, measure, put_in_place

__all__ = ["Architecture", "BuildError", "Built", "Part", "build", "check_sizes", "function_names", "handler"]

PROJECT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = PROJECT / "layers" / "build"
LOCK: Final = PROJECT / "requirements" / "runtime.txt"
MB: Final = 1_000_000
LAYERS_MAX: Final = 70 * MB
"""The limit of both layers, unzipped: every cold start loads from them, and every deploy uploads them."""
LAMBDA_MAX: Final = 250 * MB
"""The limit of a function with its layers, unzipped (AWS Lambda developer guide, "Lambda quotas")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A folder that is deployed as one ZIP file."""

    path: Path
    size: Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The result of a build. Layers contain ``python/…``; ``functions`` is the code asset that all functions share."""

    architecture: Architecture
    dependencies: Part
    code: Part
    functions: Part


def build(
    architecture: Architecture,
    *,
    into: Path = BUILD,
    lock: Path = LOCK,
    find: Callable[[], Compiler | None] = find_compiler,
    say: Callable[[str], None] = lambda _: None,
) -> Built:
    """Build for ``architecture`` below ``into``, from the lock file ``lock``, and report progress to ``say``.

    Modules are compiled by the compiler that ``find`` returns; if it is None, the sources are deployed.

    Dependencies are installed again only when the lock, the architecture, the compiler or this package has
    changed; the code is always staged. Same input gives the same files. Raises `BuildError`.
    """
    if architecture not in get_args(Architecture):
        raise BuildError(f"The architecture must be arm64 or x86_64, not {architecture!r}.")
    compiler = find()
    if compiler is None:
        say(SLOWER)
    place = into / architecture
    with _build_lock(into, architecture), _work_folder(place) as work_folder:
        size = known_size(architecture, lock, place / "dependencies", compiler)
        if size is None:
            say(f"Installing what {lock.name} locks, for {architecture}")
            size = build_dependencies(architecture, lock, work_folder, place / "dependencies", compiler)
        copy_sources(PROJECT / "shared" / "wavecom", work_folder / "code" / "python" / "wavecom")
        copy_sources(PROJECT / "functions", work_folder / "functions" / "functions")
        if compiler:
            compile_beside(compiler, work_folder / "code", "/opt")
            compile_beside(compiler, work_folder / "functions", "/var/task")
        built = Built(
            architecture=architecture,
            dependencies=Part(path=place / "dependencies", size=size),
            code=_placed(work_folder / "code", place / "code"),
            functions=_placed(work_folder / "functions", place / "functions"),
        )
    check_sizes(built)
    return built


def check_sizes(built: Built, *, layers_max: int = LAYERS_MAX, lambda_max: int = LAMBDA_MAX) -> None:
    """Raise `BuildError` if the layers, or a function with them, exceed these limits in bytes, unzipped."""
    layers = built.dependencies.size.unzipped + built.code.size.unzipped
    if layers > layers_max:
        raise BuildError(f"The layers have {layers / MB:.1f} MB, more than {layers_max / MB:.0f}: see layers/prune.py.")
    whole = layers + built.functions.size.unzipped
    if whole > lambda_max:
        raise BuildError(f"A function with its layers has {whole / MB:.1f} MB, more than {lambda_max / MB:.0f}.")


def function_names() -> list[str]:
    """Return the names of the functions: the folders below ``functions`` that have a handler."""
    return sorted(path.parent.name for path in (PROJECT / "functions").glob("*/handler.py"))


def handler(function: str) -> str:
    """Return the handler string of a function, as in Lambda's configuration."""
    return f"functions.{function}.handler.lambda_handler"


def _placed(made: Path, place: Path) -> Part:
    put_in_place(made, place)
    return Part(path=place, size=measure(place))


@contextmanager
def _work_folder(place: Path) -> Iterator[Path]:
    """Yield a folder beside the results, for unfinished files."""
    work_folder = place / "unfinished"
    shutil.rmtree(work_folder, ignore_errors=True)
    work_folder.mkdir(parents=True)
    try:
        yield work_folder
    finally:
        shutil.rmtree(work_folder)


@contextmanager
def _build_lock(into: Path, architecture: Architecture) -> Iterator[None]:
    """Wait until no other process builds for the same architecture."""
    into.mkdir(parents=True, exist_ok=True)
    with (into / f"{architecture}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
