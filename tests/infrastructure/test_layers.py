"""The layers: their size and content, and that they are all that the code needs."""

import platform
import re
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from layers.build import MB, PROJECT, Architecture, BuildError, Built, build, check_sizes
from layers.dependencies import MACHINES, check_markers
from layers.prune import AWS_SERVICES
from layers.trees import Size, digest, files, measure
from local.lambda_runtime import NO_PYTHON, python313

ELF_MACHINES = {"x86_64": 0x3E, "arm64": 0xB7}
"""``e_machine`` of the System V ABI's ELF header, at byte 18."""
IMPORT_ALL = """
import importlib, pkgutil, sys
sys.path += sys.argv[1:]
import wavecom
for module in pkgutil.walk_packages(wavecom.__path__, "wavecom."):
    importlib.import_module(module.name)
    print(module.name)
outside = [path for path in sys.path if "site-packages" in path or path in ("", ".")]
assert not outside, outside
"""
USE_WHAT_IS_LOADED_LATE = """
import sys
sys.path += sys.argv[1:]
import boto3, phonenumbers
from aws_lambda_powertools import Tracer
from aws_lambda_powertools.event_handler.openapi.swagger_ui import generate_swagger_html
for service in sys.stdin.read().split():
    boto3.client(service, region_name="eu-central-1")
number = phonenumbers.parse("+15005550006", None)
assert phonenumbers.is_valid_number(number)
assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == "+15005550006"
"""


def clean_python(program: str, built: Built, given: str = "") -> str:
    """Run ``program`` in a Python 3.13 that sees the layers and nothing else, and return what it prints."""
    python = python313()
    if python is None:
        pytest.skip(NO_PYTHON)
    layers = [str(part.path / "python") for part in (built.dependencies, built.code)]
    done = subprocess.run(
        [python, "-I", "-S", "-B", "-W", "error", "-c", program, *layers],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_layers_are_small(built: Mapping[Architecture, Built]) -> None:
    for each in built.values():
        assert each.dependencies.size == measure(each.dependencies.path)
        assert 30 * MB < each.dependencies.size.unzipped + each.code.size.unzipped < 50 * MB
        assert each.dependencies.size.zipped < 20 * MB


def test_a_build_that_is_too_large_is_refused(for_this_machine: Built) -> None:
    with pytest.raises(BuildError, match="The layers have"):
        check_sizes(for_this_machine, layers_max=40 * MB)
    with pytest.raises(BuildError, match="A function with its layers has"):
        check_sizes(replace(for_this_machine, functions=_sized(for_this_machine, 210 * MB)))


def _sized(built: Built, unzipped: int):
    return replace(built.functions, size=Size(unzipped=unzipped, zipped=1))


@pytest.mark.parametrize("architecture", MACHINES)
def test_all_libraries_are_for_the_functions_machine_and_python(
    built: Mapping[Architecture, Built], architecture: Architecture
) -> None:
    libraries = {name: path for name, path in files(built[architecture].dependencies.path) if ".so" in name}

    assert len(libraries) > 5
    for name, path in libraries.items():
        header = path.read_bytes()[:20]
        assert header[:4] == b"\x7fELF", name
        assert int.from_bytes(header[18:20], "little") == ELF_MACHINES[architecture], name
        if tag := re.search(r"\.cpython-(\d+)-(\w+?)-linux", name):
            assert tag.groups() == ("313", MACHINES[architecture]), name


def test_both_layers_have_the_same_packages(built: Mapping[Architecture, Built]) -> None:
    names = [{name for name, _ in files(each.dependencies.path) if ".so" not in name} for each in built.values()]

    assert {name for name in names[0] ^ names[1] if not name.endswith("/WHEEL")} == set()


def test_nothing_is_there_that_nobody_uses(for_this_machine: Built) -> None:
    packages = for_this_machine.dependencies.path / "python"
    services = {path.name for path in (packages / "botocore" / "data").iterdir() if path.is_dir()}
    parts = (for_this_machine.dependencies, for_this_machine.code, for_this_machine.functions)
    names = [name for part in parts for name, _ in files(part.path)]

    assert services == set(AWS_SERVICES)
    assert [name for name in names if re.search(r"__pycache__|\.pyc$|\.pyi$|/tests?/|^python/bin/|geodata", name)] == []


def test_every_aws_client_of_the_code_has_its_model() -> None:
    sources = [path.read_text() for root in ("shared", "functions") for path in (PROJECT / root).rglob("*.py")]
    typed = {name for text in sources for name in re.findall(r"from mypy_boto3_(\w+?) import", text)}
    made = {name for text in sources for name in re.findall(r"\bclient\(\s*\"([a-z0-9-]+)\"", text)}

    assert typed
    assert {name.replace("_", "-") for name in typed} | made <= set(AWS_SERVICES)


def test_the_same_input_gives_the_same_files(built: Mapping[Architecture, Built], tmp_path: Path) -> None:
    again = build("arm64", into=tmp_path)

    for part in ("dependencies", "code", "functions"):
        first, second = getattr(built["arm64"], part), getattr(again, part)
        assert digest(first.path) == digest(second.path)
        assert first.size == second.size
        assert {path.stat().st_mode & 0o777 for path in second.path.rglob("*")} == {0o644, 0o755}


def test_a_build_of_the_same_leaves_dependencies_alone_and_mends_what_was_changed(
    built: Mapping[Architecture, Built], tmp_path: Path
) -> None:
    said: list[str] = []
    build("arm64", say=said.append)
    assert said == []

    # A lock of one small package stands for the real one.
    text = (PROJECT / "requirements" / "runtime.txt").read_text()
    lock = tmp_path / "lock.txt"
    lock.write_text(re.search(r"^six==(?:.*\\\n)*.*\n", text, re.M)[0])
    with pytest.raises(BuildError, match="botocore has no service"):
        build("arm64", into=tmp_path, lock=lock)
    lock.write_text(lock.read_text().replace("sha256:", "sha256:0")[:-2])
    with pytest.raises(BuildError, match="pip could not install"):
        build("arm64", into=tmp_path, lock=lock)


def test_a_lock_that_depends_on_the_builders_machine_is_refused() -> None:
    check_markers("cffi==2.1.1 ; platform_python_implementation != 'PyPy' \\\n    --hash=sha256:0\n")

    with pytest.raises(BuildError, match=r"pywin32==312 .*sys_platform"):
        check_markers("pywin32==312 ; sys_platform == 'win32' \\\n")


def test_every_module_imports_from_the_layers_alone(for_this_machine: Built) -> None:
    imported = clean_python(IMPORT_ALL, for_this_machine).split()

    package = for_this_machine.code.path / "python" / "wavecom"
    modules = {name for name, _ in files(package) if name.endswith(".py")}
    assert len(imported) == len(modules) - 1, "all but wavecom itself"


def test_what_the_code_loads_late_is_there(for_this_machine: Built) -> None:
    clean_python(USE_WHAT_IS_LOADED_LATE, for_this_machine, given=" ".join(AWS_SERVICES))


def test_the_architecture_is_one_that_lambda_has() -> None:
    assert platform.machine() in {*MACHINES.values(), "arm64"}
    with pytest.raises(BuildError, match="must be arm64 or x86_64"):
        build("mips")
