"""Answers of a webhook's endpoint, and the ways in which a call of it fails.

A failure's sentence is for the client who owns the endpoint. It gives the reason and nothing that was seen on the way:
no address, no word of a resolver, and the same for a name that does not exist as for one that only our own network
knows. Otherwise clients could explore that network through us.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class WebhookFailure(StrEnum):
    """The reason why a call got no answer. Every one may pass, so every one may be tried again."""

    ADDRESS_REFUSED = "address_refused"
    """The URL, or an address that its name has, may not be called; or the name has no address."""
    NOT_CONNECTED = "not_connected"
    """Refused, unreachable, silent, or its name could not be asked for."""
    TLS_FAILED = "tls_failed"
    """No TLS, or no certificate that is valid for the name."""
    TIMED_OUT = "timed_out"
    """No whole answer within the time limit. The endpoint may have taken what it was sent."""
    BROKEN_ANSWER = "broken_answer"
    """It hung up early, or answered no HTTP or too many headers. It may have taken what it was sent."""
    HEADER_REFUSED = "header_refused"
    """A header has control characters or would change the framing of the request. Nothing was sent."""


_SENTENCES: Final = {
    WebhookFailure.ADDRESS_REFUSED: "The endpoint has no address that may be called",
    WebhookFailure.NOT_CONNECTED: "No connection could be made to the endpoint",
    WebhookFailure.TLS_FAILED: "The endpoint made no TLS connection with a valid certificate for its name",
    WebhookFailure.TIMED_OUT: "The endpoint did not answer within the time limit",
    WebhookFailure.BROKEN_ANSWER: "The endpoint did not give a complete HTTP answer",
    WebhookFailure.HEADER_REFUSED: "A header for the endpoint may not be sent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAnswer:
    """An endpoint's answer, of any status; a redirect too is one.

    ``body`` is the text of its first 1,024 bytes, where U+FFFD stands for what is not UTF-8 and for control characters
    other than line breaks and tabs. ``retry_after`` is the wait that it asks for, a day at the most. ``duration_ms`` is
    the time of the whole call in milliseconds.
    """

    status: int
    body: str
    retry_after: timedelta | None
    duration_ms: int


class WebhookCallError(Exception):
    """No answer came from the endpoint. ``str()`` is a sentence for the client; ``duration_ms`` is in milliseconds."""

    def __init__(self, code: WebhookFailure, *, duration_ms: int) -> None:
        super().__init__(_SENTENCES[code])
        self.code: str = code.value
        self.duration_ms = duration_ms
