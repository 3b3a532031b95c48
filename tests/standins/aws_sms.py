"""The two services by which AWS sends SMS, as far as WaveCom calls them.

Made from: Smithy specification, "AWS JSON 1.0 protocol" and "AWS Query protocol"; AWS End User Messaging SMS API
reference, "SendTextMessage" and the pages of its exceptions; Amazon SNS API reference, "Publish" and "Common Error
Types"; Amazon SNS developer guide, "Publishing to a mobile phone".
"""

import json
import re
import uuid
from typing import Any
from xml.sax.saxutils import escape

from tests.standins.http_service import HttpService, Reply, Request

TARGET = "PinpointSMSVoiceV2.SendTextMessage"
NUMBER = re.compile(r"\+?[1-9][0-9]{1,18}")
BODY_MAX = 1600
SNS_NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/"
ATTRIBUTE = re.compile(r"MessageAttributes\.entry\.(\d+)\.Name")


def end_user_messaging_error(status: int, code: str, reason: str | None = None, **more: Any) -> Reply:
    """Return an error as AWS JSON 1.0 writes it."""
    content = {"__type": f"com.amazonaws.pinpointsmsvoicev2#{code}", "Message": "No.", **more}
    if reason is not None:
        content["Reason"] = reason
    return Reply(status, json.dumps(content).encode(), {"Content-Type": "application/x-amz-json-1.0"})


def sns_error(status: int, code: str, message: str = "No.") -> Reply:
    """Return an error as the Query protocol writes it."""
    fault = "Sender" if status < 500 else "Receiver"
    error = f"<Type>{fault}</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    body = f'<ErrorResponse xmlns="{SNS_NAMESPACE}"><Error>{error}</Error><RequestId>r-1</RequestId></ErrorResponse>'
    return Reply(status, body.encode(), {"Content-Type": "text/xml"})


class EndUserMessagingService(HttpService):
    """Takes SendTextMessage; refuses a number or a text that its model does not allow."""

    def answer(self, request: Request) -> Reply:
        assert request.headers["x-amz-target"] == TARGET
        assert request.headers["content-type"] == "application/x-amz-json-1.0"
        assert "/sms-voice/aws4_request" in request.headers["authorization"]
        message = request.json
        if not NUMBER.fullmatch(message["DestinationPhoneNumber"]):
            return self._invalid("DestinationPhoneNumber")
        if not message["MessageBody"].strip() or len(message["MessageBody"]) > BODY_MAX:
            return self._invalid("MessageBody")
        content = {"MessageId": str(uuid.uuid4())}
        return Reply(200, json.dumps(content).encode(), {"Content-Type": "application/x-amz-json-1.0"})

    def _invalid(self, field: str) -> Reply:
        fields = [{"Name": field, "Message": "does not match the pattern"}]
        return end_user_messaging_error(400, "ValidationException", "FIELD_VALIDATION_FAILED", Fields=fields)


class SnsService(HttpService):
    """Takes Publish to a phone number; refuses what is not E.164 or too long."""

    def answer(self, request: Request) -> Reply:
        assert request.headers["content-type"].startswith("application/x-www-form-urlencoded")
        assert "/sns/aws4_request" in request.headers["authorization"]
        form = request.form
        assert (form["Action"], form["Version"]) == ("Publish", "2010-03-31")
        number = form["PhoneNumber"]
        if not (number.startswith("+") and NUMBER.fullmatch(number)):
            text = f"Invalid parameter: PhoneNumber Reason: {number} is not valid to publish to"
            return sns_error(400, "InvalidParameter", text)
        if len(form["Message"]) > BODY_MAX:
            return sns_error(400, "InvalidParameter", "Invalid parameter: Message too long")
        result = f"<PublishResult><MessageId>{uuid.uuid4()}</MessageId></PublishResult>"
        metadata = "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
        body = f'<PublishResponse xmlns="{SNS_NAMESPACE}">{result}{metadata}</PublishResponse>'
        return Reply(200, body.encode(), {"Content-Type": "text/xml"})


def message_attributes(form: dict[str, str]) -> dict[str, str]:
    """Return the message attributes of a Publish, which are all strings."""
    found = {}
    for key, name in form.items():
        if entry := ATTRIBUTE.fullmatch(key):
            value = f"MessageAttributes.entry.{entry[1]}.Value"
            assert form[f"{value}.DataType"] == "String"
            found[name] = form[f"{value}.StringValue"]
    return found
