"""Accept: the speed of the API for single notifications and batches, and the time of each step."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from benchmarks.figures import spread
from benchmarks.load import Taken, run
from benchmarks.result import Figures, Note, Result
from benchmarks.schedule import BATCH_PATH, SINGLE_PATH, Plan, arrivals
from benchmarks.stack import Machine, MeasuredStack, running
from local.config import PROJECT, Broker
from wavecom.application.accept.submit import Submit
from wavecom.bootstrap.api import Api
from wavecom.http.app import build

SINGLES: Final = 6_000
BATCHES: Final = 80
BATCH: Final = 500
STEADY_RATE: Final = 200.0
STEADY_SECONDS: Final = 10
STEPS: Final = 200
API_PROCESSES: Final = 2


def accept(broker: Broker, note: Note, say: Callable[[str], None]) -> None:
    """Measure accepting with the consumers stopped, so that only the API, the database and the broker work."""
    with running(broker, say, api_processes=API_PROCESSES) as stack:
        stack.stop(stack.programs("deliver"))
        single = Plan(url=stack.url, count=SINGLES, rate=None, connections=32)
        run(replace(single, count=500, seed=9))  # warms up
        parameters = {"broker": broker, "connections": 32, "apiProcesses": API_PROCESSES}
        note(Result(what="accept.single", parameters=parameters, figures=_saturated(stack, single)))
        steady = Plan(url=stack.url, count=int(STEADY_RATE * STEADY_SECONDS), rate=STEADY_RATE, connections=32, seed=2)
        taken = run(steady)
        note(
            Result(
                what="accept.steady",
                parameters={**parameters, "rate": STEADY_RATE},
                figures={"requestMs": spread(taken.latencies_ms()), "refused": taken.refused()},
            )
        )
        batch = Plan(url=stack.url, count=BATCHES * BATCH, rate=None, size=BATCH, connections=4, seed=3)
        parameters = {"broker": broker, "connections": 4, "size": BATCH, "apiProcesses": API_PROCESSES}
        note(Result(what="accept.batch", parameters=parameters, figures=_saturated(stack, batch)))
        for size in (1, BATCH):
            note(Result(what="accept.steps", parameters={"broker": broker, "size": size}, figures=steps(stack, size)))


def _saturated(stack: MeasuredStack, plan: Plan) -> Figures:
    machine = Machine(stack)
    taken = run(plan)
    return {**_rates(taken), **machine.spent(plan.count, taken.cpu_seconds)}


def _rates(taken: Taken) -> Figures:
    return {
        "acceptedPerSecond": round(len(taken.ids) / taken.accepted_seconds, 1),
        "requestsPerSecond": round(len(taken.answers) / taken.accepted_seconds, 1),
        "requestMs": spread(taken.latencies_ms()),
        "refused": taken.refused(),
        "loadCpuMs": round(1000 * taken.cpu_seconds / max(1, len(taken.ids)), 3),
    }


class Timed:
    """Wraps a port and adds up the time of each of its methods."""

    def __init__(self, of: Any, took: "defaultdict[str, float]", names: Mapping[str, str]) -> None:
        self._of, self._took, self._names = of, took, names

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._of, name)
        if name not in self._names:
            return call

        def timed(*arguments: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return call(*arguments, **named)
            finally:
                self._took[self._names[name]] += time.perf_counter() - started

        return timed


def steps(stack: MeasuredStack, size: int) -> Figures:
    """Return the milliseconds of a request's steps, with requests one after the other through the Lambda handler."""
    parts, took = stack.parts, defaultdict[str, float](float)
    timed_store = Timed(parts.store, took, {"add": "transactionMs"})
    timed_queue = Timed(parts.queue, took, {"publish": "publishMs"})
    submit = Submit(
        store=timed_store,
        queue=timed_queue,
        clock=parts.clock,
        timings=parts.settings.timings(),
    )
    services = Api(parts).services
    services = replace(services, admission=replace(services.admission, submit=submit))
    app = build(APIGatewayHttpResolver(), services)
    requests = max(20, STEPS // size)
    plan = Plan(url=stack.url, count=requests * size, rate=None, size=size, seed=4)
    events = [_event(each.request.partition(b"\r\n\r\n")[2], size) for each in arrivals(plan)]
    app.resolve(events[0], None)  # type: ignore[arg-type] # the handlers do not use Lambda's context
    took.clear()
    started = time.perf_counter()
    for event in events:
        answer = app.resolve(event, None)  # type: ignore[arg-type]
        assert answer["statusCode"] in (201, 207), answer
    total = time.perf_counter() - started
    took["validationAndAnswerMs"] = total - took["transactionMs"]
    took["transactionMs"] -= took["publishMs"]  # publishing comes before the commit
    milliseconds = {name: round(1000 * seconds / requests, 3) for name, seconds in took.items()}
    return {**milliseconds, "totalMs": round(1000 * total / requests, 3)}


def _event(body: bytes, size: int) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((PROJECT / "events" / "api_create_notification.json").read_text())
    path = SINGLE_PATH if size == 1 else BATCH_PATH
    headers = {"content-type": "application/json", "host": "localhost"}
    event |= {"rawPath": path, "routeKey": f"POST {path}", "body": body.decode(), "headers": headers}
    event["requestContext"] |= {"routeKey": f"POST {path}"}
    event["requestContext"]["http"] |= {"method": "POST", "path": path}
    return event
