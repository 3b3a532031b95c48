"""Builds the feed of events alone, for the function that only its readers hold."""

from wavecom.http.events.routes import add_event_routes
from wavecom.http.framework.resolver import Resolver, answer_head, use_middleware
from wavecom.http.services import FeedServices


def build_feed(app: Resolver, services: FeedServices) -> Resolver:
    """Add the route of the feed and the middleware of the API to ``app``, and return it."""
    use_middleware(app, services)
    add_event_routes(app, services)
    answer_head(app)
    return app
