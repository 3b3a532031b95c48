"""Messages that recipients send to a number of Twilio's: those by which they opt out, or in again.

Twilio itself blocks further messages after one of its keywords for opting out ("Twilio support for opt-out keywords
(SMS STOP filtering)"); where a Messaging Service has keywords of its own, it says in ``OptOutType`` what a message
means ("Advanced Opt-Out"). All other messages are taken and not kept.

A call is signed as status callbacks are. The scheme has no time in it: who could repeat a call could repeat an opt-out.
"""

import re
from collections.abc import Sequence
from typing import Final

from wavecom.domain.suppressions.opt_out import OptOutAnswer
from wavecom.http.receipts.twilio import Callback, check_signature

EMPTY_ANSWER: Final = "<Response/>"
"""TwiML by which Twilio sends nothing back ("TwiML for Programmable Messaging")."""
OPT_OUT: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
OPT_IN: Final = frozenset({"START", "YES", "UNSTOP"})
"""The keywords of a number without rules of its own. The whole message is one, in any case."""

_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
"""E.164; other senders, such as those of WhatsApp, are no recipients of SMS."""
_TYPES: Final = {"STOP": False, "START": True}


def opt_out_answer(
    callback: Callback, *, provider: str, auth_tokens: Sequence[str], own_sender: str | None
) -> OptOutAnswer | None:
    """Check a message and return what it means for its sender, None if it is about something else.

    ``own_sender`` is the number or the Messaging Service that ``provider`` is configured with. Raises
    `SignatureRefusedError`.
    """
    check_signature(callback, auth_tokens)
    given = dict(callback.parameters)
    recipient = given.get("From", "")
    wanted = _wanted(given)
    if wanted is None or not _NUMBER.fullmatch(recipient):
        return None
    senders = [each for each in (given.get("MessagingServiceSid"), given.get("To")) if each]
    is_own = own_sender in senders
    return OptOutAnswer(recipient=recipient, senders=senders, provider=provider if is_own else None, wanted=wanted)


def _wanted(given: dict[str, str]) -> bool | None:
    """Return whether the recipient wants messages, None if the message does not say."""
    if "OptOutType" in given:
        return _TYPES.get(given["OptOutType"].upper())
    keyword = given.get("Body", "").strip().upper()
    if keyword in OPT_OUT:
        return False
    return True if keyword in OPT_IN else None
