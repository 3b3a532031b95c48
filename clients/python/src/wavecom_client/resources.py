"""Attachments, suppressions, categories and preferences, dead letters and statistics."""

import hashlib
from typing import Any, Final

from wavecom_client.core import Core, new_key
from wavecom_client.errors import UnexpectedAnswerError
from wavecom_client.pages import Listing
from wavecom_client.types import (
    AddSuppression,
    Attachment,
    Category,
    Cause,
    Channel,
    ChoosePreferences,
    DeadLetterGroups,
    Notification,
    Preferences,
    PutCategory,
    RecentMinutes,
    Replay,
    ReplayDeadLetters,
    Statistics,
    Suppression,
)
from wavecom_client.wire import Call, QueryValue, Request, segment

ATTACHMENTS: Final = "/api/attachments"
SUPPRESSIONS: Final = "/api/suppressions"
CATEGORIES: Final = "/api/categories"
PREFERENCES: Final = "/api/preferences"
DEAD_LETTERS: Final = "/api/dlq"


def upload_attachment(core: Core, filename: str, content: bytes, content_type: str) -> Call[Attachment]:
    """Store a file that emails can carry, by the ``id`` of what is returned. Raises `WaveComError`.

    ``content_type`` is a media type such as ``application/pdf``. A second record of the same file, made where the first
    answer was lost, has no effect and is deleted after a day; so this is repeated like a read.
    """
    body = {
        "filename": filename,
        "contentType": content_type,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    attachment: Attachment = yield from core.data("POST", ATTACHMENTS, body=body, repeatable=True)
    upload = attachment.pop("upload", None)
    if upload is None:
        raise UnexpectedAnswerError("The answer does not say where to put the file")
    put = Request(
        method=upload["method"],
        url=upload["url"],
        headers=upload["headers"],  # and no API key: the bucket may be another's
        content=content,
        timeout_seconds=core.retries.deadline,
    )
    yield from core.attempts(put, repeatable=True)
    return attachment


def get_attachment(core: Core, attachment_id: str) -> Call[Attachment]:
    """Get a file's name, size and scan. Raises `NotFoundError` and other kinds of `WaveComError`."""
    return core.data("GET", f"{ATTACHMENTS}/{segment(attachment_id)}")


def list_suppressions(
    core: Core,
    *,
    recipient: str | None = None,
    type: Channel | None = None,  # noqa: A002 - its name on the wire
    page_size: int = 100,
) -> Listing[Suppression]:
    """List addresses that nothing is sent to; ``recipient`` looks one up, ``type`` is its channel."""
    query: dict[str, QueryValue] = {"recipient": recipient, "type": type, "limit": page_size}
    return Listing(core, SUPPRESSIONS, "suppressions", query)


def add_suppression(core: Core, suppression: AddSuppression) -> Call[Suppression]:
    """Send nothing to an address any more. Raises `WaveComError`."""
    return core.data("POST", SUPPRESSIONS, body=suppression)


def remove_suppression(core: Core, suppression_id: str) -> Call[None]:
    """Allow an address again. Raises `NotFoundError` and other kinds of `WaveComError`."""
    yield from core.envelope("DELETE", f"{SUPPRESSIONS}/{segment(suppression_id)}")


def list_categories(core: Core) -> Listing[Category]:
    """List the kinds of your messages, in the order of their ids."""
    return Listing(core, CATEGORIES, None, {})


def put_category(core: Core, category_id: str, category: PutCategory) -> Call[Category]:
    """Make or change a category. Raises `InvalidRequestError`, and `ConflictError` if there are too many."""
    return core.data("PUT", f"{CATEGORIES}/{segment(category_id)}", body=category)


def delete_category(core: Core, category_id: str) -> Call[None]:
    """Accept nothing in a category any more. Raises `NotFoundError` and other kinds of `WaveComError`."""
    yield from core.envelope("DELETE", f"{CATEGORIES}/{segment(category_id)}")


def get_preferences(
    core: Core,
    recipient: str,
    type: Channel,  # noqa: A002 - its name on the wire
) -> Call[Preferences]:
    """Get which categories a recipient gets over a channel. Raises `InvalidRequestError`, for example."""
    return core.data("GET", PREFERENCES, query={"recipient": recipient, "type": type})


def update_preferences(core: Core, preferences: ChoosePreferences) -> Call[Preferences]:
    """Change which categories a recipient gets; those that are not named stay as they are.

    Raises `InvalidRequestError`, for example for a transactional category, which cannot be left.
    """
    return core.data("PUT", PREFERENCES, body=preferences)


def count_dead_letters(core: Core) -> Call[DeadLetterGroups]:
    """Count failed notifications by day, cause and provider. Raises `WaveComError`."""
    return core.data("GET", DEAD_LETTERS)


def list_dead_letters(
    core: Core, *, cause: Cause | None = None, provider: str | None = None, day: str | None = None, page_size: int = 100
) -> Listing[Notification]:
    """List failed notifications, the latest failure first; ``day`` is like 2026-01-31 (UTC)."""
    query: dict[str, QueryValue] = {"cause": cause, "provider": provider, "day": day, "limit": page_size}
    return Listing(core, f"{DEAD_LETTERS}/notifications", "notifications", query)


def replay_dead_letters(core: Core, replay: ReplayDeadLetters, *, idempotency_key: str | None = None) -> Call[Replay]:
    """Send failed notifications again, up to 500 a call; ``more`` of the answer says that there are others.

    A repeated call with the same ``idempotency_key`` replays nothing more; without one, the call gets a key of its own.
    """
    key = new_key() if idempotency_key is None else idempotency_key
    return core.data("POST", f"{DEAD_LETTERS}/replay", body=replay, idempotency_key=key)


def get_statistics(core: Core) -> Call[Statistics]:
    """Get sums over all notifications. Raises `WaveComError`."""
    return core.data("GET", "/api/notifications/stats/system")


def get_minutes(core: Core, *, minutes: int | None = None) -> Call[RecentMinutes]:
    """Get what happened in each of the last minutes, up to 60. Raises `WaveComError`."""
    return core.data("GET", "/api/notifications/stats/minutes", query={"minutes": minutes})


def request(
    core: Core,
    method: str,
    path: str,
    *,
    query: dict[str, QueryValue] | None = None,
    body: object = None,
    idempotency_key: str | None = None,
) -> Call[Any]:
    """Make a call that this client has no method for, and return the ``data`` of its answer. Raises `WaveComError`."""
    return core.data(method, path, query=query, body=body, idempotency_key=idempotency_key)
