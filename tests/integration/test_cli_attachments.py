"""``wavecom attachments`` and ``wavecom send --attach``, against the API and its local server."""

from pathlib import Path

import pytest

from tests.builders import PDF
from tests.integration.conftest import Api, MakeApi, MakeKey
from tests.integration.test_cli import SOME_ID, Wavecom
from tests.integration.test_cli_notifications import EMAIL
from wavecom.adapters.mongo.attachments.files import MongoAttachmentFiles
from wavecom.domain.content.attachments import Scan


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("http")


@pytest.fixture
def wavecom(api: Api) -> Wavecom:
    return Wavecom.of(api)


@pytest.fixture
def statement(tmp_path: Path) -> Path:
    file = tmp_path / "Kontoauszug März.pdf"
    file.write_bytes(PDF)
    return file


def test_files_are_put_and_sent(api: Api, wavecom: Wavecom, statement: Path, tmp_path: Path):
    table = tmp_path / "figures.CSV"
    table.write_text("Größe;Betrag\r\n1;2\r\n", encoding="utf-8")

    created = wavecom.json("send", *EMAIL, "--attach", str(statement), "--attach", str(table))

    assert [each["filename"] for each in created["attachments"]] == ["Kontoauszug März.pdf", "figures.CSV"]
    (notification,) = api.store.get_many([created["_id"]])
    files = api.services.attachments.files
    assert isinstance(files, MongoAttachmentFiles)
    found = [files.read("bank-a", each) for each in notification.content.attachments]
    assert found == [PDF, table.read_bytes()]


def test_a_file_is_put_once_and_sent_by_its_id(wavecom: Wavecom, statement: Path):
    stored = wavecom.json("attachments", "put", str(statement), "--name", "statement.pdf")

    created = [wavecom.json("send", *EMAIL, "--attachment", stored["id"]) for _ in range(2)]

    assert "upload" not in stored
    assert [each["attachments"][0]["id"] for each in created] == [stored["id"]] * 2
    assert created[0]["attachments"][0]["filename"] == "statement.pdf"
    said = wavecom("attachments", "put", str(statement)).stdout
    assert said.startswith("Kontoauszug März.pdf is stored as ")


def test_a_file_is_shown_with_its_scan(make_api: MakeApi, statement: Path):
    api = make_api("http", has_scanner=True)
    wavecom = Wavecom.of(api)
    stored = wavecom.json("attachments", "put", str(statement))
    api.services.attachments.attachments.set_scanned(stored["id"], Scan.INFECTED)

    shown = wavecom("attachments", "show", stored["id"]).stdout

    assert shown.startswith(f"Kontoauszug März.pdf, application/pdf, {len(PDF)} bytes, scanned: infected")
    assert "kept until" in shown


@pytest.mark.parametrize(
    ("name", "octets", "says"),
    [
        ("a.exe", b"MZ", "has an ending of no known type"),
        ("noending", b"x", "has an ending of no known type"),
        ("a.pdf", b"", "has 0 bytes"),
        ("a.pdf", b"x" * (10 * 1024 * 1024 + 1), "has 10,485,761 bytes"),
    ],
)
def test_files_that_cannot_be_sent_are_told_before_anything_is_sent(
    api: Api, wavecom: Wavecom, tmp_path: Path, name: str, octets: bytes, says: str
):
    (tmp_path / name).write_bytes(octets)

    done = wavecom("send", *EMAIL, "--attach", str(tmp_path / name))

    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())
    assert api.stored() == 0
    assert api.mongo.database.attachments.count_documents({}) == 0


def test_a_file_that_is_not_what_it_says_is_refused_with_its_place(wavecom: Wavecom, tmp_path: Path):
    (tmp_path / "a.pdf").write_bytes(b"MZ\x90 not a PDF")

    done = wavecom("send", *EMAIL, "--attach", str(tmp_path / "a.pdf"))

    assert done.exit_code == 3
    assert "attachments[0]" in done.stderr
    assert "is no file of the type application/pdf" in " ".join(done.stderr.split())


def test_a_file_that_is_not_there_is_told(wavecom: Wavecom):
    assert wavecom("send", *EMAIL, "--attach", "/nowhere.pdf").exit_code == 2
    assert wavecom("attachments", "show", SOME_ID).exit_code == 3
    assert wavecom("send", *EMAIL, "--attachment", "x").exit_code == 2


def test_the_key_goes_to_the_api_and_not_with_the_bytes(make_api: MakeApi, make_key: MakeKey, statement: Path):
    token = make_key()
    api = make_api("http", token=token)
    seen: list[str] = []
    files = api.services.attachments.files
    assert isinstance(files, MongoAttachmentFiles)
    expected = files.expected

    def noting(attachment_id: str, token: str, at):
        seen.append(token)
        return expected(attachment_id, token, at)

    files.expected = noting  # type: ignore[method-assign]

    assert Wavecom.of(api, token).json("attachments", "put", str(statement))["size"] == len(PDF)
    assert len(seen) == 1
    assert token not in seen
