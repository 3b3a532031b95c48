"""The meaning of an SMTP server's refusals, by the step of the dialogue, the reply's codes and its words.

A refusal's codes are its three digits (RFC 5321, section 4.2) and its enhanced status code where it has one (RFC 3463
and IANA's registry of SMTP enhanced status codes). Many servers say more in words than in codes, and some say the
opposite of their codes: the words of the rows are those of Postfix, Exim, Sendmail, Exchange, Gmail, Amazon SES's SMTP
interface and Tencent's servers, as their manuals give them.
"""

from typing import Final

from wavecom.adapters.providers.refusals import Rule, for_good, for_now, limit, read
from wavecom.domain.providers.outcomes import About, ProviderError, UnknownOutcomeError
from wavecom.domain.suppressions.reason import SuppressionReason

MAIL: Final = "MAIL"
RCPT: Final = "RCPT"
DATA: Final = "DATA"
END: Final = "end of content"
"""The steps at which a server may refuse a message."""

REFUSALS: Final[tuple[Rule, ...]] = (
    # Codes with only one meaning.
    limit(["454"], "Amazon SES: 454 Throttling failure", words="throttling | rate exceeded | quota"),
    for_now(["454"], "RFC 3207, RFC 4954: encryption or authentication is not to be had now"),
    for_now(["421"], "RFC 5321, 4.2.1: service not available, closing channel"),
    for_good(
        ["5.1.1", "5.1.6", "5.1.10"],
        About.RECIPIENT,
        "RFC 3463, 3.2: no such mailbox, it has moved; RFC 7505: its domain takes no mail",
        suppression_reason=SuppressionReason.HARD_BOUNCE,
    ),
    for_good(["5.7.17", "5.7.18"], About.RECIPIENT, "RFC 7293: mailbox or domain has another owner"),
    for_now(["?.1.7", "?.1.8"], "RFC 3463, 3.2: our sender's mailbox or domain is refused", about=About.IDENTITY),
    for_now(
        ["530", "534", "535", "538", "5.7.3", "?.7.8", "?.7.9", "?.7.1[0-5]"],
        "RFC 4954, RFC 5248, Exchange: authentication or encryption is wanted of us",
    ),
    for_now(["?.7.25"], "RFC 7372: reverse DNS of our IP address"),
    for_now(
        ["?.7.2[0-9]", "?.7.30"],
        "RFC 7372, RFC 7505, RFC 8689, IANA: SPF, DKIM, DMARC, null MX of our sender, flood",
        about=About.IDENTITY,
    ),
    for_now(["5.7.60"], "Exchange: not allowed to send as this sender", about=About.IDENTITY),
    for_now(
        ["5.7.50[1-3]", "5.7.51?", "5.7.60[6-9]", "5.7.6[1-4]?", "5.7.70?", "5.7.7[1-5]?"],
        "Exchange: sender, IP address or tenant blocked",
    ),
    for_now(["?.4.5"], "RFC 3463, 3.5: mail system congested; Gmail: daily sending quota"),
    for_now(["500", "501", "502", "503", "504", "?.3.5", "?.5.[0-4]"], "RFC 5321, 4.2.2: our side of the dialogue"),
    # Words about us.
    for_now(
        ["4*", "5*"],
        "Postfix, Exim, Sendmail, Exchange: we may not relay there",
        words="relay access denied | relay not permitted | relaying denied | unable to relay | not a relay",
    ),
    for_now(
        ["4*", "5*"],
        "Authentication is wanted of us, or failed",
        words="authentication required | must authenticate | not authenticated | client was not authenticated",
    ),
    for_now(
        ["4*", "5*"],
        "Postfix, Exchange, Exim: our sender's address is refused",
        about=About.IDENTITY,
        words="sender address rejected | sender rejected | sender denied | sendasdenied | "
        "sender verify failed | not owned by | not allowed to send | permissions to send as | "
        "sender is not authorized",
    ),
    for_now(
        ["4*", "5*"],
        "Amazon SES: identity not verified (or its sandbox)",
        about=About.IDENTITY,
        words="address is not verified | not verified",
    ),
    for_now(
        ["4*", "5*"],
        "Amazon SES: account suspended or paused",
        words="sending suspended | sending paused | sending is paused",
    ),
    for_now(
        ["4*", "5*"],
        "Tencent and others: too many connections or messages of ours",
        words="frequency limit | too many connections | connection rate | sending rate | sending limit | "
        "sending quota | message rate limit | rate limit exceeded",
    ),
    for_now(
        ["4*", "5*"],
        "A list or reputation speaks against our IP address or domain",
        words="block list | blocklist | blacklist | black list | blocked using | dnsbl | spamhaus | spamcop | "
        "barracuda | sorbs | client host rejected | client host blocked | reputation | your ip | "
        "reverse dns | ptr record | helo command rejected",
    ),
    for_now(
        ["4*", "5*"],
        "Our domain's records: SPF, DKIM, DMARC",
        about=About.IDENTITY,
        words="dmarc | spf fail | spf check | spf validation | dkim",
    ),
    # Words about the recipient or the message.
    for_good(
        ["5*"],
        About.RECIPIENT,
        "Postfix, Exim, Sendmail, Exchange: there is no such recipient",
        words="user unknown | unknown user | no such user | no such recipient | recipient not found | "
        "unknown recipient | mailbox does not exist | mailbox not found | user doesn't exist | "
        "user does not exist | account does not exist | no mailbox here",
        suppression_reason=SuppressionReason.HARD_BOUNCE,
    ),
    for_now(
        ["4*"],
        "Greylisting: RFC 6647",
        about=About.RECIPIENT,
        words="greylist | graylist | grey list | gray list",
        worth_waiting=True,
    ),
    for_good(["5*"], About.MESSAGE, "The content is refused", words="virus | malware | infected"),
    for_good(["5*"], About.RECIPIENT, "Postfix: a rule on recipients", words="recipient address rejected"),
    # Codes about the recipient or the message.
    for_good(["5.2.3", "5.3.4", "5.6.*"], About.MESSAGE, "RFC 3463, 3.3, 3.4 and 3.7: size or content"),
    for_good(["5.1.*", "5.2.*"], About.RECIPIENT, "RFC 3463, 3.2 and 3.3: its address or mailbox"),
    for_good(["552"], About.MESSAGE, "RFC 5321, 4.2.2: exceeded storage allocation"),
    for_now(
        ["4.1.*", "4.2.*"],
        "RFC 3463, 3.2 and 3.3: its address or mailbox; full, busy, greylisted",
        about=About.RECIPIENT,
        worth_waiting=True,
    ),
    for_now(["4.3.*", "4.4.*", "?.3.*"], "RFC 3463, 3.4 and 3.5: the mail system or its network"),
    # The rest, by step.
    for_now(["4*", "5*"], "MAIL names our sender and nothing of the message", about=About.IDENTITY, step=MAIL),
    for_good(
        ["5.7.*", "5.4.*", "554"],
        About.UNCLEAR,
        "RFC 3463, 3.8: security or policy; RFC 5321: transaction failed. Neither says whose fault it is",
    ),
    for_good(["550", "551", "553"], About.RECIPIENT, "RFC 5321, 4.2.2: mailbox unavailable", step=RCPT),
    for_now(
        ["450"],
        "RFC 5321, 4.2.2: mailbox busy, or greylisting",
        about=About.RECIPIENT,
        step=RCPT,
        worth_waiting=True,
    ),
    for_good(["5*"], About.UNCLEAR, "RFC 5321, 4.2.1: permanent negative completion"),
    for_now(["4*"], "RFC 5321, 4.2.1: transient negative completion", about=About.UNCLEAR),
)


def refusal(step: str, number: int, code: str, text: str, detail: str) -> ProviderError:
    """Return the meaning of a reply that refuses a message at ``step``.

    ``number`` is its three digits and ``code`` its enhanced status code, or the same digits if it has none. After
    the content, a reply that is not one of RFC 5321's leaves open whether the server accepted it.
    """
    if number // 100 not in (4, 5):
        if step == END:
            return UnknownOutcomeError(detail, code=code)
        number, code = 421, str(number)
    return read(REFUSALS, (code, str(number)), text, detail=detail, code=code, step=step)
