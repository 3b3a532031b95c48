"""Ports filled from memory, a file a capability as in `wavecom.ports`. They pass the same suites as the adapters."""

from tests.fakes.ledger import FakeCounters, FakeLedgerChecks
from tests.fakes.metrics import FakeMetrics
from tests.fakes.notifications import FakeStore, as_if_stored
from tests.fakes.provider_limits import FakePace, FakeWeights
from tests.fakes.providers import FakeProvider
from tests.fakes.queue import FakeQueue
from tests.fakes.reports import FakeKeptReports
from tests.fakes.suppressions import FakeSuppressions
from tests.fakes.system import FakeSystem

__all__ = [
    "FakeCounters",
    "FakeKeptReports",
    "FakeLedgerChecks",
    "FakeMetrics",
    "FakePace",
    "FakeProvider",
    "FakeQueue",
    "FakeStore",
    "FakeSuppressions",
    "FakeSystem",
    "FakeWeights",
    "as_if_stored",
]
