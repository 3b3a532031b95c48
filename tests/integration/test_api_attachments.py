"""Attachments over the API: put once, checked at their first use, sent by any number of notifications."""

import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.builders import PDF
from tests.integration.conftest import Api, MakeApi, MakeKey, fields
from wavecom.adapters.mongo.attachments.files import MongoAttachmentFiles
from wavecom.application.accept import attach
from wavecom.application.attachments.expire import ExpireAttachments
from wavecom.application.deadline import Deadline
from wavecom.domain.content.attachments import Attachment, Scan
from wavecom.domain.notifications.timings import KEPT_FOR


def file_of(octets: bytes = PDF, **changes: Any) -> dict[str, Any]:
    return {
        "filename": "statement.pdf",
        "contentType": "application/pdf",
        "size": len(octets),
        "sha256": hashlib.sha256(octets).hexdigest(),
        **changes,
    }


def made(api: Api, octets: bytes = PDF, **changes: Any) -> dict[str, Any]:
    answer = api.post("/api/attachments", file_of(octets, **changes))
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def put(api: Api, attachment: dict[str, Any], octets: bytes = PDF) -> None:
    """Store bytes, whatever they are, as S3 would if it checked nothing."""
    files = api.services.attachments.files
    assert isinstance(files, MongoAttachmentFiles)
    files.put(attachment["id"], octets)


def ready(api: Api, octets: bytes = PDF, **changes: Any) -> str:
    """Make an attachment with its bytes, and return its id."""
    attachment = made(api, octets, **changes)
    put(api, attachment, octets)
    return attachment["id"]


def expire(api: Api) -> int:
    files = api.services.attachments.files
    assert files is not None
    return ExpireAttachments(attachments=api.services.attachments.attachments, files=files, clock=api.clock).expire(
        Deadline(timedelta(minutes=1))
    )


def test_a_file_is_prepared_put_attached_and_shown(api: Api) -> None:
    attachment = made(api)
    assert attachment["upload"]["method"] == "PUT"
    assert attachment["upload"]["url"] == f"{str(api.client.base_url).rstrip('/')}/uploads/{attachment['id']}"
    put(api, attachment)

    created = api.created(attachments=[attachment["id"]])

    file = {name: attachment[name] for name in ("id", "filename", "contentType", "size")}
    assert created["attachments"] == [file]
    shown = api.get(f"/api/notifications/{created['_id']}").json()["data"]["notification"]
    assert shown["attachments"] == [file]
    assert [each["attachments"] for each in api.get("/api/notifications").json()["data"]["notifications"]] == [[file]]
    (stored,) = api.store.get_many([created["_id"]])
    assert stored.content.attachments[0].sha256 == attachment["sha256"]
    read = api.get(f"/api/attachments/{attachment['id']}").json()["data"]
    assert "upload" not in read
    assert read.items() >= file.items()


