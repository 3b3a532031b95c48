"""``python -m chaos``: apply faults to a running stack and show that nothing is lost and nothing sent twice."""

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from chaos.failover import failover as run_failover
from chaos.faults import FAULTS, SHORT, choose
from chaos.load import LoadError
from chaos.rate_limit import limit as run_limit
from chaos.report import print_phases, print_scenario, write_report
from chaos.run import POLICIES, Run, RunConfig
from chaos.stack import HarnessError, default_state
from chaos.webhooks import webhooks as run_webhooks
from local.config import StackError
from local.debian import install_faketime

FAILOVER_SECONDS = 65.0
LIMIT_SECONDS = 30.0
WEBHOOKS_RATE = 20.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

cli = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False)

Seed = Annotated[int, typer.Option(help="Decides the order of the faults, their moments and their victims.")]
Rate = Annotated[float, typer.Option(min=1, help="Notifications a second.")]
Json = Annotated[Path | None, typer.Option("--json", help="File to write all figures to.")]
State = Annotated[Path | None, typer.Option(help="Folder for the stack's data; it is emptied first.")]


@cli.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    *,
    seed: Seed = 1,
    rate: Rate = 300,
    seconds: Annotated[float, typer.Option(min=1, help="How long each fault lasts.")] = 10,
    faults: Annotated[str, typer.Option(help=f"Names, separated by commas: {', '.join(FAULTS)}.")] = "",
    short: Annotated[bool, typer.Option("--short", help="A few faults, briefly, on plain providers.")] = False,
    policy: Annotated[str, typer.Option(help="onUnknown of the load: hold, resend or both.")] = "both",
    providers: Annotated[
        str, typer.Option(help="plain, idempotent (they honour a token), or both, one after the other.")
    ] = "both",
    broker: Annotated[str, typer.Option(help="Queue engine; rabbitmq.")] = "rabbitmq",
    report: Annotated[bool, typer.Option("--report", help="Write docs/reliability.md and .json.")] = False,
    json_file: Json = None,
    state: State = None,
) -> None:
    """Apply all faults to a stack under load, one after the other, and compare the records after each."""
    if context.invoked_subcommand:
        return
    if policy not in POLICIES or providers not in ("plain", "idempotent", "both") or broker != "rabbitmq":
        raise typer.BadParameter("--policy, --providers or --broker is not one of its values")
    names = [name for name in faults.split(",") if name] or (list(SHORT) if short else [])
    try:
        chosen = choose(names, seed)
    except KeyError as exc:
        raise typer.BadParameter(f"there is no fault {exc}") from exc
    kinds = ["plain"] if short else [kind for kind in ("plain", "idempotent") if providers in (kind, "both")]
    kinds.append("outages")
    config = RunConfig(
        seed=seed,
        rate=150 if short else rate,
        seconds=4 if short else seconds,
        faults=chosen,
        policies=POLICIES[policy],
        kinds=kinds,
        state=state or default_state(),
    )
    _catch_signals()
    if any(fault.name == "wrong-clocks" for fault in chosen):
        _install_faketime()
    results = _exit_on_error(lambda: Run(config, console).everything())
    print_phases(results, console)
    if report:
        results |= _exit_on_error(lambda: run_failover(replace(config, seconds=FAILOVER_SECONDS), console))
        results |= _exit_on_error(lambda: run_limit(replace(config, seconds=LIMIT_SECONDS), console))
        results |= _exit_on_error(lambda: run_webhooks(replace(config, rate=WEBHOOKS_RATE), console))
        write_report(results)
    _end(results, json_file)


@cli.command()
def failover(
    *,
    seed: Seed = 1,
    rate: Rate = 300,
    seconds: Annotated[float, typer.Option(min=5, help="How long the provider is away.")] = FAILOVER_SECONDS,
    json_file: Json = None,
    state: State = None,
) -> None:
    """Stop one of three providers and start it again, and show the effect on notifications."""
    _scenario(lambda: run_failover(_config(seed, rate, seconds, state), console), json_file)


@cli.command()
def limit(
    *,
    seed: Seed = 1,
    rate: Rate = 300,
    seconds: Annotated[float, typer.Option(min=5, help="How long the steady load is watched.")] = LIMIT_SECONDS,
    providers: Annotated[str, typer.Option(help="plain, which take many messages in a call, or idempotent.")] = "plain",
    json_file: Json = None,
    state: State = None,
) -> None:
    """Give one provider a limit of 100 a second, and show that it is fully used and never exceeded."""
    _scenario(lambda: run_limit(replace(_config(seed, rate, seconds, state), kinds=[providers]), console), json_file)


@cli.command()
def webhooks(*, seed: Seed = 1, rate: Rate = WEBHOOKS_RATE, json_file: Json = None, state: State = None) -> None:
    """Disturb deliveries to good and bad endpoints, and compare what came with the audit trail."""
    _scenario(lambda: run_webhooks(_config(seed, rate, 0, state), console), json_file)


def _config(seed: int, rate: float, seconds: float, state: Path | None) -> RunConfig:
    return RunConfig(
        seed=seed,
        rate=rate,
        seconds=seconds,
        faults=[],
        policies=("resend",),
        kinds=["plain"],
        state=state or default_state(),
    )


def _scenario(run_it: Callable[[], dict[str, Any]], json_file: Path | None) -> None:
    _catch_signals()
    results = _exit_on_error(run_it)
    print_scenario(results, console)
    _end(results, json_file)


def _exit_on_error(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        results: dict[str, Any] = work()
    except (StackError, HarnessError, LoadError) as exc:
        console.print(str(exc), style="red", markup=False)
        raise typer.Exit(2) from exc
    except KeyboardInterrupt:
        console.print("Stopped.")
        raise typer.Exit(130) from None
    return results


def _end(results: dict[str, Any], json_file: Path | None) -> None:
    if json_file is not None:
        json_file.write_text(json.dumps(results, indent=2) + "\n")
    parts = [each for each in results.values() if isinstance(each, dict)]
    broken = [phase for phase in results.get("phases", []) if phase["broken"]]
    broken += [part for part in parts if part.get("broken")]
    if broken:
        console.print(f"{len(broken)} broke an invariant.", style="red")
        raise typer.Exit(1)
    console.print("Every invariant holds.", style="green")


def _catch_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.default_int_handler)


def _install_faketime() -> None:
    try:
        install_faketime()
    except StackError as exc:
        console.print(f"{exc} Its fault is left out.", style="yellow")


if __name__ == "__main__":
    cli()
