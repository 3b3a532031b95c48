"""The template engine: what it renders, what it refuses, and that no template and no value can do harm."""

import gc
import json
import resource
import time
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOON
from wavecom.adapters.templates.engine import MinijinjaEngine
from wavecom.domain.content.content import Content
from wavecom.domain.errors import RefusedDraftError
from wavecom.domain.templates.source import Source
from wavecom.domain.templates.version import TemplateVersion

BOMB_SECONDS = 0.5
"""Ten times what each takes at the most, so that a busy machine does not matter."""
BOMB_MB = 20
LONG = "a" * 30_000


@pytest.fixture(scope="module")
def engine() -> MinijinjaEngine:
    return MinijinjaEngine()


def problems(engine: MinijinjaEngine, text: str, locale: str = "en") -> list[tuple[int | None, str]]:
    return [(each.line, each.message) for each in engine.check(locale, Source(text=text))]


def render(engine: MinijinjaEngine, source: Source, variables: dict[str, Any], locale: str = "en") -> Content:
    """Check a source and render it, as a version of its own."""
    assert engine.check(locale, source) == []
    version = TemplateVersion(
        tenant_id="bank-a",
        template_id=json.dumps([source.subject, source.text, source.html]),
        number=1,
        default_locale=locale,
        locales={locale: source},
        variables=tuple(sorted(engine.variables(source))),
        created_at=NOON,
    )
    return engine.render(version, locale, variables)


def text_of(engine: MinijinjaEngine, text: str, locale: str = "en", **variables: Any) -> str:
    return render(engine, Source(text=text), variables, locale).message


def refusals(engine: MinijinjaEngine, text: str, **variables: Any) -> list[tuple[str, str]]:
    with pytest.raises(RefusedDraftError) as refused:
        text_of(engine, text, **variables)
    return [(each.field, each.message) for each in refused.value.problems]


# GOV.UK Notify's table of placeholders (alphagov/notifications-utils, tests/test_field.py), in this syntax.
SAME_AS_NOTIFY = [
    ("", {}, ""),
    ("the quick brown fox", {}, "the quick brown fox"),
    ("{{ colour }}", {"colour": "red"}, "red"),
    ("the quick {{ colour }} fox", {"colour": "brown"}, "the quick brown fox"),
    (
        "{{ article }} quick {{ colour }} {{ animal }}",
        {"article": "the", "colour": "brown", "animal": "fox"},
        "the quick brown fox",
    ),
    ("the quick ({{ colour }}) fox", {"colour": "brown"}, "the quick (brown) fox"),
    ("before {{ placeholder }} after", {"placeholder": ""}, "before  after"),
    ("before {{ placeholder }} after", {"placeholder": "   "}, "before     after"),
    ("before {{ placeholder }} after", {"placeholder": 0}, "before 0 after"),
    ("before {{ placeholder }} after", {"placeholder": 0.0}, "before 0 after"),  # Notify: 0.0
    ("before {{ placeholder }} after", {"placeholder": 123}, "before 123 after"),
    ("before {{ placeholder }} after", {"placeholder": 0.1 + 0.2}, "before 0.30000000000000004 after"),
    ("{% if warning %}This is a conditional warning{% endif %}", {"warning": True}, "This is a conditional warning"),
    ("{% if warning %}Two\nlines{% endif %}", {"warning": True}, "Two\nlines"),
    ("{% if warning %}This is a conditional warning{% endif %}", {"warning": False}, ""),
    ("{% if warning %}foo??bar{% endif %}", {"warning": True}, "foo??bar"),
    ("My name is {{ name }}", {"name": "Geoff()[]{}"}, "My name is Geoff()[]{}"),
    ("list: {{ placeholder|list }}", {"placeholder": []}, "list: "),
    ("list: {{ placeholder|list }}", {"placeholder": ["one"]}, "list: one"),
    ("list: {{ placeholder|list }}", {"placeholder": ["one", "two"]}, "list: one and two"),
    ("list: {{ placeholder|list }}", {"placeholder": ["one", "two", "three"]}, "list: one, two and three"),
]
DIFFERENT_FROM_NOTIFY = [
    # An object or a list without a filter is a mistake of whoever calls; Notify prints it as Python does.
    ("before {{ placeholder }} after", {"placeholder": {"key": "value"}}),
    ("list: {{ placeholder|list }}", {"placeholder": [1, {"two": 2}, "three", None]}),
    ("list: {{ placeholder|list }}", {"placeholder": [[1, 2], [3, 4]]}),
    # True and False are English; Notify prints them.
    ("before {{ placeholder }} after", {"placeholder": True}),
    ("before {{ placeholder }} after", {"placeholder": False}),
    # A value that is not there is refused; Notify shows the placeholder.
    ("{{ name }} {{ colour }}", {"name": "Jo"}),
    ("{{ name }} {{ colour }}", {"name": "Jo", "colour": None}),
    # A condition must be true or false; Notify takes "yes", "y", "show" and others for true.
]


