"""The address of a bucket of Amazon S3, as presigned requests have it."""

from typing import Final
from urllib.parse import urlsplit

GLOBAL_REGION: Final = "us-east-1"
"""The region whose buckets have no region in their host (Amazon S3 user guide, "Virtual hosting of buckets")."""


def bucket_origin(bucket: str, *, region: str, endpoint_url: str | None) -> str:
    """Return the origin that browsers put files to: scheme and host, of an emulator its own."""
    if endpoint_url is not None:
        parts = urlsplit(endpoint_url)
        return f"{parts.scheme}://{parts.netloc}"
    host = "s3.amazonaws.com" if region == GLOBAL_REGION else f"s3.{region}.amazonaws.com"
    return f"https://{bucket}.{host}"
