"""Twilio's Messages resource, as far as sending SMS goes.

Made from the Twilio documentation: "Messages resource", "Twilio API requests", "Twilio API responses", "Test
Credentials" (the magic numbers) and the "Error and Warning Dictionary".
"""

import base64
import re
import uuid
from datetime import timedelta

from tests.standins.http_service import HttpService, Reply, Request, json_reply
from wavecom.adapters.providers.sms.twilio import TwilioSmsProvider

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "stand-in-auth-token"
BODY_MAX = 1_600

MAGIC_RECIPIENTS = {
    "+15005550001": (21211, "Invalid 'To' Phone Number"),
    "+15005550002": (21612, "Message cannot be sent with the current combination of 'To' and/or 'From' parameters"),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region of the 'To' number"),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
MAGIC_SENDERS = {
    "+15005550001": (21212, "Invalid 'From' Number"),
    "+15005550007": (21606, "The 'From' phone number is not a valid message-capable Twilio phone number"),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages"),
}


class TwilioService(HttpService):
    """Takes SMS as Twilio does, from the account's own credentials and from one API key's."""

    def __init__(self, *, api_key: tuple[str, str] = ("SK" + "f" * 32, "stand-in-api-secret")) -> None:
        self.api_key = api_key
        self.messages: list[dict[str, str]] = []
        super().__init__()

    def answer(self, request: Request) -> Reply:
        if (request.method, request.path) != ("POST", f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"):
            return error_reply(404, 20404, "The requested resource was not found")
        accepted = {_basic(ACCOUNT_SID, AUTH_TOKEN), _basic(*self.api_key)}
        if request.headers.get("authorization") not in accepted:
            return error_reply(401, 20003, "Authenticate")
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            return error_reply(400, 21604, "A 'To' phone number is required.")
        form = request.form
        problem = _problem(form)
        if problem:
            return error_reply(400, *problem)
        sid = f"SM{uuid.uuid4().hex}"
        self.messages.append({**form, "sid": sid})
        return json_reply(201, {"sid": sid, "status": "queued", "to": form["To"], "error_code": None})


def error_reply(status: int, code: int, message: str) -> Reply:
    """Return a refusal in the form of the page "Twilio API responses"."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return json_reply(status, {"code": code, "message": message, "more_info": more, "status": status})


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _problem(form: dict[str, str]) -> tuple[int, str] | None:
    to, sender = form.get("To", ""), form.get("From") or form.get("MessagingServiceSid", "")
    problems = (
        (not to, (21604, "A 'To' phone number is required.")),
        (not sender, (21603, "A 'From' phone number is required.")),
        ("MessagingServiceSid" in form and not re.fullmatch(r"MG[0-9a-f]{32}", sender), (21705, "Invalid service")),
        ("From" in form and not re.fullmatch(r"\+[0-9]{8,15}|[A-Za-z0-9 ]{1,11}", sender), (21212, "Invalid 'From'")),
        (not form.get("Body"), (21602, "Message body is required.")),
        (len(form.get("Body", "")) > BODY_MAX, (21617, "The concatenated message body exceeds the 1600 limit")),
        (not re.fullmatch(r"\+[0-9]{8,15}", to), (21211, f"Invalid 'To' Phone Number: {to}")),
    )
    first = next((problem for applies, problem in problems if applies), None)
    return first or MAGIC_RECIPIENTS.get(to) or MAGIC_SENDERS.get(sender)


def client_of(service: TwilioService, *, max_connections: int = 32) -> TwilioSmsProvider:
    """Return a provider that sends by a stand-in, from as many threads as it may have connections."""
    return TwilioSmsProvider(
        name="twilio",
        base_url=service.url,
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        sender="+15005550006",
        timeout=timedelta(seconds=5),
        max_connections=max_connections,
    )