@pytest.mark.parametrize(("text", "variables", "expected"), SAME_AS_NOTIFY)
def test_placeholders_give_the_text_that_notify_gives(
    engine: MinijinjaEngine, text: str, variables: dict[str, Any], expected: str
) -> None:
    assert text_of(engine, text, "en-GB", **variables) == expected


@pytest.mark.parametrize(("text", "variables"), DIFFERENT_FROM_NOTIFY)
def test_object_list_null_and_boolean_are_refused_when_printed(
    engine: MinijinjaEngine, text: str, variables: dict[str, Any]
) -> None:
    assert refusals(engine, text, **variables)


def test_markup_in_a_value_is_escaped_in_html_alone(engine: MinijinjaEngine) -> None:
    source = Source(subject="For {{ x }}", text="For {{ x }}", html="<p title='{{ x }}'>{{ x }}</p>")

    made = render(engine, source, {"x": "<b>'\"&</b>"})

    assert (made.subject, made.message) == ("For <b>'\"&</b>", "For <b>'\"&</b>")
    assert (
        made.html
        == "<p title='&lt;b&gt;&#x27;&quot;&amp;&lt;&#x2f;b&gt;'>&lt;b&gt;&#x27;&quot;&amp;&lt;&#x2f;b&gt;</p>"
    )


@given(value=st.text(max_size=60))
@settings(max_examples=500, deadline=None)
def test_no_value_becomes_markup_or_another_value(engine: MinijinjaEngine, value: str) -> None:
    source = Source(text="{{ x }}|{{ y }}", html="<p title=\"{{ x }}\" lang='{{ x }}'>{{ x }}</p>{{ y }}")

    made = render(engine, source, {"x": value, "y": "secret"})

    assert made.message == f"{value}|secret"
    assert made.html is not None
    for character in "<>\"'":
        assert made.html.count(character) == "<p title=\"\" lang=''></p>".count(character)
    assert made.html.count("secret") == 1 + 3 * value.count("secret")


@pytest.mark.parametrize(
    ("value", "shown"),
    [("{{ y }}", "{{ y }}"), ("{% if y %}", "{% if y %}"), ("{# y #}", "{# y #}"), ("{{ 'a' * 9 }}", "{{ 'a' * 9 }}")],
)
def test_a_value_is_no_template(engine: MinijinjaEngine, value: str, shown: str) -> None:
    assert text_of(engine, "{{ x }}", x=value) == shown


