"""``python -m infra_cdk.smoke``: check from outside that a deployed stage works.

No real message is sent: it creates a test key, whose notifications go to simulators and whose webhook
goes to the stage itself, and revokes it at the end.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import httpx
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from infra_cdk.deployed import Deployed, DeployedError
from infra_cdk.settings import EDGE_REGION
from wavecom import metrics

TENANT: Final = "smoke"
"""Not reserved: its keys are made by the calls that make all keys, and its messages stay in the tenant's test world."""
CLOCK_DIFFERENCE: Final = timedelta(minutes=1)
ALARMS_ADVICE: Final = (
    "INSUFFICIENT_DATA: wait some minutes, and run it again. ALARM: docs/runbook.md has a section for each."
)
PAUSE_SECONDS: Final = 5.0
METRICS_WITHIN: Final = timedelta(minutes=10)
OWN_PATH: Final = "/api/health"
"""A path of the stage's own API. It refuses the method of a webhook, and any answer shows that calls get out."""
NOWHERE: Final = "https://smoke.invalid"
"""The endpoint in an emulator, whose API has no address in the public internet: the call is made, and finds none."""
NOTIFICATIONS: Final = (
    {"type": "EMAIL", "recipient": "smoke@simulator.example.com", "subject": "Smoke", "message": "Smoke"},
    {"type": "SMS", "recipient": "+12025550123", "message": "Smoke", "priority": "HIGH"},
    {"type": "PUSH", "recipient": "smoke:" + "x" * 120, "subject": "Smoke", "message": "Smoke"},
)
"""One notification of each channel, in both lanes."""
SENT: Final = frozenset({"SENT", "DELIVERED"})
HEALTHY: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})

cli = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Check:
    """One check: ``look`` returns its problems, a line each, and is called again until there are none."""

    name: str
    look: Callable[[], list[str]]
    advice: str


class Client:
    """A client of the stage's API, under a test key."""

    def __init__(self, stage: Deployed, cleanup: ExitStack) -> None:
        """Create keys, to be revoked by ``cleanup``. Raises `DeployedError`."""
        self._api = cleanup.enter_context(_api(stage))
        operator = stage.make_key(tenant=TENANT, name="smoke test", role="operator")
        cleanup.callback(self._call, "DELETE", f"/api/keys/{operator['keyId']}", operator["token"])
        wanted = {"tenantId": TENANT, "name": "smoke test", "test": True}
        test = self._call("POST", "/api/keys", operator["token"], wanted)
        cleanup.callback(self._call, "DELETE", f"/api/keys/{test['id']}", operator["token"])
        self._token = test["token"]

    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Return the data of an answer. Raises `DeployedError`."""
        return self._call(method, path, self._token, body)

    def _call(self, method: str, path: str, token: str, body: object = None) -> dict[str, Any]:
        try:
            answer = self._api.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})
        except httpx.HTTPError as exc:
            raise DeployedError(f"The API at {self._api.base_url} does not answer {method} {path}: {exc}") from exc
        if answer.is_error:
            raise DeployedError(f"The API answers {answer.status_code} to {method} {path}: {answer.text[:500]}")
        return dict(answer.json().get("data") or {})


class Sends:
    """One notification of each channel, accepted by the stage's API."""

    def __init__(self, client: Client) -> None:
        """Send. Raises `DeployedError`."""
        self._client = client
        self._ids = [(each["type"], client.call("POST", "/api/notifications", each)["_id"]) for each in NOTIFICATIONS]

    def not_sent(self) -> list[str]:
        """Return those that are not SENT, with their status."""
        problems = []
        for channel, identifier in self._ids:
            found = self._client.call("GET", f"/api/notifications/{identifier}")["notification"]
            if found["status"] not in SENT:
                error = f": {found['error']}" if found.get("error") else ""
                problems.append(f"{channel} {identifier} is {found['status']}{error}")
        return problems


