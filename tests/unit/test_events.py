"""Queue events as Lambda hands them over, from the files in events/."""

import base64
import json
from pathlib import Path

import pytest

from wavecom.domain.notifications.enums import Lane
from wavecom.domain.queue_messages import QueueMessage
from wavecom.queue_events import parse_queue_event

EVENTS = Path(__file__).parents[2] / "events"


def load(name: str):
    return json.loads((EVENTS / f"{name}.json").read_text())


def test_an_sqs_event_gives_its_messages_and_reports_what_cannot_be_read() -> None:
    batch = parse_queue_event(load("sqs_deliver"), QueueMessage)

    assert [(each.notification_id[-2:], each.lane, each.retry_count) for each in batch.messages] == [
        ("11", Lane.HIGH, 0),
        ("12", Lane.HIGH, 1),
    ]
    assert batch.answer() == {"batchItemFailures": [{"itemIdentifier": load("sqs_deliver")["Records"][2]["messageId"]}]}


def test_a_rabbitmq_event_gives_the_messages_of_all_queues_whatever_their_properties() -> None:
    batch = parse_queue_event(load("rmq_deliver"), QueueMessage)

    assert [(each.notification_id[-2:], each.lane, each.retry_count) for each in batch.messages] == [
        ("11", Lane.HIGH, 0),
        ("12", Lane.HIGH, 1),
        ("13", Lane.STANDARD, 0),
    ]


@pytest.mark.parametrize(
    "data",
    [
        None,
        "",
        "not base64!",
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b'{"notificationId": "x", "lane": "high_priority", "retryCount": 0}').decode(),
        base64.b64encode(b'{"notificationId": "507f1f77bcf86cd799439011", "lane": "x", "retryCount": 0}').decode(),
        base64.b64encode(b'{"notificationId": "507f1f77bcf86cd799439011", "lane": "notifications"}').decode(),
        base64.b64encode(
            b'{"notificationId": "507f1f77bcf86cd799439011", "lane": "notifications", "retryCount": -1}'
        ).decode(),
    ],
)
def test_a_message_that_cannot_be_read_does_not_raise(data: str | None) -> None:
    event = {"eventSource": "aws:rmq", "rmqMessagesByQueue": {"notifications::/": [{"data": data}]}}

    assert parse_queue_event(event, QueueMessage).messages == []


def test_the_body_of_an_unreadable_message_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    parse_queue_event({"Records": [{"messageId": "1", "body": '{"recipient": "secret@example.com"}'}]}, QueueMessage)

    assert "secret" not in str([record.__dict__ for record in caplog.records])
    assert len(caplog.records) == 1


def test_an_event_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="Neither"):
        parse_queue_event({"source": "aws.events"}, QueueMessage)
