"""Options that every command has (address, key, output), and the exit codes. One place turns errors into them."""

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Concatenate, ParamSpec

import typer

from cli.client import KEY, Api
from cli.errors import INTERRUPTED, CliError, UnreachableError, UsageError
from cli.output import Output

DEFAULT_URL = "http://localhost:5000"
KEY_VARIABLE = "WAVECOM_API_KEY"
ADVICE = "Check --url or WAVECOM_URL; this version of the command line may also be older or newer than the service."
_CONNECTION = "Connection"

P = ParamSpec("P")

Url = Annotated[
    str, typer.Option("--url", envvar="WAVECOM_URL", rich_help_panel=_CONNECTION, help="Address of the API.")
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        exists=True,
        dir_okay=False,
        readable=True,
        rich_help_panel=_CONNECTION,
        help=f"File with the API key; default: the environment variable {KEY_VARIABLE}.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print only JSON on stdout.")]
_COMMON = [
    inspect.Parameter("url", inspect.Parameter.KEYWORD_ONLY, default=DEFAULT_URL, annotation=Url),
    inspect.Parameter("key_file", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=KeyFile),
    inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=AsJson),
]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: its API, its output, and the file of its key."""

    api: Api
    out: Output
    key_file: Path | None


def group(help_text: str) -> typer.Typer:
    """Return a group of commands."""
    return typer.Typer(help=help_text, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def command(app: typer.Typer, name: str) -> Callable[[Callable[Concatenate[Run, P], None]], None]:
    """Add a function to ``app`` as a command that also has ``--url``, ``--key-file`` and ``--json``.

    The function gets a `Run` with their values. Its docstring is the command's help.
    """

    def add(function: Callable[Concatenate[Run, P], None]) -> None:
        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> None:
            url, key_file, as_json = (kwargs.pop(each.name) for each in _COMMON)
            _run(url, key_file, as_json, lambda run: function(run, *args, **kwargs))  # type: ignore[arg-type] # Typer's

        own = list(inspect.signature(function).parameters.values())[1:]
        call.__signature__ = inspect.Signature([*own, *_COMMON])  # type: ignore[attr-defined] # what Typer reads
        call.__annotations__ = {each.name: each.annotation for each in (*own, *_COMMON)}
        app.command(name)(call)

    return add


def _run(url: str, key_file: Path | None, as_json: bool, body: Callable[[Run], None]) -> None:
    """Run a command. It expects answers as documented; one that it cannot read comes from another server."""
    out = Output(as_json=as_json)
    try:
        with Api(url, _key(key_file), say=out.note) as api:
            try:
                body(Run(api, out, key_file))
            except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError) as exc:
                if not api.answered:
                    raise
                what = f"{type(exc).__name__}: {exc}"[:100]
                raise UnreachableError(f"The server at {url} does not answer as WaveCom does ({what})", ADVICE) from exc
    except CliError as exc:
        out.error(exc)
        raise typer.Exit(exc.exit_code) from exc
    except KeyboardInterrupt as exc:
        out.note("Interrupted.")
        raise typer.Exit(INTERRUPTED) from exc


def _key(key_file: Path | None) -> str | None:
    try:
        key = (key_file.read_text() if key_file else os.environ.get(KEY_VARIABLE, "")).strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(f"The key file {key_file} cannot be read") from exc
    if key_file and not key:
        raise UsageError(f"The key file {key_file} is empty")
    if key and not KEY.fullmatch(key):
        raise UsageError(f"{key_file or KEY_VARIABLE} does not contain an API key")
    return key or None
