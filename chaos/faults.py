"""The faults: each disturbs a stack under load for some seconds and has repaired everything when it returns."""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from chaos import queue_faults
from chaos.faketime import set_clock
from chaos.load import Load
from chaos.provider import Behaviour, Mode
from chaos.provider_client import NAMES
from chaos.stack import LEASE_SECONDS, ChaosStack
from local.debian import faketime
from wavecom import topology

FREEZE_SECONDS: Final = LEASE_SECONDS + 3
CLOCK_OFFSETS: Final = (300, -300, 90, -90, 0)
RETRY_AFTER_SECONDS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultContext:
    """The inputs of a fault. ``chance`` decides its times and targets, and comes from the seed."""

    stack: ChaosStack
    load: Load
    chance: random.Random
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault with its name and its title in tables. ``run`` takes about ``Harm.seconds``."""

    name: str
    title: str
    run: Callable[[FaultContext], None]
    outage: bool = False
    """True if servers freeze and consumers keep running; such a fault has its own duration."""
    possible: Callable[[], bool] = lambda: True
    impossible_because: str = ""


def _moments(context: FaultContext, count: int) -> Iterator[None]:
    """Yield at ``count`` times within the fault's duration, and return when it is over."""
    began = time.monotonic()
    for at in sorted(context.chance.uniform(0, context.seconds * 0.9) for _ in range(count)):
        time.sleep(max(0.0, began + at - time.monotonic()))
        yield
    time.sleep(max(0.0, began + context.seconds - time.monotonic()))


def _kill_api(context: FaultContext) -> None:
    for _ in _moments(context, 2):
        context.stack.kill(["api"])


def _kill_consumer(context: FaultContext) -> None:
    for _ in _moments(context, 2):
        context.stack.kill([context.chance.choice(context.stack.consumers())])


def _kill_lane(context: FaultContext) -> None:
    for _ in _moments(context, 1):
        context.stack.kill(context.stack.consumers(context.chance.choice(topology.LANES)))


def _kill_schedule(context: FaultContext) -> None:
    for _ in _moments(context, 2):
        context.stack.kill(["schedule"])


def _kill_broker(context: FaultContext) -> None:
    for _ in _moments(context, 1):
        context.stack.kill(["rabbitmq"])


def _kill_database(context: FaultContext) -> None:
    for _ in _moments(context, 1):
        context.stack.kill(["mongodb"])


def _kill_everything(context: FaultContext) -> None:
    for _ in _moments(context, 1):
        context.stack.kill(["mongodb", "rabbitmq", "api", "schedule", *context.stack.consumers()])


def _freeze_consumer(context: FaultContext) -> None:
    with context.stack.frozen([context.chance.choice(context.stack.consumers())]):
        time.sleep(max(FREEZE_SECONDS, context.seconds))


def _freeze_consumers(context: FaultContext) -> None:
    with context.stack.frozen(context.stack.consumers()):
        time.sleep(max(FREEZE_SECONDS, context.seconds))


def _freeze_api(context: FaultContext) -> None:
    with context.stack.frozen(["api"]):
        time.sleep(max(FREEZE_SECONDS, context.seconds))


def _frozen_servers(*names: str, seconds: float) -> Callable[[FaultContext], None]:
    def run(context: FaultContext) -> None:
        with context.stack.frozen(names):
            time.sleep(seconds)

    return run


def _purge(context: FaultContext) -> None:
    for _ in _moments(context, 4):
        context.stack.purge()


def _copies(context: FaultContext) -> None:
    for _ in _moments(context, 4):
        queue_faults.publish_copies(context.stack, list(context.load.accepted))
        queue_faults.publish_forgeries(context.stack, list(context.load.accepted), context.chance)


def _wrong_clocks(context: FaultContext) -> None:
    state = context.stack.config.state
    set_clock(state, CLOCK_OFFSETS[0])
    with context.stack.wrong_clocks():
        for offset in CLOCK_OFFSETS:
            set_clock(state, offset)
            time.sleep(context.seconds / len(CLOCK_OFFSETS))


def _provider(behaviour: Behaviour, *, every: bool) -> Callable[[FaultContext], None]:
    def run(context: FaultContext) -> None:
        names = NAMES if every else (context.chance.choice(NAMES),)
        context.stack.providers.behave(behaviour, *names)
        try:
            time.sleep(context.seconds)
        finally:
            context.stack.providers.behave(Behaviour(mode=Mode.NORMAL), *names)

    return run


