"""Calls of webhooks, from memory."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from wavecom.domain.webhooks.answers import WebhookAnswer, WebhookCallError, WebhookFailure


@dataclass(frozen=True, slots=True)
class FakeCall:
    """A call as it was made."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class FakeWebhookCalls:
    """Endpoints that answer by ``script``, one entry a call, and then with ``always``; ``calls`` has the calls."""

    def __init__(self) -> None:
        self.script: deque[WebhookAnswer | WebhookFailure] = deque()
        self.always: WebhookAnswer | WebhookFailure = an_answer()
        self.calls: list[FakeCall] = []

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        if self.problem_of(url) is not None:
            raise WebhookCallError(WebhookFailure.ADDRESS_REFUSED, duration_ms=0)
        self.calls.append(FakeCall(url, dict(headers), body))
        answer = self.script.popleft() if self.script else self.always
        if isinstance(answer, WebhookFailure):
            raise WebhookCallError(answer, duration_ms=1)
        return answer

    def problem_of(self, url: str) -> str | None:
        return None if url.startswith("https://") else "must begin with https://"


def an_answer(status: int = 200, body: str = "ok", retry_after: timedelta | None = None) -> WebhookAnswer:
    """Return an answer."""
    return WebhookAnswer(status=status, body=body, retry_after=retry_after, duration_ms=1)
