"""Examples of bodies and answers about what a tenant has, by operation, for `wavecom.http.openapi.examples`."""

from typing import Any

from wavecom.http.openapi.example_ids import CATEGORY_ID, SENDER_ID, TENANT

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


def _success(data: Any) -> dict[str, Any]:
    return {"success": True, "data": data}


REQUESTS: dict[str, dict[str, Any]] = {
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
    "listSenders": {200: _success([_SENDER])},
    "putSender": {200: _success(_SENDER)},
    "listCategories": {200: _success([_OFFERS, _RECEIPTS])},
    "putCategory": {200: _success(_OFFERS)},
    "removeCategory": {200: {"success": True, "message": "Category removed"}},
    "getPreferences": {200: _success(_PREFERENCES)},
    "choosePreferences": {200: _success(_PREFERENCES)},
    "removeSender": {200: {"success": True, "message": "Sender removed"}},
}
