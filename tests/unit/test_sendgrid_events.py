"""What SendGrid's events mean, and which signatures are SendGrid's."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.builders import NOON
from tests.sendgrid_key import SendGridKey
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.http.framework.errors import InvalidRequestError, MalformedRequestError
from wavecom.http.receipts.read_reports import ReadReports
from wavecom.http.receipts.refusals import Reason, SignatureRefusedError
from wavecom.http.receipts.sendgrid import SIGNATURE, TIMESTAMP, read_key, sendgrid_reports

ID = "507f1f77bcf86cd799439011"
RECIPIENT = "user@example.com"
KEY, PREVIOUS = SendGridKey(), SendGridKey()
HAPPENED = 1772366405


def event(kind: str, **fields: Any) -> dict[str, Any]:
    common = {"email": RECIPIENT, "timestamp": HAPPENED, "sg_event_id": "ZXZlbnQ", "event": kind}
    return {**common, "notificationId": ID, "provider": "sendgrid", **fields}


def called(value: Any, *, sent: datetime = NOON, key: SendGridKey = KEY, **headers: str) -> ReadReports:
    body = value if isinstance(value, str) else json.dumps(value)
    given = {**key.headers(body, sent), **headers}
    keys = [read_key(KEY.public), read_key(PREVIOUS.public)]
    return sendgrid_reports(body, given, provider="sendgrid", keys=keys, at=NOON)


def reports(value: Any, **call: Any) -> Sequence[DeliveryReport]:
    return called(value, **call).reports


MEANINGS = [
    (event("processed"), DeliveryOutcome.ACCEPTED, None, None),
    (event("deferred", response=f"451 <{RECIPIENT}> try later", attempt="3"), DeliveryOutcome.ACCEPTED, None, None),
    (event("delivered", response="250 OK"), DeliveryOutcome.DELIVERED, None, None),
    (
        event("bounce", type="bounce", status="5.1.1", reason=f"550 5.1.1 <{RECIPIENT}> unknown"),
        DeliveryOutcome.UNDELIVERED,
        "bounce/5.1.1",
        SuppressionReason.HARD_BOUNCE,
    ),
    *(
        (
            event("bounce", type="bounce", bounce_classification=given),
            DeliveryOutcome.UNDELIVERED,
            "bounce",
            suppression_reason,
        )
        for given, suppression_reason in [
            ("Invalid Address", SuppressionReason.HARD_BOUNCE),
            ("", SuppressionReason.HARD_BOUNCE),
            (None, SuppressionReason.HARD_BOUNCE),
            ("Mailbox Unavailable", None),
            ("Reputation", None),
            ("Content", None),
            ("Frequency/Volume", None),
            ("Frequency or Volume Too High", None),
            ("Technical", None),
            ("Technical Failure", None),
            ("Unclassified", None),
            ("something new", None),
            (["Invalid Address"], None),
        ]
    ),
    (
        event("bounce", type="blocked", bounce_classification="Invalid Address"),
        DeliveryOutcome.UNDELIVERED,
        "blocked",
        None,
    ),
    (
        event("bounce", type="bounce", status=f"<{RECIPIENT}>"),
        DeliveryOutcome.UNDELIVERED,
        "bounce",
        SuppressionReason.HARD_BOUNCE,
    ),
    (event("bounce", type="blocked", status="5.7.1"), DeliveryOutcome.UNDELIVERED, "blocked/5.7.1", None),
    (event("bounce", type="blocked", status="550"), DeliveryOutcome.UNDELIVERED, "blocked", None),
    (event("bounce", type="something new"), DeliveryOutcome.UNDELIVERED, "bounce", None),
    (event("bounce", type=["bounce"]), DeliveryOutcome.UNDELIVERED, "bounce", None),
    (event("bounce"), DeliveryOutcome.UNDELIVERED, "bounce", None),
    *(
        (event("dropped", reason=reason), DeliveryOutcome.UNDELIVERED, f"dropped/{reason}", suppression_reason)
        for reason, suppression_reason in {
            "Bounced Address": SuppressionReason.HARD_BOUNCE,
            "Invalid": SuppressionReason.HARD_BOUNCE,
            "Unsubscribed Address": SuppressionReason.COMPLAINT,
            "Spam Reporting Address": SuppressionReason.COMPLAINT,
            "Invalid SMTPAPI header": None,
            "Spam Content": None,
            "Recipient List over Package Quota": None,
        }.items()
    ),
    (event("dropped", reason=f"<{RECIPIENT}>"), DeliveryOutcome.UNDELIVERED, "dropped", None),
    (event("dropped", reason={}), DeliveryOutcome.UNDELIVERED, "dropped", None),
    (event("dropped"), DeliveryOutcome.UNDELIVERED, "dropped", None),
    (event("spamreport"), DeliveryOutcome.ACCEPTED, "spamreport", SuppressionReason.COMPLAINT),
    (event("unsubscribe"), DeliveryOutcome.ACCEPTED, "unsubscribe", SuppressionReason.COMPLAINT),
    (
        event("group_unsubscribe", asm_group_id=1),
        DeliveryOutcome.ACCEPTED,
        "group_unsubscribe",
        SuppressionReason.COMPLAINT,
    ),
]


@pytest.mark.parametrize(("of", "delivery_outcome", "reason", "suppression_reason"), MEANINGS)
def test_what_an_event_means(
    of: dict[str, Any],
    delivery_outcome: DeliveryOutcome,
    reason: str | None,
    suppression_reason: SuppressionReason | None,
) -> None:
    assert called([of]) == ReadReports(
        reports=[
            DeliveryReport(
                notification_id=ID,
                provider="sendgrid",
                delivery_outcome=delivery_outcome,
                reason=reason,
                suppression_reason=suppression_reason,
                at=datetime.fromtimestamp(HAPPENED, UTC),
            )
        ]
    )


@pytest.mark.parametrize(
    ("given", "message_id"),
    [
        ("14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0", "14c5d75ce93.dfd.64b469"),
        ("ZmbxGdd8RVKS4ELOkzWrcA.filterdrecv-5b7c9f4d8-abcde-1-65E1B2C7-3.0", "ZmbxGdd8RVKS4ELOkzWrcA"),
        ("AnH57N9eQmeRPP_JZ0XwEA.recvd-84b4bf4d85-b9hd4-1-65E1B2C7-3.0", "AnH57N9eQmeRPP_JZ0XwEA"),
        ("of-another-form", None),
        ("a b.filter1", None),
        (".filter1", None),
        (7, None),
        (None, None),
    ],
)
def test_the_message_is_named_as_in_the_answer_to_our_call_or_not_at_all(given: object, message_id: str | None) -> None:
    (report,) = reports([event("bounce", sg_message_id=given)])

    assert report.provider_message_id == message_id


@pytest.mark.parametrize(
    "passed_over",
    [
        *(event(kind) for kind in ("open", "click", "group_resubscribe", "account_status_change", "something new")),
        {"event": "delivered", "timestamp": HAPPENED, "email": RECIPIENT},
        event("delivered", provider="sendgrid-2"),
        event("delivered", provider=["sendgrid"]),
        event("delivered", notificationId=None),
        event("open", timestamp="then"),
    ],
)
def test_what_says_nothing_or_is_not_ours_is_passed_over(
    passed_over: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    taken = called([passed_over, event("delivered")])

    assert (len(taken.reports), taken.accepted, taken.refused) == (1, 2, {})
    assert caplog.records == []


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (None, ""),
        ("text", ""),
        ([], ""),
        ({}, ".event"),
        (event("delivered", event=7), ".event"),
        (event("delivered", notificationId=ID.upper()), ".notificationId"),
        (event("delivered", notificationId=f"{ID}\n"), ".notificationId"),
        (event("delivered", notificationId={"$ne": None}), ".notificationId"),
        *((event("delivered", timestamp=at), ".timestamp") for at in ("1772366405", -1, 10**10, 1.5, True, None)),
    ],
)
def test_one_bad_event_refuses_itself_only(bad: object, field: str, caplog: pytest.LogCaptureFixture) -> None:
    taken = called([event("processed"), bad, event("delivered")])

    assert [report.delivery_outcome for report in taken.reports] == [
        DeliveryOutcome.ACCEPTED,
        DeliveryOutcome.DELIVERED,
    ]
    assert [each.field for each in taken.refused[1].details] == [f"events[1]{field}"]
    (record,) = caplog.records
    assert vars(record)["unreadable"] == 1
    assert RECIPIENT not in str(vars(record))


def test_though_no_event_can_be_read_the_call_is_taken_for_it_would_be_as_bad_the_next_time() -> None:
    taken = called([{}, {}])

    assert (list(taken.reports), taken.accepted, set(taken.refused)) == ([], 0, {0, 1})


@pytest.mark.parametrize("text", [r"\ud800", r"\u0000"])
@pytest.mark.parametrize("field", ["response", "reason", "sg_message_id", "\\ud800", "status"])
def test_text_of_the_recipients_server_loses_no_report(field: str, text: str) -> None:
    body = json.dumps([event("bounce", type="bounce")])[:-2] + f', "{field}": "{text}"}}]'

    (report,) = reports(body)

    assert (report.reason, report.suppression_reason, report.provider_message_id) == (
        "bounce",
        SuppressionReason.HARD_BOUNCE,
        None,
    )


@pytest.mark.parametrize("body", ["", "[", "NaN", "[NaN]", "[" * 10_000])
def test_what_is_no_json_is_malformed_though_it_is_signed(body: str) -> None:
    with pytest.raises(MalformedRequestError):
        called(body)


@pytest.mark.parametrize("value", [{}, '"text"', None, 7])
def test_what_is_no_list_is_refused(value: object) -> None:
    with pytest.raises(InvalidRequestError):
        called(value)


def test_a_field_that_is_there_twice_counts_as_it_was_given_last() -> None:
    body = json.dumps([event("bounce", type="bounce")])[:-2] + ', "type": "blocked"}]'

    (report,) = reports(body)

    assert (report.reason, report.suppression_reason) == ("blocked", None)


def test_a_call_may_be_empty() -> None:
    assert called([]) == ReadReports(reports=[], accepted=0)


def test_the_raw_body_is_what_is_signed() -> None:
    body = json.dumps([event("delivered")], indent=2, ensure_ascii=False) + "\r\n"

    signed_otherwise: dict[str, Any] = KEY.headers(body.strip(), NOON)

    assert len(reports(body)) == 1
    with pytest.raises(SignatureRefusedError):
        called(body, **signed_otherwise)


SENDGRIDS_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dA"
    "fSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
)
SENDGRIDS_HEADERS = {
    SIGNATURE: "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=",
    TIMESTAMP: "1600112502",
}
SENDGRIDS_BODY = (
    '[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address",'
    '"sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",'
    '"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",'
    '"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
)
"""A call that SendGrid made and signed: the vector of sendgrid-python's test/unit/test_eventwebhook.py (6.12)."""