class Webhook:
    """A test event, sent to an endpoint that is the stage's own API: no other receiver is needed."""

    def __init__(self, stage: Deployed, client: Client, cleanup: ExitStack) -> None:
        """Make the endpoint, to be removed by ``cleanup``, and send. Raises `DeployedError`."""
        self._client = client
        self._expects_answer = not os.environ.get("AWS_ENDPOINT_URL")
        url = stage.output("api", "Url") + OWN_PATH if self._expects_answer else NOWHERE
        wanted = {"url": url, "types": ["endpoint.test"]}
        self._endpoint = f"/api/webhooks/{client.call('POST', '/api/webhooks', wanted)['id']}"
        cleanup.callback(client.call, "DELETE", self._endpoint)
        self._event = client.call("POST", f"{self._endpoint}/test")["eventId"]

    def not_answered(self) -> list[str]:
        """Return what is missing until the webhooks function has called the endpoint and got an answer."""
        attempts = self._client.call("GET", f"{self._endpoint}/deliveries/{self._event}")["attempts"]
        if not attempts:
            return ["the webhooks function has not called the endpoint"]
        last = attempts[-1]
        if last["status"] is None and self._expects_answer:
            return [f"the call of the stage's own API got no answer: {last['error']}"]
        return []


def unreadable_feed(client: Client) -> list[str]:
    """Return the problem of a feed that does not say where to go on. Raises `DeployedError` if it does not answer."""
    page = client.call("GET", "/api/events?limit=1")
    return [] if page.get("nextCursor") else [f"the feed has no cursor to go on from: {page}"]


def _api(stage: Deployed) -> httpx.Client:
    """Return a client of the stage's API. An emulator of AWS answers for every host at its one address."""
    url = stage.output("api", "Url")
    if emulator := os.environ.get("AWS_ENDPOINT_URL"):
        return httpx.Client(base_url=emulator, headers={"Host": httpx.URL(url).host}, timeout=35.0)
    return httpx.Client(base_url=url, timeout=35.0)


def failed_stacks(stage: Deployed) -> list[str]:
    """Return the stage's stacks that are not completely deployed. Raises `DeployedError` if there are none."""
    found = {
        each["StackName"]: each["StackStatus"]
        for region in {stage.settings.region, EDGE_REGION}
        for each in stage.stacks(region)
    }
    if not found:
        raise DeployedError(stage.is_missing)
    return [f"{name} is {status}" for name, status in found.items() if status not in HEALTHY]


def failed_mappings(stage: Deployed) -> list[str]:
    """Return the consumers' event source mappings that are not enabled, or have problems."""
    functions = stage.client("lambda")
    problems, stack = [], f"{stage.settings.prefix}-delivery"
    pages = stage.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = [each for page in pages for each in page["StackResourceSummaries"]]
    mappings = [each for each in resources if each["ResourceType"] == "AWS::Lambda::EventSourceMapping"]
    if not mappings:
        return [f"{stack} has no event source mapping: nothing is consumed"]
    for each in mappings:
        found = functions.get_event_source_mapping(UUID=each["PhysicalResourceId"])
        trouble = str(found.get("LastProcessingResult", ""))
        if found["State"] != "Enabled" or trouble.startswith("PROBLEM"):
            reason = found.get("StateTransitionReason", "")
            problems.append(f"{each['LogicalResourceId']} is {found['State']} {trouble} {reason}".rstrip())
    return problems


def missing_events(stage: Deployed, since: datetime) -> list[str]:
    """Return the consumers without a logged batch after ``since``, and the scheduled functions without a heartbeat."""
    logs, problems = stage.client("logs"), []
    for lane in ("high", "standard"):
        group = f"/aws/lambda/{stage.settings.prefix}-deliver-{lane}"
        start = int(since.timestamp() * 1000)
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=start, filterPattern='"Batch delivered"'
        )
        if not any(page["events"] for page in pages):
            problems.append(f"{group} tells of no batch")
    cloudwatch, now = stage.client("cloudwatch"), datetime.now(UTC)
    for metric in (metrics.OBSERVE_HEARTBEAT, metrics.SWEEP_HEARTBEAT):
        found = cloudwatch.get_metric_statistics(
            Namespace=stage.settings.metrics_namespace,
            MetricName=metric.name,
            Dimensions=[{"Name": "service", "Value": metric.service}],
            StartTime=now - METRICS_WITHIN,
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum"],
        )
        if not found["Datapoints"]:
            problems.append(f"no {metric.name} of {metric.service} in CloudWatch")
    return problems


