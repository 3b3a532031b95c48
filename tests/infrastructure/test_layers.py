"""The layers: their size and content, and that they are all that the code needs."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from layers import prune
from layers.build import LOCK, MB, PROJECT, Architecture, BuildError, Built, build, check_sizes
from layers.compiled import MAGIC, READ_AS_TEXT, SLOWER, find_compiler
from layers.dependencies import MACHINES, check_markers, known_size
from layers.prune import AWS_SERVICES
from layers.python313 import NO_PYTHON, python313
from layers.trees import Size, digest, files
from wavecom.adapters.templates import languages

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
USE_WHAT_IS_COMPILED = """
import sys
sys.path += sys.argv[1:]
import importlib.util, six, wavecom.topology
assert six.__file__.endswith("six.pyc"), six.__file__
assert six.add_metaclass.__code__.co_filename == "/opt/python/six.py"
def refuse(*_):
    raise AssertionError("compiled at the start")
import importlib._bootstrap_external as loaders
loaders.SourceLoader.source_to_code = refuse
import boto3, httpx, phonenumbers, pymongo, wavecom.settings
"""
USE_WHAT_IS_LOADED_LATE = """
import ssl, sys
sys.path += sys.argv[1:]
import boto3, botocore.httpsession, certifi, dns.resolver, httpx, phonenumbers
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.auth.crypt.es256 import ES256Signer

for service in sys.stdin.read().split():
    boto3.client(service, region_name="eu-central-1").close()
for bundle in (certifi.where(), botocore.httpsession.where()):
    ssl.create_default_context(cafile=bundle)
httpx.Client(http2=True).close()
number = phonenumbers.parse("+15005550006", None)
assert phonenumbers.is_valid_number(number)
assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == "+15005550006"
key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
assert ES256Signer.from_string(key).sign(b"message")
"""
"""AWS clients, certificates, DNS for mongodb+srv://, HTTP/2 and signatures for APNs, phone numbers."""


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
        layers = (each.dependencies, each.code)
        unzipped = sum(path.stat().st_size for part in layers for _, path in files(part.path))
        assert unzipped == sum(part.size.unzipped for part in layers)
        assert 40 * MB < unzipped < 70 * MB
        assert sum(part.size.zipped for part in layers) < 30 * MB


def test_layers_have_the_languages_that_templates_accept() -> None:
    assert prune.LANGUAGES == languages.LANGUAGES


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
    assert [name for name in names if re.search(r"\.pyi$|/tests?/|^python/bin/|geodata", name)] == []


def test_every_aws_client_of_the_code_has_its_model() -> None:
    sources = [path.read_text() for root in ("shared", "functions") for path in (PROJECT / root).rglob("*.py")]
    typed = {name for text in sources for name in re.findall(r"from mypy_boto3_(\w+?) import", text)}
    made = {name for text in sources for name in re.findall(r"\bclient\(\s*\"([a-z0-9-]+)\"", text)}

    assert typed
    assert {name.replace("_", "-") for name in typed} | made <= set(AWS_SERVICES)


def locked(*packages: str) -> str:
    """Return the lines of the lock file that are about ``packages``."""
    text = LOCK.read_text()
    found = []
    for each in packages:
        entry = re.search(rf"^{each}==(?:.*\\\n)*.*\n", text, re.M)
        assert entry is not None, f"{each} is not in the lock file"
        found.append(entry[0])
    return "".join(found)


def test_the_same_input_gives_the_same_files(built: Mapping[Architecture, Built], tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(locked("botocore", "cffi", "phonenumbers", "pydantic-core"))  # all would take three times as long

    again = build("arm64", into=tmp_path, lock=lock)

    assert digest(again.code.path) == digest(built["arm64"].code.path)
    assert digest(again.functions.path) == digest(built["arm64"].functions.path)
    before, after = (dict(files(each["arm64"].dependencies.path)) for each in (built, {"arm64": again}))
    assert len(after) > 200
    assert {name for name, path in after.items() if path.read_bytes() != before[name].read_bytes()} == set()
    assert {path.stat().st_mode & 0o777 for path in again.dependencies.path.rglob("*")} == {0o644, 0o755}


def test_dependencies_are_built_again_only_when_something_changed(
    built: Mapping[Architecture, Built], tmp_path: Path
) -> None:
    said: list[str] = []
    compiler = find_compiler()
    build("arm64", say=said.append)
    assert said == ([] if compiler else [SLOWER])

    place = tmp_path / "dependencies"
    shutil.copytree(built["arm64"].dependencies.path, place)
    shutil.copyfile(built["arm64"].dependencies.path.with_suffix(".json"), place.with_suffix(".json"))
    other_lock = tmp_path / "lock.txt"
    other_lock.write_text(LOCK.read_text() + "\n")
    assert known_size("arm64", LOCK, place, compiler) == built["arm64"].dependencies.size
    assert known_size("x86_64", LOCK, place, compiler) is None
    assert known_size("arm64", other_lock, place, compiler) is None
    if compiler:
        assert known_size("arm64", LOCK, place, None) is None
        assert known_size("arm64", LOCK, place, replace(compiler, magic="f40d0d0a")) is None
    (place / "python" / "six.pyc").write_text("")
    assert known_size("arm64", LOCK, place, compiler) is None, "it was tampered with"


def test_a_build_that_fails_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(locked("six"))
    with pytest.raises(BuildError, match="botocore has no service"):
        build("arm64", into=tmp_path, lock=lock)

    lock.write_text(re.sub("sha256:.{8}", "sha256:00000000", lock.read_text()))
    with pytest.raises(BuildError, match=r"pip could not install lock.txt for arm64: .*DO NOT MATCH THE HASHES"):
        build("arm64", into=tmp_path, lock=lock)

    assert list((tmp_path / "arm64").iterdir()) == []


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


def test_modules_are_compiled_for_python_313(built: Mapping[Architecture, Built]) -> None:
    if find_compiler() is None:
        pytest.skip(NO_PYTHON)

    for each in built.values():
        packages = each.dependencies.path / "python"
        assert {name for name, _ in files(packages) if name.endswith(".py")} == set(READ_AS_TEXT)
        for part in (each.dependencies, each.code, each.functions):
            compiled = [path for name, path in files(part.path) if name.endswith(".pyc")]
            assert compiled
            unchecked_hash = (1).to_bytes(4, "little")  # PEP 552
            assert {path.read_bytes()[:8] for path in compiled} == {bytes.fromhex(MAGIC) + unchecked_hash}
            sources = [path for name, path in files(part.path) if name.endswith(".py")]
            beside = [path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc" for path in sources]
            assert [path for path in beside if not path.exists()] == []


def test_compiled_modules_are_what_is_imported(for_this_machine: Built) -> None:
    if find_compiler() is None:
        pytest.skip(NO_PYTHON)

    clean_python(USE_WHAT_IS_COMPILED, for_this_machine)


def test_without_python_313_the_sources_are_deployed(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(locked("botocore"))
    said: list[str] = []

    sources = build("arm64", into=tmp_path, lock=lock, find=lambda: None, say=said.append)

    assert said[0] == SLOWER
    for part in (sources.dependencies, sources.code, sources.functions):
        names = [name for name, _ in files(part.path)]
        assert any(name.endswith(".py") for name in names)
        assert not any(name.endswith(".pyc") for name in names)


def test_an_architecture_that_lambda_has_not_is_refused() -> None:
    with pytest.raises(BuildError, match="must be arm64 or x86_64"):
        build("mips")  # type: ignore[arg-type]  # an architecture that the types exclude
