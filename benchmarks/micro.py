"""Micro: processor time per notification in our own code, step by step, without database and broker.

``python -m benchmarks.micro`` repeats the steps for some seconds, for a profiler.
"""

import base64
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from bson import encode

from benchmarks.deliver import TENANT
from benchmarks.result import Note, Result
from benchmarks.schedule import Plan, arrivals
from local.config import PROJECT
from wavecom.adapters.mongo.notifications.documents import audit_document, to_document, to_update
from wavecom.adapters.templates.engine import MinijinjaEngine
from wavecom.domain.ledger.counting import deltas
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.attempts import Attempt, AttemptResult
from wavecom.domain.notifications.change import Change, combine
from wavecom.domain.notifications.notification import Draft, Notification
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.providers.outcomes import Outcome, Receipt
from wavecom.domain.queue_messages import QueueMessage
from wavecom.domain.templates.source import Source
from wavecom.domain.templates.version import TemplateVersion
from wavecom.http.framework.json_body import read_json
from wavecom.http.notification import Notification as NotificationShape
from wavecom.http.notifications.requests import CreateBatch, CreateNotification
from wavecom.http.notifications.responses import NotificationPage, NotificationPageAnswer
from wavecom.queue_events import parse_queue_event

BATCH: Final = 500
REPEATS: Final = 9
PROFILED_SECONDS: Final = 6.0
FLAMES: Final = PROJECT / "docs" / "images" / "flames.svg"
TIMINGS: Final = Timings()
TEMPLATE: Final = Source(
    subject="Payment {{ reference }}",
    text="Dear {{ name }},\n\nwe received {{ amount|money('EUR') }} for {{ reference }}.\n\nYour bank",
    html="<h1>Thank you, {{ name }}</h1><p>We received <b>{{ amount|money('EUR') }}</b> for {{ reference }}.</p>",
)


class Life:
    """A batch of notifications, taken through its life step by step."""

    def __init__(self) -> None:
        (arrival,) = arrivals(Plan(url="http://localhost", count=BATCH, rate=None, size=BATCH))
        self._body = arrival.request.partition(b"\r\n\r\n")[2].decode()
        self._at = datetime.now(UTC).replace(microsecond=0)
        self._now: list[Notification] = []
        self._requests: list[CreateNotification] = []
        self._changes: list[Change] = []
        self._documents: list[dict[str, Any]] = []
        self._event: dict[str, Any] = {}

    def steps(self) -> dict[str, Callable[[], None]]:
        """Return the steps in order."""
        return {
            "read and validate": self.validate,
            "create": self.create,
            "write what is new": self.write_new,
            "queue message": self.message,
            "answer": self.answer,
            "read the event": self.parse,
            "claim and begin": self.claim,
            "write the claim": self.write,
            "settle": self.settle,
            "write the outcome": self.write,
        }

    def validate(self) -> None:
        """Read a body and check it."""
        batch = CreateBatch.model_validate(read_json(self._body))
        self._requests = [each for each in batch.validated() if isinstance(each, CreateNotification)]
        assert len(self._requests) == BATCH

    def create(self) -> None:
        """Create notifications from requests, already QUEUED."""
        changes = []
        for each in self._requests:
            draft = each.draft()
            assert isinstance(draft, Draft)
            created = lifecycle.create(draft, tenant_id=TENANT, at=self._at, timings=TIMINGS)
            changes.append(combine(created, lifecycle.enqueue(created.after, at=self._at, timings=TIMINGS)))
        self._take(changes)

    def write_new(self) -> None:
        """Create the documents and encode them."""
        self._documents = [to_document(change.after) for change in self._changes]
        self._encode_trail()

    def message(self) -> None:
        """Create the messages for the queue."""
        bodies = [QueueMessage.about(each).body() for each in self._now]
        messages = [{"basicProperties": {}, "data": base64.b64encode(body.encode()).decode()} for body in bodies]
        self._event = {"eventSource": "aws:rmq", "rmqMessagesByQueue": {"notifications::/": messages}}

    def answer(self) -> None:
        """Write the answer to the client."""
        shown = [NotificationShape.from_domain(lifecycle.as_created(each, queued=True)) for each in self._now]
        NotificationPageAnswer.trusted(data=NotificationPage.trusted(notifications=shown)).json_text()

    def parse(self) -> None:
        """Read the event from Lambda."""
        assert len(parse_queue_event(self._event, QueueMessage).messages) == BATCH

    def claim(self) -> None:
        """QUEUED → PROCESSING, with the beginning of the attempt."""
        changes = []
        for each in self._now:
            claim = lifecycle.claim(each, retry_counts={0}, token="0" * 32, at=self._at, timings=TIMINGS)
            assert claim is not None
            begun = settlement.begin(claim.after, provider="simulated", idempotent=False, at=self._at)
            changes.append(combine(claim, begun))
        self._take(changes)

    def settle(self) -> None:
        """PROCESSING → SENT."""
        attempt = Attempt(
            provider="simulated", outcome=Outcome.ACCEPTED, code=None, started_at=self._at, duration_ms=200
        )
        result = AttemptResult(attempt=attempt, receipt=Receipt("receipt-1"))
        self._take([settlement.settle(each, result, at=self._at, timings=TIMINGS) for each in self._now])

    def write(self) -> None:
        """Create the updates, the audit entries and the counters, and encode them."""
        self._documents = [
            to_update(change.before.state, change.after.state) for change in self._changes if change.before
        ]
        self._encode_trail()

    def count(self) -> int:
        """Return the number of notifications."""
        return len(self._now)

    def notification_bytes(self) -> int:
        """Return the BSON size of all notifications in their present state."""
        return sum(len(encode(to_document(each))) for each in self._now)

    def trail_bytes(self) -> int:
        """Return the BSON size of the audit entries of the last step."""
        return sum(len(encode(audit_document(entry))) for change in self._changes for entry in change.entries)

    def _encode_trail(self) -> None:
        trail = [audit_document(entry) for change in self._changes for entry in change.entries]
        counters = [dict(counts) for counts in deltas(self._changes).values()]
        for document in (*self._documents, *trail, *counters):
            encode(document)

    def _take(self, changes: list[Change]) -> None:
        self._changes, self._now = changes, [change.after for change in changes]


