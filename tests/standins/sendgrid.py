"""SendGrid's v3 Mail Send API, as far as single and bulk sends of text and HTML go.

Made from the Twilio SendGrid documentation: "Mail Send", "Mail Send Errors", "Mail Send Limitations",
"Personalizations", "Substitution Tags", and of the v3 API "Authentication", "Errors" and "Rate Limits".
"""

import base64
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.standins.http_service import HttpService, Reply, Request, json_reply

API_KEY = "SG.stand-in.key"
VERIFIED_DOMAINS = ("wavecom.example.com", "xn--bcher-kva.example.com")
PERSONALIZATIONS_MAX = 1_000
CUSTOM_ARGS_MAX_BYTES = 10_000
SUBSTITUTIONS_MAX_BYTES = 10_000
TOTAL_MAX_BYTES = 30 * 1024 * 1024

Problem = tuple[str | None, str]


@dataclass(frozen=True)
class Email:
    """An email that the service queued."""

    to: str
    subject: str
    text: str
    html: str | None
    custom_args: dict[str, str]
    message_id: str
    idempotency_key: str | None
    files: tuple[tuple[str, str, bytes], ...] = ()
    """Name, type and bytes of each attachment."""


class SendGridService(HttpService):
    """Takes email as SendGrid does. ``idempotency_header`` is what only gateways with its API have."""

    def __init__(self, *, idempotency_header: str | None = None) -> None:
        self.emails: list[Email] = []
        self._idempotency_header = idempotency_header
        self._accepted: dict[str, str] = {}
        super().__init__()

    def answer(self, request: Request) -> Reply:
        return _refusal(request) or Reply(202, headers={"X-Message-Id": self._accept(request)})

    def _accept(self, request: Request) -> str:
        key = request.headers.get(self._idempotency_header.lower()) if self._idempotency_header else None
        if key is not None and key in self._accepted:
            return self._accepted[key]
        message_id = uuid.uuid4().hex[:22]
        if key is not None:
            self._accepted[key] = message_id
        given = request.json
        content = {each["type"]: each["value"] for each in given["content"]}
        html = content.get("text/html")
        files = tuple(
            (each["filename"], each["type"], base64.b64decode(each["content"], validate=True))
            for each in given.get("attachments", [])
        )
        for each in given["personalizations"]:
            substitutions = each.get("substitutions", {})
            self.emails.append(
                Email(
                    to=each["to"][0]["email"],
                    subject=_substituted(each["subject"], substitutions),
                    text=_substituted(content["text/plain"], substitutions),
                    html=None if html is None else _substituted(html, substitutions),
                    custom_args=each["custom_args"],
                    message_id=message_id,
                    idempotency_key=key,
                    files=files,
                )
            )
        return message_id


def error_reply(status: int, field: str | None, message: str) -> Reply:
    """Return a refusal in the form of the page "Errors"."""
    return json_reply(status, {"errors": [_error(field, message)]})


def rate_limited(*, resets_in_seconds: int) -> Reply:
    """Return the refusal that the page "Rate Limits" shows."""
    headers = {
        "X-RateLimit-Limit": "150",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(time.time()) + resets_in_seconds),
    }
    return json_reply(429, {"errors": [_error(None, "too many requests")]}, headers)


def _refusal(request: Request) -> Reply | None:
    if (request.method, request.path) != ("POST", "/v3/mail/send"):
        return error_reply(404, None, "not found")
    if request.headers.get("authorization") != f"Bearer {API_KEY}":
        return error_reply(401, None, "The provided authorization grant is invalid, expired, or revoked")
    if request.headers.get("accept") != "application/json":
        return error_reply(406, None, "Missing Accept header")
    if len(request.body) > TOTAL_MAX_BYTES:
        return error_reply(413, None, "content too large")
    if problems := list(_problems(request.json)):
        return json_reply(400, {"errors": [_error(field, message) for field, message in problems]})
    verified = request.json["from"]["email"].rpartition("@")[2] in VERIFIED_DOMAINS
    return None if verified else error_reply(403, "from", "The from address does not match a verified Sender Identity.")


def _error(field: str | None, message: str) -> dict[str, str | None]:
    return {"message": message, "field": field, "help": None}


def _substituted(text: str, substitutions: dict[str, str]) -> str:
    """Replace tags wherever they are, in what was put in for others too."""
    for tag, value in substitutions.items():
        text = text.replace(tag, value)
    return text


def _problems(request: dict[str, Any]) -> Iterator[Problem]:
    personalizations = request.get("personalizations", [])
    if not personalizations:
        yield "personalizations", "You must have at least one personalization."
    if len(personalizations) > PERSONALIZATIONS_MAX:
        yield "personalizations", "The personalization block is limited to 1000 personalizations per API request."
    recipients = [each["email"].lower() for one in personalizations for each in one.get("to", [])]
    if len(recipients) != len(set(recipients)):
        yield (
            "personalizations",
            "Each unique email address in the personalizations array should only be included once.",
        )
    for number, each in enumerate(personalizations):
        for field, message in _problems_of_one(each):
            yield f"personalizations.{number}.{field}", message
    for number, each in enumerate(request.get("content", [{}])):
        if not each.get("value"):
            yield f"content.{number}.value", "The content value must be a string at least one character in length."
    if [each.get("type") for each in request.get("content", [])] not in (["text/plain"], ["text/plain", "text/html"]):
        yield "content", "If present, text/plain and text/html may only be provided once, text/plain first."


def _problems_of_one(personalization: dict[str, Any]) -> Iterator[Problem]:
    for number, each in enumerate(personalization.get("to", [{}])):
        if not re.fullmatch(r"[!-~]+@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+", each.get("email", "")):
            yield f"to.{number}.email", "Does not contain a valid address."
    if not personalization.get("subject"):
        yield "subject", "The subject of your email must be a string at least one character in length."
    if _size(personalization.get("substitutions", {})) > SUBSTITUTIONS_MAX_BYTES:
        yield "substitutions", "You are limited to 10,000 bytes of substitutions."
    if _size(personalization.get("custom_args", {})) > CUSTOM_ARGS_MAX_BYTES:
        yield "custom_args", "The combined size of custom arguments may not exceed 10,000 bytes."


def _size(pairs: dict[str, str]) -> int:
    return sum(len(name.encode()) + len(value.encode()) for name, value in pairs.items())
