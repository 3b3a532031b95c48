"""The scenario of a provider that dies and comes back: nothing may fail, and the dead one is left alone."""

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
from chaos.scenario import WARM_UP_SECONDS, scenario_load, settled
from chaos.stack import ChaosStack, Document
from wavecom.adapters.providers.breaker import OPEN_FOR

DYING: Final = "alpha"
KNOWN_WITHIN: Final = timedelta(seconds=2)
"""How long other consumers may take to see that a breaker opened: they look once a second, and then send."""
LOOK_EVERY_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Outage:
    """When the provider left, when its breaker opened (None: never), and when it was back."""

    left: datetime
    opened: datetime | None
    back: datetime

    @property
    def trials(self) -> int:
        """How many trial calls it may get: one each time that the breaker has been open for its time."""
        return math.floor((self.back - self.left) / OPEN_FOR)


def failover(config: RunConfig, console: Console) -> dict[str, Any]:
    """Let one of three providers be away for ``config.seconds`` and return what that did to the notifications."""
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
            status.update(f"failover: {DYING} is away")
            outage = _outage(stack, config.seconds)
            status.update(f"failover: {DYING} is back")
            time.sleep(after_seconds)
        status.update("failover: waiting for the rest")
        made, found = settled(stack, load)
        returned = [at for at in stack.providers.journal.moments(DYING) if at >= outage.back.timestamp()]
    calls = _calls(found.values(), outage.left, outage.back)
    while_open = [at for at in calls if outage.opened and at > outage.opened + KNOWN_WITHIN]
    broken = failed_or_broken(made)
    if len(while_open) > outage.trials:
        broken["calls while the breaker was open"] = len(while_open)
    if outage.opened is None:
        broken["the breaker did not open"] = 1
    known = {
        "rate": config.rate,
        "awaySeconds": config.seconds,
        "before": _latencies(found.values(), began, outage.left),
        "during": _latencies(found.values(), outage.left, outage.back),
        "openedAfterSeconds": round((outage.opened - outage.left).total_seconds(), 2) if outage.opened else None,
        "callsToTheDeadProvider": len(calls),
        "ofTheseWhileOpen": len(while_open),
        "trialsAllowed": outage.trials,
        "usedAgainAfterSeconds": round(min(returned) - outage.back.timestamp(), 1) if returned else None,
        **made.as_json(),
        "broken": broken,
    }
    return {"failover": known}


def _outage(stack: ChaosStack, seconds: float) -> Outage:
    stack.providers.behave(Behaviour(mode=Mode.AWAY), DYING)
    left, until = datetime.now(UTC), time.monotonic() + seconds
    opened: datetime | None = None
    while time.monotonic() < until:
        breaker = stack.database.breakers.find_one({"_id": DYING})
        opened = opened or (breaker or {}).get("openedAt")
        time.sleep(LOOK_EVERY_SECONDS)
    back = datetime.now(UTC)
    stack.providers.heal()
    return Outage(left, opened, back)


def _calls(found: Iterable[Document], since: datetime, until: datetime) -> list[datetime]:
    """Return when calls to the dead provider began in a period: messages of one call have that in common.

    They come from WaveCom's own record of attempts, since nobody counts connections that are refused.
    """
    attempts = (attempt for document in found for attempt in document.get("attempts", ()))
    return sorted(
        {each["startedAt"] for each in attempts if each["provider"] == DYING and since <= each["startedAt"] < until}
    )


def _latencies(found: Iterable[Document], since: datetime, until: datetime) -> dict[str, int]:
    """Return the time from acceptance to SENT of what was accepted in a period, in milliseconds."""
    taken = sorted(
        (each["sentAt"] - each["createdAt"]) / timedelta(milliseconds=1)
        for each in found
        if since <= each["createdAt"] < until and "sentAt" in each
    )
    return {"count": len(taken), "p50Ms": quantile(taken, 50), "p99Ms": quantile(taken, 99)}


def quantile(ordered: Sequence[float], percent: int) -> int:
    """Return a percentile of sorted numbers, rounded; 0 where there are none."""
    if not ordered:
        return 0
    return round(ordered[min(len(ordered) - 1, math.floor(len(ordered) * percent / 100))])
