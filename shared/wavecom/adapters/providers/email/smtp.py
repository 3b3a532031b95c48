"""Email over SMTP (RFC 5321), on pooled connections, in steps that record how far the dialogue got.

`smtp_refusals` has the meaning of a server's refusals. Every failure before the content was sent, including connecting,
encrypting and authenticating, is Transient: nothing was sent, and address, certificate and credentials are our
configuration. If a connection breaks, or the time runs out, while the content is being sent or its answer is awaited,
the outcome is Unknown: the server may have accepted it (RFC 1047).

``code`` of an error is the reply's enhanced status code (RFC 3463) where it has one, else its three digits, else one of
the words ``connect_failed``, ``timeout``, ``connection_lost``, ``tls_failed``, ``not_supported`` (the server lacks
STARTTLS or AUTH), ``credentials_unusable``, ``pool_exhausted`` (RateLimited: every connection was busy for a whole
``timeout``). Found before connecting, all Permanent: ``5.1.3`` bad recipient address, ``5.6.0`` the message cannot be
composed; and ``5.6.7`` (RFC 6531) when the local part is not ASCII and the server lacks SMTPUTF8.
"""

import re
import smtplib
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Final

from wavecom.adapters.providers.email.address import checked_recipient
from wavecom.adapters.providers.email.message import compose
from wavecom.adapters.providers.email.origin import Origins
from wavecom.adapters.providers.email.smtp_pool import Connection, ConnectionPool, TlsConnection
from wavecom.adapters.providers.email.smtp_refusals import DATA, END, MAIL, RCPT, refusal
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import About, PermanentError, Receipt, TransientError, UnknownOutcomeError

_ENHANCED_CODE: Final = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?=\s|$)")
_LINE_BEGINS_WITH_DOT: Final = re.compile(rb"^\.", re.MULTILINE)
_REPLY_MAX: Final = 200
"""The most characters of a reply in an error's text."""


class Encryption(Enum):
    """The point at which a connection is encrypted."""

    NONE = auto()
    STARTTLS = auto()
    """After connecting, by the command of that name (RFC 3207)."""
    IMPLICIT = auto()
    """From the first byte (RFC 8314, 3.3)."""


