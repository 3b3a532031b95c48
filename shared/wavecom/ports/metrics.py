"""Record measurements."""

from typing import Protocol

from wavecom.metrics import Metric


class MetricsSink(Protocol):
    """Records measurements in CloudWatch, by the embedded metric format."""

    def gauge(self, metric: Metric, value: float, **dimensions: str) -> None:
        """Record one value, with each of the metric's dimensions."""
