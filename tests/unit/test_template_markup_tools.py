"""MJML becomes HTML and style sheets move into elements, with the tags of a template in their places."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavecom.adapters.templates.held_tags import HeldTags
from wavecom.adapters.templates.mjml import NotMjmlError, html_of_mjml, mjml_violations
from wavecom.adapters.templates.styles import NotInlinedError, with_styles_inlined

MJML = """<mjml>
  <mj-head><mj-title>Payment</mj-title><mj-style>.total { color: red }</mj-style></mj-head>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text>Dear {{ name }},&nbsp;thank you.{% if amount > 9 and amount < 99 %}<br/>Some.{% endif %}</mj-text>
        <mj-raw>{% for row in rows %}</mj-raw>
        <mj-text css-class="total">{{ row|money("EUR") }}</mj-text>
        <mj-raw>{% endfor %}</mj-raw>
        <mj-button href="{{ link|url }}">Pay</mj-button>
        <mj-table>{% for row in rows %}<tr><td>{{ row }}</td></tr>{% endfor %}</mj-table>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>"""


def of_body(mjml: str) -> str:
    return f"<mjml><mj-body>{mjml}</mj-body></mjml>"


def of_text(html: str) -> str:
    return of_body(f"<mj-section><mj-column><mj-text>{html}</mj-text></mj-column></mj-section>")


def found(mjml: str) -> list[tuple[int, str]]:
    return [(each.line, each.message) for each in mjml_violations(mjml)]


def test_mjml_becomes_html_with_its_tags_where_they_were() -> None:
    assert found(MJML) == []

    html = html_of_mjml(MJML)

    assert "Dear {{ name }},&nbsp;thank you.{% if amount > 9 and amount < 99 %}<br" in html
    assert '<a href="{{ link|url }}"' in html
    assert '{{ row|money("EUR") }}' in html
    assert "{% for row in rows %}<tr><td>{{ row }}</td></tr>{% endfor %}" in html
    assert html.count("{% for row in rows %}") == html.count("{% endfor %}") == 2
    assert "mj-" not in html.replace("mj-outlook", "").replace("mj-column-per", "").replace("mj-full-width", "")


def test_nothing_is_loaded_from_the_network() -> None:
    html = with_styles_inlined(html_of_mjml(MJML))

    assert "fonts.googleapis" not in html
    assert "@import" not in html
    assert "<link" not in html


def test_its_styles_are_in_its_elements() -> None:
    html = with_styles_inlined(html_of_mjml(MJML))

    (styles,) = re.findall(r'<td[^>]* class="total"[^>]* style="([^"]*)"', html)
    assert "color: red" in styles


@pytest.mark.parametrize(
    ("mjml", "problems"),
    [
        ("", [(1, "is not well-formed: no element found")]),
        ("text", [(1, "is not well-formed: syntax error")]),
        ("<p>x</p>", [(1, "must begin with mjml")]),
        (of_body("\n<mj-section>"), [(2, "is not well-formed: mismatched tag")]),
        (of_body("\n\n<mj-foo/>"), [(3, "mj-foo is not available")]),
        (of_body('<mj-include path="/etc/passwd"/>'), [(1, "mj-include is not available")]),
        (
            '<mjml><mj-head><mj-font name="x" href="https://evil.example"/></mj-head></mjml>',
            [(1, "mj-font is not available")],
        ),
        (of_body("<mj-section>\n<p>x</p></mj-section>"), [(2, "p cannot stand in mj-section")]),
        (
            of_body("\n{% if a %}<mj-section/>"),
            [(2, "text cannot stand in mj-body; write it in mj-text, and tags such as if in mj-raw")],
        ),
        ('<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><mjml>&c;</mjml>', [(1, "must have no document type")]),
        ("<mjml>" + "<mj-wrapper>" * 5_000, [(1, "is nested deeper than 50 elements")]),
    ],
)
def test_what_is_no_mjml_is_named_with_its_line(mjml: str, problems: list[tuple[int, str]]) -> None:
    assert found(mjml) == problems


@pytest.mark.parametrize(
    "mjml",
    [
        of_body("<mj-section><mj-column><mj-divider unknown='{% if b %}c{% endif %}'/></mj-column></mj-section>"),
        "<mjml><mj-head><mj-breakpoint width='{{ a }}'/></mj-head><mj-body/></mjml>",
    ],
)
def test_a_tag_that_would_not_be_shown_is_refused(mjml: str) -> None:
    with pytest.raises(NotMjmlError, match="has a tag in a place that is not shown"):
        html_of_mjml(mjml)


def test_rules_come_into_elements_and_nothing_else_changes() -> None:
    html = (
        "<!DOCTYPE html PUBLIC 'x'><STYLE>p { color: red } @media print { p { color: black } } .a { top: 0 }</STYLE>\n"
        "<p>Hi {{ name }}&nbsp;<P CLASS=a style='margin:0'>x<br><p style=\"color: blue\">"
    )

    assert with_styles_inlined(html) == html.replace("<p>Hi", '<p style="color: red;">Hi').replace(
        "<P CLASS=a style='margin:0'>", '<P CLASS=a style="color: red;top: 0;margin: 0">'
    )


def test_tags_stay_where_they_are() -> None:
    html = (
        "<style>td { padding: 1px } .x { color: red }</style>{% if a %}<div class='x'>{% else %}<div>{% endif %}"
        '<table>{% for row in rows if row < 3 %}<tr {% if row %}class="odd"{% endif %}>'
        '<td>{{ row|default("&") }}</td></tr>{% else %}<tr><td>-</td></tr>{% endfor %}</table></div>'
        "<title>{% if a %}{{ a }}{% endif %}</title><p class='{% if a %}x{% endif %}' {% if a %}style='x'{% endif %}>"
    )

    inlined = with_styles_inlined(html)

    assert inlined == html.replace("<td>", '<td style="padding: 1px;">').replace(
        "<div class='x'>", "<div style=\"color: red;\" class='x'>"
    )


def test_html_without_a_style_sheet_stays_as_it_is() -> None:
    html = '<P CLASS=a  style="color:red">{{ a }}<br>'

    assert with_styles_inlined(html) == html


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ("<style>@import url(https://evil.example)</style>", "loads a font or a style sheet"),
        ("<style>@font-face { src: url(https://evil.example) }</style>", "loads a font or a style sheet"),
        ("<style>" + "p{a:b}" * 2_000 + "</style>" + "<p>" * 2_000, "has too many rules of style"),
        ("<style>p{background:url(" + "x" * 30_000 + ")}</style>" + "<p>" * 2_000, "has too many rules of style"),
        ("<style>p{}</style>" + '<div title="</div>">' * 12_000, "has more than 256 elements within each other"),
        ("<style>p{}</style>" + "<div><!--</div>-->" * 12_000, "has more than 256 elements within each other"),
        ("<style>p{}</style>" + "<div>" * 300, "has more than 256 elements within each other"),
    ],
)
def test_styles_that_cannot_be_moved_are_refused(html: str, message: str) -> None:
    with pytest.raises(NotInlinedError, match=message):
        with_styles_inlined(html)


def test_no_file_and_no_address_is_read(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.css").write_text("p { color: red }")
    monkeypatch.chdir(tmp_path)
    links = "".join(
        f'<link rel="stylesheet" href="{each}">'
        for each in ("secret.css", f"file://{tmp_path}/secret.css", "/secret.css")
    )

    inlined = with_styles_inlined(f"<style>b {{ color: blue }}</style>{links}<p>x</p>")

    assert "red" not in inlined


PIECES = ["{{ a }}", "{% if a %}", "{% endif %}", "{# x #}", "<p>", "</p>", "<!--x-->", "wctag0n0e", "text", '"']


@given(st.lists(st.sampled_from(PIECES)))
@settings(deadline=None)
def test_tags_that_nothing_has_moved_come_back_as_they_were(pieces: list[str]) -> None:
    source = "".join(pieces)
    held = HeldTags(source)

    assert held.put_back(held.text) == source.replace("{# x #}", "")


@pytest.mark.parametrize(
    "moved", ["{{ x }}{% if a %}{% endif %}", "{% if a %}{% endif %}", "{% endif %}{{ x }}{% if a %}"]
)
def test_a_tag_that_has_moved_is_noticed(moved: str) -> None:
    held = HeldTags("{% if a %}{{ x }}{% endif %}")
    words = dict(zip(("{% if a %}", "{{ x }}", "{% endif %}"), re.findall(r"wctag0n\d+e", held.text), strict=True))

    assert held.put_back(re.sub(r"\{.*?[%}]\}", lambda tag: words[tag[0]], moved)) is None


@pytest.mark.parametrize(
    ("mjml", "html"),
    [
        (of_text("a<br>b<img src='https://x.example/a.png'>"), "a<br/>b<img src='https://x.example/a.png'/>"),
        (of_text('<a href="https://x.example?a=1&b={{ x }}">R&D &amp; &nbsp;</a>'), "a=1&amp;b={{ x }}"),
        (
            of_body(
                "<mj-section><mj-column><mj-table><tr><td {% if a %}bgcolor='red'{% endif %}>x</td></tr></mj-table>"
                "</mj-column></mj-section>"
            ),
            "{% if a %} bgcolor",
        ),
        ('<?xml version="1.0"?>' + of_text("x"), "x"),
    ],
)
def test_mjml_may_be_written_as_html_is(mjml: str, html: str) -> None:
    assert found(mjml) == []

    made = html_of_mjml(mjml)

    assert html.replace("'", "").replace(" ", "") in made.replace('"', "").replace("'", "").replace(" ", "")


def test_large_sources_take_a_moment() -> None:
    rows = "<tr><td class='a'>{{ row }}</td></tr>" * 1_900
    begun = time.thread_time()

    with_styles_inlined(f"<style>.a {{ color: red }}</style><table>{rows}</table>")

    assert time.thread_time() - begun < 10
