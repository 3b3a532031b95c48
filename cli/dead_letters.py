"""``wavecom dlq``: list dead letters, and send them again.

A replay walks the list by cursor, from the latest failure back, and replays each step's letters by id. So every
dead letter is replayed once, even if it fails again before the walk is over. A call that is repeated with its
Idempotency-Key, because its answer was lost, reports for each letter whether the first call replayed it.
"""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from cli.command import Run, command, group
from cli.errors import BAD_NEWS, CliError, UsageError
from cli.listing import show_list
from cli.output import clean, styled, table
from cli.paging import All, Limit, Pages
from cli.values import Cause, day, notification_id, provider
from cli.views import HEADER, line

BATCH_MAX: Final = 500
"""The most letters that one call replays."""
MAX_TRIES: Final = 30
"""The most tries of one call: the service limits the rate of replays, and says how long to wait."""
MEANINGS: Final = {
    "replayed": "queued again",
    "already_replayed": "queued again by an earlier try of the same call",
    "would_replay": "would be queued again",
    "not_dead": "not FAILED any more, so left alone",
    "not_found": "there is no such notification",
}

app = group("Dead letters: notifications that FAILED.")

CauseOption = Annotated[Cause | None, typer.Option(case_sensitive=False, help="Only this cause.")]
ProviderOption = Annotated[
    str | None, typer.Option("--provider", parser=provider, metavar="NAME", help="Only failures at this provider.")
]
DayOption = Annotated[
    str | None, typer.Option("--day", parser=day, metavar="DAY", help="Only failures on this day, UTC: 2026-01-31.")
]


def list_dead_letters(
    run: Run,
    cause: CauseOption = None,
    of_provider: ProviderOption = None,
    on_day: DayOption = None,
    letters: Annotated[bool, typer.Option("--notifications", help="List the letters, not the groups.")] = False,
    limit: Limit = 20,
    everything: All = False,
) -> None:
    """Show the dead letters, counted by day, cause and provider."""
    filters = {"cause": cause, "provider": of_provider, "day": on_day}
    if letters:
        show_list(run, _pages(run, filters, None if everything else limit), _line, HEADER)
        return
    groups = _matching(run, filters)
    total = sum(each["count"] for each in groups)
    rows = [(each["day"], each["cause"], each["provider"] or "none asked", each["count"]) for each in groups]

    def show() -> Iterator[RenderableType]:
        yield table("day (UTC)", "cause", "provider", "letters", rows=rows) if rows else "No dead letters."
        if rows:
            yield f"{total} in all."

    run.out.result({"total": total, "groups": groups}, show)


def _line(letter: dict[str, Any]) -> Text:
    return Text.assemble(line(letter), "  ", (f"{clean(letter.get('cause'))} {clean(letter.get('provider'))}", "dim"))


def _pages(run: Run, filters: dict[str, str | None], limit: int | None = None) -> Pages:
    return Pages(run.api, "/api/dlq/notifications", "notifications", filters, limit)


def _matching(run: Run, filters: dict[str, str | None]) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = run.api.get("/api/dlq")["groups"]
    return [each for each in groups if all(value in (None, each[name]) for name, value in filters.items())]


def replay(
    run: Run,
    ids: Annotated[
        list[str] | None, typer.Argument(parser=notification_id, metavar="[ID]...", show_default=False)
    ] = None,
    cause: CauseOption = None,
    of_provider: ProviderOption = None,
    on_day: DayOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Every dead letter.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be replayed.")] = False,
    reason: Annotated[str | None, typer.Option(help="Reason, for the audit trail.")] = None,
    at_once: Annotated[int, typer.Option("--batch", min=1, max=BATCH_MAX, help="Letters per call.")] = BATCH_MAX,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Replay without asking.")] = False,
) -> None:
    """Send dead letters again: by id, by --cause, --provider and --day, or --all."""
    filters = {"cause": cause, "provider": of_provider, "day": on_day}
    filtered = any(value is not None for value in filters.values())
    if bool(ids) + filtered + everything != 1:
        raise UsageError("Needs either ids, or a filter (--cause, --provider, --day), or --all")
    expected = len(set(ids)) if ids else sum(each["count"] for each in _matching(run, filters))
    if not (yes or dry_run):
        _confirm(run, expected)
    results: dict[str, str] = {}
    try:
        _replay_all(run, _batches(run, ids, filters, at_once), expected, results, dry_run=dry_run, reason=reason)
    except (CliError, KeyboardInterrupt) as exc:
        if isinstance(exc, CliError):
            exc.so_far = _summary(results, dry_run=dry_run)
        if results and not run.out.as_json:
            run.out.result(None, lambda: _table(results, by_id=bool(ids)))
        raise
    run.out.result(_summary(results, dry_run=dry_run), lambda: _table(results, by_id=bool(ids)))
    if ids and not all(result in {"replayed", "already_replayed", "would_replay"} for result in results.values()):
        raise typer.Exit(BAD_NEWS)


def _confirm(run: Run, expected: int) -> None:
    if not run.out.confirmed(f"Send {expected} dead letter{'' if expected == 1 else 's'} again?"):
        run.out.note("Nothing was replayed; --yes replays without asking.")
        run.out.result(_summary({}, dry_run=False), list)
        raise typer.Exit(BAD_NEWS)


def _batches(run: Run, ids: Sequence[str] | None, filters: dict[str, str | None], at_once: int) -> Iterator[list[str]]:
    """Yield batches of up to ``at_once`` ids: the given ones, or those of all pages of a filter."""
    waiting = iter(dict.fromkeys(ids)) if ids else (each["_id"] for each in _pages(run, filters).items())
    while batch := list(islice(waiting, at_once)):
        yield batch


def _replay_all(
    run: Run, batches: Iterator[list[str]], expected: int, results: dict[str, str], *, dry_run: bool, reason: str | None
) -> None:
    """Replay batch after batch into ``results``, which keeps finished batches even if an error ends it."""
    columns = (TextColumn("Replaying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=run.out.notes, disable=not run.out.notes.is_terminal) as progress:
        task = progress.add_task("", total=expected)
        for batch in batches:
            body = {"ids": batch, "dryRun": dry_run, **({"reason": reason} if reason is not None else {})}
            key = f"wavecom-cli-{uuid.uuid4()}"
            answer = run.api.call("POST", "/api/dlq/replay", body, idempotency_key=key, tries=MAX_TRIES)
            results |= {each["id"]: each["result"] for each in answer.data["results"]}
            progress.update(task, completed=len(results), total=max(expected, len(results)))


def _summary(results: dict[str, str], *, dry_run: bool) -> dict[str, Any]:
    return {
        "dryRun": dry_run,
        "counts": dict(Counter(results.values())),
        "results": [{"id": each, "result": result} for each, result in results.items()],
    }


def _table(results: dict[str, str], *, by_id: bool) -> Iterator[RenderableType]:
    if not results:
        yield "There is nothing to replay."
    elif by_id:
        rows = [(each, styled(result), MEANINGS.get(result, "")) for each, result in results.items()]
        yield table("id", "result", "meaning", rows=rows)
    else:
        counted = [(result, count, MEANINGS.get(result, "")) for result, count in Counter(results.values()).items()]
        yield table("result", "letters", "meaning", rows=counted)


command(app, "list")(list_dead_letters)
command(app, "replay")(replay)
