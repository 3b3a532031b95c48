"""Write docs/performance.md and its plots from the kept results."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from string import Template
from textwrap import fill
from typing import Any, Final

from benchmarks import cost, end_to_end
from benchmarks.plots import draw
from benchmarks.result import FOLDER, Figures, Result, read
from benchmarks.targets import HIGH, STANDARD, Latest, judged
from local.config import PROJECT

PAGE: Final = PROJECT / "docs" / "performance.md"
TEMPLATE: Final = Path(__file__).parent / "page.md"
REASONS: Final = Path(__file__).parent / "reasons.json"
EARLIER: Final = FOLDER / "earlier"
"""Completed runs, a file each, in the order of their names."""
MISSING: Final = "not measured"
WIDTH: Final = 120

Row = Sequence[object]


def write(parts: Iterable[str]) -> None:
    """Write the page and draw the plots. Raises `LookupError` if nothing was ever measured."""
    results = read()
    if not results:
        raise LookupError("Nothing was measured yet")
    draw(results)
    PAGE.write_text(page(results, [read(file) for file in sorted(EARLIER.glob("*.jsonl"))], parts))


def page(results: Sequence[Result], earlier: Sequence[Sequence[Result]], parts: Iterable[str]) -> str:
    """Return the page."""
    latest = Latest(results)
    last = results[-1]
    return Template(TEMPLATE.read_text()).substitute(
        machine=last.machine,
        began=min(each.at for each in results),
        ended=last.at,
        versions="\n".join(f"- {name}: {version}" for name, version in last.versions.items()),
        targets=_targets(latest),
        misses=_misses(latest),
        mix=(
            f"{end_to_end.SINGLES:.0%} of the notifications in requests of their own, the others {end_to_end.SIZE} a "
            f"request;\nall channels, a tenth CRITICAL or HIGH; providers of {end_to_end.LATENCY_MS} ms."
        ),
        end_to_end=_end_to_end(results),
        accept=_accept(latest),
        deliver=_deliver(latest),
        own=_or_missing(lambda: latest.figures("micro")["ownCpuMs"]),
        growth=_growth(results),
        growth_note=fill(_reason("growth-note"), WIDTH, break_on_hyphens=False),
        memory=_or_missing(lambda: latest.figures("deliver", latencyMs=200)["memoryMb"]),
        cold_start=_cold_start(results),
        before_and_after=_before_and_after([*earlier, results]),
        api_processes=_reason("api-processes"),
        consumers=_reason("consumers"),
        cost=_cost(latest),
        prices_as_of=json.loads(cost.PRICES.read_text())["asOf"],
        parts=", ".join(parts),
    )


def table(heads: Row, rows: Iterable[Row]) -> str:
    """Return a Markdown table with its first column aligned left and all others right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _reason(name: str) -> str:
    texts: dict[str, str] = json.loads(REASONS.read_text())
    return texts[name]


def _or_missing(figure: Callable[[], Any]) -> str:
    try:
        return str(figure())
    except LookupError:
        return MISSING


