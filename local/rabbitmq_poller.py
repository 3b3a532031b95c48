"""Passes one RabbitMQ queue's messages to its function, as an ``aws:rmq`` event source mapping does."""

import logging
import sys
import threading
import time
from datetime import timedelta
from typing import Any

import amqp

from local.context import LocalContext, stop_signal
from local.functions import target_of
from local.rabbitmq_event import rabbitmq_event
from wavecom.adapters.rabbitmq.connection import CONNECTION_ERRORS, connect
from wavecom.bootstrap import container

logger = logging.getLogger("wavecom.local")

WINDOW_SECONDS = 0.1
"""The time a batch collects messages after its first one."""
IDLE_WAIT_SECONDS = 0.5
HEARTBEAT = timedelta(seconds=120)
PAUSE_SECONDS = 1.0
"""The pause after an error, before the next try."""


class RabbitMQPoller:
    """Consumes with a prefetch of one batch, invokes the function, and acknowledges the batch as a whole."""

    def __init__(self, queue_name: str) -> None:
        self._url = container().settings.broker_url
        self._queue_name = queue_name
        self._target = target_of(queue_name)
        self._received: list[amqp.Message] = []

    def run(self, stopping: threading.Event) -> None:
        """Consume until the stop event; the current batch is finished, messages fetched beyond it go back."""
        while not stopping.is_set():
            try:
                self._consume(stopping)
            except CONNECTION_ERRORS:
                logger.warning("RabbitMQ does not answer, connecting again", exc_info=True)
                stopping.wait(PAUSE_SECONDS)

    def _consume(self, stopping: threading.Event) -> None:
        self._received = []
        connection = connect(self._url, heartbeat=HEARTBEAT)
        try:
            channel = connection.channel()
            channel.basic_qos(0, self._target.batch_size, False)
            channel.basic_consume(self._queue_name, callback=self._received.append)
            while not stopping.is_set():
                connection.heartbeat_tick()
                if self._collect(connection):
                    self._invoke(channel, stopping)
        finally:
            connection.close()

    def _collect(self, connection: amqp.Connection) -> bool:
        closes: float | None = None
        while len(self._received) < self._target.batch_size:
            if self._received and closes is None:
                closes = time.monotonic() + WINDOW_SECONDS
            wait = IDLE_WAIT_SECONDS if closes is None else closes - time.monotonic()
            if wait <= 0:
                break
            try:
                connection.drain_events(timeout=wait)
            except TimeoutError:
                break
        return bool(self._received)

    def _invoke(self, channel: Any, stopping: threading.Event) -> None:
        batch, self._received[:] = list(self._received), []
        last = batch[-1].delivery_tag
        try:
            self._target.handle(rabbitmq_event(self._queue_name, batch), LocalContext())
        except Exception:
            logger.exception("Batch failed, its messages go back")
            stopping.wait(PAUSE_SECONDS)
            channel.basic_nack(last, multiple=True, requeue=True)
            return
        channel.basic_ack(last, multiple=True)


def main(queue_name: str) -> None:
    """Consume ``queue_name`` until a stop signal."""
    RabbitMQPoller(queue_name).run(stop_signal())


if __name__ == "__main__":
    main(sys.argv[1])
