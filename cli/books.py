"""``wavecom ledger``, ``audit``, ``providers`` and ``policy``."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.text import Text

from cli.command import Run, command
from cli.errors import BAD_NEWS
from cli.output import clean, moment, styled, table
from cli.values import IN_SANDBOX, OnUnknown, past

COLUMNS = ("accepted", "sent", "failed", "cancelled", "expired", "inFlight")

AllTenants = Annotated[bool, typer.Option("--all-tenants", help="Include all tenants; needs an operator's key.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    command(app, "ledger")(ledger)
    command(app, "audit")(audit)
    command(app, "providers")(providers)
    command(app, "policy")(policy)


def ledger(
    run: Run,
    minutes: Annotated[int, typer.Option(min=1, max=60, help="Minutes to show, up to the present one.")] = 60,
    all_tenants: AllTenants = False,
) -> None:
    """Show the result of everything accepted; exit code 1 if the ledger does not balance."""
    found = run.api.get("/api/ledger", {"minutes": minutes, "allTenants": all_tenants or None})
    run.out.result(found, lambda: _ledger(found))
    if not all(each["balanced"] for each in (*found["minutes"], found["total"])):
        raise typer.Exit(BAD_NEWS)


def _ledger(found: dict[str, Any]) -> Iterator[RenderableType]:
    lines = [*((moment(each["minute"])[:16], each) for each in found["minutes"]), ("all time", found["total"])]
    rows = [
        (name, *(each[column] for column in COLUMNS), styled("ok" if each["balanced"] else "failed"))
        for name, each in lines
    ]
    heads = ("accepted", "sent", "failed", "cancelled", "expired", "in flight")
    yield table("minute (UTC)", *heads, "balance", rows=rows)
    for name, each in lines:
        if not each["balanced"]:
            missing = each["accepted"] - sum(each[column] for column in COLUMNS[1:])
            text = f"{name}: {abs(missing)} {'missing' if missing > 0 else 'too many'} of {each['accepted']} accepted."
            yield Text(text, style="red")


def audit(
    run: Run,
    since: Annotated[
        str,
        typer.Option(
            parser=past, metavar="WHEN", help="Start: 2026-01-31T09:30:00Z, 2026-01-31, or 24h for a day ago."
        ),
    ],
    until: Annotated[str, typer.Option(parser=past, metavar="WHEN", help="End, exclusive; default: now.")] = "0s",
    all_tenants: AllTenants = False,
) -> None:
    """Verify the audit trails of notifications accepted in a period; exit code 1 at the first broken link."""
    query = {"since": since, "until": until, "allTenants": all_tenants or None}
    counts = {"notifications": 0, "entries": 0}
    cursor, broken = None, None
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=run.out.notes, transient=True, disable=not run.out.notes.is_terminal) as progress:
        task = progress.add_task("Verifying", total=None)
        while True:
            found = run.api.get("/api/audit", {**query, "cursor": cursor})
            for name in counts:
                counts[name] += found[name]
            progress.update(task, description=f"{counts['notifications']} notifications verified")
            cursor, broken = found["nextCursor"], found["broken"]
            if cursor is None or broken:
                break
    run.out.result({**counts, "broken": broken, "since": since, "until": until}, lambda: _verified(counts, broken))
    if broken:
        raise typer.Exit(BAD_NEWS)


def _verified(counts: dict[str, int], broken: dict[str, Any] | None) -> Iterator[RenderableType]:
    counted = f"{counts['notifications']} notifications with {counts['entries']} audit entries"
    if not broken:
        yield Text(f"{counted} verified: no entry was changed, and none is missing.", style="green")
        return
    number, identifier = clean(broken["sequence"]), clean(broken["notificationId"])
    yield Text(f"Audit entry {number} of notification {identifier} {clean(broken['problem'])}.", style="red")
    yield f"{counted} were verified up to there. See: wavecom status {identifier}"


def providers(run: Run) -> None:
    """Show the state of the providers; needs an operator's key."""
    found = run.api.get("/api/providers")
    run.out.result(found, lambda: _providers(found))


def _providers(found: Sequence[dict[str, Any]]) -> Iterator[RenderableType]:
    rows = [
        (
            each["name"],
            each["type"],
            each["weight"],
            each["effectiveWeight"],
            styled(each["breaker"]),
            moment(each["breakerOpenedAt"]),
            f"{sum(each['outcomes'].values())}",
            f"{each['failureRate']} %",
            each["averageMs"],
            "none" if each["perSecond"] is None else f"{each['perSecond']:g}/s",
        )
        for each in found
    ]
    heads = ("provider", "type", "weight", "effective", "breaker", "opened last", "attempts", "failures", "ms", "limit")
    yield table(*heads, rows=rows)
    yield Text("Attempts, failures and ms are those of the last five minutes, over all tenants.", style="dim")
    for each in found:
        if each.get("inSandbox"):
            yield Text(f"{clean(each['name'])} {IN_SANDBOX}.", style="yellow")
    changes = [
        (moment(change["at"]), each["name"], change["factor"], change["reason"])
        for each in found
        for change in each["weightChanges"]
    ]
    if changes:
        yield ""
        newest_first = sorted(changes, key=lambda change: str(change[0]), reverse=True)
        yield table("when", "provider", "factor", "reason", rows=newest_first, title="Weight changes")


def policy(
    run: Run,
    on_unknown: Annotated[OnUnknown | None, typer.Argument(help="New policy.", show_default=False)] = None,
    contact: Annotated[
        str | None,
        typer.Option(help="Address of email to which WaveCom itself writes; empty for none.", show_default=False),
    ] = None,
) -> None:
    """Show or set the policy for notifications that may or may not have been sent, and whom WaveCom writes to."""
    found = run.api.get("/api/policy")
    if on_unknown is not None or contact is not None:
        wanted = {"onUnknown": on_unknown or found["onUnknown"]}
        if contact is not None:
            wanted["contact"] = contact or None
        found = run.api.call("PUT", "/api/policy", wanted).data
        run.out.note("In force within 30 s.")
    meaning = {"resend": "rather twice than never", "hold": "rather never than twice; it waits for a person"}
    chosen, contact = found["onUnknown"], found["contact"]
    lines = [f"{clean(chosen)}: {meaning.get(chosen, '')}"]
    run.out.result(found, lambda: [*lines, *([f"Contact: {clean(contact)}"] if contact else [])])
