"""The event that an ``aws:rmq`` event source mapping creates from a RabbitMQ queue's messages."""

import base64
from collections.abc import Sequence
from typing import Any

import amqp


def rabbitmq_event(queue_name: str, batch: Sequence[amqp.Message]) -> dict[str, Any]:
    """Return the event of a batch (AWS Lambda developer guide, "Using Lambda with Amazon MQ")."""
    return {
        "eventSource": "aws:rmq",
        "eventSourceArn": "arn:aws:mq:local:000000000000:broker:wavecom:b-local",
        "rmqMessagesByQueue": {f"{queue_name}::/": [_message(message) for message in batch]},
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
