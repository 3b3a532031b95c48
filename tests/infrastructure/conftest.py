"""The layers, built once a run."""

import platform
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import pytest

from layers.build import Architecture, Built, build


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
