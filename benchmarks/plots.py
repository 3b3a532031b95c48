"""The plots of the page, as small SVG files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.result import Result
from benchmarks.targets import Latest
from local.config import PROJECT

FOLDER: Final = PROJECT / "docs" / "images"
SIZE: Final = (6.4, 3.2)
STYLE: Final = {"svg.fonttype": "none", "svg.hashsalt": "wavecom", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3}


def draw(results: Sequence[Result]) -> list[str]:
    """Draw every plot that has figures, and return the names of the files."""
    import matplotlib as mpl  # noqa: PLC0415 - only reports need it

    mpl.use("svg")
    mpl.rcParams.update(STYLE)
    drawn = []
    for name, plot in {"rates": _rates, "growth": _growth, "steps": _steps, "cost": _cost}.items():
        try:
            figure = plot(results)
        except LookupError:
            continue
        file = FOLDER / f"performance-{name}.svg"
        figure.savefig(file, bbox_inches="tight", metadata={"Date": None})
        _tidy(file)
        drawn.append(file.name)
    return drawn


def _tidy(file: Path) -> None:
    file.write_text("\n".join(line.rstrip() for line in file.read_text().splitlines()) + "\n")


def _axes(title: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=SIZE)
    axes = figure.add_subplot()
    axes.set_title(title)
    return figure, axes


def _rates(results: Sequence[Result]) -> Any:
    """Draw the latency of each lane and the backlog over the arrival rate."""
    steps = {each.parameters["rate"]: each.figures for each in results if each.what == "end-to-end.step"}
    if not steps:
        raise LookupError
    figure, axes = _axes("Accepted to SENT, p99, by arrival rate (providers of 200 ms)")
    for lane in ("high_priority", "notifications"):
        axes.plot(
            sorted(steps),
            [steps[rate]["acceptedToSentMs"][lane]["p99"] / 1000 for rate in sorted(steps)],
            marker="o",
            label=lane,
        )
    axes.set_xlabel("notifications a second")
    axes.set_ylabel("seconds")
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure


def _growth(results: Sequence[Result]) -> Any:
    """Draw the time of each call over the number of stored notifications."""
    sizes = {each.parameters["stored"]: each.figures for each in results if each.what == "growth"}
    if not sizes:
        raise LookupError
    figure, axes = _axes("Milliseconds by stored notifications")
    for name in next(iter(sizes.values())):
        measured = [size for size in sorted(sizes) if name in sizes[size]]
        axes.plot(measured, [sizes[size][name] for size in measured], marker="o", label=name.removesuffix("Ms"))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("stored notifications")
    axes.legend(ncols=2, fontsize=7)
    return figure


def _steps(results: Sequence[Result]) -> Any:
    """Draw the processor time of each step in our own code."""
    microseconds = Latest(results).figures("micro")["microseconds"]
    figure, axes = _axes("Our own processor time per notification, microseconds")
    axes.barh(list(microseconds)[::-1], list(microseconds.values())[::-1])
    return figure


def _cost(results: Sequence[Result]) -> Any:
    """Draw the cost of a million at each volume, by purpose."""
    latest = Latest(results)
    bars = {
        f"{a_day // 1_000_000} M a day\n{broker}, {size} a POST": latest.figures(
            "cost", perDay=a_day, broker=broker, size=size
        )
        for a_day in (1_000_000, 10_000_000, 72_000_000)
        for broker in ("rabbitmq", "sqs")
        for size in (1, 500)
    }
    figure, axes = _axes("Dollars per million notifications")
    figure.set_size_inches(6.4, 4.8)
    left = [0.0] * len(bars)
    names = list(bars)[::-1]
    for part in [name for name in next(iter(bars.values())) if name != "Total"]:
        values = [bars[name][part] for name in names]
        axes.barh(names, values, left=left, label=part)
        left = [before + value for before, value in zip(left, values, strict=True)]
    axes.tick_params(axis="y", labelsize=6)
    axes.legend(fontsize=7)
    return figure
