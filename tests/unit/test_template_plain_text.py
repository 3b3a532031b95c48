"""The text that is made of a template's HTML."""

import pytest

from wavecom.adapters.templates.plain_text import text_of_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Dear {{ name }},</p><p>thank you.</p>", "Dear {{ name }},\n\nthank you."),
        (
            "<h1>Paid</h1>We received\n   <b>{{ amount|money('EUR') }}</b>.<br>Your bank",
            "Paid\n\nWe received {{ amount|money('EUR') }}.\nYour bank",
        ),
        ("<ul><li>tea</li><li>milk</li></ul>", "- tea\n- milk"),
        ("<table><tr><td>tea</td><td>{{ a }}</td></tr><tr><td>milk</td><td>2</td></tr></table>", "tea {{ a }}\nmilk 2"),
        ("<a href='https://bank.example/{{ id }}'>Your account</a>", "Your account (https://bank.example/{{ id }})"),
        ("<a href='https://bank.example'>https://bank.example</a>", "https://bank.example"),
        ("<a href='#top'>Up</a>", "Up"),
        ("<img src='x.png' alt='WaveCom'>", "WaveCom"),
        ("Tea &amp; milk &lt; 3&nbsp;€", "Tea & milk < 3\u00a0€"),
        ("<head><title>x</title><style>p { color: red }</style></head><body>Hello<script>f()</script></body>", "Hello"),
        (
            "{% if a < b %}<p>less</p>{% else %}<p>more</p>{% endif %}{# a note #}",
            "{% if a < b %}\n\nless\n\n{% else %}\n\nmore\n\n{% endif %}",
        ),
        ("<div><div><div>one</div></div></div><div>two</div>", "one\ntwo"),
        ("{{ a }}&#983040;&#983045;\U000f0007", "{{ a }}{{ a }}"),
        ("", ""),
    ],
)
def test_html_becomes_text_with_its_tags_where_they_stood(html: str, text: str) -> None:
    assert text_of_html(html) == text
