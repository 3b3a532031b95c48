"""A client generated from docs/openapi.json is complete, has sound types, and understands the running API."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.config import PROJECT
from tests.integration.conftest import Api, MakeApi

TOOLS = PROJECT / ".venv-openapi" / "bin"
DRIVER = PROJECT / "tests" / "contract_tools" / "drive_client.py"
MYPY = """[mypy]
strict = True
[mypy-wavecom_client.client]
disable_error_code = arg-type
"""
"""The generator's own ``client.py`` hands ``*args: object`` on to httpx, whatever the document is."""


def run(*command: str | Path, below: Path) -> str:
    environment = {"PATH": f"{TOOLS}:/usr/bin:/bin", "PYTHONPATH": str(below), "NO_COLOR": "1"}
    ended = subprocess.run(command, cwd=below, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a client that was generated without a warning."""
    folder = tmp_path_factory.mktemp("client")
    assert TOOLS.is_dir(), "make .venv-openapi/.installed makes the generator's environment"
    said = run(
        TOOLS / "openapi-python-client",
        *("generate", "--fail-on-warning", "--meta", "none", "--path", PROJECT / "docs" / "openapi.json"),
        *("--output-path", folder / "wavecom_client"),
        below=folder,
    )
    assert "arning" not in said, said
    return folder


def test_every_operation_and_every_schema_is_in_the_client(client: Path):
    document = json.loads((PROJECT / "docs" / "openapi.json").read_text())
    operations = {
        operation["operationId"].lower()
        for path in document["paths"].values()
        for method, operation in path.items()
        if method != "head"
    }

    made = {each.stem.replace("_", "") for each in (client / "wavecom_client" / "api").glob("*/*.py")}
    models = {each.stem.replace("_", "") for each in (client / "wavecom_client" / "models").glob("*.py")}

    assert operations <= made
    assert {name.lower() for name in document["components"]["schemas"]} <= models


@pytest.mark.slow
def test_the_client_and_what_uses_it_have_sound_types(client: Path):
    (client / "mypy.ini").write_text(MYPY)

    said = run(TOOLS / "mypy", "--config-file", "mypy.ini", "wavecom_client", DRIVER, below=client)

    assert "no issues found" in said


def test_the_client_understands_the_running_api(client: Path, make_api: MakeApi, make_key: Callable[..., str]):
    key = make_key()
    api: Api = make_api("http", token=key, development_tenant=None)

    understood: dict[str, Any] = json.loads(
        run(TOOLS / "python", DRIVER, str(api.client.base_url).rstrip("/"), key, below=client)
    )

    listed = understood.pop("listed")
    created, accepted = understood.pop("created"), understood.pop("accepted")
    assert sorted(listed) == sorted([created, accepted])
    assert understood == {
        "createdStatus": "QUEUED",
        "createdYear": api.services.clock().year,
        "absent": True,
        "repeated": created,
        "segments": 1,
        "refused": ["notifications[1].recipient"],
        "cancelled": "CANCELLED",
        "conflict": [409, "STATUS_CONFLICT"],
        "trail": ["PENDING", "QUEUED", "CANCELLED"],
        "pages": 2,
    }
