"""Hands one RabbitMQ queue's messages to the deliver function, as an ``aws:rmq`` event source mapping does."""

import base64
import logging
import sys
import threading
import time
from datetime import timedelta
from typing import Any

import amqp

from functions.deliver.handler import lambda_handler
from local.context import LocalContext, stop_signal
from wavecom.adapters.rabbitmq.connection import CONNECTION_ERRORS, connect
from wavecom.bootstrap import container

logger = logging.getLogger("wavecom.local")

BATCH_SIZE = 1000
WINDOW_SECONDS = 0.1
"""How long a batch collects after its first message."""
IDLE_WAIT_SECONDS = 0.5
HEARTBEAT = timedelta(seconds=120)
PAUSE_SECONDS = 1.0
"""After an error, before trying again."""


class RabbitMQPoller:
    """Consumes with a prefetch of one batch, invokes, and acknowledges the batch as a whole."""

    def __init__(self, queue_name: str) -> None:
        self._url = container().settings.broker_url
        self._queue_name = queue_name
        self._received: list[amqp.Message] = []

    def run(self, stopping: threading.Event) -> None:
        """Consume until told to stop; a batch under way is finished, what was fetched beyond it goes back."""
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
            channel.basic_qos(0, BATCH_SIZE, False)
            channel.basic_consume(self._queue_name, callback=self._received.append)
            while not stopping.is_set():
                connection.heartbeat_tick()
                if self._collect(connection):
                    self._invoke(channel, stopping)
        finally:
            connection.close()

    def _collect(self, connection: amqp.Connection) -> bool:
        closes: float | None = None
        while len(self._received) < BATCH_SIZE:
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
            lambda_handler(self._event(batch), LocalContext())
        except Exception:
            logger.exception("Batch failed, its messages go back")
            stopping.wait(PAUSE_SECONDS)
            channel.basic_nack(last, multiple=True, requeue=True)
            return
        channel.basic_ack(last, multiple=True)

    def _event(self, batch: list[amqp.Message]) -> dict[str, Any]:
        return {
            "eventSource": "aws:rmq",
            "eventSourceArn": "arn:aws:mq:local:000000000000:broker:wavecom:b-local",
            "rmqMessagesByQueue": {f"{self._queue_name}::/": [_message(message) for message in batch]},
        }


def _message(message: amqp.Message) -> dict[str, Any]:
    properties = message.properties
    body = message.body if isinstance(message.body, bytes) else message.body.encode()
    return {
        "basicProperties": {
            "contentType": properties.get("content_type"),
            "contentEncoding": properties.get("content_encoding"),
            "headers": {},
            "deliveryMode": properties.get("delivery_mode"),
            "priority": properties.get("priority"),
            "correlationId": None,
            "replyTo": None,
            "expiration": None,
            "messageId": properties.get("message_id"),
            "timestamp": None,
            "type": None,
            "userId": None,
            "appId": None,
            "clusterId": None,
            "bodySize": len(body),
        },
        "redelivered": bool(message.delivery_info.get("redelivered")),
        "data": base64.b64encode(body).decode(),
    }


def main(queue_name: str) -> None:
    """Consume ``queue_name`` until told to stop."""
    RabbitMQPoller(queue_name).run(stop_signal())


if __name__ == "__main__":
    main(sys.argv[1])
