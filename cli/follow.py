"""Follow one notification until it is finished: redrawn on a terminal, else a line for each change."""

import time
from collections.abc import Iterator
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.text import Text

from cli.client import Api
from cli.command import Run
from cli.output import at
from cli.values import FINISHED
from cli.views import detail, entry


def follow(run: Run, notification_id: str, *, every: float, at_most: float | None) -> dict[str, Any]:
    """Show a notification as it changes, and return its last state with its audit trail.

    ``every`` and ``at_most`` are in seconds. It ends when the notification is finished, or after ``at_most``.
    """
    states = _states(run.api, notification_id, every, at_most)
    if run.out.as_json:
        return _last(states)
    return _redrawn(run, states) if run.out.is_live else _in_lines(run, states)


def _states(api: Api, notification_id: str, every: float, at_most: float | None) -> Iterator[dict[str, Any]]:
    started = time.monotonic()
    while True:
        state: dict[str, Any] = api.get(f"/api/notifications/{notification_id}")
        yield state
        passed = time.monotonic() - started
        if state["notification"]["status"] in FINISHED or (at_most is not None and passed >= at_most):
            return
        time.sleep(every if at_most is None else max(0.0, min(every, at_most - passed)))


def _last(states: Iterator[dict[str, Any]]) -> dict[str, Any]:
    state = next(states)
    for state in states:  # noqa: B007 - only the last one counts
        pass
    return state


def _in_lines(run: Run, states: Iterator[dict[str, Any]]) -> dict[str, Any]:
    shown = 0
    state: dict[str, Any] = {}
    for state in states:
        logs = state["logs"]
        for index in range(shown, len(logs)):
            run.out.print(entry(logs[index], logs[index - 1] if index else None))
        shown = max(shown, len(logs))
    return state


def _redrawn(run: Run, states: Iterator[dict[str, Any]]) -> dict[str, Any]:
    state: dict[str, Any] = {}
    with Live(console=run.out.console, auto_refresh=False, vertical_overflow="visible") as live:
        for state in states:
            live.update(Group(*detail(state["notification"], state["logs"]), _waiting(state)), refresh=True)
    return state


def _waiting(state: dict[str, Any]) -> Text:
    notification, last = state["notification"], state["logs"][-1]
    if notification["status"] in FINISHED:
        return Text("")
    now = time.time()
    since = f"{notification['status']} for {max(0, round(now - at(last['timestamp']).timestamp()))} s"
    until = notification.get("nextAttemptAt")
    planned = f", next attempt in {max(0, round(at(until).timestamp() - now))} s" if until else ""
    return Text(f"{since}{planned}; Ctrl-C stops watching.", style="dim")
