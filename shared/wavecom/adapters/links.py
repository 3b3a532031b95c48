"""Links by which recipients leave a category: their last part is the subscription, sealed.

It shows no address where URLs are logged.
"""

import json
from collections.abc import Sequence
from typing import Final

from wavecom.adapters.sealing import Seal
from wavecom.domain.categories import Subscription
from wavecom.domain.notifications.enums import Channel

TOKEN_MAX: Final = 8_000
"""The most characters of a token: the longest recipient is a token of FCM, of 4,096."""


class SealedLinks:
    """`wavecom.ports.suppressions.UnsubscribeLinks` with `wavecom.adapters.sealing.Seal`."""

    def __init__(self, base_url: str, keys: Sequence[str]) -> None:
        """Make links below ``base_url`` with the first of ``keys``, and read those that were made with any of them."""
        self._base_url = base_url.rstrip("/")
        self._seal = Seal(keys, "wavecom unsubscribe 1")

    def make(self, subscription: Subscription) -> str:
        """See `wavecom.ports.suppressions.UnsubscribeLinks.make`."""
        parts = [subscription.tenant_id, subscription.channel, subscription.category, subscription.recipient]
        return f"{self._base_url}/u/{self._seal.close(json.dumps(parts, ensure_ascii=False))}"

    def read(self, token: str) -> Subscription | None:
        """See `wavecom.ports.suppressions.UnsubscribeLinks.read`."""
        if len(token) > TOKEN_MAX or not token.isascii():
            return None
        opened = self._seal.open(token)
        if opened is None:
            return None
        tenant_id, channel, category, recipient = json.loads(opened)
        return Subscription(tenant_id=tenant_id, channel=Channel(channel), recipient=recipient, category=category)
