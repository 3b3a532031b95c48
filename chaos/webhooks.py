"""The scenario of webhooks under faults: every event of the trail reaches every endpoint that is up in the end."""

import random
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from bson import ObjectId
from rich.console import Console

from chaos.endpoints import Endpoints, Temper
from chaos.outcome import failed_or_broken
from chaos.run import RunConfig, fresh_stack
from chaos.scenario import scenario_load, wait_and_count
from chaos.stack import ChaosStack, HarnessError
from chaos.verify import CHUNK
from wavecom import topology
from wavecom.domain.events.event import OF_STATUS

KNOWN_AFTER: Final = 6.0
"""The seconds until every process writes the events of a new endpoint."""
CALM_SECONDS: Final = 4.0
FREEZE_SECONDS: Final = 8.0
ARRIVED_WITHIN: Final = 240.0
"""The time limit of waits: a dead consumer's lease is 60 s, and the sweep looks again after two minutes."""
IN_FLIGHT: Final = 2.0
"""The seconds in which calls that had begun may still arrive after their endpoint's removal."""
CONSUMERS: Final = tuple(queue.replace("_", "-") for queue in topology.WEBHOOK_QUEUES)
Answer = dict[str, Any]


def webhooks(config: RunConfig, console: Console) -> dict[str, Any]:
    """Disturb deliveries to good and bad endpoints, mend everything, and compare what came with the audit trail."""
    stack, endpoints = fresh_stack(config.state, console), Endpoints()
    with (
        console.status("webhooks: starting") as status,
        stack.running(idempotent=False),
        endpoints.serving(),
        httpx.Client(base_url=stack.config.url, timeout=30, trust_env=False) as client,
    ):
        made = {temper: _make(client, stack, endpoints, temper) for temper in Temper}
        time.sleep(KNOWN_AFTER)
        began = datetime.now(UTC)
        load = scenario_load(stack, config, "webhooks")
        with load.running():
            time.sleep(CALM_SECONDS)
            _call(client.delete, f"/api/webhooks/{made[Temper.REMOVED]}")
            removed_at = time.time()
            for name, disturb in _faults(stack, random.Random(f"{config.seed}:webhooks")):
                status.update(f"webhooks: {name}")
                disturb()
                stack.wait_until_alive()
                time.sleep(CALM_SECONDS)
        status.update("webhooks: waiting for the notifications")
        figures, _ = wait_and_count(stack, load)
        expected = _expected(stack, load.accepted)
        status.update("webhooks: waiting for the good endpoint")
        _wait(lambda: expected <= endpoints.arrived[Temper.GOOD].keys())
        endpoints.mended.set()
        time.sleep(topology.WEBHOOK_TIMEOUT_SECONDS)  # what is under way is no part of a recovery
        mended = [each for each in Temper if each not in (Temper.GOOD, Temper.REMOVED, Temper.OF_ANOTHER)]
        for temper in mended:
            status.update(f"webhooks: recovering the one that {temper}")
            body = {"since": (began - timedelta(seconds=1)).isoformat(timespec="seconds").replace("+00:00", "Z")}
            _call(client.patch, f"/api/webhooks/{made[temper]}", {"enabled": True})
            _call(client.post, f"/api/webhooks/{made[temper]}/recover", body)
        status.update("webhooks: waiting for all")
        for temper in mended:
            _wait(lambda temper=temper: expected <= endpoints.arrived[temper].keys())  # type: ignore[misc]
    return {"webhooks": _figures(config, endpoints, expected, removed_at, failed_or_broken(figures))}


def _make(client: httpx.Client, stack: ChaosStack, endpoints: Endpoints, temper: Temper) -> str:
    """Make an endpoint and return its id; one is of another tenant, by a key of its own."""
    headers = {}
    if temper is Temper.OF_ANOTHER:
        key = _call(client.post, "/api/keys", {"tenantId": "another", "name": "chaos"})
        headers = {"Authorization": f"Bearer {key['token']}"}
    types = sorted({kind.value for kind in OF_STATUS.values()})
    body = {"url": f"{endpoints.url}/{temper}", "types": types}
    made = client.post("/api/webhooks", json=body, headers=headers).raise_for_status().json()["data"]
    endpoints.secrets[temper] = made["secret"]
    return str(made["id"])