def checked(body: str, headers: dict[str, str]) -> ReadReports:
    at = datetime.fromtimestamp(int(SENDGRIDS_HEADERS[TIMESTAMP]), UTC)
    return sendgrid_reports(body, headers, provider="sendgrid", keys=[read_key(SENDGRIDS_KEY)], at=at)


def test_what_sendgrid_signed_itself_is_genuine() -> None:
    taken = checked(SENDGRIDS_BODY, SENDGRIDS_HEADERS)

    assert (taken.accepted, taken.refused) == (1, {})


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (SENDGRIDS_BODY.strip(), {}),
        (SENDGRIDS_BODY.replace("hello", "hullo"), {}),
        (SENDGRIDS_BODY, {TIMESTAMP: "1600112503"}),
        (SENDGRIDS_BODY, {SIGNATURE: KEY.headers(SENDGRIDS_BODY, NOON)[SIGNATURE]}),
    ],
)
def test_what_sendgrid_signed_itself_is_forged_once_it_is_changed(body: str, headers: dict[str, str]) -> None:
    with pytest.raises(SignatureRefusedError) as refused:
        checked(body, {**SENDGRIDS_HEADERS, **headers})

    assert refused.value.reason is Reason.FORGED


def test_the_key_before_the_present_one_is_good_too() -> None:
    assert len(reports([event("delivered")], key=PREVIOUS)) == 1


