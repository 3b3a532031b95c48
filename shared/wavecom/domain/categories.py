"""Categories: the kinds of a tenant's messages, and whether a recipient may leave them."""

import re
from dataclasses import dataclass
from typing import Final

from wavecom.domain.notifications.enums import Channel

CATEGORY_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""A valid category id, fit for a path and for the name of a field in MongoDB."""
CATEGORIES_MAX: Final = 50
"""The most categories of a tenant: they are read together, with its policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A kind of messages. Recipients see ``name`` when they leave it, which they cannot if it is ``transactional``."""

    id: str
    name: str
    transactional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A recipient's subscription to one category of a tenant over one channel."""

    tenant_id: str
    channel: Channel
    recipient: str
    category: str
