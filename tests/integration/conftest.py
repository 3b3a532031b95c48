"""The API twice: as the Lambda handler calls it, and as the local server serves it, on a real database."""

import asyncio
import base64
import json
import re
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
import uvicorn

from local.api import SERVER, asgi
from local.guard import Asgi
from local.uploads import Uploads
from tests.builders import TIMINGS, ManualClock, a_result
from tests.conftest import MANY_THREADS
from tests.fakes import FakeQueue
from tests.integration.conformance import HeldTransport
from tests.webhook_parts import WebhookParts
from wavecom.adapters.html.cleaner import Nh3Cleaner
from wavecom.adapters.links import SealedLinks
from wavecom.adapters.mongo.api_keys import MongoApiKeys
from wavecom.adapters.mongo.attachments.files import MongoAttachmentFiles
from wavecom.adapters.mongo.attachments.records import MongoAttachments
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.ledger_checks import MongoLedgerChecks
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.adapters.mongo.providers.breakers import MongoBreakerStates
from wavecom.adapters.mongo.providers.pace import MongoPace
from wavecom.adapters.mongo.providers.weights import MongoWeights
from wavecom.adapters.mongo.rate_limits import MongoRateLimits
from wavecom.adapters.mongo.suppressions import MongoSuppressions
from wavecom.adapters.mongo.system import MongoSystemState
from wavecom.adapters.mongo.templates import MongoTemplates
from wavecom.adapters.mongo.tenants import MongoTenants
from wavecom.adapters.providers.breaker import PyBreakers
from wavecom.adapters.templates.engine import MinijinjaEngine
from wavecom.application.accept.admission import Admission
from wavecom.application.accept.attach import Attach
from wavecom.application.accept.recipient_check import RecipientCheck
from wavecom.application.accept.render import Render
from wavecom.application.accept.submit import Submit
from wavecom.application.attachments.manage import ManageAttachments
from wavecom.application.operate.api_keys import ManageApiKeys
from wavecom.application.operate.health import CheckHealth
from wavecom.application.operate.ledger import Ledger
from wavecom.application.operate.policy import ManagePolicy
from wavecom.application.operate.providers import ConfiguredProvider, Providers
from wavecom.application.operate.senders import ManageSenders, SenderProblem
from wavecom.application.operate.suppressions import ManageSuppressions
from wavecom.application.operate.verify import Verify
from wavecom.application.preferences.categories import ManageCategories
from wavecom.application.preferences.preferences import ManagePreferences
from wavecom.application.read.query import Query
from wavecom.application.recover.cancel_or_retry import CancelOrRetry
from wavecom.application.recover.dead_letters import DeadLetters
from wavecom.application.templates.manage import ManageTemplates
from wavecom.application.templates.preview import Preview
from wavecom.application.templates.results import ShowResults
from wavecom.domain.api_keys import Role, new_api_key
from wavecom.domain.content.attachments import USUAL_TYPES
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import Outcome
from wavecom.http.app import build
from wavecom.http.framework.resolver import LambdaResolver, cors
from wavecom.http.services import HttpConfig, Services
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.suppressions import UnsubscribeLinks
from wavecom.ports.system import SystemState

TENANT = "bank-a"
UNLIMITED = 1_000_000
TICKS = 20
"""How many times in a tenth of a second a server looks whether it should end."""
CONFIGURED = [
    ConfiguredProvider(name="ses", channel=Channel.EMAIL, weight=3, per_second=None),
    ConfiguredProvider(name="sendgrid", channel=Channel.EMAIL, weight=1, per_second=100),
]
JSON = {"Content-Type": "application/json"}
EMAIL: dict[str, Any] = {
    "type": "EMAIL",
    "recipient": "user@example.com",
    "subject": "Welcome to WaveCom",
    "message": "Thank you for signing up!",
}

LEAKS = re.compile(r"Traceback|File \"|pydantic|bson|pymongo|aws_lambda|site-packages|sys\.set_int|\bNone\b|<class")

MakeServices = Callable[..., Services]
MakeApi = Callable[..., "Api"]
MakeKey = Callable[..., str]


