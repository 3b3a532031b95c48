"""Why the signature of a delivery report is refused."""

from enum import StrEnum

from wavecom.http.framework.errors import UnauthenticatedError


class Reason(StrEnum):
    """What is wrong with a signature; each is counted by itself.

    An unknown provider's signature is ``forged`` too: who asks shall not learn which providers there are.
    """

    FORGED = "forged"
    EXPIRED = "expired"
    """The signature is genuine, but of another time: a replay, or a clock that is wrong."""
    MISSING = "missing"


_MESSAGES = {
    Reason.FORGED: "The signature is not valid",
    Reason.EXPIRED: "The signature is not of the present time",
    Reason.MISSING: "A signature is required",
}


class SignatureRefusedError(UnauthenticatedError):
    """A report without a signature that can be trusted; answered with 401."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(_MESSAGES[reason], headers={"WWW-Authenticate": 'Signature realm="WaveCom"'})
        self.reason = reason
