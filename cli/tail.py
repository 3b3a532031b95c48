"""``wavecom tail``: new notifications and their status changes, by polling.

Each poll reads the newest notifications, page by page until one that was seen before. It also asks for a few older,
unfinished ones in turn, so that a long tail stays within a key's rate limit.
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

MAX_WATCHED: Final = 1_000
"""The most notifications whose changes are reported; older ones are dropped."""
CATCH_UP: Final = 5 * PAGE
"""The most new notifications that one poll reports; beyond that it says that some were left out."""
MAX_POLLED_OLDER: Final = 3
"""Older, unfinished notifications that one poll asks for: 20 polls a minute stay below 100 requests a minute."""


@dataclass
class Watch:
    """The notifications seen so far, with their last status, oldest first."""

    api: Api
    filters: dict[str, str | None]
    seen: dict[str, str] = field(default_factory=dict)
    has_polled: bool = False
    left_out: bool = False
    _unfinished: deque[str] = field(default_factory=deque)

    def poll(self) -> Iterator[tuple[str | None, dict[str, Any]]]:
        """Yield changes since the last poll, oldest first, each with the status before (None: new)."""
        newest = list(self._newest())
        self.has_polled = True
        yield from self._changes(reversed(newest))
        yield from self._changes(self._older({each["_id"] for each in newest}))
        for identifier in list(self.seen)[:-MAX_WATCHED]:
            del self.seen[identifier]

    def _newest(self) -> Iterator[dict[str, Any]]:
        self.left_out = False
        pages = Pages(self.api, "/api/notifications", "notifications", self.filters, CATCH_UP)
        for page in pages:
            yield from page
            if not self.has_polled or any(each["_id"] in self.seen for each in page):
                return
        self.left_out = pages.more

    def _older(self, just_seen: set[str]) -> Iterator[dict[str, Any]]:
        waiting = {each for each, status in self.seen.items() if status not in FINISHED and each not in just_seen}
        unfinished = [each for each in self._unfinished if each in waiting]
        self._unfinished = deque(
            unfinished + [each for each in self.seen if each in waiting and each not in set(unfinished)]
        )
        for _ in range(min(MAX_POLLED_OLDER, len(self._unfinished))):
            try:
                yield self.api.get(f"/api/notifications/{self._unfinished[0]}")["notification"]
            except RefusedError as exc:
                if exc.status != 404:
                    raise
                self.seen.pop(self._unfinished[0], None)
            self._unfinished.rotate(-1)

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
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between polls.")] = 3,
) -> None:
    """Show new notifications and status changes as they come; Ctrl-C ends it."""
    watch = Watch(run.api, {"type": channel, "priority": priority})
    try:
        earlier = list(watch.poll())
        for change in earlier[len(earlier) - min(last, len(earlier)) :]:
            _print_change(run, *change)
        while True:
            time.sleep(interval)
            _poll(run, watch)
    except KeyboardInterrupt:
        run.out.note("Stopped.")


def _poll(run: Run, watch: Watch) -> None:
    """Print changes. An outage does not end it; a key that is no longer valid does."""
    try:
        for change in watch.poll():
            _print_change(run, *change)
    except (UnreachableError, RefusedError) as exc:
        if isinstance(exc, RefusedError) and exc.status not in {429, 503}:
            raise
        run.out.note(f"{exc}. Polling again.", "yellow")
        return
    if watch.left_out:
        run.out.note(
            f"More than {CATCH_UP} new notifications since the last poll; the older ones are left out.", "yellow"
        )


def _print_change(run: Run, before: str | None, notification: dict[str, Any]) -> None:
    if run.out.as_json:
        document = {"event": "changed" if before else "new", "before": before, "notification": notification}
        run.out.json(document, indent=None)
        return
    change = Text.assemble("  ", styled(before), " → ", styled(notification["status"])) if before else Text("")
    run.out.print(Text.assemble(line(notification), change))
