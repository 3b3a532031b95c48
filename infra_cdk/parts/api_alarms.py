"""Alarms on the HTTP API: failures as its clients see them, and slowness of its function."""

from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_cloudwatch as cloudwatch

from infra_cdk.parts.alarms import MINUTE, SILENCE_IS_GOOD, Alarms
from infra_cdk.parts.explanations import account_is_full, broker_away, database_away
from infra_cdk.parts.function import WaveComFunction
from infra_cdk.settings import StageSettings

ERRORS_PERCENT = 5
P99_MS = 2_000


def add_api_alarms(
    alarms: Alarms,
    settings: StageSettings,
    http_api: apigatewayv2.HttpApi,
    *,
    api: WaveComFunction,
    feed: WaveComFunction,
) -> None:
    """Add the alarms on the HTTP API, whose function is ``api``, and that of the event feed's readers ``feed``.

    Slowness is the function's own: in the gateway's latency are the readers, who wait for events on purpose.
    """
    alarms.add(
        "api-errors",
        errors_percent(http_api, feed),
        threshold=ERRORS_PERCENT,
        minutes=3,
        of=5,
        means=f"More than {ERRORS_PERCENT} % of the API's answers are 5xx.",
        section="api-errors",
        missing=SILENCE_IS_GOOD,
        pages=True,
        unless=[database_away(settings), account_is_full()],
    )
    if settings.emulator:  # which takes the durations of all functions as one
        return
    alarms.add(
        "api-latency",
        api.function.metric_duration(statistic="p99", period=MINUTE),
        threshold=P99_MS,
        minutes=5,
        means=f"One answer in a hundred takes longer than {P99_MS / 1000:.0f} s.",
        section="api-latency",
        missing=SILENCE_IS_GOOD,
        unless=[database_away(settings), broker_away(settings)],
    )


def errors_percent(http_api: apigatewayv2.HttpApi, feed: WaveComFunction) -> cloudwatch.MathExpression:
    """Return the percentage of 5xx answers, 0 if there were no answers.

    Readers of ``feed`` that are too many are told by 503 to come back, and are left out: `function-feed-throttles`
    tells of them.
    """
    return cloudwatch.MathExpression(
        expression="IF(requests > 0, 100 * (errors - FILL(throttled, 0)) / requests, 0)",
        using_metrics={
            "errors": http_api.metric_server_error(statistic="Sum", period=MINUTE),
            "throttled": feed.function.metric_throttles(statistic="Sum", period=MINUTE),
            "requests": http_api.metric_count(statistic="Sum", period=MINUTE),
        },
        label="5xx, percent",
        period=MINUTE,
    )
