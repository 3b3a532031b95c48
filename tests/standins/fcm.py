"""Stand-ins for Firebase Cloud Messaging's HTTP v1 API and for Google's token endpoint.

Made from Google's documentation: "Method: projects.messages.send", "ErrorCode" and "FcmError" (Firebase Cloud
Messaging REST reference), "Errors" (Google Cloud APIs) for the shape of error answers, and "Using OAuth 2.0 for Server
to Server Applications" for the exchange of a signed JWT (RFC 7523) for an access token.
"""

import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from google.auth import jwt

from tests.standins.http_service import HttpService, Reply, Request, json_reply

PROJECT = "wavecom-test"
CLIENT_EMAIL = "sender@wavecom-test.iam.gserviceaccount.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
AUDIENCE = "https://oauth2.googleapis.com/token"


def refusal(
    status: int,
    canonical: str,
    code: str | None = None,
    *,
    message: str = "Refused.",
    bad_field: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Return an error answer, with an FcmError and a BadRequest among its details where they are asked for."""
    details: list[dict[str, Any]] = []
    if bad_field is not None:
        violations = [{"field": bad_field, "description": "Invalid"}]
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations})
    if code is not None:
        details.append({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code})
    error = {"code": status, "message": message, "status": canonical, "details": details}
    return json_reply(status, {"error": error}, headers)


@cache
def key_pair() -> tuple[str, bytes]:
    """Return a service account's private key and its public key, in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode(), key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class TokenService(HttpService):
    """Issues access tokens for assertions of one service account; clear ``gate`` to let them wait."""

    def __init__(self) -> None:
        self.issued: list[str] = []
        self.valid: set[str] = set()
        self.expires_in = 3600
        self.gate = threading.Event()
        self.gate.set()
        super().__init__()

    def service_account(self, **changes: str) -> dict[str, str]:
        """Return the values of the account's key file."""
        values = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "0123456789abcdef",
            "private_key": key_pair()[0],
            "client_email": CLIENT_EMAIL,
            "token_uri": f"{self.url}/token",
        }
        return {**values, **changes}

    def revoke(self) -> None:
        """Make every access token invalid that was issued so far."""
        self.valid = set()

    def close(self) -> None:
        self.gate.set()
        super().close()

    def answer(self, request: Request) -> Reply:
        self.gate.wait(30)
        if (request.method, request.path) != ("POST", "/token"):
            return Reply(404)
        if request.form["grant_type"] != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return json_reply(400, {"error": "unsupported_grant_type"})
        try:
            claims = jwt.decode(request.form["assertion"], certs=key_pair()[1], audience=AUDIENCE)
        except ValueError:
            return json_reply(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
        if (claims["iss"], claims["scope"]) != (CLIENT_EMAIL, SCOPE):
            return json_reply(400, {"error": "invalid_scope"})
        token = f"ya29.secret-{len(self.issued) + 1}"
        self.issued.append(token)
        self.valid.add(token)
        return json_reply(200, {"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in})


class FcmService(HttpService):
    """Takes messages to one project that carry a valid access token of ``tokens``."""

    def __init__(self, tokens: TokenService) -> None:
        self.tokens = tokens
        super().__init__()

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of all requests, those included that were refused."""
        return [request.json["message"] for request in list(self.requests)]

    def answer(self, request: Request) -> Reply:
        if (request.method, request.target) != ("POST", f"/v1/projects/{PROJECT}/messages:send"):
            return refusal(404, "NOT_FOUND", message="Requested entity was not found.")
        if request.headers["authorization"].removeprefix("Bearer ") not in self.tokens.valid:
            return refusal(401, "UNAUTHENTICATED", message="Request had invalid authentication credentials.")
        message = request.json["message"]
        if not isinstance(message["token"], str) or any(not isinstance(each, str) for each in message["data"].values()):
            return refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", bad_field="message")
        name = f"projects/{PROJECT}/messages/{message['data']['notificationId']}"
        return json_reply(200, {"name": name})
