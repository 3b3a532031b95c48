"""``python -m infra_cdk.api_key``: an API key of a deployed stage, by its keys function."""

import json
from pathlib import Path
from typing import Annotated, Never

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

PROJECT = Path(__file__).resolve().parents[1]
cli = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@cli.command()
def run(
    stage: Annotated[str, typer.Option(help="A stage that is deployed.")],
    tenant: Annotated[
        str, typer.Option(help="Tenant that the key opens: letters, digits, - and _, a letter or a digit first.")
    ],
    name: Annotated[str, typer.Option(help="What the key is for.")] = "first",
    role: Annotated[str, typer.Option(help="tenant, or operator, who sees metrics over all tenants.")] = "tenant",
) -> None:
    """Make an API key and print its token, once. Needs the right to invoke wavecom-<stage>-keys."""
    function = f"wavecom-{stage}-keys"
    payload = json.dumps({"tenant": tenant, "name": name, "role": role})
    try:
        answer = boto3.client("lambda", region_name=_region(stage)).invoke(FunctionName=function, Payload=payload)
        made = json.loads(answer["Payload"].read())
    except (BotoCoreError, ClientError) as exc:
        _give_up(f"{function} cannot be invoked: {exc}")
    if "FunctionError" in answer:
        _give_up(f"{function} refused: {made.get('errorMessage', 'see its log')}")
    console.print(made["token"], markup=False)


def _region(stage: str) -> str | None:
    """Return the region that cdk.json gives the stage, None where the shell's is to decide."""
    stages = json.loads((PROJECT / "cdk.json").read_text())["context"]["stages"]
    region: str | None = stages.get(stage, {}).get("region")
    return region


def _give_up(text: str) -> Never:
    errors.print(text, style="red", markup=False)
    raise typer.Exit(1)


if __name__ == "__main__":
    cli()
