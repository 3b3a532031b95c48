"""The email to a tenant's contact when we have disabled one of its endpoints."""

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from wavecom.domain.content.content import Content
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.notification import Draft, Envelope
from wavecom.domain.times import iso
from wavecom.domain.webhooks.endpoint import RECOVER_MAX, DisabledReason, Endpoint

USEFUL_FOR: Final = timedelta(days=2)
"""The time after which nobody needs the email any more."""
_REASONS: Final = {
    DisabledReason.FAILING: "Every delivery to it has failed for five days.",
    DisabledReason.GONE: "It answered 410 Gone, which asks for no more events.",
}


def notice_of_disabled(endpoint: Endpoint, reason: DisabledReason, contact: str, at: datetime) -> Draft:
    """Return the email about an endpoint that we disabled for ``reason``.

    Of the URL it has the host alone: path and query may hold a secret.
    """
    since = iso(endpoint.failing_since or endpoint.updated_at)
    message = f"""\
WaveCom has disabled a webhook endpoint of {endpoint.tenant_id}, and delivers nothing to it any more.
{_REASONS[reason]}

Endpoint: {endpoint.id}
Host: {urlsplit(endpoint.url).hostname}
Description: {endpoint.description or "none"}

Its events are kept for {RECOVER_MAX.days} days. When it works again, enable it on the Webhooks page, or by

wavecom webhooks change {endpoint.id} --enable
wavecom webhooks recover {endpoint.id} --since {since}

You get this email because you are the contact of {endpoint.tenant_id}.
"""
    return Draft(
        envelope=Envelope(channel=Channel.EMAIL, recipient=contact, expires_at=at + USEFUL_FOR),
        content=Content(subject=f"Webhook endpoint of {endpoint.tenant_id} disabled", message=message),
    )