def test_one_attachment_serves_a_whole_batch_and_is_read_once(quick_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    attachment_id, reads = ready(quick_api), []
    read = MongoAttachmentFiles.read

    def counted(files: MongoAttachmentFiles, tenant_id: str, attachment: Attachment) -> bytes | None:
        reads.append(attachment.id)
        return read(files, tenant_id, attachment)

    monkeypatch.setattr(MongoAttachmentFiles, "read", counted)
    item = {"type": "EMAIL", "subject": "S", "message": "M", "attachments": [attachment_id]}

    answer = quick_api.batch(*({**item, "recipient": f"c{number}@example.com"} for number in range(50)))
    quick_api.created(attachments=[attachment_id])

    assert [each["status"] for each in answer.json()["data"]["results"]] == [201] * 50
    assert reads == [attachment_id]
    assert quick_api.mongo.database.attachmentfiles.count_documents({}) == 1


def test_attachments_go_with_templates_and_html_too(quick_api: Api) -> None:
    source = {"subject": "Paid", "text": "Paid {{ amount }}", "html": "<p>Paid {{ amount }}</p>"}
    quick_api.post("/api/templates", {"id": "paid", "channel": "EMAIL"})
    quick_api.post("/api/templates/paid/versions", {"defaultLocale": "en", "locales": {"en": source}})
    quick_api.post("/api/templates/paid/versions/1/publish")
    of_template = {"template": {"id": "paid"}, "variables": {"amount": 5}, "subject": None, "message": None}

    for changes in (of_template, {"html": "<p>Hello</p>"}):
        given = {name: value for name, value in changes.items() if value is not None}
        body = {"type": "EMAIL", "recipient": "user@example.com", "attachments": [ready(quick_api)], **given}
        body |= {} if "template" in given else {"subject": "S", "message": "M"}
        answer = quick_api.post("/api/notifications", body)
        assert answer.status_code == 201, answer.text
        assert len(answer.json()["data"]["attachments"]) == 1


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"filename": "statement.exe"}, "filename"),
        ({"filename": "../statement.pdf"}, "filename"),
        ({"filename": ""}, "filename"),
        ({"contentType": "application/x-msdownload"}, "contentType"),
        ({"contentType": "application/pdf; charset=x"}, "contentType"),
        ({"size": 0}, "size"),
        ({"size": 10 * 1024 * 1024 + 1}, "size"),
        ({"size": "100"}, "size"),
        ({"size": 2**63}, "size"),
        ({"sha256": "00"}, "sha256"),
        ({"sha256": "A" * 64}, "sha256"),
        ({"url": "http://169.254.169.254/"}, "url"),
    ],
)
def test_files_that_cannot_be_taken_are_refused_with_the_field(quick_api: Api, changes, named) -> None:
    answer = quick_api.post("/api/attachments", file_of(**changes))

    assert (answer.status_code, fields(answer)) == (422, [named])
    assert quick_api.mongo.database.attachments.count_documents({}) == 0


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (None, "has no content yet: put its bytes first"),
        (PDF + b"\n", f"has {len(PDF) + 1} bytes instead of the {len(PDF)} that were declared"),
        (PDF.replace(b"N", b"n"), "has another SHA-256 than the one that was declared"),
    ],
)
def test_bytes_are_checked_at_the_first_use(quick_api: Api, octets, says) -> None:
    attachment = made(quick_api)
    if octets is not None:
        put(quick_api, attachment, octets)

    answer = quick_api.create(attachments=[attachment["id"]])

    assert answer.status_code == 422
    assert answer.json()["error"]["details"] == [{"field": "attachments[0]", "message": says}]
    assert quick_api.stored() == 0
    put(quick_api, attachment)
    quick_api.created(attachments=[attachment["id"]])


def test_the_type_is_that_of_the_bytes(quick_api: Api) -> None:
    program = b"MZ\x90\x00 This program cannot be run in DOS mode"

    answer = quick_api.create(attachments=[ready(quick_api), ready(quick_api, program)])

    assert answer.status_code == 422
    says = "is no file of the type application/pdf"
    assert answer.json()["error"]["details"] == [{"field": "attachments[1]", "message": says}]


def test_ten_files_and_ten_megabytes_are_the_most(quick_api: Api) -> None:
    small = [ready(quick_api) for _ in range(11)]
    half = b"%PDF-" + b"x" * (5 * 1024 * 1024 - 5)
    large = [ready(quick_api, half), ready(quick_api, half[:-1])]

    assert fields(quick_api.create(attachments=small)) == ["attachments"]
    quick_api.created(attachments=small[:10])
    assert fields(quick_api.create(attachments=[*large, small[0]])) == ["attachments"]
    quick_api.created(attachments=large)
    assert fields(quick_api.create(attachments=[small[0], small[0]])) == ["attachments"]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "SMS", "recipient": "+12025550123", "message": "M"},
        {"type": "PUSH", "recipient": "ab" * 32, "subject": "S", "message": "M"},
    ],
)
def test_only_email_has_attachments(quick_api: Api, body) -> None:
    answer = quick_api.post("/api/notifications", {**body, "attachments": [ready(quick_api)]})

    assert (answer.status_code, fields(answer)) == (422, ["attachments"])


@pytest.mark.parametrize("attachments", ["all", [1], ["x"], ["A" * 24], [None], {"id": "0" * 24}])
def test_ids_that_are_none_are_refused(quick_api: Api, attachments) -> None:
    answer = quick_api.create(attachments=attachments)

    assert answer.status_code == 422
    assert {each.partition("[")[0] for each in fields(answer)} == {"attachments"}