def _targets(latest: Latest) -> str:
    rows = [
        (
            target.what,
            target.wanted,
            verdict.figure if verdict else MISSING,
            ("met" if verdict.met else "**missed**") if verdict else "",
        )
        for target, verdict in judged(latest).values()
    ]
    lines = [("target", "wanted", "figure", ""), ("---", "---", "---", "---"), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _misses(latest: Latest) -> str:
    missed = [target for target, verdict in judged(latest).values() if verdict and not verdict.met]
    told = dict.fromkeys(target.reason for target in missed)
    if not told:
        return ""
    lines = [fill(f"- {_reason(name)}", WIDTH, subsequent_indent="  ", break_on_hyphens=False) for name in told]
    return "\n".join(["Why, and what was tried:", "", *lines, ""])


def _share(cpu: Figures, *names: str) -> str:
    return f"{sum(value for name, value in cpu.items() if name.startswith(names)):.2f}"


def _end_to_end(results: Sequence[Result]) -> str:
    wanted = {
        (each.parameters["broker"], each.parameters.get("rate"), each.parameters.get("seconds")): each.figures
        for each in results
        if each.what in ("end-to-end", "end-to-end.step")
    }
    rows = [(broker, f"{rate:,}/s for {seconds} s", *_run(found)) for (broker, rate, seconds), found in wanted.items()]
    rows += [("rabbitmq", "50,000 at once", *_run(each.figures)) for each in results[-40:] if each.what == "burst"][-1:]
    heads = (
        *("broker", "load", "delivered/s", "high p50, p99 (ms)", "standard p50, p99 (ms)", "backlog at the end"),
        *("lost", "twice", "own (ms)", "database (ms)", "broker (ms)", "others (%)"),
    )
    return table(heads, rows)


def _run(found: Figures) -> Row:
    cpu = found["cpuMs"]
    lanes = [found["acceptedToSentMs"][lane] for lane in (HIGH, STANDARD)]
    return (
        f"{found['deliveredPerSecond']:,.0f}",
        *(f"{lane['p50']:,.0f}, {lane['p99']:,.0f}" if lane else MISSING for lane in lanes),
        f"{found['backlogAtEnd']:,}{' (grows)' if found.get('backlogGrows') else ''}",
        found["lost"],
        found["twice"],
        f"{found['ownCpuMs']:.2f}",
        _share(cpu, "mongodb"),
        _share(cpu, "rabbitmq", "aws"),
        found["othersPercent"],
    )


def _accept(latest: Latest) -> str:
    rows: list[Row] = []
    for name, what in (
        ("single, 32 connections, saturated", "accept.single"),
        ("single, 200/s", "accept.steady"),
        ("batch of 500, 4 connections, saturated", "accept.batch"),
    ):
        try:
            found = latest.figures(what)
        except LookupError:
            continue
        spread = found["requestMs"]
        accepted = f"{found['acceptedPerSecond']:,.0f}" if "acceptedPerSecond" in found else "200"
        own = f"{found['ownCpuMs']:.2f}" if "ownCpuMs" in found else ""
        rows.append((name, accepted, *(f"{spread[p]:,.0f}" for p in ("p50", "p95", "p99")), own))
    steps: list[Row] = []
    for size in (1, 500):
        try:
            found = latest.figures("accept.steps", size=size)
        except LookupError:
            continue
        total = found["totalMs"]
        names = ("validationAndAnswerMs", "transactionMs", "publishMs")
        steps.append((size, f"{total:,.1f}", *(f"{found[name]:,.1f} ({found[name] / total:.0%})" for name in names)))
    heads = ("POST", "accepted/s", "p50 (ms)", "p95 (ms)", "p99 (ms)", "own processor time (ms)")
    shares = ("notifications a POST", "ms", "validation and answer", "transaction", "publish")
    return f"{table(heads, rows)}\n\nOne request after the other, and the share of each step:\n\n{table(shares, steps)}"


def _deliver(latest: Latest) -> str:
    rows: list[Row] = []
    for latency in (0, 200):
        try:
            found = latest.figures("deliver", latencyMs=latency)
        except LookupError:
            continue
        rows.append((latency, f"{found['deliveredPerSecond']:,.0f}", found["sendsAtOnce"], f"{found['ownCpuMs']:.2f}"))
    heads = ("latency of providers (ms)", "delivered/s by one consumer", "sends at once", "own processor time (ms)")
    return table(heads, rows)


def _growth(results: Sequence[Result]) -> str:
    sizes = {each.parameters["stored"]: each.figures for each in results if each.what == "growth"}
    if not sizes:
        return MISSING
    names = list(next(iter(sizes.values())))
    rows = [(name.removesuffix("Ms"), *(sizes[size].get(name, "-") for size in sorted(sizes))) for name in names]
    return table(("call", *(f"{size:,}" for size in sorted(sizes))), rows)


def _cold_start(results: Sequence[Result]) -> str:
    found = {
        (each.parameters["function"], each.parameters["broker"]): each.figures
        for each in results
        if each.what == "cold-start"
    }
    rows = [
        (
            f"{function} ({broker})",
            figures["initMs"],
            figures["memoryMb"],
            ", ".join(f"{name} {took}" for name, took in figures["largestImportsMs"].items()),
        )
        for (function, broker), figures in found.items()
    ]
    return table(("function", "ms", "MB", "largest imports (ms)"), rows)


def _before_and_after(runs: Sequence[Sequence[Result]]) -> str:
    compared: tuple[tuple[str, str, dict[str, object], str], ...] = (
        ("single POSTs/s", "accept.single", {}, "acceptedPerSecond"),
        ("own processor time of a single POST (ms)", "accept.single", {}, "ownCpuMs"),
        ("batch POST, notifications/s", "accept.batch", {}, "acceptedPerSecond"),
        ("one consumer at 0 ms, delivered/s", "deliver", {"latencyMs": 0}, "deliveredPerSecond"),
        ("one consumer at 200 ms, delivered/s", "deliver", {"latencyMs": 200}, "deliveredPerSecond"),
        ("1,000 messages in one invocation (s)", "deliver.batch", {}, "seconds"),
        ("833/s end to end: delivered/s", "end-to-end", {"rate": 833, "broker": "rabbitmq"}, "deliveredPerSecond"),
        ("833/s end to end: own processor time (ms)", "end-to-end", {"rate": 833, "broker": "rabbitmq"}, "ownCpuMs"),
    )

    def figure(latest: Latest, what: str, parameters: dict[str, object], name: str) -> str:
        return _or_missing(lambda: latest.figures(what, **parameters)[name])

    rows = [
        (title, *(figure(Latest(run), what, parameters, name) for run in runs))
        for title, what, parameters, name in compared
    ]
    return table(("", *(f"{run[-1].at[:10]} ({_commit(run[-1])})" for run in runs)), rows)


def _commit(result: Result) -> str:
    """Return the measured commit: the last part of ``0.1.0 (abcdef0)``."""
    return result.versions["WaveCom"].rpartition(" ")[2].strip("()")


def _cost(latest: Latest) -> str:
    rows: list[Row] = []
    heads: Row = ()
    for a_day in cost.VOLUMES:
        for broker in ("rabbitmq", "sqs"):
            for size in (1, 500):
                try:
                    found = latest.figures("cost", perDay=a_day, broker=broker, size=size)
                except LookupError:
                    continue
                heads = ("a day", "broker", "a POST", *found)
                rows.append((f"{a_day:,}", broker, size, *(f"{value:,.2f}" for value in found.values())))
    return table(heads, rows) if rows else MISSING