BOMBS = [
    ("{{ 'a'*20000000 }}", {}),
    ("{{ [1]*100000000 }}", {}),
    ("{{ 2**100000000 }}", {}),
    ("{% for i in x %}{% for j in x %}{% for k in x %}{{ i }}{% endfor %}{% endfor %}{% endfor %}", {"x": [1] * 5_000}),
    ("{% for i in range(100000000) %}{% endfor %}", {}),
    ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", {}),
    ("{% include 'text' %}", {}),
    ("{% for i in x %}{{ v }}{% endfor %}", {"x": [1] * 5_000, "v": LONG}),
    ("{% for i in x %}" + "y" * 16_000 + "{% endfor %}", {"x": [1] * 5_000}),
    ("{% for i in x %}" + "y" * 200_000 + "{% endfor %}", {"x": [1] * 5_000}),
    ("{% set a = v ~ v ~ v %}{% set b = a ~ a ~ a ~ a ~ a ~ a ~ a ~ a ~ a ~ a %}{{ b ~ b ~ b ~ b ~ b }}", {"v": LONG}),
    ("{{ v|replace('a', v) }}", {"v": LONG}),
    ("{{ x|join(v) }}", {"x": ["a"] * 5_000, "v": LONG}),
    ("{{ v|urlencode|urlencode|urlencode|urlencode|urlencode|urlencode|urlencode|urlencode }}", {"v": "%" * 30_000}),
    ("{{ x|number(100000000) }}", {"x": 1}),
    ("{{ x|number }}", {"x": "1e100000000"}),
    ("{{ x|money('EUR') }}", {"x": "9" * 30_000}),
    ("{{ x|tojson(100000000) }}", {"x": [1]}),
    ("{{ debug() }}", {}),
    ("{{ 'a'|indent(100000000) }}", {}),
    ("{% filter replace('a', 'b') %}a{% endfilter %}", {}),
    ("{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}", {}),
    ("{% if x %}" * 2_000 + "{% endif %}" * 2_000, {"x": True}),
    ("{{ x" + "|trim" * 5_000 + " }}", {"x": "a"}),
    ("{{ " + "-" * 20_000 + "1 }}", {}),
    ("{% if x %}" + "{% elif x %}" * 5_000 + "{% endif %}", {"x": False}),
    ("{{ x" + "[0]" * 20_000 + " }}", {"x": []}),
    ("{{ x" + " if x else x" * 5_000 + " }}", {"x": 1}),
    ("{{ " + "not " * 20_000 + "x }}", {"x": 1}),
    ("{% for a in x %}" * 60 + "{% endfor %}" * 60, {"x": [1]}),
    ("{{ {'a': {'b': 1}} and x" + "|trim" * 5_000 + " }}", {"x": "a"}),
    ("{{ {'a': {'b': 1}} and [1]*100000000 }}", {}),
    ("{% for i in y %}{% set a = x['extend'](x) %}{% endfor %}", {"x": [1], "y": [1] * 40}),
    ("{% for i in y %}{% set a = (x.extend)(x) %}{% endfor %}", {"x": [1], "y": [1] * 40}),
    ("{% for i in y %}{% set a = x.0.append(x) %}{% endfor %}", {"x": [[1]], "y": [1] * 40}),
    ("{{x}}\n" * 40_000, {"x": "a"}),
    ("{{ x|shout }}\n" * 15_000, {"x": "a"}),
]


