"""The requests of the load, and their times: arrivals that do not wait for answers (an open loop), from a seed."""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

CHANNELS: Final = {"EMAIL": 0.5, "SMS": 0.3, "PUSH": 0.2}
PRIORITIES: Final = {"CRITICAL": 0.05, "HIGH": 0.05, "MEDIUM": 0.6, "LOW": 0.3}
TOKEN_TAIL: Final = "t" * 140
SINGLE_PATH: Final = "/api/notifications"
BATCH_PATH: Final = "/api/notifications/batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A load. ``rate`` is in notifications a second; None sends the next as soon as a connection is free.

    A request has ``size`` notifications, except for the share ``singles`` of them, which are sent alone.
    """

    url: str
    count: int
    rate: float | None
    size: int = 1
    singles: float = 0.0
    connections: int = 32
    seed: int = 1

    def to_json(self) -> str:
        """Return the plan for the process that carries it out."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Return the plan that `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request: its due time (seconds from the start), its number of notifications, and its bytes."""

    at: float
    size: int
    request: bytes


def arrivals(plan: Plan) -> Iterator[Arrival]:
    """Yield the plan's requests in order. Times between them are exponential, so arrivals are a Poisson process."""
    chance = random.Random(plan.seed)
    left, number, at = plan.count, 0, 0.0
    # The share of requests for which ``singles`` of all notifications are single.
    single = plan.singles * plan.size / (plan.singles * plan.size + 1 - plan.singles)
    mean_size = single + (1 - single) * plan.size
    while left:
        size = 1 if chance.random() < single else min(plan.size, left)
        items = [_notification(number + each, chance) for each in range(size)]
        yield Arrival(at, size, _request(plan, items))
        left -= size
        number += size
        if plan.rate is not None:
            at += chance.expovariate(plan.rate / mean_size)


def _notification(number: int, chance: random.Random) -> dict[str, Any]:
    channel = _choose(CHANNELS, chance)
    recipient = {
        "EMAIL": f"user{number}@example.com",
        "SMS": f"+1202555{number % 10_000:04d}",
        "PUSH": f"device{number}:{TOKEN_TAIL}",
    }[channel]
    item = {
        "type": channel,
        "recipient": recipient,
        "message": f"Your statement number {number} is ready.",
        "priority": _choose(PRIORITIES, chance),
    }
    return {**item, "subject": f"Statement {number}"} if channel == "EMAIL" else item


def _choose(shares: dict[str, float], chance: random.Random) -> str:
    return chance.choices(list(shares), list(shares.values()))[0]


def _request(plan: Plan, items: list[dict[str, Any]]) -> bytes:
    path = SINGLE_PATH if plan.size == 1 or len(items) == 1 else BATCH_PATH
    body = json.dumps(items[0] if path == SINGLE_PATH else {"notifications": items}).encode()
    host = plan.url.partition("://")[2]
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
