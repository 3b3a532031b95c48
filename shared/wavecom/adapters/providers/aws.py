"""The common parts of the providers on AWS: a client that never retries, and the meaning of failed calls.

A call that AWS refuses has sent nothing; one that failed within AWS, or on the way back, may have. Refusals about our
account, credentials, limits or the service are the same for all services: `COMMON_REFUSALS`, which is read after a
provider's own table. ``code`` of an error is AWS's error code, the status of an answer without one, or the name of the
exception.

Without an answer: a missing connection or missing credentials are Transient, since nothing was sent; parameters that
break the service's model are Permanent; anything else, such as a read timeout or a broken answer, is Unknown.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Final, Required, TypedDict, TypeVar, cast

import boto3
import botocore.session
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
from botocore.loaders import Loader, create_loader
from botocore.parsers import ResponseParserError

from wavecom.adapters.providers.refusals import Rule, for_good, for_now, limit, read, unknown
from wavecom.domain.providers.outcomes import (
    About,
    PermanentError,
    ProviderError,
    Receipt,
    TransientError,
    UnknownOutcomeError,
)

LIMITS: Final = (
    "TooManyRequestsException",
    "Throttling*",
    "Throttled",
    "RequestLimitExceeded",
    "LimitExceededException",
    "http_429",
)
_OUR_CREDENTIALS: Final = for_now(
    [
        "AccessDenied*",
        "NotAuthorized",
        "ExpiredToken*",
        "RequestExpired",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "MissingAuthenticationToken*",
        "SignatureDoesNotMatch",
        "IncompleteSignature*",
        "OptInRequired",
        "http_401",
        "http_403",
    ],
    "Our credentials, rights or clock",
)
COMMON_REFUSALS: Final[tuple[Rule, ...]] = (
    limit(LIMITS, "Too many requests"),
    unknown(["http_500", "http_502", "http_504"], "It may have failed after it was taken"),
    _OUR_CREDENTIALS,
    for_now(["http_3*", "http_404", "http_407", "http_408"], "Our configuration, or the way to AWS"),
    unknown(["5??"], "An answer of no service of AWS: it may have failed after it was taken"),
    for_now(["http_5*"], "The service refused, such as 503 ServiceUnavailable"),
    for_good(["http_4*"], About.UNCLEAR, "This request will never be taken, whatever the reason"),
    for_now(["*"], "No answer that AWS documents"),
)
"""Amazon SNS API reference, "Common Error Types", which is the same page for each service, and "Common Errors" before
it. A refusal's codes are AWS's error code and ``http_`` with the status."""
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
"""Errors of botocore's parsers on an answer that does not fit the service's model; only the first is botocore's."""
_CODE: Final = re.compile(r"[A-Za-z0-9._]{1,64}")
_TEXT_MAX: Final = 200
"""The most characters of AWS's explanation in an error's text."""
_Answer = TypeVar("_Answer")


class ClientOptions(TypedDict, total=False):
    """The options of `aws_client` beside the name of the service."""

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
    s3: Any = None,
    signature_version: str | None = None,
) -> Any:
    """Return boto3's client of ``service`` for many threads, which never retries: the application does.

    ``timeout`` limits the wait for each part of an answer. ``max_connections`` should be at least the number of
    threads: urllib3 opens further connections and closes them after one use. ``s3`` are options that S3 alone has.
    ``signature_version`` is botocore's choice unless it is given.
    """
    config = Config(
        connect_timeout=connect_timeout.total_seconds(),
        read_timeout=timeout.total_seconds(),
        max_pool_connections=max_connections,
        retries={"total_max_attempts": 1, "mode": "standard"},
        s3=s3,
        signature_version=signature_version,
    )
    core = botocore.session.Session()
    core.register_component("data_loader", _service_models())
    session = cast("Any", boto3.session.Session(botocore_session=core))
    return session.client(service, region_name=region, endpoint_url=endpoint_url, config=config)


@cache
def _service_models() -> Loader:
    """Return what reads botocore's descriptions of services. It keeps them: each client alone would read them anew."""
    return create_loader()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error that AWS answered with: its ``code``, safe to log, its HTTP status and its explanation.

    ``fields`` are the other fields of the error in the service's model, for example ``Reason``.
    """

    code: str
    status: int
    text: str
    fields: dict[str, Any]

    @classmethod
    def of(cls, exc: ClientError) -> "Refusal":
        """Return the content of botocore's exception."""
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
        return f"{self.code}: {self.text[:_TEXT_MAX]}"


def meaning_by(table: Sequence[Rule], *, also: Sequence[str] = ()) -> Callable[[Refusal], ProviderError]:
    """Return a function that gives the meaning of a refusal, by ``table`` first and then by `COMMON_REFUSALS`.

    ``also`` are fields of the error whose values count as codes, such as ``Reason``. The text of a refusal of our
    credentials is left out, since it may quote signed text, including the session token.
    """
    rules = (*table, *COMMON_REFUSALS)

    def meaning(refusal: Refusal) -> ProviderError:
        given = [str(refusal.fields.get(name) or "") for name in also]
        code = next((each for each in given if each), refusal.code)
        codes = (" ".join([refusal.code, *filter(None, given)]), f"http_{refusal.status}")
        withheld = _OUR_CREDENTIALS.fits(codes, "", "")
        detail = f"{code}: refused by our credentials or rights" if withheld else refusal.detail
        return read(rules, codes, refusal.text, detail=detail, code=code)

    return meaning


def call(service: str, operation: Callable[[], _Answer], meaning: Callable[[Refusal], ProviderError]) -> _Answer:
    """Make one call to ``service`` (its name in errors) and return its answer; ``meaning`` explains a refusal.

    Raises a `ProviderError`.
    """
    try:
        return operation()
    except ClientError as exc:
        raise meaning(Refusal.of(exc)) from exc
    except _NOTHING_SENT as exc:
        raise TransientError(f"Not connected to {service}", code=type(exc).__name__) from exc
    except (ParamValidationError, UnicodeEncodeError) as exc:
        detail = f"Not a request that {service} knows"
        raise PermanentError(detail, code=type(exc).__name__, about=About.MESSAGE) from exc
    except (BotoCoreError, *_BROKEN_ANSWER) as exc:
        raise UnknownOutcomeError(f"No answer from {service}", code=type(exc).__name__) from exc


def receipt_of(service: str, message_id: str | None) -> Receipt:
    """Return the receipt with the service's message id. Raises `UnknownOutcomeError` if there is none."""
    if not message_id:
        raise UnknownOutcomeError(f"{service} answered without a message id", code="no_message_id")
    return Receipt(message_id)


def sandbox_of(service: str, in_sandbox: bool | None) -> bool:
    """Return whether the account is in the service's sandbox. Raises `TransientError` where it did not say."""
    if in_sandbox is None:
        raise TransientError(f"{service} did not say whether the account is in its sandbox", code="no_sandbox_status")
    return in_sandbox
