"""``wavecom status`` and ``wavecom list``."""

from typing import Annotated

import typer

from cli.command import Run, command
from cli.errors import BAD_NEWS
from cli.follow import follow
from cli.listing import show_list
from cli.paging import All, Limit, Pages
from cli.values import FINISHED, GOOD_ENDS, Channel, Priority, Status, notification_id
from cli.views import HEADER, detail, line


def add_commands(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    command(app, "status")(status)
    command(app, "list")(list_notifications)


def status(
    run: Run,
    identifier: Annotated[str, typer.Argument(parser=notification_id, metavar="ID", show_default=False)],
    follow_it: Annotated[
        bool, typer.Option("--follow", help="Follow until it is finished; FAILED exits with 1.")
    ] = False,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between polls of --follow.")] = 1,
) -> None:
    """Show a notification: its fields, its attempts, and its timeline from the audit trail."""
    if not follow_it:
        found = run.api.get(f"/api/notifications/{identifier}")
        run.out.result(found, lambda: detail(found["notification"], found["logs"]))
        return
    found = follow(run, identifier, every=interval, at_most=None)
    if run.out.as_json:
        run.out.json(found)
    reached = found["notification"]["status"]
    if reached in FINISHED and reached not in GOOD_ENDS:
        raise typer.Exit(BAD_NEWS)


def list_notifications(
    run: Run,
    status: Annotated[Status | None, typer.Option(case_sensitive=False, help="Only this status.")] = None,
    channel: Annotated[Channel | None, typer.Option("--type", case_sensitive=False, help="Only this channel.")] = None,
    priority: Annotated[Priority | None, typer.Option(case_sensitive=False, help="Only this priority.")] = None,
    recipient: Annotated[str | None, typer.Option(help="Only this recipient, in full.")] = None,
    limit: Limit = 20,
    everything: All = False,
) -> None:
    """List notifications, newest first."""
    query = {"status": status, "type": channel, "priority": priority, "recipient": recipient}
    pages = Pages(run.api, "/api/notifications", "notifications", query, None if everything else limit)
    show_list(run, pages, line, HEADER)