def test_no_tenant_sees_or_sends_anothers_file(make_api: MakeApi, make_key: MakeKey) -> None:
    mine, theirs = make_api(token=make_key("bank-a")), make_api(token=make_key("bank-b"))
    in_tests, operator = make_api(token=make_key("bank-a", test=True)), make_api(token=make_key("bank-a"))
    attachment_id = ready(mine)

    for other in (theirs, in_tests):
        assert other.get(f"/api/attachments/{attachment_id}").status_code == 404
        answer = other.create(attachments=[attachment_id])
        assert answer.status_code == 422
        missing = other.create(attachments=["0" * 24])
        assert answer.json()["error"]["details"] == missing.json()["error"]["details"]
    assert operator.create(attachments=[attachment_id]).status_code == 201


def test_a_batch_refuses_only_those_whose_files_cannot_be_used(quick_api: Api) -> None:
    item = {"type": "EMAIL", "recipient": "user@example.com", "subject": "S", "message": "M"}

    answer = quick_api.batch({**item, "attachments": [ready(quick_api)]}, {**item, "attachments": ["0" * 24]}, item)

    results = answer.json()["data"]["results"]
    assert [each["status"] for each in results] == [201, 422, 201]
    assert results[1]["error"]["details"][0]["field"] == "notifications[1].attachments[0]"


def test_one_call_checks_some_megabytes_and_refuses_the_others(quick_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attach, "CHECKED_MAX_BYTES", 2 * len(PDF))
    item = {"type": "EMAIL", "recipient": "user@example.com", "subject": "S", "message": "M"}
    items = [{**item, "attachments": [ready(quick_api)]} for _ in range(3)]

    first, again = quick_api.batch(*items), quick_api.batch(*items)

    assert [each["status"] for each in first.json()["data"]["results"]].count(201) == 2
    assert [each["status"] for each in again.json()["data"]["results"]] == [201] * 3


def test_a_repeated_call_gets_its_answer_after_the_file_is_gone(quick_api: Api) -> None:
    attachment_id = ready(quick_api)
    first = quick_api.create(attachments=[attachment_id], key="statement-4711")
    quick_api.mongo.database.attachments.delete_many({})

    again = quick_api.create(attachments=[attachment_id], key="statement-4711")

    assert (again.status_code, again.json()["data"]["_id"]) == (201, first.json()["data"]["_id"])
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_file_goes_after_a_day_without_use_and_with_its_last_notification(quick_api: Api) -> None:
    unused, used = ready(quick_api), ready(quick_api)
    for _ in range(2):
        quick_api.created(attachments=[used])
    notifications = quick_api.mongo.database.notifications

    quick_api.clock.advance(timedelta(days=1))
    assert expire(quick_api) == 1
    assert quick_api.get(f"/api/attachments/{unused}").status_code == 404
    assert quick_api.create(attachments=[unused]).status_code == 422

    quick_api.clock.advance(KEPT_FOR + timedelta(days=1))
    assert expire(quick_api) == 0
    assert quick_api.get(f"/api/attachments/{used}").status_code == 200

    notifications.delete_many({"status": {"$exists": True}})
    quick_api.clock.advance(timedelta(days=1))
    assert expire(quick_api) == 1
    assert quick_api.mongo.database.attachmentfiles.count_documents({}) == 0


def test_one_that_is_scheduled_far_ahead_keeps_its_file(quick_api: Api) -> None:
    attachment_id = ready(quick_api)
    ahead = quick_api.clock() + timedelta(days=300)

    quick_api.created(attachments=[attachment_id], scheduledAt=f"{ahead:%Y-%m-%dT%H:%M:%SZ}")

    kept_until = quick_api.get(f"/api/attachments/{attachment_id}").json()["data"]["keptUntil"]
    assert kept_until >= f"{ahead + KEPT_FOR:%Y-%m-%d}"


