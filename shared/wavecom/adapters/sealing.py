"""Encrypts small values that leave the process or lie in the database.

A sealed text is what AES-256-GCM makes of a value (NIST SP 800-38D), with its nonce of 96 random bits before it, in
base64 for URLs: without the key it can neither be made nor changed nor read. Of 2**32 random nonces of one key two are
the same with a probability of 2**-32 (section 8.3). The key is the SHA-256 of a setting, which a deployment draws at
random.
"""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES: Final = 12


class Seal:
    """Seals with the first of some keys, and opens what was sealed with any of them.

    ``purpose`` is what a sealed text is for, so that no other use of the key could make one.
    """

    def __init__(self, keys: Sequence[str], purpose: str) -> None:
        self._keys = keys
        self._purpose = purpose.encode()

    @cached_property
    def _ciphers(self) -> "list[AESGCM]":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - for those that seal something

        return [AESGCM(hashlib.sha256(key.encode()).digest()) for key in self._keys]

    def close(self, value: str) -> str:
        """Return a value as a sealed text."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[0].encrypt(nonce, value.encode(), self._purpose)
        return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()

    def open(self, text: str) -> str | None:
        """Return the value of a sealed text, None for any other text."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above

        try:
            octets = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        nonce, sealed = octets[:NONCE_BYTES], octets[NONCE_BYTES:]
        if len(nonce) < NONCE_BYTES:
            return None
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, sealed, self._purpose).decode()
            except InvalidTag:
                continue
        return None
