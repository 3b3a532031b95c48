"""The scenario of a provider that fails and comes back: nothing may fail, and the failed one is not called."""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from rich.console import Console

from chaos.outcome import failed_or_broken
from chaos.provider import Behaviour, Mode
from chaos.run import RunConfig, fresh_stack
from chaos.scenario import WARM_UP_SECONDS, scenario_load, wait_and_count
from chaos.stack import ChaosStack, Document
from wavecom.adapters.providers.breaker import OPEN_FOR

FAILING: Final = "alpha"
KNOWN_WITHIN: Final = timedelta(seconds=2)
"""The time other consumers may take to see that a breaker opened: they check once a second, and then send."""
POLL_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Outage:
    """The times at which the provider left, its breaker opened (None: never), and the provider was back."""

    away_at: datetime
    opened: datetime | None
    back: datetime

    @property
    def trials(self) -> int:
        """The number of trial calls it may get: one each time that the breaker has been open for its time."""
        return math.floor((self.back - self.away_at) / OPEN_FOR)


def failover(config: RunConfig, console: Console) -> dict[str, Any]:
    """Stop one of three providers for ``config.seconds`` and return the effect on the notifications."""
    before_seconds = min(15.0, max(5.0, config.seconds / 2))
    after_seconds = OPEN_FOR.total_seconds() + 10 if config.seconds >= OPEN_FOR.total_seconds() else 3.0
    stack = fresh_stack(config.state, console)
    with console.status("failover: starting") as status, stack.running(idempotent=False):
        load = scenario_load(stack, config, "failover")
        with load.running():
            time.sleep(WARM_UP_SECONDS)
            status.update("failover: before")
            began = datetime.now(UTC)
            time.sleep(before_seconds)
            status.update(f"failover: {FAILING} is away")
            outage = _outage(stack, config.seconds)
            status.update(f"failover: {FAILING} is back")
            time.sleep(after_seconds)
        status.update("failover: waiting for the rest")
        made, found = wait_and_count(stack, load)
        returned = [at for at in stack.providers.journal.moments(FAILING) if at >= outage.back.timestamp()]
    calls = _calls(found.values(), outage.away_at, outage.back)
    while_open = [at for at in calls if outage.opened and at > outage.opened + KNOWN_WITHIN]
    broken = failed_or_broken(made)
    if len(while_open) > outage.trials:
        broken["calls while the breaker was open"] = len(while_open)
    if outage.opened is None:
        broken["the breaker did not open"] = 1
    known = {
        "rate": config.rate,
        "awaySeconds": config.seconds,
        "before": _latencies(found.values(), began, outage.away_at),
        "during": _latencies(found.values(), outage.away_at, outage.back),
        "openedAfterSeconds": round((outage.opened - outage.away_at).total_seconds(), 2) if outage.opened else None,
        "callsToTheDeadProvider": len(calls),
        "ofTheseWhileOpen": len(while_open),
        "trialsAllowed": outage.trials,
        "usedAgainAfterSeconds": round(min(returned) - outage.back.timestamp(), 1) if returned else None,
        **made.as_json(),
        "broken": broken,
    }
    return {"failover": known}


def _outage(stack: ChaosStack, seconds: float) -> Outage:
    stack.providers.behave(Behaviour(mode=Mode.AWAY), FAILING)
    away_at, until = datetime.now(UTC), time.monotonic() + seconds
    opened: datetime | None = None
    while time.monotonic() < until:
        breaker = stack.database.breakers.find_one({"_id": FAILING})
        opened = opened or (breaker or {}).get("openedAt")
        time.sleep(POLL_SECONDS)
    back = datetime.now(UTC)
    stack.providers.heal()
    return Outage(away_at, opened, back)


def _calls(found: Iterable[Document], since: datetime, until: datetime) -> list[datetime]:
    """Return the start times of calls to the failed provider in a period; messages of one call share theirs.

    They come from WaveCom's own record of attempts, since refused connections are not counted elsewhere.
    """
    attempts = (attempt for document in found for attempt in document.get("attempts", ()))
    return sorted(
        {each["startedAt"] for each in attempts if each["provider"] == FAILING and since <= each["startedAt"] < until}
    )


def _latencies(found: Iterable[Document], since: datetime, until: datetime) -> dict[str, int]:
    """Return the milliseconds from acceptance to SENT of notifications accepted in a period."""
    taken = sorted(
        (each["sentAt"] - each["createdAt"]) / timedelta(milliseconds=1)
        for each in found
        if since <= each["createdAt"] < until and "sentAt" in each
    )
    return {"count": len(taken), "p50Ms": quantile(taken, 50), "p99Ms": quantile(taken, 99)}


def quantile(ordered: Sequence[float], percent: int) -> int:
    """Return a percentile of sorted numbers, rounded; 0 if there are none."""
    if not ordered:
        return 0
    return round(ordered[min(len(ordered) - 1, math.floor(len(ordered) * percent / 100))])
