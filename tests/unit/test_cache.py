"""Values that are kept for a while."""

from datetime import timedelta

import pytest

from wavecom.cache import TimedCache


class Source:
    """Counts how often it is read; each reading gives another number, or fails."""

    def __init__(self) -> None:
        self.readings = 0
        self.broken = False

    def read(self) -> int:
        if self.broken:
            raise OSError("away")
        self.readings += 1
        return self.readings


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def source() -> Source:
    return Source()


def test_value_is_read_once_while_it_lasts(seconds: Seconds, source: Source) -> None:
    cache = TimedCache[str, int](timedelta(seconds=10), now=seconds)

    first = cache.get("a", source.read)
    seconds.now += 9.9
    second = cache.get("a", source.read)
    seconds.now += 0.1
    third = cache.get("a", source.read)

    assert (first, second, third) == (1, 1, 2)


def test_dropped_value_is_read_anew(seconds: Seconds, source: Source) -> None:
    cache = TimedCache[str, int](timedelta(seconds=10), now=seconds)
    cache.put("a", 7)

    cache.drop("a")

    assert cache.find("a") is None
    assert cache.get("a", source.read) == 1


def test_last_known_value_holds_for_another_while_after_the_named_error_only(seconds: Seconds, source: Source) -> None:
    cache = TimedCache[str, int](timedelta(seconds=10), now=seconds)
    cache.put("a", 7)
    seconds.now += 11
    source.broken = True

    with pytest.raises(OSError, match="away"):
        cache.get("a", source.read)
    assert cache.get("a", source.read, last_known_after=OSError) == 7
    assert cache.find("a") == 7
    with pytest.raises(OSError, match="away"):
        cache.get("b", source.read, last_known_after=OSError)


def test_full_cache_begins_anew(seconds: Seconds) -> None:
    cache = TimedCache[int, int](timedelta(seconds=10), size=3, now=seconds)

    for number in range(4):
        cache.put(number, number)

    assert [cache.find(number) for number in range(4)] == [None, None, None, 3]
