"""A scanner of one's own, which gets the bytes by HTTP and answers what it found.

WaveCom POSTs the file with its media type and the headers ``WaveCom-Attachment-Id`` and ``WaveCom-Tenant-Id``. An
answer with status 200 is JSON, ``{"scanned": "clean"}``, ``"infected"`` or ``"pending"``; after any other it is asked
again.
"""

import logging
from datetime import timedelta

from wavecom.domain.content.attachments import Attachment, Scan

logger = logging.getLogger(__name__)


class HttpScanner:
    """`wavecom.ports.content.Scanner` by HTTP."""

    def __init__(self, url: str, *, timeout: timedelta, max_connections: int) -> None:
        """Ask ``url``, with ``timeout`` for each part of a call. Redirects are not followed."""
        import httpx  # noqa: PLC0415 - for those that have a scanner

        self._url = url
        self._errors = httpx.HTTPError
        self._client = httpx.Client(
            timeout=timeout.total_seconds(), limits=httpx.Limits(max_connections=max_connections)
        )

    def scan(self, tenant_id: str, attachment: Attachment, octets: bytes) -> Scan:
        """See `wavecom.ports.content.Scanner.scan`."""
        headers = {
            "Content-Type": attachment.content_type,
            "WaveCom-Attachment-Id": attachment.id,
            "WaveCom-Tenant-Id": tenant_id,
        }
        problem = "unclear answer"
        try:
            answer = self._client.post(self._url, content=octets, headers=headers)
            if answer.status_code == 200:
                return Scan(answer.json()["scanned"])
            problem = f"status {answer.status_code}"
        except self._errors as exc:
            problem = type(exc).__name__
        except (ValueError, KeyError, TypeError):
            pass
        logger.warning("Attachment not scanned", extra={"attachment_id": attachment.id, "error": problem})
        return Scan.PENDING

    def close(self) -> None:
        """Close all connections."""
        self._client.close()
