"""Answers about dead letters."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field

from wavecom.application.recover import dead_letters as application
from wavecom.domain.dead_letters import ReplayOutcome
from wavecom.domain.notifications import notification as domain
from wavecom.domain.notifications.enums import Cause
from wavecom.domain.notifications.lists import Position
from wavecom.http.fields.cursor import to_cursor
from wavecom.http.framework.responses import Id, Shape, Success
from wavecom.http.notification import Notification


class DeadLetterGroup(Shape):
    """Dead letters of one day with one cause and one provider (null where none was asked)."""

    day: Annotated[str, Field(json_schema_extra={"format": "date"})]
    cause: Cause
    provider: str | None
    count: int

    @classmethod
    def from_domain(cls, group: application.DeadLetterGroup) -> Self:
        """Return a group as clients see it."""
        return cls.trusted(day=group.day.isoformat(), cause=group.cause, provider=group.provider, count=group.count)


class DeadLetterGroups(Shape):
    """A tenant's dead letters, grouped."""

    total: int
    groups: list[DeadLetterGroup]

    @classmethod
    def from_domain(cls, groups: Sequence[application.DeadLetterGroup]) -> Self:
        """Return the groups, in their order."""
        return cls(
            total=sum(each.count for each in groups), groups=[DeadLetterGroup.from_domain(each) for each in groups]
        )


class DeadLetterGroupsAnswer(Success[DeadLetterGroups]):
    """Groups."""


class DeadLetterPage(Shape):
    """Dead letters, the latest failure first. ``nextCursor`` is null on the last page."""

    notifications: list[Notification]
    next_cursor: str | None

    @classmethod
    def from_domain(cls, found: Sequence[domain.Notification], *, more: bool) -> Self:
        """Return a page; ``more`` says that another one follows."""
        last = found[-1] if more else None
        next_cursor = to_cursor(Position(last.state.failed_at, last.id)) if last and last.state.failed_at else None
        return cls(
            notifications=[Notification.from_domain(each, one_of_many=True) for each in found], next_cursor=next_cursor
        )


class DeadLetterPageAnswer(Success[DeadLetterPage]):
    """A page of dead letters."""


class ReplayResult(Shape):
    """What became of one of them."""

    id: Id
    result: ReplayOutcome


class Replay(Shape):
    """What a replay came to. ``more`` says that the filter matches more than this call took."""

    dry_run: bool
    replayed: int
    results: list[ReplayResult]
    more: bool

    @classmethod
    def from_domain(cls, results: Mapping[str, ReplayOutcome], *, dry_run: bool, more: bool) -> Self:
        """Return the result of each, by its id."""
        return cls(
            dry_run=dry_run,
            replayed=sum(result == "replayed" for result in results.values()),
            results=[ReplayResult(id=each, result=result) for each, result in results.items()],
            more=more,
        )


class ReplayAnswer(Success[Replay]):
    """A replay."""
