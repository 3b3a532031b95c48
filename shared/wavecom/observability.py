"""Logs, metrics and traces, by Powertools. Log lines name notifications, never a recipient or a body."""

import logging
import os
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from wavecom.metrics import NAMESPACE, Metric

Handler = Callable[[dict[str, Any], Any], Any]
"""A Lambda handler: event and context to an answer."""


def configure_logging(service: str) -> Logger:
    """Log JSON lines of the whole package to standard output; the level comes from POWERTOOLS_LOG_LEVEL."""
    logger = Logger(service=service, utc=True)
    package = logging.getLogger("wavecom")
    package.handlers = list(logger.handlers)
    package.setLevel(logger.log_level)
    package.propagate = False
    return logger


class EmfMetrics:
    """`wavecom.ports.system.MetricsSink` by the CloudWatch embedded metric format on standard output.

    Each value is a separate document, since values of one document share its dimensions.
    """

    def __init__(self) -> None:
        self._namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or NAMESPACE

    def gauge(self, metric: Metric, value: float, **dimensions: str) -> None:
        """See `wavecom.ports.system.MetricsSink.gauge`."""
        metrics = EphemeralMetrics(namespace=self._namespace, service=metric.service)
        for dimension, text in dimensions.items():
            metrics.add_dimension(dimension, text)
        metrics.add_metric(metric.name, MetricUnit.NoUnit if metric.unit == "None" else metric.unit, value)
        metrics.flush_metrics()


def traced(handler: Handler, service: str) -> Handler:
    """Return ``handler`` traced by X-Ray. The tracer is imported only here, since it costs 190 ms.

    Answers are left out of traces: they contain recipients, bodies and the tokens of new API keys.
    """
    from aws_lambda_powertools import Tracer  # noqa: PLC0415

    traced_handler: Handler = Tracer(service=service).capture_lambda_handler(
        handler, capture_response=False, capture_error=False
    )
    return traced_handler
