"""SMS through AWS End User Messaging, SMS and voice API v2: SendTextMessage.

`REFUSALS` has the meaning of refusals, by code and ``Reason``; ``code`` of an error is the reason if there is one, else
AWS's code.

SendTextMessage takes no idempotency token; the notification's id and the provider's name go along as the context
``notificationId`` and ``provider``, which the service's events repeat. A text has up to 1,600 characters.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Unpack, cast

from wavecom.adapters.providers.aws import ClientOptions, Refusal, aws_client, call, meaning_by, receipt_of, sandbox_of
from wavecom.adapters.providers.deadlines import seconds_left, utc_now
from wavecom.adapters.providers.refusals import Rule, for_good, for_now
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import About, ProviderError, Receipt
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.ports.system import Clock

if TYPE_CHECKING:
    from mypy_boto3_pinpoint_sms_voice_v2 import PinpointSMSVoiceV2Client
    from mypy_boto3_pinpoint_sms_voice_v2.type_defs import SendTextMessageRequestTypeDef

TIME_TO_LIVE_SECONDS: Final = (5, 259_200)
"""The shortest and the longest time in seconds that AWS tries to deliver a message; the default is the longest."""

_SERVICE: Final = "AWS End User Messaging"
_FIELD: Final = [
    f"ValidationException {reason}".strip()
    for reason in (
        "",
        "CANNOT_PARSE",
        "FIELD_VALIDATION_FAILED",
        "INVALID_PARAMETER",
        "INVALID_REQUEST",
        "MISSING_PARAMETER",
        "OTHER",
    )
]
REFUSALS: Final[tuple[Rule, ...]] = (
    for_good(
        ["ConflictException DESTINATION_PHONE_NUMBER_OPTED_OUT"],
        About.RECIPIENT,
        "The recipient opted out",
        suppression_reason=SuppressionReason.COMPLAINT,
    ),
    for_good(
        ["ConflictException DESTINATION_*_BLOCKED_BY_PROTECT_*"],
        About.RECIPIENT,
        "A rule of ours against fraud: no provider is to send there",
    ),
    for_good(["ValidationException MAXIMUM_SIZE_EXCEEDED"], About.MESSAGE, "The text is too long"),
    for_good(["ValidationException DESTINATION_COUNTRY_BLOCKED"], About.UNCLEAR, "AWS does not send to that country"),
    for_good(_FIELD, About.RECIPIENT, "The number, by the field that is named", words="DestinationPhoneNumber"),
    for_good(_FIELD, About.MESSAGE, "The text, by the field that is named", words="MessageBody"),
    for_now(
        ["ResourceNotFoundException*", *_FIELD],
        "Our origination identity",
        about=About.IDENTITY,
        words="OriginationIdentity | origination identity | phone-number | sender-id | pool",
    ),
    for_now(
        ["ConflictException*", "ValidationException*", "ResourceNotFoundException*"],
        "Our sandbox or configuration, or our origination identity",
    ),
    for_now(["AccessDeniedException*", "ServiceQuotaExceededException*"], "Our account, or its monthly spend limit"),
)
"""AWS End User Messaging SMS API reference, "SendTextMessage" and the exceptions' pages; the reasons are in the
service's model, botocore's ``pinpoint-sms-voice-v2``. Other codes are in `wavecom.adapters.providers.aws`."""


def end_user_messaging_client(**options: Unpack[ClientOptions]) -> "PinpointSMSVoiceV2Client":
    """Return a client for many threads, which never retries; the options are those of `aws_client`."""
    return cast("PinpointSMSVoiceV2Client", aws_client("pinpoint-sms-voice-v2", **options))


class EndUserMessagingSmsProvider:
    """Sends SMS through AWS End User Messaging."""

    channel = Channel.SMS
    idempotent = False
    bulk_limit = 1

    def __init__(
        self,
        client: "PinpointSMSVoiceV2Client",
        *,
        origination_identity: str | None = None,
        name: str = "end-user-messaging",
        configuration_set: str | None = None,
        clock: Clock = utc_now,
    ) -> None:
        """Send from ``origination_identity``: our number, sender id or pool by id or ARN; with None AWS chooses.

        ``configuration_set`` decides where AWS publishes the results of messages.
        """
        self.name = name
        self._clock = clock
        self._client = client
        self._origination_identity = origination_identity
        self._configuration_set = configuration_set

    def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; the receipt holds AWS's message id, which its events repeat."""
        request = self._request(message)
        answer = call(_SERVICE, lambda: self._client.send_text_message(**request), _meaning)
        return receipt_of(_SERVICE, answer.get("MessageId"))

    def in_sandbox(self) -> bool:
        """See `wavecom.ports.providers.WithSandbox`. API v2 reference, "DescribeAccountAttributes": ACCOUNT_TIER."""
        answer = call(_SERVICE, self._client.describe_account_attributes, _meaning)
        tiers = [each["Value"] for each in answer.get("AccountAttributes", []) if each["Name"] == "ACCOUNT_TIER"]
        return sandbox_of(_SERVICE, "SANDBOX" in tiers if tiers else None)

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def _request(self, message: OutgoingMessage) -> "SendTextMessageRequestTypeDef":
        request: SendTextMessageRequestTypeDef = {
            "DestinationPhoneNumber": message.recipient,
            "MessageBody": message.content.message,
            "MessageType": "TRANSACTIONAL",
            "Context": {"notificationId": message.notification_id, "provider": self.name},
        }
        if message.expires_at is not None:
            least, most = TIME_TO_LIVE_SECONDS
            request["TimeToLive"] = seconds_left(message.expires_at, self._clock(), at_least=least, at_most=most)
        origin = self._origination_identity if message.sender is None else message.sender.address
        if origin is not None:
            request["OriginationIdentity"] = origin
        if self._configuration_set is not None:
            request["ConfigurationSetName"] = self._configuration_set
        return request


_by_table = meaning_by(REFUSALS, also=("Reason",))


def _meaning(refusal: Refusal) -> ProviderError:
    """Return the meaning of a refusal. The fields that it names count as part of its text."""
    fields = cast("Iterable[dict[str, Any]]", refusal.fields.get("Fields") or ())
    return _by_table(replace(refusal, text=" ".join([refusal.text, *(str(each.get("Name")) for each in fields)])))
