"""What refusals of real servers mean, word by word as these servers give them, over a real SMTP dialogue."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from tests.builders import an_outgoing
from wavecom.adapters.providers.email.smtp import Encryption, SmtpEmailProvider
from wavecom.adapters.providers.email.smtp_refusals import DATA, END, MAIL, RCPT, REFUSALS, refusal
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.outcomes import About, Outcome, ProviderError, TransientError
from wavecom.domain.suppressions.reason import SuppressionReason

NOW, EVER = Outcome.TRANSIENT, Outcome.PERMANENT
US = [
    (RCPT, "554 5.7.1 <a@b.example>: Relay access denied"),
    (RCPT, "550 relay not permitted"),
    (RCPT, "550 5.7.1 Unable to relay for a@b.example"),
    (RCPT, "550 5.7.1 Authentication required"),
    (RCPT, "530 5.7.1 Must issue a STARTTLS command first"),
    (RCPT, "550 5.7.3 Requested action aborted; user not authenticated"),
    (END, "550 5.7.25 The IP address sending this message does not have a PTR record"),
    (END, "550 5.7.501 Service unavailable. Spam abuse detected from IP range"),
    (END, "550 5.7.511 Access denied, banned sender"),
    (RCPT, "550 5.7.606 Access denied, banned sending IP [192.0.2.1]"),
    (END, "550 5.7.705 Access denied, tenant has exceeded threshold"),
    (END, "550 5.4.5 Daily user sending limit exceeded"),
    (END, "554 Message rejected: Sending suspended for this account"),
    (RCPT, "550 - Connection frequency limited"),
    (RCPT, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"),
    (RCPT, "550 5.7.1 Mail from 192.0.2.1 refused, on a block list"),
    (RCPT, "554 5.7.1 <mx.bank.example[192.0.2.1]>: Client host rejected: Access denied"),
    (
        END,
        "550 5.7.1 Our system has detected that this is suspicious by the low reputation of the sending domain",
    ),
    (RCPT, "503 5.5.1 Bad sequence of commands"),
    (RCPT, "451 4.3.0 Temporary lookup failure"),
    (END, "451 4.4.1 No answer from host"),
    (RCPT, "454 4.7.0 TLS not available due to local problem"),
]
IDENTITY = [
    (MAIL, "553 5.7.1 <no-reply@bank.example>: Sender address rejected: not owned by user bank"),
    (RCPT, "553 5.7.1 <no-reply@bank.example>: Sender address rejected: not owned by user bank"),
    (RCPT, "550 5.1.8 <no-reply@bank.example>: Sender address rejected: Domain not found"),
    (RCPT, "550 Sender verify failed"),
    (END, "550 5.7.23 The message was rejected because of Sender Policy Framework violation"),
    (END, "550 5.7.26 This mail has been blocked because the sender is unauthenticated"),
    (END, "550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
    (END, "554 Message rejected: Email address is not verified. The following identities failed the check"),
    (END, "550 5.7.1 Email rejected per DMARC policy for bank.example"),
    (MAIL, "550 5.7.1 Not today"),
]
DEAD = [
    (RCPT, "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table"),
    (RCPT, "550 5.1.1 The email account that you tried to reach does not exist"),
    (RCPT, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    (RCPT, "551 5.1.6 Mailbox has moved"),
    (RCPT, "550 No such user here"),
    (END, "550 5.1.1 User unknown"),
]
RECIPIENT = [
    (RCPT, "550 5.1.3 Bad destination mailbox address syntax"),
    (RCPT, "552 5.2.2 Mailbox full"),
    (RCPT, "550 5.2.1 Mailbox disabled, not accepting messages"),
    (RCPT, "554 5.7.1 <a@b.example>: Recipient address rejected: Access denied"),
    (RCPT, "550 5.7.17 Mailbox owner has changed"),
    (RCPT, "550 Mailbox unavailable"),
]
RECIPIENT_NOW = [
    (RCPT, "450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted, see http://postgrey.example"),
    (RCPT, "451 4.7.1 Greylisting in action, please come back later"),
    (RCPT, "452 4.2.2 The email account that you tried to reach is over quota"),
    (RCPT, "450 4.1.1 Recipient address rejected: unverified address"),
    (RCPT, "450 Requested mail action not taken: mailbox unavailable"),
]
MESSAGE = [
    (MAIL, "552 5.3.4 Message size exceeds fixed limit"),
    (END, "552 5.3.4 Message too big for system"),
    (END, "554 5.6.0 Message contains invalid header"),
    (END, "550 5.7.1 Message contains a virus"),
]
UNCLEAR = [
    (END, "554 Transaction failed"),
    (RCPT, "554 Transaction failed"),
    (RCPT, "550 5.7.1 Delivery not authorized, message refused"),
    (END, "550 5.7.1 Message rejected as spam by Content Filtering"),
    (END, "550 No"),
    (END, "554 5.7.0 Reject"),
]
TABLE = [
    *((step, reply, NOW, About.SENDER, None) for step, reply in US),
    *((step, reply, NOW, About.IDENTITY, None) for step, reply in IDENTITY),
    *((step, reply, EVER, About.RECIPIENT, SuppressionReason.HARD_BOUNCE) for step, reply in DEAD),
    *((step, reply, EVER, About.RECIPIENT, None) for step, reply in RECIPIENT),
    *((step, reply, NOW, About.RECIPIENT, None) for step, reply in RECIPIENT_NOW),
    *((step, reply, EVER, About.MESSAGE, None) for step, reply in MESSAGE),
    *((step, reply, EVER, About.UNCLEAR, None) for step, reply in UNCLEAR),
]


@dataclass
class Refusing:
    """A server that refuses at one step."""

    at: dict[str, str] = field(default_factory=dict)

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self.at.get(MAIL, "250 2.1.0 OK")

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        return self.at.get(RCPT, "250 2.1.5 OK")

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        return self.at.get(END, "250 2.0.0 OK")


@pytest.fixture(scope="module")
def refusing() -> Iterator[tuple[Refusing, SmtpEmailProvider]]:
    handler = Refusing()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    provider = SmtpEmailProvider(
        host="127.0.0.1",
        port=port,
        sender="no-reply@bank.example",
        encryption=Encryption.NONE,
        timeout=timedelta(seconds=5),
    )
    yield handler, provider
    provider.close()
    controller.stop()


def error_of(refusing: tuple[Refusing, SmtpEmailProvider], step: str, reply: str) -> ProviderError:
    handler, provider = refusing
    handler.at = {step: reply}
    message = an_outgoing(
        notification_id="65f0c1d2a1b2c3d4e5f60718",
        channel=Channel.EMAIL,
        recipient="a@b.example",
        subject="Your receipt",
        message="Thank you",
        attempt=1,
    )
    with pytest.raises(ProviderError) as caught:
        provider.send(message)
    return caught.value


@pytest.mark.parametrize(
    ("step", "reply", "outcome", "about", "suppression_reason"), TABLE, ids=[row[1][:40] for row in TABLE]
)
def test_refusal_speaks_of_whom_its_server_means(
    refusing: tuple[Refusing, SmtpEmailProvider],
    step: str,
    reply: str,
    outcome: Outcome,
    about: About,
    suppression_reason: SuppressionReason | None,
) -> None:
    error = error_of(refusing, step, reply)

    assert (error.outcome, error.about, error.suppression_reason) == (outcome, about, suppression_reason)
    assert (isinstance(error, TransientError) and error.worth_waiting) == ((step, reply) in RECIPIENT_NOW)


@pytest.mark.parametrize("word", ["relay.access.denied", "spamhaus", "greylisted", "virus", "not.verified"])
def test_address_does_not_choose_what_its_refusal_means(word: str) -> None:
    for quoted in (f"<{word}@evil.example>", f"{word}@evil.example", f"<{word} x@evil.example>"):
        error = refusal(RCPT, 550, "550", f"{quoted}: Mailbox unavailable", "detail")

        assert (error.outcome, error.about) == (EVER, About.RECIPIENT)


@pytest.mark.parametrize("step", [MAIL, RCPT, DATA, END])
def test_every_refusal_has_a_meaning(step: str) -> None:
    for number in range(400, 600):
        for enhanced in ("", *(f"{number // 100}.{subject}.{detail}" for subject in range(8) for detail in range(31))):
            error = refusal(step, number, enhanced or str(number), "Something", "detail")

            assert error.outcome in (NOW, EVER, Outcome.RATE_LIMITED)
            assert number // 100 == 5 or error.outcome is not EVER, "what is refused for now may be taken later"


def test_every_row_can_decide() -> None:
    """A row behind one that fits all that it fits would be a mistake in the order."""
    deciding = set()
    for step in (MAIL, RCPT, DATA, END):
        for rule in REFUSALS:
            for pattern in rule.codes:
                code = re.sub(r"\[(.).*?\]", r"\1", pattern).replace("?", "5").replace("*", "99")
                for word in rule.words or ("Something",):
                    first = next(each for each in REFUSALS if each.fits((code, code[:1] + "99"), word, step))
                    deciding.add(id(first))

    assert [rule.why for rule in REFUSALS if id(rule) not in deciding] == []
