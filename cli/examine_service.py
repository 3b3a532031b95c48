"""What `wavecom doctor` says of the service behind the API: its dependencies, queues, dead letters and books."""

from collections.abc import Iterator
from typing import Any, Final

from cli.client import Answer, Api
from cli.findings import Finding, failed, ok, warning
from cli.values import IN_SANDBOX

QUEUE_DEEP: Final = 10_000
"""Messages in one queue from which on consumers do not keep up."""
DEAD_LETTERS: Final = "notifications_dlq"
"""Nobody consumes it, and the dead letters have a line of their own."""
SANDBOX_ADVICE: Final = "Ask AWS for production access; docs/deploy.md says how."
FAILING: Final = 5.0
"""Percent of failed attempts that a healthy provider stays below."""


def dependencies(health: Answer) -> Iterator[Finding]:
    """Whether the database and the broker answer the API."""
    for name, state in health.body["services"].items():
        if state == "connected":
            yield ok(name, "answers the API")
        else:
            advice = "Start it, or check the address that the API has for it."
            yield failed(name, "does not answer the API; what is accepted waits, or nothing is", advice)


def degradation(api: Api) -> Finding:
    """Whether lists are answered, which they are not under heavy load."""
    answer = api.once("GET", "/api/notifications", query={"limit": 1})
    if answer.status == 200:
        return ok("load", "lists and statistics are answered")
    if answer.error_code == "OVERLOADED":
        advice = (
            "More comes in than it was built for; it goes back by itself. At the next level only CRITICAL is accepted."
        )
        return warning("load", "degraded: lists and statistics are not answered", advice)
    return _unanswered("load", answer)


def queues(api: Api) -> Finding:
    """How many messages wait."""
    answer = api.once("GET", "/api/notifications/stats/system")
    if answer.status != 200:
        return _unanswered("queues", answer)
    depths: dict[str, int] | None = answer.data["queueDepth"]
    if depths is None:
        return failed("queues", "the broker does not say how deep they are", "Nothing is delivered until it is back.")
    text = ", ".join(f"{name} {depth}" for name, depth in depths.items())
    if any(depth >= QUEUE_DEEP for name, depth in depths.items() if name != DEAD_LETTERS):
        advice = f"{QUEUE_DEEP} and more: let more consumers run, or see which provider is slow: wavecom providers."
        return warning("queues", text, advice)
    return ok("queues", text)


def dead_letters(api: Api) -> Finding:
    """Whether there are dead letters."""
    answer = api.once("GET", "/api/dlq")
    if answer.status != 200:
        return _unanswered("dead letters", answer)
    total, groups = answer.data["total"], answer.data["groups"]
    if not groups:
        return ok("dead letters", "none")
    most = max(groups, key=lambda each: int(each["count"]))
    text = f"{total}; most ({most['count']}) on {most['day']}: {most['cause']} at {most['provider'] or 'no provider'}"
    return warning("dead letters", text, "wavecom dlq list shows them, wavecom dlq replay sends them again.")


def breakers(api: Api) -> Iterator[Finding]:
    """Which providers are not called, fail often, or are still in their sandbox."""
    answer = api.once("GET", "/api/providers")
    if answer.status != 200:
        yield _unanswered("providers", answer)
        return
    providers: list[dict[str, Any]] = answer.data
    calling = {each["type"] for each in providers if each["breaker"] != "open"}
    troubled = False
    for each in providers:
        name, channel = each["name"], each["type"]
        if each["breaker"] == "open" and channel not in calling:
            troubled = True
            advice = f"{channel} waits until it answers again; check the provider, then wavecom providers."
            yield failed("providers", f"the breaker of {name} is open, and {channel} has no other provider", advice)
        elif each["breaker"] == "open":
            troubled = True
            yield warning("providers", f"the breaker of {name} is open", f"Other providers of {channel} take over.")
        elif each["failureRate"] > FAILING:
            troubled = True
            text = f"{each['failureRate']} % of the attempts of {name} fail"
            yield warning("providers", text, "wavecom providers shows its outcomes and its weight.")
        if each.get("inSandbox"):
            troubled = True
            yield warning("providers", f"{name} {IN_SANDBOX}", SANDBOX_ADVICE)
    if not troubled:
        out = [each["name"] for each in providers if each.get("inSandbox") is False]
        beyond = f"; {', '.join(out)} out of the sandbox" if out else ""
        yield ok("providers", f"{len(providers)}, no breaker open{beyond}")


def ledger(api: Api, *, all_tenants: bool) -> Finding:
    """Whether everything that was accepted is accounted for."""
    answer = api.once("GET", "/api/ledger", query={"minutes": 60, "allTenants": all_tenants or None})
    if answer.status != 200:
        return _unanswered("ledger", answer)
    lines = [*answer.data["minutes"], answer.data["total"]]
    wrong = [each for each in lines if not each["balanced"]]
    if wrong:
        text = f"does not balance in {len(wrong)} of {len(lines)} lines"
        return failed("ledger", text, "wavecom ledger shows where; wavecom audit verifies the trails of that time.")
    return ok("ledger", f"balances: {answer.data['total']['accepted']} accepted, all accounted for")


def _unanswered(check: str, answer: Answer) -> Finding:
    """Return the finding of a question that was refused."""
    if answer.error_code == "OVERLOADED":
        return warning(check, "not answered under the present load", "Ask again when the load is back to normal.")
    if answer.status == 429:
        wait = answer.headers.get("retry-after", "60")
        return warning(check, "not answered: the key's requests of this minute are used up", f"Try again in {wait} s.")
    return failed(check, f"the API answers {answer.status} {answer.error_code}", "See what is down above.")
