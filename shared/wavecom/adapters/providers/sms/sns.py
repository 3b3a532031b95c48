"""SMS through Amazon SNS: Publish directly to a phone number.

`REFUSALS` has the meaning of refusals; ``code`` of an error is AWS's code, or the name of botocore's exception.

Publish accepts a message to a number that opted out and does not deliver it: neither that nor the end of our monthly
spend is an error of the call; only SNS's delivery status logs show it (Amazon SNS developer guide, "Viewing CloudWatch
metrics and logs for SMS deliveries"). OptedOut and EndpointDisabled are in the table in case SNS returns them.

Publish has an idempotency token for FIFO topics only, and no field that the logs would repeat: the receipt's message
id is the only link to a notification. Publish also has no deadline: a message may arrive after ``expires_at``.
"""

from typing import TYPE_CHECKING, Final, Unpack, cast

from wavecom.adapters.providers.aws import ClientOptions, aws_client, call, meaning_by, receipt_of, sandbox_of
from wavecom.adapters.providers.refusals import Rule, for_good, for_now, limit
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import About, Receipt
from wavecom.domain.suppressions.reason import SuppressionReason

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

_SERVICE: Final = "Amazon SNS"
_INVALID: Final = ["InvalidParameter", "ParameterValueInvalid", "ValidationException", "InvalidParameterValue"]
REFUSALS: Final[tuple[Rule, ...]] = (
    for_now(_INVALID, "Our sender id", about=About.IDENTITY, words="MessageAttributes | AWS.SNS.SMS"),
    for_good(_INVALID, About.RECIPIENT, "PhoneNumber: is not valid to publish to", words="PhoneNumber | phone number"),
    for_good(_INVALID, About.MESSAGE, "A text of more than 1,600 characters, for example"),
    for_good(["OptedOut"], About.RECIPIENT, "The recipient opted out", suppression_reason=SuppressionReason.COMPLAINT),
    for_good(["EndpointDisabled"], About.RECIPIENT, "The recipient takes no messages"),
    for_now(
        ["PlatformApplicationDisabled", "NotFound", "UserError", "AuthorizationError", "InvalidSecurity"],
        "Our account, rights or credentials",
    ),
    limit(["KMSThrottling"], "Too many requests"),
    for_now(["KMS*"], "Our key"),
)
"""Amazon SNS API reference, "Publish"; other codes are in `wavecom.adapters.providers.aws`."""


def sns_client(**options: Unpack[ClientOptions]) -> "SNSClient":
    """Return a client for many threads, which never retries; the options are those of `aws_client`."""
    return cast("SNSClient", aws_client("sns", **options))


class SnsSmsProvider:
    """Sends SMS through Amazon SNS."""

    channel = Channel.SMS
    idempotent = False
    bulk_limit = 1

    def __init__(self, client: "SNSClient", *, sender_id: str | None = None, name: str = "sns") -> None:
        """Send as ``sender_id``, shown by phones as the sender where the country allows it; with None SNS chooses.

        A sender id has 1 to 11 letters, digits and hyphens (Amazon SNS developer guide, "Publishing to a mobile
        phone").
        """
        self.name = name
        self._client = client
        self._sender_id = sender_id

    def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; the receipt holds SNS's message id, which its delivery logs use."""
        answer = call(
            _SERVICE,
            lambda: self._client.publish(
                PhoneNumber=message.recipient,
                Message=message.content.message,
                MessageAttributes=self._attributes(message),
            ),
            _meaning,
        )
        return receipt_of(_SERVICE, answer.get("MessageId"))

    def _attributes(self, message: OutgoingMessage) -> dict[str, "MessageAttributeValueTypeDef"]:
        sender_id = self._sender_id if message.sender is None else message.sender.address
        return {
            "AWS.SNS.SMS.SMSType": _string("Transactional"),
            **({"AWS.SNS.SMS.SenderID": _string(sender_id)} if sender_id is not None else {}),
        }

    def in_sandbox(self) -> bool:
        """See `wavecom.ports.providers.WithSandbox`. API reference, "GetSMSSandboxAccountStatus"."""
        answer = call(_SERVICE, self._client.get_sms_sandbox_account_status, _meaning)
        return sandbox_of(_SERVICE, answer.get("IsInSandbox"))

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()


def _string(value: str) -> "MessageAttributeValueTypeDef":
    return {"DataType": "String", "StringValue": value}


_meaning = meaning_by(REFUSALS)
