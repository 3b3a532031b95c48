"""What ``Retry-After`` says, and what it does not."""

from datetime import UTC, datetime, timedelta

import pytest

from wavecom.adapters.providers.http import Answer

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("0", timedelta(0)),
        ("7", timedelta(seconds=7)),
        (" 7 ", timedelta(seconds=7)),
        ("0000000007", timedelta(seconds=7)),
        ("86400", timedelta(days=1)),
        ("86401", timedelta(days=1)),
        ("1000000", timedelta(days=1)),
        ("9" * 5000, timedelta(days=1)),
        ("0" * 5000, timedelta(0)),
        ("Thu, 26 Nov 2026 12:00:30 GMT", timedelta(seconds=30)),
        ("Thursday, 26-Nov-26 12:00:30 GMT", timedelta(seconds=30)),
        ("Thu Nov 26 12:00:30 2026", timedelta(seconds=30)),
        ("Thu Dec  3 12:00:30 2026", timedelta(days=1)),
        ("Wed, 25 Nov 2026 12:00:30 GMT", timedelta(0)),
    ],
)
def test_seconds_and_dates_are_read(text: str, wait: timedelta) -> None:
    assert Answer(429, {"retry-after": text}, b"").retry_after(NOW) == wait


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+5",
        "5.5",
        "1_000",
        "5, 5",
        "٣",
        "²",
        "Thu, 26 Nov 2026 12:0٣:30 GMT",
        "Thu, ٢٦ Nov 2026 12:00:30 GMT",
        "Thu, 26 Nov 2026 12:00:30 EST",
        "Thu, 26 Nov 2026 12:00:30 +9999",
        "Thu, 26 Nov 2026 12:00",
        "Thu, 26 Nov 2026 99:00:30 GMT",
        "Thu, 31 Nov 2026 12:00:30 GMT",
        "1 Jan 1 00:00:00 -2359",
        "2026-11-26T12:00:30Z",
        "\x00",
    ],
)
def test_anything_else_names_no_wait(text: str) -> None:
    assert Answer(429, {"retry-after": text}, b"").retry_after(NOW) is None


def test_missing_header_names_no_wait() -> None:
    assert Answer(429, {}, b"").retry_after(NOW) is None
