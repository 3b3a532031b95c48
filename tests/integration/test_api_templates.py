"""Templates through the API: made, checked, published, and rendered when a notification is accepted."""

from typing import Any

import pytest

from tests.integration.conftest import Api, MakeApi

ENGLISH = {"subject": "Payment of {{ amount|money('EUR') }}", "text": "Dear {{ name }}, we received your payment."}
GERMAN = {"subject": "Zahlung über {{ amount|money('EUR') }}", "text": "Guten Tag {{ name }}, Ihre Zahlung ist da."}
VERSION = {"defaultLocale": "en", "locales": {"en": ENGLISH, "de": GERMAN}}
PAYMENT = {"type": "EMAIL", "recipient": "ada@example.com", "template": {"id": "paid"}}
VARIABLES = {"name": "Ada", "amount": 1234.5}


@pytest.fixture(params=["lambda", "http"])
def api(request: pytest.FixtureRequest, make_api: MakeApi) -> Api:
    return make_api(request.param)


def made(api: Api, template_id: str = "paid", *versions: dict[str, Any], channel: str = "EMAIL") -> None:
    """Make a template with versions, and publish the first."""
    assert api.post("/api/templates", {"id": template_id, "channel": channel}).status_code == 201
    for version in versions or (VERSION,):
        answer = api.post(f"/api/templates/{template_id}/versions", version)
        assert answer.status_code == 201, answer.text
    assert api.post(f"/api/templates/{template_id}/versions/1/publish").status_code == 200


def created(api: Api, **changes: Any) -> dict[str, Any]:
    answer = api.post("/api/notifications", {**PAYMENT, "variables": VARIABLES, **changes})
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def refused(api: Api, **changes: Any) -> dict[str, str]:
    """Return the messages by field of a notification that is refused."""
    answer = api.post("/api/notifications", {**PAYMENT, "variables": VARIABLES, **changes})
    assert answer.status_code == 422, answer.text
    return {each["field"]: each["message"] for each in answer.json()["error"]["details"]}


def test_a_notification_is_rendered_when_it_is_accepted_and_says_from_what(api: Api) -> None:
    made(api)

    data = created(api)

    assert data["subject"] == "Payment of €1,234.50"
    assert data["message"] == "Dear Ada, we received your payment."
    assert data["template"] == {"id": "paid", "version": 1, "locale": "en"}
    assert "variables" not in data
    shown = api.get(f"/api/notifications/{data['_id']}").json()["data"]["notification"]
    assert (shown["subject"], shown["template"]) == (data["subject"], data["template"])


@pytest.mark.parametrize(
    ("locale", "used", "subject"),
    [
        ("de", "de", "Zahlung über 1.234,50\u00a0€"),
        ("de-CH", "de", "Zahlung über 1.234,50\u00a0€"),
        ("fr", "en", "Payment of €1,234.50"),
    ],
)
def test_the_nearest_language_is_used(api: Api, locale: str, used: str, subject: str) -> None:
    made(api)

    data = created(api, locale=locale)

    assert (data["template"]["locale"], data["subject"]) == (used, subject)


def test_the_published_version_is_used_unless_one_is_named(api: Api) -> None:
    made(api, "paid", VERSION, {"defaultLocale": "en", "locales": {"en": {**ENGLISH, "text": "Second, {{ name }}."}}})

    assert created(api)["template"]["version"] == 1
    assert created(api, template={"id": "paid", "version": 2})["message"] == "Second, Ada."

    api.post("/api/templates/paid/versions/2/publish")
    assert created(api)["message"] == "Second, Ada."
    api.post("/api/templates/paid/rollback")
    assert created(api)["template"]["version"] == 1
    assert api.post("/api/templates/paid/rollback").status_code == 409


def test_what_was_accepted_stays_when_another_version_is_published(api: Api) -> None:
    made(api, "paid", VERSION, {"defaultLocale": "en", "locales": {"en": {**ENGLISH, "text": "Second, {{ name }}."}}})
    first = created(api)

    api.post("/api/templates/paid/versions/2/publish")

    shown = api.get(f"/api/notifications/{first['_id']}").json()["data"]["notification"]
    assert shown["message"] == "Dear Ada, we received your payment."


