"""The senders that each kind of provider can send as, by its configuration alone, so that the API needs no client.

====================================  =================================================================================
kind                                  sends as
====================================  =================================================================================
``smtp``, ``ses``, ``sendgrid``       addresses whose local part is ASCII
``end-user-messaging``, ``sns``,      what the setting ``sender`` of such a provider may be
``twilio``
``apns``, ``fcm``, ``simulated``      every app of a token's; everything
====================================  =================================================================================
"""

from typing import Any

from pydantic import TypeAdapter, ValidationError

from wavecom.adapters.providers import configuration as config
from wavecom.adapters.providers.email.origin import origin_of
from wavecom.adapters.providers.sms.senders import EndUserMessagingSender, SnsSender, TwilioSender
from wavecom.domain.senders import Sender


def problem_of(provider: config.AnyProvider, sender: Sender) -> str | None:
    """Return why a provider cannot send as ``sender``, as the end of a sentence; None if it can.

    Whether the provider's account may use the sender is known to the provider alone.
    """
    match provider:
        case config.EmailConfig():
            try:
                origin_of(sender)
            except ValueError as exc:
                return str(exc)
            return None
        case config.EndUserMessagingConfig():
            return _problem(EndUserMessagingSender, sender)
        case config.SnsConfig():
            return _problem(SnsSender, sender)
        case config.TwilioConfig():
            return _problem(TwilioSender, sender)
        case _:
            return None


def _problem(kind: Any, sender: Sender) -> str | None:
    try:
        TypeAdapter(kind).validate_python(sender.address)
    except ValidationError as exc:
        return exc.errors()[0]["msg"].removeprefix("Value error, ")
    return None
