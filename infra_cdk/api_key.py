"""``python -m infra_cdk.api_key``: create an API key of a deployed stage, by its keys function."""

from typing import Annotated, Literal

import typer
from rich.console import Console

from infra_cdk.deployed import Deployed, DeployedError

Role = Literal["tenant", "operator"]
cli = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@cli.command()
def run(
    stage: Annotated[str, typer.Option(help="A stage that is deployed.")],
    tenant: Annotated[
        str, typer.Option(help="Tenant that the key opens: letters, digits, - and _, a letter or a digit first.")
    ],
    name: Annotated[str, typer.Option(help="Purpose of the key.")] = "first",
    role: Annotated[Role, typer.Option(help="An operator sees metrics over all tenants, and makes keys.")] = "tenant",
) -> None:
    """Create an API key and print its token, once. Needs the right to invoke wavecom-<stage>-keys."""
    try:
        made = Deployed(stage).make_key(tenant=tenant, name=name, role=role)
    except DeployedError as exc:
        errors.print(str(exc), style="red", markup=False)
        raise typer.Exit(1) from exc
    console.print(made["token"], markup=False)


if __name__ == "__main__":
    cli()
