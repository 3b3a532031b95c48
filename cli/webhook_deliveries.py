"""``wavecom webhooks test``, ``deliveries`` and ``retry``: what is sent to an endpoint, and what it answers."""

import time
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType

from cli.command import Run
from cli.errors import BAD_NEWS
from cli.listing import MORE
from cli.output import clean, duration, fields, moment, styled, table
from cli.paging import All, Limit, Pages
from cli.values import endpoint_id, event_id

PATH: Final = "/api/webhooks"
POLL_SECONDS: Final = 1.0

EndpointId = Annotated[
    str,
    typer.Argument(
        parser=endpoint_id, metavar="ID", help="The endpoint's id, ep_ and 24 hex digits.", show_default=False
    ),
]
EventId = Annotated[
    str, typer.Argument(parser=event_id, metavar="EVENT", help="The event's id, evt_ and more.", show_default=False)
]


class Undelivered(StrEnum):
    """The state of a delivery that has not succeeded."""

    PENDING = "pending"
    FAILED = "failed"


def send_test(
    run: Run,
    identifier: EndpointId,
    wait: Annotated[float, typer.Option(min=0, help="Most seconds to wait for what it answers.")] = 20,
) -> None:
    """Send an endpoint a test, and show what it answers; anything but success exits with 1."""
    event = run.api.call("POST", f"{PATH}/{identifier}/test").data["eventId"]
    path = f"{PATH}/{identifier}/deliveries/{event}"
    ends_at = time.monotonic() + wait
    delivery = run.api.get(path)
    while not delivery["attempts"] and time.monotonic() < ends_at:
        time.sleep(min(POLL_SECONDS, max(0.0, ends_at - time.monotonic())))
        delivery = run.api.get(path)
    run.out.result(delivery, lambda: _detail(delivery))
    if delivery["status"] != "succeeded":
        raise typer.Exit(BAD_NEWS)


def deliveries(
    run: Run,
    identifier: EndpointId,
    event: Annotated[
        str | None, typer.Argument(parser=event_id, metavar="[EVENT]", help="Only this one, with its attempts.")
    ] = None,
    status: Annotated[Undelivered | None, typer.Option(help="Only those that wait, or have failed.")] = None,
    limit: Limit = 20,
    everything: All = False,
) -> None:
    """List an endpoint's deliveries, newest first, or show one with its attempts and what was sent."""
    path = f"{PATH}/{identifier}/deliveries"
    if event is not None:
        found = run.api.get(f"{path}/{event}")
        run.out.result(found, lambda: _detail(found))
        return
    pages = Pages(run.api, path, "deliveries", {"status": status}, None if everything else limit)
    listed = list(pages.items())
    heads = ("created", "event", "type", "status", "attempts", "last answer", "took", "next attempt")
    rows = [_row(each) for each in listed]
    run.out.result(
        {"deliveries": listed, "more": pages.more},
        lambda: [table(*heads, rows=rows) if rows else "There are no such deliveries."],
    )
    if pages.more and not run.out.as_json:
        run.out.note(MORE)


def retry(run: Run, identifier: EndpointId, event: EventId) -> None:
    """Attempt a delivery once more, at once and whatever became of it."""
    again = run.api.call("POST", f"{PATH}/{identifier}/deliveries/{event}/retry").data
    shown = f"wavecom webhooks deliveries {identifier} {clean(again['eventId'])} shows what comes of it."
    run.out.result(again, lambda: [f"It is on its way. {shown}"])


def _row(delivery: dict[str, Any]) -> tuple[object, ...]:
    last = delivery["attempts"][-1] if delivery["attempts"] else None
    return (
        moment(delivery["createdAt"]),
        delivery["eventId"],
        delivery["eventType"],
        styled(delivery["status"]),
        delivery["attemptCount"],
        _answered(last) if last else "",
        duration(last["durationMs"] / 1000) if last else "",
        moment(delivery["nextAttemptAt"]),
    )


def _answered(attempt: dict[str, Any]) -> object:
    return attempt["error"] if attempt["status"] is None else str(attempt["status"])


def _detail(delivery: dict[str, Any]) -> Iterator[RenderableType]:
    yield fields(
        [
            ("event", delivery["eventId"]),
            ("type", delivery["eventType"]),
            ("status", styled(delivery["status"])),
            ("attempts", delivery["attemptCount"]),
            ("created", moment(delivery["createdAt"])),
            ("next attempt", moment(delivery["nextAttemptAt"])),
        ]
    )
    if attempts := delivery["attempts"]:
        yield ""
        rows = [
            (moment(each["at"]), _answered(each), duration(each["durationMs"] / 1000), each["answer"])
            for each in attempts
        ]
        yield table("attempt", "answered", "took", "answer begins", rows=rows)
    if delivery["payload"] is not None:
        yield ""
        yield clean(delivery["payload"])
