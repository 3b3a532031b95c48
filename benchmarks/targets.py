"""The performance targets, and the verdict of the latest figures on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.result import Figures, Result

HIGH: Final = "high_priority"
STANDARD: Final = "notifications"
MIN_DELIVERED_SHARE: Final = 0.95
"""The minimum share delivered up to the last SENT; below it, requests or messages are waiting."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target's figure, and whether it is met."""

    figure: str
    met: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A target: ``judge`` raises `LookupError` if nothing was measured; ``reason`` names the text for a miss."""

    what: str
    wanted: str
    judge: Callable[["Latest"], Verdict]
    reason: str = ""


class Latest:
    """The latest figures of each measurement."""

    def __init__(self, results: Sequence[Result]) -> None:
        self._results = results

    def figures(self, what: str, **parameters: object) -> Figures:
        """Return the latest figures of ``what`` with ``parameters``. Raises `LookupError`."""
        return self.result(what, **parameters).figures

    def result(self, what: str, **parameters: object) -> Result:
        """Return the latest result of ``what`` with ``parameters``. Raises `LookupError`."""
        for result in reversed(self._results):
            if result.what == what and all(result.parameters.get(name) == value for name, value in parameters.items()):
                return result
        raise LookupError(f"{what} was not measured")


def _end_to_end(latest: Latest, broker: str) -> Verdict:
    found = latest.figures("end-to-end", broker=broker, rate=833)
    p99 = {lane: each.get("p99", float("inf")) for lane, each in found["acceptedToSentMs"].items()}
    in_time = found["deliveredPerSecond"] >= MIN_DELIVERED_SHARE * 833
    kept = in_time and not found["backlogGrows"] and p99[HIGH] < 5_000 and p99[STANDARD] < 30_000
    whole = found["lost"] == found["twice"] == found["unfinished"] == 0 and not found["refusedRequests"]
    text = (
        f"{found['deliveredPerSecond']:,.0f}/s delivered; {found['backlogAtEnd']:,} accepted and not sent at the end, "
        f"requests answered after {found['requestMs']['p50'] / 1000:.1f} s (p50); "
        f"p99 high {p99[HIGH] / 1000:.2f} s, standard {p99[STANDARD] / 1000:.2f} s; "
        f"lost {found['lost']}, twice {found['twice']}"
    )
    return Verdict(text, kept and whole)


def _highest(latest: Latest) -> Verdict:
    rate = latest.figures("end-to-end.highest", broker="rabbitmq")["perSecond"]
    return Verdict(f"{rate:,.0f}/s", rate >= 1_667)


def _batch(latest: Latest) -> Verdict:
    rate = latest.figures("accept.batch", broker="rabbitmq")["acceptedPerSecond"]
    return Verdict(f"{rate:,.0f}/s", rate >= 5_000)


def _single(latest: Latest) -> Verdict:
    rate = latest.figures("accept.single", broker="rabbitmq")["acceptedPerSecond"]
    return Verdict(f"{rate:,.0f}/s", rate >= 600)


def _steady(latest: Latest) -> Verdict:
    p99 = latest.figures("accept.steady", broker="rabbitmq", rate=200.0)["requestMs"]["p99"]
    return Verdict(f"{p99:,.0f} ms", p99 < 50)


def _own(latest: Latest) -> Verdict:
    own = latest.figures("micro")["ownCpuMs"]
    return Verdict(f"{own:.3f} ms", own < 0.5)


def _rendering(latest: Latest) -> Verdict:
    took = latest.figures("micro")["renderMicroseconds"]
    return Verdict(f"{took:.0f} µs", took < 30)


def _at_once(latest: Latest) -> Verdict:
    most = latest.figures("deliver.batch")["sendsAtOnce"]
    return Verdict(f"{most}", most >= 128)


def _thousand(latest: Latest) -> Verdict:
    seconds = latest.figures("deliver.batch")["seconds"]
    return Verdict(f"{seconds:.2f} s", seconds <= 2.5)


def _initialisation(function: str, bound: int) -> Callable[[Latest], Verdict]:
    def judge(latest: Latest) -> Verdict:
        took = {
            broker: latest.figures("cold-start", function=function, broker=broker)["initMs"]
            for broker in ("rabbitmq", "sqs")
        }
        text = ", ".join(f"{milliseconds:,.0f} ms ({broker})" for broker, milliseconds in took.items())
        return Verdict(text, max(took.values()) < bound)

    return judge


def _packages(latest: Latest) -> Verdict:
    sizes = latest.figures("cold-start.layers")
    total = sizes["dependenciesMb"] + sizes["codeMb"]
    return Verdict(f"{total:.1f} MB, for arm64", total < 70)


def _flat(name: str) -> Callable[[Latest], Verdict]:
    def judge(latest: Latest) -> Verdict:
        few, many = (latest.figures("growth", stored=stored)[name] for stored in (10_000, 1_000_000))
        return Verdict(f"{few:.1f} ms, {many:.1f} ms", many <= 1.2 * few)

    return judge


def _webhooks(latest: Latest) -> Verdict:
    per_second = latest.figures("webhooks")["deliveredPerSecond"]
    return Verdict(f"{per_second:,.0f}/s", per_second >= 500)


def _beside(latest: Latest) -> Verdict:
    p99 = latest.figures("webhooks.beside")["p99Ms"]
    return Verdict(f"{p99 / 1000:.2f} s", p99 < 2_000)


def _events(latest: Latest) -> Verdict:
    ratio = latest.figures("webhooks.cost")["ratio"]
    return Verdict(f"{100 * (ratio - 1):.0f} % more", ratio <= 1.15)


TARGETS: Final = (
    Target(
        "833/s end to end for 60 s, 200 ms providers, RabbitMQ",
        "backlog not growing, p99 high < 5 s, standard < 30 s, lost 0, twice 0",
        lambda latest: _end_to_end(latest, "rabbitmq"),
        "end-to-end",
    ),
    Target(
        "the same on SQS (emulator)",
        "the same, or where the emulator is the limit",
        lambda latest: _end_to_end(latest, "sqs"),
        "sqs",
    ),
    Target("highest rate that holds, RabbitMQ", "1,667/s", _highest, "highest"),
    Target("batch POST of 500", "5,000 accepted/s", _batch, "batch"),
    Target("single POST, 32 connections", "600/s", _single, "single"),
    Target("single POST at 200/s, p99", "50 ms", _steady, "steady"),
    Target("our own processor time per notification, accept to SENT, in batches", "< 0.5 ms", _own),
    Target("rendering a template: subject, text and HTML, in a batch of 500", "< 30 µs", _rendering, "rendering"),
    Target("sends at once in one invocation", "128", _at_once),
    Target("1,000 messages with calls of 200 ms, one invocation", "2.5 s", _thousand, "thousand"),
    Target("webhooks delivered by one consumer", "500/s", _webhooks, "webhooks"),
    Target("delay of an event while another endpoint hangs, p99", "< 2 s", _beside, "beside"),
    Target("our own processor time with an endpoint, up to SENT", "15 % more", _events, "events"),
    Target("initialisation of deliver", "< 350 ms", _initialisation("deliver", 350), "initialisation"),
    Target("initialisation of the API", "< 500 ms", _initialisation("api", 500), "initialisation"),
    Target("both layers, unzipped", "< 70 MB", _packages),
    Target("statistics with 10,000 and 1 million stored", "the same, ± 20 %", _flat("statisticsMs"), "growth"),
    Target("metrics with 10,000 and 1 million stored", "the same, ± 20 %", _flat("metricsMs"), "growth"),
)


def judged(latest: Latest) -> Mapping[str, tuple[Target, Verdict | None]]:
    """Return every target with its verdict, None if it was not measured."""
    found: dict[str, tuple[Target, Verdict | None]] = {}
    for target in TARGETS:
        try:
            found[target.what] = (target, target.judge(latest))
        except LookupError:
            found[target.what] = (target, None)
    return found
