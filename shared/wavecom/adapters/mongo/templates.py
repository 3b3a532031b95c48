"""Templates and their versions: a document each, found by its id alone."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import timedelta
from typing import Any, Final

from pydantic.alias_generators import to_camel
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.adapters.mongo.events.outbox import MongoOutbox
from wavecom.cache import TimedCache
from wavecom.domain.events.event import Event
from wavecom.domain.events.subjects import template_published
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.templates.source import Source
from wavecom.domain.templates.template import Template
from wavecom.domain.templates.version import NUMBER_MAX, TemplateVersion, Variant, VersionSummary

CACHE = timedelta(seconds=5)
"""The time until a published version is used everywhere."""
VERSIONS_CACHED = timedelta(hours=1)
"""A version never changes; it leaves the cache to make room."""
VERSIONS_IN_CACHE = 50
"""Each has a million characters at the most."""


class MongoTemplates:
    """`wavecom.ports.content.Templates` on MongoDB."""

    def __init__(self, mongo: Mongo, outbox: MongoOutbox | None = None) -> None:
        """Write events into ``outbox``; without one nobody wants any."""
        self._mongo = mongo
        self._outbox = outbox or MongoOutbox(mongo)
        self._templates = mongo.database.templates
        self._versions = mongo.database.templateversions
        self._cache = TimedCache[tuple[str, str], Template](CACHE)
        self._version_cache = TimedCache[str, TemplateVersion](VERSIONS_CACHED, size=VERSIONS_IN_CACHE)

    def add(self, template: Template) -> bool:
        """See `wavecom.ports.content.Templates.add`."""
        with available():
            try:
                self._templates.insert_one(_to_document(template))
            except DuplicateKeyError:
                return False
        return True

    def get(self, tenant_id: str, template_id: str) -> Template | None:
        """See `wavecom.ports.content.Templates.get`."""
        with available():
            document = self._templates.find_one({"_id": _key(tenant_id, template_id)})
        return _from_document(document) if document else None

    def page(self, tenant_id: str, *, limit: int, after: str | None = None) -> list[Template]:
        """See `wavecom.ports.content.Templates.page`."""
        query = {"tenantId": tenant_id, "id": {"$gt": after or ""}}
        with available():
            found = self._templates.find(query).sort([("tenantId", 1), ("id", 1)]).hint("list").limit(limit)
            return [_from_document(each) for each in found]

    def save(self, before: Template, after: Template) -> bool:
        """See `wavecom.ports.content.Templates.save`."""

        def make(session: ClientSession | None) -> tuple[bool, list[Event]]:
            result = self._templates.update_one(_guard(before), {"$set": _changeable(after)}, session=session)
            is_saved = result.matched_count == 1
            is_published = is_saved and after.published != before.published
            return is_saved, [template_published(after)] if is_published else []

        with available():
            saved = self._outbox.change([after.tenant_id], make)
        if saved:
            self._cache.put((after.tenant_id, after.id), after)
        return saved

    def add_version(self, before: Template, version: TemplateVersion) -> bool:
        """See `wavecom.ports.content.Templates.add_version`."""

        def write(session: ClientSession) -> bool:
            after = before.with_version(version.number, version.created_at)
            result = self._templates.update_one(_guard(before), {"$set": _changeable(after)}, session=session)
            if result.matched_count == 0:
                session.abort_transaction()
                return False
            self._versions.insert_one(_version_to_document(version), session=session)
            return True

        with available():
            return self._mongo.transaction(write)

    def version(self, tenant_id: str, template_id: str, number: int) -> TemplateVersion | None:
        """See `wavecom.ports.content.Templates.version`."""
        key = _version_key(tenant_id, template_id, number)
        if (cached := self._version_cache.find(key)) is not None:
            return cached
        with available():
            document = self._versions.find_one({"_id": key})
        if document is None:
            return None
        version = _version_from_document(document)
        self._version_cache.put(key, version)
        return version

    def versions(
        self, tenant_id: str, template_id: str, *, limit: int, before: int | None = None
    ) -> list[VersionSummary]:
        """See `wavecom.ports.content.Templates.versions`."""
        first = _version_key(tenant_id, template_id, 0)
        end = _version_key(tenant_id, template_id, NUMBER_MAX if before is None else before)
        with available():
            found = (
                self._versions.find({"_id": {"$gt": first, "$lt": end}}, {"locales": 0, "variants": 0})
                .sort("_id", -1)
                .limit(limit)
            )
            return [_summary_from_document(each) for each in found]

    def count(self, tenant_id: str, *, at_most: int) -> int:
        """See `wavecom.ports.content.Templates.count`."""
        with available():
            return self._templates.count_documents({"tenantId": tenant_id}, limit=at_most, hint="list")

    def in_use(self, tenant_id: str, template_ids: Sequence[str]) -> Mapping[str, Template]:
        """See `wavecom.ports.content.Templates.in_use`."""
        cached = {each: self._cache.find((tenant_id, each)) for each in template_ids}
        found = {template_id: template for template_id, template in cached.items() if template is not None}
        missing = [_key(tenant_id, each) for each in template_ids if each not in found]
        if missing:
            with available():
                for document in self._templates.find({"_id": {"$in": missing}}):
                    template = _from_document(document)
                    self._cache.put((tenant_id, template.id), template)
                    found[template.id] = template
        return found


_SOURCE: Final = tuple((field.name, to_camel(field.name)) for field in fields(Source))


def _key(tenant_id: str, template_id: str) -> str:
    return f"{tenant_id}|{template_id}"


def _version_key(tenant_id: str, template_id: str, number: int) -> str:
    return f"{_key(tenant_id, template_id)}|{number:06d}"


def _guard(template: Template) -> Document:
    """Return the filter that matches a template as it was read."""
    return {
        "_id": _key(template.tenant_id, template.id),
        "latest": template.latest,
        "publications": list(template.publications),
        "archivedAt": template.archived_at,
    }


def _changeable(template: Template) -> Document:
    return {
        "latest": template.latest,
        "publications": list(template.publications),
        "archivedAt": template.archived_at,
        "updatedAt": template.updated_at,
    }


def _to_document(template: Template) -> Document:
    return {
        "_id": _key(template.tenant_id, template.id),
        "tenantId": template.tenant_id,
        "id": template.id,
        "type": template.channel.value,
        "description": template.description,
        "category": template.category,
        "createdAt": template.created_at,
        **_changeable(template),
    }


def _from_document(document: Document) -> Template:
    return Template(
        tenant_id=document["tenantId"],
        id=document["id"],
        channel=Channel(document["type"]),
        description=document["description"],
        category=document.get("category"),
        latest=document["latest"],
        publications=tuple(document["publications"]),
        archived_at=document["archivedAt"],
        created_at=document["createdAt"],
        updated_at=document["updatedAt"],
    )


def _version_to_document(version: TemplateVersion) -> Document:
    return {
        "_id": _version_key(version.tenant_id, version.template_id, version.number),
        "tenantId": version.tenant_id,
        "templateId": version.template_id,
        "number": version.number,
        "defaultLocale": version.default_locale,
        "languages": list(version.locales),
        **(
            {
                "variants": {name: _variant_to_document(each) for name, each in version.variants.items()},
                "variantNames": sorted(version.variants),
            }
            if version.variants
            else {"locales": _locales_to_document(version.locales)}
        ),
        "variables": list(version.variables),
        "createdAt": version.created_at,
    }


def _variant_to_document(variant: Variant) -> Document:
    return {"weight": variant.weight, "locales": _locales_to_document(variant.locales)}


def _locales_to_document(locales: Mapping[str, Source]) -> Document:
    return {locale: _source_to_document(source) for locale, source in locales.items()}


def _locales_from_document(document: Document) -> dict[str, Source]:
    return {locale: _source_from_document(source) for locale, source in document.items()}


def _source_to_document(source: Source) -> dict[str, Any]:
    given = {stored: getattr(source, name) for name, stored in _SOURCE}
    return {name: value for name, value in given.items() if value is not None}


def _source_from_document(document: dict[str, Any]) -> Source:
    return Source(**{name: document[stored] for name, stored in _SOURCE if stored in document})


def _summary_from_document(document: Document) -> VersionSummary:
    return VersionSummary(
        number=document["number"],
        default_locale=document["defaultLocale"],
        locales=tuple(document["languages"]),
        variables=tuple(document["variables"]),
        created_at=document["createdAt"],
        variants=tuple(document.get("variantNames", ())),
    )


def _version_from_document(document: Document) -> TemplateVersion:
    variants = {
        name: Variant(weight=each["weight"], locales=_locales_from_document(each["locales"]))
        for name, each in sorted(document.get("variants", {}).items())
    }
    return TemplateVersion(
        tenant_id=document["tenantId"],
        template_id=document["templateId"],
        number=document["number"],
        default_locale=document["defaultLocale"],
        locales=next(iter(variants.values())).locales if variants else _locales_from_document(document["locales"]),
        variants=variants,
        variables=tuple(document["variables"]),
        created_at=document["createdAt"],
    )
