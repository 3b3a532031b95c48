"""``wavecom events``: the feed of what became of notifications, in an order that never changes."""

import time
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from cli.client import Query
from cli.command import Run, command
from cli.errors import RefusedError, UnreachableError
from cli.output import clean, moment
from cli.values import EventType, feed_cursor

PATH: Final = "/api/events"
PAGE: Final = 500
"""The most events in one answer of the API."""
WAIT_SECONDS: Final = 20
"""The longest that the API waits for an event."""
REST_SECONDS: Final = 0.5
"""The least time between two readings that find nothing: a busy service answers at once instead of waiting."""
AFTER_OUTAGE_SECONDS: Final = 5.0


def add_commands(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    command(app, "events")(events)


def events(
    run: Run,
    after: Annotated[
        str | None,
        typer.Option(parser=feed_cursor, metavar="CURSOR", help="Go on after this one; default: the oldest kept."),
    ] = None,
    types: Annotated[
        list[EventType] | None, typer.Option("--types", help="Only this kind of events; may be repeated.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with events as they come; Ctrl-C ends it.")] = False,
) -> None:
    """Print events, oldest first, each with the cursor to go on after it; as JSON a document a line.

    Events are written from the first reading on, and kept for 15 days.
    """
    query = {"types": ",".join(types) if types else None, "limit": PAGE}
    try:
        cursor = _print_all(run, after, query)
        if not follow:
            run.out.note(f"Go on later with: --after {cursor}")
        while follow:
            cursor = _follow(run, cursor, query)
    except KeyboardInterrupt:
        run.out.note("Stopped.")


def _print_all(run: Run, cursor: str | None, query: Query) -> str:
    """Print what is there, and return the cursor after it."""
    while True:
        page = run.api.get(PATH, {**query, "after": cursor})
        _print(run, page["events"])
        cursor = page["nextCursor"]
        if not page["events"]:
            return str(cursor)


def wait(run: Run, query: Query, seconds: int = WAIT_SECONDS) -> dict[str, Any] | None:
    """Wait up to ``seconds`` for events, and return their page; None after an outage, which is told and slept over.

    Raises `RefusedError` where trying again is of no use.
    """
    try:
        page: dict[str, Any] = run.api.get(PATH, {"limit": PAGE, **query, "wait": seconds})
    except (UnreachableError, RefusedError) as exc:
        if isinstance(exc, RefusedError) and exc.status not in {429, 503}:
            raise
        run.out.note(f"{exc}. Reading again.", "yellow")
        time.sleep(AFTER_OUTAGE_SECONDS)
        return None
    return page


def _follow(run: Run, cursor: str, query: Query) -> str:
    """Print the next events, and return the cursor after them."""
    started = time.monotonic()
    page = wait(run, {**query, "after": cursor})
    if page is None:
        return cursor
    _print(run, page["events"])
    if not page["events"]:
        time.sleep(max(0.0, REST_SECONDS - (time.monotonic() - started)))
    return str(page["nextCursor"])


def _print(run: Run, found: list[dict[str, Any]]) -> None:
    for each in found:
        if run.out.as_json:
            run.out.json(each, indent=None)
        else:
            run.out.print(_line(each))


def _line(event: dict[str, Any]) -> Text:
    facts = " ".join(f"{clean(name)}={clean(value)}" for name, value in event["data"].items() if value is not None)
    return Text("  ").join(
        [
            Text(moment(event["timestamp"]), style="dim"),
            Text(clean(event["type"]).ljust(24)),
            Text(facts),
            Text(f"cursor={clean(event['cursor'])}", style="dim"),
        ]
    )
