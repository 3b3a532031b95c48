"""Takes the bytes of attachments from clients, as a bucket of Amazon S3 does in AWS, and keeps them in the database."""

import asyncio
import hashlib
from http import HTTPStatus
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from local.guard import BODY_SECONDS, ByteLimit, Receive, Scope, Send
from wavecom.adapters.mongo.attachments.files import PATH, TOKEN_HEADER, ExpectedFile, MongoAttachmentFiles
from wavecom.domain.errors import OverloadedError, StoreUnavailableError
from wavecom.ports.system import Clock

READ_BYTES: Final = 64 * 1024 * 1024
"""The most bytes of files in memory at once."""


class Uploads:
    """An ASGI application: ``PUT /uploads/<id>`` with the token, the size and the bytes that were declared."""

    def __init__(self, files: MongoAttachmentFiles, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._reading = ByteLimit(READ_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except (OverloadedError, StoreUnavailableError) as exc:
            response = _refused(HTTPStatus.SERVICE_UNAVAILABLE, f"{exc}; try again.")
        except TimeoutError:
            response = _refused(HTTPStatus.REQUEST_TIMEOUT, f"The file did not come within {BODY_SECONDS:.0f} seconds.")
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method != "PUT":
            return _refused(HTTPStatus.METHOD_NOT_ALLOWED, "Files are put here, by PUT.", {"Allow": "PUT"})
        attachment_id = request.url.path.removeprefix(PATH)
        token = request.headers.get(TOKEN_HEADER, "")
        expected = await asyncio.to_thread(self._files.expected, attachment_id, token, self._clock())
        if expected is None:
            return _refused(
                HTTPStatus.FORBIDDEN,
                f"There is no upload with this id and this {TOKEN_HEADER}, or its time is over. "
                "Make another attachment, and send the headers of its upload.",
            )
        if request.headers.get("content-length") != str(expected.size):
            return _refused(HTTPStatus.BAD_REQUEST, f"The Content-Length must be {expected.size}, as declared.")
        until = asyncio.get_running_loop().time() + BODY_SECONDS
        async with self._reading.hold(expected.size, until):
            async with asyncio.timeout_at(until):
                octets = await request.body()
            return await asyncio.to_thread(self._keep, attachment_id, expected, octets)

    def _keep(self, attachment_id: str, expected: ExpectedFile, octets: bytes) -> Response:
        if hashlib.sha256(octets).hexdigest() != expected.sha256:
            return _refused(HTTPStatus.BAD_REQUEST, "The bytes have another SHA-256 than the one that was declared.")
        self._files.put(attachment_id, octets)
        return Response(status_code=HTTPStatus.OK)


def _refused(status: HTTPStatus, text: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{text}\n", status_code=status, headers={"Connection": "close", **(headers or {})})
