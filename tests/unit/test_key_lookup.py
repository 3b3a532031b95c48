"""Who guesses API keys: counted by address, refused without a call, and never to the harm of a good key."""

from datetime import UTC, datetime

import pytest

from tests.fakes import FakeApiKeys
from wavecom.domain.api_keys import Role, new_api_key
from wavecom.http.framework import refused_addresses
from wavecom.http.framework.errors import TooManyRequestsError
from wavecom.http.framework.key_lookup import IDS_SECONDS, KeyLookup
from wavecom.http.framework.refused_addresses import REFUSALS_MAX, WINDOW_SECONDS


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def keys() -> FakeApiKeys:
    return FakeApiKeys()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lookup(keys: FakeApiKeys, clock: Clock) -> KeyLookup:
    return KeyLookup(keys, clock)


def stored(keys: FakeApiKeys) -> str:
    key, _ = new_api_key(tenant_id="bank-a", name="test", role=Role.TENANT, at=datetime.now(UTC))
    keys.add(key)
    return key.key_id


def guesses(lookup: KeyLookup, address: str, count: int = REFUSALS_MAX) -> None:
    for number in range(count):
        assert lookup.find(f"{number:012x}", address) is None


def is_refused(lookup: KeyLookup, address: str) -> bool:
    try:
        return lookup.find("f" * 12, address) is not None
    except TooManyRequestsError:
        return True


def test_guesses_are_refused_without_a_call(lookup: KeyLookup, keys: FakeApiKeys) -> None:
    guesses(lookup, "192.0.2.1")

    assert all(is_refused(lookup, "192.0.2.1") for _ in range(100))
    assert (keys.gets, keys.reads) == (REFUSALS_MAX, 1)


def test_a_good_key_passes_at_an_address_that_guesses(lookup: KeyLookup, keys: FakeApiKeys) -> None:
    key_id = stored(keys)
    guesses(lookup, "192.0.2.1")

    assert lookup.find(key_id, "192.0.2.1") == keys.stored[key_id]


def test_a_key_that_is_made_meanwhile_passes_in_a_second(lookup: KeyLookup, keys: FakeApiKeys, clock: Clock) -> None:
    guesses(lookup, "192.0.2.1")
    assert is_refused(lookup, "192.0.2.1")
    key_id = stored(keys)

    clock.now += IDS_SECONDS

    assert lookup.find(key_id, "192.0.2.1") is not None


def test_another_address_may_still_mistype(lookup: KeyLookup) -> None:
    guesses(lookup, "192.0.2.1")

    assert not is_refused(lookup, "192.0.2.2")


def test_addresses_of_one_ipv6_network_count_together(lookup: KeyLookup) -> None:
    for number in range(REFUSALS_MAX):
        lookup.find(f"{number:012x}", f"2001:db8::{number:x}")

    assert is_refused(lookup, "2001:db8::ffff")
    assert not is_refused(lookup, "2001:db8:0:1::1")


def test_a_window_ends(lookup: KeyLookup, clock: Clock) -> None:
    guesses(lookup, "192.0.2.1")

    clock.now += WINDOW_SECONDS

    assert not is_refused(lookup, "192.0.2.1")


def test_more_addresses_than_are_counted_count_as_one(lookup: KeyLookup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused_addresses, "ADDRESSES_MAX", 10)
    for number in range(10):
        guesses(lookup, f"192.0.2.{number}", 1)

    for number in range(REFUSALS_MAX):
        lookup.find(f"{number:012x}", f"198.51.100.{number}")

    assert is_refused(lookup, "203.0.113.1")
    assert not is_refused(lookup, "192.0.2.1")


def test_where_the_ids_are_too_many_to_hold_all_are_looked_up(clock: Clock) -> None:
    keys = FakeApiKeys(ids_held=0)
    stored(keys)
    lookup = KeyLookup(keys, clock)
    guesses(lookup, "192.0.2.1")

    assert not is_refused(lookup, "192.0.2.1")
