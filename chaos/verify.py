"""Compare three records of a phase: the client's answers, the database, and the providers' journals."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final, Protocol

import httpx
from bson import ObjectId
from pymongo.database import Database

from chaos.outcome import PhaseOutcome, PolicyFigures
from chaos.provider_client import Accepted, Journal
from chaos.stack import ChaosStack, Document
from wavecom.domain.notifications.change import UNFINISHED
from wavecom.domain.notifications.enums import Cause, OnUnknown, Status
from wavecom.domain.providers.outcomes import Outcome

CHUNK: Final = 1_000
SENT: Final = {Status.SENT.value, Status.DELIVERED.value, Status.UNDELIVERED.value}
WAITING: Final = {status.value for status in UNFINISHED}
POLL_SECONDS: Final = 1.0
FIELDS: Final = dict.fromkeys(
    (
        "status",
        "cause",
        "attempts",
        "createdAt",
        "updatedAt",
        "sentAt",
        "retryCount",
        "maxRetries",
        "onUnknown",
        "provider",
        "priority",
    ),
    1,
)


class HasDatabase(Protocol):
    """A stack with access to its database."""

    @property
    def database(self) -> Database[Document]:
        """The database."""


def documents(stack: HasDatabase, ids: Iterable[str]) -> dict[str, Document]:
    """Return the stored notifications, by id."""
    found: dict[str, Document] = {}
    remaining = iter(ids)
    while chunk := [ObjectId(each) for each in islice(remaining, CHUNK)]:
        for each in stack.database.notifications.find({"_id": {"$in": chunk}}, FIELDS):
            found[str(each["_id"])] = each
    return found


def wait_until_finished(stack: ChaosStack, ids: Collection[str], timeout: timedelta) -> Iterator[int]:
    """Yield the number of unfinished notifications, until there are none or ``timeout`` is over."""
    until = time.monotonic() + timeout.total_seconds()
    left = set(ids)
    while left:
        found = documents(stack, left)
        left = {each for each in left if each not in found or found[each]["status"] in WAITING}
        yield len(left)
        if time.monotonic() > until:
            return
        if left:
            time.sleep(POLL_SECONDS)


def figures(
    policy: str, ids: Collection[str], found: Mapping[str, Document], journal: Mapping[str, list[Accepted]]
) -> PolicyFigures:
    """Count the results of the notifications of one policy."""
    made = PolicyFigures(policy=policy, accepted=len(ids))
    for each in ids:
        document, sends = found.get(each), len(journal.get(each, ()))
        if document is None:
            made.lost.append(each)
            continue
        status = document["status"]
        made.by_status[status] += 1
        if status in WAITING or (status in SENT and not sends):
            made.lost.append(each)
        if status not in WAITING:
            made.finished += 1
        if sends > 1:
            made.sent_twice.append(each)
            if not _had_unknown_outcome(document):
                made.sent_twice_unexplained.append(each)
        if status == Status.FAILED:
            _add_failure(made, each, document, sends)
    return made


def _had_unknown_outcome(document: Document) -> bool:
    return any(each["outcome"] == Outcome.UNKNOWN for each in document.get("attempts", ()))


def _add_failure(made: PolicyFigures, notification_id: str, document: Document, sends: int) -> None:
    made.failed_by_cause[document["cause"]] += 1
    if document["cause"] != Cause.UNKNOWN:
        return
    made.held.append(notification_id)
    made.held_though_sent += sends > 0
    if document["onUnknown"] == OnUnknown.HOLD and document["retryCount"] < document["maxRetries"]:
        made.held_too_soon.append(notification_id)


def recovery_seconds(found: Mapping[str, Document], fault_ended: datetime) -> float:
    """Return the time from the end of the fault to the last finished notification."""
    last = max((document["updatedAt"] for document in found.values()), default=fault_ended)
    return max(0.0, (last - fault_ended).total_seconds())


def stored_unasked(stack: ChaosStack, accepted: Collection[str], began: datetime) -> int:
    """Return the number of notifications created since ``began`` that no answer has named."""
    stored = stack.database.notifications.find({"_id": {"$gte": _id_at(began)}}, {"_id": 1})
    return sum(str(each["_id"]) not in accepted for each in stored)


def check_ledger_and_trails(
    stack: ChaosStack, outcome: PhaseOutcome, began: datetime, *, accepted_so_far: int, known_gap: int
) -> int:
    """Have the API verify the audit trails of the phase, and compare the ledger with the client's answers.

    Return the number missing from the ledger; a ``known_gap`` was reported by the phase that made it.
    """
    with httpx.Client(base_url=stack.config.url, timeout=60, trust_env=False) as client:
        outcome.audit_entries = _verify_trails(client, outcome, began)
        total = _get(client, "/api/ledger", {"minutes": "60"})["total"]
    if not total["balanced"]:
        outcome.troubles.append("the ledger is not balanced")
    gap = accepted_so_far - int(total["accepted"])
    if gap != known_gap:
        outcome.troubles.append(f"the ledger has {total['accepted']} accepted, the client {accepted_so_far}")
    return gap


def _verify_trails(client: httpx.Client, outcome: PhaseOutcome, began: datetime) -> int:
    entries, cursor = 0, None
    period = {"since": _moment(began), "until": _moment(datetime.now(UTC) + timedelta(seconds=1))}
    while True:
        page = _get(client, "/api/audit", {**period, **({"cursor": cursor} if cursor else {})})
        entries += int(page["entries"])
        if page["broken"]:
            outcome.troubles.append(f"audit trail: {page['broken']}")
        cursor = page["nextCursor"]
        if cursor is None:
            return entries


def trail(stack: ChaosStack, notification_id: str, journal: Journal) -> list[str]:
    """Return the audit trail of a notification, its attempts, and its entries in the journal, a line each."""
    entries = stack.database.notificationlogs.find({"notificationId": ObjectId(notification_id)}).sort("sequence", 1)
    lines = [f"{each['timestamp']:%H:%M:%S.%f} {each['status']}: {each['message']}" for each in entries]
    found = documents(stack, [notification_id])
    if notification_id not in found:
        lines.append("not in the database")
    for document in found.values():
        lines += [
            f"{each['startedAt']:%H:%M:%S.%f} attempt: {each['provider']} {each['outcome']} {each['code'] or ''}"
            for each in document.get("attempts", ())
        ]
    lines += [
        f"{datetime.fromtimestamp(each.at, UTC):%H:%M:%S.%f} accepted by {each.provider}"
        for each in journal.by_id.get(notification_id, ())
    ]
    return sorted(lines)


def _get(client: httpx.Client, path: str, query: dict[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = client.get(path, params=query).raise_for_status().json()["data"]
    return data


def _id_at(moment: datetime) -> ObjectId:
    return ObjectId(f"{int(moment.timestamp()):08x}{'0' * 16}")


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
