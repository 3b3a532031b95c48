"""The route of the feed."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from annotated_types import Interval
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BeforeValidator

from wavecom.application.events.feed import WAIT_MAX, CursorExpiredError
from wavecom.domain.events.event import EventType, FeedPage
from wavecom.http.events.responses import EventPage, EventPageAnswer
from wavecom.http.fields.events import EVENT_STREAM, LATEST, FeedStart, asks_for_stream, read_types
from wavecom.http.fields.numbers import digits
from wavecom.http.framework.errors import FieldError, GoneError, InvalidRequestError, NotAcceptableError
from wavecom.http.framework.middleware import caller
from wavecom.http.framework.responses import success
from wavecom.http.openapi import refusals, tags
from wavecom.http.openapi.operations import documented
from wavecom.http.services import FeedServices

FeedLimit = Annotated[int, Interval(ge=1, le=500), BeforeValidator(digits)]
WaitSeconds = Annotated[int, Interval(ge=0, le=int(WAIT_MAX.total_seconds())), BeforeValidator(digits)]
After = Annotated[
    FeedStart | None,
    Query(
        description=f"nextCursor of a page, or cursor of an event; `{LATEST}` for what comes from now on",
        examples=["4711"],
    ),
]
ChosenTypes = Annotated[
    list[str] | None,
    Query(
        min_length=1,
        max_length=len(EventType),
        description="Kinds of events, separated by commas or given several times; all without it",
        examples=[["notification.sent", "notification.failed"]],
    ),
]


def add_event_routes(app: ApiGatewayResolver, services: FeedServices) -> None:
    """Add the feed to ``app``."""

    @app.get(
        "/api/events",
        compress=True,
        summary="Read what became of your notifications",
        description="Events in an order that never changes, each at least once: whoever goes on with `nextCursor` "
        "misses none. Without `after` it begins with the oldest event that is kept, for 15 days. The first call turns "
        "the feed on: events are written from five seconds after it, and for as long as somebody reads. "
        f"To `Accept: {EVENT_STREAM}` the local server answers with a stream of the same events, from `Last-Event-ID` "
        "on.",
        operation_id="readEvents",
        tags=[tags.EVENTS],
        responses=documented(
            HTTPStatus.OK,
            EventPageAnswer,
            "Events, perhaps none",
            [*refusals.ALWAYS, refusals.NO_STREAMS, refusals.CURSOR_EXPIRED],
        ),
    )
    def read_events(
        after: After = None,
        types: ChosenTypes = None,
        limit: Annotated[FeedLimit, Query(description="Events a page")] = 100,
        wait: Annotated[WaitSeconds, Query(description="Seconds to wait for an event where there is none yet")] = 0,
    ) -> Response[str]:
        if asks_for_stream(app.current_event.headers):  # the local server streams before this is asked
            raise NotAcceptableError(refusals.NO_STREAMS.message)
        chosen = _types(types or ())
        page = _page(services, caller(app).tenant_id, after, chosen, limit, wait)
        return success(EventPageAnswer, EventPage.from_domain(page))


def _types(given: Sequence[str]) -> Collection[EventType]:
    try:
        return read_types(given)
    except ValueError:
        problem = FieldError("types", "must be kinds of events, separated by commas")
        raise InvalidRequestError("The request is not valid", [problem]) from None


def _page(
    services: FeedServices, tenant_id: str, after: str | None, types: Collection[EventType], limit: int, wait: int
) -> FeedPage:
    try:
        start = services.feed.latest(tenant_id) if after == LATEST else int(after) if after else None
        return services.feed.read(tenant_id, after=start, types=types, limit=limit, wait=timedelta(seconds=wait))
    except CursorExpiredError as exc:
        raise GoneError(str(exc), [FieldError("after", str(exc.oldest))]) from exc
