"""Cost: dollars per million notifications, from measured milliseconds, requests and bytes and a dated price table."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.micro import Life
from benchmarks.result import Figures, Note, Result, read
from local.config import PROJECT

PRICES: Final = PROJECT / "benchmarks" / "prices.json"
VOLUMES: Final = (1_000_000, 10_000_000, 72_000_000)
"""Notifications a day; the last is 50,000 a minute around the clock."""
DAYS: Final = 30
HOURS: Final = 24 * DAYS
MEMORY_GB: Final = 1.0
"""The memory of each function; below a whole processor (1.77 GB) Lambda runs at 56 % of the speed measured here."""
SLOWER: Final = 1.77
BATCH_WINDOW_SECONDS: Final = 0.5
MAX_BATCH: Final = 1_000
SQS_BATCH: Final = 10
LOG_BYTES_PER_INVOCATION: Final = 900
"""Lambda's own three lines and one of ours."""
SCHEDULED_INVOCATIONS: Final = 2 * 60 * HOURS
SCHEDULED_SECONDS: Final = 0.3
EMPTY_RECEIVES: Final = 3 * 5 * 3 * 60 * HOURS
"""Three queues, five pollers each, three long polls a minute."""
METRICS: Final = 30
BROKERS: Final = 3
KEPT_DAYS: Final = {"notification": 90, "trail": 600}
COMPRESSION: Final = 0.35
"""The share that WiredTiger's snappy leaves of such documents, with their indexes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The measurements behind the costs: milliseconds of an API request, seconds of a batch of 1,000, bytes."""

    single_ms: float
    batch_ms: float
    batch_size: int
    thousand_seconds: float
    provider_seconds: float
    notification_bytes: int
    trail_bytes: int


def prices() -> dict[str, float]:
    """Return the price table."""
    table = json.loads(PRICES.read_text())["prices"]
    return {name: float(entry["value"]) for name, entry in table.items()}


def batch_of(a_day: float, measured: Measured) -> tuple[float, float]:
    """Return the number of messages that an invocation gets at a volume, and its seconds.

    Messages collect while an invocation runs, so size and time depend on each other.
    """
    per_second = a_day / 86_400
    slope = (measured.thousand_seconds - measured.provider_seconds) / MAX_BATCH
    size = 1.0
    for _ in range(100):
        seconds = measured.provider_seconds + slope * size
        size = min(MAX_BATCH, max(1.0, per_second * max(BATCH_WINDOW_SECONDS, seconds)))
    return size, measured.provider_seconds + slope * size


def per_million(a_day: int, broker: str, size: int, measured: Measured, price: Mapping[str, float]) -> dict[str, float]:
    """Return the dollars per million notifications, by purpose; ``size`` notifications a POST."""
    month = a_day * DAYS / 1e6  # in millions
    requests = 1 / size
    request_ms = measured.single_ms if size == 1 else measured.batch_ms * size / measured.batch_size
    in_batch, batch_seconds = batch_of(a_day, measured)
    invocations = 1 / in_batch
    gb_seconds = 1e6 * MEMORY_GB * (requests * request_ms / 1000 * SLOWER + invocations * batch_seconds)
    scheduled = SCHEDULED_INVOCATIONS * (
        price["lambdaPerMillionRequests"] / 1e6 + SCHEDULED_SECONDS * MEMORY_GB * price["lambdaPerGbSecond"]
    )
    logs_gb = 1e6 * (requests + invocations) * LOG_BYTES_PER_INVOCATION / 1e9
    costs = {
        "API Gateway": requests * price["apiGatewayPerMillionRequests"],
        "Lambda": (requests + invocations) * price["lambdaPerMillionRequests"]
        + gb_seconds * price["lambdaPerGbSecond"]
        + scheduled / month,
        "Broker": _broker(broker, size, price, month),
        "Database": _cluster(a_day, price) * HOURS / month,
        "Storage": _storage_gb(measured) * price["atlasStoragePerGbMonth"],
        "CloudWatch": logs_gb * price["logsPerGb"] + METRICS * price["metricPerMonth"] / month,
    }
    return {**{name: round(value, 3) for name, value in costs.items()}, "Total": round(sum(costs.values()), 2)}


def _broker(broker: str, size: int, price: Mapping[str, float], month: float) -> float:
    if broker == "rabbitmq":
        return (BROKERS * HOURS * price["mqBrokerPerHour"] + 200 * price["mqStoragePerGbMonth"]) / month
    sends = 1 / min(size, SQS_BATCH)
    return (sends + 2 / SQS_BATCH + EMPTY_RECEIVES / 1e6 / month) * price["sqsPerMillionRequests"]


def _cluster(a_day: int, price: Mapping[str, float]) -> float:
    """Return the hourly price of the Atlas tier for a volume's writes: about five for each notification."""
    tier = "atlasM30PerHour" if a_day <= 2e6 else "atlasM50PerHour" if a_day <= 20e6 else "atlasM80PerHour"
    return price[tier]


def _storage_gb(measured: Measured) -> float:
    """Return the gigabyte months that a million notifications take until they are removed."""
    months = {name: days / DAYS for name, days in KEPT_DAYS.items()}
    kept = measured.notification_bytes * months["notification"] + measured.trail_bytes * months["trail"]
    return 1e6 * kept * COMPRESSION / 1e9


def measured_from(results: Sequence[Result]) -> Measured:
    """Return the latest measurements. Raises `LookupError` if one is missing."""

    def last(what: str, **parameters: object) -> Figures:
        for result in reversed(results):
            if result.what == what and all(result.parameters.get(name) == value for name, value in parameters.items()):
                return result.figures
        raise LookupError(f"{what} was not measured yet")

    notification_bytes, trail_bytes = _bytes()
    return Measured(
        single_ms=last("accept.steps", size=1)["totalMs"],
        batch_ms=last("accept.steps", size=500)["totalMs"],
        batch_size=500,
        thousand_seconds=last("deliver.batch", messages=1_000)["seconds"],
        provider_seconds=0.25,
        notification_bytes=notification_bytes,
        trail_bytes=trail_bytes,
    )


def _bytes() -> tuple[int, int]:
    """Return the mean BSON sizes of a finished notification and of its whole trail."""
    life, trail, count = Life(), 0, 0
    for step in life.steps().values():
        step()
        if step in (life.write, life.write_new):
            trail += life.trail_bytes()
            count = life.count()
    return life.notification_bytes() // count, trail // count


def cost(note: Note, say: Callable[[str], None]) -> None:
    """Compute every combination from the latest results."""
    measured, price = measured_from(read()), prices()
    for a_day in VOLUMES:
        for broker in ("rabbitmq", "sqs"):
            for size in (1, 500):
                parameters = {"perDay": a_day, "broker": broker, "size": size}
                figures = per_million(a_day, broker, size, measured, price)
                say(f"{a_day:,} a day, {broker}, {size} a POST: {figures['Total']} dollars per million")
                note(Result(what="cost", parameters=parameters, figures=figures))