@pytest.mark.parametrize(("text", "variables"), BOMBS, ids=lambda each: each[:40] if isinstance(each, str) else "")
def test_costly_template_is_refused_within_time_and_memory(
    engine: MinijinjaEngine, text: str, variables: dict[str, Any]
) -> None:
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.thread_time()
    gc.disable()  # what other tests have left is not the template's to collect
    try:
        if not problems(engine, text):
            assert len(text_of(engine, text, **variables)) < 1_000_000
    except RefusedDraftError:
        pass
    finally:
        took = time.thread_time() - begun
        gc.enable()

    assert took < BOMB_SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < BOMB_MB


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("Dear {{ name", 1, "unexpected end of input, expected end of variable block"),
        ("a\nb\n{% if x %}", 3, "unexpected end of input, expected end of block"),
        ("a\n{% include 'x' %}", 2, "{% include %} is not available"),
        ("a\n{{ name|shout }}", 2, "the filter shout does not exist; there are abs, "),
        ("{{ x is shouted }}", 1, "the test shouted does not exist; there are "),
        ("{{ name.upper() }}", 1, "upper() is not available; templates call no functions"),
        ("{{ x * 2 }}", 1, "* is not available"),
        ("{{ x|safe }}", 1, "the filter safe does not exist"),
        ("{% autoescape false %}{{ x }}{% endautoescape %}", 1, "{% autoescape %} is not available"),
        ("{% raw %}x{% endraw %}", 1, "{% raw %} is not available"),
        ("{{ {'a': 1} }}", 1, "{ is not available"),
        ("{{ x['upper']() }}", 1, "]() is not available"),
        ("{{ (x.upper)() }}", 1, ")() is not available"),
        ("{{ x.0.append(1) }}", 1, "append() is not available"),
        ("{{ 1 if x is not shouted }}", 1, "the test shouted does not exist"),
        ("{{ x }}\n" * 2_001, 2001, "has more than 2,000 tags"),
    ],
)
def test_an_error_of_the_language_names_its_line(engine: MinijinjaEngine, text: str, line: int, message: str) -> None:
    (found_line, found), *_ = problems(engine, text)

    assert found_line == line
    assert found.startswith(message)


@pytest.mark.parametrize(
    "text", ["{{ '{% include %}' }}", "{# {% include %} #}", "{{ x|replace('*', '.') }}", "3 * 4 = {{ x }}"]
)
def test_texts_and_comments_are_not_checked_as_tags(engine: MinijinjaEngine, text: str) -> None:
    assert problems(engine, text) == []


@pytest.mark.parametrize("name", ["items", "keys", "values", "get", "copy", "pop"])
def test_field_that_an_object_lacks_is_none_of_its_methods(engine: MinijinjaEngine, name: str) -> None:
    text = f"{{% if order.{name} is defined %}}yes{{% else %}}no{{% endif %}}"

    assert text_of(engine, text, order={}) == "no"
    assert text_of(engine, text, order={name: 1}) == "yes"
    assert refusals(engine, f"{{{{ order.{name} }}}}", order={}) == [
        (f"variables.order.{name}", "is required, in the text of the template (en)")
    ]


def test_objects_and_lists_are_read_as_usual(engine: MinijinjaEngine) -> None:
    order = {"lines": [{"name": "tea", "price": 2.5}, {"name": "milk", "price": 1}], "to": {"city": "Bern"}}
    text = "{% for each in order.lines %}{{ loop.index }}. {{ each.name }} {{ each.price }}; {% endfor %}"

    assert text_of(engine, text, order=order) == "1. tea 2.5; 2. milk 1; "
    assert text_of(engine, "{{ order.to.city }} {{ order['to']['city'] }} {{ order.lines|length }}", order=order) == (
        "Bern Bern 2"
    )
    assert text_of(engine, "{{ order.lines[0].name }}{{ order.lines|last|default('') and '' }}", order=order) == "tea"
    assert text_of(engine, "{% for name in order %}{{ name }} {% endfor %}", order=order) == "lines to "


def test_table_of_usual_size_is_rendered_whole(engine: MinijinjaEngine) -> None:
    row = "<tr>" + "<td style='padding: 8px'>{{ each.name }}</td><td>{{ each.price|money('EUR') }}</td>" * 10 + "</tr>"
    source = Source(subject="x", text="x", html="{% for each in lines %}" + row + "{% endfor %}")

    made = render(engine, source, {"lines": [{"name": "tea", "price": 2.5}] * 100})

    assert made.html is not None
    assert made.html.count("<tr>") == 100


