"""The content of calls of Amazon SES: single messages, and the templates and limits of SendBulkEmail."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from wavecom.adapters.providers.email.address import checked_recipient
from wavecom.adapters.providers.email.message import compose, unsubscribe_headers
from wavecom.adapters.providers.email.origin import Origin
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import About, PermanentError

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import (
        BulkEmailEntryTypeDef,
        EmailContentTypeDef,
        MessageHeaderTypeDef,
        TemplateTypeDef,
    )

BULK_LIMIT: Final = 50
"""Messages in one SendBulkEmail (Amazon SES developer guide, "Using templates to send personalized email ...")."""
BULK_ENTRIES_MAX_BYTES: Final = 950_000
"""The most bytes of the messages of one SendBulkEmail as JSON, with room for the shared parts: a request with an inline
template "can be up to 1 MB in size" (same page)."""
BULK_DATA_MAX: Final = 262_144
"""The most characters of one message of SendBulkEmail as JSON (API v2 reference, "ReplacementTemplate")."""
TEMPLATE: Final["TemplateTypeDef"] = {
    "TemplateContent": {"Subject": "{{subject}}", "Text": "{{text}}"},
    "TemplateData": "{}",
}
TEMPLATE_WITH_HTML: Final["TemplateTypeDef"] = {
    "TemplateContent": {"Subject": "{{subject}}", "Text": "{{text}}", "Html": "{{html}}"},
    "TemplateData": "{}",
}
"""Templates of nothing but the message. SES takes "only simple substitutions" in an inline template (API reference,
"Template"), answers anything else with a BadRequestException, and "doesn't escape HTML content when rendering"
(developer guide, "Advanced email personalization"), so the form with three braces is neither needed nor documented.
Values are not searched for variables. Without a default a missing value fails instead of sending an empty message."""


def simple(message: OutgoingMessage) -> "EmailContentTypeDef":
    """Return the content of a message without attachments, of which SES makes the email."""
    content: EmailContentTypeDef = {
        "Simple": {
            "Subject": {"Data": message.content.subject or "", "Charset": "UTF-8"},
            "Body": {
                "Text": {"Data": message.content.message, "Charset": "UTF-8"},
                **(
                    {"Html": {"Data": message.content.html, "Charset": "UTF-8"}}
                    if message.content.html is not None
                    else {}
                ),
            },
        }
    }
    if given := headers(message):
        content["Simple"]["Headers"] = given
    return content


def raw(message: OutgoingMessage, origin: Origin) -> "EmailContentTypeDef":
    """Return the content of a message with attachments. Raises `PermanentError` if it cannot be composed."""
    try:
        composed = compose(
            sender=origin.mailbox,
            reply_to=origin.reply_to,
            recipient=address(message.recipient),
            subject=message.content.subject,
            text=message.content.message,
            html=message.content.html,
            unsubscribe_url=message.content.unsubscribe_url,
            files=message.files,
            date=datetime.now(UTC),
            message_id=f"{message.notification_id}@{origin.mailbox.domain}",
        )
    except ValueError as exc:
        raise PermanentError("Not to be composed", code="not_composed", about=About.MESSAGE) from exc
    return {"Raw": {"Data": composed}}


def headers(message: OutgoingMessage) -> list["MessageHeaderTypeDef"]:
    """Return the headers of a message beside those that SES makes."""
    given = unsubscribe_headers(message.content.unsubscribe_url)
    return [{"Name": name, "Value": value} for name, value in given.items()]


def address(recipient: str) -> str:
    """Return the address with its domain in Punycode, as SES requires (API reference, "Destination").

    Raises `PermanentError` if it is not one, before it can fail a call for other messages.
    """
    try:
        checked = checked_recipient(recipient)
    except ValueError as exc:
        raise PermanentError("Not an email address", code="address_invalid", about=About.RECIPIENT) from exc
    if not checked.isascii():
        detail = "Amazon SES takes ASCII local parts only"
        raise PermanentError(detail, code="address_not_ascii", about=About.UNCLEAR, asked=False)
    return checked


def parts(
    entries: Sequence[tuple[int, "BulkEmailEntryTypeDef"]],
) -> Iterator[list[tuple[int, "BulkEmailEntryTypeDef"]]]:
    """Split entries into parts that fit one call, by number and by size; one that is too long for any stands alone."""
    part: list[tuple[int, BulkEmailEntryTypeDef]] = []
    size = 0
    for index, entry in entries:
        if len(_data_of(entry)) > BULK_DATA_MAX:
            yield [(index, entry)]
            continue
        added = len(json.dumps(entry)) + 2
        if part and (len(part) == BULK_LIMIT or size + added > BULK_ENTRIES_MAX_BYTES):
            yield part
            part, size = [], 0
        part.append((index, entry))
        size += added
    if part:
        yield part


def _data_of(entry: "BulkEmailEntryTypeDef") -> str:
    return entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"]
