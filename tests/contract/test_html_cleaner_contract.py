"""What every cleaner of HTML does; there is no fake, since the cleaner needs no server."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavecom.adapters.html.cleaner import DEPTH_MAX, Nh3Cleaner
from wavecom.domain.errors import RefusedDraftError
from wavecom.ports.content import HtmlCleaner

PORT = HtmlCleaner
CLEANERS = [Nh3Cleaner]
DANGEROUS = {"script", "style", "iframe", "object", "embed", "form", "input", "button", "svg", "math", "base", "link"}
LINKS = {"href", "src", "action", "background", "xlink:href"}
PIECES = [
    "<",
    ">",
    "</",
    "/>",
    "=",
    '"',
    "'",
    "`",
    " ",
    "\n",
    "\x00",
    "&lt;",
    "&#106;",
    "&Tab;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "script",
    "style",
    "svg",
    "math",
    "mtext",
    "noscript",
    "template",
    "title",
    "textarea",
    "iframe",
    "img",
    "a",
    "p",
    "table",
    "form",
    "href",
    "src",
    "onerror",
    "onclick",
    "style=",
    "javascript:",
    "data:text/html,",
    "https://x",
    "alert(1)",
    "url(",
    "@font-face",
    "expression(",
    "text",
]
"""What attacks on HTML are made of (OWASP, "XSS Filter Evasion Cheat Sheet"; DOMPurify's tests of mutation)."""


@pytest.fixture(params=CLEANERS)
def cleaner(request: pytest.FixtureRequest) -> HtmlCleaner:
    make: Callable[[], HtmlCleaner] = request.param
    return make()


class Found(HTMLParser):
    """The elements and attributes of a document, as another parser reads it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def assert_harmless(html: str) -> None:
    found = Found(html)
    assert not found.elements & DANGEROUS
    for name, value in found.attributes:
        assert not name.startswith("on"), name
        if name in LINKS:
            assert not value.strip().lower().startswith(("javascript", "data", "vbscript", "file")), value
        if name == "style":
            assert not {"expression", "behavior", "-moz-binding", "@import"} & set(value.lower().split("("))


@pytest.mark.parametrize(
    ("html", "clean", "removed"),
    [
        ("<p>Hi</p><script>steal()</script>", "<p>Hi</p>", ["script"]),
        ('<p onclick="steal()">Hi</p>', "<p>Hi</p>", ["onclick"]),
        (
            '<img src="https://bank.example/a.png"ONERROR=steal()>',
            '<img src="https://bank.example/a.png">',
            ["onerror"],
        ),
        ('<form action="https://evil.example"><input name="pin">Pin</form>', "Pin", ["form", "input"]),
        ('<iframe src="https://evil.example"></iframe>x', "x", ["iframe"]),
        ("<style>@font-face { src: url(https://evil.example) }</style>x", "x", ["style"]),
        ('<a href="javascript:steal()">x</a>', "<a>x</a>", []),
        ('<a href="java\nscript:steal()">x</a>', "<a>x</a>", []),
        ('<a href="&#106;avascript:steal()">x</a>', "<a>x</a>", []),
        ('<img src="data:image/png;base64,AAAA">', "<img>", []),
        ('<p style="position:fixed;color:red">x</p>', '<p style="color:red">x</p>', []),
        ("x<!--[if mso]><b>y</b><![endif]-->", "x", ["b"]),
    ],
)
def test_what_an_email_must_not_have_is_taken_out_and_named(
    cleaner: HtmlCleaner, html: str, clean: str, removed: list[str]
) -> None:
    made = cleaner.clean(html)

    assert (made.html, list(made.removed)) == (clean, removed)


@pytest.mark.parametrize(
    "html",
    [
        '<h1 style="color:#123456;font-family:Arial , sans-serif">Grüezi</h1>',
        '<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"></table>',
        '<table><tbody><tr><td align="center" bgcolor="#ffffff" style="padding:8px">x</td></tr></tbody></table>',
        '<a href="https://bank.example/pay?a=1&amp;b=2" target="_blank" style="color:red">Pay</a>',
        '<a href="mailto:help@bank.example">Help</a><a href="tel:+4930901820">Call</a>',
        '<img src="cid:logo" alt="Bank" width="120" height="40">',
        "<p>5 &lt; 6 &amp; onclick= stays a text</p>",
        '<ol start="3"><li>a</li><li>b</li></ol><blockquote>q</blockquote>',
        '<p lang="de" dir="ltr" aria-label="x">你好 🎉</p>',
    ],
)
def test_what_emails_are_made_of_stays_as_it_is(cleaner: HtmlCleaner, html: str) -> None:
    made = cleaner.clean(html)

    assert (made.html, made.removed) == (html, ())


def test_the_frame_of_a_document_goes_without_a_word(cleaner: HtmlCleaner) -> None:
    document = "<!doctype html><html><head><title>T</title><meta charset=utf-8></head><body><p>Hi</p></body></html>"

    made = cleaner.clean(document)

    assert (made.html, made.removed) == ("<p>Hi</p>", ())


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@settings(max_examples=600, deadline=None)
def test_nothing_dangerous_is_left_and_cleaning_again_changes_nothing(html: str) -> None:
    for make in CLEANERS:
        cleaner: HtmlCleaner = make()
        made = cleaner.clean(html)
        assert_harmless(made.html)
        assert cleaner.clean(made.html).html == made.html


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 50_000,
        "<b><p>" * 40_000,
        "<table><tr><td>" * 17_000,
        "<ul><li>" * 30_000,
        "<rt>" * 45_000,
        "<optgroup>" * 20_000,
        "<svg>" + "<td>" * 40_000,
        '<div title="</div>">' * 12_000,
        "<div><!--</div>-->" * 12_000,
        "<div><!--[if a]></div><![endif]-->" * 7_000,
        "<svg><title>" + "<div>" * 40_000,
        "<svg><title><div></title>" * 10_000,
        "<svg><style>" + "<g>" * 60_000,
        "<p>" + "".join(f"<b class=a{number}>" for number in range(250)) + "<p>x</p>" * 6_000,
    ],
)
def test_what_would_take_long_is_refused(cleaner: HtmlCleaner, html: str) -> None:
    with pytest.raises(RefusedDraftError) as refused:
        cleaner.clean(html)

    (problem,) = refused.value.problems
    assert (problem.field, problem.message) == ("html", f"has more than {DEPTH_MAX} elements within each other")


@pytest.mark.parametrize("html", ["<p>x" * 1_000, "<br>" * 1_000, "<ul><li>x</ul>" * 1_000, "<div>" * DEPTH_MAX])
def test_much_html_that_is_not_deep_is_taken(cleaner: HtmlCleaner, html: str) -> None:
    assert cleaner.clean(html).removed == ()
