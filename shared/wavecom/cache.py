"""Keep what was read for a while, so that a request, a batch or a send needs no look-up of its own."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class TimedCache(Generic[Key, Value]):
    """Values that are read anew once they are older than ``lasts``; ``size`` of them at the most.

    Safe to use from many threads. Two of them may read the same value at once.
    """

    def __init__(self, lasts: timedelta, *, size: int = 10_000, now: Callable[[], float] | None = None) -> None:
        self._seconds = lasts.total_seconds()
        self._size = size
        self._now = now or (lambda: time.monotonic())  # noqa: PLW0108 - tests let time pass by the module's name
        self._lock = threading.Lock()
        self._kept: dict[Key, tuple[float, Value]] = {}

    def find(self, key: Key) -> Value | None:
        """Return the value that is kept for ``key``, None where there is none, or an old one."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and kept[0] > self._now() else None

    def get(self, key: Key, read: Callable[[], Value], *, last_known_after: type[Exception] | None = None) -> Value:
        """Return the value that is kept for ``key``, or what ``read`` returns, which is then kept.

        Raises what ``read`` raises. After an exception of the type ``last_known_after`` the value that was kept last,
        if there is one, is kept and returned instead.
        """
        kept = self._kept.get(key)
        if kept is not None and kept[0] > self._now():
            return kept[1]
        try:
            value = read()
        except Exception as exc:
            if kept is None or last_known_after is None or not isinstance(exc, last_known_after):
                raise
            value = kept[1]
        self.put(key, value)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Keep a value."""
        with self._lock:
            if len(self._kept) >= self._size and key not in self._kept:
                self._kept.clear()
            self._kept[key] = (self._now() + self._seconds, value)

    def drop(self, key: Key) -> None:
        """Read the value of ``key`` anew when it is asked for next."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept[key] = (self._now(), kept[1])


class BytesCache(Generic[Key]):
    """Bytes that were used last, ``size`` of them at the most, longer values never.

    Safe to use from many threads. Two of them may read the same value at once.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._used = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, bytes] = OrderedDict()

    def get(self, key: Key, read: Callable[[], bytes]) -> bytes:
        """Return the value that is kept for ``key``, or what ``read`` returns, which is then kept.

        Raises what ``read`` raises.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        value = read()
        self._keep(key, value)
        return value

    def _keep(self, key: Key, value: bytes) -> None:
        with self._lock:
            if key in self._kept or len(value) > self._size:
                return
            self._kept[key] = value
            self._used += len(value)
            while self._used > self._size:
                _, dropped = self._kept.popitem(last=False)
                self._used -= len(dropped)
