"""template-local.yml against the code and the layers, as AWS SAM itself reads it."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from layers.build import Built, function_names, handler
from layers.python313 import PYTHON_VERSION
from local.config import PROJECT
from local.context import TIME_LIMIT
from wavecom import topology
from wavecom.needs import NEEDS
from wavecom.settings import Settings

SAM = PROJECT / ".venv-sam" / "bin"
TEMPLATE = "template-local.yml"
NOT_IN_SAM = {"prepare": "make services has made the indexes and queues"}
OF_POWERTOOLS = {"POWERTOOLS_LOG_LEVEL"}
DESCRIBE = """
import json, sys
from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

stacks, _ = SamLocalStackProvider.get_stacks(sys.argv[1], parameter_overrides={"Architecture": sys.argv[2]})
functions = [
    {
        "name": each.functionname,
        "handler": each.handler,
        "runtime": each.runtime,
        "timeout": each.timeout,
        "architectures": each.architectures,
        "code": each.codeuri,
        "layers": [layer.codeuri for layer in each.layers],
        "environment": each.environment["Variables"],
    }
    for each in SamFunctionProvider(stacks).get_all()
]
routes = [[each.function_name, each.path, each.methods] for each in ApiProvider(stacks).api.routes]
print(json.dumps({"functions": functions, "routes": routes}))
"""
RESOLVE = """
import importlib, sys
for handler in sys.argv[1:]:
    module, name = handler.rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), name)), handler
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment for SAM, which writes to the home folder."""
    home = str(tmp_path_factory.mktemp("home"))
    return {"PATH": os.environ["PATH"], "HOME": home, "AWS_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"}


@pytest.fixture(scope="module")
def template(environment: dict[str, str], for_this_machine: Built) -> dict[str, Any]:
    """What sam local would run."""
    program: list[str | Path] = [SAM / "python", "-c", DESCRIBE, TEMPLATE, for_this_machine.architecture]
    done = subprocess.run(program, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    described: dict[str, Any] = json.loads(done.stdout)
    return described


def test_sam_finds_no_fault_with_the_template(environment: dict[str, str]) -> None:
    command: list[str | Path] = [SAM / "sam", "validate", "--lint", "--template", TEMPLATE]

    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_every_function(template: dict[str, Any]) -> None:
    names = [each["name"] for each in template["functions"]]

    assert sorted([*names, *NOT_IN_SAM]) == function_names()


def test_every_handler_is_there(template: dict[str, Any]) -> None:
    handlers = {each["name"]: each["handler"] for each in template["functions"]}

    assert handlers == {name: handler(name) for name in handlers}
    # In a process of its own, since a handler sets up logging.
    paths = {**os.environ, "PYTHONPATH": f"{PROJECT}:{PROJECT / 'shared'}"}
    subprocess.run([sys.executable, "-c", RESOLVE, *handlers.values()], cwd=PROJECT, env=paths, check=True)


def test_every_function_runs_on_what_was_built(template: dict[str, Any], for_this_machine: Built) -> None:
    for each in template["functions"]:
        assert each["runtime"] == f"python{PYTHON_VERSION}"
        of_deliver = topology.delivery_limits().function_timeout
        assert each["timeout"] == (of_deliver if each["name"] == "deliver" else TIME_LIMIT.total_seconds())
        assert each["architectures"] == [for_this_machine.architecture]
        assert PROJECT / each["code"] == for_this_machine.functions.path
        layers = [PROJECT / layer for layer in each["layers"]]
        assert layers == [for_this_machine.dependencies.path, for_this_machine.code.path]


def test_every_variable_is_a_setting(template: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for each in template["functions"]:
        variables: dict[str, str] = each["environment"]
        assert variables.keys() - OF_POWERTOOLS <= {name.upper() for name in Settings.model_fields}
        for name in Settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", each["name"])
        assert Settings.from_environment().broker == "sqs"


def test_who_seals_has_the_same_key_and_nobody_else_has_one(template: dict[str, Any]) -> None:
    keys = {each["name"]: each["environment"].get("SEALING_KEY") for each in template["functions"]}

    assert {name for name, key in keys.items() if key} == {name for name in keys if "sealing_key" in NEEDS[name]}
    assert len(set(keys.values()) - {None}) == 1


def test_every_path_of_the_api_leads_to_its_function(template: dict[str, Any]) -> None:
    exact_first = sorted(template["routes"], key=lambda route: "{proxy+}" in route[1])
    patterns = {path.replace("{proxy+}", ".+"): (name, methods) for name, path, methods in exact_first}
    document = json.loads((PROJECT / "docs" / "openapi.json").read_text())

    def function_of(path: str, method: str) -> str:
        found = (
            name for pattern, (name, methods) in patterns.items() if re.fullmatch(pattern, path) and method in methods
        )
        return next(found)  # the most specific one, as API Gateway does

    for path, operations in document["paths"].items():
        for method in operations:
            assert function_of(path, method.upper()) == ("Feed" if path == "/api/events" else "Api"), path
    receipts = importlib.import_module("wavecom.http.receipts.app")
    assert function_of(receipts.TWILIO, "POST") == function_of(receipts.WEBHOOK, "POST") == "Receipts"


def test_the_addresses_are_those_of_docker_compose(template: dict[str, Any]) -> None:
    services = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
    inside = {(name, port.rsplit(":", 1)[1]) for name, each in services.items() for port in each["ports"]}
    outside = {port.rsplit(":", 1)[0] for each in services.values() for port in each["ports"]}
    variables = template["functions"][0]["environment"]
    makefile = (PROJECT / "Makefile").read_text()

    for name in ("MONGODB_URI", "AMQP_URL", "AWS_ENDPOINT_URL"):
        address = urlsplit(variables[name])
        assert (address.hostname, str(address.port)) in inside
        given = re.search(rf"{name}=\"?([^\s\"]+)", makefile)
        assert given is not None
        published = urlsplit(given[1])
        assert f"{published.hostname}:{published.port}" in outside


@pytest.mark.parametrize(
    "target", ["sam-invoke FUNCTION=deliver EVENT=events/sqs_deliver.json", "sam-api BROKER=rabbitmq"]
)
def test_make_gets_as_far_as_docker(environment: dict[str, str], tmp_path: Path, target: str) -> None:
    nobody = {"DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"}
    command = ["make", *target.split(), "DOCKER=true"]

    done = subprocess.run(
        command, cwd=PROJECT, env=environment | nobody, capture_output=True, text=True, check=False, timeout=120
    )

    assert done.returncode != 0
    assert "container runtime" in done.stdout + done.stderr


@pytest.mark.parametrize("file", ["Makefile", "docs/local.md", "docs/testing.md"])
def test_every_event_that_is_named_exists(file: str) -> None:
    named = set(re.findall(r"\bevents/[\w.]+\.json", (PROJECT / file).read_text()))

    assert named
    assert {name for name in named if not (PROJECT / name).exists()} == set()
