"""Builds the routes of delivery reports, for the Lambda handler and for the local server.

They form a separate application: providers have no API key and no tenant's rate limit. A server of both applications
sends requests below `PREFIX` here.
"""

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from standardwebhooks import Webhook

from wavecom.domain.reports import DeliveryReport
from wavecom.domain.suppressions.opt_out import OptOutAnswer
from wavecom.http.framework.errors import (
    BodyTooLargeError,
    EncodedBodyError,
    MalformedRequestError,
    UnsupportedMediaTypeError,
)
from wavecom.http.framework.headers import is_encoded
from wavecom.http.framework.meter import HttpMeter
from wavecom.http.framework.middleware import UNMATCHED, Next, client_address, finish
from wavecom.http.framework.refused_addresses import RefusedAddresses
from wavecom.http.framework.resolver import Resolver, match_exactly
from wavecom.http.framework.responses import JSON, success
from wavecom.http.receipts.read_reports import ReadReports
from wavecom.http.receipts.refusals import SignatureRefusedError
from wavecom.http.receipts.responses import ReportResults, ReportsAnswer
from wavecom.http.receipts.sendgrid import random_key, read_key, sendgrid_reports
from wavecom.http.receipts.twilio import Callback, parse_form, twilio_reports
from wavecom.http.receipts.twilio_messages import EMPTY_ANSWER, opt_out_answer
from wavecom.http.receipts.webhook import webhook_reports
from wavecom.ports.ledger import Counters
from wavecom.ports.system import Clock

logger = logging.getLogger(__name__)

PREFIX: Final = "/receipts/"
TWILIO: Final = "/receipts/twilio/<provider>"
TWILIO_MESSAGES: Final = "/receipts/twilio/<provider>/messages"
WEBHOOK: Final = "/receipts/webhook/<provider>"
SENDGRID: Final = "/receipts/sendgrid/<provider>"
ROUTES: Final = frozenset({TWILIO, TWILIO_MESSAGES, WEBHOOK, SENDGRID})
FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptServices:
    """The dependencies of the routes of delivery reports.

    ``receive`` applies reports, also repeated ones, and ``keep_opt_out`` a recipient's answer; they raise
    `StoreUnavailableError` if they cannot. ``twilio_senders`` are the providers' own, by the provider's name.
    ``twilio_auth_tokens``, ``webhook_secrets`` (``whsec_`` and base64) and ``sendgrid_keys`` (base64) are by the
    provider's name, the present one and perhaps the one before it: either is accepted. ``public_url`` is the URL in
    front of the path as providers see it, such as ``https://api.bank.example``. Without it, Twilio's signature is
    checked for the URL in the request, so a call to another of our hosts would pass as well.
    """

    receive: Callable[[Sequence[DeliveryReport]], None]
    keep_opt_out: Callable[[OptOutAnswer], int]
    twilio_auth_tokens: Mapping[str, Sequence[str]] = field(repr=False)
    twilio_senders: Mapping[str, str]
    webhook_secrets: Mapping[str, Sequence[str]] = field(repr=False)
    sendgrid_keys: Mapping[str, Sequence[str]]
    public_url: str | None
    clock: Clock
    counters: Counters
    max_body_bytes: int = 1024 * 1024


def build_receipts(app: Resolver, services: ReceiptServices) -> Resolver:
    """Add the routes of delivery reports and their middleware to ``app``, and return it.

    An unknown provider is refused like a wrong signature, after the same work, with a random secret. Raises ValueError
    for a secret that is not base64, and for a key that is not of SendGrid's kind.
    """
    meter = HttpMeter(services.counters, services.clock)
    app.use([finish(meter), _set_route_label, match_exactly])
    gate = _SignatureGate(app, meter)
    _add_twilio(app, services, gate)
    _add_twilio_messages(app, services, gate)
    _add_webhook(app, services, gate)
    _add_sendgrid(app, services, gate)
    return app


class _SignatureGate:
    """Counts calls by what became of them, and tells an address with many forged ones to wait.

    The signature is checked first, so a well signed call always passes, even from a shared address. A forged one costs
    the database nothing: it is stored with the counts of requests.
    """

    def __init__(self, app: ApiGatewayResolver, meter: HttpMeter) -> None:
        self._app = app
        self._meter = meter
        self._forged = RefusedAddresses()

    def count_accepted(self, source: str) -> None:
        """Count a call that was received."""
        self._meter.count(f"receipts.accepted.{source}")

    @contextmanager
    def checking(self, source: str) -> Iterator[None]:
        """Count a call whose signature is refused. Raises `TooManyRequestsError` if its address has had many."""
        try:
            yield
        except SignatureRefusedError as exc:
            self._meter.count(f"receipts.refused.{source}.{exc.reason}")
            address = client_address(self._app)
            if self._forged.are_too_many(address):
                raise self._forged.error("Too many wrong signatures from this address") from exc
            self._forged.add(address)
            raise


