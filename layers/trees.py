"""Functions on folders: digest of the content, size, copy, and replacement."""

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP file can hold."""
FILE_MODE = 0o644
FOLDER_MODE = 0o755
"""Modes that Lambda's user can read, independent of the builder's umask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A folder's bytes, unzipped and as a ZIP file."""

    unzipped: int
    zipped: int


def files(tree: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of a folder with their names below it, sorted."""
    found = ((path.relative_to(tree).as_posix(), path) for path in tree.rglob("*") if path.is_file())
    yield from sorted(found)


def digest(tree: Path) -> str:
    """Return a hash of the names and contents of a folder's files."""
    sum_ = hashlib.sha256()
    for name, path in files(tree):
        content = path.read_bytes()
        sum_.update(f"{name}\0{len(content)}\0".encode())
        sum_.update(content)
    return sum_.hexdigest()


def measure(tree: Path) -> Size:
    """Return a folder's size."""
    unzipped = 0
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in files(tree):
                content = path.read_bytes()
                unzipped += len(content)
                archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
        return Size(unzipped=unzipped, zipped=file.tell())


def copy_sources(source: Path, target: Path) -> None:
    """Copy a package's files, without the caches of interpreters."""
    shutil.copytree(source, target, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns("__pycache__"))


def put_in_place(made: Path, place: Path) -> None:
    """Move the folder ``made`` to ``place``, unless that has the same content, so that readers are not disturbed."""
    for path in (made, *made.rglob("*")):
        path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
    if place.is_dir() and digest(place) == digest(made):
        return
    if place.exists():
        shutil.rmtree(place)
    made.rename(place)
