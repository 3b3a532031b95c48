"""`WaveCom`: the client for threads."""

import time
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Concatenate, Final, Generic, ParamSpec, Self, TypeVar

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


class Pages(Generic[T]):
    """A list that is read page by page while you iterate over its items."""

    def __init__(self, driver: "Driver", listing: Listing[T]) -> None:
        self._driver = driver
        self._listing = listing

    def pages(self, cursor: str | None = None) -> Iterator[Page[T]]:
        """Yield whole pages, from a cursor on. Raises `WaveComError`."""
        while True:
            page = self._driver.run(self._listing.page(cursor))
            yield page
            cursor = page.next_cursor
            if cursor is None:
                return

    def __iter__(self) -> Iterator[T]:
        """Yield the items."""
        for page in self.pages():
            yield from page.items


class Events:
    """The feed, read while you iterate over its events."""

    def __init__(self, driver: "Driver", feed: Feed) -> None:
        self._driver = driver
        self._feed = feed

    def pages(self) -> Iterator[EventPage]:
        """Yield whole pages, also those without events, whose cursor is newer. Raises `WaveComError`."""
        while (page := self._driver.run(self._feed.next_page())) is not None:
            yield page

    def __iter__(self) -> Iterator[Event]:
        """Yield the events."""
        for page in self.pages():
            yield from page.events


class Driver:
    """Runs calls of the core over one pool of connections; threads may share it."""

    def __init__(self, core: Core, transport: httpx.BaseTransport | None, sleep: Callable[[float], None]) -> None:
        self.core = core
        self._sleep = sleep
        self._http = httpx.Client(transport=transport, mounts=DIRECT if core.is_local else None)

    def run(self, call: Call[T]) -> T:
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
                self._sleep(step.seconds)
            else:
                result = self._answer(step)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _answer(self, request: Request) -> Answer | Failure:
        until = self.core.clock() + request.timeout_seconds
        try:
            with self._http.stream(
                request.method,
                request.url,
                headers=headers_of(request),
                content=request.content,
                timeout=timeout(request),
            ) as response:
                body = Body(response, until)
                for piece in response.iter_bytes():
                    body.add(piece, self.core.clock())
                return body.answer()
        except httpx.RequestError as exc:
            return failure_of(request, exc)


class _Resource:
    def __init__(self, driver: Driver) -> None:
        self._driver = driver


def _method(operation: Callable[Concatenate[Core, P], Call[T]]) -> Callable[Concatenate[_Resource, P], T]:
    """Make a method of an operation of the core: it waits for the result."""

    @wraps(operation)
    def method(self: _Resource, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._driver.run(operation(self._driver.core, *args, **kwargs))

    return method


def _list(operation: Callable[Concatenate[Core, P], Listing[T]]) -> Callable[Concatenate[_Resource, P], Pages[T]]:
    """Make a method of a list of the core: it returns an iterable."""

    @wraps(operation)
    def method(self: _Resource, /, *args: P.args, **kwargs: P.kwargs) -> Pages[T]:
        return Pages(self._driver, operation(self._driver.core, *args, **kwargs))

    return method


def _feed(operation: Callable[Concatenate[Core, P], Feed]) -> Callable[Concatenate[_Resource, P], Events]:
    """Make a method of the feed of the core: it returns an iterable."""

    @wraps(operation)
    def method(self: _Resource, /, *args: P.args, **kwargs: P.kwargs) -> Events:
        return Events(self._driver, operation(self._driver.core, *args, **kwargs))

    return method


class Notifications(_Resource):
    """Notifications: ``client.notifications``."""

    create = _method(notifications.create)
    create_batch = _method(notifications.create_batch)
    get = _method(notifications.get)
    list = _list(notifications.list_all)
    cancel = _method(notifications.cancel)
    retry = _method(notifications.retry)


class Templates(_Resource):
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


class Attachments(_Resource):
    """Files of emails: ``client.attachments``."""

    upload = _method(resources.upload_attachment)
    get = _method(resources.get_attachment)


class Suppressions(_Resource):
    """Addresses that nothing is sent to: ``client.suppressions``."""

    list = _list(resources.list_suppressions)
    add = _method(resources.add_suppression)
    remove = _method(resources.remove_suppression)


class Categories(_Resource):
    """The kinds of your messages, which recipients may leave: ``client.categories``."""

    list = _list(resources.list_categories)
    put = _method(resources.put_category)
    delete = _method(resources.delete_category)


class Preferences(_Resource):
    """The categories that recipients get: ``client.preferences``."""

    get = _method(resources.get_preferences)
    update = _method(resources.update_preferences)


class Webhooks(_Resource):
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


class DeadLetters(_Resource):
    """Notifications that failed: ``client.dead_letters``."""

    count = _method(resources.count_dead_letters)
    list = _list(resources.list_dead_letters)
    replay = _method(resources.replay_dead_letters)


class Stats(_Resource):
    """Statistics: ``client.stats``."""

    system = _method(resources.get_statistics)
    minutes = _method(resources.get_minutes)


class WaveCom(_Resource):
    """WaveCom's API at one address, for threads. Use it in a ``with`` block, or call `close`.

    Threads may share it, with its pool of connections.

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
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        core = Core(base_url, api_key, timeout=timeout, retries=retries, allow_plain_http=allow_plain_http, clock=clock)
        driver = Driver(core, transport, sleep)
        super().__init__(driver)
        self.notifications: Final = Notifications(driver)
        self.templates: Final = Templates(driver)
        self.attachments: Final = Attachments(driver)
        self.suppressions: Final = Suppressions(driver)
        self.categories: Final = Categories(driver)
        self.preferences: Final = Preferences(driver)
        self.webhooks: Final = Webhooks(driver)
        self.dead_letters: Final = DeadLetters(driver)
        self.stats: Final = Stats(driver)

    events = _feed(Feed)
    request = _method(resources.request)

    def close(self) -> None:
        """Close the connections."""
        self._driver.close()

    def __enter__(self) -> Self:
        """Return the client, which closes its connections at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()
