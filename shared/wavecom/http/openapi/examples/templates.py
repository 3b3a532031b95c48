"""Examples of bodies and answers about templates, by operation, for `wavecom.http.openapi.examples.operations`."""

from typing import Any

from wavecom.http.openapi.example_ids import ID, TEMPLATE_ID

_CREATED = "2026-11-23T10:30:00.000Z"
_SOURCE = {"subject": "Payment received", "text": "Dear {{ name }}, we received {{ amount|money('EUR') }}."}
_GERMAN = {"subject": "Zahlung erhalten", "text": "Guten Tag {{ name }}, wir erhielten {{ amount|money('EUR') }}."}
_VARIABLES = {"name": "Ada", "amount": 1250.5}
NOTIFICATION = {
    "type": "EMAIL",
    "recipient": "test@example.com",
    "template": {"id": TEMPLATE_ID},
    "variables": _VARIABLES,
    "locale": "de-CH",
}
"""A request that names a template."""
_TEMPLATE = {
    "id": TEMPLATE_ID,
    "channel": "EMAIL",
    "description": "After every incoming payment",
    "category": None,
    "published": 3,
    "latest": 3,
    "createdAt": _CREATED,
    "updatedAt": _CREATED,
    "archivedAt": None,
}
_VERSION = {
    "number": 3,
    "defaultLocale": "en",
    "locales": {"en": _SOURCE, "de": _GERMAN},
    "variables": ["amount", "name"],
    "createdAt": _CREATED,
}
_RESULTS = {"undelivered": 3, "failed": 0}
_NOTIFICATION = {
    "_id": ID,
    "type": "EMAIL",
    "recipient": "you@bank.example",
    "subject": "Payment received",
    "message": "Dear Ada, we received €1,250.50.",
    "template": {"id": TEMPLATE_ID, "version": 3, "locale": "en"},
    "status": "QUEUED",
    "priority": "MEDIUM",
    "retryCount": 0,
    "maxRetries": 0,
    "onUnknown": "resend",
    "createdAt": _CREATED,
    "updatedAt": _CREATED,
}


def _success(data: Any) -> dict[str, Any]:
    return {"success": True, "data": data}


REQUESTS: dict[str, dict[str, Any]] = {
    "createTemplate": {
        "email": {"id": TEMPLATE_ID, "channel": "EMAIL", "description": "After every incoming payment"},
    },
    "createTemplateVersion": {
        "twoLanguages": {"defaultLocale": "en", "locales": {"en": _SOURCE, "de": _GERMAN}},
        "twoVariants": {
            "defaultLocale": "en",
            "variants": {
                "plain": {"weight": 3, "locales": {"en": _SOURCE}},
                "short": {"weight": 1, "locales": {"en": {**_SOURCE, "text": "{{ name }}: {{ amount|money('EUR') }}"}}},
            },
        },
    },
    "sendTemplateTest": {"newest": {"recipient": "you@bank.example", "version": 3, "variables": _VARIABLES}},
    "previewTemplate": {
        "published": {"locale": "en", "variables": _VARIABLES},
        "unstored": {"source": _SOURCE, "variables": _VARIABLES},
    },
}
ANSWERS: dict[str, dict[int, Any]] = {
    "listTemplates": {200: _success({"templates": [_TEMPLATE], "nextCursor": None})},
    "createTemplate": {201: _success({**_TEMPLATE, "published": None, "latest": 0})},
    "getTemplate": {200: _success(_TEMPLATE)},
    "rollBackTemplate": {200: _success({**_TEMPLATE, "published": 2})},
    "archiveTemplate": {200: _success({**_TEMPLATE, "archivedAt": _CREATED})},
    "listTemplateVersions": {
        200: _success({"versions": [{**_VERSION, "locales": ["en", "de"], "variantNames": []}], "nextCursor": 3}),
    },
    "createTemplateVersion": {201: _success(_VERSION)},
    "getTemplateVersionResults": {
        200: _success(
            [
                {**_RESULTS, "variant": "plain", "weight": 3, "accepted": 741, "sent": 740, "delivered": 733},
                {**_RESULTS, "variant": "short", "weight": 1, "accepted": 259, "sent": 259, "delivered": 256},
            ]
        )
    },
    "getTemplateVersion": {200: _success(_VERSION)},
    "sendTemplateTest": {201: _success(_NOTIFICATION)},
    "publishTemplateVersion": {200: _success(_TEMPLATE)},
    "previewTemplate": {
        200: _success(
            {
                "locale": "en",
                "subject": "Payment received",
                "message": "Dear Ada, we received €1,250.50.",
                "warnings": [],
            }
        )
    },
}
