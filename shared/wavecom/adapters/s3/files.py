"""The bytes of attachments in a bucket of Amazon S3, where clients put them by a presigned request.

The request is signed for one object, one size, one media type and one SHA-256, so that S3 refuses all other bytes
(Amazon S3 user guide, "Uploading objects with presigned URLs" and "Checking object integrity"). An object's key is its
tenant's id and its own.
"""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, TypeVar, cast

from botocore.exceptions import BotoCoreError, ClientError

from wavecom.adapters.providers.aws import aws_client
from wavecom.domain.content.attachments import Attachment, StoredAttachment, Upload
from wavecom.domain.errors import StoreUnavailableError
from wavecom.ports.system import Clock

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

DELETES_MAX: Final = 1_000
"""The most objects of one call (Amazon S3 API reference, "DeleteObjects")."""
_MISSING: Final = frozenset({"NoSuchKey", "404"})
T = TypeVar("T")


def s3_client(*, region: str, endpoint_url: str | None, max_connections: int = 50) -> "S3Client":
    """Return a client for many threads, which never retries.

    The bucket's name is part of the host, with the region: presigned requests to the host without it are redirected
    while a bucket is new, and clients do not follow (Amazon S3 user guide, "Virtual hosting of buckets").
    """
    style: Literal["virtual", "path"] = "virtual" if endpoint_url is None else "path"  # emulators have one host
    client = aws_client(
        "s3",
        region=region,
        endpoint_url=endpoint_url,
        max_connections=max_connections,
        s3={"addressing_style": style},
        signature_version="s3v4",  # some regions still get version 2, which signs neither size nor SHA-256
    )
    return cast("S3Client", client)


def object_key(tenant_id: str, attachment: Attachment) -> str:
    """Return the key of an attachment's object."""
    return f"{tenant_id}/{attachment.id}"


class S3AttachmentFiles:
    """`wavecom.ports.content.AttachmentFiles` on Amazon S3."""

    def __init__(self, make_client: "Callable[[], S3Client]", bucket: str, clock: Clock) -> None:
        """Use the client that ``make_client`` returns, which is made at its first use, since few messages need it."""
        self._make_client = make_client
        self._bucket = bucket
        self._clock = clock

    def prepare(self, stored: StoredAttachment, *, until: datetime) -> Upload:
        """See `wavecom.ports.content.AttachmentFiles.prepare`."""
        attachment = stored.attachment
        checksum = base64.b64encode(bytes.fromhex(attachment.sha256)).decode()
        url = _answered(
            lambda: self._make_client().generate_presigned_url(
                "put_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": object_key(stored.tenant_id, attachment),
                    "ContentType": attachment.content_type,
                    "ContentLength": attachment.size,
                    "ChecksumSHA256": checksum,
                },
                ExpiresIn=max(1, round((until - self._clock()).total_seconds())),
            )
        )
        headers = {"Content-Type": attachment.content_type, "x-amz-checksum-sha256": checksum}
        return Upload(url=url, headers=headers, expires_at=until)

    def read(self, tenant_id: str, attachment: Attachment) -> bytes | None:
        """See `wavecom.ports.content.AttachmentFiles.read`."""
        key = object_key(tenant_id, attachment)

        def read() -> bytes | None:
            try:
                return self._make_client().get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except ClientError as exc:
                if exc.response.get("Error", {}).get("Code") in _MISSING:
                    return None
                raise

        return _answered(read)

    def delete(self, all_of: Sequence[StoredAttachment]) -> None:
        """See `wavecom.ports.content.AttachmentFiles.delete`. S3 counts what is not there as deleted."""
        keys = [object_key(each.tenant_id, each.attachment) for each in all_of]
        for start in range(0, len(keys), DELETES_MAX):
            self._delete(keys[start : start + DELETES_MAX])

    def _delete(self, keys: Sequence[str]) -> None:
        objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in keys]
        answer = _answered(
            lambda: self._make_client().delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
        )
        if errors := answer.get("Errors"):
            raise StoreUnavailableError(f"Amazon S3 kept {len(errors)} of {len(keys)} objects")


def _answered(call: Callable[[], T]) -> T:
    """Return the answer of a call. Raises `StoreUnavailableError`, which names no object."""
    try:
        return call()
    except ClientError as exc:
        code = exc.response.get("Error", {}).get("Code", "")
        raise StoreUnavailableError(f"Amazon S3 refused ({code})") from None
    except BotoCoreError as exc:
        raise StoreUnavailableError(f"Amazon S3 does not answer ({type(exc).__name__})") from None