@pytest.mark.parametrize("age", [timedelta(hours=24), timedelta(0), timedelta(minutes=-5)])
def test_a_call_may_come_again_for_a_day(age: timedelta) -> None:
    assert len(reports([event("delivered")], sent=NOON - age)) == 1


BODY = json.dumps([event("delivered")])


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ({"sent": NOON - timedelta(hours=24, minutes=6)}, Reason.EXPIRED),
        ({"sent": NOON + timedelta(minutes=6)}, Reason.EXPIRED),
        ({"key": SendGridKey()}, Reason.FORGED),
        ({TIMESTAMP: str(int(NOON.timestamp()) + 1)}, Reason.FORGED),
        ({TIMESTAMP: "soon"}, Reason.FORGED),
        ({TIMESTAMP: "9" * 400}, Reason.FORGED),
        ({TIMESTAMP: "\u0661"}, Reason.FORGED),
        ({SIGNATURE: "AAAA"}, Reason.FORGED),
        ({SIGNATURE: "no base64"}, Reason.FORGED),
        ({SIGNATURE: "\u00e9"}, Reason.FORGED),
        ({SIGNATURE: KEY.headers("[]", NOON)[SIGNATURE]}, Reason.FORGED),
        ({SIGNATURE: base64.b64encode(bytes(64)).decode()}, Reason.FORGED),
        ({SIGNATURE: ""}, Reason.MISSING),
        ({TIMESTAMP: ""}, Reason.MISSING),
    ],
)
def test_a_call_is_refused_for_its_signature(call: dict[str, Any], reason: Reason) -> None:
    with pytest.raises(SignatureRefusedError) as refused:
        called(BODY, **call)

    assert refused.value.reason is reason


def test_without_a_key_nothing_is_genuine() -> None:
    with pytest.raises(SignatureRefusedError) as refused:
        sendgrid_reports(BODY, KEY.headers(BODY, NOON), provider="sendgrid", keys=[], at=NOON)

    assert refused.value.reason is Reason.FORGED


def shown(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no base64",
        "AAAA",
        pytest.param(shown(ec.generate_private_key(ec.SECP384R1())), id="P-384"),
        pytest.param(shown(rsa.generate_private_key(65537, 2048)), id="RSA"),
    ],
)
def test_another_kind_of_key_is_refused_when_the_function_starts(text: str) -> None:
    with pytest.raises(ValueError, match="webhookPublicKey"):
        read_key(text)
