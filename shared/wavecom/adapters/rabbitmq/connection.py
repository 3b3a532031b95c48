"""A connection that publishes with pipelined confirms and survives a frozen process."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import amqp
from amqp.exceptions import AMQPError

from wavecom.adapters.rabbitmq.declaration import declare
from wavecom.domain.errors import QueueUnavailableError

T = TypeVar("T")

CONNECT_TIMEOUT = timedelta(seconds=3)
CONFIRM_TIMEOUT = timedelta(seconds=5)
IDLE_LIMIT = timedelta(seconds=60)
"""The idle time after which a connection may be dead unnoticed, as after a frozen Lambda; a new one is opened."""

HEARTBEAT = timedelta(seconds=180)
"""The heartbeat, longer than a connection may idle here; it shows the broker which processes are gone or frozen."""

MAX_UNCONFIRMED = 1000
"""The most unconfirmed messages, so that neither side's buffers fill."""

CONNECTION_ERRORS = (AMQPError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish, for an exchange and routing key."""

    exchange: str
    routing_key: str
    body: str
    message_id: str


@dataclass(slots=True)
class _Confirms:
    """The broker's answers by delivery tag: confirmed, refused, or returned as unroutable."""

    first_unanswered: int = 1
    refused: set[int] = field(default_factory=set)
    answered_ahead: set[int] = field(default_factory=set)
    returned: set[str] = field(default_factory=set)

    def on_ack(self, tag: int, multiple: bool) -> None:
        self._answer(tag, multiple)

    def on_nack(self, tag: int, multiple: bool, *_: Any) -> None:
        self.refused.update(range(self.first_unanswered, tag + 1) if multiple else (tag,))
        self._answer(tag, multiple)

    def on_return(self, exc: Exception, exchange: str, routing_key: str, message: amqp.Message) -> None:
        self.returned.add(message.properties["message_id"])

    def _answer(self, tag: int, multiple: bool) -> None:
        if multiple:
            self.answered_ahead = {ahead for ahead in self.answered_ahead if ahead > tag}
            self.first_unanswered = max(self.first_unanswered, tag + 1)
        else:
            self.answered_ahead.add(tag)
        while self.first_unanswered in self.answered_ahead:
            self.answered_ahead.remove(self.first_unanswered)
            self.first_unanswered += 1


class Publisher:
    """One connection with one confirming channel. Not safe for two threads at once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: amqp.Connection | None = None
        self._channel: Any = None
        self._confirms = _Confirms()
        self._published = 0
        self._used_at = 0.0

    def publish(self, messages: Sequence[Outgoing]) -> list[bool]:
        """Publish all, wait for the broker's answer to each, and return which were confirmed.

        Raises `QueueUnavailableError`.
        """
        return self._with_reconnect(lambda: self._publish(messages))

    def depths(self, queues: Sequence[str]) -> dict[str, int]:
        """Return the number of ready messages in each queue. Raises `QueueUnavailableError`."""
        return self._with_reconnect(lambda: self._depths(queues))

    def declare(self, lane_shards: int) -> None:
        """Declare every queue, exchange and binding of `wavecom.topology`; existing ones are left unchanged.

        Raises `QueueUnavailableError`, also if a queue of that name has other arguments.
        """
        self._with_reconnect(lambda: declare(self._channel, lane_shards))

    def _with_reconnect(self, call: Callable[[], T]) -> T:
        """Make ``call``; if the connection proves dead, open a new one and call again, once."""
        try:
            return self._call(call)
        except CONNECTION_ERRORS:
            self.close()
        try:
            return self._call(call)
        except CONNECTION_ERRORS as exc:
            self.close()
            raise QueueUnavailableError("RabbitMQ does not answer") from exc

    def _call(self, call: Callable[[], T]) -> T:
        self._open()
        result = call()
        self._used_at = time.monotonic()
        return result

    def _publish(self, messages: Sequence[Outgoing]) -> list[bool]:
        first = self._published + 1
        for message in messages:
            self._channel.basic_publish(
                amqp.Message(
                    message.body,
                    content_type="application/json",
                    delivery_mode=2,
                    message_id=message.message_id,
                ),
                exchange=message.exchange,
                routing_key=message.routing_key,
                mandatory=True,
            )
            self._published += 1
            if self._published - self._confirms.first_unanswered >= MAX_UNCONFIRMED:
                self._wait_for(self._published - MAX_UNCONFIRMED // 2)
        self._wait_for(self._published)
        confirms = self._confirms
        answers = [
            tag not in confirms.refused and message.message_id not in confirms.returned
            for tag, message in enumerate(messages, first)
        ]
        confirms.refused.clear()
        confirms.returned.clear()
        return answers

    def _wait_for(self, last: int) -> None:
        assert self._connection is not None
        until = time.monotonic() + CONFIRM_TIMEOUT.total_seconds()
        while self._confirms.first_unanswered <= last:
            remaining = until - time.monotonic()
            if remaining <= 0:
                raise TimeoutError("No confirm in time")
            self._connection.drain_events(timeout=remaining)

    def _depths(self, queues: Sequence[str]) -> dict[str, int]:
        return {name: self._channel.queue_declare(name, passive=True).message_count for name in queues}

    def _open(self) -> None:
        if self._connection is not None and time.monotonic() - self._used_at > IDLE_LIMIT.total_seconds():
            self.close()
        if self._connection is None:
            self._connection = connect(self._url, heartbeat=HEARTBEAT)
            self._channel = self._connection.channel()
            self._channel.confirm_select()
            self._confirms = _Confirms()
            self._published = 0
            self._channel.events["basic_ack"].add(self._confirms.on_ack)
            self._channel.events["basic_nack"].add(self._confirms.on_nack)
            self._channel.events["basic_return"].add(self._confirms.on_return)
        self._used_at = time.monotonic()

    def close(self) -> None:
        """Close the connection; the next call opens one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.collect()
            except CONNECTION_ERRORS:
                return


def connect(url: str, *, heartbeat: timedelta = timedelta(0), timeout: timedelta = CONNECT_TIMEOUT) -> amqp.Connection:
    """Open a connection to ``amqp[s]://user:password@host:port/vhost``. Raises what py-amqp raises."""
    parts = urlsplit(url)
    tls = {"server_hostname": parts.hostname} if parts.scheme in ("amqps", "amqp+ssl") else False
    connection = amqp.Connection(
        f"{parts.hostname}:{parts.port or (5671 if tls else 5672)}",
        userid=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        virtual_host=unquote(parts.path[1:]) or "/",
        ssl=tls,
        heartbeat=int(heartbeat.total_seconds()),
        connect_timeout=timeout.total_seconds(),
        read_timeout=CONFIRM_TIMEOUT.total_seconds(),
        write_timeout=CONFIRM_TIMEOUT.total_seconds(),
        confirm_publish=False,
    )
    connection.connect()
    return connection
