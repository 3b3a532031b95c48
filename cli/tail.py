"""``wavecom tail``: new notifications and their status changes, as the feed of events tells of them.

The feed says that something happened; what is shown is read from the newest notifications, page by page until one that
was seen before, and one by one for older ones that have an event. Events are written from five seconds after the first
reading on; until then it looks every few seconds, and asks for a few older, unfinished ones in turn.
"""

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from cli import events
from cli.client import Api
from cli.command import Run, command
from cli.errors import RefusedError, UnreachableError
from cli.output import styled
from cli.paging import PAGE, Pages
from cli.values import FINISHED, Channel, Priority
from cli.views import line

MAX_WATCHED: Final = 1_000
"""The most notifications whose changes are reported; older ones are dropped."""
CATCH_UP: Final = 5 * PAGE
"""The most new notifications that one look reports; beyond that it says that some were left out."""
MAX_OLDER: Final = 2
"""Older notifications that one look asks for: 20 looks a minute, and the feed, stay below 100 requests a minute."""
WRITTEN_AFTER_SECONDS: Final = 5.5
"""The time from the first reading of the feed until every change has an event, and half a second for clocks."""


@dataclass
class Watch:
    """The notifications seen so far, with their last status, oldest first."""

    api: Api
    filters: dict[str, str | None]
    seen: dict[str, str] = field(default_factory=dict)
    has_looked: bool = False
    left_out: bool = False
    due: dict[str, None] = field(default_factory=dict)
    """Those to ask for, since they may have changed; in this order."""

    def expect(self, identifiers: Iterable[str]) -> None:
        """Have notifications asked for, if they were seen before."""
        self.due |= dict.fromkeys(each for each in identifiers if each in self.seen)

    def expect_unfinished(self) -> None:
        """Have all notifications asked for that may still change."""
        self.expect(each for each, status in self.seen.items() if status not in FINISHED)

    def look(self) -> Iterator[tuple[str | None, dict[str, Any]]]:
        """Yield changes since the last look, oldest first, each with the status before (None: new)."""
        newest = list(self._newest())
        self.has_looked = True
        yield from self._changes(reversed(newest))
        for each in newest:
            self.due.pop(each["_id"], None)
        yield from self._changes(self._older())
        for identifier in list(self.seen)[:-MAX_WATCHED]:
            del self.seen[identifier]
            self.due.pop(identifier, None)

    def _newest(self) -> Iterator[dict[str, Any]]:
        self.left_out = False
        pages = Pages(self.api, "/api/notifications", "notifications", self.filters, CATCH_UP)
        for page in pages:
            yield from page
            if not self.has_looked or any(each["_id"] in self.seen for each in page):
                return
        self.left_out = pages.more

    def _older(self) -> Iterator[dict[str, Any]]:
        for identifier in list(self.due)[:MAX_OLDER]:
            try:
                yield self.api.get(f"/api/notifications/{identifier}")["notification"]
            except RefusedError as exc:
                if exc.status != 404:
                    raise
                del self.seen[identifier]
            del self.due[identifier]

    def _changes(self, found: Iterator[dict[str, Any]]) -> Iterator[tuple[str | None, dict[str, Any]]]:
        for notification in found:
            before = self.seen.get(notification["_id"])
            self.seen[notification["_id"]] = notification["status"]
            if before != notification["status"]:
                yield before, notification


def add_commands(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    command(app, "tail")(tail)


def tail(
    run: Run,
    channel: Annotated[Channel | None, typer.Option("--type", case_sensitive=False, help="Only this channel.")] = None,
    priority: Annotated[Priority | None, typer.Option(case_sensitive=False, help="Only this priority.")] = None,
    last: Annotated[int, typer.Option(min=0, max=PAGE, help="Earlier notifications to show first.")] = 10,
    interval: Annotated[float, typer.Option(min=0.1, help="Least seconds between two looks.")] = 3,
) -> None:
    """Show new notifications and status changes as they come; Ctrl-C ends it.

    It waits for events, which are written from the first reading on for two weeks. What is scheduled has none until it
    is due, and is shown within 20 seconds.
    """
    watch = Watch(run.api, {"type": channel, "priority": priority})
    try:
        earlier = list(watch.look())
        for change in earlier[len(earlier) - min(last, len(earlier)) :]:
            _print_change(run, *change)
        _Tail(run, watch).follow(interval)
    except KeyboardInterrupt:
        run.out.note("Stopped.")


@dataclass
class _Tail:
    """Reads the feed, and looks after each reading."""

    run: Run
    watch: Watch
    cursor: str = "latest"
    ready_at: float = math.inf
    """The time from which every change has an event, by the monotonic clock; unknown before the first reading."""
    is_ready: bool = False

    def follow(self, interval: float) -> None:
        """Print changes for ever; looks begin ``interval`` seconds apart, or later."""
        wait_seconds = 0
        while True:
            started = time.monotonic()
            if self._read(wait_seconds):
                if not self.is_ready:
                    self.is_ready = time.monotonic() >= self.ready_at
                    self.watch.expect_unfinished()
                is_done = _look(self.run, self.watch) and not self.watch.due
                wait_seconds = events.WAIT_SECONDS if self.is_ready and is_done else 0
            time.sleep(max(0.0, interval - (time.monotonic() - started)))

    def _read(self, wait_seconds: int) -> bool:
        """Read the next events, and return whether there was an answer. A gap is told."""
        try:
            page = events.wait(self.run, {"after": self.cursor}, wait_seconds)
        except RefusedError as exc:
            if exc.status != 410:
                raise
            self.run.out.note("Events are missing that are no longer kept; going on with what is there.", "yellow")
            self.cursor, self.ready_at, self.is_ready = exc.details[0][1], math.inf, False
            return True
        if page is None:
            return False
        self.cursor = page["nextCursor"]
        self.ready_at = min(self.ready_at, time.monotonic() + WRITTEN_AFTER_SECONDS)
        self.watch.expect(each["data"].get("notificationId", "") for each in page["events"])
        return True


def _look(run: Run, watch: Watch) -> bool:
    """Print changes, and return whether there was an answer. An outage does not end it; an invalid key does."""
    try:
        for change in watch.look():
            _print_change(run, *change)
    except (UnreachableError, RefusedError) as exc:
        if isinstance(exc, RefusedError) and exc.status not in {429, 503}:
            raise
        run.out.note(f"{exc}. Looking again.", "yellow")
        return False
    if watch.left_out:
        run.out.note(
            f"More than {CATCH_UP} new notifications since the last look; the older ones are left out.", "yellow"
        )
    return True


def _print_change(run: Run, before: str | None, notification: dict[str, Any]) -> None:
    if run.out.as_json:
        document = {"event": "changed" if before else "new", "before": before, "notification": notification}
        run.out.json(document, indent=None)
        return
    change = Text.assemble("  ", styled(before), " → ", styled(notification["status"])) if before else Text("")
    run.out.print(Text.assemble(line(notification), change))
