"""The README's own lines of code, as they stand there."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.config import PROJECT
from tests.integration.conftest import Api, MakeApi, MakeKey
from tests.typescript_client import BUILT

README = (PROJECT / "README.md").read_text()


@pytest.fixture
def token(make_key: MakeKey) -> str:
    return make_key()


@pytest.fixture
def api(make_api: MakeApi, token: str) -> Api:
    return make_api("http", token=token, development_tenant=None)


def code(language: str, api: Api) -> str:
    """Return the only block of code of a language, for a running API."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", README, re.S)
    assert "http://localhost:5000" in block
    return str(block).replace("http://localhost:5000", str(api.client.base_url).rstrip("/"))


def created(api: Api) -> list[tuple[str, str]]:
    found: list[dict[str, Any]] = api.get("/api/notifications").json()["data"]["notifications"]
    return [(each["recipient"], each["message"]) for each in found]


def test_the_lines_of_python_create_a_notification(api: Api, token: str) -> None:
    exec(code("python", api), {"api_key": token})

    assert created(api) == [("+12025550123", "Hello World")]


def test_the_lines_of_typescript_create_a_notification(api: Api, token: str, tmp_path: Path) -> None:
    script = tmp_path / "readme.mjs"
    lines = code("ts", api).replace("'@wavecom/client'", repr(BUILT.as_uri()))
    script.write_text(f"const apiKey = {token!r};\n{lines}")

    done = subprocess.run(["node", script], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert created(api) == [("+12025550123", "Hello World")]
