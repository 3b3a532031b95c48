"""What the messages of providers mean, and which signatures are theirs."""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.builders import NOON
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.http.framework.errors import DETAILS_MAX, HttpError, InvalidRequestError, MalformedRequestError, failure_of
from wavecom.http.receipts.read_reports import ReadReports
from wavecom.http.receipts.refusals import Reason, SignatureRefusedError
from wavecom.http.receipts.responses import ReportResults
from wavecom.http.receipts.ses import ses_reports
from wavecom.http.receipts.twilio import Callback, parse_form, sign, twilio_reports
from wavecom.http.receipts.webhook import webhook_reports

EVENTS = Path(__file__).parents[2] / "events"
ID = "507f1f77bcf86cd799439011"
RECIPIENT = "user@example.com"
SENT = "2026-03-01T12:00:02.012Z"
HAPPENED = "2026-03-01T12:00:03.669Z"


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def sns(*messages: str) -> dict[str, Any]:
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": each}} for each in messages]}


def an_ses_event(kind: str, **detail: Any) -> dict[str, Any]:
    tags = {"ses:configuration-set": ["wavecom"], "notificationId": [ID], "provider": ["ses-frankfurt"]}
    name = kind[0].lower() + kind[1:]
    return {"eventType": kind, "mail": {"timestamp": SENT, "destination": [RECIPIENT], "tags": tags}, name: detail}


def bounce(kind: str, sub_type: str) -> dict[str, Any]:
    recipients = [{"emailAddress": RECIPIENT, "diagnosticCode": f"smtp; 550 5.1.1 <{RECIPIENT}> unknown"}]
    return an_ses_event(
        "Bounce", bounceType=kind, bounceSubType=sub_type, bouncedRecipients=recipients, timestamp=HAPPENED
    )


def complaint(**detail: Any) -> dict[str, Any]:
    return an_ses_event("Complaint", complainedRecipients=[{"emailAddress": RECIPIENT}], timestamp=HAPPENED, **detail)


def test_the_sample_of_a_bounce_is_read_whole() -> None:
    event = json.loads((EVENTS / "receipts_ses_bounce.json").read_text())

    assert ses_reports(event) == [
        DeliveryReport(
            notification_id=ID,
            provider="ses",
            delivery_outcome=DeliveryOutcome.UNDELIVERED,
            reason="Permanent/General",
            suppression_reason=SuppressionReason.HARD_BOUNCE,
            at=datetime(2026, 3, 1, 12, 0, 3, 669_000, tzinfo=UTC),
            provider_message_id="0107019a1b2c3d4e-5f607182-93a4-4b5c-8d6e-7f8091a2b3c4-000000",
        )
    ]


SES_MEANINGS = [
    (an_ses_event("Delivery", timestamp=HAPPENED), DeliveryOutcome.DELIVERED, None, None),
    (bounce("Permanent", "General"), DeliveryOutcome.UNDELIVERED, "Permanent/General", SuppressionReason.HARD_BOUNCE),
    (bounce("Permanent", "NoEmail"), DeliveryOutcome.UNDELIVERED, "Permanent/NoEmail", SuppressionReason.HARD_BOUNCE),
    (
        bounce("Permanent", "Suppressed"),
        DeliveryOutcome.UNDELIVERED,
        "Permanent/Suppressed",
        SuppressionReason.HARD_BOUNCE,
    ),
    (
        bounce("Permanent", "OnAccountSuppressionList"),
        DeliveryOutcome.UNDELIVERED,
        "Permanent/OnAccountSuppressionList",
        None,
    ),
    (bounce("Permanent", "SomethingNew"), DeliveryOutcome.UNDELIVERED, "Permanent/SomethingNew", None),
    *(
        (bounce("Transient", sub_type), DeliveryOutcome.UNDELIVERED, f"Transient/{sub_type}", None)
        for sub_type in ("General", "MailboxFull", "MessageTooLarge", "ContentRejected", "AttachmentRejected")
    ),
    (bounce("Undetermined", "Undetermined"), DeliveryOutcome.UNDELIVERED, "Undetermined/Undetermined", None),
    (complaint(), DeliveryOutcome.ACCEPTED, "Complaint", SuppressionReason.COMPLAINT),
    (
        complaint(complaintFeedbackType="abuse"),
        DeliveryOutcome.ACCEPTED,
        "Complaint/abuse",
        SuppressionReason.COMPLAINT,
    ),
    (
        complaint(complaintSubType=None, complaintFeedbackType="fraud"),
        DeliveryOutcome.ACCEPTED,
        "Complaint/fraud",
        SuppressionReason.COMPLAINT,
    ),
    (complaint(complaintFeedbackType="not-spam"), DeliveryOutcome.ACCEPTED, None, None),
    (complaint(complaintFeedbackType="auth-failure"), DeliveryOutcome.ACCEPTED, None, None),
    (an_ses_event("Send"), DeliveryOutcome.ACCEPTED, None, None),
    (an_ses_event("DeliveryDelay", delayType="MailboxFull", timestamp=HAPPENED), DeliveryOutcome.ACCEPTED, None, None),
    (
        complaint(complaintSubType="OnAccountSuppressionList"),
        DeliveryOutcome.UNDELIVERED,
        "Complaint/OnAccountSuppressionList",
        None,
    ),
    (an_ses_event("Reject", reason="Bad content"), DeliveryOutcome.UNDELIVERED, "Reject/Bad content", None),
    (an_ses_event("Rendering Failure"), DeliveryOutcome.UNDELIVERED, "RenderingFailure", None),
]


