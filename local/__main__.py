"""``python -m local``: run WaveCom on this machine. The Makefile's targets call this."""

import json
import os
import signal
import sys
from typing import Annotated, Never

import typer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from rich.console import Console
from rich.table import Table

from local.config import PRIVATE_UMASK, StackConfig, StackError
from local.debian import install_chromium, install_rabbitmq
from local.lambda_runtime import install_runtime_client
from local.servers import check_mongodb
from local.stack import Stack, container, curl_line, prepare, reset, summary
from local.supervision import end_leftovers
from wavecom.bootstrap.api import Api
from wavecom.domain.api_keys import Role
from wavecom.domain.errors import UnavailableError
from wavecom.http.app import build
from wavecom.http.openapi.document import openapi as openapi_document

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

cli = typer.Typer(help="WaveCom on one machine.", no_args_is_help=True, add_completion=False)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@cli.callback()
def interruptible() -> None:
    """Let signals interrupt every command: a shell that starts us in the background ignores SIGINT for us."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.default_int_handler)


@cli.command()
def up() -> None:
    """Start everything, show its addresses, and stop it all on Ctrl-C."""
    config = _config()
    os.umask(PRIVATE_UMASK)
    stack = Stack(config, say=lambda text: console.print(text, style="dim"))
    try:
        stack.start()
        _print_summary(config)
        stack.watch()
    except StackError as exc:
        _exit_with(exc)
    except KeyboardInterrupt:
        console.print("Stopping; work in progress is finished first.")
    finally:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        stack.stop()
    console.print("Stopped. The data stays: make up continues with it, make reset deletes it.")


@cli.command()
def down() -> None:
    """End processes that a killed run left behind."""
    ended = end_leftovers(_config())
    console.print(f"Ended {ended} processes." if ended else "Nothing was running.")


@cli.command("reset")
def reset_all() -> None:
    """End running processes and delete all local data."""
    config = _config()
    reset(config)
    console.print(f"Deleted {config.state}.")


@cli.command("prepare")
def prepare_servers() -> None:
    """Create indexes and queues on the servers that the environment names."""
    config = _config()
    try:
        prepare(config)
    except StackError as exc:
        _exit_with(exc)
    console.print(f"Indexes and queues are ready, BROKER={config.broker}.")


@cli.command("install-servers")
def install_servers() -> None:
    """Install the servers that come from Debian, not from PyPI."""
    try:
        install_rabbitmq()
    except StackError as exc:
        _exit_with(exc)


@cli.command("install-browser")
def install_browser() -> None:
    """Install the browser that the tests drive."""
    try:
        install_chromium()
    except StackError as exc:
        _exit_with(exc)


@cli.command("install-runtime-client")
def install_lambda_runtime_client() -> None:
    """Install Lambda's runtime interface client; without a Python 3.13, say how to get one."""
    try:
        install_runtime_client()
    except StackError as exc:
        errors.print(str(exc), style="yellow", markup=False)


@cli.command()
def openapi() -> None:
    """Print the API's OpenAPI document."""
    services = Api(container(_config())).services
    document = openapi_document(build(APIGatewayHttpResolver(), services))
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


@cli.command("refusals")
def write_refusals() -> None:
    """Write the meaning of providers' refusals into docs/providers.md."""
    from local import refusal_tables  # noqa: PLC0415 - it imports every provider's client

    refusal_tables.write()


@cli.command()
def key(
    tenant: Annotated[
        str, typer.Option(help="Tenant that the key opens: letters, digits, - and _, a letter or a digit first.")
    ],
    name: Annotated[str, typer.Option(help="Purpose of the key.")] = "local",
    role: Annotated[Role, typer.Option(help="An operator sees metrics over all tenants.")] = Role.TENANT,
    rate_limit: Annotated[int | None, typer.Option(min=1, help="Requests a minute; default: the service's.")] = None,
) -> None:
    """Create an API key and print it, once; the stack must be up."""
    try:
        parts = container(_config())
        check_mongodb(parts.settings.mongodb_uri.get_secret_value())
        _, token = parts.manage_api_keys.create(tenant_id=tenant, name=name, role=role, rate_limit=rate_limit)
    except (StackError, UnavailableError) as exc:
        _exit_with(StackError(f"{exc} Is the stack up?"))
    except ValueError as exc:
        _exit_with(StackError(f"{exc}."))
    console.print(token)


def _config() -> StackConfig:
    try:
        return StackConfig.from_environment()
    except StackError as exc:
        _exit_with(exc)


def _print_summary(config: StackConfig) -> None:
    table = Table(title="WaveCom is up", show_header=False, title_justify="left", box=None)
    for name, place in summary(config).items():
        table.add_row(name, place)
    console.print(table)
    console.print("\nTry it:\n")
    console.print(curl_line(config), markup=False)
    console.print("\nCtrl-C stops everything.")


def _exit_with(exc: StackError) -> Never:
    errors.print(str(exc), style="red", markup=False)
    raise typer.Exit(1)


if __name__ == "__main__":
    cli()
