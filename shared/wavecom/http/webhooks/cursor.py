"""The cursor of lists of deliveries."""

import re
from datetime import UTC, datetime
from typing import Final

from wavecom.domain.events.event import EVENT_ID_PATTERN
from wavecom.domain.webhooks.delivery import Delivery
from wavecom.http.framework.errors import FieldError, InvalidRequestError
from wavecom.ports.webhooks import DeliveryPosition

_CURSOR: Final = re.compile(rf"(\d{{1,13}})\.({EVENT_ID_PATTERN[1:-1]})", re.ASCII)


def cursor_of(delivery: Delivery) -> str:
    """Return the cursor of a page that ends with a delivery."""
    return f"{round(delivery.created_at.timestamp() * 1000)}.{delivery.event_id}"


def position_of(cursor: str | None) -> DeliveryPosition | None:
    """Return the position of a cursor. Raises `InvalidRequestError`."""
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        problem = FieldError("cursor", "must be the nextCursor of a page")
        raise InvalidRequestError("The request is not valid", [problem])
    return DeliveryPosition(datetime.fromtimestamp(int(found[1]) / 1000, UTC), found[2])
