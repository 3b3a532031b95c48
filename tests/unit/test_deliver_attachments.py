"""Messages with attachments: their bytes go along, and what is not ready waits, against fakes."""

import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from tests.builders import PDF, an_attachment
from tests.fakes import FakeBulkProvider
from tests.unit.delivery import World
from wavecom import cache
from wavecom.adapters.providers.breaker import FAILURES_TO_OPEN, OPEN_FOR
from wavecom.application.deliver import attached
from wavecom.application.deliver.endings import DEFERRAL
from wavecom.application.deliver.select import ChannelProvider
from wavecom.domain.content.attachments import AttachedFile, Attachment, Scan, StoredAttachment
from wavecom.domain.notifications.enums import Cause, Channel, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import Receipt


def keep(delivery: World, octets: bytes = PDF, scanned: Scan | None = None) -> Attachment:
    """Keep an attachment with its bytes."""
    attachment = an_attachment(octets, scanned=scanned)
    at = delivery.clock()
    delivery.attachments.add(
        StoredAttachment(tenant_id="bank-a", attachment=attachment, created_at=at, due_at=at + timedelta(days=1))
    )
    delivery.files.octets[attachment.id] = octets
    return attachment


def waiting(delivery: World, *attachments: Attachment) -> Notification:
    (notification,) = delivery.waiting(attachments=attachments)
    return notification


def retried(delivery: World, notification: Notification) -> None:
    """Deliver a notification again once its retry is due."""
    delivery.clock.advance(timedelta(minutes=3))
    delivery.run([delivery.stored(notification)])


def test_the_bytes_go_along_in_their_order(delivery: World) -> None:
    first, second = keep(delivery), keep(delivery, PDF * 2)
    notification = waiting(delivery, first, second)

    delivery.run([notification])

    (message,) = delivery.email.accepted
    assert message.files == tuple(
        AttachedFile(filename="statement.pdf", content_type="application/pdf", octets=octets)
        for octets in (PDF, PDF * 2)
    )
    assert delivery.stored(notification).state.status is Status.SENT


def test_plain_messages_ask_for_no_files(delivery: World) -> None:
    delivery.files.down = True

    delivery.run(delivery.waiting(5))

    assert {message.files for message in delivery.email.accepted} == {()}
    assert delivery.files.reads == []


def test_one_attachment_of_a_whole_batch_is_read_once(delivery: World) -> None:
    attachment = keep(delivery)
    notifications = delivery.waiting(60, attachments=(attachment,))

    delivery.run(notifications)

    assert delivery.files.reads == [attachment.id]
    assert [message.files[0].octets for message in delivery.email.accepted] == [PDF] * 60


def test_a_provider_for_bulk_gets_messages_with_attachments_one_by_one(delivery: World) -> None:
    bulk = FakeBulkProvider()
    delivery.live[Channel.EMAIL] = [ChannelProvider(provider=bulk)]
    with_file = [waiting(delivery, keep(delivery)) for _ in range(3)]

    delivery.run([*with_file, *delivery.waiting(4)])

    assert bulk.calls == [4]
    assert sum(len(message.files) for message in bulk.accepted) == 3


def test_storage_that_does_not_answer_costs_no_attempt_and_no_provider_its_reputation(delivery: World) -> None:
    notification = waiting(delivery, keep(delivery))
    delivery.files.down = True

    delivery.run([notification])

    state = delivery.stored(notification).state
    assert (state.status, state.retry_count, state.attempts) == (Status.RETRYING, 0, ())
    assert state.error == "Its attachments cannot be read"
    assert state.retry_at == delivery.clock() + DEFERRAL
    assert delivery.email.accepted == []

    delivery.files.down = False
    retried(delivery, notification)
    assert delivery.stored(notification).state.status is Status.SENT


@pytest.mark.parametrize("octets", [None, PDF + b"\n", PDF.replace(b"November", b"Novembre")])
def test_bytes_that_are_gone_or_changed_are_never_sent(delivery: World, octets) -> None:
    attachment = keep(delivery)
    notification, other = waiting(delivery, attachment), waiting(delivery, keep(delivery))
    if octets is None:
        del delivery.files.octets[attachment.id]
    else:
        delivery.files.octets[attachment.id] = octets

    delivery.run([notification, other])

    state = delivery.stored(notification).state
    assert (state.status, state.cause) == (Status.FAILED, Cause.PERMANENT)
    assert (state.error, state.attempts) == ("An attachment is gone", ())
    assert delivery.stored(other).state.status is Status.SENT
    assert len(delivery.email.accepted) == 1


