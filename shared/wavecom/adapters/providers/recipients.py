"""The recipients that each kind of provider accepts, by its configuration alone, so that the API needs no client.

====================  =================================================================================================
kind                  takes
====================  =================================================================================================
``ses``               addresses whose local part is ASCII (Amazon SES API reference, "Destination")
``sendgrid``          the same; it accepts others and drops them (Twilio SendGrid documentation, "Mail Send Errors")
``smtp``              every address: whether a server knows SMTPUTF8 shows only when it is asked (RFC 6531, section 3.1)
``fcm``               registration tokens of FCM: every token but those written as APNs writes them
``apns``              device tokens of APNs
any other             every recipient of its channel
====================  =================================================================================================
"""

from wavecom.adapters.providers import configuration as config
from wavecom.domain.content.push import is_apns_token


def takes(of: config.AnyProvider, recipient: str) -> bool:
    """Return whether the provider that ``of`` describes can accept a recipient, in its canonical form."""
    match of:
        case config.SesConfig() | config.SendGridConfig():
            return recipient.rpartition("@")[0].isascii()
        case config.FcmConfig():
            return not is_apns_token(recipient)
        case config.ApnsConfig():
            return is_apns_token(recipient)
        case _:
            return True