class SmtpEmailProvider:
    """Sends email through one SMTP server."""

    channel = Channel.EMAIL
    idempotent = False
    bulk_limit = 1

    def __init__(
        self,
        *,
        host: str,
        port: int,
        sender: str,
        encryption: Encryption,
        name: str = "smtp",
        username: str | None = None,
        password: str | None = None,
        connect_timeout: timedelta = timedelta(seconds=5),
        timeout: timedelta = timedelta(seconds=20),
        pool_size: int = 10,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """Prepare to send as ``sender`` (``Name <address>`` or an address); no connection is made yet.

        ``timeout`` limits a whole call, including the wait for one of the ``pool_size`` connections, and
        ``connect_timeout`` the part up to AUTH, or the check that a pooled connection is alive. With ``encryption``
        the server's certificate is verified, by ``tls_context`` if given, else by the system's authorities.

        Raises `ValueError` for an unusable sender, and for credentials without encryption.
        """
        self._origins = Origins(sender)
        if username is not None and encryption is Encryption.NONE:
            raise ValueError("username needs encryption: credentials go over an encrypted connection only")
        self.name = name
        self._host = host
        self._port = port
        self._credentials = (username, password or "") if username is not None else None
        self._encryption = encryption
        self._tls = None if encryption is Encryption.NONE else tls_context or ssl.create_default_context()
        self._timeout_seconds = timeout.total_seconds()
        self._pool = ConnectionPool(self._connect, size=pool_size, connect_timeout=connect_timeout)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; the receipt holds its Message-ID without brackets.

        The envelope has the sender's address too, so that SPF speaks for the domain that the recipient sees.

        The Message-ID consists of the notification's id and the sender's domain, so a resend has the same one, and a
        mailbox can recognise it. Unlike a server's queue id it also appears in bounces.
        """
        letter = self._compose(message)
        with self._pool.connection(time.monotonic() + self._timeout_seconds) as connection:
            if not letter.recipient.isascii() and not connection.has_extn("smtputf8"):
                detail = "The server takes ASCII addresses only"
                raise PermanentError(detail, code="5.6.7", about=About.UNCLEAR, asked=False)
            self._hand_over(connection, letter)
        return Receipt(letter.message_id)

    def close(self) -> None:
        """Close the connections that are idle."""
        self._pool.close()

    def _compose(self, message: OutgoingMessage) -> "_Letter":
        try:
            recipient = checked_recipient(message.recipient)
        except ValueError as exc:
            raise PermanentError("Not an email address", code="5.1.3", about=About.RECIPIENT) from exc
        origin = self._origins.of(message.sender)
        message_id = f"{message.notification_id}@{origin.mailbox.domain}"
        try:
            content = compose(
                sender=origin.mailbox,
                reply_to=origin.reply_to,
                recipient=recipient,
                subject=message.content.subject,
                text=message.content.message,
                html=message.content.html,
                unsubscribe_url=message.content.unsubscribe_url,
                files=message.files,
                date=datetime.now(UTC),
                message_id=message_id,
            )
        except ValueError as exc:
            raise PermanentError(f"Not to be composed: {exc}", code="5.6.0", about=About.MESSAGE) from exc
        return _Letter(
            message_id=message_id,
            sender=origin.mailbox.address,
            recipient=recipient,
            content=_LINE_BEGINS_WITH_DOT.sub(b"..", content) + b".\r\n",
        )

    def _connect(self, deadline: float) -> Connection:
        """Open a connection, greeting with the sender's domain: smtplib's default asks the DNS without a timeout."""
        try:
            connection = self._open(deadline)
        except OSError as exc:
            raise TransientError(f"Not connected: {exc}", code=_code_of(exc)) from exc
        try:
            if self._tls is not None and self._encryption is Encryption.STARTTLS:
                connection.starttls(context=self._tls)
            if self._credentials is not None:
                connection.login(*self._credentials)
            connection.ehlo_or_helo_if_needed()
        except OSError as exc:
            connection.close()
            raise TransientError(f"Not connected: {exc}", code=_code_of(exc)) from exc
        except ValueError as exc:
            connection.close()
            raise TransientError("Credentials beyond ASCII", code="credentials_unusable") from exc
        return connection

    def _open(self, deadline: float) -> Connection:
        domain = self._origins.own.mailbox.domain
        if self._tls is not None and self._encryption is Encryption.IMPLICIT:
            return TlsConnection(self._host, self._port, local_hostname=domain, deadline=deadline, context=self._tls)
        return Connection(self._host, self._port, local_hostname=domain, deadline=deadline)

    def _hand_over(self, connection: Connection, letter: "_Letter") -> None:
        options = () if letter.recipient.isascii() else ("SMTPUTF8",)
        try:
            _expect(connection, MAIL, 2, connection.mail(letter.sender, options))
            _expect(connection, RCPT, 2, connection.rcpt(letter.recipient))
            _expect(connection, DATA, 3, connection.docmd("DATA"))
        except OSError as exc:
            connection.close()
            raise TransientError(f"Lost before the content: {exc}", code=_code_of(exc)) from exc
        try:
            connection.send(letter.content)
            reply = connection.getreply()
        except OSError as exc:
            connection.close()
            raise UnknownOutcomeError(f"Lost after the content: {exc}", code=_code_of(exc)) from exc
        _expect(connection, END, 2, reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """A message as SMTP transfers it: ``content`` is dot-stuffed and ends with a line of a single dot."""

    message_id: str
    sender: str
    recipient: str
    content: bytes


def _expect(connection: smtplib.SMTP, step: str, reply_class: int, reply: tuple[int, bytes]) -> None:
    """Raise the error of the module's table unless the reply's first digit is ``reply_class``."""
    code, text = reply[0], reply[1].decode("utf-8", "replace")
    if code // 100 == reply_class:
        return
    if code == 421 or code // 100 not in (4, 5):
        connection.close()
    raise refusal(step, code, _code(code, text), text, f"{step} refused: {code} {text[:_REPLY_MAX]}")


def _code(number: int, text: str) -> str:
    enhanced = _ENHANCED_CODE.match(text)
    return enhanced[0] if enhanced and enhanced[0].startswith(str(number)[0]) else str(number)


def _code_of(exc: OSError) -> str:
    match exc:
        case smtplib.SMTPResponseException(smtp_code=number, smtp_error=text):
            return _code(number, text if isinstance(text, str) else text.decode("utf-8", "replace"))
        case smtplib.SMTPServerDisconnected():
            return "timeout" if isinstance(exc.__context__, TimeoutError) else "connection_lost"
        case smtplib.SMTPException():
            return "not_supported"
        case ssl.SSLError():
            return "tls_failed"
        case TimeoutError():
            return "timeout"
        case _:
            return "connect_failed"
