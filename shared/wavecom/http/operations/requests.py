"""Requests that operate the service."""

from wavecom.domain.notifications.enums import OnUnknown
from wavecom.http.framework.requests import WireModel


class SetPolicy(WireModel):
    """What holds for all notifications of the tenant that do not say otherwise."""

    on_unknown: OnUnknown