def _faults(stack: ChaosStack, chance: random.Random) -> list[tuple[str, Callable[[], None]]]:
    """Return what happens to the stack, in the order of the seed."""

    def freeze(*names: str) -> Callable[[], None]:
        def run() -> None:
            with stack.frozen(names):
                time.sleep(FREEZE_SECONDS)

        return run

    faults: list[tuple[str, Callable[[], None]]] = [
        ("killing the consumers of webhooks", lambda: stack.kill(CONSUMERS)),
        ("killing the API", lambda: stack.kill(["api"])),
        ("killing the broker", lambda: stack.kill(["rabbitmq"])),
        ("killing the database", lambda: stack.kill(["mongodb"])),
        ("killing the consumers of notifications", lambda: stack.kill(stack.consumers())),
        ("freezing the consumers of webhooks", freeze(*CONSUMERS)),
        ("freezing the database", freeze("mongodb")),
        ("emptying every queue", stack.purge),
    ]
    chance.shuffle(faults)
    return faults


def _expected(stack: ChaosStack, ids: Collection[str]) -> set[str]:
    """Return the ids of the events that the audit trail of notifications has."""
    statuses, known = [each.value for each in OF_STATUS], list(ids)
    found: set[str] = set()
    for start in range(0, len(known), CHUNK):
        chunk = [ObjectId(each) for each in known[start : start + CHUNK]]
        query = {"notificationId": {"$in": chunk}, "status": {"$in": statuses}}
        found |= {
            f"evt_{each['notificationId']}_{each['sequence']}"
            for each in stack.database.notificationlogs.find(query, {"notificationId": 1, "sequence": 1})
        }
    return found


def _figures(
    config: RunConfig, endpoints: Endpoints, expected: set[str], removed_at: float, broken: dict[str, int]
) -> dict[str, Any]:
    arrived = endpoints.arrived
    for temper, came in arrived.items():
        if temper in (Temper.REMOVED, Temper.OF_ANOTHER):
            continue
        broken |= _unless_none(f"events missing at {temper}", len(expected - came.keys()))
        broken |= _unless_none(f"events at {temper} that nobody wrote", len(came.keys() - expected))
    late = sum(at > removed_at + IN_FLIGHT for times in arrived[Temper.REMOVED].values() for at in times)
    broken |= _unless_none("delivered after removal", late)
    broken |= _unless_none("delivered to another tenant", len(arrived[Temper.OF_ANOTHER]))
    broken |= _unless_none("not signed", endpoints.unsigned.total())
    return {
        "rate": config.rate,
        "events": len(expected),
        "deliveries": {temper.value: sum(map(len, came.values())) for temper, came in arrived.items()},
        "deliveredAgain": {
            temper.value: sum(len(times) - 1 for times in came.values()) for temper, came in arrived.items()
        },
        "broken": broken,
    }


def _unless_none(what: str, count: int) -> dict[str, int]:
    return {what: count} if count else {}


def _wait(until: Callable[[], bool]) -> None:
    """Wait for a condition; what is missing at the end shows in the figures."""
    ends_at = time.monotonic() + ARRIVED_WITHIN
    while not until() and time.monotonic() < ends_at:
        time.sleep(0.5)


def _call(method: Callable[..., httpx.Response], path: str, body: Answer | None = None) -> Answer:
    """Make a call of the API and return its data. Raises `HarnessError` if it is refused."""
    answer = method(path, json=body) if body is not None else method(path)
    if not answer.is_success:
        raise HarnessError(f"{path} was refused: {answer.text}")
    data: Answer = answer.json().get("data", {})
    return data
