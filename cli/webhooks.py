"""``wavecom webhooks``: endpoints. A new secret goes to stdout alone, once, and everything else to stderr."""

import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.command import Run, command, group
from cli.errors import BAD_NEWS, UnreachableError, UsageError
from cli.output import clean, fields, moment, table
from cli.values import EventType, endpoint_id, header, past
from cli.webhook_deliveries import PATH, deliveries, retry, send_test

COUNTED_MAX = 10_000
"""The API counts missed events no further."""

app = group("Endpoints of your systems, which are told what became of notifications.")

EndpointId = Annotated[
    str, typer.Argument(parser=endpoint_id, metavar="ID", help="Its id, ep_ and 24 hex digits.", show_default=False)
]
Types = Annotated[list[EventType] | None, typer.Option("--type", help="Kind of events that it gets; may be repeated.")]
Headers = Annotated[
    list[str] | None,
    typer.Option("--header", parser=header, metavar="'NAME: VALUE'", help="Added to each delivery; may be repeated."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]


def list_endpoints(run: Run) -> None:
    """List the endpoints."""
    found = run.api.get(PATH)
    rows = [(each["id"], _state(each), ", ".join(each["types"]), each["url"], each["description"]) for each in found]
    heads = ("id", "state", "events", "url", "description")
    run.out.result(found, lambda: [table(*heads, rows=rows) if rows else "There are no endpoints."])


def add(
    run: Run,
    to: Annotated[str, typer.Argument(metavar="URL", help="Address that events are sent to, by POST.")],
    types: Types = None,
    description: Annotated[str | None, typer.Option(help="Purpose of the endpoint.")] = None,
    headers: Headers = None,
    metadata: Annotated[bool, typer.Option("--metadata", help="Send the metadata of notifications too.")] = False,
) -> None:
    """Make an endpoint and print its secret, once."""
    if not types:
        raise UsageError("Needs at least one --type", f"The kinds of events are: {', '.join(EventType)}.")
    body = _body(url=to, types=types, description=description, headers=headers, metadata=metadata or None)
    try:
        made = run.api.call("POST", PATH, body).data
    except UnreachableError as exc:
        if not exc.not_sent:
            exc.advice = "The endpoint may be there: wavecom webhooks list. Nobody knows its secret, so rotate it."
        raise
    run.out.note(f"Endpoint {made['id']} is made. Its secret is shown only now.")
    _print_secret(run, made)


def show(run: Run, identifier: EndpointId) -> None:
    """Show an endpoint, without its secret."""
    found = run.api.get(f"{PATH}/{identifier}")
    run.out.result(found, lambda: _detail(found))


def change(
    run: Run,
    identifier: EndpointId,
    to: Annotated[str | None, typer.Option(metavar="URL", help="Address that events are sent to.")] = None,
    types: Types = None,
    description: Annotated[str | None, typer.Option(help="Purpose of the endpoint; an empty one is removed.")] = None,
    headers: Headers = None,
    no_headers: Annotated[bool, typer.Option("--no-headers", help="Add no headers any more.")] = False,
    metadata: Annotated[
        bool | None, typer.Option("--metadata/--no-metadata", help="Send the metadata of notifications too, or not.")
    ] = None,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable", help="Send events to it, or none.")] = None,
) -> None:
    """Change an endpoint; what is left out stays as it is."""
    if headers and no_headers:
        raise UsageError("Either --header or --no-headers")
    body = _body(url=to, types=types, description=description, headers=headers, metadata=metadata, enabled=enabled)
    if no_headers:
        body["headers"] = {}
    if description == "":
        body["description"] = None
    if not body:
        raise UsageError("Needs something to change", "`wavecom webhooks change --help` lists what can be changed.")
    changed = run.api.call("PATCH", f"{PATH}/{identifier}", body).data
    run.out.result(changed, lambda: _detail(changed))


def remove(run: Run, identifier: EndpointId, yes: Yes = False) -> None:
    """Remove an endpoint; nothing more is sent to it."""
    found = run.api.get(f"{PATH}/{identifier}")
    if not yes and not run.out.confirmed(f"Remove the endpoint {found['url']}?"):
        _leave(run, "Nothing was removed; --yes removes without asking.", {"id": identifier, "message": None})
    done = run.api.call("DELETE", f"{PATH}/{identifier}").body
    run.out.result({"id": identifier, "message": done["message"]}, lambda: [clean(done["message"])])


def rotate(run: Run, identifier: EndpointId) -> None:
    """Give an endpoint a new secret and print it, once; for 24 hours the one before signs too."""
    try:
        rotated = run.api.call("POST", f"{PATH}/{identifier}/rotate").data
    except UnreachableError as exc:
        if not exc.not_sent:
            exc.advice = f"The secret may be replaced: wavecom webhooks show {identifier}. Then rotate it again."
        raise
    run.out.note(f"The secret before signs too until {moment(rotated['oldSecretUntil'])}. This one is shown only now.")
    _print_secret(run, rotated)


def recover(
    run: Run,
    identifier: EndpointId,
    since: Annotated[
        str, typer.Option(parser=past, metavar="TIME|AGE", help="Begin of what was missed, 14 days back at the most.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only.")] = False,
    yes: Yes = False,
) -> None:
    """Deliver what failed, and what came while the endpoint was disabled or not there yet."""
    path = f"{PATH}/{identifier}/recover"
    counted = run.api.call("POST", path, {"since": since, "dryRun": True}).data
    count = _events(counted["missed"])
    if dry_run or counted["missed"] == 0:
        run.out.result(counted, lambda: [f"{count} since then {'was' if counted['missed'] == 1 else 'were'} missed."])
        return
    if not yes and not run.out.confirmed(f"Deliver {count}?"):
        _leave(run, "Nothing was recovered; --yes recovers without asking.", counted)
    begun = run.api.call("POST", path, {"since": since}).data
    run.out.result(begun, lambda: [f"The recovery of {_events(begun['missed'])} has begun, in the background."])


def _leave(run: Run, text: str, document: dict[str, Any]) -> None:
    run.out.note(text)
    run.out.result(document, list)
    raise typer.Exit(BAD_NEWS)


def _events(count: int) -> str:
    return f"{count:,}{' or more' if count >= COUNTED_MAX else ''} event{'' if count == 1 else 's'}"


def _body(*, headers: Sequence[str] | None, **values: Any) -> dict[str, Any]:
    given = {name: value for name, value in values.items() if value is not None and value != []}
    if headers:
        given["headers"] = dict(each.split(": ", 1) for each in headers)
    return given


def _print_secret(run: Run, endpoint: dict[str, Any]) -> None:
    if run.out.as_json:
        run.out.json(endpoint)
    else:
        sys.stdout.write(clean(endpoint["secret"]) + "\n")


def _state(endpoint: dict[str, Any]) -> str:
    state = "enabled" if endpoint["enabled"] else f"disabled ({endpoint['disabledReason']})"
    failing = f", failing since {moment(endpoint['failingSince'])}" if endpoint["failingSince"] else ""
    return f"{state}{failing}{', recovering' if endpoint['recovering'] else ''}"


def _detail(endpoint: dict[str, Any]) -> Iterator[RenderableType]:
    yield fields(
        [
            ("id", endpoint["id"]),
            ("url", endpoint["url"]),
            ("description", endpoint["description"]),
            ("state", _state(endpoint)),
            ("events", ", ".join(endpoint["types"])),
            ("headers", ", ".join(endpoint["headers"])),
            ("metadata", "sent with events" if endpoint["metadata"] else None),
            ("old secret until", moment(endpoint["oldSecretUntil"])),
            ("made", moment(endpoint["createdAt"])),
            ("changed", moment(endpoint["updatedAt"])),
        ]
    )


command(app, "list")(list_endpoints)
command(app, "add")(add)
command(app, "show")(show)
command(app, "change")(change)
command(app, "remove")(remove)
command(app, "rotate")(rotate)
command(app, "test")(send_test)
command(app, "recover")(recover)
command(app, "deliveries")(deliveries)
command(app, "retry")(retry)
