"""Valid SMS senders of each provider: an error in the settings is found at the start, not by a refused send.

A number is one in E.164, with its plus and without separators; a short code has 3 to 8 digits; a sender id is a name of
up to 11 characters with a letter among them, since digits alone would be a number.
"""

import re
from typing import Annotated, Final

from pydantic import AfterValidator

_NUMBER: Final = r"\+[1-9][0-9]{6,14}"
"""ITU-T E.164, section 6: a country code that does not begin with 0, 15 digits at the most."""
_SHORT_CODE: Final = r"[0-9]{3,8}"
_SENDER_ID: Final = r"(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9-]{1,11}"
"""A sender id of AWS (AWS End User Messaging SMS user guide, "Sender IDs"; Amazon SNS developer guide, "Publishing to a
mobile phone")."""
_ALPHANUMERIC: Final = r"(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9 +&_-]{1,11}"
"""A sender id of Twilio (Twilio documentation, "Alphanumeric Sender ID")."""
_SERVICE_SID: Final = r"MG[0-9a-fA-F]{32}"
"""The SID of a Messaging Service (Twilio documentation, "Services resource")."""
_RESOURCE_ID: Final = r"(phone|pool)-[0-9a-zA-Z]{1,64}"
_RESOURCE_ARN: Final = (
    r"arn:aws[a-z-]*:sms-voice:[a-z0-9-]{1,32}:[0-9]{12}:(phone-number|sender-id|pool)/[A-Za-z0-9_/-]{1,128}"
)
"""An ARN of AWS End User Messaging (SMS and voice API v2 reference, "SendTextMessage": ``OriginationIdentity``)."""


def _any_of(*patterns: str, what: str) -> AfterValidator:
    compiled = re.compile("|".join(f"(?:{pattern})" for pattern in patterns))

    def check(sender: str) -> str:
        if not compiled.fullmatch(sender):
            raise ValueError(f"must be {what}")
        return sender

    return AfterValidator(check)


SnsSender = Annotated[
    str, _any_of(_SENDER_ID, what="a sender id of 1 to 11 letters, digits and hyphens, with a letter among them")
]
EndUserMessagingSender = Annotated[
    str,
    _any_of(
        _NUMBER,
        _SHORT_CODE,
        _SENDER_ID,
        _RESOURCE_ID,
        _RESOURCE_ARN,
        what="a number in E.164, a short code, a sender id of up to 11 letters, digits and hyphens, "
        "or a phone number, sender id or pool by its id or ARN",
    ),
]
TwilioSender = Annotated[
    str,
    _any_of(
        _NUMBER,
        _SHORT_CODE,
        _ALPHANUMERIC,
        _SERVICE_SID,
        what="a number in E.164, a short code, an alphanumeric sender id of up to 11 characters with a letter among "
        "them, or the SID of a Messaging Service (MG and 32 hex digits)",
    ),
]