def test_what_is_not_scanned_waits_until_it_is(delivery: World, monkeypatch: pytest.MonkeyPatch) -> None:
    notification = waiting(delivery, keep(delivery, scanned=Scan.PENDING))
    delivery.scanner.verdict = Scan.PENDING

    delivery.run([notification])

    state = delivery.stored(notification).state
    assert (state.status, state.retry_count) == (Status.RETRYING, 0)
    assert state.error == "An attachment is not scanned yet"
    assert delivery.email.accepted == []

    delivery.scanner.verdict = Scan.CLEAN
    later = time.monotonic() + attached.ASK_AGAIN_AFTER.total_seconds()
    monkeypatch.setattr(cache, "time", SimpleNamespace(monotonic=lambda: later))
    retried(delivery, notification)
    assert delivery.stored(notification).state.status is Status.SENT


def test_a_scanner_is_asked_once_for_a_file_and_its_word_is_kept(delivery: World) -> None:
    attachment = keep(delivery, scanned=Scan.PENDING)

    delivery.run([waiting(delivery, attachment)])
    delivery.run([waiting(delivery, attachment) for _ in range(3)])

    assert delivery.scanner.asked == [attachment.id]
    assert delivery.attachments.scans([attachment.id]) == {attachment.id: Scan.CLEAN}
    assert len(delivery.email.accepted) == 4


def test_a_scan_that_another_process_has_stored_holds(delivery: World) -> None:
    attachment = keep(delivery, scanned=Scan.PENDING)
    notification = waiting(delivery, attachment)
    delivery.attachments.set_scanned(attachment.id, Scan.CLEAN)
    delivery.scanner.verdict = Scan.PENDING

    delivery.run([notification])

    assert delivery.stored(notification).state.status is Status.SENT
    assert delivery.scanner.asked == []


def test_what_is_infected_is_never_sent(delivery: World) -> None:
    attachment = keep(delivery, scanned=Scan.PENDING)
    delivery.scanner.verdict = Scan.INFECTED
    notifications = [waiting(delivery, keep(delivery), attachment), waiting(delivery, attachment)]

    delivery.run(notifications)

    for each in notifications:
        state = delivery.stored(each).state
        assert (state.status, state.cause) == (Status.FAILED, Cause.PERMANENT)
        assert (state.error, state.attempts) == ("An attachment is infected", ())
    assert delivery.email.accepted == []
    assert delivery.attachments.scans([attachment.id]) == {attachment.id: Scan.INFECTED}


def test_a_scan_that_never_comes_ends_as_failed(delivery: World) -> None:
    notification = waiting(delivery, keep(delivery, scanned=Scan.PENDING))
    delivery.scanner.verdict = Scan.PENDING
    delivery.run([notification])

    delivery.clock.advance(Timings().defer_limit)
    delivery.run([delivery.stored(notification)])

    state = delivery.stored(notification).state
    assert (state.status, state.error) == (Status.FAILED, "An attachment is not scanned yet, for too long")


def test_only_some_megabytes_are_being_sent_at_once(delivery: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attached, "PART_BYTES", 3 * len(PDF))
    at_once, most, lock = [0], [0], threading.Lock()
    send = delivery.email.send

    def counted(message: OutgoingMessage) -> Receipt:
        with lock:
            at_once[0] += sum(len(each.octets) for each in message.files)
            most[0] = max(most[0], at_once[0])
        try:
            threading.Event().wait(0.01)
            return send(message)
        finally:
            with lock:
                at_once[0] -= sum(len(each.octets) for each in message.files)

    monkeypatch.setattr(delivery.email, "send", counted)
    heavy = [waiting(delivery, keep(delivery, PDF * 4)), *(waiting(delivery, keep(delivery)) for _ in range(20))]
    plain = delivery.waiting(40)

    delivery.run([*heavy, *plain])

    assert {delivery.stored(each).state.status for each in [*heavy, *plain]} == {Status.SENT}
    assert most[0] <= 4 * len(PDF), "One that is larger than the limit goes alone"


