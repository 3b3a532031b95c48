"""Builds the feed of events alone, for the function that only its readers hold."""

from wavecom.http.events.routes import add_event_routes
from wavecom.http.framework.meter import HttpMeter
from wavecom.http.framework.middleware import Validate, admit, finish
from wavecom.http.framework.resolver import Resolver, answer_head, match_exactly
from wavecom.http.services import FeedServices


def build_feed(app: Resolver, services: FeedServices) -> Resolver:
    """Add the route of the feed and the middleware of the API to ``app``, and return it."""
    app.use([finish(HttpMeter(services.counters, services.clock)), admit(services), match_exactly, Validate()])
    add_event_routes(app, services)
    answer_head(app)
    return app
