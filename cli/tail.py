"""``wavecom tail``: what comes in and what becomes of it, by polling.

Each look reads the newest notifications, page by page until one that was seen before, and asks for a few of those
that are older and not finished yet, in turn, so that a long tail stays within a key's rate limit.
"""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from cli.client import Api
from cli.command import Run, command
from cli.errors import RefusedError, UnreachableError
from cli.output import styled
from cli.paging import PAGE, Pages
from cli.values import FINISHED, Channel, Priority
from cli.views import line

WATCHED: Final = 1_000
"""Notifications whose changes are told; older ones are forgotten."""
CATCH_UP: Final = 5 * PAGE
"""New ones that one look tells, at the most; beyond that it says that some were left out."""
ASKED_SINGLY: Final = 3
"""Older, unfinished ones that one look asks for: 20 looks a minute stay below 100 requests a minute."""


@dataclass
class Watch:
    """What was seen so far: the last status of each notification, oldest first."""

    api: Api
    filters: dict[str, str | None]
    seen: dict[str, str] = field(default_factory=dict)
    has_looked: bool = False
    left_out: bool = False
    _turn: deque[str] = field(default_factory=deque)

    def look(self) -> Iterator[tuple[str | None, dict[str, Any]]]:
        """Yield what is new or changed since the last look, oldest first, with the status before (None: new)."""
        newest = list(self._newest())
        self.has_looked = True
        yield from self._changes(reversed(newest))
        yield from self._changes(self._older({each["_id"] for each in newest}))
        for identifier in list(self.seen)[:-WATCHED]:
            del self.seen[identifier]

    def _newest(self) -> Iterator[dict[str, Any]]:
        self.left_out = False
        pages = Pages(self.api, "/api/notifications", "notifications", self.filters, CATCH_UP)
        for page in pages:
            yield from page
            if not self.has_looked or any(each["_id"] in self.seen for each in page):
                return
        self.left_out = pages.more

    def _older(self, just_seen: set[str]) -> Iterator[dict[str, Any]]:
        waiting = {each for each, status in self.seen.items() if status not in FINISHED and each not in just_seen}
        turn = [each for each in self._turn if each in waiting]
        self._turn = deque(turn + [each for each in self.seen if each in waiting and each not in set(turn)])
        for _ in range(min(ASKED_SINGLY, len(self._turn))):
            try:
                yield self.api.get(f"/api/notifications/{self._turn[0]}")["notification"]
            except RefusedError as exc:
                if exc.status != 404:
                    raise
                self.seen.pop(self._turn[0], None)
            self._turn.rotate(-1)

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
    channel: Annotated[Channel | None, typer.Option("--type", case_sensitive=False, help="Only these.")] = None,
    priority: Annotated[Priority | None, typer.Option(case_sensitive=False, help="Only these.")] = None,
    last: Annotated[int, typer.Option(min=0, max=PAGE, help="How many earlier ones to show first.")] = 10,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 3,
) -> None:
    """Show new notifications and status changes as they come; Ctrl-C ends it."""
    watch = Watch(run.api, {"type": channel, "priority": priority})
    try:
        earlier = list(watch.look())
        for change in earlier[len(earlier) - min(last, len(earlier)) :]:
            _tell(run, *change)
        while True:
            time.sleep(interval)
            _look(run, watch)
    except KeyboardInterrupt:
        run.out.note("Stopped.")


def _look(run: Run, watch: Watch) -> None:
    """Tell what has changed. An outage does not end it; a key that is not valid any more does."""
    try:
        for change in watch.look():
            _tell(run, *change)
    except (UnreachableError, RefusedError) as exc:
        if isinstance(exc, RefusedError) and exc.status not in {429, 503}:
            raise
        run.out.note(f"{exc}. Looking again.", "yellow")
        return
    if watch.left_out:
        run.out.note(f"More than {CATCH_UP} new ones since the last look; the older of them are left out.", "yellow")


def _tell(run: Run, before: str | None, notification: dict[str, Any]) -> None:
    if run.out.as_json:
        document = {"event": "changed" if before else "new", "before": before, "notification": notification}
        run.out.json(document, indent=None)
        return
    change = Text.assemble("  ", styled(before), " → ", styled(notification["status"])) if before else Text("")
    run.out.print(Text.assemble(line(notification), change))
