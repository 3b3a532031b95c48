"""Signatures of webhooks by Standard Webhooks."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook


class StandardWebhooksSigner:
    """`wavecom.ports.webhooks.Signer` with the library of Standard Webhooks ("Webhook headers", "Signature scheme")."""

    def headers(self, event_id: str, body: str, secrets: Sequence[str], at: datetime) -> Mapping[str, str]:
        """See `wavecom.ports.webhooks.Signer.headers`."""
        moment = at.astimezone(UTC)  # the library takes any other zone's clock for UTC
        return {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(Webhook(each).sign(event_id, moment, body) for each in secrets),
        }
