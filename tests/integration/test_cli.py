"""The command line as a whole: its help, its exit codes, and the script that starts it."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli import values
from cli.__main__ import app
from tests.conftest import IN_THE_BACKGROUND
from tests.integration.conftest import Api, MakeApi

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "bin" / "wavecom"
COMMANDS = [
    "send",
    "status",
    "list",
    "tail",
    "events",
    "webhooks list",
    "webhooks add",
    "webhooks show",
    "webhooks change",
    "webhooks remove",
    "webhooks rotate",
    "webhooks test",
    "webhooks recover",
    "webhooks deliveries",
    "webhooks retry",
    "templates list",
    "templates push",
    "templates pull",
    "dlq list",
    "dlq replay",
    "ledger",
    "audit",
    "providers",
    "suppressions list",
    "suppressions add",
    "suppressions remove",
    "senders list",
    "senders put",
    "senders remove",
    "attachments put",
    "attachments show",
    "categories list",
    "categories put",
    "categories remove",
    "preferences show",
    "preferences leave",
    "preferences join",
    "policy",
    "keys list",
    "keys create",
    "keys revoke",
    "keys rotate",
    "doctor",
]
GROUPS = ("templates", "attachments", "dlq", "suppressions", "senders", "categories", "preferences", "webhooks", "keys")
SOME_ID = "507f1f77bcf86cd799439011"
SOME_ENDPOINT = f"ep_{SOME_ID}"


@dataclass(frozen=True)
class Wavecom:
    """The command line, pointed at one address. Not on a terminal."""

    url: str
    key: str | None = None

    @classmethod
    def of(cls, api: Api, key: str | None = None) -> "Wavecom":
        """Point it at a running API."""
        return cls(str(api.client.base_url).rstrip("/"), key)

    @property
    def environment(self) -> dict[str, str | None]:
        return {"WAVECOM_URL": self.url, "WAVECOM_API_KEY": self.key, "NO_COLOR": None, "COLUMNS": None}

    def __call__(self, *arguments: str, stdin: str | None = None) -> Result:
        """Run a command."""
        return CliRunner().invoke(app, arguments, input=stdin, env=self.environment, catch_exceptions=False)

    def ok(self, *arguments: str, stdin: str | None = None) -> str:
        """Run a command that succeeds, and return what it printed on stdout."""
        result = self(*arguments, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *arguments: str, exit_code: int = 0, stdin: str | None = None) -> Any:
        """Run a command with ``--json``, and return the one document on stdout."""
        result = self(*arguments, "--json", stdin=stdin)
        assert result.exit_code == exit_code, result.output
        return json.loads(result.stdout)

    def process(self, *arguments: str, script: Path = SCRIPT, **options: Any) -> "subprocess.Popen[str]":
        """Start ``bin/wavecom`` as a process of its own, and in the background: what ends it there ends it anywhere."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("WAVECOM", "PYTHON"))}
        environment |= {name: value for name, value in self.environment.items() if value is not None}
        pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [*IN_THE_BACKGROUND, str(script), *arguments], env=environment, text=True, **{**pipes, **options}
        )


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("http")


@pytest.fixture
def wavecom(api: Api) -> Wavecom:
    return Wavecom.of(api)


NOWHERE = Wavecom("http://127.0.0.1:1")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_names_its_common_options(command: str):
    text = NOWHERE.ok(*command.split(), "--help")

    assert {"--url", "--key-file", "--json", "WAVECOM_URL"} <= set(re.findall(r"[\w-]+", text))
    assert "--key " not in text  # no key on a command line


def test_the_list_of_commands_here_is_complete():
    groups = {"": NOWHERE.ok("--help")}
    groups |= {name: NOWHERE.ok(name, "--help") for name in GROUPS}
    found = {f"{name} {each}".strip() for name, text in groups.items() for each in re.findall(r"(?m)^│ ([a-z]+)", text)}

    assert found - set(GROUPS) == set(COMMANDS)


def test_the_choices_are_those_of_the_api(api: Api):
    schemas = api.get("/api/openapi.json").json()["components"]["schemas"]

    for name in ("Channel", "Priority", "Status", "OnUnknown", "Cause", "Role", "EventType"):
        assert [each.value for each in getattr(values, name)] == schemas[name]["enum"], name


