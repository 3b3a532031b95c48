"""What every scanner says: one behind HTTP, GuardDuty by the tags of S3, and the fake."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.builders import PDF, an_attachment
from tests.contract.adapters import on_servers
from tests.fakes import FakeScanner
from tests.standins.http_service import Fault, HttpService, Reply, Request, json_reply
from wavecom.adapters.s3.files import object_key, s3_client
from wavecom.adapters.s3.scanner import TAG, GuardDutyScanner
from wavecom.adapters.scanner import HttpScanner
from wavecom.domain.content.attachments import Scan
from wavecom.ports.content import Scanner

PORT = Scanner

ATTACHMENT = an_attachment(scanned=Scan.PENDING)
RESULTS = {
    Scan.CLEAN: "NO_THREATS_FOUND",
    Scan.INFECTED: "THREATS_FOUND",
    Scan.UNSCANNABLE: "UNSUPPORTED",
    Scan.PENDING: "FAILED",
}
TIMEOUT = timedelta(seconds=0.5)


class ScannerService(HttpService):
    """Says of each file what ``verdict`` is."""

    def __init__(self) -> None:
        self.verdict = "clean"
        super().__init__()

    def answer(self, request: Request) -> Reply:
        return json_reply(200, {"scanned": self.verdict})


@dataclass
class Scanning:
    """A scanner, and what it is to say; None: nothing yet."""

    scanner: Scanner
    say: Callable[[Scan | None], None]


def _guardduty(url: str) -> Scanning:
    client = s3_client(region="us-east-1", endpoint_url=url)
    bucket = f"scans-{uuid.uuid4().hex[:8]}"
    client.create_bucket(Bucket=bucket)
    key = object_key("bank-a", ATTACHMENT)
    client.put_object(Bucket=bucket, Key=key, Body=PDF)

    def say(scan: Scan | None) -> None:
        if scan is not None:
            client.put_object_tagging(
                Bucket=bucket, Key=key, Tagging={"TagSet": [{"Key": TAG, "Value": RESULTS[scan]}]}
            )

    return Scanning(GuardDutyScanner(lambda: client, bucket), say)


@pytest.fixture(params=["fake", *map(on_servers, ("http", "guardduty"))])
def scanning(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scanning]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    match request.param:
        case "fake":
            fake = FakeScanner()
            yield Scanning(fake, lambda scan: setattr(fake, "verdict", scan or Scan.PENDING))
        case "http":
            with ScannerService() as service:
                scanner = HttpScanner(service.url, timeout=TIMEOUT, max_connections=4)
                yield Scanning(scanner, lambda scan: setattr(service, "verdict", scan or Scan.PENDING))
                scanner.close()
        case "guardduty":
            yield _guardduty(request.getfixturevalue("ministack_url"))


@pytest.mark.parametrize("scan", [*Scan, None])
def test_it_says_what_was_found(scanning, scan) -> None:
    scanning.say(scan)

    assert scanning.scanner.scan("bank-a", ATTACHMENT, PDF) is (scan or Scan.PENDING)


@pytest.mark.servers
@pytest.mark.parametrize(
    "trouble",
    [
        *Fault,
        Reply(500),
        Reply(302, headers={"Location": "http://127.0.0.1:1/"}),
        Reply(200, b"clean"),
        json_reply(200, ["clean"]),
        json_reply(200, {"scanned": "sure"}),
        json_reply(201, {"scanned": "clean"}),
    ],
    ids=str,
)
def test_an_unclear_answer_means_not_yet(trouble) -> None:
    with ScannerService() as service:
        service.follow(trouble)
        scanner = HttpScanner(service.url, timeout=TIMEOUT, max_connections=4)

        assert scanner.scan("bank-a", ATTACHMENT, PDF) is Scan.PENDING
        assert scanner.scan("bank-a", ATTACHMENT, PDF) is Scan.CLEAN
        scanner.close()


@pytest.mark.servers
def test_a_scanner_gets_the_bytes_and_whose_they_are() -> None:
    with ScannerService() as service:
        scanner = HttpScanner(f"{service.url}/scan", timeout=TIMEOUT, max_connections=4)
        scanner.scan("bank-a", ATTACHMENT, PDF)
        scanner.close()

    (request,) = service.requests
    assert (request.method, request.path, request.body) == ("POST", "/scan", PDF)
    assert request.headers["content-type"] == "application/pdf"
    assert request.headers["wavecom-attachment-id"] == ATTACHMENT.id
    assert request.headers["wavecom-tenant-id"] == "bank-a"


@pytest.mark.servers
def test_a_bucket_that_does_not_answer_means_not_yet(monkeypatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    client = s3_client(region="us-east-1", endpoint_url="http://127.0.0.1:1")

    assert GuardDutyScanner(lambda: client, "scans").scan("bank-a", ATTACHMENT, PDF) is Scan.PENDING
