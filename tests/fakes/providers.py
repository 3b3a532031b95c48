"""Providers, from memory."""

import threading
import time
from datetime import timedelta

from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import Receipt


class FakeProvider:
    """Accepts everything after ``takes``, unless ``answers`` has something else for the recipient."""

    bulk_limit = 1

    def __init__(
        self,
        name: str = "fake",
        channel: Channel = Channel.EMAIL,
        takes: timedelta = timedelta(0),
        *,
        idempotent: bool = False,
    ) -> None:
        self.name = name
        self.idempotent = idempotent
        self.channel = channel
        self.accepted: list[OutgoingMessage] = []
        self.answers: dict[str, list[Exception]] = {}
        self._takes = takes
        self._lock = threading.Lock()

    def send(self, message: OutgoingMessage) -> Receipt:
        time.sleep(self._takes.total_seconds())
        with self._lock:
            answers = self.answers.get(message.recipient)
            if answers:
                raise answers.pop(0)
            self.accepted.append(message)
        return Receipt(f"{self.name}-{message.notification_id}")
