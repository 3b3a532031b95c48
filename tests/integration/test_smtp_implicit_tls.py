"""SMTP over TLS from the first byte, on a real server: who is trusted, who gets a password, and who gets nothing."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.certificates import Certificate, self_signed
from tests.integration.test_smtp import Mailbox, Script, Server, error_of, message_to, running
from wavecom.adapters.providers.email.smtp import Encryption, SmtpEmailProvider
from wavecom.domain.providers.outcomes import TransientError


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox, certificate: Certificate) -> Iterator[Server]:
    """A server that speaks TLS from the first byte and demands the right password."""

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, credentials: Any) -> AuthResult:
        return AuthResult(success=credentials == LoginPassword(b"wavecom", b"secret"), handled=False)

    # aiosmtpd offers AUTH after STARTTLS only, unless it is told not to ask for it.
    options = {"auth_required": True, "auth_require_tls": False, "authenticator": authenticate}
    with running(Server(mailbox, ssl_context=certificate.for_server(), **options)) as server:
        yield server


@contextlib.contextmanager
def provider_for(port: int, certificate: Certificate, **options: Any) -> Iterator[SmtpEmailProvider]:
    values = {
        "host": "127.0.0.1",
        "username": "wavecom",
        "password": "secret",
        "tls_context": certificate.for_client(),
        "timeout": timedelta(seconds=5),
        **options,
    }
    provider = SmtpEmailProvider(port=port, sender="a@bank.example", encryption=Encryption.IMPLICIT, **values)
    try:
        yield provider
    finally:
        provider.close()


pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")


def test_messages_share_a_connection_that_is_logged_in(
    server: Server, mailbox: Mailbox, certificate: Certificate
) -> None:
    with provider_for(server.port, certificate) as provider:
        for _ in range(3):
            provider.send(message_to())

    assert (len(mailbox.envelopes), len(server.sessions)) == (3, 1)


@pytest.mark.parametrize(
    ("options", "code"),
    [({"password": "wrong"}, "5.7.8"), ({"host": "localhost"}, "tls_failed"), ({"tls_context": None}, "tls_failed")],
    ids=["wrong-password", "name-not-in-certificate", "certificate-of-nobody-trusted"],
)
def test_server_or_login_that_is_not_right_gets_no_message(
    server: Server, mailbox: Mailbox, certificate: Certificate, options: dict[str, Any], code: str
) -> None:
    with provider_for(server.port, certificate, **options) as provider:
        error = error_of(provider)

    assert (type(error), error.code) == (TransientError, code)
    assert mailbox.envelopes == []


def test_server_without_encryption_gets_no_message(mailbox: Mailbox, certificate: Certificate) -> None:
    with running(Server(mailbox)) as plain, provider_for(plain.port, certificate) as provider:
        error = error_of(provider)

    assert (type(error), error.code) == (TransientError, "tls_failed")
    assert mailbox.envelopes == []


def test_server_that_does_not_begin_to_encrypt_runs_into_the_timeout(certificate: Certificate) -> None:
    with (
        Script(hangs_up=False) as silent,
        provider_for(silent.port, certificate, timeout=timedelta(seconds=0.3)) as provider,
    ):
        error = error_of(provider)

    assert (type(error), error.code) == (TransientError, "timeout")
