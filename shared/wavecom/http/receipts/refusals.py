"""The reasons for which a delivery report's signature is refused."""

from enum import StrEnum

from wavecom.http.framework.errors import UnauthenticatedError


class Reason(StrEnum):
    """The problem with a signature; each is counted separately.

    An unknown provider's signature is ``forged`` too, so that callers cannot find out which providers exist.
    """

    FORGED = "forged"
    EXPIRED = "expired"
    """The signature is genuine, but of another time: a replay, or a wrong clock."""
    MISSING = "missing"


_MESSAGES = {
    Reason.FORGED: "The signature is not valid",
    Reason.EXPIRED: "The signature is not of the present time",
    Reason.MISSING: "A signature is required",
}


class SignatureRefusedError(UnauthenticatedError):
    """A report without a trusted signature; answered with 401."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(_MESSAGES[reason], headers={"WWW-Authenticate": 'Signature realm="WaveCom"'})
        self.reason = reason
