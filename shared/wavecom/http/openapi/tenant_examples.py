"""Examples of bodies and answers about what a tenant has, by operation, for `wavecom.http.openapi.examples`."""

from typing import Any

from wavecom.http.openapi.example_ids import SENDER_ID, TENANT

_ADDRESS = {
    "type": "EMAIL",
    "address": "billing@bank.example",
    "name": "Bank Billing",
    "replyTo": "help@bank.example",
    "providers": ["ses"],
    "isDefault": True,
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
}
ANSWERS: dict[str, dict[int, Any]] = {
    "listSenders": {200: _success([_SENDER])},
    "putSender": {200: _success(_SENDER)},
    "removeSender": {200: {"success": True, "message": "Sender removed"}},
}
