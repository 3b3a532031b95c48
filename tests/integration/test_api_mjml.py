"""Templates written as MJML, or with style sheets, through the API and from files."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Api, MakeApi
from tests.integration.test_api_templates import VARIABLES, created, made
from tests.integration.test_cli import Wavecom

MJML = (
    "<mjml><mj-head><mj-style>.sum { color: red }</mj-style></mj-head><mj-body><mj-section><mj-column>\n"
    "<mj-text>Dear {{ name }},</mj-text>\n"
    "<mj-text><b class='sum'>{{ amount|money('EUR') }}</b></mj-text>\n"
    "</mj-column></mj-section></mj-body></mjml>"
)
STYLED = "<style>b { color: red }</style><p>Dear {{ name }}, <b>{{ amount|money('EUR') }}</b></p>"


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("http")


def version(**parts: str) -> dict[str, Any]:
    return {"defaultLocale": "en", "locales": {"en": {"subject": "Paid", **parts}}}


def problems(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {each["field"]: each["message"] for each in answer.json()["error"]["details"]}


def test_mjml_is_kept_as_it_was_written_and_sent_as_html(api: Api) -> None:
    made(api, "paid", version(mjml=MJML))

    stored = api.get("/api/templates/paid/versions/1").json()["data"]["locales"]["en"]
    sent = created(api)
    preview = api.post("/api/templates/paid/preview", {"version": 1, "variables": VARIABLES}).json()["data"]

    assert stored == {"subject": "Paid", "mjml": MJML, "text": "Dear {{ name }},\n\n{{ amount|money('EUR') }}"}
    assert sent["message"] == "Dear Ada,\n\n€1,234.50"
    assert '<b style="color: red;" class="sum">€1,234.50</b>' in sent["html"]
    assert "<mj-" not in sent["html"]
    assert preview["html"] == sent["html"]


def test_styles_are_in_the_elements_of_what_is_sent_alone(api: Api) -> None:
    made(api, "paid", version(html=STYLED))

    stored = api.get("/api/templates/paid/versions/1").json()["data"]["locales"]["en"]

    assert stored["html"] == STYLED
    assert '<b style="color: red;">€1,234.50</b>' in created(api)["html"]


def test_a_value_is_escaped_in_what_mjml_becomes(api: Api) -> None:
    made(api, "paid", version(mjml=MJML))

    sent = created(api, variables={**VARIABLES, "name": "<script>steal()</script>"})

    assert "<script>" not in sent["html"]
    assert "&lt;script&gt;" in sent["html"]


@pytest.mark.parametrize(
    ("parts", "wrong"),
    [
        ({"mjml": "<mjml>\n<mj-foo/></mjml>"}, {"locales.en.mjml": "line 2: mj-foo is not available"}),
        (
            {"mjml": "<mjml><mj-body>\n<mj-section></mj-body></mjml>"},
            {"locales.en.mjml": "line 2: is not well-formed: mismatched tag"},
        ),
        ({"mjml": MJML, "html": "<p>x</p>"}, {"locales.en.mjml": "must not be given beside html, which is made of it"}),
        (
            {"mjml": MJML.replace("money", "shout")},
            {"locales.en.mjml": None},
        ),
        (
            {"mjml": MJML.replace("<mj-text>Dear {{ name }},</mj-text>", "<mj-raw><a href={{ name }}>x</a></mj-raw>")},
            {"locales.en.mjml": "line 2: is not well-formed: not well-formed (invalid token)"},
        ),
        (
            {"mjml": MJML.replace("<mj-text>Dear {{ name }},</mj-text>", "<mj-button href='{{ name }}'>x</mj-button>")},
            {"locales.en.mjml": None},
        ),
        (
            {"html": "<style>@import url(https://evil.example)</style><p>x</p>"},
            {
                "locales.en.html": "loads a font or a style sheet from the network, which tells when an email is read",
            },
        ),
    ],
)
def test_what_does_not_become_html_is_named(api: Api, parts: dict[str, str], wrong: dict[str, str | None]) -> None:
    api.post("/api/templates", {"id": "paid", "channel": "EMAIL"})

    found = problems(api.post("/api/templates/paid/versions", version(**parts)))

    assert found.keys() == wrong.keys()
    assert all(message is None or found[field] == message for field, message in wrong.items()), found


def test_a_preview_names_its_own_field(api: Api) -> None:
    api.post("/api/templates", {"id": "paid", "channel": "EMAIL"})
    source = {"subject": "Paid", "mjml": "<mjml><mj-body>{{ a }}</mj-body></mjml>"}

    found = problems(api.post("/api/templates/paid/preview", {"source": source, "variables": {"a": 1}}))

    assert list(found) == ["source.mjml"]


def test_other_channels_have_none(api: Api) -> None:
    api.post("/api/templates", {"id": "code", "channel": "SMS"})

    answer = api.post("/api/templates/code/versions", {"defaultLocale": "en", "locales": {"en": {"mjml": MJML}}})

    assert problems(answer)["locales.en.mjml"] == "is not a part of SMS"


def test_files_of_mjml_are_pushed_and_pulled(api: Api, tmp_path: Path) -> None:
    wavecom, place = Wavecom.of(api), tmp_path / "templates" / "paid"
    place.mkdir(parents=True)
    (place / "template.toml").write_text('channel = "EMAIL"\ndefaultLocale = "en"\n')
    (place / "en.txt").write_text("---\nsubject: Paid\n---\n")
    (place / "en.mjml").write_text(f"{MJML}\n")

    wavecom.json("templates", "push", str(tmp_path / "templates"), "--publish")
    again = wavecom("templates", "push", str(tmp_path / "templates"))
    wavecom.json("templates", "pull", str(tmp_path / "pulled"))

    assert '<b style="color: red;" class="sum">' in created(api)["html"]
    assert again.stdout == "All templates are as the files say.\n"
    assert (tmp_path / "pulled/paid/en.mjml").read_text() == f"{MJML}\n"
    assert not (tmp_path / "pulled/paid/en.html").exists()
