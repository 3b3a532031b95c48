"""SMS through Twilio's Programmable Messaging: one Message resource a call.

A 2xx with a ``sid`` is accepted, one without it Unknown. `REFUSALS` has the meaning of refusals; an error's ``code`` is
Twilio's own, else the HTTP status, else ``no_message_id`` (Unknown), ``not_unicode`` (Permanent, found before calling)
or the name of httpx's exception.

Twilio documents no idempotency token. Its status callbacks go to ``receipts_url``, if one is given.

Sources, Twilio documentation: "Messages resource", "Twilio API requests", "Twilio API responses" and the pages of the
codes in the "Error and Warning Dictionary".
"""

import json
import re
import time
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

from wavecom.adapters.providers.deadlines import seconds_left, utc_now
from wavecom.adapters.providers.http import Answer, HttpCaller
from wavecom.adapters.providers.refusals import Rule, for_good, for_now, limit, read, unknown
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import About, PermanentError, ProviderError, Receipt, UnknownOutcomeError
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.ports.system import Clock

VALIDITY_SECONDS: Final = (1, 36_000)
"""The shortest and the longest time in seconds that Twilio queues a message; the default is the longest."""
DAILY_LIMIT: Final = "63038"
DAILY_LIMIT_WAIT: Final = timedelta(minutes=10)
"""The wait after 63038, whose window is "a rolling 24 hour" one (Error and Warning Dictionary)."""

REFUSALS: Final[tuple[Rule, ...]] = (
    limit([DAILY_LIMIT], "The account's messages of 24 hours, a rolling window", wait=DAILY_LIMIT_WAIT),
    limit(["20429", "http_429"], "Too many requests at once: never processed"),
    limit(["21611", "30001"], "The sender's queue holds ten hours of messages"),
    for_now(["http_503"], "20503: temporarily unavailable, try again"),
    unknown(["http_5??"], "20500: it may be a timeout in the API; an SMS that is repeated then may arrive twice"),
    for_good(
        ["21211", "21614", "21635"],
        About.RECIPIENT,
        "No valid number, no mobile number, a landline",
        suppression_reason=SuppressionReason.HARD_BOUNCE,
    ),
    for_good(
        ["21610"],
        About.RECIPIENT,
        "The recipient sent STOP, which holds for any provider",
        suppression_reason=SuppressionReason.COMPLAINT,
    ),
    for_good(["21217", "21604"], About.RECIPIENT, "The number is missing, or none"),
    for_good(["21265", "21266", "21268"], About.RECIPIENT, "A short code, our own or a premium number"),
    for_good(["21602", "21605", "21617", "21658"], About.MESSAGE, "The text is missing or over 1,600 characters"),
    for_now(["21408"], "Our account may not reach that number"),
    for_now(
        ["21212", "21606", "21612", "21659", "21660"],
        "Our sender is none of the account's, or may not reach that number",
        about=About.IDENTITY,
    ),
    for_now(["10001", "20003", "20005", "21608", "21703"], "Our account, credentials, trial or service"),
    for_now(["http_401", "http_403", "http_404", "http_405", "http_407", "http_3??"], "Our credentials or address"),
    for_now(["http_*"], "A code that is not listed here may speak of anybody", about=About.UNCLEAR),
)
"""A refusal's codes are Twilio's, if it has one, and ``http_`` with the status."""
_ALPHANUMERIC_MAX: Final = 11
"""Characters of an alphanumeric sender ID (Twilio documentation, "Alphanumeric Sender ID"); a service's SID has 34."""
_CODE: Final = re.compile(r"[0-9]{1,6}")
_SID: Final = re.compile(r"[A-Za-z0-9]{1,64}")
_DETAIL_MAX: Final = 200
"""The most characters of Twilio's text in an error's text."""


class TwilioSmsProvider:
    """Sends SMS through one Twilio account, or through a service with the same API."""

    channel = Channel.SMS
    idempotent = False
    bulk_limit = 1

    def __init__(
        self,
        *,
        name: str,
        account_sid: str,
        auth_token: str,
        sender: str,
        timeout: timedelta,
        max_connections: int,
        base_url: str = "https://api.twilio.com",
        receipts_url: str | None = None,
        api_key_sid: str | None = None,
        clock: Clock = utc_now,
    ) -> None:
        """Prepare to send as ``sender``: a number in E.164, an alphanumeric sender ID, or a Messaging Service (MG…).

        ``auth_token`` is the account's, or the secret of the API key ``api_key_sid``. ``timeout`` bounds one call;
        ``max_connections`` should be no less than the number of threads. With ``receipts_url``, Twilio reports each
        change of a message's status to ``{receipts_url}/twilio/{name}?notificationId=<id>&sentAt=<unix seconds>``.

        Raises `ValueError` for an invalid SID.
        """
        username = account_sid if api_key_sid is None else api_key_sid
        if not (_SID.fullmatch(account_sid) and _SID.fullmatch(username)):
            raise ValueError("account_sid and api_key_sid need letters and digits and nothing else")
        self.name = name
        self._clock = clock
        self._path = f"/2010-04-01/Accounts/{account_sid}/Messages.json"
        self._credentials = (username, auth_token)
        self._sender = sender
        self._receipts_url = f"{receipts_url.rstrip('/')}/twilio/{quote(name, safe='')}" if receipts_url else None
        self._call = HttpCaller("Twilio", base_url, timeout=timeout, max_connections=max_connections)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; the receipt holds the SID of Twilio's Message resource."""
        answer = self._call("POST", self._path, data=self._form(message), auth=self._credentials)
        content = _content(answer)
        if not 200 <= answer.status < 300:
            raise _refusal(answer, content)
        sid = content.get("sid")
        if not (isinstance(sid, str) and sid):
            raise UnknownOutcomeError("Twilio answered without a message's SID", code="no_message_id")
        return Receipt(sid)

    def close(self) -> None:
        """Close all connections."""
        self._call.close()

    def _form(self, message: OutgoingMessage) -> dict[str, str]:
        try:
            message.content.message.encode()
        except UnicodeEncodeError:
            raise PermanentError("The text is not Unicode", code="not_unicode", about=About.MESSAGE) from None
        sender = self._sender if message.sender is None else message.sender.address
        is_service = sender.startswith("MG") and len(sender) > _ALPHANUMERIC_MAX
        origin = {"MessagingServiceSid" if is_service else "From": sender}
        form = {"To": message.recipient, **origin, "Body": message.content.message}
        if message.expires_at is not None:
            least, most = VALIDITY_SECONDS
            left = seconds_left(message.expires_at, self._clock(), at_least=least, at_most=most)
            form["ValidityPeriod"] = str(left)
        if self._receipts_url is not None:
            query = urlencode({"notificationId": message.notification_id, "sentAt": int(time.time())})
            form["StatusCallback"] = f"{self._receipts_url}?{query}"
        return form


def _content(answer: Answer) -> dict[str, Any]:
    """Return an answer's JSON object, empty if it is not one."""
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _refusal(answer: Answer, content: dict[str, Any]) -> ProviderError:
    number = _code(content)
    code = number or str(answer.status)
    return read(
        REFUSALS,
        (code, f"http_{answer.status}"),
        str(content.get("message", "")),
        detail=f"{code}: {content.get('message', '')}"[:_DETAIL_MAX],
        code=code,
        retry_after=None if number == DAILY_LIMIT else answer.retry_after(),
    )


def _code(content: dict[str, Any]) -> str | None:
    text = str(content.get("code"))
    return text if _CODE.fullmatch(text) else None
