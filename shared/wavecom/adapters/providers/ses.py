"""Email through Amazon SES, API v2: SendEmail with simple content.

What an error means. What concerns this message is Permanent; what concerns our account is Transient, so that the
message can go to another provider and the breaker sees it. A call that SES answers with an error has sent nothing
("Amazon SES returns an error message to your application and does not send the email": Amazon SES developer guide,
"Amazon SES email sending errors"). ``code`` of an error is AWS's error code, or the name of botocore's exception.

==================================================================  ===========  =======================================
error                                                               meaning      why
==================================================================  ===========  =======================================
TooManyRequestsException, ThrottlingException, Throttling,          RateLimited  sending rate or daily quota; 10 minutes
RequestLimitExceeded, LimitExceededException, any 429                            for the daily one ("Errors related to
                                                                                 the sending quotas")
MessageRejected                                                     Permanent    its content is refused
MessageRejected, "... not verified ..."                             Transient    our identity, or our sandbox
AccountSuspendedException, SendingPausedException,                  Transient    our account
AccountSendingPausedException, ConfigurationSetSendingPausedException
MailFromDomainNotVerifiedException                                  Transient    our MAIL FROM domain
NotFoundException                                                   Transient    our configuration set
any 401 or 403, ExpiredToken..., RequestExpired,                    Transient    our credentials, rights or clock
InvalidClientTokenId, UnrecognizedClientException,
SignatureDoesNotMatch, IncompleteSignature..., OptInRequired
any 5xx but 504                                                     Transient    the service refused
504                                                                 Unknown      a gateway gave up waiting
BadRequestException and any other 4xx                               Permanent    this request will never be taken
no connection, no credentials                                       Transient    nothing was sent
parameters that break the service's model                           Permanent    nothing was sent
anything else: read timeout, connection lost, broken answer         Unknown      it may have been sent
==================================================================  ===========  =======================================

SendEmail takes no idempotency token; the notification's id goes along as the tag ``notificationId``.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

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
from email_validator import EmailNotValidError, validate_email

from wavecom.domain.notification import Channel
from wavecom.domain.outcomes import (
    PermanentError,
    ProviderError,
    RateLimitedError,
    Receipt,
    TransientError,
    UnknownOutcomeError,
)
from wavecom.ports import OutgoingMessage

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import SendEmailRequestTypeDef

DAILY_QUOTA_WAIT: Final = timedelta(minutes=10)
"""Amazon SES developer guide, "Errors related to the sending quotas for your Amazon SES account"."""

_LIMITS: Final = frozenset(
    {
        "TooManyRequestsException",
        "ThrottlingException",
        "Throttling",
        "RequestLimitExceeded",
        "LimitExceededException",
    }
)
_OUR_ACCOUNT: Final = frozenset(
    {
        "AccountSuspendedException",
        "AccountSendingPausedException",
        "ConfigurationSetSendingPausedException",
        "SendingPausedException",
        "MailFromDomainNotVerifiedException",
        "NotFoundException",
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
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


def ses_client(
    *,
    region: str,
    endpoint_url: str | None = None,
    connect_timeout: timedelta = timedelta(seconds=3),
    timeout: timedelta = timedelta(seconds=10),
    max_connections: int = 50,
) -> "SESV2Client":
    """Return a client for many threads, which never retries: the retry policy is the application's.

    ``timeout`` bounds the wait for each part of an answer. ``max_connections`` should be no less than the number of
    threads: urllib3 opens connections beyond it and throws them away after one use.
    """
    config = Config(
        connect_timeout=connect_timeout.total_seconds(),
        read_timeout=timeout.total_seconds(),
        max_pool_connections=max_connections,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    session = boto3.session.Session()
    return cast("SESV2Client", session.client("sesv2", region_name=region, endpoint_url=endpoint_url, config=config))


class SesEmailProvider:
    """Sends email through Amazon SES."""

    channel = Channel.EMAIL

    def __init__(
        self, client: "SESV2Client", *, sender: str, name: str = "ses", configuration_set: str | None = None
    ) -> None:
        """Send as ``sender`` (``Name <address>`` or an address), an identity that SES has verified.

        ``configuration_set`` decides where SES publishes deliveries, bounces and complaints.
        """
        self.name = name
        self._client = client
        self._sender = sender
        self._configuration_set = configuration_set

    def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; the receipt holds SES's message id."""
        request = self._request(message)
        try:
            answer = self._client.send_email(**request)
        except ClientError as exc:
            raise _refusal(exc) from exc
        except _NOTHING_SENT as exc:
            raise TransientError("Not connected to Amazon SES", code=type(exc).__name__) from exc
        except ParamValidationError as exc:
            raise PermanentError("Not a request that Amazon SES knows", code=type(exc).__name__) from exc
        except (BotoCoreError, ResponseParserError) as exc:
            raise UnknownOutcomeError("No answer from Amazon SES", code=type(exc).__name__) from exc
        message_id = answer.get("MessageId")
        if not message_id:
            raise UnknownOutcomeError("Amazon SES answered without a message id", code="no_message_id")
        return Receipt(message_id)

    def _request(self, message: OutgoingMessage) -> "SendEmailRequestTypeDef":
        request: SendEmailRequestTypeDef = {
            "FromEmailAddress": self._sender,
            "Destination": {"ToAddresses": [_ascii(message.recipient)]},
            "Content": {
                "Simple": {
                    "Subject": {"Data": message.subject or "", "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": message.message, "Charset": "UTF-8"}},
                }
            },
            "EmailTags": [{"Name": "notificationId", "Value": message.notification_id}],
        }
        if self._configuration_set is not None:
            request["ConfigurationSetName"] = self._configuration_set
        return request


def _ascii(recipient: str) -> str:
    """Return the address with its domain in Punycode, which SES demands (API reference, "Destination")."""
    if recipient.isascii():
        return recipient
    try:
        address = validate_email(recipient, check_deliverability=False).ascii_email
    except EmailNotValidError as exc:
        raise PermanentError("Not an email address", code="address_invalid") from exc
    if address is None:
        raise PermanentError("Amazon SES takes ASCII local parts only", code="address_not_ascii")
    return address


def _refusal(exc: ClientError) -> ProviderError:
    code = exc.response.get("Error", {}).get("Code", "Unknown")
    text = exc.response.get("Error", {}).get("Message", "")
    status = exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    detail = f"{code}: {text}"
    if code in _LIMITS or status == 429:
        wait = DAILY_QUOTA_WAIT if "daily" in text.lower() else None
        return RateLimitedError(detail, code=code, retry_after=wait)
    if status == 504:
        return UnknownOutcomeError(detail, code=code)
    if code in _OUR_ACCOUNT or status in (401, 403) or status >= 500:
        return TransientError(detail, code=code)
    if code == "MessageRejected" and "not verified" in text.lower():
        return TransientError(detail, code=code)
    return PermanentError(detail, code=code)
