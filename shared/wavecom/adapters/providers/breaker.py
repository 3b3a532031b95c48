"""Circuit breakers by pybreaker, gated so that calls run outside its lock.

pybreaker holds a lock while it runs a guarded call, so many threads would send one at a time. Here a batch asks once
which providers may be called, makes its calls without the lock, and reports the outcomes as calls that only succeed
or fail.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, cast

import pybreaker

from wavecom.domain.providers.limits import BreakerState, BreakerStateName, Permit
from wavecom.ports.system import Clock

FAILURES_TO_OPEN = 10
OPEN_FOR = timedelta(seconds=30)
TRIAL_TIMEOUT = timedelta(seconds=30)
"""The time without an outcome after which the trial's caller counts as dead and another may try."""
RETRY_INTERVAL = timedelta(seconds=5)


class BreakerStates(Protocol):
    """The storages of all breakers, shared by as many processes as use them."""

    def storage(self, name: str) -> pybreaker.CircuitBreakerStorage:
        """Return the storage of one breaker, the same object for the same name."""

    def refresh(self, names: Sequence[str], *, force: bool = False) -> None:
        """Read the changes of other processes; without ``force`` at most once a second."""

    def flush(self, name: str) -> None:
        """Write what was changed since the last flush, in one operation."""

    def take_trial(self, name: str, at: datetime, until: datetime) -> bool:
        """Take the one trial of a breaker that is not closed, if it is free at ``at``; hold it until ``until``."""

    def states(self) -> dict[str, BreakerState]:
        """Return the stored state of every breaker."""


class MemoryBreakerStates:
    """`BreakerStates` of one process, for tests and single-process use."""

    def __init__(self) -> None:
        self._storages: dict[str, pybreaker.CircuitMemoryStorage] = {}
        self._trials: dict[str, datetime] = {}

    def storage(self, name: str) -> pybreaker.CircuitBreakerStorage:
        """See `BreakerStates.storage`."""
        return self._storages.setdefault(name, pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED))

    def refresh(self, names: Sequence[str], *, force: bool = False) -> None:
        """Do nothing: there is no other process."""

    def flush(self, name: str) -> None:
        """Do nothing: there is nothing to write."""

    def take_trial(self, name: str, at: datetime, until: datetime) -> bool:
        """See `BreakerStates.take_trial`."""
        if self._trials.get(name, at) > at:
            return False
        self._trials[name] = until
        return True

    def states(self) -> dict[str, BreakerState]:
        """See `BreakerStates.states`."""
        return {
            name: BreakerState(cast("BreakerStateName", storage.state), storage.opened_at)
            for name, storage in self._storages.items()
        }


class PyBreakers:
    """`wavecom.ports.providers.Breakers` by pybreaker over shared states."""

    def __init__(self, states: BreakerStates, clock: Clock) -> None:
        self._states = states
        self._clock = clock
        self._breakers: dict[str, pybreaker.CircuitBreaker] = {}

    def permits(self, providers: Iterable[str]) -> dict[str, Permit]:
        """See `wavecom.ports.providers.Breakers.permits`."""
        names = list(providers)
        self._states.refresh(names)
        return {name: self._permit(name) for name in names}

    def _permit(self, name: str) -> Permit:
        breaker = self._breaker(name)
        now = self._clock()
        if breaker.current_state == pybreaker.STATE_CLOSED:
            return Permit(calls=None)
        opened_at = self._states.storage(name).opened_at
        if breaker.current_state == pybreaker.STATE_OPEN and opened_at is not None and now < opened_at + OPEN_FOR:
            return Permit(calls=0, wait=opened_at + OPEN_FOR - now)
        if not self._states.take_trial(name, now, now + TRIAL_TIMEOUT):
            return Permit(calls=0, wait=RETRY_INTERVAL)
        breaker.half_open()
        self._states.flush(name)
        return Permit(calls=1, wait=RETRY_INTERVAL)

    def record(self, provider: str, successes: Sequence[bool]) -> None:
        """See `wavecom.ports.providers.Breakers.record`.

        Only the outcomes after the last success matter for failures in a row, so only those are passed on.
        """
        breaker = self._breaker(provider)
        failures = next((index for index, success in enumerate(reversed(successes)) if success), len(successes))
        if failures:
            self._states.refresh([provider], force=True)
        if breaker.current_state == pybreaker.STATE_OPEN:
            return  # these calls began before it opened
        if failures < len(successes):
            _record(breaker, _succeed)
        for _ in range(min(failures, FAILURES_TO_OPEN)):
            _record(breaker, _fail)
        if breaker.current_state == pybreaker.STATE_OPEN:
            self._states.storage(provider).opened_at = self._clock()  # pybreaker uses its own clock
        self._states.flush(provider)

    def states(self) -> dict[str, BreakerState]:
        """See `wavecom.ports.providers.Breakers.states`."""
        return self._states.states()

    def _breaker(self, name: str) -> pybreaker.CircuitBreaker:
        if name not in self._breakers:
            self._breakers[name] = pybreaker.CircuitBreaker(
                name=name,
                fail_max=FAILURES_TO_OPEN,
                reset_timeout=OPEN_FOR.total_seconds(),
                state_storage=self._states.storage(name),
            )
        return self._breakers[name]


class _FailedCallError(Exception):
    """Stands for a failed call."""


def _succeed() -> None:
    """Stand for a call that succeeded."""


def _fail() -> None:
    """Stand for a call that failed."""
    raise _FailedCallError


def _record(breaker: pybreaker.CircuitBreaker, outcome: Callable[[], None]) -> None:
    try:
        breaker.call(outcome)
    except (_FailedCallError, pybreaker.CircuitBreakerError):
        return
