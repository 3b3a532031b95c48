"""Lists that come in pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from wavecom_client.core import Core
from wavecom_client.errors import UnexpectedAnswerError
from wavecom_client.wire import Call, QueryValue

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page. ``next_cursor`` leads to the next one, None on the last."""

    items: list[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A list: where it is, its filters, and the field of an answer that its items are in.

    A list without a field is complete in one answer.
    """

    core: Core
    path: str
    field: str | None
    query: Mapping[str, QueryValue]

    def page(self, cursor: str | None) -> Call[Page[T]]:
        """Get the page at a cursor, the first one at None."""
        data: Any = yield from self.core.data("GET", self.path, query={**self.query, "cursor": cursor})
        if self.field is None and isinstance(data, list):
            return Page(data, None)
        try:
            found = data.get("pagination", data)["nextCursor"]
            return Page(list(data[self.field]), None if found is None else str(found))
        except (AttributeError, KeyError, TypeError) as exc:
            raise UnexpectedAnswerError("The answer is not a page") from exc
