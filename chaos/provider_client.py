"""The harness's access to the stand-in providers: their configuration, control and journal."""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from chaos.provider import HOST, Behaviour, Counts, Mode

NAMES: Final = ("alpha", "beta", "gamma")
TOKEN_HEADER: Final = "Idempotency-Key"  # noqa: S105 - the name of a header


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that a provider accepted, and the time (seconds since 1970)."""

    provider: str
    at: float


@dataclass(slots=True)
class Journal:
    """All messages that the providers have accepted, read as the file grows."""

    file: Path
    by_id: defaultdict[str, list[Accepted]] = field(default_factory=lambda: defaultdict(list))
    _offset: int = 0

    def read(self) -> None:
        """Read the lines written since the last call."""
        if not self.file.exists():
            return
        with self.file.open("rb") as journal:
            journal.seek(self._offset)
            for line in journal:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                entry = json.loads(line)
                self.by_id[entry["notificationId"]].append(Accepted(entry["provider"], entry["at"]))

    def between(self, since: float, until: float) -> Counter[str]:
        """Return the number of messages that each provider accepted in a period."""
        every = (each for entries in self.by_id.values() for each in entries)
        return Counter(each.provider for each in every if since <= each.at < until)

    def moments(self, provider: str) -> list[float]:
        """Return the times at which a provider accepted its messages, in order."""
        return sorted(each.at for entries in self.by_id.values() for each in entries if each.provider == provider)


@dataclass(slots=True, kw_only=True)
class ProviderProcess:
    """The stand-ins: their ports, and their control."""

    journal: Journal
    control_port: int
    ports: Mapping[str, int]

    @property
    def command(self) -> list[str]:
        """The command that runs them."""
        listen = [f"{name}={port}" for name, port in self.ports.items()]
        return [sys.executable, "-m", "chaos.provider", str(self.journal.file), str(self.control_port), *listen]

    def settings(self, *, idempotent: bool, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> str:
        """Return the setting PROVIDERS; ``overrides`` are further fields of some of them."""
        common = {"kind": "sendgrid", "apiKey": "chaos", "sender": "WaveCom <no-reply@wavecom.example.com>"}
        token = {"idempotencyHeader": TOKEN_HEADER} if idempotent else {}
        return json.dumps(
            [
                {**common, **token, "name": name, "baseUrl": f"http://{HOST}:{port}", **(overrides or {}).get(name, {})}
                for name, port in self.ports.items()
            ]
        )

    def behave(self, behaviour: Behaviour, *names: str) -> None:
        """Set the behaviour of some providers, or of all if none is named."""
        self._control({name: asdict(behaviour) for name in names or self.ports})

    def heal(self) -> None:
        """Restore the normal behaviour of all."""
        self.behave(Behaviour(mode=Mode.NORMAL))

    def counts(self) -> dict[str, Counts]:
        """Return the counts of each."""
        return {name: Counts(**counts) for name, counts in self._control({}).items()}

    def _control(self, settings: dict[str, Any]) -> dict[str, dict[str, int]]:
        answer = httpx.post(
            f"http://{HOST}:{self.control_port}/", json=settings, timeout=10, trust_env=False
        ).raise_for_status()
        counts: dict[str, dict[str, int]] = answer.json()
        return counts
