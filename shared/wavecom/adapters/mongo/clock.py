"""The database's time, which all processes use, so that no machine's wrong clock shortens a lease."""

import logging
import threading
import time
from datetime import UTC, datetime, timedelta

from wavecom.adapters.mongo.client import Mongo, available
from wavecom.domain.errors import StoreUnavailableError

logger = logging.getLogger(__name__)

ASK_INTERVAL = timedelta(seconds=10)
"""The time for which the known difference between the two clocks is used."""
ASK_TIMEOUT = timedelta(seconds=2)
WARN_ABOVE = timedelta(seconds=2)


class MongoClock:
    """`wavecom.ports.system.Clock`: the machine's own clock, corrected by its difference from the database's.

    The difference is computed from the ``localTime`` of the ``hello`` command (MongoDB manual, "hello"), at the middle
    of the call. While the database does not answer, the last known difference is used.
    """

    def __init__(self, mongo: Mongo) -> None:
        self._admin = mongo.database.client.admin
        self._difference = timedelta(0)
        self._asked: tuple[float, float] | None = None
        self._asking = threading.Lock()

    def __call__(self) -> datetime:
        """Return the present time to the millisecond, the precision of MongoDB."""
        if self._must_ask() and self._asking.acquire(blocking=self._asked is None):
            try:
                if self._must_ask():
                    self._ask()
            finally:
                self._asking.release()
        moment = datetime.now(UTC) + self._difference
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def _must_ask(self) -> bool:
        """Return whether either clock shows that it is time, so that a jump of the machine's clock is noticed."""
        if self._asked is None:
            return True
        wall, monotonic = self._asked
        since_wall, since_monotonic = time.time() - wall, time.monotonic() - monotonic
        return since_monotonic >= ASK_INTERVAL.total_seconds() or abs(since_wall - since_monotonic) > 1

    def _ask(self) -> None:
        try:
            with available(ASK_TIMEOUT):
                before = datetime.now(UTC)
                answer = self._admin.command("hello")
                after = datetime.now(UTC)
        except StoreUnavailableError:
            logger.warning("The database's time is not known, the last known difference holds", exc_info=True)
            if self._asked is None:
                return  # none is known yet, so the next caller asks again
        else:
            theirs: datetime = answer["localTime"]
            self._difference = theirs.replace(tzinfo=theirs.tzinfo or UTC) - (before + (after - before) / 2)
            if abs(self._difference) > WARN_ABOVE:
                seconds = round(self._difference.total_seconds(), 3)
                logger.warning("This machine's clock is wrong and is corrected", extra={"difference_seconds": seconds})
        self._asked = (time.time(), time.monotonic())