@pytest.mark.parametrize("scheduled_at", ["9999-12-30T00:00:00Z", "9998-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_a_time_that_is_refused_keeps_no_file_for_ever(quick_api: Api, scheduled_at: str) -> None:
    attachment_id = ready(quick_api)

    answer = quick_api.create(attachments=[attachment_id], scheduledAt=scheduled_at)

    assert (answer.status_code, fields(answer)) == (422, ["scheduledAt"])
    kept_until = quick_api.get(f"/api/attachments/{attachment_id}").json()["data"]["keptUntil"]
    assert kept_until < f"{quick_api.clock() + timedelta(days=500):%Y-%m-%d}"


def test_infected_files_are_refused_and_those_that_are_not_scanned_wait(make_api: MakeApi) -> None:
    api = make_api(has_scanner=True)
    attachment_id = ready(api)
    assert api.get(f"/api/attachments/{attachment_id}").json()["data"]["scanned"] == "pending"

    waiting = api.created(attachments=[attachment_id])

    (stored,) = api.store.get_many([waiting["_id"]])
    assert stored.content.attachments[0].scanned is Scan.PENDING
    api.services.attachments.attachments.set_scanned(attachment_id, Scan.INFECTED)
    answer = api.create(attachments=[attachment_id])
    says = "is infected, as the scanner for malware says"
    assert answer.json()["error"]["details"] == [{"field": "attachments[0]", "message": says}]


def test_a_service_without_a_place_for_files_says_so(make_api: MakeApi) -> None:
    api = make_api(takes_files=False)

    answer = api.post("/api/attachments", file_of())

    assert (answer.status_code, fields(answer)) == (422, ["filename"])
    assert "ATTACHMENTS_BUCKET" in answer.json()["error"]["details"][0]["message"]
    assert api.create(attachments=["0" * 24]).status_code == 422


@pytest.fixture
def served(make_api: MakeApi) -> Api:
    """An API whose own server takes the bytes."""
    return make_api("http")


def upload(api: Api, attachment: dict[str, Any], octets: bytes, **changes: Any) -> httpx.Response:
    """Put bytes as a client does, by nothing but what it was told."""
    path = httpx.URL(attachment["upload"]["url"]).path
    url = f"{str(api.client.base_url).rstrip('/')}{path}"
    request = {"content": octets, "headers": attachment["upload"]["headers"], **changes}
    return httpx.request(request.pop("method", "PUT"), url, trust_env=False, **request)


@pytest.mark.parametrize(
    "octets", [PDF, b"%PDF-" + b"\xff\x00" * (5 * 1024 * 1024 - 3)], ids=["small", "ten-megabytes"]
)
def test_the_local_server_takes_the_bytes(served: Api, octets: bytes) -> None:
    attachment = made(served, octets)

    answer = upload(served, attachment, octets)

    assert answer.status_code == 200, answer.text
    served.created(attachments=[attachment["id"]])


def test_a_page_of_an_allowed_origin_may_put_a_file(make_api: MakeApi) -> None:
    api = make_api("http", cors_origins=("https://bank.example",))
    attachment = made(api)
    asked = {
        "Origin": "https://bank.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type,wavecom-upload-token",
    }

    allowed = upload(api, attachment, b"", method="OPTIONS", headers=asked, content=None)
    answer = upload(api, attachment, PDF, headers={**attachment["upload"]["headers"], "Origin": asked["Origin"]})
    foreign = upload(api, attachment, b"", method="OPTIONS", headers={**asked, "Origin": "https://x"}, content=None)

    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "https://bank.example")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://bank.example")
    assert "access-control-allow-origin" not in foreign.headers


def test_the_local_server_takes_no_other_bytes(served: Api) -> None:
    attachment = made(served)
    headers = attachment["upload"]["headers"]

    assert upload(served, attachment, PDF + b"\n").status_code == 400
    assert upload(served, attachment, PDF.replace(b"N", b"n")).status_code == 400
    assert upload(served, attachment, b"").status_code == 400
    assert upload(served, attachment, PDF, content=iter([PDF])).status_code == 400, "It must say how long it is"
    assert upload(served, attachment, PDF, headers={}).status_code == 403
    assert upload(served, attachment, PDF, headers={**headers, "WaveCom-Upload-Token": "x"}).status_code == 403
    refused = upload(served, attachment, PDF, method="POST")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "PUT")
    assert upload(served, attachment, PDF, method="GET", content=None).status_code == 405
    assert served.create(attachments=[attachment["id"]]).status_code == 422
    served.clock.advance(timedelta(minutes=15))
    assert upload(served, attachment, PDF).status_code == 403
