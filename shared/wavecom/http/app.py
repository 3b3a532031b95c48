"""Builds the API: the same routes for the Lambda handler and for the local server."""

from wavecom.http.api_keys.routes import add_key_routes
from wavecom.http.attachments.routes import add_attachment_routes
from wavecom.http.dead_letters.routes import add_dead_letter_routes
from wavecom.http.events.routes import add_event_routes
from wavecom.http.framework.resolver import Resolver, answer_head, use_middleware
from wavecom.http.notifications.read_routes import add_notification_read_routes
from wavecom.http.notifications.routes import add_notification_routes
from wavecom.http.operations.routes import add_operation_routes
from wavecom.http.operations.statistics_routes import add_statistics_routes
from wavecom.http.preferences.page import add_unsubscribe_page
from wavecom.http.preferences.routes import add_preference_routes
from wavecom.http.senders.routes import add_sender_routes
from wavecom.http.service.routes import add_service_routes
from wavecom.http.services import Services
from wavecom.http.suppressions.routes import add_suppression_routes
from wavecom.http.templates.routes import add_template_routes
from wavecom.http.templates.version_routes import add_version_routes
from wavecom.http.webhooks.delivery_routes import add_delivery_routes
from wavecom.http.webhooks.routes import add_endpoint_routes


def build(app: Resolver, services: Services) -> Resolver:
    """Add every route and the middleware to ``app``, and return it."""
    use_middleware(app, services)
    add_notification_routes(app, services)
    add_statistics_routes(app, services)
    add_notification_read_routes(app, services)
    add_template_routes(app, services)
    add_version_routes(app, services)
    add_attachment_routes(app, services)
    add_dead_letter_routes(app, services)
    add_suppression_routes(app, services)
    add_sender_routes(app, services)
    add_preference_routes(app, services)
    add_unsubscribe_page(app, services)
    add_endpoint_routes(app, services)
    add_delivery_routes(app, services)
    add_event_routes(app, services)
    add_operation_routes(app, services)
    add_key_routes(app, services)
    add_service_routes(app, services)
    answer_head(app)
    return app
