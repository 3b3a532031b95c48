"""Notifications: create one or many, look at them, cancel and retry them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from wavecom_client.core import Core, data_of, new_key, sendable_key
from wavecom_client.errors import PartialBatchError, UnexpectedAnswerError, WaveComError
from wavecom_client.pages import Listing
from wavecom_client.types import (
    BatchResult,
    Channel,
    CreateNotification,
    Notification,
    NotificationDetail,
    Priority,
    Status,
)
from wavecom_client.wire import Call, segment, to_json

PATH: Final = "/api/notifications"
BATCH_MAX: Final = 500
"""Notifications in one call (docs/api.md)."""
BODY_MAX_BYTES: Final = 4 * 1024 * 1024
"""The largest body that the API takes."""
_WRAPPING_BYTES: Final = len(to_json({"notifications": []}))


@dataclass(frozen=True, slots=True)
class Created:
    """A notification that was accepted and stored.

    ``warnings`` say what was changed in its content. ``replayed`` says that an earlier call with this key created it.
    """

    notification: Notification
    warnings: list[str]
    replayed: bool
    idempotency_key: str

    @property
    def id(self) -> str:
        """The notification's id."""
        return self.notification["_id"]


@dataclass(frozen=True, slots=True)
class CreatedBatch:
    """The result of each notification of a batch, in order: ``data`` with status 201, ``error`` with any other."""

    results: list[BatchResult]
    idempotency_key: str

    @property
    def accepted(self) -> list[BatchResult]:
        """Those that are stored."""
        return [each for each in self.results if each["status"] == 201]

    @property
    def refused(self) -> list[BatchResult]:
        """Those that are not."""
        return [each for each in self.results if each["status"] != 201]


def create(core: Core, notification: CreateNotification, *, idempotency_key: str | None = None) -> Call[Created]:
    """Create a notification. A repeated call with the same ``idempotency_key`` creates nothing more.

    Without a key the call gets one of its own, so that its retries create nothing twice either. Raises `WaveComError`.
    """
    key = new_key() if idempotency_key is None else idempotency_key
    envelope, answer = yield from core.envelope("POST", PATH, body=notification, idempotency_key=key)
    replayed = answer.headers.get("idempotency-replayed") == "true"
    return Created(data_of(envelope), envelope.get("warnings", []), replayed, key)


def create_batch(
    core: Core, notifications: Sequence[CreateNotification], *, idempotency_key: str | None = None
) -> Call[CreatedBatch]:
    """Create any number of notifications, each accepted or refused on its own.

    They are sent in parts of up to 500, and of no more bytes than a call may have. Each part has a key of its own, made
    of ``idempotency_key`` and of where it begins; indexes and fields in the results are those of the whole.

    Raises `PartialBatchError` if a part fails after others were done, and other kinds of `WaveComError`.
    """
    key = sendable_key(new_key() if idempotency_key is None else idempotency_key)
    results: list[BatchResult] = []
    for first, part in parts(notifications):
        part_key = key if first == 0 else f"{key}/{first}"
        try:
            data = yield from core.data("POST", f"{PATH}/batch", body={"notifications": part}, idempotency_key=part_key)
            results += _results(data, first, len(part))
        except WaveComError as exc:
            exc.idempotency_key = key
            if first == 0:
                raise
            text = f"{len(results)} of {len(notifications)} are done, and then: {exc}"
            raise PartialBatchError(text, results=results, idempotency_key=key) from exc
    return CreatedBatch(results, key)


def parts(notifications: Sequence[CreateNotification]) -> Iterator[tuple[int, list[CreateNotification]]]:
    """Yield the parts of a batch that fit in a call each, and the index at which each begins."""
    first, part, size = 0, list[CreateNotification](), _WRAPPING_BYTES
    for index, notification in enumerate(notifications):
        more = len(to_json(notification)) + 1
        if part and (len(part) == BATCH_MAX or size + more > BODY_MAX_BYTES):
            yield first, part
            first, part, size = index, [], _WRAPPING_BYTES
        part.append(notification)
        size += more
    if part:
        yield first, part


def get(core: Core, notification_id: str) -> Call[NotificationDetail]:
    """Get a notification with its audit trail. Raises `NotFoundError` and other kinds of `WaveComError`."""
    return core.data("GET", f"{PATH}/{segment(notification_id)}")


def list_all(
    core: Core,
    *,
    status: Status | None = None,
    type: Channel | None = None,  # noqa: A002 - its name on the wire
    priority: Priority | None = None,
    recipient: str | None = None,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    page_size: int = 100,
) -> Listing[Notification]:
    """List notifications, the newest first. Filters combine; ``since`` is included, ``until`` is not."""
    query = {"status": status, "type": type, "priority": priority, "recipient": recipient}
    return Listing(core, PATH, "notifications", {**query, "since": since, "until": until, "limit": page_size})


def cancel(core: Core, notification_id: str) -> Call[Notification]:
    """Cancel a notification that is not being sent yet. Raises `ConflictError` if it is, or was."""
    return core.data("POST", f"{PATH}/{segment(notification_id)}/cancel")


def retry(core: Core, notification_id: str) -> Call[Notification]:
    """Send a failed notification again. Raises `ConflictError` if it is not FAILED."""
    return core.data("POST", f"{PATH}/{segment(notification_id)}/retry")


def _results(data: Any, first: int, count: int) -> list[BatchResult]:
    """Return the results of a part with the indexes of the whole batch. Raises `UnexpectedAnswerError`."""
    try:
        results = [_of_whole(each, first) for each in data["results"]]
    except (AttributeError, KeyError, TypeError) as exc:
        raise UnexpectedAnswerError("The answer has no results of a batch") from exc
    if [each["index"] for each in results] != list(range(first, first + count)):
        raise UnexpectedAnswerError("The answer has other results than the batch has notifications")
    return results


def _of_whole(result: dict[str, Any], first: int) -> BatchResult:
    index = result["index"]
    whole = {**result, "index": first + index}
    if "error" in result:
        before, now = f"notifications[{index}]", f"notifications[{first + index}]"
        details = [
            {**each, "field": now + each["field"].removeprefix(before)} if each["field"].startswith(before) else each
            for each in result["error"]["details"]
        ]
        whole["error"] = {**result["error"], "details": details}
    return cast("BatchResult", whole)