@pytest.mark.parametrize(
    ("html", "line", "message"),
    [
        ("<p title={{ x }}>", 1, "the value of title must be in quotes"),
        ("<p>\n<p title = a{{ x }}>", 2, "the value of title must be in quotes"),
        ("<p {{ x }}>", 1, "a variable or a branch cannot be in the name of an attribute"),
        ("<p {{ x }}='a'>", 1, "a variable or a branch cannot be in the name of an attribute"),
        ("<{{ x }}>", 1, "a variable or a branch cannot be in the name of an element"),
        ("<a onclick=\"f('{{ x }}')\">", 1, "a variable cannot stand in onclick"),
        ("<p style='color: {{ x }}'>", 1, "a variable cannot stand in style"),
        ("<iframe srcdoc='{{ x }}'>", 1, "a variable cannot stand in srcdoc"),
        ("{{ x }}\n<script>\nf('{{ x }}')</script>", 3, "script is not available"),
        ("<SCRIPT/x>f()</script>", 1, "script is not available"),
        ("<script></scripty>{{ x }}</script>", 1, "script is not available"),
        ("<noscript>\n{{ x }}</noscript>", 2, "a variable cannot stand in a noscript"),
        (
            '<a href="{% if x %}https://{% endif %}{{ x }}">',
            1,
            "a variable at the beginning of href needs the filter url",
        ),
        ('<a href="{{ x or y|url }}">', 1, "a variable at the beginning of href needs the filter url"),
        ('<a href="{{ x if y else z|url }}">', 1, "a variable at the beginning of href needs the filter url"),
        ('<a href="{{ x ~ y|url }}">', 1, "a variable at the beginning of href needs the filter url"),
        ('<a href="&#32;{{ x }}">', 1, "a variable at the beginning of href needs the filter url"),
        ('<a href="\x01{{ x }}">', 1, "a variable at the beginning of href needs the filter url"),
        ('<p title={% if x %}"{% endif %}{{ x }}{% if x %}"{% endif %}>', 1, "the value of title must be in quotes"),
        ("<!--[if mso]><a title={{ x }}>y</a><![endif]-->", 1, "the value of title must be in quotes"),
        ('<p title=\u00a0"{{ x }}">', 1, "the value of title must be in quotes"),
        ("<!--><img alt={{ x }}><!-- -->", 1, "the value of alt must be in quotes"),
        ("<!-- --!><img alt={{ x }}><!-- -->", 1, "the value of alt must be in quotes"),
        ('<? <a title="> <img alt={{ x }}> ">', 1, "the value of alt must be in quotes"),
        ('</ <a title="> <img alt={{ x }}> ">', 1, "the value of alt must be in quotes"),
        ('<textarea><a title="</textarea><img alt={{ x }}>">', 1, "an element cannot stand in a textarea"),
        ('<meta http-equiv="refresh" content="0;url={{ x }}">', 1, "a variable cannot stand in meta"),
        ('<p>\n<a href="x', 2, "a tag of an element has no end"),
        ("<p>\n<!-- {{ x }}", 2, "a comment has no end"),
        ("<STYLE>p { color: {{ x }} }</STYLE>", 1, "a variable cannot stand in a style"),
        ("<a href='{{ x }}'>", 1, "a variable at the beginning of href needs the filter url"),
        ("<a class='a' href=' {{ x }}/{{ x|url }}'>", 1, "a variable at the beginning of href needs the filter url"),
        ("<a title='a > b' href='{{ x|url|upper }}'>", 1, "a variable at the beginning of href needs the filter url"),
        ("<p =><a href='{{ x }}'>", 1, "a variable at the beginning of href needs the filter url"),
        ("<p = title={{ x }}>", 1, "the value of title must be in quotes"),
        ("<p {% if x %}title={% endif %}{{ x }}>", 1, "an if or a for must begin and end within the same"),
        (
            '<a title="{% if a %}"{% endif %} x="><a href=\'{{ v }}\'>c</a>">d</a>',
            1,
            "an if or a for must begin and end within the same",
        ),
        ("<svg><a></a></svg>{{ x }}", 1, "svg is not available"),
        ('<a href="java{{ x }}">', 1, "a variable at the beginning of href needs"),
        ('<a href="javascript:f({{ x }})">', 1, "a variable cannot stand in an address of javascript:"),
        ('<a {% if a %}title{% else %}href{% endif %}="{{ v }}">', 1, "a variable or a branch cannot be in the name"),
    ],
)
def test_variable_where_escaping_does_not_help_is_refused(
    engine: MinijinjaEngine, html: str, line: int, message: str
) -> None:
    (problem, *_) = engine.check("en", Source(subject="x", text="x", html=html))

    assert (problem.part, problem.line) == ("html", line)
    assert problem.message.startswith(message)