_BEHAVIOURS: Final = {
    "slow": ("answers after 1.5 s", Behaviour(latency_seconds=1.5)),
    "unavailable": ("refuses with 503", Behaviour(mode=Mode.UNAVAILABLE)),
    "limited": ("answers 429", Behaviour(mode=Mode.LIMITED, retry_after_seconds=RETRY_AFTER_SECONDS)),
    "silent": ("gives no answer and accepts nothing", Behaviour(mode=Mode.SILENT)),
    "unanswered": ("accepts and gives no answer", Behaviour(mode=Mode.ACCEPTS_SILENTLY)),
    "away": ("refuses connections, resets open ones", Behaviour(mode=Mode.AWAY)),
}


def _provider_faults() -> Iterator[Fault]:
    for name, (title, behaviour) in _BEHAVIOURS.items():
        yield Fault(name=f"one-{name}", title=f"one provider {title}", run=_provider(behaviour, every=False))
        yield Fault(name=f"all-{name}", title=f"every provider {title}", run=_provider(behaviour, every=True))


def _both(first: str, second: str) -> Fault:
    one, other = _SINGLE[first], _SINGLE[second]

    def run(context: FaultContext) -> None:
        with ThreadPoolExecutor(2) as threads:
            chances = [random.Random(context.chance.random()) for _ in range(2)]
            running = [
                threads.submit(
                    each.run,
                    FaultContext(stack=context.stack, load=context.load, chance=chance, seconds=context.seconds),
                )
                for each, chance in zip((one, other), chances, strict=True)
            ]
            for each in running:
                each.result()

    return Fault(name=f"{first}+{second}", title=f"{one.title}, and {other.title}", run=run)


_SINGLE: Final = {
    fault.name: fault
    for fault in (
        Fault(name="kill-api", title="API killed, twice", run=_kill_api),
        Fault(name="kill-consumer", title="a consumer killed, twice", run=_kill_consumer),
        Fault(name="kill-lane", title="all consumers of a lane killed", run=_kill_lane),
        Fault(name="kill-schedule", title="sweep killed, twice", run=_kill_schedule),
        Fault(name="kill-broker", title="broker killed", run=_kill_broker),
        Fault(name="kill-database", title="database killed", run=_kill_database),
        Fault(name="kill-everything", title="everything killed at once", run=_kill_everything),
        Fault(name="freeze-consumer", title="a consumer frozen beyond its lease", run=_freeze_consumer),
        Fault(name="freeze-consumers", title="all consumers frozen beyond their leases", run=_freeze_consumers),
        Fault(name="freeze-api", title="API frozen", run=_freeze_api),
        Fault(name="purge", title="all queues purged, four times", run=_purge),
        Fault(name="copies", title="queue messages copied and forged by the thousand", run=_copies),
        *_provider_faults(),
        Fault(
            name="wrong-clocks",
            title="clocks of two consumers jump by minutes, both ways",
            run=_wrong_clocks,
            possible=lambda: faketime() is not None,
            impossible_because="libfaketime is not installed",
        ),
        *(
            Fault(
                name=f"freeze-database-{seconds}",
                title=f"database frozen for {seconds} s",
                run=_frozen_servers("mongodb", seconds=seconds),
                outage=True,
            )
            for seconds in (20, 30)
        ),
        Fault(
            name="freeze-broker",
            title="broker frozen for 20 s",
            run=_frozen_servers("rabbitmq", seconds=20),
            outage=True,
        ),
        Fault(
            name="freeze-database-and-broker",
            title="database and broker frozen for 20 s",
            run=_frozen_servers("mongodb", "rabbitmq", seconds=20),
            outage=True,
        ),
    )
}
_PAIRS: Final = tuple(
    _both(*pair)
    for pair in (
        ("kill-consumer", "kill-database"),
        ("kill-broker", "one-unanswered"),
        ("freeze-consumer", "purge"),
        ("kill-api", "copies"),
        ("kill-lane", "all-unanswered"),
        ("purge", "copies"),
        ("freeze-consumer", "kill-database"),
        ("one-away", "kill-broker"),
    )
)
FAULTS: Final = {fault.name: fault for fault in (*_SINGLE.values(), *_PAIRS)}
SHORT: Final = ("kill-consumer", "kill-broker", "purge+copies", "one-unanswered")
PAIRS_IN_A_RUN: Final = 4


def choose(names: list[str], seed: int) -> list[Fault]:
    """Return the faults of a run in the seed's order: the named ones, else all single ones and some pairs.

    Raises KeyError for an unknown name.
    """
    chance = random.Random(seed)
    chosen = [FAULTS[name] for name in names] or [*_SINGLE.values(), *chance.sample(_PAIRS, PAIRS_IN_A_RUN)]
    return chance.sample(chosen, len(chosen))