@pytest.mark.parametrize(
    ("changes", "details"),
    [
        ({"variables": {"name": "Ada"}}, {"variables.amount": "is required"}),
        ({"variables": {}}, {"variables.amount": "is required", "variables.name": "is required"}),
        (
            {"variables": {**VARIABLES, "first_name": "x"}},
            {"variables.first_name": "is not a variable of the template"},
        ),
        ({"template": {"id": "unknown"}}, {"template.id": "must be the id of a template"}),
        ({"template": {"id": "paid", "version": 7}}, {"template.version": "must be a version of the template"}),
        ({"type": "SMS", "recipient": "+12025550123"}, {"template.id": "is a template for EMAIL"}),
        ({"subject": "Mine"}, {"subject": "must not be given beside a template"}),
        ({"message": "Mine"}, {"message": "must not be given beside a template"}),
        (
            {"locale": "German"},
            {"locale": "String should match pattern '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$'"},
        ),
        (
            {"variables": {**VARIABLES, "name": "\ud800"}},
            {"variables.name": "must not contain NUL characters or unpaired surrogates"},
        ),
        (
            {"variables": {**VARIABLES, "amount": 2**63}},
            {"variables": "has a number that does not fit in 64 bits; write it as a text"},
        ),
        ({"variables": {**VARIABLES, "name": "x" * 33_000}}, {"variables": "must not be larger than 32 KB"}),
        ({"variables": {**VARIABLES, "name": [[[[[[1]]]]]]}}, {"variables": "must not be nested deeper than 5 levels"}),
        ({"variables": {**VARIABLES, "name": "a\nBcc: x@evil.example"}}, {}),
    ],
)
def test_what_cannot_be_rendered_is_refused_with_its_field(
    api: Api, changes: dict[str, Any], details: dict[str, str]
) -> None:
    made(api)

    if details:
        assert refused(api, **changes) == details
    else:
        assert created(api, **changes)["subject"] == "Payment of €1,234.50"
    assert api.stored() == (0 if details else 1)


def test_a_value_makes_no_second_line_of_a_subject(api: Api) -> None:
    made(
        api, "paid", {"defaultLocale": "en", "locales": {"en": {"subject": "For {{ name }}", "text": "x {{ amount }}"}}}
    )

    details = refused(api, variables={"name": "a\r\nBcc: x@evil.example", "amount": 1})

    assert details == {"variables": "make a subject of more than one line, or with control characters"}


@pytest.mark.parametrize("field", ["variables", "locale"])
def test_variables_and_locale_need_a_template(api: Api, field: str) -> None:
    given: dict[str, Any] = {"variables": {}, "locale": "de"}

    answer = api.create(**{field: given[field]})

    assert answer.status_code == 422
    assert [(each["field"], each["message"]) for each in answer.json()["error"]["details"]] == [
        (field, "needs a template")
    ]


def test_each_item_of_a_batch_is_rendered_or_refused_on_its_own(api: Api) -> None:
    made(api)
    plain = {"type": "EMAIL", "recipient": "ada@example.com", "subject": "Plain", "message": "Plain"}

    answer = api.post(
        "/api/notifications/batch",
        {
            "notifications": [
                {**PAYMENT, "variables": VARIABLES},
                PAYMENT,
                plain,
                {**PAYMENT, "variables": VARIABLES, "locale": "de"},
            ]
        },
    )

    results = answer.json()["data"]["results"]
    assert [each["status"] for each in results] == [201, 422, 201, 201]
    assert {each["field"] for each in results[1]["error"]["details"]} == {
        "notifications[1].variables.amount",
        "notifications[1].variables.name",
    }
    assert [results[each]["data"]["subject"] for each in (0, 2, 3)] == [
        "Payment of €1,234.50",
        "Plain",
        "Zahlung über 1.234,50\u00a0€",
    ]


def test_an_archived_template_makes_nothing_any_more_and_keeps_its_id(api: Api) -> None:
    made(api)
    before = created(api)

    answer = api.client.delete("/api/templates/paid")

    assert answer.json()["data"]["archivedAt"] is not None
    assert refused(api) == {"template.id": "is archived"}
    assert api.post("/api/templates", {"id": "paid", "channel": "EMAIL"}).status_code == 409
    assert api.post("/api/templates/paid/versions", VERSION).status_code == 409
    assert api.post("/api/templates/paid/versions/1/publish").status_code == 409
    assert api.get("/api/templates/paid/versions/1").json()["data"]["number"] == before["template"]["version"]


