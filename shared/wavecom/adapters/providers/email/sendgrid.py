"""Email through the SendGrid v3 Mail Send API, or a gateway that copies it: one message or up to 1,000 in a call.

A 2xx with ``X-Message-Id`` is accepted ("queued to be delivered"), one without it Unknown: 200 is the sandbox's, others
are not documented. A 400 or 422 that names a part of the N-th message refuses only that message, by `FIELDS`; all other
refusals apply to all messages of their call, by `REFUSALS`. ``code`` of an error is the refused field without its
indexes, else the status, else one of the words below, else the name of httpx's exception.

Words, Permanent: ``address_invalid``, ``address_not_ascii`` (SendGrid would accept and then drop it), ``not_unicode``,
``no_subject_or_text``. Transient: ``refused_together`` (refused twice because of other messages), ``not_tried`` (after
a call that got no answer). RateLimited: ``no_time`` (see `SendGridEmailProvider.send_many`).

Sources, Twilio SendGrid documentation: "Mail Send", "Mail Send Errors", "Mail Send Limitations", "Personalizations",
"Substitution Tags", and of the v3 API "Errors" and "Rate Limits".
"""

import base64
import json
import math
import re
import secrets
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from wavecom.adapters.providers.email.address import checked_recipient, reads_as_encoded_word
from wavecom.adapters.providers.email.message import quoted, unsubscribe_headers
from wavecom.adapters.providers.email.origin import Origin, Origins
from wavecom.adapters.providers.email.sendgrid_refusals import (
    REFUSED_TOGETHER,
    first_failure,
    receipt_of,
    refusal_of,
    refused_letters,
)
from wavecom.adapters.providers.http import Answer, HttpCaller
from wavecom.domain.content.attachments import AttachedFile
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    About,
    PermanentError,
    ProviderError,
    RateLimitedError,
    Receipt,
    TransientError,
)

PERSONALIZATIONS_MAX: Final = 1_000
"""The most messages in one call ("Personalizations"). With the limit below a call stays well under its 30 MB."""
SUBSTITUTIONS_MAX_BYTES: Final = 10_000
"""The limit of one personalization ("Mail Send": ``substitutions``; some pages now say 50,000)."""


