"""The scenario of a provider with a rate limit under more load than it takes: used to the full, never beyond."""

import time
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console

from chaos.outcome import failed_or_broken
from chaos.provider import Behaviour
from chaos.run import RunConfig, fresh_stack
from chaos.scenario import WARM_UP_SECONDS, scenario_load, settled

LIMITED: Final = "alpha"
SHARE: Final = 1 / 3
"""Of the load: the limit in messages a second."""
WEIGHT: Final = 100
"""Against 1 of each other: nearly everything asks this one first."""
SLACK: Final = 1.15
"""What the provider itself takes in any second, of its limit: a little more, since calls bunch on their way."""
TOLERANCE: Final = 0.05
"""Of the rate."""
STORM: Final = 0.02
"""Of the provider's calls: more answers 429 than that would be a storm."""


def limit(config: RunConfig, console: Console) -> dict[str, Any]:
    """Prefer a provider with a rate limit for ``config.seconds`` and return how well it was used."""
    stack = fresh_stack(config.state, console)
    per_second = round(config.rate * SHARE)
    own_limit = round(per_second * SLACK)
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
        made, _ = settled(stack, load)
        counts = stack.providers.counts()[LIMITED]
    journal = stack.providers.journal
    used = {name: count / (ended - began) for name, count in sorted(journal.between(began, ended).items())}
    broken = failed_or_broken(made)
    if abs(used.get(LIMITED, 0.0) - per_second) > TOLERANCE * per_second:
        broken["used at another rate than its limit"] = 1
    if counts.limited > STORM * counts.calls:
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
    """Return how many of some moments (seconds, sorted) lie within one second of each other, at the most."""
    return max((bisect_right(moments, at + 1.0) - number for number, at in enumerate(moments)), default=0)
