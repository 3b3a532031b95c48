"""`AsyncWaveCom`: the client for asyncio and Trio."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, Final, Generic, ParamSpec, Self, TypeVar

import anyio
import httpx

from wavecom_client import endpoints, notifications, resources, templates
from wavecom_client.core import Core, Retries
from wavecom_client.events import Event
from wavecom_client.feed import EventPage, Feed
from wavecom_client.pages import Listing, Page
from wavecom_client.transport import DIRECT, Body, failure_of, headers_of, timeout
from wavecom_client.wire import Answer, Call, Failure, Pause, Request

P = ParamSpec("P")
T = TypeVar("T")


class AsyncPages(Generic[T]):
    """A list that is read page by page while you iterate over its items."""

    def __init__(self, driver: "AsyncDriver", listing: Listing[T]) -> None:
        self._driver = driver
        self._listing = listing

    async def pages(self, cursor: str | None = None) -> AsyncIterator[Page[T]]:
        """Yield whole pages, from a cursor on. Raises `WaveComError`."""
        while True:
            page = await self._driver.run(self._listing.page(cursor))
            yield page
            cursor = page.next_cursor
            if cursor is None:
                return

    async def __aiter__(self) -> AsyncIterator[T]:
        """Yield the items."""
        async for page in self.pages():
            for item in page.items:
                yield item


class AsyncEvents:
    """The feed, read while you iterate over its events."""

    def __init__(self, driver: "AsyncDriver", feed: Feed) -> None:
        self._driver = driver
        self._feed = feed

    async def pages(self) -> AsyncIterator[EventPage]:
        """Yield whole pages, also those without events, whose cursor is newer. Raises `WaveComError`."""
        while (page := await self._driver.run(self._feed.next_page())) is not None:
            yield page

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Yield the events."""
        async for page in self.pages():
            for event in page.events:
                yield event


