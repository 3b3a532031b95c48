"""``wavecom categories``."""

from typing import Annotated

import typer

from cli.command import Run, command, group
from cli.output import clean, table
from cli.values import category_id

PATH = "/api/categories"

app = group("The kinds of your messages, which recipients may be able to leave.")

CategoryId = Annotated[
    str, typer.Argument(parser=category_id, metavar="ID", help="Its id, for example offers.", show_default=False)
]


def list_categories(run: Run) -> None:
    """List categories."""
    found = run.api.get(PATH)
    rows = [(each["id"], each["name"], "no" if each["transactional"] else "yes") for each in found]
    run.out.result(
        found, lambda: [table("id", "name", "can be left", rows=rows) if rows else "There are no categories."]
    )


def put(
    run: Run,
    identifier: CategoryId,
    name: Annotated[str, typer.Option(help="Shown to those who leave it.")],
    transactional: Annotated[bool, typer.Option("--transactional", help="Recipients cannot leave it.")] = False,
) -> None:
    """Make a category, or change it to this."""
    stored = run.api.call("PUT", f"{PATH}/{identifier}", {"name": name, "transactional": transactional}).data
    leaving = "cannot leave it" if stored["transactional"] else "can leave it"
    run.out.result(stored, lambda: [f"Category {clean(stored['id'])} is stored; recipients {leaving}."])


def remove(run: Run, identifier: CategoryId) -> None:
    """Remove a category; nothing is accepted in it any more."""
    done = run.api.call("DELETE", f"{PATH}/{identifier}").body
    run.out.result({"id": identifier, "message": done["message"]}, lambda: [clean(done["message"])])


command(app, "list")(list_categories)
command(app, "put")(put)
command(app, "remove")(remove)
