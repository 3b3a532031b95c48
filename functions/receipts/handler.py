"""Delivery reports: Amazon SES events by SNS, and HTTP API requests (payload format 2.0) of other providers.

An SNS event that cannot be applied raises: Lambda retries an asynchronous invocation twice (AWS Lambda developer
guide, "How Lambda handles errors and retries with asynchronous invocation").
"""

from functools import cache
from typing import Any

from wavecom.bootstrap import container, entry_point
from wavecom.http.framework.resolver import LambdaResolver
from wavecom.http.receipts.app import build_receipts
from wavecom.http.receipts.ses import ses_reports


@cache
def _app() -> LambdaResolver:
    return build_receipts(LambdaResolver(), container("receipts").receipt_services)


def _handle(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    if "Records" in event:
        reports = ses_reports(event)
        if reports:
            container("receipts").receive.receive(reports)
        return None
    return _app().resolve(event, context)


lambda_handler = entry_point("receipts", _handle)
