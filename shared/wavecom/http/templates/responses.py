"""Answers about templates."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field

from wavecom.application.templates import manage as application
from wavecom.application.templates import preview
from wavecom.application.templates import results as results_application
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.templates import source as source_domain
from wavecom.domain.templates import template as domain
from wavecom.domain.templates import version as version_domain
from wavecom.http.framework.responses import MAY_BE_ABSENT, Shape, Success, Timestamp, iso, iso_or_none
from wavecom.http.notification import Notification, Push, SmsSegments


class Template(Shape):
    """A template. ``published`` is the version that is used where none is named, ``latest`` the newest one."""

    id: str
    channel: Channel
    description: str | None
    category: str | None
    published: int | None
    latest: int
    created_at: Timestamp
    updated_at: Timestamp
    archived_at: Timestamp | None

    @classmethod
    def from_domain(cls, template: domain.Template) -> Self:
        """Return a template as clients see it."""
        return cls(
            id=template.id,
            channel=template.channel,
            description=template.description,
            category=template.category,
            published=template.published,
            latest=template.latest,
            created_at=iso(template.created_at),
            updated_at=iso(template.updated_at),
            archived_at=iso_or_none(template.archived_at),
        )


class TemplateAnswer(Success[Template]):
    """One template."""


class TemplatePage(Shape):
    """A page of templates. ``nextCursor`` is null on the last page."""

    templates: list[Template]
    next_cursor: str | None

    @classmethod
    def from_domain(cls, page: application.TemplatePage) -> Self:
        """Return a page of the list."""
        return cls(templates=[Template.from_domain(each) for each in page.templates], next_cursor=page.next)


class TemplatePageAnswer(Success[TemplatePage]):
    """A page of templates."""


class TemplateSource(Shape):
    """The source of a version in one language."""

    subject: Annotated[str, MAY_BE_ABSENT]
    text: Annotated[str, MAY_BE_ABSENT]
    html: Annotated[str, MAY_BE_ABSENT]
    mjml: Annotated[str, MAY_BE_ABSENT]
    link: Annotated[str, MAY_BE_ABSENT]
    image: Annotated[str, MAY_BE_ABSENT]
    sound: Annotated[str, MAY_BE_ABSENT]
    badge: Annotated[str, MAY_BE_ABSENT]
    collapse_key: Annotated[str, MAY_BE_ABSENT]
    data: Annotated[dict[str, str], MAY_BE_ABSENT]

    @classmethod
    def from_domain(cls, source: source_domain.Source) -> Self:
        """Return a source as clients see it."""
        given = ((name, getattr(source, name)) for name in cls.model_fields)
        return cls(**{name: value for name, value in given if value is not None})


class TemplateVariant(Shape):
    """One of several texts of a version."""

    weight: Annotated[int, Field(description="Its share of the recipients, among all weights")]
    locales: dict[str, TemplateSource]


class TemplateVersion(Shape):
    """A version of a template, which never changes."""

    number: int
    default_locale: str
    locales: Annotated[
        dict[str, TemplateSource], Field(description="The source by language; where it has variants, of the first")
    ]
    variants: Annotated[dict[str, TemplateVariant], Field(description="Texts to compare, by name"), MAY_BE_ABSENT]
    variables: Annotated[list[str], Field(description="What a notification must give")]
    created_at: Timestamp

    @classmethod
    def from_domain(cls, version: version_domain.TemplateVersion) -> Self:
        """Return a version as clients see it."""
        variants = {
            name: TemplateVariant(weight=each.weight, locales=_sources(each.locales))
            for name, each in version.variants.items()
        }
        return cls(
            number=version.number,
            default_locale=version.default_locale,
            locales=_sources(version.locales),
            **({"variants": variants} if variants else {}),
            variables=list(version.variables),
            created_at=iso(version.created_at),
        )


class TemplateVersionAnswer(Success[TemplateVersion]):
    """One version."""


class TemplateVersionSummary(Shape):
    """A version in a list, without its source."""

    number: int
    default_locale: str
    locales: Annotated[list[str], Field(description="Its languages")]
    variant_names: Annotated[list[str], Field(description="The names of its variants, if it has any")]
    variables: list[str]
    created_at: Timestamp

    @classmethod
    def from_domain(cls, version: version_domain.VersionSummary) -> Self:
        """Return a version as lists show it."""
        return cls(
            number=version.number,
            default_locale=version.default_locale,
            locales=list(version.locales),
            variant_names=list(version.variants),
            variables=list(version.variables),
            created_at=iso(version.created_at),
        )


class TemplateVersionPage(Shape):
    """A page of versions, newest first. ``nextCursor`` is null on the last page."""

    versions: list[TemplateVersionSummary]
    next_cursor: int | None

    @classmethod
    def from_domain(cls, page: application.VersionPage) -> Self:
        """Return a page of the list."""
        return cls(versions=[TemplateVersionSummary.from_domain(each) for each in page.versions], next_cursor=page.next)


class TemplateVersionPageAnswer(Success[TemplateVersionPage]):
    """A page of versions."""


class TestSendAnswer(Success[Notification]):
    """The notification that was made, accepted and stored."""


class TemplatePreview(Shape):
    """What would be sent."""

    locale: Annotated[str, Field(description="The language that was chosen")]
    subject: Annotated[str, MAY_BE_ABSENT]
    message: str
    html: Annotated[str, MAY_BE_ABSENT]
    push: Annotated[Push, Field(description="What a push message carries beside its texts"), MAY_BE_ABSENT]
    sms: Annotated[SmsSegments, Field(description="Of an SMS; other channels have none"), MAY_BE_ABSENT]
    warnings: list[str]

    @classmethod
    def from_domain(cls, shown: preview.Previewed) -> Self:
        """Return a preview as clients see it."""
        fields = {
            "locale": shown.locale,
            "subject": shown.content.subject,
            "message": shown.content.message,
            "html": shown.content.html,
            "push": Push.from_domain(shown.content.push) if shown.content.push else None,
            "sms": SmsSegments.from_domain(shown.segments) if shown.segments else None,
            "warnings": list(shown.warnings),
        }
        return cls.trusted(**{name: value for name, value in fields.items() if value is not None})


class PreviewAnswer(Success[TemplatePreview]):
    """A preview."""


class VariantResults(Shape):
    """What became of the notifications that were made from one variant."""

    variant: str
    weight: int
    accepted: int
    sent: int
    delivered: int
    undelivered: int
    failed: int

    @classmethod
    def from_domain(cls, results: results_application.VariantResults) -> Self:
        """Return the results of a variant as clients see them."""
        counts = {
            name: results.counts.get(name, 0) for name in ("accepted", "sent", "delivered", "undelivered", "failed")
        }
        return cls(variant=results.variant, weight=results.weight, **counts)


class VariantResultsAnswer(Success[list[VariantResults]]):
    """The results of a version's variants."""


def _sources(locales: Mapping[str, source_domain.Source]) -> dict[str, TemplateSource]:
    return {locale: TemplateSource.from_domain(source) for locale, source in locales.items()}
