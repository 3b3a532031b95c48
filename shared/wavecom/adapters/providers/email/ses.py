"""Email through Amazon SES, API v2: SendEmail with simple content, and SendBulkEmail for several messages at once.

A call that SES answers with an error has sent nothing ("Amazon SES returns an error message to your application and
does not send the email": Amazon SES developer guide, "Amazon SES email sending errors"). `REFUSALS` has the meaning of
refusals, `STATUSES` that of the statuses of single messages in an answered SendBulkEmail. A refusal of a whole
SendBulkEmail cannot be the fault of every message, so it is about us. ``code`` of an error is AWS's code, or the name
of botocore's exception.

A message with attachments goes as raw content, composed by us, of 40 MB at the most (API reference, "RawMessage"). SES
puts its own Message-ID in place of ours.

Neither call takes an idempotency token; the notification's id and the provider's name go along as the tags
``notificationId`` and ``provider``. A message of SendBulkEmail that SES accepted may still fail to be rendered, which
it tells by a Rendering Failure event ("Using templates to send personalized email with the Amazon SES API").
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Unpack, cast

from wavecom.adapters.providers.aws import (
    LIMITS,
    ClientOptions,
    Refusal,
    aws_client,
    call,
    meaning_by,
    receipt_of,
    sandbox_of,
)
from wavecom.adapters.providers.email.message import mailbox_words
from wavecom.adapters.providers.email.origin import Origin, Origins
from wavecom.adapters.providers.email.ses_content import (
    BULK_LIMIT,
    TEMPLATE,
    TEMPLATE_WITH_HTML,
    address,
    headers,
    parts,
    raw,
    simple,
)
from wavecom.adapters.providers.refusals import Rule, for_good, for_now, limit, read, unknown
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    About,
    PermanentError,
    ProviderError,
    Receipt,
    TransientError,
    UnknownOutcomeError,
)

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import (
        BulkEmailEntryResultTypeDef,
        BulkEmailEntryTypeDef,
        MessageTagTypeDef,
        SendBulkEmailRequestTypeDef,
        SendEmailRequestTypeDef,
        TemplateTypeDef,
    )

DAILY_QUOTA_WAIT: Final = timedelta(minutes=10)
"""The wait after the daily quota is used up (Amazon SES developer guide, "Errors related to the sending quotas for your
Amazon SES account")."""

_SERVICE: Final = "Amazon SES"
REFUSALS: Final[tuple[Rule, ...]] = (
    limit([*LIMITS], "The daily quota", words="daily", wait=DAILY_QUOTA_WAIT),
    for_now(
        ["MessageRejected", "BadRequestException"],
        "Our identity, or our sandbox",
        about=About.IDENTITY,
        words="not verified",
    ),
    for_now(
        ["MessageRejected", "BadRequestException"],
        "Our account or configuration set",
        words="suspended | paused | configuration set | not authorized | sending quota",
    ),
    for_now(["AccessDenied*"], "Our role may not use this identity", about=About.IDENTITY, words=":identity/"),
    for_good(["MessageRejected"], About.MESSAGE, "Its content is refused: a virus, for example"),
    for_now(
        [
            "AccountSuspendedException",
            "*SendingPausedException",
            "NotFoundException",
        ],
        "Our account or configuration set",
    ),
    for_now(["MailFromDomainNotVerifiedException"], "Our MAIL FROM domain", about=About.IDENTITY),
    for_good(
        ["BadRequestException"],
        About.RECIPIENT,
        "The recipient's address",
        words="missing final | local address | domain contains | domain starts | domain ends | illegal address",
    ),
)
"""Amazon SES API v2 reference, "SendEmail" and "SendBulkEmail"; "Errors related to the sending quotas". Other codes are
in `wavecom.adapters.providers.aws`; any other BadRequestException may be anybody's fault."""
STATUSES: Final[tuple[Rule, ...]] = (
    for_now(["MESSAGE_REJECTED"], "Our identity, or our sandbox", about=About.IDENTITY, words="not verified"),
    for_now(["MESSAGE_REJECTED"], "Our account", words="suspended | paused"),
    for_now(["MAIL_FROM_DOMAIN_NOT_VERIFIED"], "Our MAIL FROM domain", about=About.IDENTITY),
    for_good(["MESSAGE_REJECTED"], About.MESSAGE, "It contained a virus"),
    for_good(["INVALID_PARAMETER", "INVALID_PARAMETER_VALUE"], About.UNCLEAR, "This recipient, or its content"),
    limit(["ACCOUNT_THROTTLED"], "The sending rate"),
    limit(["ACCOUNT_DAILY_QUOTA_EXCEEDED"], "The daily quota", wait=DAILY_QUOTA_WAIT),
    for_now(["ACCOUNT_*", "*_SENDING_PAUSED"], "Our account"),
    for_now(
        ["CONFIGURATION_SET_*", "TEMPLATE_*", "INVALID_SENDING_POOL_NAME"],
        "Our configuration",
    ),
    for_now(["TRANSIENT_FAILURE", "FAILED"], "SES was unable to process the request"),
    unknown(["*"], "No status that is documented: it may have been sent"),
)
"""Amazon SES API v2 reference, "BulkEmailEntryResult", and the service's model where the page has another name."""


def ses_client(**options: Unpack[ClientOptions]) -> "SESV2Client":
    """Return a client for many threads, which never retries; the options are those of `aws_client`."""
    return cast("SESV2Client", aws_client("sesv2", **options))


class SesEmailProvider:
    """Sends email through Amazon SES."""

    channel = Channel.EMAIL
    idempotent = False
    bulk_limit = BULK_LIMIT

    def __init__(
        self, client: "SESV2Client", *, sender: str, name: str = "ses", configuration_set: str | None = None
    ) -> None:
        """Send as ``sender`` (``Name <address>`` or an address), an identity that SES has verified.

        SES takes its name in encoded words and its domain in Punycode (API reference, "SendEmail": FromEmailAddress).

        ``configuration_set`` decides where SES publishes deliveries, bounces and complaints. ``name`` is sent as a
        tag, which may have letters, digits, ``_`` and ``-`` (API reference, "MessageTag").
        """
        self.name = name
        self._client = client
        self._origins = Origins(sender)
        self._configuration_set = configuration_set

    def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; the receipt holds SES's message id."""
        request = self._request(message)
        answer = call(_SERVICE, lambda: self._client.send_email(**request), _meaning)
        return receipt_of(_SERVICE, answer.get("MessageId"))

    def send_many(self, messages: Sequence[OutgoingMessage]) -> list[Receipt | ProviderError]:
        """Send messages in one call, or in several if they would not fit, and return the result of each, in order.

        A recipient that SES cannot accept is refused before the call. A single message is sent by SendEmail.
        """
        results: list[Receipt | ProviderError | None] = [None] * len(messages)
        entries: defaultdict[tuple[Origin, bool], list[tuple[int, BulkEmailEntryTypeDef]]] = defaultdict(list)
        for index, message in enumerate(messages):
            try:
                shared = self._origins.of(message.sender), message.content.html is not None
                entries[shared].append((index, self._entry(message)))
            except PermanentError as exc:
                results[index] = exc
        for (origin, has_html), alike in entries.items():
            for part in parts(alike):
                if len(part) == 1:
                    outcomes = [self._try(messages[part[0][0]])]
                else:
                    template = TEMPLATE_WITH_HTML if has_html else TEMPLATE
                    outcomes = self._send_part([entry for _, entry in part], template, origin)
                for (index, _), outcome in zip(part, outcomes, strict=True):
                    results[index] = outcome
        return cast("list[Receipt | ProviderError]", results)

    def in_sandbox(self) -> bool:
        """See `wavecom.ports.providers.WithSandbox`. API v2 reference, "GetAccount": ProductionAccessEnabled."""
        answer = call(_SERVICE, self._client.get_account, _meaning)
        production = answer.get("ProductionAccessEnabled")
        return sandbox_of(_SERVICE, None if production is None else not production)

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def _try(self, message: OutgoingMessage) -> Receipt | ProviderError:
        try:
            return self.send(message)
        except ProviderError as exc:
            return exc

    def _send_part(
        self, entries: Sequence["BulkEmailEntryTypeDef"], template: "TemplateTypeDef", origin: Origin
    ) -> list[Receipt | ProviderError]:
        request: SendBulkEmailRequestTypeDef = {
            "FromEmailAddress": " ".join(mailbox_words(origin.mailbox)),
            "DefaultContent": {"Template": template},
            "BulkEmailEntries": entries,
        }
        if origin.reply_to is not None:
            request["ReplyToAddresses"] = [origin.reply_to]
        if self._configuration_set is not None:
            request["ConfigurationSetName"] = self._configuration_set
        try:
            answer = call(_SERVICE, lambda: self._client.send_bulk_email(**request), _meaning_for_all)
            results = answer.get("BulkEmailEntryResults", [])
            if len(results) != len(entries):
                raise UnknownOutcomeError(f"{_SERVICE} did not answer for each message", code="results_missing")
        except ProviderError as exc:
            return [exc] * len(entries)
        return [_outcome(result) for result in results]

    def _request(self, message: OutgoingMessage) -> "SendEmailRequestTypeDef":
        origin = self._origins.of(message.sender)
        request: SendEmailRequestTypeDef = {
            "FromEmailAddress": " ".join(mailbox_words(origin.mailbox)),
            "Destination": {"ToAddresses": [address(message.recipient)]},
            "Content": raw(message, origin) if message.files else simple(message),
            "EmailTags": self._tags(message),
        }
        if origin.reply_to is not None and not message.files:
            request["ReplyToAddresses"] = [origin.reply_to]
        if self._configuration_set is not None:
            request["ConfigurationSetName"] = self._configuration_set
        return request

    def _entry(self, message: OutgoingMessage) -> "BulkEmailEntryTypeDef":
        values = {"subject": message.content.subject or "", "text": message.content.message}
        if message.content.html is not None:
            values["html"] = message.content.html
        entry: BulkEmailEntryTypeDef = {
            "Destination": {"ToAddresses": [address(message.recipient)]},
            "ReplacementTags": self._tags(message),
            "ReplacementEmailContent": {
                "ReplacementTemplate": {"ReplacementTemplateData": json.dumps(values, ensure_ascii=False)}
            },
        }
        if given := headers(message):
            entry["ReplacementHeaders"] = given
        return entry

    def _tags(self, message: OutgoingMessage) -> list["MessageTagTypeDef"]:
        return [
            {"Name": "notificationId", "Value": message.notification_id},
            {"Name": "provider", "Value": self.name},
        ]


_meaning = meaning_by(REFUSALS)


def _meaning_for_all(refusal: Refusal) -> ProviderError:
    meaning = _meaning(refusal)
    if isinstance(meaning, PermanentError):
        return TransientError(refusal.detail, code=refusal.code)
    return meaning


def _outcome(result: "BulkEmailEntryResultTypeDef") -> Receipt | ProviderError:
    status, text = str(result.get("Status", "")), result.get("Error", "")
    detail = f"{status}: {text}"
    if status == "SUCCESS":
        message_id = result.get("MessageId")
        return Receipt(message_id) if message_id else UnknownOutcomeError(detail, code="no_message_id")
    error = read(STATUSES, (status,), text, detail=detail, code=status)
    if isinstance(error, UnknownOutcomeError):
        return UnknownOutcomeError(detail, code="status_unknown")
    return error
