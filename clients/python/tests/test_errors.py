"""Errors travel between processes, and nothing that is logged shows a key or a message."""

import pickle
import traceback
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.conftest import EMAIL, KEY, Use
from tests.standin import CUT, StandIn
from wavecom_client import (
    ConflictError,
    ConnectionFailedError,
    CursorExpiredError,
    FieldError,
    PartialBatchError,
    TimedOutError,
    UnexpectedAnswerError,
    WaveComError,
)
from wavecom_client.core import Core
from wavecom_client.wire import Answer

DETAILS = [FieldError("after", "4711")]
ERRORS: list[WaveComError] = [
    ConflictError("No", status=409, code="STATUS_CONFLICT", request_id="1", retry_after=2.5),
    CursorExpiredError("Gone", status=410, code="CURSOR_EXPIRED", details=DETAILS),
    TimedOutError("Late", sent=True),
    UnexpectedAnswerError("Who?"),
    PartialBatchError("1 of 2", results=[], idempotency_key="payday"),
]


@pytest.mark.parametrize("error", ERRORS, ids=[type(each).__name__ for each in ERRORS])
def test_an_error_reaches_another_process_whole(error: WaveComError):
    error.idempotency_key = error.idempotency_key or "order-4711"

    found: Any = pickle.loads(pickle.dumps(error))

    assert type(found) is type(error)
    assert (str(found), vars(found)) == (str(error), vars(error))


def test_a_request_and_an_answer_that_are_logged_show_no_key_and_no_message():
    core = Core("https://wavecom.example", "wc_live_secret")

    request = core.request("POST", "/api/notifications", body={"message": "Your code is 1234"})

    assert "secret" not in repr(request)
    assert "1234" not in repr(request) + repr(Answer(200, {}, b'{"message": "Your code is 1234"}'))


def frames_of(error: BaseException | None) -> Iterator[traceback.FrameSummary]:
    """Yield the frames that lead to an error and to its causes, with the texts of their variables, but not ours."""
    if error is not None:
        found = traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), capture_locals=True)
        yield from (each for each in found if "tests" not in each.filename)
        yield from frames_of(error.__cause__ or error.__context__)


@pytest.mark.parametrize("changes", [{}, {"scheduledAt": datetime(2026, 1, 31)}])  # noqa: DTZ001 - it is refused
def test_what_an_error_tracker_writes_down_of_variables_has_no_key(use: Use, standin: StandIn, changes: dict[str, Any]):
    standin.faults.extend([CUT] * 4)

    with pytest.raises((ConnectionFailedError, ValueError)) as raised:
        use(lambda client: client.notifications.create({**EMAIL, **changes}))

    frames = list(frames_of(raised.value))
    assert any("wavecom_client" in each.filename for each in frames)
    assert [f"{each.filename}:{each.lineno} {each.locals}" for each in frames if KEY in str(each.locals)] == []
