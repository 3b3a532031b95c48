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


def test_styles_move_into_elements_and_rules_of_media_stay() -> None:
    html = "<style>p { color: red } @media print { p { color: black } }</style><p>Hi {{ name }}</p>"

    inlined = with_styles_inlined(html)

    assert '<p style="color: red;">Hi {{ name }}</p>' in inlined
    assert "@media print" in inlined
    assert "p { color: red }" not in inlined


def test_tags_between_rows_stay_between_them() -> None:
    html = (
        "<style>td { padding: 1px }</style><table>{% for row in rows if row < 3 %}"
        '<tr {% if row %}class="odd"{% endif %}><td>{{ row|default("&") }}</td></tr>{% else %}<tr><td>-</td></tr>'
        "{% endfor %}</table>"
    )

    inlined = with_styles_inlined(html)

    assert "<table>{% for row in rows if row < 3 %}<tbody><tr" in inlined.replace("><tbody>{%", ">{%")
    assert '<td style="padding: 1px;">{{ row|default("&") }}</td>' in inlined
    assert inlined.index("{% for") < inlined.index("{{ row|") < inlined.index("{% else %}") < inlined.index("{% endfor")


def test_html_without_a_style_sheet_stays_as_it_is() -> None:
    html = '<P CLASS=a  style="color:red">{{ a }}<br>'

    assert with_styles_inlined(html) == html


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ("<style>@import url(https://evil.example)</style>", "loads a font or a style sheet"),
        ("<style>@font-face { src: url(https://evil.example) }</style>", "loads a font or a style sheet"),
        ("<style>{% if a %}p { color: red }{% endif %}</style><p>x</p>", "has a tag in a style sheet"),
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


@given(
    st.lists(
        st.sampled_from(["{{ a }}", "{% if a %}", "{% endif %}", "<p>", "</p>", "<!--x-->", "wctag0n0e", "text", '"'])
    )
)
@settings(deadline=None)
def test_tags_that_nothing_has_moved_come_back_as_they_were(pieces: list[str]) -> None:
    source = "".join(pieces)

    for as_comments in (False, True):
        held = HeldTags(source, as_comments=as_comments)
        assert held.put_back(held.text) == source


def test_large_sources_take_a_moment() -> None:
    rows = "<tr><td class='a'>{{ row }}</td></tr>" * 1_900
    begun = time.process_time()

    with_styles_inlined(f"<style>.a {{ color: red }}</style><table>{rows}</table>")

    assert time.process_time() - begun < 10
