"""Results of Amazon GuardDuty, which scans the objects of attachments.

Malware Protection for S3 scans each new object of a bucket by itself, and writes the result into the tag
``GuardDutyMalwareScanStatus`` (Amazon GuardDuty user guide, "Using tag-based access control with Malware Protection for
S3"; its values: "Monitoring S3 object scans"). After ``FAILED`` and ``ACCESS_DENIED`` it scans once it is asked to.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from wavecom.adapters.s3.files import object_key
from wavecom.domain.content.attachments import Attachment, Scan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)

TAG: Final = "GuardDutyMalwareScanStatus"
_SCANS: Final = {
    "NO_THREATS_FOUND": Scan.CLEAN,
    "THREATS_FOUND": Scan.INFECTED,
    "UNSUPPORTED": Scan.UNSCANNABLE,
}


class GuardDutyScanner:
    """`wavecom.ports.content.Scanner` by the tag of GuardDuty."""

    def __init__(self, make_client: "Callable[[], S3Client]", bucket: str) -> None:
        self._make_client = make_client
        self._bucket = bucket

    def scan(self, tenant_id: str, attachment: Attachment, octets: bytes) -> Scan:
        """See `wavecom.ports.content.Scanner.scan`."""
        try:
            answer = self._make_client().get_object_tagging(Bucket=self._bucket, Key=object_key(tenant_id, attachment))
        except (ClientError, BotoCoreError) as exc:
            logger.warning("Scan not known", extra={"attachment_id": attachment.id, "error": type(exc).__name__})
            return Scan.PENDING
        tags = {each["Key"]: each["Value"] for each in answer["TagSet"]}
        return _SCANS.get(tags.get(TAG, ""), Scan.PENDING)
