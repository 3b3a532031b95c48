"""SMS through Twilio's Programmable Messaging: one Message resource a call.

What an answer means. What concerns this recipient or this text is Permanent; what concerns our account, sender or
credentials is Transient, so that the message can go to another provider and the breaker sees it. ``code`` of an error
is Twilio's own, else the HTTP status, else one of the words below, else the name of httpx's exception.

==================================================  ===========  =====================================================
answer                                              meaning      why
==================================================  ===========  =====================================================
2xx with a ``sid``                                  accepted
2xx without one, or not JSON                        Unknown      it may have been queued
21211, 21217, 21604, 21614, 21635                   Permanent    ``To`` is invalid, missing, no mobile or a landline
21265, 21266, 21268                                 Permanent    ``To`` is a short code, our own or a premium number
21610                                               Permanent    the recipient sent STOP, which holds for any provider
21602, 21605, 21617, 21658                          Permanent    the text is missing or longer than 1,600 characters
20429, any 429                                      RateLimited  too many requests at once; "never processed"
21611, 30001                                        RateLimited  the sender's queue holds ten hours of messages
63038                                               RateLimited  the account's messages of 24 hours; 10 minutes, since
                                                                 the window rolls and frees some of it all the time
21408, 21606, 21612, 21659, 21660                   Transient    our account or sender may not reach that number
20003, 20005, 10001, 21608, 21703, any other code   Transient    our credentials, account, service or configuration
of a 4xx, a 4xx without a code, 3xx
503                                                 Transient    20503: "temporarily unavailable", try again
any other 5xx                                       Unknown      20500: it may be "a timeout in the API"; an SMS that is
                                                                 repeated then may arrive twice
no connection                                       Transient    nothing was sent
timeout, connection lost, broken answer             Unknown      it may have been sent
==================================================  ===========  =====================================================

Words: ``no_message_id`` (Unknown), ``not_unicode`` (Permanent, found before calling).

Twilio documents no idempotency token. Its status callbacks come to ``receipts_url``, where one is given.

Sources, Twilio documentation: "Messages resource", "Twilio API requests", "Twilio API responses" and the pages of the
codes in the "Error and Warning Dictionary".
"""

import json
import re
import time
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from wavecom.adapters.providers.http import Answer, HttpCaller
from wavecom.domain.notification import Channel
from wavecom.domain.outcomes import (
    PermanentError,
    ProviderError,
    RateLimitedError,
    Receipt,
    TransientError,
    UnknownOutcomeError,
)
from wavecom.ports import OutgoingMessage

DAILY_LIMIT_WAIT: Final = timedelta(minutes=10)
"""After 63038, whose window is "a rolling 24 hour" one (Error and Warning Dictionary)."""

_ABOUT_THE_MESSAGE: Final = frozenset(
    {21211, 21217, 21265, 21266, 21268, 21602, 21604, 21605, 21610, 21614, 21617, 21635, 21658}
)
_DAILY_LIMIT: Final = 63038
_LIMITS: Final = frozenset({20429, 21611, 30001, _DAILY_LIMIT})
_ALPHANUMERIC_MAX: Final = 11
"""Characters of an alphanumeric sender ID (Twilio documentation, "Alphanumeric Sender ID"); a service's SID has 34."""
_CODE: Final = re.compile(r"[0-9]{1,6}")
_SID: Final = re.compile(r"[A-Za-z0-9]{1,64}")
_DETAIL_KEPT: Final = 200
"""Characters of Twilio's words that an error's text keeps."""


class TwilioSmsProvider:
    """Sends SMS through one Twilio account, or through a service with the same API."""

    channel = Channel.SMS
    idempotent = False

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
    ) -> None:
        """Prepare to send as ``sender``: a number in E.164, an alphanumeric sender ID, or a Messaging Service (MG…).

        ``auth_token`` is the account's, or the secret of the API key ``api_key_sid``. ``timeout`` bounds one call;
        ``max_connections`` should be no less than the number of threads. With ``receipts_url``, Twilio reports each
        change of a message's status to ``{receipts_url}/twilio/{name}?notificationId=<id>&sentAt=<unix seconds>``.

        Raises `ValueError` when an SID is none.
        """
        username = account_sid if api_key_sid is None else api_key_sid
        if not (_SID.fullmatch(account_sid) and _SID.fullmatch(username)):
            raise ValueError("account_sid and api_key_sid need letters and digits and nothing else")
        self.name = name
        self._path = f"/2010-04-01/Accounts/{account_sid}/Messages.json"
        self._credentials = (username, auth_token)
        is_service = sender.startswith("MG") and len(sender) > _ALPHANUMERIC_MAX
        self._sender = {"MessagingServiceSid" if is_service else "From": sender}
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
            message.message.encode()
        except UnicodeEncodeError:
            raise PermanentError("The text is not Unicode", code="not_unicode") from None
        form = {"To": message.recipient, **self._sender, "Body": message.message}
        if self._receipts_url is not None:
            query = urlencode({"notificationId": message.notification_id, "sentAt": int(time.time())})
            form["StatusCallback"] = f"{self._receipts_url}?{query}"
        return form


def _content(answer: Answer) -> dict[str, Any]:
    """Return an answer's JSON object, empty where it is none."""
    try:
        content = json.loads(answer.body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _refusal(answer: Answer, content: dict[str, Any]) -> ProviderError:
    status, number = answer.status, _code(content)
    code = str(status if number is None else number)
    detail = f"{code}: {content.get('message', '')}"[:_DETAIL_KEPT]
    if number in _LIMITS or status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = DAILY_LIMIT_WAIT if number == _DAILY_LIMIT else answer.retry_after()
        return RateLimitedError(detail, code=code, retry_after=wait)
    if status >= 500 and status != HTTPStatus.SERVICE_UNAVAILABLE:
        return UnknownOutcomeError(detail, code=code)
    if number in _ABOUT_THE_MESSAGE:
        return PermanentError(detail, code=code)
    return TransientError(detail, code=code)


def _code(content: dict[str, Any]) -> int | None:
    text = str(content.get("code"))
    return int(text) if _CODE.fullmatch(text) else None
