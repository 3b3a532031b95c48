"""Requests that create API keys."""

from typing import Annotated

from pydantic import Field

from wavecom.domain.api_keys import LINE, NAME_MAX, Role
from wavecom.domain.tenants import TENANT_ID
from wavecom.http.framework.requests import WireModel

KeyName = Annotated[str, Field(min_length=1, max_length=NAME_MAX, pattern=f"^{LINE.pattern}$")]
"""A key's name. It appears in tables beside other texts and must not change their direction."""


class CreateKey(WireModel):
    """An API key to make."""

    tenant_id: Annotated[str, Field(pattern=f"^{TENANT_ID.pattern}$", examples=["bank-a"])]
    name: Annotated[KeyName, Field(description="What the key is for")]
    role: Role = Role.TENANT
    rate_limit: Annotated[int | None, Field(ge=1, le=1_000_000, strict=True, description="Requests a minute")] = None
    test: Annotated[bool, Field(strict=True, description="Open the tenant's test world, served by simulators")] = False