@pytest.mark.parametrize(
    "html",
    [
        "<p>{{ x }}</p><!-- {{ x }} <a href={{ x }}> --><p title='{{ x }}' lang=en>1 < 2 {{ x }}</p>",
        "<a href='https://bank.example/{{ x }}?a={{ x|urlencode }}'>{{ x }}</a><a href=\"{{ x|url }}\">",
        "<style>p > a { color: red }</style>{{ x }}",
        "<title>{{ x }}</title><textarea>{{ x }}</textarea>",
        '<a href="{% if x %}https://a.example/{{ x }}{% else %}mailto:{{ x }}{% endif %}">',
        '<a href="{{ (x or y)|url }}"><a href="{{ x.links[0]|url }}"><a href="/{{ x }}">',
        "<!--[if mso]><table width='{{ x }}'><tr><td><![endif]-->{{ x }}<!--[if mso]></td></tr></table><![endif]-->",
        "<td {% if x %}class='a'{% endif %} title='{% if x %}{{ x }}{% endif %}'>",
        "<img src='https://bank.example/logo.png' alt=\"{{ x }}\"/><br/>{% if x %}<b>{{ x }}</b>{% endif %}",
        "{# <a href={{ x }}> #}<p>{{ x }}",
    ],
)
def test_variable_in_text_and_in_quotes_is_allowed(engine: MinijinjaEngine, html: str) -> None:
    assert engine.check("en", Source(subject="x", text="x", html=html)) == []


