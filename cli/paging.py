"""Lists in pages, by cursor."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from cli.client import Api, Query

PAGE: Final = 100
"""The most items in one answer of the API."""

Limit = Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="Most items to show.")]
All = Annotated[bool, typer.Option("--all", help="All items.")]


class Pages:
    """The pages of a list, fetched on demand. ``limit`` None means all of it.

    ``more`` says, after a page, whether another one follows.
    """

    def __init__(self, api: Api, path: str, name: str, query: Query | None = None, limit: int | None = None) -> None:
        self.more = False
        self._api = api
        self._path = path
        self._name = name
        self._query = query or {}
        self._limit = limit

    def __iter__(self) -> Iterator[list[dict[str, Any]]]:
        """Yield page after page."""
        cursor: str | None = None
        left = self._limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            data = self._api.get(self._path, {**self._query, "limit": size, "cursor": cursor})
            found: list[dict[str, Any]] = data[self._name]
            cursor = data.get("pagination", data)["nextCursor"]
            self.more = cursor is not None
            yield found
            if cursor is None:
                return
            left = None if left is None else left - len(found)

    def items(self) -> Iterator[dict[str, Any]]:
        """Yield the items of all pages."""
        for page in self:
            yield from page
