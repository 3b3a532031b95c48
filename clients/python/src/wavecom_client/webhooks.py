"""Verification of webhooks (Standard Webhooks, https://www.standardwebhooks.com)."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

import standardwebhooks

from wavecom_client.errors import WebhookVerificationError
from wavecom_client.events import Event, event_of

SIGNATURE: Final = re.compile(r"v1,[A-Za-z0-9+/]{43}=")
"""A signature by HMAC-SHA256; others in the header are of schemes that are not ours."""


def verify_webhook(body: bytes | str, headers: Mapping[str, str], secret: str | Sequence[str]) -> Event:
    """Return the event of a webhook that one of the secrets has signed within the last five minutes.

    ``body`` is what was received, byte for byte: JSON that was parsed and written again has another signature. Give
    both secrets (``whsec_…``) while you change them. Raises `WebhookVerificationError`, and `ValueError` for what is no
    secret.
    """
    secrets = [secret] if isinstance(secret, str) else list(secret)
    webhooks = [_webhook(each) for each in secrets]
    if not webhooks:
        raise ValueError("At least one secret is needed")
    lower = {name.lower(): value for name, value in headers.items()}
    lower["webhook-signature"] = " ".join(SIGNATURE.findall(lower.get("webhook-signature", "")))
    try:
        text = body if isinstance(body, str) else body.decode()
    except UnicodeDecodeError as exc:
        raise WebhookVerificationError("The body is not text") from exc
    _verify(text, lower, webhooks)
    try:
        return event_of(json.loads(text))
    except (ValueError, RecursionError) as exc:
        raise WebhookVerificationError("The body is signed, but is not an event") from exc


def _verify(text: str, headers: Mapping[str, str], webhooks: Sequence[standardwebhooks.Webhook]) -> None:
    refusal: Exception | None = None
    for webhook in webhooks:
        try:
            webhook.verify(text, dict(headers), json_parse=False)
        except standardwebhooks.WebhookVerificationError as exc:
            refusal = exc
        else:
            return
    raise WebhookVerificationError(str(refusal)) from refusal


def _webhook(secret: str) -> standardwebhooks.Webhook:
    try:
        return standardwebhooks.Webhook(secret)
    except Exception as exc:
        raise ValueError("A secret of webhooks looks like whsec_…") from exc
