"""Endpoints: their secrets, the events that they get, and the headers that they may ask for."""

import base64
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON, an_endpoint
from wavecom.domain.events.event import EventType
from wavecom.domain.webhooks.endpoint import (
    ENDPOINT_ID,
    HEADERS_MAX,
    OLD_SECRET_VALID,
    DisabledReason,
    OldSecret,
    Recovery,
    headers_problem,
    merge,
    new_endpoint_id,
    new_secret,
)

SOON = timedelta(milliseconds=1)
LATER = NOON + timedelta(hours=1)
RECOVERY = Recovery(since=NOON, until=LATER)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer s3cret"},
        {"X-Api-Key": "a", "x-other": "a b c"},
        {"X" * 64: "a" * 1_024},
        {"!#$%&'*+.^_`|~-": "~!"},
        {f"x-{number}": "1" for number in range(HEADERS_MAX)},
        {"Cookie": "a=b"},
    ],
)
def test_headers_that_may_be_added(headers: dict[str, str]) -> None:
    assert headers_problem(headers) is None


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({f"x-{number}": "1" for number in range(HEADERS_MAX + 1)}, "must be 10 at the most"),
        ({"X-Key": "a", "x-kEY": "b"}, "differ in more than capitals"),
        *(
            ({name: "a"}, "must have names of")
            for name in ("", " ", "a b", "a:", "a\n", "X" * 65, "ü", "a(b)", "a\x00")
        ),
        *(
            ({name: "a"}, f"must not have {name},")
            for name in (
                *("Host", "content-length", "Content-Type", "Transfer-Encoding", "Connection", "Upgrade", "TE"),
                *("User-Agent", "Expect", "Trailer", "Keep-Alive", "Content-Encoding"),
                *("webhook-id", "Webhook-Signature", "webhook-", "Proxy-Authorization", "Sec-Fetch-Mode"),
            )
        ),
        *(
            ({"X-Key": value}, "must have values of visible ASCII")
            for value in ("", " ", " a", "a ", "a\r\nb: c", "a\nb", "a\x00", "ü", "a" * 1_025, "a\n", "\ta")
        ),
    ],
)
def test_headers_that_may_not_be_added(headers: dict[str, str], problem: str) -> None:
    assert problem in (headers_problem(headers) or "")


def test_a_rotated_secret_signs_beside_the_new_one_for_a_day() -> None:
    endpoint = an_endpoint()

    rotated = endpoint.rotated(NOON)

    assert rotated.secret != endpoint.secret
    assert rotated.secrets_at(NOON) == (rotated.secret, endpoint.secret)
    assert rotated.secrets_at(NOON + OLD_SECRET_VALID - SOON) == (rotated.secret, endpoint.secret)
    assert rotated.secrets_at(NOON + OLD_SECRET_VALID) == (rotated.secret,)
    assert rotated.updated_at == NOON


def test_of_two_rotations_the_last_two_secrets_sign() -> None:
    first = an_endpoint()
    second = first.rotated(NOON)
    third = second.rotated(LATER)

    assert third.secrets_at(LATER) == (third.secret, second.secret)


def test_an_endpoint_without_an_old_secret_signs_once() -> None:
    endpoint = an_endpoint()

    assert endpoint.secrets_at(NOON) == (endpoint.secret,)


def test_an_endpoint_gets_its_types_unless_it_is_disabled() -> None:
    endpoint = an_endpoint(types=(EventType.NOTIFICATION_SENT,))

    assert endpoint.gets(EventType.NOTIFICATION_SENT)
    assert not endpoint.gets(EventType.NOTIFICATION_FAILED)
    for reason in DisabledReason:
        assert not replace(endpoint, disabled=reason).gets(EventType.NOTIFICATION_SENT)


def test_secrets_are_as_standard_webhooks_writes_them() -> None:
    made = {new_secret() for _ in range(100)}

    assert len(made) == 100
    assert {len(base64.b64decode(each.removeprefix("whsec_"), validate=True)) for each in made} == {32}
    assert all(each.startswith("whsec_") for each in made)


def test_ids_are_as_messages_take_them() -> None:
    assert all(ENDPOINT_ID.fullmatch(new_endpoint_id()) for _ in range(10))


def test_a_change_is_merged_with_what_was_noted() -> None:
    before = an_endpoint(recovery=RECOVERY)
    after = replace(before, description="ours", updated_at=LATER)
    noted = replace(before, failing_since=NOON, quick=True, recovery=None)

    assert merge(before, after, noted) == replace(after, failing_since=NOON, quick=True, recovery=None)


def test_what_a_change_asks_for_counts_more_than_what_was_noted() -> None:
    before = an_endpoint(failing_since=NOON)
    after = replace(before, failing_since=None, recovery=RECOVERY)
    noted = replace(before, failing_since=LATER, quick=True)

    assert merge(before, after, noted) == replace(after, quick=True)


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"description": "theirs"},
        {"updated_at": LATER},
        {"types": (EventType.NOTIFICATION_FAILED,)},
        {"secret": new_secret()},
        {"headers": {"x-key": "1"}},
        {"disabled": DisabledReason.GONE},
        {"old_secret": OldSecret(secret=new_secret(), until=LATER)},
    ],
)
def test_two_changes_are_not_merged(meanwhile: dict[str, object]) -> None:
    before = an_endpoint()

    assert merge(before, replace(before, url="https://other.example/"), replace(before, **meanwhile)) is None  # type: ignore[arg-type]
