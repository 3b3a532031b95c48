"""Alarms on each function: errors, throttles, and runs near their timeout."""

from collections.abc import Sequence

from infra_cdk.parts.alarms import MINUTE, SILENCE_IS_GOOD, Alarms
from infra_cdk.parts.explanations import account_is_full, broker_away, database_away
from infra_cdk.parts.function import WaveComFunction
from infra_cdk.settings import StageSettings

NEAR_TIMEOUT = 0.8


def add_function_alarms(alarms: Alarms, settings: StageSettings, functions: Sequence[WaveComFunction]) -> None:
    """Add the alarms on each function."""
    for each in functions:
        name = f"function-{each.short_name}"
        limit_ms = NEAR_TIMEOUT * each.timeout.to_milliseconds()
        alarms.add(
            f"{name}-errors",
            each.function.metric_errors(period=MINUTE),
            threshold=0,
            minutes=3,
            of=5,
            means=f"{each.name} fails again and again.",
            section="function-errors",
            missing=SILENCE_IS_GOOD,
            unless=[database_away(settings)],
        )
        alarms.add(
            f"{name}-throttles",
            each.function.metric_throttles(period=MINUTE),
            threshold=0,
            minutes=3,
            of=5,
            means=f"{each.name} is refused concurrency.",
            section="function-throttles",
            missing=SILENCE_IS_GOOD,
            unless=[account_is_full()],
        )
        alarms.add(
            f"{name}-duration",
            each.function.metric_duration(statistic="Maximum", period=MINUTE),
            threshold=limit_ms,
            minutes=3,
            of=5,
            means=f"{each.name} comes near its timeout of {each.timeout.to_seconds():.0f} s.",
            section="function-duration",
            missing=SILENCE_IS_GOOD,
            unless=[database_away(settings), broker_away(settings)],
        )