@dataclass(frozen=True)
class Api:
    """A client of one running API, and what lies behind it."""

    client: httpx.Client
    services: Services
    mongo: Mongo

    @property
    def store(self) -> NotificationStore:
        """The notification store."""
        return self.services.query.store

    @property
    def system(self) -> SystemState:
        """What the service knows of itself."""
        return self.services.query.system

    @property
    def clock(self) -> ManualClock:
        """What moves the services' time."""
        assert isinstance(self.services.clock, ManualClock)
        return self.services.clock

    def get(self, path: str, **request: Any) -> httpx.Response:
        return self.client.get(path, **request)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **request: Any) -> httpx.Response:
        """POST a JSON body (text and bytes are sent as they are); ``key`` is an idempotency key."""
        headers = {**JSON, **({"Idempotency-Key": key} if key is not None else {}), **request.pop("headers", {})}
        content = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
        return self.client.post(path, content=content, headers=headers, **request)

    def create(self, *, key: str | None = None, **changes: Any) -> httpx.Response:
        return self.post("/api/notifications", {**EMAIL, **changes}, key=key)

    def created(self, **changes: Any) -> dict[str, Any]:
        answer = self.create(**changes)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    def batch(self, *items: Any, key: str | None = None) -> httpx.Response:
        return self.post("/api/notifications/batch", {"notifications": list(items)}, key=key)

    def stored(self) -> int:
        return self.mongo.database.notifications.count_documents({})


class GatewayTransport(httpx.BaseTransport):
    """Hands a request to the Lambda handler's router as API Gateway does (HTTP API, payload format 2.0)."""

    def __init__(self, app: LambdaResolver) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._app.resolve(gateway_event(request), None)
        body = answer["body"]
        return httpx.Response(
            answer["statusCode"],
            headers=answer["headers"],
            stream=httpx.ByteStream(base64.b64decode(body) if answer["isBase64Encoded"] else body.encode()),
        )


def gateway_event(request: httpx.Request) -> dict[str, Any]:
    """Return the event of a request. Repeated headers and parameters are joined with commas."""
    headers: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in request.headers.multi_items():
        headers[name].append(value)
    parameters: defaultdict[str, list[str]] = defaultdict(list)
    query = request.url.query.decode()
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name].append(value)
    content = request.read()
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.url.path,
        "rawQueryString": query,
        "headers": {name: ",".join(values) for name, values in headers.items()},
        "requestContext": {
            "stage": "$default",
            "requestId": "JKJaXmPLvHcESHA=",
            "http": {
                "method": request.method,
                "path": request.url.path,
                "sourceIp": request.extensions.get("sourceIp", "192.0.2.1"),
            },
        },
        "isBase64Encoded": False,
    }
    if parameters:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in parameters.items()}
    if content:
        as_base64 = request.extensions.get("isBase64Encoded", not _is_text(content))
        event |= {
            "body": base64.b64encode(content).decode() if as_base64 else content.decode(),
            "isBase64Encoded": as_base64,
        }
    return event


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