def _add_twilio(app: ApiGatewayResolver, services: ReceiptServices, gate: _SignatureGate) -> None:
    unknown_tokens = [secrets.token_hex(16)]

    @app.post(TWILIO)
    def twilio(provider: str) -> Response[str]:
        parameters = parse_form(_read_text(app, FORM, services.max_body_bytes))
        callback = _callback(app, parameters, services.public_url)
        tokens = services.twilio_auth_tokens.get(provider, unknown_tokens)
        at = services.clock()

        def read() -> ReadReports:
            return ReadReports(reports=twilio_reports(callback, provider=provider, auth_tokens=tokens, at=at))

        return _receive("twilio", read, services, gate)


def _add_twilio_messages(app: ApiGatewayResolver, services: ReceiptServices, gate: _SignatureGate) -> None:
    unknown_tokens = [secrets.token_hex(16)]

    @app.post(TWILIO_MESSAGES)
    def twilio_messages(provider: str) -> Response[str]:
        parameters = parse_form(_read_text(app, FORM, services.max_body_bytes))
        callback = _callback(app, parameters, services.public_url)
        tokens = services.twilio_auth_tokens.get(provider, unknown_tokens)
        own_sender = services.twilio_senders.get(provider)
        with gate.checking("twilio"):
            answer = opt_out_answer(callback, provider=provider, auth_tokens=tokens, own_sender=own_sender)
        if answer is not None:
            services.keep_opt_out(answer)
        gate.count_accepted("twilio")
        return Response(status_code=HTTPStatus.OK.value, content_type="text/xml", body=EMPTY_ANSWER)


def _add_webhook(app: ApiGatewayResolver, services: ReceiptServices, gate: _SignatureGate) -> None:
    webhooks = {name: [Webhook(each) for each in known] for name, known in services.webhook_secrets.items()}
    unknown_webhooks = [Webhook(secrets.token_bytes(32))]

    @app.post(WEBHOOK)
    def webhook(provider: str) -> Response[str]:
        body = _read_text(app, JSON, services.max_body_bytes)
        headers = app.current_event.headers
        known = webhooks.get(provider, unknown_webhooks)
        at = services.clock()
        return _receive(
            "webhook", lambda: webhook_reports(body, headers, provider=provider, webhooks=known, at=at), services, gate
        )


def _add_sendgrid(app: ApiGatewayResolver, services: ReceiptServices, gate: _SignatureGate) -> None:
    sendgrid_keys = {name: [read_key(each) for each in known] for name, known in services.sendgrid_keys.items()}
    unknown_keys = [random_key()] if sendgrid_keys else []

    @app.post(SENDGRID)
    def sendgrid(provider: str) -> Response[str]:
        body = _read_text(app, JSON, services.max_body_bytes)
        headers = app.current_event.headers
        known = sendgrid_keys.get(provider, unknown_keys)
        at = services.clock()
        return _receive(
            "sendgrid", lambda: sendgrid_reports(body, headers, provider=provider, keys=known, at=at), services, gate
        )


def _set_route_label(app: ApiGatewayResolver, call_next: Next) -> Response[Any]:
    path = app.context["_route"].path
    app.append_context(route_label=path if path in ROUTES else UNMATCHED)
    return call_next(app)


def _read_text(app: ApiGatewayResolver, media_type: str, max_bytes: int) -> str:
    event = app.current_event
    if is_encoded(event.headers):
        raise EncodedBodyError
    try:
        text = event.decoded_body or ""
        size = len(text.encode())
    except ValueError as exc:
        raise MalformedRequestError("The body is not UTF-8") from exc
    if size > max_bytes:
        raise BodyTooLargeError(f"The body is larger than {max_bytes} bytes")
    if event.headers.get("content-type", "").partition(";")[0].strip().lower() != media_type:
        raise UnsupportedMediaTypeError(f"The body must be {media_type}")
    return text


def _callback(app: ApiGatewayResolver, parameters: Sequence[tuple[str, str]], public_url: str | None) -> Callback:
    event = app.current_event
    query = event.get("rawQueryString")
    if query is None:  # the local server keeps only the parameters
        query = urlencode(event.multi_value_query_string_parameters, doseq=True)
    scheme = event.headers.get("x-forwarded-proto", "http").partition(",")[0].strip()
    return Callback(
        origin=public_url.rstrip("/") if public_url else f"{scheme}://{event.headers.get('host', '')}",
        # The URL that the provider called includes the stage if the stage is part of the path.
        path=event.path if public_url else event.get("rawPath") or event.path,
        query=query,
        parameters=parameters,
        signature=event.headers.get("x-twilio-signature"),
    )


def _receive(
    source: str, read: Callable[[], ReadReports], services: ReceiptServices, gate: _SignatureGate
) -> Response[str]:
    """Receive the valid reports of a call; answer 204, or 207 with the errors of the refused ones."""
    with gate.checking(source):
        result = read()
    if result.reports:
        services.receive(result.reports)
    gate.count_accepted(source)
    if result.refused:
        return success(ReportsAnswer, ReportResults.of(result), status=HTTPStatus.MULTI_STATUS)
    return Response(status_code=HTTPStatus.NO_CONTENT.value, body="")
