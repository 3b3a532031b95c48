"""``wavecom preferences``."""

from typing import Annotated, Any

import typer

from cli.command import Run, command, group
from cli.output import table
from cli.values import Channel, category_id

PATH = "/api/preferences"

app = group("The categories that a recipient gets, and those that it has left.")

Recipient = Annotated[str, typer.Argument(metavar="ADDRESS", help="Email address, phone number or token.")]
OfChannel = Annotated[Channel, typer.Option("--type", case_sensitive=False, help="Channel of the address.")]
CategoryId = Annotated[
    str, typer.Argument(parser=category_id, metavar="CATEGORY", help="The category's id.", show_default=False)
]


def show(run: Run, recipient: Recipient, channel: OfChannel) -> None:
    """Show what a recipient gets."""
    _print(run, run.api.get(PATH, {"recipient": recipient, "type": channel}))


def leave(run: Run, recipient: Recipient, category: CategoryId, channel: OfChannel) -> None:
    """Let a recipient leave a category; it gets no more of it."""
    _choose(run, recipient, category, channel, subscribed=False)


def join(run: Run, recipient: Recipient, category: CategoryId, channel: OfChannel) -> None:
    """Let a recipient get a category again that it had left."""
    _choose(run, recipient, category, channel, subscribed=True)


def _choose(run: Run, recipient: str, category: str, channel: Channel, *, subscribed: bool) -> None:
    body = {"type": channel, "recipient": recipient, "categories": {category: subscribed}}
    _print(run, run.api.call("PUT", PATH, body).data)


def _print(run: Run, preferences: dict[str, Any]) -> None:
    rows = [
        (each["id"], each["name"], "yes" if each["subscribed"] else "no", "no" if each["transactional"] else "yes")
        for each in preferences["categories"]
    ]
    heads = ("id", "name", "gets it", "can be left")
    run.out.result(preferences, lambda: [table(*heads, rows=rows) if rows else "There are no categories."])


command(app, "show")(show)
command(app, "leave")(leave)
command(app, "join")(join)
