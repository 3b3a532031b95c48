"""Queues of brokers that are not there."""

import boto3
import pytest

from wavecom.adapters.rabbitmq.queue import RabbitMQQueue
from wavecom.adapters.sqs.queue import SqsQueue

over_brokers_that_are_down = pytest.mark.parametrize(
    "queue",
    [
        RabbitMQQueue("amqp://guest:guest@127.0.0.1:9"),
        SqsQueue(
            boto3.client(
                "sqs",
                region_name="us-east-1",
                endpoint_url="http://127.0.0.1:9",
                aws_access_key_id="x",
                aws_secret_access_key="y",
            )
        ),
    ],
    ids=["rabbitmq", "sqs"],
)
"""Gives a test both adapters in turn, at a port where nothing listens."""
