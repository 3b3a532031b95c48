"""Print a list of notifications, a line each, as its pages come."""

from collections.abc import Callable
from typing import Any

from rich.text import Text

from cli.command import Run
from cli.paging import Pages

MORE = "There are more: --limit, or --all."


def show_list(run: Run, pages: Pages, line: Callable[[dict[str, Any]], Text], header: str) -> None:
    """Print the items of ``pages`` by ``line``, on a terminal below ``header``; as JSON all at once."""
    if run.out.as_json:
        run.out.json({"notifications": list(pages.items()), "more": pages.more})
        return
    for number, each in enumerate(pages.items()):
        if run.out.is_live and number == 0:
            run.out.print(Text(header, style="dim"))
        run.out.print(line(each))
    if pages.more:
        run.out.note(MORE)
