"""Links by which recipients leave a category: their last part is the subscription, encrypted.

The token is what AES-256-GCM makes of the subscription (NIST SP 800-38D), with its nonce of 96 random bits before it,
in base64 for URLs: it can neither be made nor changed without the key, and shows no address where URLs are logged. Of
2**32 random nonces of one key two are the same with a probability of 2**-32 (section 8.3). The key is the SHA-256 of
the setting, which a deployment draws at random.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from wavecom.domain.categories import Subscription
from wavecom.domain.notifications.enums import Channel

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES: Final = 12
TOKEN_MAX: Final = 8_000
"""The most characters of a token: the longest recipient is a token of FCM, of 4,096."""
_PURPOSE: Final = b"wavecom unsubscribe 1"
"""The use of a token, so that no other use of the key could make one."""


class SealedLinks:
    """`wavecom.ports.suppressions.UnsubscribeLinks` with AES-256-GCM."""

    def __init__(self, base_url: str, keys: Sequence[str]) -> None:
        """Make links below ``base_url`` with the first of ``keys``, and read those that were made with any of them."""
        self._base_url = base_url.rstrip("/")
        self._keys = keys

    @cached_property
    def _ciphers(self) -> "list[AESGCM]":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - for those that have links

        return [AESGCM(hashlib.sha256(key.encode()).digest()) for key in self._keys]

    def make(self, subscription: Subscription) -> str:
        """See `wavecom.ports.suppressions.UnsubscribeLinks.make`."""
        parts = [subscription.tenant_id, subscription.channel, subscription.category, subscription.recipient]
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[0].encrypt(nonce, json.dumps(parts, ensure_ascii=False).encode(), _PURPOSE)
        return f"{self._base_url}/u/{base64.urlsafe_b64encode(nonce + sealed).rstrip(b'=').decode()}"

    def read(self, token: str) -> Subscription | None:
        """See `wavecom.ports.suppressions.UnsubscribeLinks.read`."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above

        if len(token) > TOKEN_MAX or not token.isascii():
            return None
        try:
            octets = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        nonce, sealed = octets[:NONCE_BYTES], octets[NONCE_BYTES:]
        if len(nonce) < NONCE_BYTES:
            return None
        for cipher in self._ciphers:
            try:
                opened = cipher.decrypt(nonce, sealed, _PURPOSE)
            except InvalidTag:
                continue
            tenant_id, channel, category, recipient = json.loads(opened)
            return Subscription(tenant_id=tenant_id, channel=Channel(channel), recipient=recipient, category=category)
        return None
