"""Headers of every answer: security headers, the request's id, and an ETag if the answer can be revalidated."""

import hashlib
import re
import uuid
from collections.abc import Mapping

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "X-Download-Options": "noopen",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-XSS-Protection": "0",
}
"""The headers that Helmet 8 sets (helmetjs.github.io), with a policy for answers that load nothing."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""The policy of the documentation page, whose viewer sets its own styles."""

_NO_GZIP = re.compile(r"\bgzip\s*;\s*q=0(\.0*)?\s*(,|$)", re.IGNORECASE)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id(headers: Mapping[str, str]) -> str:
    """Return the client's ``X-Request-Id`` if it is valid, else a new one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


def refuses_gzip(headers: Mapping[str, str]) -> bool:
    """Return whether ``Accept-Encoding`` excludes gzip (RFC 9110, section 12.4.2); Powertools checks for its name."""
    return _NO_GZIP.search(headers.get("accept-encoding", "")) is not None


def accepts_gzip(headers: Mapping[str, str]) -> bool:
    """Return whether an answer may be compressed."""
    return "gzip" in headers.get("accept-encoding", "") and not refuses_gzip(headers)


def is_encoded(headers: Mapping[str, str]) -> bool:
    """Return whether the body is compressed or otherwise encoded (RFC 9110, section 8.4); only plain ones are read."""
    return headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}


def etag(body: str) -> str:
    """Return the weak ETag of a body: weak, since it may be sent compressed (RFC 9110, section 8.8.1)."""
    return f'W/"{hashlib.blake2b(body.encode(), digest_size=16).hexdigest()}"'


def is_unchanged(headers: Mapping[str, str], tag: str) -> bool:
    """Return whether ``If-None-Match`` names ``tag`` (RFC 9110, section 13.1.2: weak comparison)."""
    tags = [each.strip().removeprefix("W/") for each in headers.get("if-none-match", "").split(",")]
    return "*" in tags or tag.removeprefix("W/") in tags
