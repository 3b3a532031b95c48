"""Every port has a contract suite, which names it in ``PORT``."""

import importlib
import pkgutil
from collections import Counter
from pathlib import Path
from types import ModuleType

import wavecom.ports

SUITES = {
    path.stem: importlib.import_module(f"tests.contract.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("test_*_contract.py"))
}


def protocols(package: ModuleType) -> set[type]:
    """Return the Protocols that the modules of a package define."""
    modules = [
        importlib.import_module(f"{package.__name__}.{each.name}") for each in pkgutil.iter_modules(package.__path__)
    ]
    return {
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and each.__module__ == module.__name__ and getattr(each, "_is_protocol", False)
    }


def test_every_suite_names_its_port() -> None:
    assert [name for name, suite in SUITES.items() if not hasattr(suite, "PORT")] == []


def test_every_port_has_one_suite() -> None:
    suites = Counter(suite.PORT for suite in SUITES.values())

    assert suites == Counter(protocols(wavecom.ports))
