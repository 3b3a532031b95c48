"""``wavecom templates`` and ``wavecom send --template``, against the API."""

from pathlib import Path

import pytest

from cli.template_files import TemplateFiles, write
from tests.integration.conftest import Api, MakeApi
from tests.integration.test_cli import Wavecom

SETTINGS = 'channel = "EMAIL"\ndefaultLocale = "en"\ndescription = "After a payment"\n'
ENGLISH = "---\nsubject: Payment of {{ amount|money('EUR') }}\n---\nDear {{ name }},\n\nwe received it.\n"
GERMAN = "---\nsubject: Zahlung über {{ amount|money('EUR') }}\n---\nGuten Tag {{ name }}.\n"
HTML = "<p>Dear {{ name }}, we received {{ amount|money('EUR') }}.</p>\n"
VARIABLES = '{"name": "Ada", "amount": 12.5}'


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("http")


@pytest.fixture
def wavecom(api: Api) -> Wavecom:
    return Wavecom.of(api)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "templates" / "paid"
    place.mkdir(parents=True)
    (place / "template.toml").write_text(SETTINGS)
    (place / "en.txt").write_text(ENGLISH)
    (place / "en.html").write_text(HTML)
    (place / "de.txt").write_text(GERMAN)
    return tmp_path / "templates"


def files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*.*"))}


def test_files_become_a_published_version_that_can_be_sent(api: Api, wavecom: Wavecom, folder: Path) -> None:
    pushed = wavecom.json("templates", "push", str(folder), "--publish")

    assert pushed["templates"] == [{"id": "paid", "version": 1, "published": True, "variables": ["amount", "name"]}]
    sent = wavecom.json(
        "send", "--type", "email", "--to", "ada@example.com", "--template", "paid", "--variables", VARIABLES
    )
    assert (sent["subject"], sent["message"]) == ("Payment of €12.50", "Dear Ada,\n\nwe received it.")
    assert sent["html"] == "<p>Dear Ada, we received €12.50.</p>"
    (listed,) = wavecom.json("templates", "list")["templates"]
    assert (listed["id"], listed["published"], listed["description"]) == ("paid", 1, "After a payment")


def test_what_is_as_the_files_say_gets_no_version(api: Api, wavecom: Wavecom, folder: Path) -> None:
    wavecom.json("templates", "push", str(folder))

    again = wavecom("templates", "push", str(folder))

    assert (again.exit_code, again.stdout) == (0, "All templates are as the files say.\n")
    assert api.get("/api/templates/paid").json()["data"]["latest"] == 1


def test_newest_version_is_published_even_if_no_file_has_changed(api: Api, wavecom: Wavecom, folder: Path) -> None:
    wavecom.json("templates", "push", str(folder))

    published = wavecom("templates", "push", str(folder), "--publish")

    assert published.stdout == "paid: version 1, published.\n"
    assert wavecom("templates", "push", str(folder), "--publish").stdout == "All templates are as the files say.\n"


def test_text_that_the_files_leave_out_is_no_difference(api: Api, wavecom: Wavecom, folder: Path) -> None:
    (folder / "paid" / "de.txt").unlink()
    (folder / "paid" / "en.txt").write_text("---\nsubject: Paid\n---\n")
    wavecom.json("templates", "push", str(folder))

    again = wavecom("templates", "push", str(folder))

    stored = api.get("/api/templates/paid/versions/1").json()["data"]["locales"]["en"]
    assert stored["text"] == "Dear {{ name }}, we received {{ amount|money('EUR') }}."
    assert again.stdout == "All templates are as the files say.\n"


@pytest.mark.parametrize("text", ["---\nno front matter", "one\r\ntwo\r\n", "emoji \U0001f9fe\n\n", "---", "x\n"])
def test_any_text_comes_back_as_it_was(api: Api, wavecom: Wavecom, tmp_path: Path, text: str) -> None:
    api.post("/api/templates", {"id": "code", "channel": "SMS", "description": "\U0001f9fe"})
    made = api.post("/api/templates/code/versions", {"defaultLocale": "en", "locales": {"en": {"text": text}}})
    assert made.status_code == 201

    wavecom.json("templates", "pull", str(tmp_path))

    assert wavecom("templates", "push", str(tmp_path)).stdout == "All templates are as the files say.\n"
    assert wavecom("templates", "pull", str(tmp_path)).stdout == "All files are as the templates are.\n"