@pytest.mark.parametrize(
    ("version", "details"),
    [
        (
            {"defaultLocale": "fr", "locales": {"en": ENGLISH}},
            {"locales.fr": "is the default language and must be there"},
        ),
        ({"defaultLocale": "en", "locales": {"en": {"text": "x"}}}, {"locales.en.subject": "is required for EMAIL"}),
        (
            {"defaultLocale": "en", "locales": {"en": ENGLISH, "de": {**GERMAN, "text": "Zeile\n{{ name "}}},
            {"locales.de.text": "line 2: unexpected end of input, expected end of variable block"},
        ),
        (
            {"defaultLocale": "en", "locales": {"en": ENGLISH, "de": {**GERMAN, "text": "{{ vorname }}"}}},
            {
                "locales.de": "uses the variable vorname, which en does not use",
            },
        ),
        (
            {"defaultLocale": "en", "locales": {"en": {**ENGLISH, "subject": "{{ amount|money('EUR')|shout }}"}}},
            {"locales.en.subject": "line 1: the filter shout does not exist"},
        ),
        (
            {"defaultLocale": "en", "locales": {"en": {**ENGLISH, "text": "{{ name }}" + "x" * 5_001}}},
            {"locales.en.text": "has more than 5,000 characters, whatever the variables are"},
        ),
        (
            {"defaultLocale": "en", "locales": {"en": {"subject": "x", "html": "<p>" + "x " * 2_501 + "</p>"}}},
            {"locales.en.text": "has more than 5,000 characters, whatever the variables are"},
        ),
        ({"defaultLocale": "xx", "locales": {"xx": ENGLISH}}, {"locales.xx": "the language xx is not known"}),
    ],
)
def test_a_version_is_checked_when_it_is_made(api: Api, version: dict[str, Any], details: dict[str, str]) -> None:
    api.post("/api/templates", {"id": "paid", "channel": "EMAIL"})

    answer = api.post("/api/templates/paid/versions", version)

    assert answer.status_code == 422, answer.text
    found = {each["field"]: each["message"] for each in answer.json()["error"]["details"]}
    for field, message in details.items():
        assert found[field].startswith(message)
    assert api.get("/api/templates/paid").json()["data"]["latest"] == 0


def test_a_preview_shows_what_would_be_sent_and_keeps_nothing(api: Api) -> None:
    made(api)

    shown = api.post("/api/templates/paid/preview", {"locale": "de", "variables": VARIABLES}).json()["data"]

    assert shown == {
        "locale": "de",
        "subject": "Zahlung über 1.234,50\u00a0€",
        "message": "Guten Tag Ada, Ihre Zahlung ist da.",
        "warnings": [],
    }
    assert api.stored() == 0


def test_a_source_is_previewed_before_it_is_a_version(api: Api) -> None:
    made(api, "code", {"defaultLocale": "en", "locales": {"en": {"text": "Code {{ code }}"}}}, channel="SMS")

    shown = api.post(
        "/api/templates/code/preview", {"source": {"text": "Ihr Code: {{ code }} ✓"}, "variables": {"code": "1234"}}
    ).json()["data"]

    assert shown["message"] == "Ihr Code: 1234 ✓"
    assert shown["sms"] == {"encoding": "UCS-2", "segments": 1}
    another = api.post("/api/templates/code/preview", {"source": {"text": "Code"}, "variables": {}}).json()["data"]
    assert another["message"] == "Code"


def test_a_version_is_sent_to_oneself_before_it_is_published(api: Api) -> None:
    api.post("/api/templates", {"id": "paid", "channel": "EMAIL"})
    api.post("/api/templates/paid/versions", VERSION)

    answer = api.post("/api/templates/paid/test-send", {"recipient": "Ada@EXAMPLE.com", "variables": VARIABLES})

    assert answer.status_code == 201, answer.text
    data = answer.json()["data"]
    assert (data["recipient"], data["subject"], data["maxRetries"]) == ("Ada@example.com", "Payment of €1,234.50", 0)
    assert api.stored() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"recipient": "nobody", "variables": VARIABLES}, "recipient"),
        ({"recipient": "ada@example.com", "version": 9, "variables": VARIABLES}, "template.version"),
        ({"recipient": "ada@example.com", "variables": {"name": "Ada"}}, "variables.amount"),
    ],
)
def test_a_test_that_cannot_be_sent_is_refused_with_its_field(api: Api, body: dict[str, Any], field: str) -> None:
    made(api)

    answer = api.post("/api/templates/paid/test-send", body)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["error"]["details"]] == [field]
    assert api.post("/api/templates/unknown/test-send", body).status_code == 404
    assert api.stored() == 0


def test_text_that_is_left_out_is_made_of_the_html_and_shown(api: Api) -> None:
    html = "<h1>Thank you, {{ name }}</h1><p>We received {{ amount|money('EUR') }}.</p>"
    source = {"subject": "Paid", "html": html}
    made(api, "paid", {"defaultLocale": "en", "locales": {"en": source}})

    stored = api.get("/api/templates/paid/versions/1").json()["data"]["locales"]["en"]
    preview = api.post("/api/templates/paid/preview", {"source": source, "variables": VARIABLES}).json()["data"]

    assert stored["text"] == "Thank you, {{ name }}\n\nWe received {{ amount|money('EUR') }}."
    assert created(api)["message"] == preview["message"] == "Thank you, Ada\n\nWe received €1,234.50."


