"""Short-lived caches, which a test need not wait for."""

import time
from types import ModuleType, SimpleNamespace

import pytest

from wavecom import cache


def end_caches(monkeypatch: pytest.MonkeyPatch, adapter: ModuleType) -> None:
    """Let so much time pass that what an adapter has cached is over, and no more."""
    later = adapter.CACHE.total_seconds() + 0.05
    monkeypatch.setattr(cache, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + later))
