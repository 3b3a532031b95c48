"""Requests that make and change endpoints."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from wavecom.application.webhooks.manage import EndpointDraft
from wavecom.domain.webhooks.endpoint import HEADERS_MAX
from wavecom.http.fields.events import EventTypes
from wavecom.http.fields.moments import Since
from wavecom.http.fields.text import one_line
from wavecom.http.framework.requests import WireModel

URL_MAX: Final = 2_048
DESCRIPTION_MAX: Final = 200
Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=URL_MAX,
        description="Where events go, by POST: https, on port 443 or 8443",
        examples=["https://api.bank.example/wavecom"],
    ),
]
Description = Annotated[
    str,
    Field(min_length=1, max_length=DESCRIPTION_MAX, examples=["The ledger of payments"]),
    AfterValidator(one_line),
]
Headers = Annotated[
    dict[str, str],
    Field(
        max_length=HEADERS_MAX,
        description="Added to each delivery, and never shown again",
        examples=[{"Authorization": "Bearer 5f9c316b"}],
    ),
]
Metadata = Annotated[
    bool, Field(strict=True, description="Whether events carry the metadata of their notifications as well")
]


class CreateEndpoint(WireModel):
    """A new endpoint."""

    url: Url
    types: EventTypes
    description: Description | None = None
    headers: Headers | None = None
    metadata: Metadata = False

    def to_draft(self) -> EndpointDraft:
        """Return the wish in the application's terms."""
        return EndpointDraft(
            url=self.url,
            types=tuple(self.types),
            description=self.description,
            headers=self.headers,
            metadata=self.metadata,
        )


class ChangeEndpoint(WireModel):
    """What is to be changed of an endpoint; what is left out stays as it is. A description of null is removed."""

    url: Url | None = None
    types: EventTypes | None = None
    description: Description | None = None
    headers: Headers | None = None
    metadata: Metadata | None = None
    enabled: Annotated[bool | None, Field(strict=True, description="Whether it gets anything")] = None

    def to_draft(self) -> EndpointDraft:
        """Return the wish in the application's terms."""
        return EndpointDraft(
            url=self.url,
            types=tuple(self.types) if self.types is not None else None,
            description="" if self.description is None and "description" in self.model_fields_set else self.description,
            headers=self.headers,
            metadata=self.metadata,
            enabled=self.enabled,
        )


class RecoverEndpoint(WireModel):
    """A recovery: everything that failed or was missed since a time is delivered."""

    since: Annotated[Since, Field(description="Within the last 14 days")]
    dry_run: Annotated[bool, Field(strict=True, description="Whether to count only")] = False
