"""The result of a phase: figures, and broken invariants."""

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from chaos.kind import KINDS, Kind


@dataclass(slots=True, kw_only=True)
class PolicyFigures:
    """Figures of a phase's notifications with one ``onUnknown``."""

    policy: str
    accepted: int = 0
    finished: int = 0
    lost: list[str] = field(default_factory=list)
    """Ids that are not finished, not stored, or SENT without a record at a provider."""
    sent_twice: list[str] = field(default_factory=list)
    sent_twice_unexplained: list[str] = field(default_factory=list)
    """Ids sent twice without an attempt of unknown outcome."""
    held_too_soon: list[str] = field(default_factory=list)
    """FAILED for an unknown outcome although a provider could still have been asked again."""
    held: list[str] = field(default_factory=list)
    """FAILED for an unknown outcome."""
    by_status: Counter[str] = field(default_factory=Counter)
    failed_by_cause: Counter[str] = field(default_factory=Counter)
    held_though_sent: int = 0
    """FAILED for an unknown outcome although a provider had accepted it; the other held ones were never sent."""

    def broken(self, kind: Kind) -> dict[str, list[str]]:
        """Return each broken invariant, with the ids that show it."""
        found = {
            "lost": self.lost,
            "sent twice without an attempt of unknown outcome": self.sent_twice_unexplained,
            "sent twice under hold": self.sent_twice if self.policy == "hold" else [],
            "held though the provider could be asked again": self.held_too_soon if kind.idempotent else [],
            "held though its consumer lived": self.held if kind.outages else [],
            "sent twice though its consumer lived": self.sent_twice if kind.outages else [],
        }
        return {what: ids for what, ids in found.items() if ids}

    def as_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON values, lists as their lengths."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {_camel(name): len(value) if isinstance(value, list) else value for name, value in values.items()}


@dataclass(slots=True, kw_only=True)
class PhaseOutcome:
    """The result of one fault. ``recovery_seconds`` is from the end of the fault to the last finish."""

    fault: str
    title: str
    kind: Kind
    seconds: float
    policies: list[PolicyFigures] = field(default_factory=list)
    asked: int = 0
    requests_repeated: int = 0
    recovery_seconds: float = 0.0
    stored_unasked: int = 0
    """Notifications in the database that no answer has named: created twice for one request."""
    audit_entries: int = 0
    troubles: list[str] = field(default_factory=list)
    """Broken invariants that do not concern a single notification."""
    skipped: str | None = None

    def broken(self) -> dict[str, list[str]]:
        """Return each broken invariant, with the ids that show it, if any."""
        found: dict[str, list[str]] = {trouble: [] for trouble in self.troubles}
        for figures in self.policies:
            for what, ids in figures.broken(self.kind).items():
                found[f"{figures.policy}: {what}"] = ids
        return found

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        plain = {
            "fault": self.fault,
            "title": self.title,
            "kind": self.kind.name,
            "seconds": self.seconds,
            "asked": self.asked,
            "requestsRepeated": self.requests_repeated,
            "recoverySeconds": round(self.recovery_seconds, 1),
            "storedUnasked": self.stored_unasked,
            "auditEntries": self.audit_entries,
            "policies": [figures.as_json() for figures in self.policies],
            "broken": {what: len(ids) for what, ids in self.broken().items()},
        }
        return {**plain, "skipped": self.skipped} if self.skipped else plain


def failed_or_broken(made: PolicyFigures) -> dict[str, int]:
    """Return the broken invariants for a load in which nothing may be FAILED either, with their numbers of ids."""
    broken = {what: len(ids) for what, ids in made.broken(KINDS["plain"]).items()}
    failed = sum(made.failed_by_cause.values())
    return {**broken, "FAILED": failed} if failed else broken


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
