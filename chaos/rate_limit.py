"""The scenario of a provider with a rate limit under a higher load: fully used, never exceeded."""

import time
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console

from chaos.outcome import failed_or_broken
from chaos.provider import Behaviour
from chaos.run import RunConfig, fresh_stack
from chaos.scenario import WARM_UP_SECONDS, scenario_load, wait_and_count

LIMITED: Final = "alpha"
SHARE: Final = 1 / 3
"""The limit in messages a second, as a share of the load."""
WEIGHT: Final = 100
"""The weight against 1 of each other provider: nearly everything is sent to this one first."""
OWN_LIMIT_FACTOR: Final = 1.15
"""The provider's own limit, relative to ours: a little higher, since calls bunch on their way."""
TOLERANCE: Final = 0.05
"""The tolerated difference from the limit, as a share of it."""
MAX_LIMITED_SHARE: Final = 0.02
"""The tolerated share of calls answered 429."""


def limit(config: RunConfig, console: Console) -> dict[str, Any]:
    """Prefer a provider with a rate limit for ``config.seconds`` and return how well it was used."""
    stack = fresh_stack(config.state, console)
    per_second = round(config.rate * SHARE)
    own_limit = round(per_second * OWN_LIMIT_FACTOR)
    overrides = {LIMITED: {"perSecond": per_second, "weight": WEIGHT}}
    idempotent = "idempotent" in config.kinds
    with console.status("limit: starting") as status, stack.running(idempotent=idempotent, overrides=overrides):
        stack.providers.behave(Behaviour(per_second=own_limit), LIMITED)
        load = scenario_load(stack, config, "limit")
        with load.running():
            time.sleep(WARM_UP_SECONDS)
            status.update("limit: steady load")
            began = time.time()
            time.sleep(config.seconds)
            ended = time.time()
        status.update("limit: waiting for the rest")
        made, _ = wait_and_count(stack, load)
        counts = stack.providers.counts()[LIMITED]
    journal = stack.providers.journal
    used = {name: count / (ended - began) for name, count in sorted(journal.between(began, ended).items())}
    broken = failed_or_broken(made)
    if abs(used.get(LIMITED, 0.0) - per_second) > TOLERANCE * per_second:
        broken["used at another rate than its limit"] = 1
    if counts.limited > MAX_LIMITED_SHARE * counts.calls:
        broken["answers 429"] = counts.limited
    known = {
        "rate": config.rate,
        "providers": "idempotent" if idempotent else "plain",
        "steadySeconds": config.seconds,
        "perSecond": per_second,
        "ownLimit": own_limit,
        "usedPerSecond": {name: round(each, 1) for name, each in used.items()},
        "mostInOneSecond": most_in_a_second(journal.moments(LIMITED)),
        "calls": counts.calls,
        "messages": counts.messages,
        "answers429": counts.limited,
        **made.as_json(),
        "broken": broken,
    }
    return {"limit": known}


def most_in_a_second(moments: Sequence[float]) -> int:
    """Return the largest number of times (seconds, sorted) within one second."""
    return max((bisect_right(moments, at + 1.0) - number for number, at in enumerate(moments)), default=0)
