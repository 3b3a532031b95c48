"""Uses the API through a client that openapi-python-client made from docs/openapi.json.

Run with the client's package on the path, the API's address as the first argument and a key as the second. Prints what
the client understood, as JSON. mypy checks this file together with the client.
"""

import json
import sys

from wavecom_client.api.notifications import (
    cancel_notification,
    create_notification,
    create_notifications,
    get_notification,
    list_notifications,
)
from wavecom_client.models import (
    BatchAnswer,
    Channel,
    CreateBatch,
    CreateNotification,
    ErrorAnswer,
    NotificationAnswer,
    NotificationDetailAnswer,
    NotificationPageAnswer,
    Priority,
)

from wavecom_client import AuthenticatedClient
from wavecom_client.types import UNSET, Unset

EMAIL = CreateNotification(
    type_=Channel.EMAIL, recipient="user@example.com", subject="Test", message="Hello", priority=Priority.HIGH
)
SMS = CreateNotification(type_=Channel.SMS, recipient="+12025550123", message="Your code is 1234")


def main(address: str, key: str) -> dict[str, object]:
    """Create, read, list, batch, cancel and be refused, and return what was understood."""
    client = AuthenticatedClient(base_url=address, token=key)

    created = create_notification.sync(client=client, body=EMAIL, idempotency_key="first")
    assert isinstance(created, NotificationAnswer), created
    repeated = create_notification.sync(client=client, body=EMAIL, idempotency_key="first")
    assert isinstance(repeated, NotificationAnswer), repeated

    nobody = CreateNotification(type_=Channel.SMS, recipient="nobody", message=SMS.message)
    batch = create_notifications.sync(client=client, body=CreateBatch(notifications=[SMS, nobody]))
    assert isinstance(batch, BatchAnswer), batch
    accepted, refused = batch.data.results
    assert not isinstance(accepted.data, Unset)
    assert not isinstance(refused.error, Unset)
    assert not isinstance(accepted.data.sms, Unset)

    cancelled = cancel_notification.sync(created.data.field_id, client=client)
    assert isinstance(cancelled, NotificationAnswer), cancelled
    conflict = cancel_notification.sync_detailed(created.data.field_id, client=client)
    assert isinstance(conflict.parsed, ErrorAnswer), conflict

    found = get_notification.sync(created.data.field_id, client=client)
    assert isinstance(found, NotificationDetailAnswer), found

    listed: list[str] = []
    cursor: str | Unset = UNSET
    pages = 0
    while True:
        page = list_notifications.sync(client=client, limit=1, cursor=cursor)
        assert isinstance(page, NotificationPageAnswer), page
        pages += 1
        listed += [each.field_id for each in page.data.notifications]
        if page.data.pagination.next_cursor is None:
            break
        cursor = page.data.pagination.next_cursor

    return {
        "created": created.data.field_id,
        "createdStatus": created.data.status.value,
        "createdYear": created.data.created_at.year,
        "absent": isinstance(created.data.sent_at, Unset),
        "repeated": repeated.data.field_id,
        "accepted": accepted.data.field_id,
        "segments": accepted.data.sms.segments,
        "refused": [each.field for each in refused.error.details],
        "cancelled": cancelled.data.status.value,
        "conflict": [conflict.status_code, conflict.parsed.error.code],
        "trail": [each.status.value for each in found.data.logs],
        "listed": listed,
        "pages": pages,
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
