"""The checks of `wavecom doctor` on the service behind the API: dependencies, queues, dead letters and ledger."""

from collections.abc import Iterator
from typing import Any, Final

from cli.client import Answer, Api
from cli.findings import Finding, failed, ok, warning
from cli.values import IN_SANDBOX

QUEUE_DEEP: Final = 10_000
"""The number of messages in one queue at which consumers do not keep up."""
DEAD_LETTERS: Final = "notifications_dlq"
"""A queue without consumers; the dead letters have a check of their own."""
SANDBOX_ADVICE: Final = "Ask AWS for production access; docs/deploy.md says how."
FAILING: Final = 5.0
"""The percentage of failed attempts that a healthy provider stays below."""


def dependencies(health: Answer) -> Iterator[Finding]:
    """Check whether the database and the broker answer the API."""
    for name, state in health.body["services"].items():
        if state == "connected":
            yield ok(name, "answers the API")
        else:
            advice = "Start it, or check the address that the API has for it."
            yield failed(name, "does not answer the API; notifications wait, or are not accepted", advice)


def degradation(api: Api) -> Finding:
    """Check whether lists are answered, which they are not under heavy load."""
    answer = api.once("GET", "/api/notifications", query={"limit": 1})
    if answer.status == 200:
        return ok("load", "lists and statistics are answered")
    if answer.error_code == "OVERLOADED":
        advice = (
            "The load is above its threshold; the level falls with it. At the next level only CRITICAL is accepted."
        )
        return warning("load", "degraded: lists and statistics are not answered", advice)
    return _unanswered("load", answer)


def queues(api: Api) -> Finding:
    """Report the number of waiting messages."""
    answer = api.once("GET", "/api/notifications/stats/system")
    if answer.status != 200:
        return _unanswered("queues", answer)
    depths: dict[str, int] | None = answer.data["queueDepth"]
    if depths is None:
        return failed("queues", "the broker does not report their depths", "Nothing is delivered until it is back.")
    text = ", ".join(f"{name} {depth}" for name, depth in depths.items())
    if any(depth >= QUEUE_DEEP for name, depth in depths.items() if name != DEAD_LETTERS):
        advice = f"{QUEUE_DEEP} and more: let more consumers run, or see which provider is slow: wavecom providers."
        return warning("queues", text, advice)
    return ok("queues", text)


def dead_letters(api: Api) -> Finding:
    """Check whether there are dead letters."""
    answer = api.once("GET", "/api/dlq")
    if answer.status != 200:
        return _unanswered("dead letters", answer)
    total, groups = answer.data["total"], answer.data["groups"]
    if not groups:
        return ok("dead letters", "none")
    largest = max(groups, key=lambda each: int(each["count"]))
    place = f"{largest['cause']} at {largest['provider'] or 'no provider'}"
    text = f"{total}; most ({largest['count']}) on {largest['day']}: {place}"
    return warning("dead letters", text, "wavecom dlq list shows them, wavecom dlq replay sends them again.")


def breakers(api: Api) -> Iterator[Finding]:
    """Report providers that are not called, fail often, or are still in their sandbox."""
    answer = api.once("GET", "/api/providers")
    if answer.status != 200:
        yield _unanswered("providers", answer)
        return
    providers: list[dict[str, Any]] = answer.data
    available = {each["type"] for each in providers if each["breaker"] != "open"}
    has_findings = False
    for each in providers:
        name, channel = each["name"], each["type"]
        if each["breaker"] == "open" and channel not in available:
            has_findings = True
            advice = f"{channel} waits until it answers again; check the provider, then wavecom providers."
            yield failed("providers", f"the breaker of {name} is open, and {channel} has no other provider", advice)
        elif each["breaker"] == "open":
            has_findings = True
            yield warning("providers", f"the breaker of {name} is open", f"Other providers of {channel} take over.")
        elif each["failureRate"] > FAILING:
            has_findings = True
            text = f"{each['failureRate']} % of the attempts of {name} fail"
            yield warning("providers", text, "wavecom providers shows its outcomes and its weight.")
        if each.get("inSandbox"):
            has_findings = True
            yield warning("providers", f"{name} {IN_SANDBOX}", SANDBOX_ADVICE)
    if not has_findings:
        in_production = [each["name"] for each in providers if each.get("inSandbox") is False]
        sandbox_note = f"; {', '.join(in_production)} out of the sandbox" if in_production else ""
        yield ok("providers", f"{len(providers)}, no breaker open{sandbox_note}")


def ledger(api: Api, *, all_tenants: bool) -> Finding:
    """Check whether everything accepted is accounted for."""
    answer = api.once("GET", "/api/ledger", query={"minutes": 60, "allTenants": all_tenants or None})
    if answer.status != 200:
        return _unanswered("ledger", answer)
    lines = [*answer.data["minutes"], answer.data["total"]]
    unbalanced = [each for each in lines if not each["balanced"]]
    if unbalanced:
        text = f"does not balance in {len(unbalanced)} of {len(lines)} lines"
        return failed("ledger", text, "wavecom ledger shows where; wavecom audit verifies the trails of that time.")
    return ok("ledger", f"balances: {answer.data['total']['accepted']} accepted, all accounted for")


def _unanswered(check: str, answer: Answer) -> Finding:
    """Return the finding for a request that was refused."""
    if answer.error_code == "OVERLOADED":
        return warning(check, "not answered under the present load", "Ask again when the load is back to normal.")
    if answer.status == 429:
        wait = answer.headers.get("retry-after", "60")
        return warning(check, "not answered: the key's requests of this minute are used up", f"Try again in {wait} s.")
    return failed(check, f"the API answers {answer.status} {answer.error_code}", "See the dependencies above.")
