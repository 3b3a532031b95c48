"""A stand-in for an HTTP proxy on loopback, which makes tunnels by CONNECT (RFC 9110, section 9.3.6).

It plays the far end of the tunnel too: it answers TLS as any host of `HOSTS` would, whose names nobody can resolve, and
hands what comes on to the stand-in of a provider.
"""

import base64
import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HOSTS = ("provider.test", "token.test")


class Fault(Enum):
    """What may become of a CONNECT."""

    REFUSE = auto()
    NEVER_ANSWER = auto()
    HANG_UP = auto()
    GARBAGE = auto()
    """The answer is not HTTP."""
    HANG_UP_IN_TLS = auto()
    """The tunnel ends at once."""
    HANG_UP_LATER = auto()
    """The tunnel ends with the first bytes that come through it."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request to the proxy; ``headers`` have lower-case names."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def credentials(self) -> str | None:
        """Return ``user:password`` of the request, if any."""
        given = self.headers.get("proxy-authorization")
        return base64.b64decode(given.removeprefix("Basic ")).decode() if given else None


@cache
def certificate() -> tuple[str, str]:
    """Return a private key and a certificate for `HOSTS` that is its own issuer, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "WaveCom tests")])
    now = datetime.now(UTC)
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign"), False
    )
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, key_cert_sign=True, encipher_only=False, decipher_only=False, **usage
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode(), built.public_bytes(Encoding.PEM).decode()


class ProxyService:
    """A proxy that runs for the time of a ``with``. ``ways`` are the URLs of the stand-ins behind `HOSTS`."""

    def __init__(self, folder: Path, ways: Mapping[str, str], *, alpn: str = "http/1.1") -> None:
        """Listen. The certificate to trust is written to ``trusted`` in ``folder``."""
        key, cert = certificate()
        self.trusted = folder / "trusted.pem"
        self.trusted.write_text(cert)
        (folder / "key.pem").write_text(key)
        self.requests: list[Head] = []
        self.fault: Fault | None = None
        self._ways = ways
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.trusted, folder / "key.pem")
        self._tls.set_alpn_protocols([alpn])
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            head = _head(connection)
            if head is None:
                return
            self.requests.append(head)
            match self.fault:
                case Fault.REFUSE:
                    connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                case Fault.NEVER_ANSWER:
                    self._closing.wait(60)
                case Fault.HANG_UP:
                    pass
                case Fault.GARBAGE:
                    connection.sendall(b"this is not HTTP\r\n\r\n")
                case Fault.HANG_UP_IN_TLS:
                    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                case _:
                    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    self._tunnel(connection, head.target.partition(":")[0])

    def _tunnel(self, connection: socket.socket, host: str) -> None:
        with self._tls.wrap_socket(connection, server_side=True) as near:
            if self.fault is Fault.HANG_UP_LATER:
                near.recv(1)
                return
            behind = urlsplit(self._ways[host])
            with socket.create_connection((behind.hostname, behind.port)) as far:
                while not self._closing.is_set():
                    ready = [near] if near.pending() else select.select([near, far], [], [], 0.02)[0]
                    for end, other in ((near, far), (far, near)):
                        if end in ready:
                            data = end.recv(65_536)
                            if not data:
                                return
                            other.sendall(data)


def _head(connection: socket.socket) -> Head | None:
    """Read the head of a request, or return None where the connection ends before."""
    text = b""
    while b"\r\n\r\n" not in text:
        part = connection.recv(65_536)
        if not part:
            return None
        text += part
    first, *lines = text.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    return Head(method, target, {name.lower(): value.strip() for name, _, value in pairs})
