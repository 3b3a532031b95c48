"""Show a run's figures: a table on the terminal, and the page docs/reliability.md."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Template
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from chaos.kind import KINDS
from local.config import PROJECT

PAGE: Final = PROJECT / "docs" / "reliability.md"
FIGURES: Final = PROJECT / "docs" / "reliability.json"
COLUMNS: Final = (
    "fault",
    "policy",
    "accepted",
    "finished",
    "lost",
    "sent twice",
    "not explained",
    "failed",
    "never sent",
    "recovery",
)
Results = dict[str, Any]
Row = tuple[str, ...]


def print_phases(results: Results, console: Console) -> None:
    """Print a table for each kind of stack."""
    for kind, phases in _by_kind(results["phases"]).items():
        table = Table(title=KINDS[kind].title, title_justify="left", box=None)
        for number, column in enumerate(COLUMNS):
            table.add_column(column, justify="left" if number < 2 else "right")
        for phase in phases:
            for row in _rows(phase):
                table.add_row(*row)
        console.print(table)


def print_scenario(results: Results, console: Console) -> None:
    """Print the figures of scenarios, a line each."""
    for name, figures in results.items():
        console.print(name, style="bold")
        for what, value in figures.items():
            console.print(f"  {what}: {value}", markup=False)


def write_report(results: Results) -> None:
    """Write docs/reliability.md and its figures."""
    FIGURES.write_text(json.dumps(results, indent=2) + "\n")
    PAGE.write_text(_page(results))


def _by_kind(phases: Iterable[Results]) -> dict[str, list[Results]]:
    kinds: dict[str, list[Results]] = {}
    for phase in phases:
        kinds.setdefault(phase["kind"], []).append(phase)
    return kinds


def _rows(phase: Results) -> Iterator[Row]:
    if "skipped" in phase:
        yield (phase["title"], f"left out: {phase['skipped']}", *[""] * (len(COLUMNS) - 2))
        return
    for number, each in enumerate(phase["policies"]):
        failed = sum(each["failedByCause"].values())
        held = each["failedByCause"].get("unknown", 0)
        yield (
            phase["title"] if number == 0 else "",
            each["policy"],
            f"{each['accepted']:,}",
            f"{each['finished']:,}",
            str(each["lost"]),
            str(each["sentTwice"]),
            str(each["sentTwiceUnexplained"]),
            str(failed),
            str(held - each["heldThoughSent"]),
            f"{phase['recoverySeconds']:.0f} s" if number == 0 and phase["seconds"] else "",
        )


def _page(results: Results) -> str:
    about = results["about"]
    parts = [*results["phases"], *(results[name] for name in ("failover", "limit", "webhooks") if name in results)]
    template = Template(Path(__file__).with_name("page.md").read_text())
    return template.substitute(
        rate=f"{about['rate']:g}",
        seconds=f"{about['secondsPerFault']:g}",
        seed=about["seed"],
        began=about["began"],
        ended=about["ended"],
        machine=about["machine"],
        versions="\n".join(f"- {name} {version}" for name, version in about["versions"].items()),
        comparisons=len(parts),
        broken=sum(bool(part["broken"]) for part in parts) or "none",
        tables="\n".join(line for kind, phases in _by_kind(results["phases"]).items() for line in _table(kind, phases)),
        scenarios="\n".join(
            [*_failover(results.get("failover")), *_limit(results.get("limit")), *_webhooks(results.get("webhooks"))]
        ),
    )


def _table(kind: str, phases: Iterable[Results]) -> Iterator[str]:
    yield from (f"### {KINDS[kind].title}", "", KINDS[kind].about, "")
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"| --- | --- |{' ---: |' * (len(COLUMNS) - 2)}"
    for phase in phases:
        for row in _rows(phase):
            yield f"| {' | '.join(row)} |"
    yield ""


def _failover(one: Results | None) -> Iterator[str]:
    if one is None:
        return
    failed, again = sum(one["failedByCause"].values()), one["usedAgainAfterSeconds"]
    yield from (
        "### A provider dies and comes back",
        "",
        f"One of three providers refused connections for {one['awaySeconds']:g} s at {one['rate']:g} notifications",
        f"a second. Of {one['accepted']:,} notifications {failed} failed and {one['lost']} were lost. The breaker",
        f"opened after {one['openedAfterSeconds']} s; from 2 s after that the dead provider got",
        f"{one['ofTheseWhileOpen']} calls, where {one['trialsAllowed']} trials are allowed.",
    )
    if again is not None:
        yield f"It was used again {again} s after it was back."
    yield from ("", "| accepted | count | p50 to SENT | p99 to SENT |", "| --- | ---: | ---: | ---: |")
    for when in ("before", "during"):
        yield f"| {when} | {one[when]['count']:,} | {one[when]['p50Ms']} ms | {one[when]['p99Ms']} ms |"
    yield ""


def _limit(one: Results | None) -> Iterator[str]:
    if one is None:
        return
    used = ", ".join(f"{name} {rate:g}" for name, rate in one["usedPerSecond"].items())
    failed = sum(one["failedByCause"].values())
    yield from (
        "### A provider with a rate limit",
        "",
        f"One of three providers, preferred a hundred to one, was set to {one['perSecond']} a second and itself",
        f"answered 429 beyond {one['ownLimit']} in any second, at {one['rate']:g} notifications a second. Over",
        f"{one['steadySeconds']:g} s the providers took, a second: {used}. The limited one took",
        f"{one['mostInOneSecond']} in one second at the most and answered 429 to {one['answers429']} of",
        f"{one['calls']:,} calls. {failed} notifications failed, {one['lost']} were lost.",
        "",
    )


def _webhooks(one: Results | None) -> Iterator[str]:
    if one is None:
        return
    yield from (
        "### Webhooks",
        "",
        "Consumers of webhooks and of notifications, the API, the broker and the database were killed, frozen and",
        f"emptied at {one['rate']:g} notifications a second, while endpoints behaved as the table says. Then all were",
        f"mended and recovered. Every one of {one['events']:,} events of the audit trail arrived at each endpoint that",
        "was up in the end, nothing at another tenant's and nothing after removal; what came again had the same id.",
        "",
        "| endpoint | accepted deliveries | of these again |",
        "| --- | ---: | ---: |",
    )
    for name, count in one["deliveries"].items():
        yield f"| {name} | {count:,} | {one['deliveredAgain'][name]:,} |"
    yield ""
