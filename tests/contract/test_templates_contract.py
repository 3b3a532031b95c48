"""What every keeper of templates does, the fake included."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakeTemplates
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.templates import CACHE, MongoTemplates
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.templates.source import Source
from wavecom.domain.templates.template import Template
from wavecom.domain.templates.version import TemplateVersion, Variant
from wavecom.ports.content import Templates

PORT = Templates


@pytest.fixture(params=FAKE_AND_MONGO)
def templates(request: pytest.FixtureRequest) -> Templates:
    if request.param == "fake":
        return FakeTemplates()
    return MongoTemplates(request.getfixturevalue("mongo"))


def a_template(template_id: str = "paid", tenant: str = "bank-a", **changes) -> Template:
    values = {"channel": Channel.EMAIL, "created_at": NOON, "updated_at": NOON, "description": "Payment received"}
    return Template(tenant_id=tenant, id=template_id, **{**values, **changes})


def a_version(number: int = 1, template_id: str = "paid", tenant: str = "bank-a", **changes) -> TemplateVersion:
    values = {
        "default_locale": "en",
        "locales": {
            "en": Source(subject="Paid", text="{{ name }}", html="<p>{{ name }}</p>"),
            "de-CH": Source(text="x"),
            "fr": Source(text="x", mjml="<mjml/>", sent_html="<html></html>"),
        },
        "variables": ("name",),
        "created_at": NOON,
    }
    return TemplateVersion(tenant_id=tenant, template_id=template_id, number=number, **{**values, **changes})


def with_versions(templates: Templates, count: int) -> Template:
    template = a_template()
    templates.add(template)
    for number in range(1, count + 1):
        assert templates.add_version(template, a_version(number))
        template = template.with_version(number, NOON)
    return template


@pytest.mark.parametrize(
    "template",
    [a_template(), a_template("a.b-c_1", channel=Channel.SMS, description=None, category="offers")],
    ids=lambda each: each.id,
)
def test_a_template_comes_back_as_it_was_added(templates: Templates, template: Template) -> None:
    assert templates.add(template)

    assert templates.get("bank-a", template.id) == template
    assert templates.page("bank-a", limit=10) == [template]
    assert templates.in_use("bank-a", [template.id, "other"]) == {template.id: template}


def test_templates_are_counted_up_to_a_number(templates: Templates) -> None:
    for each in ("a", "b", "c"):
        templates.add(a_template(each))
    templates.add(a_template(tenant="bank-b"))

    assert [templates.count("bank-a", at_most=most) for most in (2, 3, 9)] == [2, 3, 3]
    assert templates.count("bank-c", at_most=9) == 0


def test_an_id_is_taken_once_a_tenant(templates: Templates) -> None:
    templates.add(a_template())

    assert not templates.add(a_template(description="Another"))
    assert templates.add(a_template(tenant="bank-b"))

    assert templates.get("bank-a", "paid") == a_template()


def test_a_tenant_has_its_own_only(templates: Templates) -> None:
    with_versions(templates, 1)

    assert templates.get("bank-b", "paid") is None
    assert templates.page("bank-b", limit=10) == []
    assert templates.in_use("bank-b", ["paid"]) == {}
    assert templates.version("bank-b", "paid", 1) is None
    assert templates.versions("bank-b", "paid", limit=10) == []


def test_pages_follow_one_another_in_the_order_of_ids(templates: Templates) -> None:
    for each in ("c", "a", "d", "b"):
        templates.add(a_template(each))

    assert [each.id for each in templates.page("bank-a", limit=3)] == ["a", "b", "c"]
    assert [each.id for each in templates.page("bank-a", limit=3, after="c")] == ["d"]


def test_a_change_is_seen_at_once_by_who_made_it(templates: Templates) -> None:
    template = with_versions(templates, 2)
    templates.in_use("bank-a", ["paid"])
    published = template.with_publication(2, NOON + timedelta(hours=1))

    assert templates.save(template, published)

    assert templates.get("bank-a", "paid") == published
    assert templates.in_use("bank-a", ["paid"]) == {"paid": published}


def test_a_change_of_what_has_changed_meanwhile_is_not_made(templates: Templates) -> None:
    template = with_versions(templates, 2)
    templates.save(template, template.with_publication(1, NOON))

    assert not templates.save(template, template.with_publication(2, NOON))
    assert not templates.add_version(template, a_version(3))

    changed = templates.get("bank-a", "paid")
    assert changed is not None
    assert changed.published == 1
    assert templates.version("bank-a", "paid", 3) is None


@pytest.mark.parametrize("version", [a_version(), a_version(variables=(), locales={"en": Source(text="y")})])
def test_a_version_comes_back_as_it_was_added(templates: Templates, version: TemplateVersion) -> None:
    templates.add(a_template())

    assert templates.add_version(a_template(), version)

    assert templates.version("bank-a", "paid", 1) == version
    assert templates.versions("bank-a", "paid", limit=10) == [version.summary()]
    stored = templates.get("bank-a", "paid")
    assert stored is not None
    assert stored.latest == 1


def test_versions_come_newest_first_in_pages(templates: Templates) -> None:
    with_versions(templates, 12)
    templates.add(a_template("paid-2"))
    templates.add_version(a_template("paid-2"), a_version(1, "paid-2"))

    assert [each.number for each in templates.versions("bank-a", "paid", limit=3)] == [12, 11, 10]
    assert [each.number for each in templates.versions("bank-a", "paid", limit=9, before=10)] == [*range(9, 0, -1)]


def test_a_version_stays_what_it_is_when_the_template_goes_on(templates: Templates) -> None:
    template = with_versions(templates, 1)
    first = templates.version("bank-a", "paid", 1)

    templates.add_version(template, replace(a_version(2), locales={"en": Source(text="new")}))

    assert templates.version("bank-a", "paid", 1) == first


def test_another_process_sees_a_change_within_seconds(mongo: Mongo, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = MongoTemplates(mongo), MongoTemplates(mongo)
    template = with_versions(ours, 1)
    assert theirs.in_use("bank-a", ["paid"]) == {"paid": template}
    ours.save(template, template.with_publication(1, NOON))

    assert theirs.in_use("bank-a", ["paid"])["paid"].published is None
    now = time.monotonic() + CACHE.total_seconds() + 0.1
    monkeypatch.setattr("wavecom.cache.time.monotonic", lambda: now)
    assert theirs.in_use("bank-a", ["paid"])["paid"].published == 1


def test_a_version_with_variants_comes_back_whole(templates: Templates) -> None:
    short = {"en": Source(subject="Hi", text="Hi {{ name }}"), "de": Source(subject="Hallo", text="Hallo {{ name }}")}
    long = {locale: Source(subject="Dear", text="Dear {{ name }}", html="<p>{{ name }}</p>") for locale in short}
    variants = {"long": Variant(weight=3, locales=long), "short": Variant(weight=1, locales=short)}
    templates.add(a_template())
    version = a_version(1, locales=long, variants=variants)

    assert templates.add_version(a_template(), version)

    assert templates.version("bank-a", "paid", 1) == version
    assert templates.versions("bank-a", "paid", limit=5) == [version.summary()]
    assert version.summary().variants == ("long", "short")