@pytest.mark.parametrize(("event", "delivery_outcome", "reason", "suppression_reason"), SES_MEANINGS)
def test_what_an_event_of_ses_means(
    event: dict[str, Any],
    delivery_outcome: DeliveryOutcome | None,
    reason: str | None,
    suppression_reason: SuppressionReason | None,
) -> None:
    (report,) = ses_reports(sns(json.dumps(event)))

    without_time = ("Reject", "Rendering Failure", "Send", "DeliveryDelay")
    at = SENT if event["eventType"] in without_time else HAPPENED
    assert report == DeliveryReport(
        notification_id=ID,
        provider="ses-frankfurt",
        delivery_outcome=delivery_outcome,
        reason=reason,
        suppression_reason=suppression_reason,
        at=datetime.fromisoformat(at),
    )


@pytest.mark.parametrize(
    "event",
    [
        *(an_ses_event(kind) for kind in ("Open", "Click", "Subscription")),
        {"eventType": "SomethingNew"},
    ],
)
def test_what_says_nothing_of_the_delivery_is_no_report_and_no_trouble(
    event: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    assert ses_reports(sns(json.dumps(event))) == []
    assert caplog.records == []


def changed(event: dict[str, Any], *path: str, to: Any) -> str:
    copy = json.loads(json.dumps(event))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(copy)


HARD = bounce("Permanent", "General")
UNREADABLE = [
    "",
    "Successfully validated SNS topic for Amazon SES event publishing.",
    "[]",
    "null",
    "{}",
    '{"eventType": 1}',
    '{"eventType": "Bounce"}',
    pytest.param("[" * 100_000, id="nested"),
    changed(HARD, "bounce", to=None),
    changed(HARD, "bounce", "bounceType", to=7),
    changed(HARD, "bounce", "bounceSubType", to=f"<{RECIPIENT}>"),
    changed(HARD, "bounce", "timestamp", to="yesterday"),
    changed(HARD, "bounce", "timestamp", to="2026-03-01T12:00:03"),
    changed(HARD, "bounce", "timestamp", to="0001-01-01T00:00:00+23:59"),
    changed(HARD, "mail", to=[]),
    changed(HARD, "mail", "tags", to={"provider": ["ses"]}),
    changed(HARD, "mail", "tags", to={"notificationId": [ID]}),
    changed(HARD, "mail", "tags", to={"notificationId": [], "provider": ["ses"]}),
    changed(HARD, "mail", "tags", to={"notificationId": [ID, ID], "provider": ["ses"]}),
    changed(HARD, "mail", "tags", to={"notificationId": [ID.upper()], "provider": ["ses"]}),
    changed(HARD, "mail", "tags", to={"notificationId": [f"{ID}\n"], "provider": ["ses"]}),
    changed(HARD, "mail", "tags", to={"notificationId": [{"$ne": None}], "provider": ["ses"]}),
]


@pytest.mark.parametrize("message", UNREADABLE)
def test_what_cannot_be_read_is_told_without_its_content_and_keeps_nothing_else_back(
    message: str, caplog: pytest.LogCaptureFixture
) -> None:
    reports = ses_reports(sns(json.dumps(HARD), message, json.dumps(HARD)))

    assert len(reports) == 2
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert vars(record)["unreadable"] == 1
    assert RECIPIENT not in str(vars(record))


@pytest.mark.parametrize(
    "record", [None, "x", {}, {"EventSource": "aws:sns"}, {"EventSource": "aws:sqs", "body": json.dumps(HARD)}]
)
def test_a_record_of_something_else_is_unreadable(record: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert ses_reports({"Records": [record, record]}) == []
    assert vars(caplog.records[0])["unreadable"] == 2


TOKEN = "0123456789abcdef0123456789abcdef"
ORIGIN = "https://api.bank.example"
PATH = "/receipts/twilio/twilio-sms"


def called(
    *,
    query: str | None = None,
    sent: datetime = NOON,
    origin: str = ORIGIN,
    signed_url: str | None = None,
    **form: str,
) -> Callback:
    """Return a callback as Twilio makes it, signed for ``signed_url`` or for the URL that it is made to."""
    query = f"notificationId={ID}&sentAt={seconds(sent)}" if query is None else query
    parameters = sorted({"AccountSid": "AC1", "MessageSid": "SM1", "To": "+15005550006", **form}.items())
    signature = sign(TOKEN, signed_url or f"{origin}{PATH}?{query}", parameters)
    return Callback(origin=origin, path=PATH, query=query, parameters=parameters, signature=signature)


def read(callback: Callback) -> list[DeliveryReport]:
    return twilio_reports(callback, provider="twilio-sms", auth_tokens=[TOKEN], at=NOON)


URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
CALL = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]


@pytest.mark.parametrize(
    ("url", "parameters", "signature"),
    [
        (URL, CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (URL.replace(".com", ".com:443"), CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (URL.replace(".com", ".com:1234").replace("https", "http"), CALL, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (
            URL,
            [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234")],
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
    ],
)
def test_signatures_are_those_of_twilios_own_libraries(
    url: str, parameters: list[tuple[str, str]], signature: str
) -> None:
    """The examples are of twilio-python, tests/unit/test_request_validator.py; their token is 12345."""
    assert sign("12345", url, parameters) == signature


TWILIO_MEANINGS = [
    ("delivered", None, DeliveryOutcome.DELIVERED, None),
    ("read", None, DeliveryOutcome.DELIVERED, None),
    ("delivered", "30005", DeliveryOutcome.DELIVERED, None),
    ("undelivered", None, DeliveryOutcome.UNDELIVERED, None),
    ("failed", "", DeliveryOutcome.UNDELIVERED, None),
    *(
        ("undelivered", code, DeliveryOutcome.UNDELIVERED, None)
        for code in ("30003", "30004", "30006", "30007", "30008")
    ),
    ("undelivered", "30005", DeliveryOutcome.UNDELIVERED, SuppressionReason.HARD_BOUNCE),
    *(
        ("failed", code, DeliveryOutcome.UNDELIVERED, SuppressionReason.HARD_BOUNCE)
        for code in ("21211", "21614", "21635")
    ),
    ("failed", "21610", DeliveryOutcome.UNDELIVERED, SuppressionReason.COMPLAINT),
    *(
        (status, None, DeliveryOutcome.ACCEPTED, None)
        for status in ("accepted", "scheduled", "queued", "sending", "sent")
    ),
    ("sent", "30005", DeliveryOutcome.ACCEPTED, None),
]


@pytest.mark.parametrize(("status", "code", "delivery_outcome", "suppression_reason"), TWILIO_MEANINGS)
def test_what_a_callback_of_twilio_means(
    status: str, code: str | None, delivery_outcome: DeliveryOutcome, suppression_reason: SuppressionReason | None
) -> None:
    form: dict[str, Any] = {"MessageStatus": status, **({"ErrorCode": code} if code is not None else {})}

    assert read(called(**form)) == [
        DeliveryReport(
            notification_id=ID,
            provider="twilio-sms",
            delivery_outcome=delivery_outcome,
            reason=(code or None) if delivery_outcome is DeliveryOutcome.UNDELIVERED else None,
            suppression_reason=suppression_reason,
            at=NOON,
            provider_message_id="SM1",
        )
    ]


@pytest.mark.parametrize("status", ["canceled", "partially_delivered", "new", ""])
def test_any_other_status_is_no_report(status: str) -> None:
    assert read(called(MessageStatus=status)) == []


@pytest.mark.parametrize(
    ("origin", "signed"),
    [
        ("https://api.bank.example", "https://api.bank.example:443"),
        ("https://api.bank.example:443", "https://api.bank.example"),
        ("https://api.bank.example:8443", "https://api.bank.example"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://[::1]:5000", "http://[::1]"),
        ("https://bank.example/wavecom", "https://bank.example/wavecom"),
    ],
)
def test_twilio_signs_with_the_port_or_without_it(origin: str, signed: str) -> None:
    query = f"notificationId={ID}&sentAt={seconds(NOON)}"
    callback = called(origin=origin, signed_url=f"{signed}{PATH}?{query}", query=query, MessageStatus="delivered")

    assert len(read(callback)) == 1


@pytest.mark.parametrize("age", [timedelta(days=5), timedelta(0), timedelta(minutes=-5)])
def test_a_callback_may_come_for_five_days(age: timedelta) -> None:
    assert len(read(called(sent=NOON - age, MessageStatus="delivered"))) == 1


@pytest.mark.parametrize("age", [timedelta(days=5, seconds=1), timedelta(days=400), timedelta(minutes=-5, seconds=-1)])
def test_a_callback_of_another_time_is_refused_as_expired(age: timedelta) -> None:
    with pytest.raises(SignatureRefusedError) as refused:
        read(called(sent=NOON - age, MessageStatus="delivered"))

    assert refused.value.reason is Reason.EXPIRED


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", {"notificationId", "sentAt"}),
        (f"notificationId={ID}", {"sentAt"}),
        ("sentAt=1772366400", {"notificationId"}),
        (f"notificationId={ID}&sentAt=soon", {"sentAt"}),
        (f"notificationId={ID}&sentAt=-1", {"sentAt"}),
        (f"notificationId={ID}&sentAt=1e9", {"sentAt"}),
        (f"notificationId={ID}&sentAt={'9' * 11}", {"sentAt"}),
        (f"notificationId={ID}&sentAt=%D9%A1", {"sentAt"}),
        (f"notificationId={ID.upper()}&sentAt=1772366400", {"notificationId"}),
        (f"notificationId={ID}%0A&sentAt=1772366400", {"notificationId"}),
        (f"notificationId={ID}&notificationId={ID}&sentAt=1772366400", {"notificationId"}),
        (f"notificationId={ID}&sentAt=1772366400&more=1", {"more"}),
    ],
)
def test_a_url_that_is_not_of_our_making_is_refused_though_twilio_signed_it(query: str, fields: set[str]) -> None:
    signed_url = f"{ORIGIN}{PATH}?{query}" if query else f"{ORIGIN}{PATH}"

    with pytest.raises(InvalidRequestError) as refused:
        read(called(query=query, signed_url=signed_url, MessageStatus="delivered"))

    assert {each.field for each in refused.value.details} == fields


def test_a_form_without_a_status_or_with_two_is_refused() -> None:
    parameters = [("MessageStatus", "delivered"), ("MessageStatus", "failed")]
    query = f"notificationId={ID}&sentAt={seconds(NOON)}"
    signature = sign(TOKEN, f"{ORIGIN}{PATH}?{query}", parameters)
    twice = Callback(origin=ORIGIN, path=PATH, query=query, parameters=parameters, signature=signature)

    for callback in (called(), twice, called(MessageStatus="failed", ErrorCode="<30005>")):
        with pytest.raises(InvalidRequestError):
            read(callback)


@pytest.mark.parametrize("body", ["a=%FF", "%C3=1", "&".join(f"p{n}=1" for n in range(101))])
def test_what_is_no_form_is_malformed(body: str) -> None:
    with pytest.raises(MalformedRequestError):
        parse_form(body)


WEBHOOK = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
A_REPORT = {"notificationId": ID, "status": "delivered", "at": "2026-03-01T13:00:03.669999+01:00"}


def posted(value: Any, *, sent: datetime = NOON, **headers: str) -> Sequence[DeliveryReport]:
    return taken_of(value, sent=sent, **headers).reports


def taken_of(value: Any, *, sent: datetime = NOON, **headers: str) -> ReadReports:
    body = value if isinstance(value, str) else json.dumps(value)
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(seconds(sent)),
        "webhook-signature": WEBHOOK.sign("msg_1", sent, body),
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    return webhook_reports(body, signed, provider="gateway", webhooks=[WEBHOOK], at=NOON)


def reported(**changes: Any) -> dict[str, Any]:
    return {"reports": [{**A_REPORT, **changes}]}


@pytest.mark.parametrize(
    ("changes", "delivery_outcome", "suppression_reason"),
    [
        ({}, DeliveryOutcome.DELIVERED, None),
        ({"status": "undelivered"}, DeliveryOutcome.UNDELIVERED, None),
        ({"status": "undelivered", "hardBounce": False}, DeliveryOutcome.UNDELIVERED, None),
        ({"status": "undelivered", "hardBounce": True}, DeliveryOutcome.UNDELIVERED, SuppressionReason.HARD_BOUNCE),
        ({"status": "complained", "reason": "fbl/abuse 5.7.1"}, DeliveryOutcome.ACCEPTED, SuppressionReason.COMPLAINT),
        ({"status": "sent"}, DeliveryOutcome.ACCEPTED, None),
    ],
)
def test_what_a_webhook_means(
    changes: dict[str, Any], delivery_outcome: DeliveryOutcome | None, suppression_reason: SuppressionReason | None
) -> None:
    assert posted(reported(**changes)) == [
        DeliveryReport(
            notification_id=ID,
            provider="gateway",
            delivery_outcome=delivery_outcome,
            reason=changes.get("reason"),
            suppression_reason=suppression_reason,
            at=datetime(2026, 3, 1, 12, 0, 3, 669_000, tzinfo=UTC),
        )
    ]


def test_a_webhook_carries_a_thousand_reports_and_no_more() -> None:
    assert len(posted({"reports": [A_REPORT] * 1000})) == 1000
    with pytest.raises(InvalidRequestError):
        posted({"reports": [A_REPORT] * 1001})


def test_of_many_wrong_reports_a_few_are_named() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        posted({"reports": [{}] * 1000})

    error = failure_of(refused.value).error()
    assert len(error.details) == DETAILS_MAX
    assert error.message == "The request is not valid (2980 more errors are not shown)"


WRONG_REPORTS = [
    ({"reports": []}, "reports"),
    ({"reports": {}}, "reports"),
    ({}, "reports"),
    ([], "body"),
    ({"reports": [1]}, "reports[0]"),
    ({"reports": [A_REPORT], "type": "x"}, "type"),
    (reported(colour="red"), "reports[0].colour"),
    (reported(status="read"), "reports[0].status"),
    (reported(status=None), "reports[0].status"),
    (reported(notificationId=ID[:-1]), "reports[0].notificationId"),
    (reported(notificationId=f"{ID}\n"), "reports[0].notificationId"),
    (reported(notificationId={"$ne": None}), "reports[0].notificationId"),
    (reported(reason=""), "reports[0].reason"),
    (reported(reason="x" * 101), "reports[0].reason"),
    (reported(reason=f"550 {RECIPIENT} unknown"), "reports[0].reason"),
    (reported(reason="a\nb"), "reports[0].reason"),
    (reported(status="undelivered", hardBounce="true"), "reports[0].hardBounce"),
    (reported(status="undelivered", hardBounce=1), "reports[0].hardBounce"),
    (reported(status="delivered", hardBounce=True), "reports[0].hardBounce"),
    (reported(status="complained", hardBounce=True), "reports[0].hardBounce"),
    (reported(status="sent", hardBounce=True), "reports[0].hardBounce"),
    *((reported(at=at), "reports[0].at") for at in ("", "2026-03-01", "2026-03-01T12:00:00", 1772366400, None)),
    (reported(at="0001-01-01T00:00:00+23:59"), "reports[0].at"),
    ('{"reports": [], "reports": []}', "reports"),
]


@pytest.mark.parametrize(("value", "field"), [each for each in WRONG_REPORTS if "reports[0]" in each[1]])
def test_a_wrong_report_keeps_nothing_else_back(value: Any, field: str) -> None:
    (wrong,) = value["reports"]

    taken = taken_of({"reports": [A_REPORT, wrong, A_REPORT]})

    assert (len(taken.reports), taken.accepted) == (2, 2)
    ((index, error),) = taken.refused.items()
    assert (index, [each.field for each in error.details]) == (1, [field.replace("[0]", "[1]")])


@pytest.mark.parametrize("text", [r"a\u0000b", r"\ud800"])
@pytest.mark.parametrize("field", ["reason", "colour", "status"])
def test_text_that_cannot_be_stored_refuses_its_own_report_only(field: str, text: str) -> None:
    bad = json.dumps({**A_REPORT, field: "TEXT"}).replace("TEXT", text)

    taken = taken_of(f'{{"reports": [{json.dumps(A_REPORT)}, {bad}]}}')

    assert len(taken.reports) == 1
    assert taken.refused.keys() == {1}


@pytest.mark.parametrize("body", [r'{"reports": [], "\ud800": 1}', r'{"reports": [{}], "\u0000": 1}'])
def test_text_that_cannot_be_stored_beside_the_reports_refuses_the_call(body: str) -> None:
    with pytest.raises(InvalidRequestError):
        posted(body)


def test_of_one_wrong_report_a_few_fields_are_named() -> None:
    taken = taken_of({"reports": [A_REPORT, {f"f{number}": 1 for number in range(40)}]})

    (result,) = ReportResults.of(taken).results
    assert len(result.error.details) == DETAILS_MAX
    assert result.error.message == "The report is not valid (23 more errors are not shown)"


@pytest.mark.parametrize(("value", "field"), WRONG_REPORTS)
def test_a_wrong_report_is_refused_with_the_field_that_is_wrong(value: Any, field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        posted(value)

    assert [each.field for each in refused.value.details] == [field]


@pytest.mark.parametrize("body", ["", "{", "NaN", "x" * 1000, '{"reports": [NaN]}'])
def test_what_is_no_json_is_malformed_though_it_is_signed(body: str) -> None:
    with pytest.raises(MalformedRequestError):
        posted(body)


def test_one_of_several_signatures_is_enough_while_secrets_change() -> None:
    good = WEBHOOK.sign("msg_1", NOON, json.dumps(reported()))

    assert len(posted(reported(), webhook_signature=f"v1a,abc nonsense v1,{'A' * 43}= {good}")) == 1


@pytest.mark.parametrize("age", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_a_webhook_may_be_five_minutes_off(age: timedelta) -> None:
    assert len(posted(reported(), sent=NOON - age)) == 1


REFUSED: list[tuple[Callable[[], Any], Reason]] = [
    (lambda: posted(reported(), sent=NOON - timedelta(minutes=5, seconds=1)), Reason.EXPIRED),
    (lambda: posted(reported(), sent=NOON + timedelta(minutes=5, seconds=1)), Reason.EXPIRED),
    (lambda: posted(reported(), webhook_id="msg_2"), Reason.FORGED),
    (lambda: posted(reported(), webhook_id="msg_1\ud800"), Reason.FORGED),
    (lambda: posted(reported(), webhook_timestamp=f"{seconds(NOON) + 1}"), Reason.FORGED),
    (lambda: posted(reported(), webhook_timestamp=f"{seconds(NOON)}.0"), Reason.FORGED),
    (lambda: posted(reported(), webhook_timestamp="nan"), Reason.FORGED),
    (lambda: posted(reported(), webhook_timestamp="9" * 400), Reason.FORGED),
    (lambda: posted(reported(), webhook_signature="v1"), Reason.FORGED),
    (lambda: posted(reported(), webhook_signature="v1,%%%"), Reason.FORGED),
    (lambda: posted(reported(), webhook_signature="v1,\ud800"), Reason.FORGED),
    (lambda: posted(reported(), webhook_signature=WEBHOOK.sign("msg_1", NOON, "{}")), Reason.FORGED),
    (lambda: posted(reported(), webhook_id=""), Reason.MISSING),
    (lambda: posted(reported(), webhook_timestamp=""), Reason.MISSING),
    (lambda: posted(reported(), webhook_signature=""), Reason.MISSING),
]


@pytest.mark.parametrize(("post", "reason"), REFUSED)
def test_a_webhook_is_refused_for_its_signature(post: Callable[[], Any], reason: Reason) -> None:
    with pytest.raises(SignatureRefusedError) as refused:
        post()

    assert refused.value.reason is reason
    assert isinstance(refused.value, HttpError)


def test_an_id_with_a_full_stop_could_be_cut_elsewhere_and_is_refused() -> None:
    body = json.dumps(reported())

    with pytest.raises(SignatureRefusedError):
        posted(body, webhook_id="msg.1", webhook_signature=WEBHOOK.sign("msg.1", NOON, body))
