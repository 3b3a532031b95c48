"""Requests that make and preview templates."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from wavecom.domain.content.content import TemplateCall
from wavecom.domain.content.push_rules import DATA_MAX
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.notification import Envelope, TemplatedDraft
from wavecom.domain.templates import source as domain
from wavecom.domain.templates.template import Template
from wavecom.domain.templates.version import LOCALES_MAX, SOURCE_MAX, VARIANT_NAME, VARIANTS_MAX, WEIGHT_MAX, Variant
from wavecom.http.fields import recipients
from wavecom.http.fields.categories import CategoryId
from wavecom.http.fields.push import DataKey
from wavecom.http.fields.templates import Locale, TemplateId, Variables, VersionNumber
from wavecom.http.fields.text import one_line
from wavecom.http.framework.errors import FieldError, InvalidRequestError
from wavecom.http.framework.requests import WireModel

SUBJECT_SOURCE_MAX = 4_000
TEXT_SOURCE_MAX = 20_000
PUSH_SOURCE_MAX = 4_000
DESCRIPTION_MAX = 500


PushText = Annotated[str, Field(min_length=1, max_length=PUSH_SOURCE_MAX), AfterValidator(one_line)]
PushSource = PushText | None


class CreateTemplate(WireModel):
    """A template to make."""

    id: TemplateId
    channel: Annotated[Channel, Field(examples=["EMAIL"])]
    description: Annotated[str, Field(min_length=1, max_length=DESCRIPTION_MAX), AfterValidator(one_line)] | None = None
    category: Annotated[CategoryId | None, Field(description="Of the notifications that are made from it")] = None


class VersionSource(WireModel):
    """The source of a template in one language."""

    subject: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=SUBJECT_SOURCE_MAX,
            description="One line, of an email; of a push message, its title",
        ),
        AfterValidator(lambda subject: subject if subject is None else one_line(subject)),
    ] = None
    text: Annotated[
        str | None,
        Field(min_length=1, max_length=TEXT_SOURCE_MAX, description="Of an email with HTML it may be left out"),
    ] = None
    html: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=SOURCE_MAX,
            description="Of an email; its style sheets are moved into the elements",
        ),
    ] = None
    mjml: Annotated[
        str | None, Field(min_length=1, max_length=SOURCE_MAX, description="Of an email, in place of html, made of it")
    ] = None

    link: Annotated[PushSource, Field(description="Of a push message: what a tap opens")] = None
    image: Annotated[PushSource, Field(description="Of a push message: the address of a picture, by HTTPS")] = None
    sound: Annotated[PushSource, Field(description="Of a push message: a file of your app, or default")] = None
    badge: Annotated[PushSource, Field(description="Of a push message: the number on the app's icon")] = None
    collapse_key: Annotated[
        PushSource, Field(description="Of a push message: a device that was off gets the last one with it")
    ] = None
    data: Annotated[
        dict[DataKey, PushText] | None,
        Field(
            min_length=1,
            max_length=DATA_MAX,
            description="Of a push message: texts for your app, by name",
            examples=[{"account": "{{ account }}"}],
        ),
    ] = None

    def to_domain(self) -> domain.Source:
        """Return it in the domain's terms."""
        return domain.Source(**dict(self))


Locales = Annotated[
    dict[Locale, VersionSource],
    Field(
        min_length=1,
        max_length=LOCALES_MAX,
        examples=[{"en": {"subject": "Payment received", "text": "We received {{ amount|money('EUR') }}."}}],
    ),
]
VariantName = Annotated[str, Field(pattern=f"^{VARIANT_NAME.pattern}$", examples=["short"])]


class VersionVariant(WireModel):
    """One of several texts of a version."""

    weight: Annotated[
        int, Field(ge=1, le=WEIGHT_MAX, strict=True, description="Its share of the recipients, among all weights")
    ] = 1
    locales: Annotated[Locales, Field(description="The source by language")]


class CreateVersion(WireModel):
    """The next version of a template."""

    default_locale: Annotated[Locale, Field(description="Used where no other language fits", examples=["en"])]
    locales: Annotated[Locales | None, Field(description="The source by language")] = None
    variants: Annotated[
        Annotated[dict[VariantName, VersionVariant], Field(min_length=2, max_length=VARIANTS_MAX)] | None,
        Field(
            description="In place of locales, two to four texts to compare, by name; each recipient gets one of them"
        ),
    ] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.locales is None) is (self.variants is None):
            raise ValueError("must have either locales or variants")
        return self

    def sources(self) -> dict[str, domain.Source]:
        """Return the source by language, of a version without variants."""
        return _to_domain(self.locales or {})

    def variants_to_domain(self) -> dict[str, Variant]:
        """Return the variants by name."""
        return {
            name: Variant(weight=each.weight, locales=_to_domain(each.locales))
            for name, each in (self.variants or {}).items()
        }


class SendTest(WireModel):
    """A notification to make of a version, to see it arrive."""

    recipient: Annotated[str, Field(min_length=1, max_length=recipients.MAX_LENGTH, examples=["you@bank.example"])]
    version: Annotated[VersionNumber | None, Field(description="Without it, the published one, else the newest")] = None
    locale: Locale | None = None
    variant: Annotated[VariantName | None, Field(description="Without it, the recipient's own")] = None
    variables: Annotated[Variables, Field(default_factory=dict)]

    def draft(self, template: Template) -> TemplatedDraft:
        """Return the notification to make. Raises `InvalidRequestError` for a recipient that its channel has not."""
        try:
            recipient = recipients.normalise(template.channel, self.recipient)
        except ValueError as exc:
            raise InvalidRequestError("The request is not valid", [FieldError("recipient", str(exc))]) from exc
        version = self.version or template.published or template.latest or None
        call = TemplateCall(
            id=template.id,
            version=version,
            locale=self.locale,
            variables=self.variables,
            variant=self.variant,
            test=True,
        )
        envelope = Envelope(channel=template.channel, recipient=recipient, max_retries=0)
        return TemplatedDraft(envelope=envelope, call=call)


class PreviewTemplate(WireModel):
    """What to show: a version, or a source that is not stored."""

    version: Annotated[VersionNumber | None, Field(description="Without it, the published one, else the newest")] = None
    source: Annotated[VersionSource | None, Field(description="In place of a version")] = None
    locale: Locale | None = None
    variant: Annotated[VariantName | None, Field(description="Of the version; without it, the first")] = None
    variables: Annotated[Variables, Field(default_factory=dict)]

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.version is not None and self.source is not None:
            raise ValueError("must have a version or a source, not both")
        if self.variant is not None and self.source is not None:
            raise ValueError("must have a variant only of a version")
        return self


def _to_domain(locales: Mapping[str, VersionSource]) -> dict[str, domain.Source]:
    return {locale: source.to_domain() for locale, source in locales.items()}
