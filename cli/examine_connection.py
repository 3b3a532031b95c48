"""The checks of `wavecom doctor` on the connection to the API: encryption, the key, and the clocks."""

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
"""The difference from which the API refuses a schedule of "now" as being in the past."""
PRIVATE: Final = 0o077
"""The permission bits of everybody but the owner."""


def encryption(api: Api, health: Answer) -> Finding:
    """Check whether the connection is encrypted, and how long its certificate is valid."""
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
    """Warn if users other than its owner can read the key file."""
    if path is not None and path.stat().st_mode & PRIVATE:
        yield warning("key file", f"{path} can be read by other users of this machine", f"chmod 600 {path}")


@dataclass(frozen=True, slots=True)
class KeyRights:
    """The key's rights, by the API's ``answer`` to an operator's request."""

    answer: Answer

    @property
    def is_operator(self) -> bool:
        """True if it is an operator's key."""
        return self.answer.status == 200

    @property
    def admitted(self) -> bool:
        """True if the key is valid. A caller over its rate limit is not counted as admitted."""
        return self.is_operator or (self.answer.status, self.answer.error_code) == (403, _NOT_OPERATOR)


_NOT_OPERATOR: Final = "FORBIDDEN"


def key_rights(api: Api) -> KeyRights:
    """Make a request that the API allows only to operators."""
    return KeyRights(api.once("GET", "/api/providers"))


def key(api: Api, role: KeyRights) -> Finding:
    """Check whether the API knows the key, and report what it may see."""
    status = role.answer.status
    if role.admitted:
        reason = "the key is valid" if api.has_key else "none is needed here: the development tenant answers"
        scope = "it sees all tenants" if role.is_operator else "it sees its own tenant, neither providers nor others"
        world = ", in the test world, where simulators send" if api.is_test_key else ""
        return ok("key", f"{reason}; role {'operator' if role.is_operator else 'tenant'}: {scope}{world}")
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
    """Compare this machine's clock with the API's, by the Date header, which has whole seconds."""
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
