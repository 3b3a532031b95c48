"""``python -m layers``: build the Lambda functions' deployment. ``make layers`` calls this."""

import os
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from layers.build import LAYERS_MAX, MB, Architecture, BuildError, Built, build

cli = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@cli.command()
def run(
    architecture: Annotated[
        Architecture, typer.Option(help="The functions' machine, as AWS Lambda names it.")
    ] = "arm64",
) -> None:
    """Build the dependency layer, the code layer and the functions' code into layers/build, without Docker."""
    try:
        built = build(architecture, say=lambda text: console.print(text, style="dim"))
    except BuildError as exc:
        errors.print(str(exc), style="red", markup=False)
        raise typer.Exit(1) from exc
    _show(built)


def _show(built: Built) -> None:
    table = Table(title=f"Built for {built.architecture}", title_justify="left", box=None)
    for title in ("part", "MB", "zipped", "where"):
        table.add_column(title, justify="right" if title in ("MB", "zipped") else "left")
    for name, part in (
        ("dependency layer", built.dependencies),
        ("code layer", built.code),
        ("functions", built.functions),
    ):
        table.add_row(
            name, f"{part.size.unzipped / MB:.2f}", f"{part.size.zipped / MB:.2f}", os.path.relpath(part.path)
        )
    console.print(table)
    layers = built.dependencies.size.unzipped + built.code.size.unzipped
    console.print(f"Both layers: {layers / MB:.1f} of {LAYERS_MAX / MB:.0f} MB.")


if __name__ == "__main__":
    cli(prog_name="python -m layers")
