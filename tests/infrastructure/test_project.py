"""What the project promises about itself."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from inspect import cleandoc
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from pydantic.alias_generators import to_camel

from local.config import PROJECT
from wavecom import topology
from wavecom.adapters.providers.configuration import AnyProvider, ProviderConfig
from wavecom.adapters.providers.simulated import PHONE_NUMBERS
from wavecom.domain.notifications.enums import Lane
from wavecom.domain.notifications.state import DeliveryState, StateChanges
from wavecom.domain.notifications.timings import retry_delay
from wavecom.settings import SECRET_SETTINGS, Settings

NOT_FOR_PEOPLE = {"aws_lambda_function_name"}
SOURCES = ("shared", "functions", "local", "cli", "chaos", "benchmarks", "layers", "infra_cdk", "clients")
QUESTION_WORDS = ("What", "How", "Where", "Whether", "Who", "Why", "When")


def test_every_setting_is_documented_with_its_default_and_no_other_is() -> None:
    (table,) = re.findall(r"^## All settings\n(.*?)^## ", (PROJECT / "docs" / "settings.md").read_text(), re.M | re.S)
    rows = {name: rest for name, *rest in re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$", table, re.M)}
    settings = {name.upper(): field for name, field in Settings.model_fields.items() if name not in NOT_FOR_PEOPLE}

    assert rows.keys() == settings.keys()
    for name, field in settings.items():
        default, description = rows[name]
        assert description == field.description, name
        if isinstance(field.default, int | float | str) and field.default != "":
            assert default.strip("`").lower() == str(field.default).lower(), name


def test_every_setting_that_a_secret_may_hold_is_documented() -> None:
    text = (PROJECT / "docs" / "settings.md").read_text()

    documented = re.findall(r"^\| `([A-Z_]+)_SECRET` \| `([A-Z_]+)` \|$", text, re.M)
    assert documented == [(name.upper(), name.upper()) for name in SECRET_SETTINGS]


@pytest.mark.parametrize("page", ["guarantees.md", "performance.md"])
def test_every_test_that_a_page_names_exists(page: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", (PROJECT / "docs" / page).read_text())

    assert named
    assert [name for name in named if not (PROJECT / name).exists()] == []


def test_every_guarantee_names_what_shows_it() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", (PROJECT / "docs" / "guarantees.md").read_text(), re.M)

    shown = [what for guarantee, what in rows if guarantee not in ("guarantee", "---")]
    assert shown
    assert [what for what in shown if not re.search(r"`tests/[\w/]+\.py`", what)] == []


def test_every_operation_of_the_api_is_in_its_page() -> None:
    described = json.loads((PROJECT / "docs" / "openapi.json").read_text())["paths"]
    rows = re.findall(r"^\| ((?:`[A-Z]+` ?)+) \| (`/api/[^|]+`) \|", (PROJECT / "docs" / "api.md").read_text(), re.M)

    listed = [
        (method, path)
        for methods, paths in rows
        for method in re.findall(r"`(\w+)`", methods)
        for path in re.findall(r"`([^`]+)`", paths)
    ]
    pages = [("GET", "/api/openapi.json"), ("GET", "/api/docs")]
    operations = [(method.upper(), path) for path, methods in described.items() for method in methods]
    assert sorted(listed) == sorted(operations + pages)


def test_make_help_lists_every_target() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.M)
    assert phony is not None
    targets = set(phony[1].split())

    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout

    assert {line.split()[0].removeprefix("\x1b[1m").removesuffix("\x1b[0m") for line in shown.splitlines()} == targets


def test_lanes_and_delays_are_the_same_everywhere() -> None:
    assert {lane.value for lane in Lane} == set(topology.LANES)
    assert [retry_delay(retry).total_seconds() for retry in (1, 2, 3)] == list(topology.RETRY_DELAYS_SECONDS)
    assert max(topology.RETRY_DELAYS_SECONDS) <= topology.SQS_MAX_DELAY_SECONDS


@pytest.mark.parametrize(("wait", "queue"), [(0.5, 5), (5, 5), (24.9, 5), (25, 25), (124, 25), (125, 125), (9999, 125)])
def test_a_wait_becomes_the_longest_delay_not_above_it(wait: float, queue: int) -> None:
    assert topology.delay_at_most(wait) == queue


def test_a_lease_outlasts_the_last_send_that_may_begin_under_it() -> None:
    settings = Settings.model_validate({"mongodb_uri": "mongodb://localhost"})
    timings = settings.timings()

    assert timings.begin_within + settings.provider_timeout < timings.lease
    assert timings.lease < timedelta(seconds=topology.delivery_limits().visibility_timeout)


@pytest.mark.parametrize("lock", ["runtime", "dev", "bench", "ministack", "lambda", "sam", "openapi-client"])
def test_locked_dependencies_have_hashes_and_no_addresses(lock: str) -> None:
    text = (PROJECT / "requirements" / f"{lock}.txt").read_text()
    packages = re.findall(r"^[a-z0-9][\w.\[\],-]*==", text, re.M | re.I)

    assert packages
    assert len(
        re.findall(r"^(?:[a-z0-9][^\n]*\\\n(?:    --hash=sha256:[0-9a-f]{64}[^\n]*\n)+)", text, re.M | re.I)
    ) == len(packages)
    assert "://" not in text


def test_what_functions_import_is_locked_the_same_in_tests() -> None:
    def versions(lock: str) -> dict[str, str]:
        text = (PROJECT / "requirements" / f"{lock}.txt").read_text()
        return dict(re.findall(r"^([a-z0-9][\w.-]*)(?:\[[^]]*\])?==([^ ;\\]+)", text, re.M | re.I))

    runtime, dev = versions("runtime"), versions("dev")

    assert {name: dev.get(name) for name in runtime} == runtime


def test_every_magic_recipient_is_documented_for_clients() -> None:
    text = (PROJECT / "docs" / "testing.md").read_text()

    documented = re.findall(r"^\| `([a-z-]+)` \| (\+\d+) \|", text, re.M)
    assert dict(documented) == {fate.value: number for fate, number in PHONE_NUMBERS.items()}


def test_every_kind_of_provider_is_documented_with_what_it_needs() -> None:
    text = (PROJECT / "docs" / "providers.md").read_text()
    common = set(ProviderConfig.model_fields)

    for model in get_args(get_args(AnyProvider)[0]):
        kind = get_args(model.model_fields["kind"].annotation)[0]
        row = re.search(rf"^\| `{kind}` \| (.*) \|$", text, re.M)
        assert row, f"{kind} is missing from docs/providers.md"
        for name in model.model_fields.keys() - common - {"kind", "channel"}:
            assert f"`{to_camel(name)}`" in row[1], f"{name} of {kind} is missing from docs/providers.md"


PACKAGE = PROJECT / "shared" / "wavecom"


def test_no_folder_of_the_package_has_more_than_twelve_files() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*.py")}

    assert {str(each): count for each in folders if (count := len(list(each.glob("*.py")))) > 12} == {}


def test_no_file_of_the_package_has_more_than_300_lines() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}

    assert {str(path): length for path, length in lengths.items() if length > 300} == {}


def test_no_function_of_the_package_has_more_than_40_lines() -> None:
    long = [
        f"{path}: {node.name}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= 40
    ]

    assert long == []


def test_changes_of_state_are_typed_by_the_state_itself() -> None:
    state = get_type_hints(DeliveryState)
    changes = get_type_hints(StateChanges)

    assert changes == state


def docstrings(file: Path) -> Iterator[str]:
    """Yield the docstrings of a file's module, classes and functions, and those that follow a constant or a field."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in node.body:
                match statement:
                    case ast.Expr(value=ast.Constant(value=str() as text)):
                        yield cleandoc(text)


@pytest.mark.parametrize("folder", SOURCES)
def test_docstrings_open_with_their_subject(folder: str) -> None:
    schemas = json.loads((PROJECT / "docs" / "openapi.json").read_text())["components"]["schemas"].values()
    of_contract = {schema.get("description") for schema in schemas}
    files = [
        file
        for file in (PROJECT / folder).rglob("*.py")
        if not {"build", "node_modules"} & set(file.relative_to(PROJECT).parts)
    ]

    found = [(file.relative_to(PROJECT).as_posix(), text) for file in files for text in docstrings(file)]

    assert found
    questions = [(file, text) for file, text in found if text not in of_contract and opens_with_question(text)]
    assert questions == []


def opens_with_question(text: str) -> bool:
    return re.match(rf"({'|'.join(QUESTION_WORDS)})\b", text) is not None