_NO_TAG: Final = f"-{'0' * 32}-"
_VISIBLE: Final = re.compile(r"[!-~]+")
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message that the service can accept. ``number`` is its index among the given messages."""

    number: int
    address: str
    subject: str
    text: str
    html: str | None
    notification_id: str
    origin: Origin
    headers: Mapping[str, str]
    files: tuple[AttachedFile, ...]
    substitutions_bytes: int

    def parts(self) -> dict[str, str]:
        """Return its parts by their media types, in the order that the service asks for."""
        return {"text/plain": self.text, **({"text/html": self.html} if self.html is not None else {})}


class SendGridEmailProvider:
    """Sends email through one account of SendGrid or of a gateway with its API."""

    channel = Channel.EMAIL

    def __init__(
        self,
        *,
        name: str,
        api_key: str,
        sender: str,
        timeout: timedelta,
        max_connections: int,
        base_url: str = "https://api.sendgrid.com",
        idempotency_header: str | None = None,
    ) -> None:
        """Prepare to send as ``sender`` (``Name <address>`` or an address), which the account has verified.

        ``timeout`` limits one call; ``max_connections`` should be at least the number of threads.
        ``idempotency_header`` is for a gateway that documents one, for example ``Idempotency-Key``: it then carries
        the notification's id, the provider is idempotent, and each message is sent in a separate call.

        Raises `ValueError` for an unusable sender, key or header name; the text names no key.
        """
        if not _VISIBLE.fullmatch(api_key):
            raise ValueError("api_key needs visible ASCII characters and nothing else")
        if idempotency_header is not None and not _HEADER_NAME.fullmatch(idempotency_header):
            raise ValueError(f"idempotency_header is no name of a header: {idempotency_header!r}")
        self.name = name
        self.idempotent = idempotency_header is not None
        self.bulk_limit = 1 if self.idempotent else PERSONALIZATIONS_MAX
        self._idempotency_header = idempotency_header
        self._origins = Origins(sender)
        self._timeout_seconds = timeout.total_seconds()
        self._call = HttpCaller(
            "SendGrid",
            base_url,
            timeout=timeout,
            max_connections=max_connections,
            headers={"Authorization": f"Bearer {api_key}", "Accept": "application/json"},
        )

    def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; the receipt holds the service's ``X-Message-Id``.

        Events of the service begin with it in ``sg_message_id`` and carry ``notificationId`` and ``provider``.
        """
        outcome = self._hand_over([_letter(0, message, self._origins.of(message.sender))], until=math.inf)[0]
        if isinstance(outcome, ProviderError):
            raise outcome
        return outcome

    def send_many(self, messages: Sequence[OutgoingMessage]) -> list[Receipt | ProviderError]:
        """Send messages in as few calls as their content allows and return the result of each, in order.

        Receipts of one call hold the same ``X-Message-Id``; the custom argument ``notificationId`` distinguishes their
        events. A text that is too long for a substitution is sent in a separate call, and so is the second message to
        an address, since the service sends only one of them ("Mail Send Errors"). If messages of a call are refused,
        the others are sent once more. After a call that fails as a whole no other is made. No call begins later than
        ``timeout`` after the first, so everything ends within twice that; the rest is RateLimited and spends no retry.
        """
        until = time.monotonic() + self._timeout_seconds
        outcomes: dict[int, Receipt | ProviderError] = {}
        letters: list[_Letter] = []
        for number, message in enumerate(messages):
            try:
                letters.append(_letter(number, message, self._origins.of(message.sender)))
            except PermanentError as exc:
                outcomes[number] = exc
        failure: ProviderError | None = None
        for call in _calls(letters, self.bulk_limit):
            answers = dict.fromkeys(_numbers(call), failure) if failure else self._hand_over(call, until)
            outcomes |= answers
            failure = failure or first_failure(answers.values())
        return [outcomes[number] for number in range(len(messages))]

    def close(self) -> None:
        """Close all connections."""
        self._call.close()

    def _hand_over(
        self, call: Sequence[_Letter], until: float, *, again: bool = True
    ) -> dict[int, Receipt | ProviderError]:
        """Make one call, and another one for messages that were refused only because of others."""
        if time.monotonic() > until:
            no_time = RateLimitedError("No time left for another call", code="no_time", of_recipient=True)
            return dict.fromkeys(_numbers(call), no_time)
        try:
            answer = self._post(call)
        except ProviderError as exc:
            return dict.fromkeys(_numbers(call), exc)
        if receipt := receipt_of(answer):
            return dict.fromkeys(_numbers(call), receipt)
        refused = refused_letters(answer, len(call))
        if not refused:
            return dict.fromkeys(_numbers(call), refusal_of(answer, alone=len(call) == 1))
        outcomes: dict[int, Receipt | ProviderError] = {call[at].number: error for at, error in refused.items()}
        rest = [letter for at, letter in enumerate(call) if at not in refused]
        if again and rest:
            return outcomes | self._hand_over(rest, until, again=False)
        together = TransientError("Refused twice together with others", code=REFUSED_TOGETHER)
        return outcomes | dict.fromkeys(_numbers(rest), together)

    def _post(self, call: Sequence[_Letter]) -> Answer:
        parts = call[0].parts()
        tags = {each: f"-{secrets.token_hex(16)}-" for each in parts} if len(call) > 1 else {}
        request = {
            **_from(call[0].origin),
            "personalizations": [self._personalization(letter, tags) for letter in call],
            "content": [{"type": each, "value": tags.get(each, value)} for each, value in parts.items()],
            **_attachments(call[0].files),
        }
        token = {self._idempotency_header: call[0].notification_id} if self._idempotency_header else {}
        return self._call("POST", "/v3/mail/send", json=request, headers=token)

    def _personalization(self, letter: _Letter, tags: Mapping[str, str]) -> dict[str, Any]:
        """Return one recipient's part of a request.

        ``tags`` replace its parts. They are drawn at random after the parts are known, so none can contain them.
        """
        return {
            "to": [{"email": letter.address}],
            "subject": letter.subject,
            **({"headers": letter.headers} if letter.headers else {}),
            "custom_args": {"notificationId": letter.notification_id, "provider": self.name},
            **({"substitutions": {tags[each]: value for each, value in letter.parts().items()}} if tags else {}),
        }