@pytest.mark.parametrize(
    ("template_id", "locale"), [("../../elsewhere", "en"), ("/tmp/elsewhere", "en"), ("paid", "../en"), (".", "en")]
)
def test_server_does_not_choose_where_files_go(tmp_path: Path, template_id: str, locale: str) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    template = TemplateFiles(
        id=template_id,
        channel="SMS",
        description=None,
        category=None,
        default_locale="en",
        texts={"": {locale: {"text": "x"}}},
        weights={},
    )

    with pytest.raises(ValueError, match="no id, variant or language"):
        write(template, tmp_path / "templates")

    assert [path.name for path in tmp_path.rglob("*")] == ["mine.txt"]


def test_a_dry_run_shows_the_differences_and_changes_nothing(api: Api, wavecom: Wavecom, folder: Path) -> None:
    wavecom.json("templates", "push", str(folder))
    (folder / "paid" / "de.txt").write_text(GERMAN.replace("Guten Tag", "Hallo"))

    shown = wavecom("templates", "push", str(folder), "--dry-run")

    assert "-de.text: Guten Tag {{ name }}." in shown.stderr
    assert "+de.text: Hallo {{ name }}." in shown.stderr
    assert shown.stdout == "paid: would get a new version.\n"
    assert api.get("/api/templates/paid").json()["data"]["latest"] == 1


def test_what_is_pulled_is_what_was_pushed(api: Api, wavecom: Wavecom, folder: Path, tmp_path: Path) -> None:
    wavecom.json("templates", "push", str(folder))
    elsewhere = tmp_path / "pulled"

    wavecom.json("templates", "pull", str(elsewhere))

    given = files(folder)
    assert {name: text for name, text in files(elsewhere).items() if not name.endswith(".toml")} == {
        name: text for name, text in given.items() if not name.endswith(".toml")
    }
    assert sorted(files(elsewhere)["paid/template.toml"].splitlines()) == sorted(SETTINGS.splitlines())
    assert wavecom("templates", "push", str(elsewhere), "--dry-run").stdout == "All templates are as the files say.\n"


def test_a_language_that_is_gone_is_gone_from_the_files(api: Api, wavecom: Wavecom, folder: Path) -> None:
    wavecom.json("templates", "push", str(folder))
    body = {"defaultLocale": "en", "locales": {"en": {"subject": "New", "text": "New"}}}
    api.post("/api/templates/paid/versions", body)

    wavecom.json("templates", "pull", str(folder))

    assert sorted(files(folder)) == ["paid/en.txt", "paid/template.toml"]
    assert files(folder)["paid/en.txt"] == "---\nsubject: New\n---\nNew\n"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("template.toml", "channel = ", "template.toml is not valid"),
        ("template.toml", 'channel = "EMAIL"\n', "must have a defaultLocale"),
        ("template.toml", SETTINGS + 'colour = "red"\n', "has colour, which a template does not have"),
        ("en.txt", "---\nSubject: x\n---\nx\n", "must begin with ---, then lines such as subject: …"),
        ("en.txt", "---\nsubject: x\n", "must begin with ---, then lines such as subject: …"),
        ("not a language.txt", "x\n", "must be named by a language"),
    ],
)
def test_a_wrong_file_is_named(wavecom: Wavecom, folder: Path, name: str, text: str, words: str) -> None:
    (folder / "paid" / name).write_text(text)

    told = wavecom("templates", "push", str(folder))

    assert told.exit_code == 2
    assert words in " ".join(told.stderr.split())


def test_an_error_of_the_language_comes_with_its_line(wavecom: Wavecom, folder: Path) -> None:
    (folder / "paid" / "en.txt").write_text(ENGLISH + "{{ name|shout }}\n")

    told = wavecom("templates", "push", str(folder))

    assert told.exit_code == 3
    assert "locales.en.text" in told.stderr
    assert "line 4: the filter shout does not exist" in " ".join(told.stderr.split())


def test_an_empty_folder_and_a_missing_one_are_told(wavecom: Wavecom, tmp_path: Path) -> None:
    assert "has no templates" in wavecom("templates", "push", str(tmp_path)).stderr
    assert "is not a folder" in wavecom("templates", "push", str(tmp_path / "x")).stderr
    assert wavecom("templates", "list").stdout == "There are no templates.\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "either a --message or a --template"),
        (["--message", "x", "--template", "paid"], "either a --message or a --template"),
        (["--template", "paid@new"], "an id, or an id and a version"),
    ],
)
def test_send_takes_a_text_or_a_template(wavecom: Wavecom, options: list[str], words: str) -> None:
    told = wavecom("send", "--type", "email", "--to", "ada@example.com", *options)

    assert told.exit_code == 2
    assert words in " ".join(told.stderr.split())


