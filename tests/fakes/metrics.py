"""Measurements, in memory."""

from wavecom.metrics import Metric


class FakeMetrics:
    """Remembers what was measured, by name and dimensions."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, ...], float] = {}

    def gauge(self, metric: Metric, value: float, **dimensions: str) -> None:
        assert tuple(dimensions) == metric.dimensions
        self.values[metric.name, *dimensions.values()] = value
