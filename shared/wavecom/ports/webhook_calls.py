"""Call the endpoints that clients name for their webhooks."""

from collections.abc import Mapping
from typing import Protocol

from wavecom.domain.webhooks.answers import WebhookAnswer


class WebhookCalls(Protocol):
    """Calls of endpoints, which may be hostile, from many threads at once. Time and bytes of a call are bounded."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """Make one POST and return its answer, whatever its status; redirects are not followed.

        ``headers`` are of ASCII; those of the connection and of the framing (``Host``, ``Content-Length``) are made
        here and may not be among them. The endpoint may get the request twice, where a connection that it let stand
        turns out to be dead.

        Raises `WebhookCallError` if no answer came.
        """

    def problem_of(self, url: str) -> str | None:
        """Return why an endpoint cannot have this URL, as the end of a sentence ("must begin with https://"), or None.

        That is seen from the text alone. Where the name leads is seen at each call.
        """