def alarms_not_ok(stage: Deployed) -> list[str]:
    """Return the stage's alarms that are not OK, with CloudWatch's reason."""
    problems, count = [], 0
    for region in {stage.settings.region, EDGE_REGION}:
        pages = stage.client("cloudwatch", region).get_paginator("describe_alarms")
        for page in pages.paginate(
            AlarmNamePrefix=f"{stage.settings.prefix}-", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        ):
            for each in [*page["MetricAlarms"], *page["CompositeAlarms"]]:
                count += 1
                if each["StateValue"] != "OK":
                    problems.append(f"{each['AlarmName']} is {each['StateValue']}: {each.get('StateReason', '')}")
    return problems if count else ["there is no alarm"]


def checks(stage: Deployed, client: Client, cleanup: ExitStack, since: datetime) -> Iterator[Check]:
    """Send, and yield the checks, in an order in which none needs a later one. Raises `DeployedError`."""
    sends, webhook = Sends(client), Webhook(stage, client, cleanup)
    yield Check(
        "mappings",
        lambda: failed_mappings(stage),
        "Lambda console, the function's triggers; the runbook's section on lanes that do not drain.",
    )
    yield Check("sends", sends.not_sent, "bin/wavecom doctor, then the logs of the deliver functions.")
    yield Check(
        "webhooks",
        webhook.not_answered,
        "The log of the webhooks function; with a VPC, its security group and the NAT gateways.",
    )
    yield Check("feed", lambda: unreadable_feed(client), "The log of the feed function.")
    yield Check(
        "events",
        lambda: missing_events(stage, since),
        "The functions' log groups; the rules of the schedules that run observe and sweep.",
    )
    yield Check("alarms", lambda: alarms_not_ok(stage), ALARMS_ADVICE)


def _repeat_until_ok(check: Check, until: float) -> list[str]:
    """Repeat a check until it finds no problem, or time is up, and return the last problems."""
    while problems := _run_check(check):
        if time.monotonic() + PAUSE_SECONDS > until:
            break
        time.sleep(PAUSE_SECONDS)
    return problems


def _run_check(check: Check) -> list[str]:
    try:
        return check.look()
    except (BotoCoreError, ClientError, DeployedError) as exc:
        return [str(exc)]


def _report(check: Check, problems: list[str]) -> bool:
    if not problems:
        console.print(f"[green]ok[/green]      {check.name}")
        return True
    for line in problems:
        console.print(f"[red]failed[/red]  {check.name:<10}", end="")
        console.print(line, markup=False)
    console.print(" " * 18 + check.advice, style="dim", markup=False)
    return False


@cli.command()
def run(
    stage: Annotated[str, typer.Option(help="A stage that is deployed.")],
    seconds: Annotated[float, typer.Option(min=0, help="Time limit in seconds, for checks that fail at first.")] = 300,
) -> None:
    """Check a deployed stage: stacks, mappings, sends, webhooks, feed, events and alarms; exit code 1 if one fails.

    Needs the right to describe stacks, mappings, logs, metrics and alarms, and to invoke wavecom-<stage>-keys.
    """
    until, since = time.monotonic() + seconds, datetime.now(UTC) - CLOCK_DIFFERENCE
    try:
        deployed = Deployed(stage)
        problems = failed_stacks(deployed)
        is_ok = _report(Check("stacks", list, f"make deploy STAGE={stage}"), problems)
        with ExitStack() as cleanup:
            for check in checks(deployed, Client(deployed, cleanup), cleanup, since):
                is_ok &= _report(check, _repeat_until_ok(check, until))
    except DeployedError as exc:
        console.print(f"[red]failed[/red]  {escape(str(exc))}")
        is_ok = False
    if not is_ok:
        raise typer.Exit(1)


if __name__ == "__main__":
    cli()
