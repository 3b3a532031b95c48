"""The load: a client that repeats every request until it succeeds, at a steady rate (an open loop)."""

import random
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any, Final

import httpx

CLIENTS: Final = 48
"""Parallel requests; more have to wait."""
TIMEOUT_SECONDS: Final = 12.0
"""The client's timeout; a little longer than the API waits for its database."""
PAUSES_SECONDS: Final = (0.5, 1.0, 2.0, 4.0)
"""The pauses before a request is repeated with the same Idempotency-Key; the last one is used from then on."""
GIVE_UP_SECONDS: Final = 300.0
SINGLES: Final = 0.1
"""The share of notifications that are sent in single requests."""
BATCH_SIZES: Final = (10, 60)
PRIORITIES: Final = ("LOW", "MEDIUM", "HIGH", "CRITICAL")


class LoadError(Exception):
    """A request was refused that should not have been, or was never answered."""


@dataclass(slots=True)
class Load:
    """The notifications requested and accepted."""

    url: str
    rate: float
    policies: Sequence[str]
    seed: str
    accepted: dict[str, str] = field(default_factory=dict)
    """Every id in a 2xx answer, with its ``onUnknown``."""
    repeated: int = 0
    """The number of repeated requests."""
    asked: int = 0
    """The number of notifications in all requests."""
    _stopping: threading.Event = field(default_factory=threading.Event)
    _abandoned: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None
    _failure: BaseException | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send requests in the background during a ``with``; at its end return when every request was accepted.

        Raises `LoadError`. If the ``with`` ends by an exception, outstanding requests are abandoned.
        """
        self._start()
        try:
            yield
        except BaseException:
            self._abandoned.set()
            raise
        finally:
            self._stop()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self._thread.start()

    def _stop(self) -> None:
        self._stopping.set()
        assert self._thread is not None
        self._thread.join()
        if self._failure is not None and not self._abandoned.is_set():
            raise LoadError(str(self._failure)) from self._failure

    def _run(self) -> None:
        try:
            with (
                httpx.Client(
                    base_url=self.url,
                    timeout=TIMEOUT_SECONDS,
                    limits=httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS),
                    trust_env=False,
                ) as client,
                ThreadPoolExecutor(CLIENTS, thread_name_prefix="client") as clients,
            ):
                results = self._send_requests(client, clients)
                for result in results:
                    result.result()
        except Exception as exc:  # noqa: BLE001 - raised again by `_stop`, in the caller's thread
            self._failure = exc

    def _send_requests(self, client: httpx.Client, clients: ThreadPoolExecutor) -> list[Future[None]]:
        results = []
        began = time.monotonic()
        for items in self._requests():
            due = began + self.asked / self.rate
            if self._stopping.wait(max(0.0, due - time.monotonic())):
                break
            self.asked += len(items)
            results.append(clients.submit(self._until_accepted, client, items, uuid.uuid4().hex))
        return results

    def _requests(self) -> Iterator[list[dict[str, Any]]]:
        chance = random.Random(self.seed)
        mean_batch = sum(BATCH_SIZES) / 2
        # The share of requests for which SINGLES of all notifications are single.
        single = SINGLES * mean_batch / (SINGLES * mean_batch + 1 - SINGLES)
        number = 0
        while True:
            size = 1 if chance.random() < single else chance.randint(*BATCH_SIZES)
            items = []
            for _ in range(size):
                number += 1
                items.append(self._item(number, chance))
            yield items

    def _item(self, number: int, chance: random.Random) -> dict[str, Any]:
        return {
            "type": "EMAIL",
            "recipient": f"user{number}@example.com",
            "subject": f"Statement {number}",
            "message": "Your statement is ready.",
            "priority": chance.choice(PRIORITIES),
            "onUnknown": chance.choice(list(self.policies)),
        }

    def _until_accepted(self, client: httpx.Client, items: list[dict[str, Any]], key: str) -> None:
        """Repeat a request until it is accepted, like a client that must not lose anything."""
        path, body = "/api/notifications", items[0] if len(items) == 1 else {"notifications": items}
        if len(items) > 1:
            path += "/batch"
        until = time.monotonic() + GIVE_UP_SECONDS
        for pause in chain(PAUSES_SECONDS, repeat(PAUSES_SECONDS[-1])):
            try:
                answer = client.post(path, json=body, headers={"Idempotency-Key": key})
                if answer.is_success:
                    break
                if answer.status_code < 500 and answer.status_code != 429:
                    raise LoadError(f"{answer.status_code}: {answer.text}")
            except httpx.HTTPError:
                pass  # no answer
            if time.monotonic() > until:
                raise LoadError("A request was never answered")
            with self._lock:
                self.repeated += 1
            if self._abandoned.wait(pause * random.uniform(0.5, 1.5)):
                raise LoadError("Given up")
        data = answer.json()["data"]
        created = [data] if len(items) == 1 else [each["data"] for each in data["results"]]
        with self._lock:
            for each, item in zip(created, items, strict=True):
                self.accepted[each["_id"]] = item["onUnknown"]
