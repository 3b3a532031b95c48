"""Delivery reports over HTTP, as API Gateway hands them to the function and as the local server serves them."""

import base64
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from standardwebhooks import Webhook

from local.api import ThreadedResolver
from tests.builders import NOON, ManualClock
from tests.fakes import FakeCounters
from tests.integration.conftest import LEAKS, GatewayTransport, serve
from tests.sendgrid_key import OF_THE_SAMPLE, SendGridKey
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.http.framework.errors import DETAILS_MAX, ERRORS_MAX_BYTES
from wavecom.http.framework.headers import SECURITY_HEADERS
from wavecom.http.framework.refused_addresses import REFUSALS_MAX, WINDOW_SECONDS
from wavecom.http.framework.resolver import LambdaResolver
from wavecom.http.receipts.app import ReceiptServices, build_receipts
from wavecom.http.receipts.responses import RESULTS_MAX
from wavecom.http.receipts.sendgrid import SIGNATURE, TIMESTAMP
from wavecom.http.receipts.twilio import sign
from wavecom.http.receipts.webhook import REPORTS_MAX

EVENTS = Path(__file__).parents[2] / "events"
ID = "507f1f77bcf86cd799439011"
OTHER_ID = "507f1f77bcf86cd799439012"
PUBLIC_URL = "https://api.bank.example"
TOKEN = "0123456789abcdef0123456789abcdef"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_TOKEN = "fedcba9876543210fedcba9876543210"
OLD_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
SENDGRID, OLD_SENDGRID = SendGridKey(), SendGridKey()
RECIPIENT_TEXT = "550 user@example.com unknown"
JSON = {"Content-Type": "application/json"}


class DownCounters(FakeCounters):
    """Counters that cannot be written."""

    def add(self, *_: Any) -> None:
        raise StoreUnavailableError("MongoDB does not answer")


@dataclass
class Receiver:
    """Collects the reports of each call, or cannot."""

    calls: list[list[DeliveryReport]] = field(default_factory=list)
    down: bool = False

    def __call__(self, reports: Sequence[DeliveryReport]) -> None:
        if self.down:
            raise StoreUnavailableError("MongoDB does not answer")
        self.calls.append(list(reports))


@dataclass
class Gate:
    """The routes with what lies behind them."""

    receiver: Receiver = field(default_factory=Receiver)
    counters: FakeCounters = field(default_factory=FakeCounters)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    public_url: str | None = PUBLIC_URL
    sendgrid_keys: dict[str, Sequence[str]] = field(
        default_factory=lambda: {"sendgrid": (SENDGRID.public, OLD_SENDGRID.public, OF_THE_SAMPLE)}
    )
    address: str = PUBLIC_URL
    max_body_bytes: int = 10_000

    def services(self) -> ReceiptServices:
        return ReceiptServices(
            receive=self.receiver,
            keep_opt_out=lambda _: 0,
            twilio_senders={},
            twilio_auth_tokens={"twilio-sms": (TOKEN, OLD_TOKEN)},
            webhook_secrets={"gateway": (SECRET, OLD_SECRET)},
            sendgrid_keys=self.sendgrid_keys,
            public_url=self.public_url,
            clock=self.clock,
            counters=self.counters,
            max_body_bytes=self.max_body_bytes,
        )

    def resolver(self) -> LambdaResolver:
        return build_receipts(LambdaResolver(), self.services())

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, transport=GatewayTransport(self.resolver()))

    def send(self, request: httpx.Request) -> httpx.Response:
        with self.client() as client:
            return client.send(request)

    def counted(self) -> dict[str, int]:
        return self.counters.totals("-").below("receipts")


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A gate that stores its counts with every call."""
    monkeypatch.setattr("wavecom.http.framework.meter.FLUSH_EVERY", timedelta(0))
    return Gate()


def twilio(
    *,
    token: str = TOKEN,
    provider: str = "twilio-sms",
    sent: datetime = NOON,
    public_url: str = PUBLIC_URL,
    **form: str,
) -> httpx.Request:
    """Return a callback as Twilio makes it."""
    url = f"{public_url}/receipts/twilio/{provider}?notificationId={ID}&sentAt={int(sent.timestamp())}"
    parameters = sorted({"AccountSid": "AC1", "MessageSid": "SM1", "MessageStatus": "delivered", **form}.items())
    headers = {**FORM, "X-Twilio-Signature": sign(token, url, parameters)}
    return httpx.Request("POST", url, headers=headers, content=urlencode(parameters))


def webhook(
    *,
    secret: str = SECRET,
    provider: str = "gateway",
    sent: datetime = NOON,
    body: str | None = None,
    **report: Any,
) -> httpx.Request:
    """Return a call as a sender makes it by the Standard Webhooks specification."""
    one = {"notificationId": ID, "status": "delivered", "at": "2026-03-01T12:00:00Z", **report}
    content = json.dumps({"reports": [one]}) if body is None else body
    headers = {
        **JSON,
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(sent.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", sent, content),
    }
    return httpx.Request("POST", f"{PUBLIC_URL}/receipts/webhook/{provider}", headers=headers, content=content)


def sendgrid(
    *,
    key: SendGridKey = SENDGRID,
    provider: str = "sendgrid",
    sent: datetime = NOON,
    body: str | None = None,
    **event: Any,
) -> httpx.Request:
    """Return a call as SendGrid's Event Webhook makes it."""
    one = {"event": "delivered", "timestamp": int(NOON.timestamp()), "notificationId": ID, "provider": "sendgrid"}
    content = json.dumps([{**one, **event}]) if body is None else body
    headers = {**JSON, **key.headers(content, sent)}
    return httpx.Request("POST", f"{PUBLIC_URL}/receipts/sendgrid/{provider}", headers=headers, content=content)