class _Structure(HTMLParser):
    """Keeps elements, names of attributes and schemes of links."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Any] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(
            (tag, [(name, (value or "").partition(":")[0] if name == "href" else None) for name, value in attrs])
        )

    def handle_endtag(self, tag: str) -> None:
        self.found.append(tag)


def structure(html: str | None) -> list[Any]:
    parser = _Structure()
    parser.feed(html or "")
    parser.close()
    return parser.found


@given(
    value=st.text(max_size=40) | st.sampled_from(["a onclick=f", "'>\"><script>", "javascript:f", "--><b>", "</p><b>"])
)
@settings(max_examples=300, deadline=None)
def test_no_value_changes_the_structure_of_html(engine: MinijinjaEngine, value: str) -> None:
    source = Source(
        subject="x",
        text="x",
        html="<p title=\"{{ x }}\" lang='{{ x }}'>{{ x }}<!-- {{ x }} -->"
        "<a href='https://bank.example/{{ x }}'>{{ x }}</a></p>",
    )

    assert structure(render(engine, source, {"x": value}).html) == structure(render(engine, source, {"x": "x"}).html)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "x", "", " https://x", "https://a b"]
)
def test_link_of_another_scheme_is_refused(engine: MinijinjaEngine, link: str) -> None:
    assert refusals(engine, "{{ x|url }}", x=link)[0][1].startswith("url: must be given an address")


def test_variables_are_found_in_the_source(engine: MinijinjaEngine) -> None:
    source = Source(
        subject="{{ a }}",
        text="{% for each in items %}{{ each.name }}{% endfor %}{% set own = b.c %}{{ own }}",
        html="{% if d %}{{ a }}{% endif %}",
    )

    assert engine.variables(source) == {"a", "b", "d", "items"}


@pytest.mark.parametrize(
    ("text", "variables", "field", "message"),
    [
        ("{{ order.total }}", {"order": {}}, "variables.order.total", "is required"),
        ("{{ x }}", {"x": None}, "variables", "only texts and numbers can be printed"),
        ("{{ x|money('EURO') }}", {"x": 1}, "variables", "money: the currency must be a code of ISO 4217"),
        ("{{ x|money('EUR') }}", {"x": "much"}, "variables", "money: must be given a number"),
        ("{{ x|money('EUR', 3) }}", {"x": 1}, "variables", "money: cannot write this value with these arguments"),
        ("{{ x|date('long', 'Asia/Tokyo') }}", {"x": "9999-12-31T23:00:00Z"}, "variables", "date: cannot write this"),
        ("{{ x|money('EUR') }}", {"x": [1]}, "variables", "money: must be given a number"),
        ("{{ x|date }}", {"x": "tomorrow"}, "variables", "date: must be given a text like 2026-01-31"),
        ("{{ x|datetime('long', 'Mars') }}", {"x": "2026-01-31"}, "variables", "datetime: the time zone must be"),
        (
            "{{ x|date('tiny') }}",
            {"x": "2026-01-31"},
            "variables",
            "date: the length must be short, medium, long, full",
        ),
    ],
)
def test_what_cannot_be_rendered_names_its_variable_and_the_reason(
    engine: MinijinjaEngine, text: str, variables: dict[str, Any], field: str, message: str
) -> None:
    ((found_field, found),) = refusals(engine, text, **variables)

    assert found_field == field
    assert found.startswith(message)
    assert found.endswith("in the text of the template (en)")


@pytest.mark.parametrize(
    ("locale", "text", "expected"),
    [
        ("en", "{{ 1234.5|money('EUR') }}", "€1,234.50"),
        ("de", "{{ 1234.5|money('EUR') }}", "1.234,50\u00a0€"),
        ("de-CH", "{{ 1234.5|money('CHF') }}", "CHF\u00a01'234.50"),
        ("ja", "{{ 1234|money('JPY') }}", "￥1,234"),
        ("en-IN", "{{ 1234567|number }}", "12,34,567"),
        ("fr", "{{ 1234.5|number(2) }}", "1\u202f234,50"),
        ("en", "{{ '0.1'|number }} {{ 0.25|percent }}", "0.1 25%"),
        ("de", "{{ '2026-03-01'|date('long') }}", "1. März 2026"),
        ("en", "{{ '2026-03-01T23:30:00Z'|date('long', 'Europe/Zurich') }}", "March 2, 2026"),
        ("en-GB", "{{ '2026-07-01T12:00:00Z'|datetime('short', 'Europe/London') }}", "01/07/2026, 13:00"),
        ("de", "{{ '2026-07-01T12:00:00+02:00'|time }}", "10:00"),
        ("de", "{{ ['Brot', 'Butter', 'Salz']|list }}", "Brot, Butter und Salz"),
    ],
)
def test_values_are_written_as_the_language_does(
    engine: MinijinjaEngine, locale: str, text: str, expected: str
) -> None:
    assert text_of(engine, text, locale) == expected


@pytest.mark.parametrize(("locale", "word"), [("xx", "language"), ("gsw", "language"), ("de-XX", "region")])
def test_a_language_that_nobody_writes_is_named(engine: MinijinjaEngine, locale: str, word: str) -> None:
    ((line, message),) = problems(engine, "x", locale)

    assert line is None
    assert word in message


def test_a_version_is_compiled_once(engine: MinijinjaEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    compiled = MinijinjaEngine()

    def filters_of(locale: str) -> dict[str, Any]:
        made.append(locale)
        return {}

    monkeypatch.setattr("wavecom.adapters.templates.engine.filters_of", filters_of)

    for number in range(500):
        version = TemplateVersion(
            tenant_id="bank-a",
            template_id="paid",
            number=1,
            default_locale="en",
            locales={"en": Source(text="{{ n }}")},
            variables=("n",),
            created_at=NOON,
        )
        assert compiled.render(version, "en", {"n": number}).message == str(number)

    assert made == ["en"]
