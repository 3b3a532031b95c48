"""Pools and concurrency in the templates are those by which the connections to MongoDB were counted."""

import pytest

from infra_cdk.connections import POOL_SIZES
from tests.infrastructure.templates import Assembly
from tests.infrastructure.variants import VARIANTS


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_nothing_else_bounds_has_reserved_concurrency_and_every_function_its_pool(
    assemblies: dict[str, Assembly], variant: str
) -> None:
    functions = assemblies[variant].functions

    reserved = {name: each.get("ReservedConcurrentExecutions") for name, each in functions.items()}
    dev = variant.startswith("dev")
    api = VARIANTS[variant][1].get("apiReserved", 100)
    bounded = [reserved[name] for name in ("api", "feed", "receipts", "sweep")]
    assert bounded == ([api, 20, 10, 1] if dev else [250, 50, 50, 1])
    for name, each in functions.items():
        pool = int(each["Environment"]["Variables"]["MONGODB_POOL_SIZE"])
        assert pool == POOL_SIZES[name.split("-")[0]], name
