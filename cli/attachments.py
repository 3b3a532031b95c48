"""``wavecom attachments``, and the files of ``wavecom send --attach``."""

import hashlib
import time
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer

from cli.client import DIRECT, TIMEOUT, TRIES
from cli.command import Run, command, group
from cli.errors import RefusedError, UnreachableError, UsageError
from cli.output import clean
from cli.reach import is_loopback
from cli.values import attachment_id

PATH = "/api/attachments"
TYPES: Final = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".ics": "text/calendar",
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".json": "application/json",
    ".xml": "application/xml",
    ".zip": "application/zip",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The media type of a file, by its ending; the API says which of them it takes."""
SIZE_MAX: Final = 10 * 1024 * 1024

app = group("Files that emails carry.")


def put(
    run: Run,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file.", show_default=False)],
    name: Annotated[str | None, typer.Option(help="As recipients see it; default: its own.")] = None,
) -> None:
    """Put a file, to be attached to any number of notifications by its id."""
    stored = upload(run, file, name)
    run.out.result(stored, lambda: [f"{clean(stored['filename'])} is stored as {clean(stored['id'])}."])


def show(
    run: Run,
    identifier: Annotated[str, typer.Argument(parser=attachment_id, metavar="ID", help="Its id.", show_default=False)],
) -> None:
    """Show a file, and whether it is scanned."""
    found = run.api.get(f"{PATH}/{identifier}")
    scanned = f", scanned: {clean(found['scanned'])}" if "scanned" in found else ""
    size = f"{found['size']:,} bytes"
    run.out.result(
        found,
        lambda: [
            f"{clean(found['filename'])}, {clean(found['contentType'])}, {size}{scanned}",
            f"kept until {clean(found['keptUntil'])}, and as long as a notification has it",
        ],
    )


def upload(run: Run, file: Path, name: str | None = None) -> dict[str, Any]:
    """Put a file and return the attachment. Raises `UsageError`, `RefusedError` and `UnreachableError`."""
    filename = name or file.name
    content_type = TYPES.get(Path(filename).suffix.lower())
    if content_type is None:
        raise UsageError(f"{filename} has an ending of no known type: {', '.join(TYPES)}")
    try:
        octets = file.read_bytes()
    except OSError as exc:
        raise UsageError(f"{file} cannot be read: {exc.strerror}") from exc
    if not 0 < len(octets) <= SIZE_MAX:
        raise UsageError(f"{file} has {len(octets):,} bytes; from 1 to {SIZE_MAX:,} can be attached")
    declared = {
        "filename": filename,
        "contentType": content_type,
        "size": len(octets),
        "sha256": hashlib.sha256(octets).hexdigest(),
    }
    stored: dict[str, Any] = run.api.call("POST", PATH, declared).data
    _put(run, stored.pop("upload"), octets)
    return stored


def _put(run: Run, request: dict[str, Any], octets: bytes) -> None:
    """Put bytes as the API said. They go to another server in AWS, and never with the key."""
    host = httpx.URL(request["url"]).host
    direct = DIRECT if is_loopback(host) else None
    with httpx.Client(timeout=TIMEOUT, mounts=direct) as client:
        for number in range(1, TRIES + 1):
            problem = ""
            try:
                answer = client.request(request["method"], request["url"], content=octets, headers=request["headers"])
            except httpx.RequestError as exc:
                problem = type(exc).__name__
            else:
                if answer.is_success:
                    return
                if answer.status_code < 500:
                    raise RefusedError(
                        f"{host} did not take the file: {clean(answer.text[:300])}",
                        status=answer.status_code,
                        code=f"HTTP_{answer.status_code}",
                    )
                problem = f"status {answer.status_code}"
            if number < TRIES:
                run.out.note(f"{host} did not take the file ({problem}). Trying again.")
                time.sleep(number)
    raise UnreachableError(f"{host} did not take the file ({problem})", "Nothing was sent. Try again later.")


command(app, "put")(put)
command(app, "show")(show)
