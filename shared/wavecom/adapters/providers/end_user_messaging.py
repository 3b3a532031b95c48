"""SMS through AWS End User Messaging, SMS and voice API v2: SendTextMessage.

What an error means, by its code and its ``Reason`` ("SendTextMessage" and the exceptions' pages in the AWS End User
Messaging SMS API reference; the reasons stand in the service's model, botocore's ``pinpoint-sms-voice-v2``). What
concerns this number or text is Permanent; what concerns our account, or what our origination identity can reach, is
Transient, so that another provider may take it. ``code`` of an error is the reason where there is one, else AWS's code.

=============================  ===========================================================  ===========================
error                          reason                                                       meaning
=============================  ===========================================================  ===========================
ThrottlingException                                                                         RateLimited
ServiceQuotaExceededException  MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT and any other           Transient: our account
ConflictException              DESTINATION_PHONE_NUMBER_OPTED_OUT,                          Permanent: the recipient
                               DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE,
                               DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION
ConflictException              DESTINATION_PHONE_NUMBER_NOT_VERIFIED                        Transient: our sandbox
ConflictException              any other                                                    Transient: our identity
ValidationException            DESTINATION_COUNTRY_BLOCKED, MAXIMUM_SIZE_EXCEEDED           Permanent: the recipient,
                                                                                            or the text
ValidationException            FIELD_VALIDATION_FAILED, INVALID_PARAMETER,                  Permanent: the recipient,
                               INVALID_REQUEST, CANNOT_PARSE, MISSING_PARAMETER, OTHER,     or the text
                               none; where a field or the text of the error names
                               DestinationPhoneNumber or MessageBody
ValidationException            any other                                                    Transient: our identity or
                                                                                            configuration
ResourceNotFoundException                                                                   Transient: the same
AccessDeniedException          INSUFFICIENT_ACCOUNT_REPUTATION, ACCOUNT_DISABLED, none      Transient: our account
any other 4xx                                                                               Permanent: this request
                                                                                            will never be taken
limits, our credentials, the                                                                as in `aws`
service, the network
=============================  ===========================================================  ===========================

SendTextMessage takes no idempotency token; the notification's id and the provider's name go along as the context
``notificationId`` and ``provider``, which the service's events repeat. A text has up to 1,600 characters.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Unpack, cast

from wavecom.adapters.providers.aws import ClientOptions, Refusal, aws_client, call, common_meaning, receipt_of
from wavecom.domain.notification import Channel
from wavecom.domain.outcomes import PermanentError, ProviderError, Receipt, TransientError
from wavecom.ports import OutgoingMessage

if TYPE_CHECKING:
    from mypy_boto3_pinpoint_sms_voice_v2 import PinpointSMSVoiceV2Client
    from mypy_boto3_pinpoint_sms_voice_v2.type_defs import SendTextMessageRequestTypeDef

_SERVICE: Final = "AWS End User Messaging"
_ABOUT_THE_MESSAGE: Final = frozenset(
    {
        ("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT"),
        ("ConflictException", "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE"),
        ("ConflictException", "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION"),
        ("ValidationException", "DESTINATION_COUNTRY_BLOCKED"),
        ("ValidationException", "MAXIMUM_SIZE_EXCEEDED"),
    }
)
_REASONS_THAT_NEED_A_FIELD: Final = frozenset(
    {
        "",
        "CANNOT_PARSE",
        "FIELD_VALIDATION_FAILED",
        "INVALID_PARAMETER",
        "INVALID_REQUEST",
        "MISSING_PARAMETER",
        "OTHER",
    }
)
_FIELDS_OF_THE_MESSAGE: Final = ("DestinationPhoneNumber", "MessageBody")
_ABOUT_US: Final = frozenset(
    {
        "AccessDeniedException",
        "ServiceQuotaExceededException",
        "ConflictException",
        "ValidationException",
        "ResourceNotFoundException",
    }
)


def end_user_messaging_client(**options: Unpack[ClientOptions]) -> "PinpointSMSVoiceV2Client":
    """Return a client for many threads, which never retries; the options are those of `aws_client`."""
    return cast("PinpointSMSVoiceV2Client", aws_client("pinpoint-sms-voice-v2", **options))


class EndUserMessagingSmsProvider:
    """Sends SMS through AWS End User Messaging."""

    channel = Channel.SMS
    idempotent = False

    def __init__(
        self,
        client: "PinpointSMSVoiceV2Client",
        *,
        origination_identity: str | None = None,
        name: str = "end-user-messaging",
        configuration_set: str | None = None,
    ) -> None:
        """Send from ``origination_identity``: a number, sender id or pool of ours by its id or ARN; None: AWS chooses.

        ``configuration_set`` decides where AWS publishes what became of a message.
        """
        self.name = name
        self._client = client
        self._origination_identity = origination_identity
        self._configuration_set = configuration_set

    def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; the receipt holds AWS's message id, which its events repeat."""
        request = self._request(message)
        answer = call(_SERVICE, lambda: self._client.send_text_message(**request), _meaning)
        return receipt_of(_SERVICE, answer.get("MessageId"))

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def _request(self, message: OutgoingMessage) -> "SendTextMessageRequestTypeDef":
        request: SendTextMessageRequestTypeDef = {
            "DestinationPhoneNumber": message.recipient,
            "MessageBody": message.message,
            "MessageType": "TRANSACTIONAL",
            "Context": {"notificationId": message.notification_id, "provider": self.name},
        }
        if self._origination_identity is not None:
            request["OriginationIdentity"] = self._origination_identity
        if self._configuration_set is not None:
            request["ConfigurationSetName"] = self._configuration_set
        return request


def _meaning(refusal: Refusal) -> ProviderError:
    reason = str(refusal.fields.get("Reason") or "")
    code = reason or refusal.code
    if (refusal.code, reason) in _ABOUT_THE_MESSAGE or _names_the_message(refusal, reason):
        return PermanentError(refusal.detail, code=code)
    if refusal.code in _ABOUT_US:
        return TransientError(refusal.detail, code=code)
    return common_meaning(refusal) or PermanentError(refusal.detail, code=code)


def _names_the_message(refusal: Refusal, reason: str) -> bool:
    if refusal.code != "ValidationException" or reason not in _REASONS_THAT_NEED_A_FIELD:
        return False
    fields = cast("Iterable[dict[str, Any]]", refusal.fields.get("Fields") or ())
    places = [refusal.text, *(str(each.get("Name")) for each in fields)]
    return any(field.lower() in place.lower() for place in places for field in _FIELDS_OF_THE_MESSAGE)