class AsyncDriver:
    """Runs calls of the core over one pool of connections; tasks may share it."""

    def __init__(
        self, core: Core, transport: httpx.AsyncBaseTransport | None, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self.core = core
        self._sleep = sleep
        self._http = httpx.AsyncClient(transport=transport, mounts=DIRECT if core.is_local else None)

    async def run(self, call: Call[T]) -> T:
        """Perform the steps of a call and return what it comes to."""
        result: Answer | Failure | None = None
        while True:
            try:
                step = call.send(result)
            except StopIteration as done:
                value: T = done.value
                return value
            result = None
            if isinstance(step, Pause):
                await self._sleep(step.seconds)
            else:
                result = await self._answer(step)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _answer(self, request: Request) -> Answer | Failure:
        until = self.core.clock() + request.timeout_seconds
        try:
            async with self._http.stream(
                request.method,
                request.url,
                headers=headers_of(request),
                content=request.content,
                timeout=timeout(request),
            ) as response:
                body = Body(response, until)
                async for piece in response.aiter_bytes():
                    body.add(piece, self.core.clock())
                return body.answer()
        except httpx.RequestError as exc:
            return failure_of(request, exc)


class _Resource:
    def __init__(self, driver: AsyncDriver) -> None:
        self._driver = driver


def _method(
    operation: Callable[Concatenate[Core, P], Call[T]],
) -> Callable[Concatenate[_Resource, P], Coroutine[Any, Any, T]]:
    """Make a method of an operation of the core: it is awaited."""

    @wraps(operation)
    async def method(self: _Resource, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._driver.run(operation(self._driver.core, *args, **kwargs))

    return method


def _list(operation: Callable[Concatenate[Core, P], Listing[T]]) -> Callable[Concatenate[_Resource, P], AsyncPages[T]]:
    """Make a method of a list of the core: it returns an asynchronous iterable."""

    @wraps(operation)
    def method(self: _Resource, /, *args: P.args, **kwargs: P.kwargs) -> AsyncPages[T]:
        return AsyncPages(self._driver, operation(self._driver.core, *args, **kwargs))

    return method


def _feed(operation: Callable[Concatenate[Core, P], Feed]) -> Callable[Concatenate[_Resource, P], AsyncEvents]:
    """Make a method of the feed of the core: it returns an asynchronous iterable."""

    @wraps(operation)
    def method(self: _Resource, /, *args: P.args, **kwargs: P.kwargs) -> AsyncEvents:
        return AsyncEvents(self._driver, operation(self._driver.core, *args, **kwargs))

    return method


class AsyncNotifications(_Resource):
    """Notifications: ``client.notifications``."""

    create = _method(notifications.create)
    create_batch = _method(notifications.create_batch)
    get = _method(notifications.get)
    list = _list(notifications.list_all)
    cancel = _method(notifications.cancel)
    retry = _method(notifications.retry)


class AsyncTemplates(_Resource):
    """Templates: ``client.templates``."""

    list = _list(templates.list_templates)
    create = _method(templates.create_template)
    get = _method(templates.get_template)
    archive = _method(templates.archive_template)
    versions = _list(templates.list_versions)
    create_version = _method(templates.create_version)
    get_version = _method(templates.get_version)
    publish = _method(templates.publish_version)
    rollback = _method(templates.rollback_template)
    results = _method(templates.get_results)
    preview = _method(templates.preview_template)
    send_test = _method(templates.test_template)


class AsyncAttachments(_Resource):
    """Files of emails: ``client.attachments``."""

    upload = _method(resources.upload_attachment)
    get = _method(resources.get_attachment)


class AsyncSuppressions(_Resource):
    """Addresses that nothing is sent to: ``client.suppressions``."""

    list = _list(resources.list_suppressions)
    add = _method(resources.add_suppression)
    remove = _method(resources.remove_suppression)


class AsyncCategories(_Resource):
    """The kinds of your messages, which recipients may leave: ``client.categories``."""

    list = _list(resources.list_categories)
    put = _method(resources.put_category)
    delete = _method(resources.delete_category)


class AsyncPreferences(_Resource):
    """The categories that recipients get: ``client.preferences``."""

    get = _method(resources.get_preferences)
    update = _method(resources.update_preferences)


class AsyncWebhooks(_Resource):
    """Endpoints of webhooks, and what was sent to them: ``client.webhooks``."""

    list = _list(endpoints.list_endpoints)
    create = _method(endpoints.create_endpoint)
    get = _method(endpoints.get_endpoint)
    update = _method(endpoints.update_endpoint)
    delete = _method(endpoints.delete_endpoint)
    rotate = _method(endpoints.rotate_secret)
    test = _method(endpoints.test_endpoint)
    recover = _method(endpoints.recover_endpoint)
    deliveries = _list(endpoints.list_deliveries)
    get_delivery = _method(endpoints.get_delivery)
    retry_delivery = _method(endpoints.retry_delivery)


class AsyncDeadLetters(_Resource):
    """Notifications that failed: ``client.dead_letters``."""

    count = _method(resources.count_dead_letters)
    list = _list(resources.list_dead_letters)
    replay = _method(resources.replay_dead_letters)


class AsyncStats(_Resource):
    """Statistics: ``client.stats``."""

    system = _method(resources.get_statistics)
    minutes = _method(resources.get_minutes)


class AsyncWaveCom(_Resource):
    """WaveCom's API at one address, for asyncio and Trio. Use it in an ``async with`` block, or call `close`.

    Tasks of one event loop may share it, with its pool of connections.

    ``timeout`` is the longest that one attempt takes, in seconds; ``retries`` bounds the attempts. Over plain HTTP the
    key is sent to this machine only, unless ``allow_plain_http`` is true. ``transport`` replaces httpx's own, for
    proxies and certificates of your own; ``clock`` and ``sleep`` are time, for tests.

    Raises `ValueError` for an address or a key that cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        timeout: float = 35.0,
        retries: Retries | None = None,
        allow_plain_http: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        core = Core(base_url, api_key, timeout=timeout, retries=retries, allow_plain_http=allow_plain_http, clock=clock)
        driver = AsyncDriver(core, transport, sleep)
        super().__init__(driver)
        self.notifications: Final = AsyncNotifications(driver)
        self.templates: Final = AsyncTemplates(driver)
        self.attachments: Final = AsyncAttachments(driver)
        self.suppressions: Final = AsyncSuppressions(driver)
        self.categories: Final = AsyncCategories(driver)
        self.preferences: Final = AsyncPreferences(driver)
        self.webhooks: Final = AsyncWebhooks(driver)
        self.dead_letters: Final = AsyncDeadLetters(driver)
        self.stats: Final = AsyncStats(driver)

    events = _feed(Feed)
    request = _method(resources.request)

    async def close(self) -> None:
        """Close the connections."""
        await self._driver.close()

    async def __aenter__(self) -> Self:
        """Return the client, which closes its connections at the end."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.close()