def test_a_pending_file_of_a_whole_batch_is_asked_for_once(delivery: World) -> None:
    attachment = keep(delivery, scanned=Scan.PENDING)
    delivery.scanner.verdict = Scan.PENDING

    delivery.run(delivery.waiting(30, attachments=(attachment,)))

    assert delivery.scanner.asked == [attachment.id]


def test_what_is_not_ready_takes_no_trial_of_a_breaker_and_no_call_of_a_limit(delivery: World) -> None:
    delivery.breakers.record("email", [False] * FAILURES_TO_OPEN)
    delivery.clock.advance(OPEN_FOR)
    delivery.scanner.verdict = Scan.PENDING
    held = [waiting(delivery, keep(delivery, scanned=Scan.PENDING)) for _ in range(5)]

    delivery.run(held)
    delivery.run(delivery.waiting(1))

    assert len(delivery.email.accepted) == 1, "the trial was still there"
    assert {delivery.stored(each).state.status for each in held} == {Status.RETRYING}


def test_what_is_infected_says_nothing_good_of_a_provider(delivery: World) -> None:
    delivery.breakers.record("email", [False] * (FAILURES_TO_OPEN - 1))
    delivery.scanner.verdict = Scan.INFECTED

    delivery.run([waiting(delivery, keep(delivery, scanned=Scan.PENDING))])
    delivery.breakers.record("email", [False])
    delivery.run(delivery.waiting(1))

    assert delivery.email.accepted == []


def test_a_message_is_not_sent_after_its_deadline_however_long_its_file_takes(delivery: World) -> None:
    attachment = keep(delivery)
    notification = delivery.waiting(1, attachments=(attachment,), expires_at=delivery.clock() + timedelta(seconds=20))
    read = delivery.files.read

    def slow(tenant_id: str, attachment: Attachment) -> bytes | None:
        delivery.clock.advance(timedelta(seconds=30))
        return read(tenant_id, attachment)

    delivery.files.read = slow  # type: ignore[method-assign]

    delivery.run(notification)

    assert delivery.email.accepted == []


def test_a_lease_that_ran_out_while_a_file_was_read_sends_nothing(delivery: World) -> None:
    notification = waiting(delivery, keep(delivery))
    read = delivery.files.read

    def slow(tenant_id: str, attachment: Attachment) -> bytes | None:
        delivery.clock.advance(timedelta(seconds=61))
        return read(tenant_id, attachment)

    delivery.files.read = slow  # type: ignore[method-assign]

    delivery.run([notification])

    assert delivery.email.accepted == []
    state = delivery.stored(notification).state
    assert (state.status, state.retry_count, state.attempts) == (Status.RETRYING, 0, ())


def test_any_error_of_a_scanner_lets_the_message_wait(delivery: World) -> None:
    notification = waiting(delivery, keep(delivery, scanned=Scan.PENDING))

    def broken(*_: object) -> Scan:
        raise RuntimeError("no such address")

    delivery.scanner.scan = broken  # type: ignore[method-assign, assignment]

    delivery.run([notification])

    state = delivery.stored(notification).state
    assert (state.status, state.error) == (Status.RETRYING, "Its attachments cannot be read")
    assert state.deferred_since is not None, "It does not wait for ever"


def test_a_file_that_takes_too_long_waits(delivery: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attached, "OPEN_SECONDS", 0.05)
    slow, quick = waiting(delivery, keep(delivery)), waiting(delivery, keep(delivery))
    name = slow.content.attachments[0].id
    read = delivery.files.read
    ended = threading.Event()

    def hang(tenant_id: str, attachment: Attachment) -> bytes | None:
        if attachment.id == name:
            ended.wait(5)
        return read(tenant_id, attachment)

    delivery.files.read = hang  # type: ignore[method-assign]

    delivery.run([slow, quick])
    ended.set()

    assert delivery.stored(slow).state.error == "Its attachments cannot be read"
    assert delivery.stored(quick).state.status is Status.SENT


@pytest.mark.parametrize("verdict", [Scan.INFECTED, Scan.UNSCANNABLE])
def test_what_cannot_be_scanned_fails_like_what_is_infected(delivery: World, verdict: Scan) -> None:
    delivery.scanner.verdict = verdict
    notification = waiting(delivery, keep(delivery, scanned=Scan.PENDING))

    delivery.run([notification])

    assert delivery.stored(notification).state.status is Status.FAILED
