"""Short-lived caches of adapters, which a test need not wait for."""

import time
from types import ModuleType, SimpleNamespace

import pytest


def end_caches(monkeypatch: pytest.MonkeyPatch, adapter: ModuleType) -> None:
    """Let so much time pass for an adapter's module that what it has cached is over, and no more."""
    later = adapter.CACHE.total_seconds() + 0.05
    monkeypatch.setattr(adapter, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + later))
