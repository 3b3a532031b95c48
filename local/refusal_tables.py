"""The tables of providers' refusals in docs/providers.md, written from the code's own tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from local.config import PROJECT
from wavecom.adapters.providers import aws
from wavecom.adapters.providers.email import sendgrid_refusals, ses, smtp_refusals
from wavecom.adapters.providers.push import apns, fcm
from wavecom.adapters.providers.refusals import Rule
from wavecom.adapters.providers.sms import end_user_messaging, sns, twilio
from wavecom.domain.providers.outcomes import About, Outcome

PAGE: Final = PROJECT / "docs" / "providers.md"
BEGIN: Final = "<!-- refusals: written by make refusals -->"
END: Final = "<!-- end of refusals -->"
TABLES: Final[Mapping[str, Sequence[Rule]]] = {
    "SMTP": smtp_refusals.REFUSALS,
    "Amazon SES": ses.REFUSALS,
    "Amazon SES, one message of SendBulkEmail": ses.STATUSES,
    "SendGrid, by field": sendgrid_refusals.FIELDS,
    "SendGrid, by status": sendgrid_refusals.REFUSALS,
    "AWS End User Messaging": end_user_messaging.REFUSALS,
    "Amazon SNS": sns.REFUSALS,
    "All of AWS, after a service's own table": aws.COMMON_REFUSALS,
    "Twilio": twilio.REFUSALS,
    "Firebase Cloud Messaging": fcm.REFUSALS,
    "Apple Push Notification service": apns.REFUSALS,
}
_FOLLOWS: Final[Mapping[tuple[Outcome, About], str]] = {
    (Outcome.PERMANENT, About.RECIPIENT): "FAILED",
    (Outcome.PERMANENT, About.MESSAGE): "FAILED",
    (Outcome.PERMANENT, About.UNCLEAR): "next provider, else FAILED",
    (Outcome.TRANSIENT, About.RECIPIENT): "a retry",
    (Outcome.TRANSIENT, About.SENDER): "next provider, else a retry; counts against this one",
    (Outcome.TRANSIENT, About.IDENTITY): "next provider, else a retry; counts against this one if it is its own sender",
    (Outcome.TRANSIENT, About.UNCLEAR): "next provider, else a retry",
    (Outcome.RATE_LIMITED, About.SENDER): "next provider, else a wait that spends no retry",
    (Outcome.UNKNOWN, About.SENDER): "`onUnknown` decides; counts against this one",
}


def tables() -> str:
    """Return all tables in Markdown."""
    return "\n".join(line for name, rules in TABLES.items() for line in _table(name, rules))


def write() -> None:
    """Replace the tables in docs/providers.md."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{tables()}\n{END}{after}")


def _table(name: str, rules: Sequence[Rule]) -> Iterator[str]:
    yield from (f"#### {name}", "", "| refusal | is about | what follows | why |", "| --- | --- | --- | --- |")
    for rule in rules:
        follows = _FOLLOWS[rule.outcome, rule.about] + (
            "; the recipient is suppressed" if rule.suppression_reason else ""
        )
        yield f"| {_refusal(rule)} | {rule.about} | {follows} | {_cell(rule.why)} |"
    yield ""


def _refusal(rule: Rule) -> str:
    codes = ", ".join(f"`{code}`" for code in rule.codes)
    words = f", with {', '.join(f'“{word}”' for word in rule.words)}" if rule.words else ""
    return _cell(codes + words + (f", at {rule.step}" if rule.step else ""))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
