"""A position in a list as an opaque text."""

import base64
import re
from datetime import UTC, datetime, timedelta

from wavecom.domain.notifications.lists import Position
from wavecom.http.framework.errors import FieldError, InvalidRequestError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DECODED = re.compile(r"^(\d{1,15})\.([0-9a-f]{24})\Z", re.ASCII)


def to_cursor(position: Position) -> str:
    """Return the cursor of a position."""
    milliseconds = (position.created_at - _EPOCH) // timedelta(milliseconds=1)
    return base64.urlsafe_b64encode(f"{milliseconds}.{position.notification_id}".encode()).rstrip(b"=").decode()


def from_cursor(cursor: str) -> Position:
    """Return the position of a cursor. Raises `InvalidRequestError` if it is not one of ours."""
    try:
        plain = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
        milliseconds, notification_id = _DECODED.findall(plain)[0]
        position = Position(_EPOCH + timedelta(milliseconds=int(milliseconds)), notification_id)
    except (ValueError, IndexError, OverflowError) as exc:
        raise _invalid_cursor() from exc
    if to_cursor(position) != cursor:  # Python's decoder skips characters that are not base64
        raise _invalid_cursor()
    return position


def _invalid_cursor() -> InvalidRequestError:
    error = FieldError("cursor", "must be the nextCursor of an earlier page")
    return InvalidRequestError("The cursor is not valid", [error])