def test_versions_are_listed_without_their_source(api: Api) -> None:
    made(api, "paid", VERSION, VERSION, VERSION)

    first = api.get("/api/templates/paid/versions", params={"limit": 2}).json()["data"]
    rest = api.get("/api/templates/paid/versions", params={"cursor": first["nextCursor"]}).json()["data"]

    assert [each["number"] for each in first["versions"]] == [3, 2]
    assert [each["number"] for each in rest["versions"]] == [1]
    assert (first["versions"][0]["locales"], first["versions"][0]["variables"]) == (["en", "de"], ["amount", "name"])
    assert rest["nextCursor"] is None


@pytest.mark.parametrize(
    ("source", "locale", "field"),
    [
        ({"subject": "x", "text": "{{ x"}, "en", "source.text"),
        ({"text": "x"}, "en", "source.subject"),
        ({"subject": "x"}, "en", "source.text"),
        ({"subject": "x", "text": "x"}, "xx", "locale"),
    ],
)
def test_a_wrong_preview_names_its_own_fields(api: Api, source: dict[str, str], locale: str, field: str) -> None:
    made(api)

    answer = api.post("/api/templates/paid/preview", {"source": source, "locale": locale})

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["error"]["details"]] == [field]


def test_a_version_and_a_call_are_bounded(api: Api) -> None:
    big = {
        "defaultLocale": "en",
        "locales": {
            each: {"subject": "x", "html": "x" * 250_000, "text": "x"} for each in ("en", "de", "fr", "it", "es")
        },
    }
    made(
        api,
        "large",
        {"defaultLocale": "en", "locales": {"en": {"subject": "x", "text": "x {{ n }}", "html": "x" * 200_000}}},
    )

    answer = api.post("/api/templates/large/versions", big)
    batch = [
        {"type": "EMAIL", "recipient": "a@example.com", "template": {"id": "large"}, "variables": {"n": n}}
        for n in range(30)
    ]
    results = api.post("/api/notifications/batch", {"notifications": batch}).json()["data"]["results"]

    assert answer.status_code == 422
    assert "have more than 1,000,000 characters together" in answer.text
    assert [each["status"] for each in results] == [201] * 20 + [422] * 10
    assert "would make too much text in this call" in results[-1]["error"]["details"][0]["message"]


def test_html_is_escaped_and_shown_and_text_is_not(api: Api) -> None:
    source = {**ENGLISH, "html": "<p>Dear {{ name }}</p>"}
    made(api, "paid", {"defaultLocale": "en", "locales": {"en": source}})

    data = created(api, variables={**VARIABLES, "name": "<script>alert(1)</script>"})

    assert data["html"] == "<p>Dear &lt;script&gt;alert(1)&lt;&#x2f;script&gt;</p>"
    assert data["message"] == "Dear <script>alert(1)</script>, we received your payment."
    shown = api.get(f"/api/notifications/{data['_id']}").json()["data"]["notification"]
    assert shown["html"] == data["html"]
    (listed,) = api.get("/api/notifications").json()["data"]["notifications"]
    assert "html" not in listed


def test_a_tenant_sees_and_uses_its_own_templates_only(make_api: MakeApi, make_key) -> None:
    made(make_api("http", token=make_key(tenant="bank-b")))
    ours = make_api("http", token=make_key(tenant="bank-a"))

    assert ours.get("/api/templates").json()["data"]["templates"] == []
    for path in ("", "/versions", "/versions/1"):
        assert ours.get(f"/api/templates/paid{path}").status_code == 404
    for path in ("/versions/1/publish", "/rollback"):
        assert ours.post(f"/api/templates/paid{path}").status_code == 404
    assert ours.post("/api/templates/paid/preview", {"variables": VARIABLES}).status_code == 404
    assert ours.post("/api/templates/paid/versions", VERSION).status_code == 404
    test = {"recipient": "ada@example.com", "variables": VARIABLES}
    assert ours.post("/api/templates/paid/test-send", test).status_code == 404
    assert ours.client.delete("/api/templates/paid").status_code == 404
    assert refused(ours) == {"template.id": "must be the id of a template"}
    assert ours.post("/api/templates", {"id": "paid", "channel": "EMAIL"}).status_code == 201