class PromptServer(uvicorn.Server):
    """A server that ends at once: uvicorn's looks ten times a second whether it should, then waits as long again."""

    async def main_loop(self) -> None:
        """Look often, and keep the time of the Date header as uvicorn does."""
        ticks = 0
        while not await self.on_tick(ticks // TICKS):
            ticks += 1
            await asyncio.sleep(0.1 / TICKS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Leave out the wait where no client is left."""
        until = time.monotonic() + 0.1
        while self.server_state.connections and time.monotonic() < until:  # noqa: ASYNC110 - uvicorn has no event
            await asyncio.sleep(0.001)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
            await server.wait_closed()
        await self.lifespan.shutdown()


@contextmanager
def serve(app: Asgi) -> Iterator[int]:
    """Serve ``app`` on a port of its own, and yield the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, **{**SERVER, "log_level": "critical"})
        server = PromptServer(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            assert thread.is_alive(), "The server ended"
            time.sleep(0.001)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


LINKS = SealedLinks("https://links.example", ["k" * 32])
ANY_SENDER: Mapping[Channel, Mapping[str, SenderProblem]] = {
    channel: {f"simulated-{channel.lower()}": lambda sender: None} for channel in Channel
}


@pytest.fixture
def clock() -> ManualClock:
    """Ten seconds into the present minute: old documents would fall to the database's TTL indexes."""
    return ManualClock(datetime.now(UTC).replace(second=10, microsecond=0))


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


@pytest.fixture
def make_services(mongo: Mongo, queue: FakeQueue, clock: ManualClock) -> MakeServices:
    """Return a function that joins the parts as a new process does."""

    def make(
        mongo: Mongo = mongo,
        recipient_check: RecipientCheck | None = None,
        sender_problems: Mapping[Channel, Mapping[str, SenderProblem]] = ANY_SENDER,
        links: UnsubscribeLinks | None = LINKS,
        sms_max_segments: int = 6,
        *,
        takes_files: bool = True,
        has_scanner: bool = False,
        **config: Any,
    ) -> Services:
        counters = MongoCounters(mongo)
        webhooks = WebhookParts(mongo, queue, clock)
        store = MongoNotificationStore(mongo, counters, webhooks.outbox)
        breakers = PyBreakers(MongoBreakerStates(mongo), clock)
        system, tenants, keys = MongoSystemState(mongo, clock), MongoTenants(mongo), MongoApiKeys(mongo)
        shared: dict[str, Any] = {"store": store, "queue": queue, "clock": clock, "timings": TIMINGS}
        suppressions = MongoSuppressions(mongo, webhooks.outbox)
        attachments = MongoAttachments(mongo)
        files = MongoAttachmentFiles(mongo, "http://localhost") if takes_files else None
        templates, engine = MongoTemplates(mongo, webhooks.outbox), MinijinjaEngine()
        manage_templates = ManageTemplates(templates=templates, engine=engine, tenants=tenants, clock=clock)
        return Services(
            admission=Admission(
                render=Render(
                    templates=templates,
                    engine=engine,
                    cleaner=Nh3Cleaner(),
                    links=links,
                    attach=Attach(attachments=attachments, files=files, clock=clock),
                ),
                submit=Submit(**shared),
                system=system,
                tenants=tenants,
                suppressions=suppressions,
                recipient_check=recipient_check or RecipientCheck(),
                clock=clock,
                sms_max_segments=sms_max_segments,
            ),
            cancel_or_retry=CancelOrRetry(**shared),
            query=Query(store=store, counters=counters, queue=queue, system=system, clock=clock),
            dead_letters=DeadLetters(counters=counters, pace=MongoPace(mongo), replays_per_second=100, **shared),
            templates=manage_templates,
            preview=Preview(manage=manage_templates),
            results=ShowResults(manage=manage_templates, counters=counters),
            attachments=ManageAttachments(
                attachments=attachments, files=files, types=USUAL_TYPES, has_scanner=has_scanner, clock=clock
            ),
            suppressions=ManageSuppressions(suppressions=suppressions, tenants=tenants, clock=clock),
            api_keys=ManageApiKeys(api_keys=keys, clock=clock),
            policy=ManagePolicy(tenants=tenants),
            categories=ManageCategories(tenants=tenants),
            preferences=ManagePreferences(tenants=tenants, suppressions=suppressions, links=links, clock=clock),
            senders=ManageSenders(tenants=tenants, providers=sender_problems),
            webhooks=webhooks.manage,
            feed=webhooks.feed,
            ledger=Ledger(counters=counters, checks=MongoLedgerChecks(mongo, counters), system=system, clock=clock),
            verify=Verify(store=store, system=system),
            providers=Providers(
                configured=CONFIGURED,
                breakers=breakers,
                weights=MongoWeights(mongo),
                counters=counters,
                system=system,
                clock=clock,
            ),
            health=CheckHealth(store=store, queue=queue, clock=clock),
            keys=keys,
            rate_limits=MongoRateLimits(mongo),
            counters=counters,
            clock=clock,
            config=HttpConfig(**{"development_tenant": TENANT, "rate_limit": UNLIMITED, **config}),
        )

    return make


@pytest.fixture
def parts(mongo: Mongo, queue: FakeQueue, clock: ManualClock) -> Iterator[WebhookParts]:
    """The parts of a consumer of webhooks, beside those of the API."""
    parts = WebhookParts(mongo, queue, clock)
    yield parts
    parts.close()


@pytest.fixture
def make_api(mongo: Mongo, make_services: MakeServices) -> Iterator[MakeApi]:
    """Return a function that starts an API: ``over`` is "lambda" or "http"; the rest goes to `make_services`.

    A test fails by every answer that is not as docs/openapi.json describes it.
    """
    with ExitStack() as running:

        def make(over: str = "lambda", mongo: Mongo = mongo, token: str | None = None, **config: Any) -> Api:
            services = make_services(mongo, **config)
            if over == "lambda":
                transport: httpx.BaseTransport = GatewayTransport(
                    build(LambdaResolver(cors=cors(services.config)), services)
                )
                address = "http://localhost"
            else:
                transport = httpx.HTTPTransport(trust_env=False, limits=MANY_THREADS)
                files = services.attachments.files
                uploads = Uploads(files, services.clock) if isinstance(files, MongoAttachmentFiles) else None
                address = f"http://localhost:{running.enter_context(serve(asgi(services, uploads=uploads)))}"
                if isinstance(files, MongoAttachmentFiles):
                    files._base_url = address  # known only once it is served
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            client = httpx.Client(
                base_url=address,
                headers=headers,
                transport=HeldTransport(transport),
                timeout=30,
                trust_env=False,
            )
            return Api(running.enter_context(client), services, mongo)

        yield make


@pytest.fixture(params=["lambda", "http"])
def over(request: pytest.FixtureRequest) -> str:
    """Both ways to the API."""
    way: str = request.param
    return way


@pytest.fixture
def api(make_api: MakeApi, over: str) -> Api:
    """The development tenant's API, both ways."""
    return make_api(over)


@pytest.fixture
def quick_api(make_api: MakeApi) -> Api:
    """The development tenant's API, as Lambda calls it."""
    return make_api()


@pytest.fixture
def make_key(mongo: Mongo, clock: ManualClock) -> MakeKey:
    """Return a function that stores an API key and returns its token."""

    def make(
        tenant: str = TENANT,
        role: Role = Role.TENANT,
        rate_limit: int | None = None,
        *,
        revoked: bool = False,
        test: bool = False,
    ) -> str:
        key, token = new_api_key(tenant_id=tenant, name="test", role=role, at=clock(), rate_limit=rate_limit, test=test)
        MongoApiKeys(mongo).add(replace(key, revoked_at=clock() if revoked else None))
        return token

    return make


@pytest.fixture
def dead_mongo() -> Iterator[Mongo]:
    """A database that nobody answers for."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        mongo = Mongo(f"mongodb://127.0.0.1:{unused.getsockname()[1]}/?directConnection=true", "nothing")
        yield mongo
        mongo.close()


def attempted(
    api: Api, notification_id: str, outcome: Outcome = Outcome.ACCEPTED, takes: timedelta = timedelta(0)
) -> Notification:
    """Move a notification on as the deliver function does: claim it, and settle it after ``takes``."""
    store, at = api.store, api.services.clock()
    (notification,) = store.get_many([notification_id])
    claim = lifecycle.claim(
        notification, retry_counts={notification.state.retry_count}, token="token", at=at, timings=TIMINGS
    )
    assert claim is not None
    settled = settlement.settle(claim.after, a_result(outcome), at=at + takes, timings=TIMINGS)
    assert store.save([claim])
    assert store.save([settled])
    return settled.after


def later(api: Api, **by: float) -> str:
    """Return the moment that lies ``by`` after the API's now, as text."""
    return f"{api.services.clock() + timedelta(**by):%Y-%m-%dT%H:%M:%SZ}"


def fields(answer: httpx.Response) -> list[str]:
    """Return the fields that an error names."""
    return [each["field"] for each in answer.json()["error"]["details"]]


def refused(api: Api, answer: httpx.Response, status: int, *named: str) -> None:
    """Check an error: its status, its envelope, the fields it names, and that nothing was stored or given away."""
    assert answer.status_code == status, f"{answer.request.method} {answer.request.url}: {answer.text}"
    assert not LEAKS.search(answer.text), answer.text
    assert api.stored() == 0
    if answer.request.method == "HEAD":
        return
    envelope = answer.json()
    assert envelope.keys() == {"success", "error", "requestId"}
    assert envelope["success"] is False
    assert envelope["error"].keys() == {"code", "message", "details"}
    assert envelope["requestId"] == answer.headers["X-Request-Id"]
    assert set(fields(answer)) == set(named), answer.text
