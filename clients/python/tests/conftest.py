"""Both clients, against the same stand-in."""

import asyncio
import inspect
import os
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import certifi
import pytest

from tests.standin import LATE, SLOW, StandIn, serve
from wavecom_client import AsyncWaveCom, WaveCom

KEY = "wc_live_key"
EMAIL: Any = {"type": "EMAIL", "recipient": "ada@example.com", "subject": "Hello", "message": "Hello Ada"}
Use = Callable[..., Any]

for variable in [each for each in os.environ if each.lower().endswith("_proxy")]:
    del os.environ[variable]


def pytest_configure(config: pytest.Config) -> None:
    """Let clients know one authority instead of all: reading all takes 30 ms for each client, of plain HTTP as well."""
    first, end, _ = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----\n")
    with NamedTemporaryFile("w", suffix=".pem", delete=False) as file:
        file.write(first + end)
    config.add_cleanup(Path(file.name).unlink)
    os.environ["SSL_CERT_FILE"] = file.name


class Time:
    """A clock of which waits take no time, and the waits."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self) -> float:
        return time.monotonic() + sum(self.waits)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def sleep_async(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def standin() -> Iterator[StandIn]:
    standin = StandIn()
    with serve(standin):
        yield standin


@pytest.fixture
def clock() -> Time:
    return Time()


def timeout(standin: StandIn) -> float:
    return 0.5 if LATE in standin.faults or SLOW in standin.faults else 20.0


@pytest.fixture(params=["blocking", "asynchronous"])
def use(request: pytest.FixtureRequest, standin: StandIn, clock: Time) -> Use:
    """Return a function that does something with a client, and returns the result, or its first ``most`` items."""

    def of_threads(do: Callable[[WaveCom], Any], most: int | None = None, **options: Any) -> Any:
        settings = {"base_url": standin.url, "api_key": KEY, "timeout": timeout(standin), **options}
        with WaveCom(**settings, clock=clock, sleep=clock.sleep) as client:
            result = do(client)
            return (
                list(islice(result, most)) if hasattr(result, "__iter__") and not isinstance(result, dict) else result
            )

    def of_tasks(do: Callable[[AsyncWaveCom], Any], most: int | None = None, **options: Any) -> Any:
        settings = {"base_url": standin.url, "api_key": KEY, "timeout": timeout(standin), **options}

        async def main() -> Any:
            async with AsyncWaveCom(**settings, clock=clock, sleep=clock.sleep_async) as client:
                result = do(client)
                return await result if inspect.isawaitable(result) else await first_of(result, most)

        return asyncio.run(main())

    return of_threads if request.param == "blocking" else of_tasks


async def first_of(items: Any, most: int | None) -> Any:
    found: list[Any] = []
    iterator = items.__aiter__()
    while most is None or len(found) < most:
        try:
            found.append(await anext(iterator))
        except StopAsyncIteration:
            break
    if hasattr(iterator, "aclose"):
        await iterator.aclose()
    return found
