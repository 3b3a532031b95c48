"""``wavecom suppressions``."""

import re
from typing import Annotated

import typer

from cli.command import Run, command, group
from cli.errors import UsageError
from cli.listing import MORE
from cli.output import clean, moment, table
from cli.paging import All, Limit, Pages
from cli.values import Channel

PATH = "/api/suppressions"

app = group("Addresses that get no notifications of yours.")


def list_suppressions(
    run: Run,
    recipient: Annotated[str | None, typer.Option(help="Only this address, in full.")] = None,
    channel: Annotated[
        Channel | None, typer.Option("--type", case_sensitive=False, help="Channel of that address.")
    ] = None,
    limit: Limit = 100,
    everything: All = False,
) -> None:
    """List the addresses, or look one up."""
    if channel and not recipient:
        raise UsageError("--type needs a --recipient")
    query = {"recipient": recipient, "type": channel}
    pages = Pages(run.api, PATH, "suppressions", query, None if everything else limit)
    found = list(pages.items())
    rows = [
        (
            each["id"],
            each["type"],
            each["reason"],
            moment(each["createdAt"]),
            each["notificationId"],
            each["category"],
            each["recipient"],
        )
        for each in found
    ]
    heads = ("id", "type", "reason", "since", "notification", "category", "recipient")
    run.out.result(
        {"suppressions": found, "more": pages.more},
        lambda: [table(*heads, rows=rows) if rows else "No address is suppressed."],
    )
    if pages.more and not run.out.as_json:
        run.out.note(MORE)


def add(
    run: Run,
    channel: Annotated[Channel, typer.Option("--type", case_sensitive=False, help="Channel.")],
    to: Annotated[str, typer.Option(help="The address.")],
) -> None:
    """Put an address on the list."""
    added = run.api.call("POST", PATH, {"type": channel, "recipient": to}).data
    run.out.result(added, lambda: [f"Nothing goes to {clean(added['recipient'])} any more (id {clean(added['id'])})."])


def remove(
    run: Run,
    which: Annotated[str, typer.Argument(metavar="ID|ADDRESS", help="Its id, or the address itself.")],
    channel: Annotated[
        Channel | None, typer.Option("--type", case_sensitive=False, help="Channel of the address.")
    ] = None,
) -> None:
    """Take an address off the list."""
    identifier = which if re.fullmatch("[0-9a-f]{32}", which) else _find(run, which, channel)
    done = run.api.call("DELETE", f"{PATH}/{identifier}").body
    run.out.result({"id": identifier, "message": done["message"]}, lambda: [clean(done["message"])])


def _find(run: Run, address: str, channel: Channel | None) -> str:
    found: list[str] = [
        each["id"] for each in Pages(run.api, PATH, "suppressions", {"recipient": address, "type": channel}).items()
    ]
    match found:
        case [identifier] if re.fullmatch("[0-9a-f]{32}", identifier):
            return identifier
        case []:
            raise UsageError(f"{address} is not on the list", "`wavecom suppressions list --all` shows the list.")
        case _:
            raise UsageError(f"{address} is on the list more than once", "Name its --type, or its id.")


command(app, "list")(list_suppressions)
command(app, "add")(add)
command(app, "remove")(remove)
