"""What the providers on AWS have in common: a client that never retries, and what a failed call means.

A call that AWS refuses has sent nothing; one that failed within AWS, or on the way back, may have. What concerns our
account, credentials, limits or the service means the same for each service and stands here; what else a code means
stands beside the provider, which is asked first. ``code`` of an error is AWS's error code, the status where an answer
has none, or the name of the exception.

==================================================================  ===========  =======================================
error                                                               meaning      why
==================================================================  ===========  =======================================
TooManyRequestsException, ThrottlingException, Throttling,          RateLimited  too many requests
Throttled, RequestLimitExceeded, LimitExceededException, any 429
500, 502, 504, any 5xx without a code of AWS                        Unknown      it may have failed after it was taken
any 401 or 403, AccessDenied..., NotAuthorized, ExpiredToken...,    Transient    our credentials, rights or clock; the
RequestExpired, InvalidClientTokenId, UnrecognizedClientException,               text is left out, as it may quote what
MissingAuthenticationToken, SignatureDoesNotMatch,                               was signed, the session token included
IncompleteSignature..., OptInRequired
any 404, 407 or 408, any 3xx                                        Transient    our configuration, or the way to AWS
any other 5xx, such as 503 ServiceUnavailable                       Transient    the service refused
no connection, no credentials                                       Transient    nothing was sent
parameters that break the service's model or cannot be encoded      Permanent    nothing was sent
anything else: read timeout, connection lost, broken answer         Unknown      it may have been sent
==================================================================  ===========  =======================================

Source: Amazon SNS API reference, "Common Error Types", which is the same page for each service, and "Common Errors"
before it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Required, TypedDict, TypeVar, cast

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from wavecom.domain.outcomes import (
    PermanentError,
    ProviderError,
    RateLimitedError,
    Receipt,
    TransientError,
    UnknownOutcomeError,
)

_LIMITS: Final = frozenset(
    {
        "TooManyRequestsException",
        "ThrottlingException",
        "Throttling",
        "Throttled",
        "RequestLimitExceeded",
        "LimitExceededException",
    }
)
_OUR_CREDENTIALS: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "NotAuthorized",
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "OptInRequired",
    }
)
_NOTHING_SENT: Final = (
    EndpointConnectionError,
    ConnectTimeoutError,
    ProxyConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
)
_BROKEN_ANSWER: Final = (ResponseParserError, AttributeError, KeyError, TypeError, UnicodeDecodeError)
"""What botocore's parsers raise over an answer of another shape than the service's model; only the first is theirs."""
_CODE: Final = re.compile(r"[A-Za-z0-9._]{1,64}")
_TEXT_KEPT: Final = 200
"""Characters of AWS's explanation that an error's text keeps."""
_Answer = TypeVar("_Answer")


class ClientOptions(TypedDict, total=False):
    """What `aws_client` takes beside the name of the service."""

    region: Required[str]
    endpoint_url: str | None
    connect_timeout: timedelta
    timeout: timedelta
    max_connections: int


def aws_client(
    service: str,
    *,
    region: str,
    endpoint_url: str | None = None,
    connect_timeout: timedelta = timedelta(seconds=3),
    timeout: timedelta = timedelta(seconds=10),
    max_connections: int = 50,
) -> Any:
    """Return boto3's client of ``service`` for many threads, which never retries: the application does.

    ``timeout`` bounds the wait for each part of an answer. ``max_connections`` should be no less than the number of
    threads: urllib3 opens connections beyond it and throws them away after one use.
    """
    config = Config(
        connect_timeout=connect_timeout.total_seconds(),
        read_timeout=timeout.total_seconds(),
        max_pool_connections=max_connections,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    session = cast("Any", boto3.session.Session())
    return session.client(service, region_name=region, endpoint_url=endpoint_url, config=config)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error that AWS answered with: its ``code``, safe to log, its HTTP status and its explanation.

    ``fields`` are what else the service's model says of the error, for example ``Reason``.
    """

    code: str
    status: int
    text: str
    fields: dict[str, Any]

    @classmethod
    def of(cls, exc: ClientError) -> "Refusal":
        """Return what an exception of botocore says."""
        response = cast("dict[str, Any]", exc.response)
        error = response.get("Error") or {}
        status = int((response.get("ResponseMetadata") or {}).get("HTTPStatusCode") or 0)
        code = str(error.get("Code") or "")
        return cls(
            code=code if _CODE.fullmatch(code) else str(status),
            status=status,
            text=str(error.get("Message") or ""),
            fields={name: value for name, value in response.items() if name not in ("Error", "ResponseMetadata")},
        )

    @property
    def detail(self) -> str:
        """A text for an error; it may name the recipient."""
        return f"{self.code}: {self.text[:_TEXT_KEPT]}"


def common_meaning(refusal: Refusal) -> ProviderError | None:
    """Return what a refusal means by the module's table, or None where it concerns one service or one message."""
    code, status = refusal.code, refusal.status
    if code in _LIMITS or status == 429:
        return RateLimitedError(refusal.detail, code=code)
    if status in (500, 502, 504) or (status >= 500 and code == str(status)):
        return UnknownOutcomeError(refusal.detail, code=code)
    if code in _OUR_CREDENTIALS or status in (401, 403):
        return TransientError(f"{code}: refused by our credentials or rights", code=code)
    if status < 400 or status in (404, 407, 408) or status >= 500:
        return TransientError(refusal.detail, code=code)
    return None


def call(service: str, operation: Callable[[], _Answer], meaning: Callable[[Refusal], ProviderError]) -> _Answer:
    """Make one call to ``service`` (its name in errors) and return its answer; ``meaning`` explains a refusal.

    Raises a `ProviderError` by the module's table.
    """
    try:
        return operation()
    except ClientError as exc:
        raise meaning(Refusal.of(exc)) from exc
    except _NOTHING_SENT as exc:
        raise TransientError(f"Not connected to {service}", code=type(exc).__name__) from exc
    except (ParamValidationError, UnicodeEncodeError) as exc:
        raise PermanentError(f"Not a request that {service} knows", code=type(exc).__name__) from exc
    except (BotoCoreError, *_BROKEN_ANSWER) as exc:
        raise UnknownOutcomeError(f"No answer from {service}", code=type(exc).__name__) from exc


def receipt_of(service: str, message_id: str | None) -> Receipt:
    """Return the receipt with the service's message id. Raises `UnknownOutcomeError` where it gave none."""
    if not message_id:
        raise UnknownOutcomeError(f"{service} answered without a message id", code="no_message_id")
    return Receipt(message_id)
