"""The routes of the dead letters: list and replay."""

from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from wavecom.domain.dead_letters import DeadLetterFilter
from wavecom.domain.notifications.enums import Cause
from wavecom.domain.notifications.lifecycle import Replay
from wavecom.http.dead_letters import responses
from wavecom.http.dead_letters.requests import Day, ProviderName, ReplayDeadLetters
from wavecom.http.dead_letters.responses import (
    DeadLetterGroups,
    DeadLetterGroupsAnswer,
    DeadLetterPage,
    DeadLetterPageAnswer,
    ReplayAnswer,
)
from wavecom.http.fields.cursor import from_cursor
from wavecom.http.fields.numbers import PageSize
from wavecom.http.framework.middleware import caller
from wavecom.http.framework.responses import success
from wavecom.http.openapi import refusals, tags
from wavecom.http.openapi.operations import IdempotencyKey, PageCursor, documented
from wavecom.http.services import Services


def add_dead_letter_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes below ``/api/dlq`` to ``app``."""
    _add_dead_letters(app, services)
    _add_list_dead_letters(app, services)
    _add_replay_dead_letters(app, services)


def _add_dead_letters(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/dlq",
        summary="Your dead letters, counted by day, cause and provider",
        description="A dead letter is a notification that FAILED: its retries are used up, or a provider refused it "
        "for good. They are grouped by day (UTC), cause and provider, for the last 90 days.",
        operation_id="countDeadLetters",
        tags=[tags.DEAD_LETTERS],
        responses=documented(
            HTTPStatus.OK,
            DeadLetterGroupsAnswer,
            "The groups, the latest day and the largest group first",
            refusals.ALWAYS,
        ),
    )
    def dead_letters() -> Response[str]:
        groups = services.dead_letters.groups(caller(app).tenant_id)
        return success(DeadLetterGroupsAnswer, DeadLetterGroups.from_domain(groups))


def _add_list_dead_letters(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/dlq/notifications",
        compress=True,
        summary="List dead letters, the latest failure first",
        description="Filters combine. Follow `nextCursor` until it is null.",
        operation_id="listDeadLetters",
        tags=[tags.DEAD_LETTERS],
        responses=documented(HTTPStatus.OK, DeadLetterPageAnswer, "A page", refusals.ALWAYS),
    )
    def list_dead_letters(
        limit: Annotated[PageSize, Query(description="Notifications a page")] = 20,
        cause: Annotated[Cause | None, Query(description="Only those that failed for this")] = None,
        provider: Annotated[ProviderName | None, Query(description="Only those that failed at this one")] = None,
        day: Annotated[Day | None, Query(description="Only those that failed on this day (UTC)")] = None,
        cursor: Annotated[str | None, PageCursor(description="nextCursor of the page before")] = None,
    ) -> Response[str]:
        where = _filter(caller(app).tenant_id, cause, provider, day)
        found, more = services.dead_letters.find(where, limit=limit, after=from_cursor(cursor) if cursor else None)
        return success(DeadLetterPageAnswer, DeadLetterPage.from_domain(found, more=more))


def _add_replay_dead_letters(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/dlq/replay",
        compress=True,
        summary="Send dead letters again, up to 500 a call",
        description="Chooses dead letters either by `ids`, or by a filter (`cause`, `provider`, `day`), or all of "
        "them, and puts them back into their lanes with a new budget of retries, at a pace that leaves "
        "room for live traffic. `more` says that the filter matches more than this call took: call "
        "again. With an `Idempotency-Key`, a repeated call replays nothing a second time, even what has "
        "failed again meanwhile. `dryRun` only says what would be replayed.",
        operation_id="replayDeadLetters",
        tags=[tags.DEAD_LETTERS],
        responses=documented(
            HTTPStatus.OK, ReplayAnswer, "What became of each", [*refusals.WITH_BODY, refusals.TOO_FAST]
        ),
    )
    def replay_dead_letters(
        replay: Annotated[ReplayDeadLetters, Body()], idempotency_key: IdempotencyKey = None
    ) -> Response[str]:
        known = caller(app)
        ids, more = _selected_ids(services, known.tenant_id, replay)
        if replay.dry_run:
            results = services.dead_letters.dry_run_replay(known.tenant_id, ids, idempotency_key)
        else:
            request = Replay(by=known.key_id, why=replay.reason, key=idempotency_key)
            results = services.dead_letters.replay(known.tenant_id, ids, request)
        return success(ReplayAnswer, responses.Replay.from_domain(results, dry_run=replay.dry_run, more=more))


def _selected_ids(services: Services, tenant_id: str, replay: ReplayDeadLetters) -> tuple[list[str], bool]:
    if replay.ids is not None:
        return replay.ids, False
    where = _filter(tenant_id, replay.cause, replay.provider, replay.day)
    found, more = services.dead_letters.find(where, limit=replay.limit)
    return [each.id for each in found], more


def _filter(tenant_id: str, cause: Cause | None, provider: str | None, day: date | None) -> DeadLetterFilter:
    since = datetime.combine(day, time(), tzinfo=UTC) if day else None
    until = since + timedelta(days=1) if since and day != date.max else None
    return DeadLetterFilter(tenant_id=tenant_id, cause=cause, provider=provider, since=since, until=until)
