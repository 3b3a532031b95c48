"""``python -m benchmarks``: measure parts of WaveCom, or all of them, and keep the results."""

import signal
from collections.abc import Callable
from typing import Annotated, Final

import typer
from rich.console import Console

from benchmarks.accept import accept
from benchmarks.burst import burst
from benchmarks.cold_start import cold_start
from benchmarks.cost import cost
from benchmarks.deliver import deliver
from benchmarks.end_to_end import end_to_end, highest
from benchmarks.growth import growth
from benchmarks.micro import micro
from benchmarks.report import write
from benchmarks.result import Note, Result, append
from benchmarks.webhooks import webhooks
from local.config import Broker, StackError

cli = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False)

Part = Callable[[Note, Callable[[str], None]], None]


def _on(part: Callable[[Broker, Note, Callable[[str], None]], None], broker: Broker) -> Part:
    return lambda note, say: part(broker, note, say)


PARTS: Final[dict[str, Part]] = {
    "accept": _on(accept, "rabbitmq"),
    "deliver": _on(deliver, "rabbitmq"),
    "end-to-end": _on(end_to_end, "rabbitmq"),
    "highest": _on(highest, "rabbitmq"),
    "end-to-end-sqs": _on(end_to_end, "sqs"),
    "burst": _on(burst, "rabbitmq"),
    "webhooks": _on(webhooks, "rabbitmq"),
    "growth": _on(growth, "rabbitmq"),
    "micro": micro,
    "cold-start": cold_start,
    "cost": cost,
}


@cli.command()
def run(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Any of {', '.join(PARTS)}; all without.")] = None,
    *,
    keep: Annotated[bool, typer.Option(help="Add the results to benchmarks/results, and write the page.")] = True,
) -> None:
    """Measure parts, one after the other."""
    names = parts or list(PARTS)
    if unknown := set(names) - set(PARTS):
        raise typer.BadParameter(f"there is no part {', '.join(sorted(unknown))}")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGINT may be ignored in the background
        signal.signal(number, signal.default_int_handler)

    def note(result: Result) -> None:
        if keep:
            append(result)
        console.print(f"[bold]{result.what}[/] {result.parameters}", soft_wrap=True)
        for name, value in result.figures.items():
            console.print(f"    {name}: {value}", markup=False, soft_wrap=True)

    try:
        for name in names:
            console.rule(name)
            PARTS[name](note, lambda text: console.print(text, style="dim", markup=False))
    except StackError as exc:
        console.print(str(exc), style="red", markup=False)
        raise typer.Exit(2) from exc
    if keep:
        report()


@cli.command()
def report() -> None:
    """Write docs/performance.md from the kept results."""
    write(PARTS)


if __name__ == "__main__":
    cli()
