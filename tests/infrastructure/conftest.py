"""The layers and the templates, made once a run."""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import pytest

from layers.build import Architecture, Built, build
from local.config import PROJECT
from tests.infrastructure.templates import Assembly
from tests.infrastructure.variants import CHANGED, VARIANTS

SYNTHESIS = {
    **os.environ,
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
    "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "shared")]),
}
"""The environment of a process that synthesises."""


@pytest.fixture(scope="session")
def built() -> Mapping[Architecture, Built]:
    """What the build makes for each architecture."""
    architectures = get_args(Architecture)
    with ThreadPoolExecutor(len(architectures)) as threads:
        return dict(zip(architectures, threads.map(build, architectures), strict=True))


@pytest.fixture(scope="session")
def for_this_machine(built: Mapping[Architecture, Built]) -> Built:
    """What the build makes for the machine that the tests run on."""
    if platform.system() != "Linux":
        pytest.skip("The layers hold libraries for Linux")
    return built["x86_64" if platform.machine() == "x86_64" else "arm64"]


@pytest.fixture(scope="session")
def assemblies(built: Mapping[Architecture, Built], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Assembly]:
    """Each variant, synthesised in a process of its own, since CDK's library runs beside a Node.js that stays."""
    del built
    folder = tmp_path_factory.mktemp("assemblies")
    done = subprocess.run(
        [sys.executable, "-m", "tests.infrastructure.synthesise", str(folder)],
        cwd=PROJECT,
        env=SYNTHESIS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    return {variant: Assembly(folder / variant) for variant in (*VARIANTS, CHANGED)}