def _from(origin: Origin) -> dict[str, dict[str, str]]:
    """Return the sender as JSON, and where answers go; the service encodes the name itself.

    A name with a comma or semicolon is quoted, or "the API fails to parse it correctly" (Twilio's sendgrid-php,
    lib/mail/EmailAddress.php, its issue 368).
    """
    mailbox, reply_to = origin
    name = quoted(mailbox.name) if re.search("[,;]", mailbox.name) else mailbox.name
    return {
        "from": {"email": mailbox.address, **({"name": name} if name else {})},
        **({"reply_to": {"email": reply_to}} if reply_to else {}),
    }


def _attachments(files: Sequence[AttachedFile]) -> dict[str, list[dict[str, str]]]:
    """Return the attachments of a call, which has one message then ("Mail Send": ``attachments``)."""
    given = [
        {
            "content": base64.b64encode(each.octets).decode(),
            "type": each.content_type,
            "filename": each.filename,
            "disposition": "attachment",
        }
        for each in files
    ]
    return {"attachments": given} if given else {}


def _letter(number: int, message: OutgoingMessage, origin: Origin) -> _Letter:
    if not (message.content.subject and message.content.message):
        detail = "A subject and a text of at least one character are needed"
        raise PermanentError(detail, code="no_subject_or_text", about=About.UNCLEAR, asked=False)
    try:
        parts = [message.content.message, *([message.content.html] if message.content.html is not None else [])]
        substitutions = "".join(json.dumps({_NO_TAG: each}, ensure_ascii=False) for each in parts).encode()
        message.content.subject.encode()
    except UnicodeEncodeError:
        raise PermanentError("Subject or text is not Unicode", code="not_unicode", about=About.MESSAGE) from None
    return _Letter(
        number=number,
        address=_address(message.recipient),
        subject=message.content.subject,
        text=message.content.message,
        html=message.content.html,
        notification_id=message.notification_id,
        origin=origin,
        headers=unsubscribe_headers(message.content.unsubscribe_url),
        files=message.files,
        substitutions_bytes=len(substitutions),
    )


def _address(recipient: str) -> str:
    """Return the address with its domain in Punycode; one in ASCII is left to the service to check."""
    if recipient.isascii() and not reads_as_encoded_word(recipient):
        return recipient
    try:
        address = checked_recipient(recipient)
    except ValueError as exc:
        raise PermanentError("Not an email address", code="address_invalid", about=About.RECIPIENT) from exc
    if not address.isascii():
        detail = "SendGrid takes ASCII local parts only"
        raise PermanentError(detail, code="address_not_ascii", about=About.UNCLEAR, asked=False)
    return address


def _calls(letters: Iterable[_Letter], limit: int) -> list[list[_Letter]]:
    """Divide letters into calls.

    A call has no address twice, one sender, and either HTML for all or for none; a text too long to substitute has its
    own, and so has a message with attachments.
    """
    together: defaultdict[tuple[Origin, bool], list[dict[str, _Letter]]] = defaultdict(list)
    alone: list[list[_Letter]] = []
    for letter in letters:
        if letter.files or letter.substitutions_bytes > SUBSTITUTIONS_MAX_BYTES:
            alone.append([letter])
            continue
        address = letter.address.lower()
        of_its_kind = together[letter.origin, letter.html is not None]
        room = (call for call in of_its_kind if len(call) < limit and address not in call)
        call = next(room, None)
        if call is None:
            of_its_kind.append(call := {})
        call[address] = letter
    return [list(call.values()) for calls in together.values() for call in calls] + alone


def _numbers(call: Iterable[_Letter]) -> list[int]:
    return [letter.number for letter in call]
