"""The one place that joins adapters to use cases. Nothing connects at import; each part is created on first use."""

from wavecom.bootstrap.process import collect_garbage_rarely, container, entry_point
from wavecom.bootstrap.use_cases import Container

__all__ = ["Container", "collect_garbage_rarely", "container", "entry_point"]