def micro(note: Note, say: Callable[[str], None]) -> None:
    """Measure each step, then record a flame graph."""
    took: dict[str, list[float]] = {}
    for _ in range(REPEATS):
        for name, step in Life().steps().items():
            started = time.process_time()
            step()
            took.setdefault(name, []).append(1_000_000 * (time.process_time() - started) / BATCH)
    microseconds = {name: round(sorted(each)[REPEATS // 2], 1) for name, each in took.items()}
    figures = {
        "microseconds": microseconds,
        "ownCpuMs": round(sum(microseconds.values()) / 1000, 3),
        "renderMicroseconds": _render_microseconds(),
    }
    note(Result(what="micro", parameters={"batch": BATCH}, figures=figures))
    FLAMES.parent.mkdir(exist_ok=True)
    command = ["py-spy", "record", "--rate", "200", "--output", str(FLAMES), "--", sys.executable, "-m", __name__]
    done = subprocess.run(
        [f"{sys.prefix}/bin/{command[0]}", *command[1:]], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        FLAMES.write_text(without_places(FLAMES.read_text()))
    say(f"Flame graph in {FLAMES}" if done.returncode == 0 else f"No flame graph: {done.stderr.strip()[-200:]}")


def _render_microseconds() -> float:
    """Return the processor time of rendering one notification of a batch: subject, text and HTML, compiled once."""
    version = TemplateVersion(
        tenant_id=TENANT,
        template_id="payment-received",
        number=1,
        default_locale="en",
        locales={"en": TEMPLATE},
        variables=("amount", "name", "reference"),
        created_at=datetime.now(UTC),
    )
    engine = MinijinjaEngine()
    given = [
        {"name": f"Customer {number}", "amount": number / 4, "reference": f"R-{number}"} for number in range(BATCH)
    ]
    took = []
    for _ in range(REPEATS):
        started = time.process_time()
        for each in given:
            assert not list(engine.render(version, "en", each).problems())
        took.append(1_000_000 * (time.process_time() - started) / BATCH)
    return round(sorted(took)[REPEATS // 2], 1)


def without_places(text: str) -> str:
    """Return a flame graph without the folders of this machine."""
    for place in (PROJECT, sys.prefix, sys.base_prefix):
        text = text.replace(f"{place}/", "")
    return text


def main() -> None:
    """Repeat all steps for some seconds."""
    until = time.monotonic() + PROFILED_SECONDS
    while time.monotonic() < until:
        for step in Life().steps().values():
            step()


if __name__ == "__main__":
    main()
