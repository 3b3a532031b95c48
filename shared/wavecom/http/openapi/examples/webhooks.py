"""Examples of bodies and answers about webhooks and events, by operation."""

from typing import Any

from wavecom.http.openapi.example_ids import ENDPOINT_ID, EVENT_ID, ID

_TYPES = ["notification.sent", "notification.failed"]
_URL = "https://api.bank.example/wavecom"
_ENDPOINT = {
    "id": ENDPOINT_ID,
    "url": _URL,
    "types": _TYPES,
    "description": "The ledger of payments",
    "headers": ["Authorization"],
    "metadata": False,
    "enabled": True,
    "disabledReason": None,
    "failingSince": None,
    "oldSecretUntil": None,
    "recovering": False,
    "createdAt": "2026-11-23T10:30:00.000Z",
    "updatedAt": "2026-11-23T10:30:00.000Z",
}
_SECRET = {"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDqU1nTS0Ew3o="}
_DATA = {
    "notificationId": ID,
    "channel": "EMAIL",
    "status": "SENT",
    "sequence": 4,
    "cause": None,
    "provider": "ses",
    "template": {"id": "payment-received", "version": 3},
}
_DELIVERY = {
    "eventId": EVENT_ID,
    "eventType": "notification.sent",
    "status": "pending",
    "attemptCount": 1,
    "attempts": [
        {
            "at": "2026-11-23T10:30:02.000Z",
            "durationMs": 87,
            "status": 503,
            "answer": "try again",
            "error": None,
        }
    ],
    "createdAt": "2026-11-23T10:30:02.000Z",
    "nextAttemptAt": "2026-11-23T10:30:07.000Z",
}
_PAYLOAD = (
    f'{{"id":"{EVENT_ID}","type":"notification.sent","timestamp":"2026-11-23T10:30:01.000Z",'
    f'"data":{{"notificationId":"{ID}","channel":"EMAIL","status":"SENT","sequence":4,"cause":null,'
    '"provider":"ses","template":null}}'
)
_EVENT = {
    "id": EVENT_ID,
    "type": "notification.sent",
    "timestamp": "2026-11-23T10:30:01.000Z",
    "data": _DATA,
    "cursor": "4711",
}


def _success(data: Any) -> dict[str, Any]:
    return {"success": True, "data": data}


REQUESTS: dict[str, dict[str, Any]] = {
    "createEndpoint": {
        "endpoint": {
            "url": _URL,
            "types": _TYPES,
            "description": "The ledger of payments",
            "headers": {"Authorization": "Bearer 5f9c316b"},
        }
    },
    "changeEndpoint": {"enable": {"enabled": True}, "types": {"types": ["notification.failed"]}},
    "recoverEndpoint": {"count": {"since": "2026-11-23T10:00:00Z", "dryRun": True}},
}
ANSWERS: dict[str, dict[int, Any]] = {
    "listEndpoints": {200: _success([_ENDPOINT])},
    "createEndpoint": {201: _success({**_ENDPOINT, **_SECRET})},
    "getEndpoint": {200: _success(_ENDPOINT)},
    "changeEndpoint": {200: _success(_ENDPOINT)},
    "removeEndpoint": {200: {"success": True, "message": "Endpoint removed"}},
    "rotateEndpointSecret": {200: _success({**_ENDPOINT, "oldSecretUntil": "2026-11-24T10:30:00.000Z", **_SECRET})},
    "testEndpoint": {202: _success({"eventId": EVENT_ID})},
    "recoverEndpoint": {202: _success({"missed": 12, "started": False})},
    "listDeliveries": {200: _success({"deliveries": [_DELIVERY], "nextCursor": None})},
    "getDelivery": {200: _success({**_DELIVERY, "payload": _PAYLOAD})},
    "retryDelivery": {202: _success(_DELIVERY)},
    "readEvents": {200: _success({"events": [_EVENT], "nextCursor": "4711"})},
}