def test_variants_are_folders_and_come_back_as_they_were(
    api: Api, wavecom: Wavecom, folder: Path, tmp_path: Path
) -> None:
    wavecom.json("templates", "push", str(folder))
    paid = folder / "paid"
    for variant in ("plain", "short"):
        (paid / variant).mkdir()
        for name, text in (("en.txt", ENGLISH), ("de.txt", GERMAN), ("en.html", HTML)):
            (paid / variant / name).write_text(text.replace("received", variant))
    (paid / "template.toml").write_text(f"{SETTINGS}\n[variants]\nplain = 3\nshort = 1\n")

    dry = wavecom("templates", "push", str(folder), "--dry-run")
    assert "+variants.short: 1" in dry.stderr
    assert "+short/en.text: we short it." in dry.stderr
    assert wavecom.json("templates", "push", str(folder), "--publish")["templates"][0]["version"] == 2
    stored = api.get("/api/templates/paid/versions/2").json()["data"]["variants"]
    assert {name: each["weight"] for name, each in stored.items()} == {"plain": 3, "short": 1}
    assert wavecom("templates", "push", str(folder)).stdout == "All templates are as the files say.\n"

    copy = tmp_path / "copy"
    copy.mkdir()
    wavecom.json("templates", "pull", str(copy))
    assert {"paid/short/en.txt", "paid/plain/de.txt", "paid/short/en.html"} <= files(copy).keys()
    assert not any(name in files(copy) for name in ("paid/en.txt", "paid/de.txt"))
    assert wavecom("templates", "push", str(copy)).stdout == "All templates are as the files say.\n"

    one_text = {"defaultLocale": "en", "locales": {"en": {"subject": "Paid", "text": "Thanks"}}}
    api.post("/api/templates/paid/versions", one_text)
    (copy / "paid" / "notes").mkdir()
    (copy / "paid" / "notes" / "todo.md").write_text("mine")
    wavecom.json("templates", "pull", str(copy))
    assert files(copy).keys() == {"paid/en.txt", "paid/notes/todo.md", "paid/template.toml"}


@pytest.mark.parametrize("variant", ["../elsewhere", "/tmp/elsewhere", ".", "Short"])
def test_server_does_not_choose_where_variants_go(tmp_path: Path, variant: str) -> None:
    template = TemplateFiles(
        id="paid",
        channel="SMS",
        description=None,
        category=None,
        default_locale="en",
        texts={variant: {"en": {"text": "x"}}},
        weights={variant: 1},
    )

    with pytest.raises(ValueError, match="no id, variant or language"):
        write(template, tmp_path / "templates")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("table", ['variants = "a"', "[variants]\nUPPER = 1", "[variants]\nmissing = 1"])
def test_wrong_variants_are_named(wavecom: Wavecom, folder: Path, table: str) -> None:
    (folder / "paid" / "template.toml").write_text(f"{SETTINGS}\n{table}\n")

    result = wavecom("templates", "push", str(folder))

    assert result.exit_code == 2
    assert "variants" in result.stderr or "has no texts" in result.stderr


def test_what_a_push_message_carries_stands_before_its_text(api: Api, wavecom: Wavecom, tmp_path: Path):
    text = (
        "---\nsubject: Paid\nlink: bank://pay/{{ id }}\nsound: default\nbadge: {{ unread }}\ncollapseKey: balance\n"
        "data.account: {{ id }}\n---\nYou were paid.\n"
    )
    (tmp_path / "paid").mkdir()
    (tmp_path / "paid" / "template.toml").write_text('channel = "PUSH"\ndefaultLocale = "en"\n')
    (tmp_path / "paid" / "en.txt").write_text(text)

    wavecom.json("templates", "push", str(tmp_path))

    source = api.get("/api/templates/paid/versions/1").json()["data"]["locales"]["en"]
    assert source == {
        "subject": "Paid",
        "text": "You were paid.",
        "link": "bank://pay/{{ id }}",
        "sound": "default",
        "badge": "{{ unread }}",
        "collapseKey": "balance",
        "data": {"account": "{{ id }}"},
    }
    wavecom.json("templates", "pull", str(tmp_path / "pulled"))
    assert (tmp_path / "pulled" / "paid" / "en.txt").read_text() == text
    assert "as the files say" in wavecom("templates", "push", str(tmp_path), "--dry-run").stdout
