"""A version of a template: immutable, in one or more languages."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from types import MappingProxyType
from typing import Any, Final

from pydantic.alias_generators import to_camel

from wavecom.domain.errors import Problem
from wavecom.domain.templates.source import Source

LOCALES_MAX: Final = 50
SOURCE_MAX: Final = 256 * 1024
"""The most characters of one part's source."""
VERSION_MAX: Final = 1_000_000
"""The most characters of a version, all languages and parts together."""
NUMBER_MAX: Final = 999_999
"""The largest number of a version: six digits, for which its key has room."""
VERSIONS_MAX: Final = 200
"""The most versions of a template."""
VARIABLES_MAX: Final = 100
VARIANT_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")
"""A valid name of a variant, fit for a folder's name and for a counter's."""
VARIANTS_MAX: Final = 4
WEIGHT_MAX: Final = 1_000
COMPARING_MAX: Final = 8
"""The most versions of a template that compare texts: their results are counted, and kept with the tenant's totals."""
UNSUBSCRIBE_URL: Final = "unsubscribe_url"
"""The variable that no notification gives: the address by which the recipient leaves the message's category."""
UNSTORED: Final = 0
"""The number of a version that exists for a preview only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One of several texts of a version: its share of the recipients, and its checked source by language."""

    weight: int
    locales: Mapping[str, Source]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateVersion:
    """The text of a template, numbered from 1 on.

    ``locales`` has the checked source by language, and always ``default_locale``. ``variables`` are the names that a
    notification must give, the same in every language. A version that compares several texts has them in ``variants``
    by name, and ``locales`` is that of the first.
    """

    tenant_id: str
    template_id: str
    number: int
    default_locale: str
    locales: Mapping[str, Source]
    variables: tuple[str, ...]
    created_at: datetime
    variants: Mapping[str, Variant] = field(default_factory=lambda: MappingProxyType({}))

    def source(self, variant: str | None, locale: str) -> Source:
        """Return the source of a variant, None where there are none, in one language."""
        return (self.locales if variant is None else self.variants[variant].locales)[locale]

    def variant_for(self, recipient: str) -> str | None:
        """Return the variant that a recipient gets, None where there are none.

        It is drawn by the SHA-256 of template and recipient, so that a recipient gets the same one each time, in later
        versions with the same variants too.
        """
        if not self.variants:
            return None
        digest = hashlib.sha256(f"{self.template_id}\n{recipient.lower()}".encode()).digest()
        drawn = int.from_bytes(digest[:8]) % sum(each.weight for each in self.variants.values())
        names = sorted(self.variants)
        bounds = accumulate(self.variants[name].weight for name in names)
        return next(name for name, bound in zip(names, bounds, strict=True) if drawn < bound)

    def variable_problems(self, given: Mapping[str, Any]) -> list[Problem]:
        """Return a problem for each variable that is missing, and for each that it does not have."""
        missing = [each for each in self.variables if each not in given]
        unknown = [each for each in given if each not in self.variables]
        return [
            *(Problem(f"variables.{each}", "is required") for each in missing),
            *(Problem(f"variables.{each}", "is not a variable of the template") for each in unknown),
        ]

    def summary(self) -> "VersionSummary":
        """Return it without its source."""
        return VersionSummary(
            number=self.number,
            default_locale=self.default_locale,
            locales=tuple(self.locales),
            variables=self.variables,
            created_at=self.created_at,
            variants=tuple(sorted(self.variants)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSummary:
    """A version in a list: its languages, and not what it says in them."""

    number: int
    default_locale: str
    locales: tuple[str, ...]
    variables: tuple[str, ...]
    created_at: datetime
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProblem:
    """An error in a version's source: in which language and part, and on which line of it, counted from 1."""

    locale: str
    part: str
    line: int | None
    message: str

    def as_problem(self) -> Problem:
        """Return the problem of the request that has this source."""
        part = self.part if "." in self.part else to_camel(self.part)
        field = ".".join(filter(None, ("locales", self.locale, part)))
        return Problem(field, self.message if self.line is None else f"line {self.line}: {self.message}")
