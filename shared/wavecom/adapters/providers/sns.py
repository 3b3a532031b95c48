"""SMS through Amazon SNS: Publish straight to a phone number.

What an error means ("Publish" and "Common Error Types" in the Amazon SNS API reference). What concerns this number or
text is Permanent; what concerns our account is Transient, so that another provider may take it. ``code`` of an error
is AWS's code, or the name of botocore's exception.

=================================================  ===========  =======================================================
error                                              meaning      why
=================================================  ===========  =======================================================
InvalidParameter, ParameterValueInvalid,           Permanent    "PhoneNumber Reason: ... is not valid to publish to",
ValidationException, InvalidParameterValue                      or a text of more than 1,600 characters
the same, naming MessageAttributes or AWS.SNS.SMS  Transient    our sender id
OptedOut, EndpointDisabled                         Permanent    the recipient; see below
PlatformApplicationDisabled, NotFound, UserError   Transient    our account
AuthorizationError, InvalidSecurity                Transient    our rights or credentials
KMSThrottling                                      RateLimited  too many requests
any other KMS...                                   Transient    our key
Throttled, ThrottlingException, any 429            RateLimited  too many requests (as in `aws`)
InternalError, 502, 504                            Unknown      it may have been taken (as in `aws`)
any other 4xx                                      Permanent    this request will never be taken
credentials, the network                           as in `aws`
=================================================  ===========  =======================================================

Publish takes a message to a number that opted out and does not deliver it: neither that nor the end of our monthly
spend is an error of the call, and only SNS's delivery status logs tell (Amazon SNS developer guide, "Viewing CloudWatch
metrics and logs for SMS deliveries"). OptedOut and EndpointDisabled are in the table in case SNS says them after all.

Publish takes an idempotency token for FIFO topics only, and nothing that the logs would repeat: the receipt's message
id is the one link to a notification.
"""

from typing import TYPE_CHECKING, Final, Unpack, cast

from wavecom.adapters.providers.aws import ClientOptions, Refusal, aws_client, call, common_meaning, receipt_of
from wavecom.domain.notification import Channel
from wavecom.domain.outcomes import PermanentError, ProviderError, RateLimitedError, Receipt, TransientError
from wavecom.ports import OutgoingMessage

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

_SERVICE: Final = "Amazon SNS"
_INVALID: Final = frozenset(
    {"InvalidParameter", "ParameterValueInvalid", "ValidationException", "InvalidParameterValue"}
)
_OUR_PARAMETERS: Final = ("messageattributes", "aws.sns.sms")
_OUR_ACCOUNT: Final = frozenset(
    {"PlatformApplicationDisabled", "NotFound", "UserError", "AuthorizationError", "InvalidSecurity"}
)


def sns_client(**options: Unpack[ClientOptions]) -> "SNSClient":
    """Return a client for many threads, which never retries; the options are those of `aws_client`."""
    return cast("SNSClient", aws_client("sns", **options))


class SnsSmsProvider:
    """Sends SMS through Amazon SNS."""

    channel = Channel.SMS
    idempotent = False

    def __init__(self, client: "SNSClient", *, sender_id: str | None = None, name: str = "sns") -> None:
        """Send as ``sender_id``, what a phone shows as the sender where the country allows it; None: SNS chooses.

        A sender id has 1 to 11 letters, digits and hyphens (Amazon SNS developer guide, "Publishing to a mobile
        phone").
        """
        self.name = name
        self._client = client
        self._attributes: dict[str, MessageAttributeValueTypeDef] = {"AWS.SNS.SMS.SMSType": _string("Transactional")}
        if sender_id is not None:
            self._attributes["AWS.SNS.SMS.SenderID"] = _string(sender_id)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; the receipt holds SNS's message id, by which its delivery logs name it."""
        answer = call(
            _SERVICE,
            lambda: self._client.publish(
                PhoneNumber=message.recipient, Message=message.message, MessageAttributes=self._attributes
            ),
            _meaning,
        )
        return receipt_of(_SERVICE, answer.get("MessageId"))

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()


def _string(value: str) -> "MessageAttributeValueTypeDef":
    return {"DataType": "String", "StringValue": value}


def _meaning(refusal: Refusal) -> ProviderError:
    code = refusal.code
    if code == "KMSThrottling":
        return RateLimitedError(refusal.detail, code=code)
    ours = any(name in refusal.text.lower() for name in _OUR_PARAMETERS)
    if code in _OUR_ACCOUNT or code.startswith("KMS") or (code in _INVALID and ours):
        return TransientError(refusal.detail, code=code)
    return common_meaning(refusal) or PermanentError(refusal.detail, code=code)
