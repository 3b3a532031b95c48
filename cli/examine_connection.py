"""What `wavecom doctor` says of the way to the API: encryption, the key, and the clocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from cli.client import Answer, Api
from cli.findings import Finding, failed, ok, warning
from cli.output import duration

CERTIFICATE_SOON: Final = timedelta(days=14)
CLOCK_TOLERATED: Final = timedelta(seconds=5)
CLOCK_BAD: Final = timedelta(minutes=1)
"""From here on the API refuses a schedule of "now" as being in the past."""
PRIVATE: Final = 0o077
"""The permission bits of everybody but the owner."""


def encryption(api: Api, health: Answer) -> Finding:
    """Whether the way to the API is encrypted, and for how long its certificate is valid."""
    if not api.is_encrypted:
        if api.is_local:
            return ok("encryption", "plain HTTP, which does not leave this machine")
        advice = "Use an address that begins with https://. The key is not sent until then."
        return failed("encryption", "plain HTTP over a network: anybody on the way can read everything", advice)
    ends = health.certificate_ends
    left = ends - datetime.now(UTC) if ends else None
    if left is not None and left < CERTIFICATE_SOON:
        return warning("encryption", f"the certificate ends in {left.days} days", "Renew it.")
    return ok("encryption", f"TLS, certificate trusted{f', valid for {left.days} days' if left else ''}")


def key_file(path: Path | None) -> Iterator[Finding]:
    """Say where others than its owner may read the key file."""
    if path is not None and path.stat().st_mode & PRIVATE:
        yield warning("key file", f"{path} can be read by other users of this machine", f"chmod 600 {path}")


@dataclass(frozen=True, slots=True)
class Who:
    """Whom the API takes us for. ``answer`` is the one to an operator's question."""

    answer: Answer

    @property
    def is_operator(self) -> bool:
        """Whether it is an operator's key."""
        return self.answer.status == 200

    @property
    def admitted(self) -> bool:
        """Whether the key is valid; who asks too often is known as well."""
        return self.is_operator or (self.answer.status, self.answer.error_code) == (403, _NOT_OPERATOR)


_NOT_OPERATOR: Final = "FORBIDDEN"


def who(api: Api) -> Who:
    """Ask what only an operator may know, and a tenant is forbidden."""
    return Who(api.once("GET", "/api/providers"))


def key(api: Api, role: Who) -> Finding:
    """Whether the API knows the key, and what it may see."""
    status = role.answer.status
    if role.admitted:
        what = "the key is valid" if api.has_key else "none is needed here: the development tenant answers"
        sees = "it sees all tenants" if role.is_operator else "it sees its own tenant, neither providers nor others"
        world = ", in the test world, where simulators send" if api.is_test_key else ""
        return ok("key", f"{what}; role {'operator' if role.is_operator else 'tenant'}: {sees}{world}")
    if status == 401 and not api.has_key:
        return failed("key", "the API needs one, and none was given", "Set WAVECOM_API_KEY, or name a --key-file.")
    if status == 401:
        advice = "It may be revoked, or belong to another deployment. An operator makes one: wavecom keys create."
        return failed("key", "the API does not know it", advice)
    if status == 429:
        wait = role.answer.headers.get("retry-after", "60")
        return warning("key", "its requests of this minute are used up", f"Try again in {wait} s.")
    return failed("key", f"cannot be judged: the API answers {status} {role.answer.error_code}", "See dependencies.")


def clock(health: Answer) -> Finding:
    """How far this machine's clock is from the API's, by the Date header, which has whole seconds."""
    try:
        theirs = parsedate_to_datetime(health.headers.get("date", ""))
    except (ValueError, TypeError):
        return warning("clock", "the API's answer has no date", "A proxy may have taken it out.")
    ours = datetime.now(UTC) - timedelta(seconds=health.seconds / 2)
    difference = abs(ours - theirs - timedelta(milliseconds=500))
    text = f"this machine and the API are {duration(difference.total_seconds())} apart"
    advice = "Let both follow a time server; --schedule and --expires are judged by the API's clock."
    if difference > CLOCK_BAD:
        return failed("clock", text, advice)
    return warning("clock", text, advice) if difference > CLOCK_TOLERATED else ok("clock", text)
