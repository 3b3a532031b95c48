"""Events about a tenant's endpoints, suppressions and templates. None has a recipient or a text."""

from datetime import datetime

from wavecom.domain.events.event import Event, EventType, event_about
from wavecom.domain.suppressions.suppression import Suppression
from wavecom.domain.templates.template import Template
from wavecom.domain.times import iso
from wavecom.domain.webhooks.endpoint import DisabledReason, Endpoint


def endpoint_disabled(endpoint: Endpoint, reason: DisabledReason, at: datetime) -> Event:
    """Return the event that an endpoint was disabled by us."""
    since = iso(endpoint.failing_since) if endpoint.failing_since is not None else None
    data = {"endpointId": endpoint.id, "reason": reason.value, "failingSince": since}
    return event_about(EventType.ENDPOINT_DISABLED, endpoint.tenant_id, data, at)


def endpoint_test(endpoint: Endpoint, at: datetime) -> Event:
    """Return the event by which a client tries an endpoint."""
    return event_about(EventType.ENDPOINT_TEST, endpoint.tenant_id, {"endpointId": endpoint.id}, at)


def suppression_added(suppression: Suppression) -> Event:
    """Return the event that an address was put on its tenant's list."""
    return _suppression(EventType.SUPPRESSION_ADDED, suppression, suppression.created_at)


def suppression_removed(suppression: Suppression, at: datetime) -> Event:
    """Return the event that an address was taken off its tenant's list."""
    return _suppression(EventType.SUPPRESSION_REMOVED, suppression, at)


def template_published(template: Template) -> Event:
    """Return the event that a version of a template is used from now on: newly published, or rolled back to."""
    data = {"templateId": template.id, "version": template.published, "channel": template.channel.value}
    return event_about(EventType.TEMPLATE_PUBLISHED, template.tenant_id, data, template.updated_at)


def _suppression(kind: EventType, suppression: Suppression, at: datetime) -> Event:
    data = {
        "suppressionId": suppression.id,
        "channel": suppression.channel.value,
        "reason": suppression.reason.value,
        "category": suppression.category,
        "notificationId": suppression.notification_id,
    }
    return event_about(kind, suppression.tenant_id, data, at)
