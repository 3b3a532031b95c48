"""Observe the service every minute: depths, failure rates and the degradation level."""

from typing import Any

from wavecom.bootstrap import container, entry_point
from wavecom.observability import EmfMetrics


def _handle(event: dict[str, Any], context: Any) -> dict[str, int]:
    level = container("observe").observe(EmfMetrics()).observe()
    return {"level": level.value}


lambda_handler = entry_point("observe", _handle)
