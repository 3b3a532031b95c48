"""What every storage of attachments' bytes does: the database, S3 in an emulator of its own process, and the fake."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.builders import PDF, an_attachment
from tests.contract.adapters import on_servers
from tests.fakes import FakeAttachmentFiles
from wavecom.adapters.mongo.attachments.files import TOKEN_HEADER, MongoAttachmentFiles
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.s3.address import bucket_origin
from wavecom.adapters.s3.files import S3AttachmentFiles, s3_client
from wavecom.domain.content.attachments import StoredAttachment, Upload
from wavecom.domain.errors import StoreUnavailableError
from wavecom.ports.content import AttachmentFiles

PORT = AttachmentFiles

NOW = datetime.now(UTC)
UNTIL = NOW + timedelta(minutes=15)


@dataclass
class Storage:
    """A storage, the client's part of an upload, and a storage that does not answer."""

    files: AttachmentFiles
    put: Callable[[StoredAttachment, Upload, bytes], None]
    away: Callable[[], AttachmentFiles]


def _fake() -> Storage:
    fake = FakeAttachmentFiles()

    def away() -> AttachmentFiles:
        fake.down = True
        return fake

    return Storage(fake, lambda stored, _, octets: fake.octets.update({stored.attachment.id: octets}), away)


def _mongo(mongo: Mongo, closed: Mongo) -> Storage:
    files = MongoAttachmentFiles(mongo, "http://localhost")

    def put(stored: StoredAttachment, upload: Upload, octets: bytes) -> None:
        attachment = stored.attachment
        expected = files.expected(attachment.id, upload.headers[TOKEN_HEADER], NOW)
        assert expected is not None
        assert (expected.size, expected.sha256) == (attachment.size, attachment.sha256)
        files.put(attachment.id, octets)

    return Storage(files, put, lambda: MongoAttachmentFiles(closed, None))


def _s3(url: str) -> Storage:
    client = s3_client(region="eu-central-1", endpoint_url=url)
    bucket = f"attachments-{uuid.uuid4().hex[:8]}"
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})

    def put(stored: StoredAttachment, upload: Upload, octets: bytes) -> None:
        answer = httpx.put(upload.url, content=octets, headers=dict(upload.headers), trust_env=False)
        assert answer.status_code == 200, answer.text

    return Storage(
        S3AttachmentFiles(lambda: client, bucket, lambda: NOW),
        put,
        lambda: S3AttachmentFiles(
            lambda: s3_client(region="eu-central-1", endpoint_url="http://127.0.0.1:1"), bucket, lambda: NOW
        ),
    )


@pytest.fixture(params=["fake", *map(on_servers, ("mongo", "s3"))])
def storage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    match request.param:
        case "fake":
            yield _fake()
        case "mongo":
            closed = Mongo("mongodb://127.0.0.1:1/?directConnection=true", "nothing")
            closed.close()
            yield _mongo(request.getfixturevalue("mongo"), closed)
        case "s3":
            yield _s3(request.getfixturevalue("ministack_url"))


def stored(octets: bytes = PDF, tenant: str = "bank-a") -> StoredAttachment:
    attachment = an_attachment(octets)
    return StoredAttachment(tenant_id=tenant, attachment=attachment, created_at=NOW, due_at=UNTIL)


def read(storage: Storage, of: StoredAttachment) -> bytes | None:
    return storage.files.read(of.tenant_id, of.attachment)


@pytest.mark.parametrize(
    "octets",
    [PDF, b"\x00", bytes(range(256)) * 4096, b"x" * 10 * 1024 * 1024],
    ids=["a-pdf", "a-nul", "a-megabyte", "the-largest"],
)
def test_bytes_come_back_as_a_client_has_put_them(storage, octets) -> None:
    given = stored(octets)
    upload = storage.files.prepare(given, until=UNTIL)
    assert read(storage, given) is None

    storage.put(given, upload, octets)

    assert read(storage, given) == octets
    assert upload.expires_at == UNTIL
    assert upload.headers["Content-Type"] == "application/pdf"


def test_what_nobody_prepared_is_not_there(storage) -> None:
    assert read(storage, stored()) is None


def test_deleted_bytes_are_gone_and_others_are_not(storage) -> None:
    kept, deleted, never_put = stored(), stored(), stored()
    for each in (kept, deleted):
        storage.put(each, storage.files.prepare(each, until=UNTIL), PDF)

    storage.files.delete([deleted, never_put])
    storage.files.delete([deleted])

    assert read(storage, deleted) is None
    assert read(storage, kept) == PDF


def test_storage_that_does_not_answer_says_so(storage) -> None:
    away = storage.away()
    given = stored()

    with pytest.raises(StoreUnavailableError):
        away.read("bank-a", given.attachment)
    with pytest.raises(StoreUnavailableError):
        away.delete([given])


def test_the_database_lets_nobody_put_without_the_token_or_too_late(mongo: Mongo) -> None:
    files = MongoAttachmentFiles(mongo, "http://localhost")
    given, other = stored(), stored()
    token = files.prepare(given, until=UNTIL).headers[TOKEN_HEADER]
    files.prepare(other, until=UNTIL)

    assert files.expected(given.attachment.id, token, UNTIL - timedelta(milliseconds=1)) is not None
    assert files.expected(given.attachment.id, token, UNTIL) is None
    assert files.expected(given.attachment.id, token + "x", NOW) is None
    assert files.expected(given.attachment.id, "", NOW) is None
    assert files.expected(other.attachment.id, token, NOW) is None
    assert files.expected("0" * 24, token, NOW) is None
    assert token not in str(mongo.database.attachmentfiles.find_one({"_id": given.attachment.id}))


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "eu-central-1", "ap-southeast-2", "us-gov-west-1"])
def test_the_request_to_s3_is_signed_for_these_bytes_only(monkeypatch, region) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    client = s3_client(region=region, endpoint_url=None)
    given = stored()

    upload = S3AttachmentFiles(lambda: client, "files", lambda: NOW).prepare(given, until=UNTIL)

    url = httpx.URL(upload.url)
    assert url.host == ("files.s3.amazonaws.com" if region == "us-east-1" else f"files.s3.{region}.amazonaws.com")
    assert f"https://{url.host}" == bucket_origin("files", region=region, endpoint_url=None)
    assert url.path == f"/bank-a/{given.attachment.id}"
    signed = set(url.params["X-Amz-SignedHeaders"].split(";"))
    assert signed == {"host", "content-length", "content-type", "x-amz-checksum-sha256"}
    assert url.params["X-Amz-Expires"] == "900"
    assert url.params["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"


def test_the_request_to_an_emulator_goes_to_its_own_origin(monkeypatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    address = "http://127.0.0.1:4566"
    client = s3_client(region="eu-central-1", endpoint_url=address)

    upload = S3AttachmentFiles(lambda: client, "files", lambda: NOW).prepare(stored(), until=UNTIL)

    assert upload.url.startswith(f"{address}/files/")
    assert bucket_origin("files", region="eu-central-1", endpoint_url=f"{address}/") == address


def test_tenants_have_their_own_places(storage) -> None:
    given = stored()
    storage.put(given, storage.files.prepare(given, until=UNTIL), PDF)

    theirs = replace(given, tenant_id="bank-b")
    if isinstance(storage.files, S3AttachmentFiles):  # elsewhere an id is enough, which no tenant has twice
        assert read(storage, theirs) is None
    assert read(storage, given) == PDF
