"""A key as SendGrid has one for its Event Webhook, and what is signed with it."""

import base64
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wavecom.http.receipts.sendgrid import SIGNATURE, TIMESTAMP

OF_THE_SAMPLE = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE91qRlQcyzDe76fLE/EoAtiZlze"
    "Xv0QtFQisM+va6fRA39Zqz8uRh99Ox80xx86l3rYkMxOvB1KA6q1qM4RFywQ=="
)
"""The public key for events/receipts_sendgrid_delivered.json; nobody has the private one."""


class SendGridKey:
    """A new key. ``public`` is as SendGrid shows it."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        key = self._private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.public = base64.b64encode(key).decode()

    def headers(self, body: str, at: datetime) -> dict[str, str]:
        """Return the headers of a call that was signed at that time."""
        seconds = str(int(at.timestamp()))
        signature = self._private.sign(f"{seconds}{body}".encode(), ec.ECDSA(SHA256()))
        return {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: seconds}
