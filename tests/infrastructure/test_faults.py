"""One fault is told once: which alarms each sets off, as docs/runbook.md says and as the templates have it."""

import re

import pytest

from local.config import PROJECT
from tests.infrastructure.faults import FAULTS, during
from tests.infrastructure.metric_math import goes_off
from tests.infrastructure.templates import Assembly
from tests.infrastructure.variants import VARIANTS

Assemblies = dict[str, Assembly]
each_variant = pytest.mark.parametrize("variant", VARIANTS)
ENGINES = {"(RabbitMQ)": True, "(SQS)": False}


def told() -> dict[str, set[str]]:
    """Return the runbook's table: the alarms of each fault, those that page in asterisks."""
    runbook = (PROJECT / "docs" / "runbook.md").read_text()
    (section,) = re.findall(r"^## Which alarms a fault sets off\n(.*?)^## ", runbook, re.M | re.S)
    rows = re.findall(r"^\| ([A-Z][^|]+) \| ([^|]+) \|$", section, re.M)
    return {fault: set(alarms.split(", ")) for fault, alarms in rows if fault != "Fault"}


def names(alarms: set[str]) -> set[str]:
    return {each.strip("*") for each in alarms}


def happens(fault: str, assembly: Assembly) -> bool:
    """Return whether a fault is of the stage's engine."""
    engine = re.search(r"\(\w+\)$", fault)
    return engine is None or ENGINES[engine.group()] is bool(assembly.of_type("AmazonMQ::Broker"))


def test_the_runbook_has_every_fault_and_no_other() -> None:
    assert told().keys() == FAULTS.keys()


@pytest.mark.parametrize("fault", FAULTS)
@each_variant
def test_a_fault_sets_off_the_alarms_that_the_runbook_names_and_no_others(
    assemblies: Assemblies, variant: str, fault: str
) -> None:
    assembly = assemblies[variant]
    if not happens(fault, assembly):
        pytest.skip("A fault of the other engine")

    gone_off = {name for name, alarm in assembly.alarms.items() if goes_off(alarm, during(FAULTS[fault]))}

    assert gone_off == names(told()[fault]) & assembly.alarms.keys()


@each_variant
def test_a_healthy_service_sets_off_nothing(assemblies: Assemblies, variant: str) -> None:
    assert not [name for name, alarm in assemblies[variant].alarms.items() if goes_off(alarm, during([]))]


def test_every_alarm_is_of_a_fault_that_the_runbook_has(assemblies: Assemblies) -> None:
    def kind(name: str) -> str:
        return re.sub(r"^function-.*-(\w+)$", r"function-\1", name)

    alarms = {kind(name) for assembly in assemblies.values() for name in assembly.alarms}

    assert {kind(name) for alarms in told().values() for name in names(alarms)} == alarms


def test_the_runbook_marks_the_alarms_that_page(assemblies: Assemblies) -> None:
    marked = {name.strip("*") for alarms in told().values() for name in alarms if name.startswith("**")}

    assert marked == assemblies["prod-rabbitmq"].paging
    assert not marked & {name for alarms in told().values() for name in alarms}