def rewritten(
    request: httpx.Request,
    *,
    url: Callable[[str], str] = str,
    body: Callable[[bytes], bytes] = bytes,
    without: str = "",
    **headers: str | bytes,
) -> httpx.Request:
    """Return ``request`` as somebody on the way would change it."""
    changed: dict[str, Any] = {
        **{name: text for name, text in request.headers.items() if name not in {"content-length", without}},
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    return httpx.Request(
        request.method,
        url(str(request.url)),
        headers=changed,
        content=body(request.read()),
    )


def refused(answer: httpx.Response, status: int, code: str) -> None:
    """Check an error: its status, its envelope, its headers, and that nothing is given away."""
    assert answer.status_code == status, answer.text
    assert not LEAKS.search(answer.text), answer.text
    envelope = answer.json()
    assert envelope.keys() == {"success", "error", "requestId"}
    assert envelope["success"] is False
    assert envelope["error"].keys() == {"code", "message", "details"}
    assert envelope["error"]["code"] == code
    assert envelope["requestId"] == answer.headers["X-Request-Id"]
    assert TOKEN not in answer.text
    assert SECRET not in answer.text


def test_the_sample_of_a_twilio_callback_is_taken(gate: Gate):
    event = json.loads((EVENTS / "receipts_twilio_delivered.json").read_text())
    gate.clock.at = datetime.fromtimestamp(event["requestContext"]["timeEpoch"] / 1000, UTC)

    answer = gate.resolver().resolve(event, None)

    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert gate.receiver.calls == [
        [
            DeliveryReport(
                notification_id=ID,
                provider="twilio-sms",
                delivery_outcome=DeliveryOutcome.DELIVERED,
                reason=None,
                suppression_reason=None,
                at=gate.clock.at,
                provider_message_id="SM0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            )
        ]
    ]


def test_the_sample_of_sendgrids_events_is_taken(gate: Gate):
    event = json.loads((EVENTS / "receipts_sendgrid_delivered.json").read_text())
    gate.clock.at = datetime.fromtimestamp(event["requestContext"]["timeEpoch"] / 1000, UTC)

    answer = gate.resolver().resolve(event, None)

    assert (answer["statusCode"], answer["body"]) == (204, "")
    (call,) = gate.receiver.calls
    assert [(each.notification_id, each.provider, each.delivery_outcome) for each in call] == [
        (ID, "sendgrid", DeliveryOutcome.ACCEPTED),
        (ID, "sendgrid", DeliveryOutcome.DELIVERED),
    ]
    assert {each.provider_message_id for each in call} == {"ZmbxGdd8RVKS4ELOkzWrcA"}


def test_one_bad_event_of_sendgrid_refuses_itself_and_not_the_others(gate: Gate):
    good = json.loads(sendgrid().content)

    answer = gate.send(sendgrid(body=json.dumps([*good, {"event": 7}])))

    assert answer.status_code == 207
    assert answer.json()["data"]["results"][0]["error"]["details"][0]["field"] == "events[1].event"
    assert [len(call) for call in gate.receiver.calls] == [1]


def test_events_that_are_not_ours_are_received_by_nobody(gate: Gate):
    assert gate.send(sendgrid(event="open")).status_code == 204
    assert gate.send(sendgrid(provider="sendgrid", body='[{"event": "delivered"}]')).status_code == 204
    assert gate.receiver.calls == []
    assert gate.counted() == {"accepted.sendgrid": 2}


def test_without_any_key_of_sendgrid_its_route_refuses_all(gate: Gate):
    gate.sendgrid_keys = {}

    refused(gate.send(sendgrid()), 401, "UNAUTHENTICATED")
    assert gate.counted() == {"refused.sendgrid.forged": 1}


def test_each_call_that_is_rightly_signed_is_received_once(gate: Gate):
    for number, request in enumerate([twilio(), webhook(), twilio(), webhook(status="complained")], start=1):
        answer = gate.send(request)

        assert answer.status_code == 204
        assert answer.content == b""
        assert len(gate.receiver.calls) == number
    assert [report.suppression_reason for (report,) in gate.receiver.calls] == [
        None,
        None,
        None,
        SuppressionReason.COMPLAINT,
    ]
    assert gate.counted() == {"accepted.twilio": 2, "accepted.webhook": 2}


def test_a_call_that_reports_nothing_is_taken_and_received_by_nobody(gate: Gate):
    assert gate.send(twilio(MessageStatus="canceled")).status_code == 204
    assert gate.receiver.calls == []
    assert gate.counted() == {"accepted.twilio": 1}


def test_the_reports_of_a_call_come_together(gate: Gate):
    reports = [{"notificationId": each, "status": "delivered", "at": "2026-03-01T12:00:00Z"} for each in (ID, OTHER_ID)]

    assert gate.send(webhook(body=json.dumps({"reports": reports}))).status_code == 204
    assert [[report.notification_id for report in call] for call in gate.receiver.calls] == [[ID, OTHER_ID]]


@pytest.mark.parametrize(
    "make",
    [lambda: twilio(token=OLD_TOKEN), lambda: webhook(secret=OLD_SECRET), lambda: sendgrid(key=OLD_SENDGRID)],
    ids=["twilio", "webhook", "sendgrid"],
)
def test_the_secret_before_the_present_one_is_accepted_too(gate: Gate, make: Callable[[], httpx.Request]):
    assert gate.send(make()).status_code == 204
    assert len(gate.receiver.calls) == 1


def test_one_bad_report_refuses_itself_and_not_the_others(gate: Gate):
    good = {"notificationId": ID, "status": "delivered", "at": "2026-03-01T12:00:00Z"}
    reports = [good, {**good, "status": "read"}, good, "text", {**good, "reason": RECIPIENT_TEXT}]

    answer = gate.send(webhook(body=json.dumps({"reports": reports})))

    assert answer.status_code == 207
    assert answer.headers["Content-Type"] == "application/json"
    envelope = answer.json()
    assert envelope["success"] is True
    assert (envelope["data"]["accepted"], envelope["data"]["refused"]) == (2, 3)
    results = envelope["data"]["results"]
    assert [(each["index"], each["status"], each["error"]["code"]) for each in results] == [
        (1, 422, "VALIDATION_FAILED"),
        (3, 422, "VALIDATION_FAILED"),
        (4, 422, "VALIDATION_FAILED"),
    ]
    assert [each["error"]["details"][0]["field"] for each in results] == [
        "reports[1].status",
        "reports[3]",
        "reports[4].reason",
    ]
    assert RECIPIENT_TEXT not in answer.text
    assert [len(call) for call in gate.receiver.calls] == [2]
    assert gate.counted() == {"accepted.webhook": 1}


def test_when_no_report_is_fine_the_call_is_refused(gate: Gate):
    answer = gate.send(webhook(body=json.dumps({"reports": [{}] * 30})))

    refused(answer, 422, "VALIDATION_FAILED")
    assert len(answer.json()["error"]["details"]) == 20
    assert answer.json()["error"]["message"] == "The request is not valid (70 more errors are not shown)"
    assert gate.receiver.calls == []


GOOD_REPORT = {"notificationId": ID, "status": "delivered", "at": "2026-03-01T12:00:00Z"}


def test_a_report_has_20_details_and_says_how_many_more(gate: Gate):
    reports = [GOOD_REPORT, {**GOOD_REPORT, **{f"unknown{n}": n for n in range(30)}}]

    answer = gate.send(webhook(body=json.dumps({"reports": reports})))

    (result,) = answer.json()["data"]["results"]
    assert len(result["error"]["details"]) == DETAILS_MAX
    assert result["error"]["message"] == "The report is not valid (10 more errors are not shown)"


def test_an_answer_names_all_bad_reports_of_a_full_call_in_a_megabyte(gate: Gate):
    gate.max_body_bytes = 2**20
    bad = {f"unknown{n:0>8}": 1 for n in range(45)}

    answer = gate.send(webhook(body=json.dumps({"reports": [GOOD_REPORT, *[bad] * (REPORTS_MAX - 1)]})))

    assert answer.status_code == 207
    assert len(answer.content) < ERRORS_MAX_BYTES
    data = answer.json()["data"]
    assert (data["accepted"], data["refused"], data["notShown"]) == (1, REPORTS_MAX - 1, 0)
    first, *_, last = data["results"]
    assert len(first["error"]["details"]) == DETAILS_MAX
    assert last["index"] == REPORTS_MAX - 1
    assert last["error"]["details"] == []
    assert last["error"]["message"] == "The report is not valid (48 more errors are not shown)"


def test_an_answer_names_a_thousand_bad_events_of_sendgrid_and_says_how_many_more(gate: Gate):
    gate.max_body_bytes = 2**20
    good = json.loads(sendgrid().content)

    answer = gate.send(sendgrid(body=json.dumps([*good, *[1] * 40_000])))

    assert answer.status_code == 207
    assert len(answer.content) < ERRORS_MAX_BYTES
    data = answer.json()["data"]
    assert (data["accepted"], data["refused"], data["notShown"]) == (1, 40_000, 39_000)
    assert len(data["results"]) == RESULTS_MAX


def test_while_the_store_is_down_the_good_reports_of_a_call_are_asked_for_again(gate: Gate):
    good = {"notificationId": ID, "status": "delivered", "at": "2026-03-01T12:00:00Z"}
    gate.receiver.down = True

    refused(gate.send(webhook(body=json.dumps({"reports": [good, {}]}))), 503, "UNAVAILABLE")


@pytest.mark.parametrize("make", [twilio, webhook, sendgrid])
def test_every_answer_has_its_headers(gate: Gate, make: Callable[..., httpx.Request]):
    for request in (make(), rewritten(make(), body=lambda _: b"x")):
        request.headers["X-Request-Id"] = "from-the-provider"

        answer = gate.send(request)

        assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert answer.headers["X-Request-Id"] == "from-the-provider"
        assert answer.headers["Cache-Control"] == "private, no-store"


def to_another(url: str) -> str:
    return url.replace(ID, OTHER_ID)


def to_later(url: str) -> str:
    return re.sub(r"sentAt=(\d+)", lambda found: f"sentAt={int(found[1]) + 1}", url)


FORGED: list[tuple[str, Callable[[], httpx.Request]]] = [
    ("twilio", lambda: twilio(token="f" * 32)),
    ("twilio", lambda: rewritten(twilio(), x_twilio_signature="AAAA")),
    ("twilio", lambda: rewritten(twilio(), x_twilio_signature="é".encode())),
    ("twilio", lambda: rewritten(twilio(), body=lambda body: body.replace(b"delivered", b"failed"))),
    ("twilio", lambda: rewritten(twilio(), body=lambda body: body + b"&ErrorCode=30005")),
    ("twilio", lambda: rewritten(twilio(), body=lambda _: b"")),
    ("twilio", lambda: rewritten(twilio(), url=to_another)),
    ("twilio", lambda: rewritten(twilio(), url=to_later)),
    ("twilio", lambda: rewritten(twilio(), url=lambda url: url.replace("twilio-sms", "twilio-other"))),
    ("twilio", lambda: rewritten(twilio(), url=lambda url: f"{url}&more=1")),
    ("twilio", lambda: twilio(public_url="https://staging.bank.example")),
    ("twilio", lambda: twilio(provider="nobody")),
    ("twilio", lambda: twilio(provider="gateway")),
    ("webhook", lambda: webhook(secret="whsec_" + base64.b64encode(b"x" * 24).decode())),
    ("webhook", lambda: rewritten(webhook(), webhook_signature="v1,AAAA")),
    ("webhook", lambda: rewritten(webhook(), body=lambda body: body.replace(b"delivered", b"complained"))),
    ("webhook", lambda: rewritten(webhook(), body=lambda body: body.replace(ID.encode(), OTHER_ID.encode()))),
    ("webhook", lambda: rewritten(webhook(), body=lambda _: b"{}")),
    ("webhook", lambda: rewritten(webhook(), webhook_id="msg_2")),
    ("webhook", lambda: rewritten(webhook(sent=NOON - timedelta(days=1)), webhook_timestamp=f"{NOON.timestamp():.0f}")),
    ("webhook", lambda: webhook(provider="nobody")),
    ("webhook", lambda: webhook(provider="twilio-sms")),
    ("sendgrid", lambda: sendgrid(key=SendGridKey())),
    ("sendgrid", lambda: rewritten(sendgrid(), body=lambda body: body.replace(b"delivered", b"spamreport"))),
    ("sendgrid", lambda: rewritten(sendgrid(), body=lambda body: body.replace(ID.encode(), OTHER_ID.encode()))),
    ("sendgrid", lambda: rewritten(sendgrid(), body=lambda body: body + b"\r\n")),
    ("sendgrid", lambda: rewritten(sendgrid(), x_twilio_email_event_webhook_signature="AAAA")),
    (
        "sendgrid",
        lambda: rewritten(
            sendgrid(sent=NOON - timedelta(days=2)),
            x_twilio_email_event_webhook_timestamp=f"{NOON.timestamp():.0f}",
        ),
    ),
    ("sendgrid", lambda: sendgrid(provider="nobody")),
    ("sendgrid", lambda: sendgrid(provider="gateway")),
]


@pytest.mark.parametrize(("source", "make"), FORGED)
def test_a_forged_call_is_refused_and_counted(gate: Gate, source: str, make: Callable[[], httpx.Request]):
    refused(gate.send(make()), 401, "UNAUTHENTICATED")

    assert gate.receiver.calls == []
    assert gate.counted() == {f"refused.{source}.forged": 1}


@pytest.mark.parametrize(
    ("make", "source", "in_time", "too_late"),
    [
        (twilio, "twilio", timedelta(days=4), timedelta(days=2)),
        (webhook, "webhook", timedelta(minutes=4), timedelta(minutes=2)),
        (sendgrid, "sendgrid", timedelta(hours=24), timedelta(minutes=6)),
    ],
)
def test_a_call_that_is_replayed_later_is_refused_and_counted(
    gate: Gate, make: Callable[..., httpx.Request], source: str, in_time: timedelta, too_late: timedelta
):
    gate.clock.advance(in_time)
    assert gate.send(make()).status_code == 204
    gate.clock.advance(too_late)

    refused(gate.send(make()), 401, "UNAUTHENTICATED")

    assert len(gate.receiver.calls) == 1
    assert gate.counted() == {f"accepted.{source}": 1, f"refused.{source}.expired": 1}


@pytest.mark.parametrize("make", [twilio, webhook, sendgrid])
def test_a_call_from_the_future_is_refused(gate: Gate, make: Callable[..., httpx.Request]):
    refused(gate.send(make(sent=NOON + timedelta(minutes=6))), 401, "UNAUTHENTICATED")

    assert gate.receiver.calls == []


@pytest.mark.parametrize(
    ("make", "source", "header"),
    [
        (twilio, "twilio", "x-twilio-signature"),
        (webhook, "webhook", "webhook-id"),
        (webhook, "webhook", "webhook-timestamp"),
        (webhook, "webhook", "webhook-signature"),
        (sendgrid, "sendgrid", SIGNATURE),
        (sendgrid, "sendgrid", TIMESTAMP),
    ],
)
@pytest.mark.parametrize("provider", [None, "nobody"])
def test_a_call_without_a_signature_is_refused_and_counted(
    gate: Gate, make: Callable[..., httpx.Request], source: str, header: str, provider: str | None
):
    request = make(provider=provider) if provider else make()

    answer = gate.send(rewritten(request, without=header))

    refused(answer, 401, "UNAUTHENTICATED")
    assert answer.headers["WWW-Authenticate"]
    assert gate.receiver.calls == []
    assert gate.counted() == {f"refused.{source}.missing": 1}


@pytest.mark.parametrize("make", [twilio, webhook, sendgrid])
def test_an_unknown_provider_gets_the_answer_to_a_wrong_signature(gate: Gate, make: Callable[..., httpx.Request]):
    unknown = gate.send(make(provider="nobody")).json()
    wrong = gate.send(rewritten(make(), body=lambda body: body + b" ")).json()

    assert unknown["error"] == wrong["error"]


HOSTILE: list[tuple[Callable[[], httpx.Request], int, str]] = [
    (lambda: rewritten(twilio(), body=lambda _: b"a" * 10_001), 413, "BODY_TOO_LARGE"),
    (lambda: rewritten(webhook(), body=lambda _: b"a" * 10_001), 413, "BODY_TOO_LARGE"),
    (lambda: rewritten(twilio(), content_type="application/json"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    (lambda: rewritten(twilio(), content_type="multipart/form-data"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    (lambda: rewritten(twilio(), without="content-type"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    (lambda: rewritten(webhook(), content_type="text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    (lambda: rewritten(twilio(), body=lambda _: b"\xff\xfe"), 400, "MALFORMED_REQUEST"),
    (lambda: rewritten(twilio(), body=lambda _: b"MessageStatus=%FF"), 400, "MALFORMED_REQUEST"),
    (lambda: rewritten(twilio(), body=lambda _: b"&".join([b"a=1"] * 101)), 400, "MALFORMED_REQUEST"),
    (lambda: rewritten(webhook(), body=lambda _: b"\xff\xfe"), 400, "MALFORMED_REQUEST"),
    (lambda: webhook(body=""), 400, "MALFORMED_REQUEST"),
    (lambda: webhook(body="{"), 400, "MALFORMED_REQUEST"),
    (lambda: webhook(body="[" * 5_000), 400, "MALFORMED_REQUEST"),
    (lambda: webhook(body="[]"), 422, "VALIDATION_FAILED"),
    (lambda: rewritten(sendgrid(), body=lambda _: b"a" * 10_001), 413, "BODY_TOO_LARGE"),
    (lambda: rewritten(sendgrid(), content_type="text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    (lambda: rewritten(sendgrid(), body=lambda _: b"\xff\xfe"), 400, "MALFORMED_REQUEST"),
    (lambda: sendgrid(body="{"), 400, "MALFORMED_REQUEST"),
    (lambda: sendgrid(body="[" * 5_000), 400, "MALFORMED_REQUEST"),
    (lambda: sendgrid(body="{}"), 422, "VALIDATION_FAILED"),
    (lambda: httpx.Request("POST", f"{PUBLIC_URL}/receipts/sendgrid/"), 404, "NOT_FOUND"),
    (lambda: webhook(body='{"reports": []}'), 422, "VALIDATION_FAILED"),
    (lambda: webhook(notificationId="$where"), 422, "VALIDATION_FAILED"),
    (lambda: webhook(reason="\ud800"), 422, "VALIDATION_FAILED"),
    (lambda: webhook(reason="a\x00b"), 422, "VALIDATION_FAILED"),
    (lambda: twilio(MessageStatus="failed", ErrorCode="$ne"), 422, "VALIDATION_FAILED"),
    (lambda: httpx.Request("GET", f"{PUBLIC_URL}/receipts/twilio/twilio-sms"), 405, "METHOD_NOT_ALLOWED"),
    (lambda: httpx.Request("OPTIONS", f"{PUBLIC_URL}/receipts/webhook/gateway"), 405, "METHOD_NOT_ALLOWED"),
    (lambda: httpx.Request("POST", f"{PUBLIC_URL}/receipts/webhook/"), 404, "NOT_FOUND"),
    (lambda: httpx.Request("POST", f"{PUBLIC_URL}/receipts/webhook/gateway%0A"), 404, "NOT_FOUND"),
    (lambda: httpx.Request("POST", f"{PUBLIC_URL}/receipts/webhook/gateway/more"), 404, "NOT_FOUND"),
    (lambda: httpx.Request("POST", f"{PUBLIC_URL}/api/notifications"), 404, "NOT_FOUND"),
]


@pytest.mark.parametrize(("make", "status", "code"), HOSTILE)
def test_a_hostile_call_is_refused(gate: Gate, make: Callable[[], httpx.Request], status: int, code: str):
    refused(gate.send(make()), status, code)

    assert gate.receiver.calls == []
    assert gate.counted() == {}


def test_forged_calls_cost_the_database_nothing_but_a_sum_now_and_then(monkeypatch: pytest.MonkeyPatch):
    gate = Gate()
    stored: list[tuple[Any, ...]] = []
    add = gate.counters.add

    def count_and_add(*counts: Any) -> None:
        stored.append(counts)
        add(*counts)

    monkeypatch.setattr(gate.counters, "add", count_and_add)

    with gate.client() as client:
        for _ in range(100):
            assert client.send(webhook(secret="whsec_" + base64.b64encode(b"x" * 24).decode())).status_code in (
                401,
                429,
            )

    assert len(stored) <= 5
    assert gate.receiver.calls == []


@pytest.mark.parametrize("event", [{"body": "not base64", "isBase64Encoded": True}, {"body": "\ud800"}])
def test_an_event_with_a_body_that_is_no_text_is_malformed(gate: Gate, event: dict[str, Any]):
    sample = json.loads((EVENTS / "receipts_twilio_delivered.json").read_text())

    answer = gate.resolver().resolve({**sample, "isBase64Encoded": False, **event}, None)

    assert answer["statusCode"] == 400


@pytest.mark.parametrize("make", [twilio, webhook, sendgrid])
def test_while_the_store_is_down_the_provider_is_asked_to_come_again(gate: Gate, make: Callable[..., httpx.Request]):
    gate.receiver.down = True
    answer = gate.send(make())
    gate.receiver.down = False

    refused(answer, 503, "UNAVAILABLE")
    assert int(answer.headers["Retry-After"]) > 0
    assert gate.counted() == {}
    assert gate.send(make()).status_code == 204
    assert len(gate.receiver.calls) == 1


@pytest.mark.parametrize("make", [twilio, webhook, sendgrid])
def test_counters_that_are_down_change_no_answer(make: Callable[..., httpx.Request]):
    gate = Gate(counters=DownCounters())

    assert gate.send(make()).status_code == 204
    assert gate.send(rewritten(make(), body=lambda body: body + b" ")).status_code == 401
    assert len(gate.receiver.calls) == 1


def test_without_a_public_url_twilio_must_have_called_what_the_request_names():
    gate = Gate(public_url=None)
    behind_tls: dict[str, Any] = {"x_forwarded_proto": "https"}

    assert gate.send(rewritten(twilio(), **behind_tls)).status_code == 204
    assert gate.send(rewritten(twilio(), x_forwarded_proto="https, http")).status_code == 204
    refused(gate.send(rewritten(twilio())), 401, "UNAUTHENTICATED")
    refused(gate.send(rewritten(twilio(), host="other.example", **behind_tls)), 401, "UNAUTHENTICATED")
    refused(gate.send(rewritten(twilio(), host="[", **behind_tls)), 401, "UNAUTHENTICATED")


@pytest.mark.parametrize("public_url", [None, f"{PUBLIC_URL}/test"])
def test_a_stage_is_part_of_the_url_that_is_signed(public_url: str | None):
    gate = Gate(public_url=public_url)
    request = twilio(public_url=f"{PUBLIC_URL}/test")
    event = {
        "version": "2.0",
        "rawPath": request.url.path,
        "rawQueryString": request.url.query.decode(),
        "headers": {**dict(request.headers), "x-forwarded-proto": "https"},
        "requestContext": {"stage": "test", "http": {"method": "POST", "path": request.url.path}},
        "body": request.read().decode(),
        "isBase64Encoded": False,
    }

    assert gate.resolver().resolve(event, None)["statusCode"] == 204


def test_secrets_do_not_show(gate: Gate):
    for secret in (TOKEN, OLD_TOKEN, SECRET, OLD_SECRET):
        assert secret not in repr(gate.services())


@pytest.fixture
def served(gate: Gate) -> Iterator[httpx.Client]:
    """The same routes over HTTP, each request in a thread."""
    app = build_receipts(ThreadedResolver(), gate.services())
    app.prepare()
    with serve(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        yield client


def test_the_local_server_takes_the_same_calls(gate: Gate, served: httpx.Client):
    for request in (twilio(), webhook(), sendgrid()):
        local = rewritten(request, url=lambda url: url.replace(PUBLIC_URL, str(served.base_url).rstrip("/")))
        forged = rewritten(local, body=lambda body: body + b" ")

        assert served.send(local).status_code == 204
        refused(served.send(forged), 401, "UNAUTHENTICATED")
    assert len(gate.receiver.calls) == 3


ALL = pytest.mark.parametrize("make", [twilio, webhook, sendgrid], ids=["twilio", "webhook", "sendgrid"])


def forged(request: httpx.Request, address: str = "192.0.2.1") -> httpx.Request:
    """Return a call whose signature does not fit, from an address."""
    changed = rewritten(request, body=lambda body: body + b" ")
    changed.extensions["sourceIp"] = address
    return changed


@ALL
def test_who_forges_reports_is_told_to_wait(gate: Gate, make: Callable[[], httpx.Request]):
    with gate.client() as client:
        for _ in range(REFUSALS_MAX):
            refused(client.send(forged(make())), 401, "UNAUTHENTICATED")

        answer = client.send(forged(make()))

    refused(answer, 429, "RATE_LIMITED")
    assert 1 <= int(answer.headers["Retry-After"]) <= WINDOW_SECONDS
    assert gate.receiver.calls == []
    assert sum(gate.counted().values()) == REFUSALS_MAX + 1


@ALL
def test_a_good_report_passes_at_an_address_that_forges(gate: Gate, make: Callable[[], httpx.Request]):
    with gate.client() as client:
        for _ in range(2 * REFUSALS_MAX):
            client.send(forged(make()))

        assert client.send(make()).status_code == 204

    assert len(gate.receiver.calls) == 1


def test_who_forges_reports_keeps_no_other_address_from_its_mistakes(gate: Gate):
    with gate.client() as client:
        for _ in range(2 * REFUSALS_MAX):
            client.send(forged(webhook()))

        refused(client.send(forged(webhook(), address="192.0.2.2")), 401, "UNAUTHENTICATED")


def test_who_forges_at_the_local_server_is_told_to_wait(gate: Gate, served: httpx.Client):
    for make in (twilio, webhook, sendgrid):
        local = rewritten(make(), url=lambda url: url.replace(PUBLIC_URL, str(served.base_url).rstrip("/")))
        answers = [served.send(forged(local)).status_code for _ in range(REFUSALS_MAX)]
        assert served.send(local).status_code == 204

    assert set(answers) == {429}