@pytest.mark.parametrize(
    "arguments",
    [
        ["send", "--type", "FAX", "--to", "user@example.com", "--message", "Hi"],
        ["send", "--type", "EMAIL", "--to", "user@example.com"],
        ["send", "--type", "SMS", "--to", "+12025550123", "--message", "Hi", "--metadata", "[1]"],
        ["send", "--type", "SMS", "--to", "+12025550123", "--message", "Hi", "--metadata", "{"],
        ["send", "--type", "SMS", "--to", "+12025550123", "--message", "Hi", "--schedule", "tomorrow"],
        ["send", "--type", "SMS", "--to", "+12025550123", "--message", "Hi", "--schedule", "2026-01-31T09:30:00"],
        ["send", "--type", "SMS", "--to", "+12025550123", "--message", "Hi", "--idempotency-key", "ä b"],
        ["status", "../keys"],
        ["status", "507F1F77BCF86CD799439011"],
        ["list", "--limit", "0"],
        ["dlq", "replay"],
        ["dlq", "replay", SOME_ID, "--all"],
        ["dlq", "replay", "--cause", "permanent", "--all"],
        ["dlq", "replay", "--day", "20260131"],
        ["dlq", "list", "--provider", "a b"],
        ["keys", "revoke", "wc_secret"],
        ["policy", "maybe"],
        ["webhooks", "add", "https://bank.example/"],
        ["webhooks", "add", "https://bank.example/", "--type", "notification.read"],
        ["webhooks", "add", "https://bank.example/", "--type", "notification.sent", "--header", "no colon"],
        ["webhooks", "show", "../keys"],
        ["webhooks", "change", SOME_ENDPOINT],
        ["webhooks", "change", SOME_ENDPOINT, "--header", "A: b", "--no-headers"],
        ["webhooks", "recover", SOME_ENDPOINT],
        ["webhooks", "deliveries", SOME_ENDPOINT, "--status", "succeeded"],
        ["webhooks", "retry", SOME_ENDPOINT, "4711"],
        ["events", "--after", "now"],
        ["audit"],
        ["audit", "--since", "999999d"],
        ["list", "--url", "localhost:5000"],
        ["list", "--url", "https://user:secret@wavecom.example.com"],
        ["list", "--url", "ftp://wavecom.example.com"],
        ["list", "--key-file", "/no/such/file"],
        ["no-such-command"],
    ],
)
def test_what_makes_no_sense_exits_with_2_and_prints_nothing_on_stdout(arguments: list[str]):
    result = NOWHERE(*arguments)

    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.strip()
    assert "secret" not in result.output


def test_a_refusal_exits_with_3_and_names_code_message_and_fields(wavecom: Wavecom):
    result = wavecom("send", "--type", "email", "--to", "nobody", "--message", "Hi")

    assert result.exit_code == 3
    assert result.stdout == ""
    assert "VALIDATION_FAILED, 422" in result.stderr
    assert "recipient: must be a valid email address" in result.stderr
    assert "subject: is required for EMAIL" in result.stderr


def test_a_refusal_as_json_is_one_document_too(wavecom: Wavecom):
    error = wavecom.json("status", SOME_ID, exit_code=3)["error"]

    assert (error["code"], error["status"], error["message"]) == ("NOT_FOUND", 404, "There is no such notification")
    assert re.fullmatch("[0-9a-f-]{36}", error["requestId"])


def test_an_address_where_nobody_answers_exits_with_4_and_says_what_to_try():
    result = NOWHERE("list")

    assert result.exit_code == 4
    assert result.stdout == ""
    assert "Nothing answers at http://127.0.0.1:1" in result.stderr
    assert "make up" in result.stderr


def test_the_script_runs_from_anywhere_through_links_and_imports_nothing_from_there(api: Api, tmp_path: Path):
    links = tmp_path / "links"
    links.mkdir()
    (links / "first").symlink_to(SCRIPT)
    (tmp_path / "second").symlink_to(Path("links") / "first")
    for shadow in ("cli", "rich"):
        (tmp_path / f"{shadow}.py").write_text("raise SystemExit('A module of the working directory was run')")

    process = Wavecom.of(api).process("list", "--json", script=tmp_path / "second", cwd=tmp_path)

    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert json.loads(out) == {"notifications": [], "more": False}
    assert err == ""


def test_the_script_without_an_installation_says_how_to_install(tmp_path: Path):
    (tmp_path / "bin").mkdir()
    copy = Path(shutil.copy(SCRIPT, tmp_path / "bin"))

    process = NOWHERE.process("list", script=copy)

    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (2, "")
    assert f"make install` in {tmp_path}" in err


def test_it_imports_nothing_of_the_service():
    script = (
        "import sys, cli.__main__; print([each for each in sys.modules if each.split('.')[0] in ('wavecom','local')])"
    )
    found = subprocess.run(
        [ROOT / ".venv/bin/python", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )

    assert found.stdout.strip() == "[]"
