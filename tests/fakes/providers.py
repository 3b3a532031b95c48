"""Providers, from memory."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import ProviderError, Receipt


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


class FakeBulkProvider(FakeProvider):
    """Takes up to 50 in a call; ``whole``, where it is set, makes the answer to a call of those to its messages."""

    bulk_limit = 50

    def __init__(self, name: str = "bulk") -> None:
        super().__init__(name)
        self.calls: list[int] = []
        self.whole: Callable[[list[Receipt | ProviderError]], list[Receipt | ProviderError]] | None = None

    def send_many(self, messages: Sequence[OutgoingMessage]) -> list[Receipt | ProviderError]:
        self.calls.append(len(messages))
        answers = [self._answer(message) for message in messages]
        return answers if self.whole is None else self.whole(answers)

    def _answer(self, message: OutgoingMessage) -> Receipt | ProviderError:
        try:
            return self.send(message)
        except ProviderError as exc:
            return exc


class FakeSandbox:
    """A provider that says whether our account is in its sandbox, or raises ``trouble``."""

    name = "ses"

    def __init__(self) -> None:
        self.says = True
        self.trouble: ProviderError | None = None

    def in_sandbox(self) -> bool:
        if self.trouble:
            raise self.trouble
        return self.says
