"""Examples of bodies and answers about what a tenant has, by operation."""

from typing import Any

from wavecom.http.openapi.example_ids import ATTACHMENT_ID, CATEGORY_ID, SENDER_ID, TENANT

_ADDRESS = {
    "type": "EMAIL",
    "address": "billing@bank.example",
    "name": "Bank Billing",
    "replyTo": "help@bank.example",
    "providers": ["ses"],
    "isDefault": True,
}
_OFFERS = {"id": CATEGORY_ID, "name": "Offers", "transactional": False}
_RECEIPTS = {"id": "receipts", "name": "Receipts", "transactional": True}
_PREFERENCES = {
    "type": "EMAIL",
    "recipient": "user@example.com",
    "categories": [{**_OFFERS, "subscribed": False}, {**_RECEIPTS, "subscribed": True}],
}
_SENDER = {"id": SENDER_ID, **_ADDRESS}

_FILE = {
    "filename": "statement-2026-11.pdf",
    "contentType": "application/pdf",
    "size": 48213,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
_ATTACHMENT = {
    "id": ATTACHMENT_ID,
    **_FILE,
    "createdAt": "2026-11-23T10:30:00.000Z",
    "keptUntil": "2026-11-24T10:30:00.000Z",
}
_UPLOAD = {
    "method": "PUT",
    "url": "https://bucket.s3.eu-central-1.amazonaws.com/bank-a/5f9c316b03a1f0c2d4e8a17b?X-Amz-Signature=0f3a",
    "headers": {
        "Content-Type": "application/pdf",
        "x-amz-checksum-sha256": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
    },
    "expiresAt": "2026-11-23T10:45:00.000Z",
}


def _success(data: Any) -> dict[str, Any]:
    return {"success": True, "data": data}


REQUESTS: dict[str, dict[str, Any]] = {
    "createAttachment": {"pdf": _FILE},
    "putSender": {
        "email": {"tenantId": TENANT, **_ADDRESS},
        "sms": {"tenantId": TENANT, "type": "SMS", "address": "MyBank"},
        "push": {"tenantId": TENANT, "type": "PUSH", "address": "example.bank.app", "providers": ["apns"]},
    },
    "putCategory": {
        "offers": {"name": "Offers", "transactional": False},
        "receipts": {"name": "Receipts", "transactional": True},
    },
    "choosePreferences": {
        "leave": {"type": "EMAIL", "recipient": "user@example.com", "categories": {CATEGORY_ID: False}}
    },
}
ANSWERS: dict[str, dict[int, Any]] = {
    "createAttachment": {201: _success({**_ATTACHMENT, "upload": _UPLOAD})},
    "getAttachment": {200: _success({**_ATTACHMENT, "scanned": "clean"})},
    "listSenders": {200: _success([_SENDER])},
    "putSender": {200: _success(_SENDER)},
    "listCategories": {200: _success([_OFFERS, _RECEIPTS])},
    "putCategory": {200: _success(_OFFERS)},
    "removeCategory": {200: {"success": True, "message": "Category removed"}},
    "getPreferences": {200: _success(_PREFERENCES)},
    "choosePreferences": {200: _success(_PREFERENCES)},
    "removeSender": {200: {"success": True, "message": "Sender removed"}},
}
