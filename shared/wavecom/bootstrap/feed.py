"""The feed of events, joined with the adapters that the settings choose: for the API, and for a function of its own."""

from wavecom.adapters.mongo.rate_limits import MongoRateLimits
from wavecom.application.events.feed import ReadFeed
from wavecom.bootstrap.use_cases import Container
from wavecom.http.services import FeedServices, HttpConfig
from wavecom.settings import Settings


def feed_services(parts: Container) -> FeedServices:
    """Return everything behind the route of the feed."""
    return FeedServices(
        feed=ReadFeed(events=parts.events, wanted=parts.wanted_events),
        keys=parts.keys,
        rate_limits=MongoRateLimits(parts.mongo),
        counters=parts.counters,
        clock=parts.clock,
        config=http_config(parts.settings),
    )


def http_config(settings: Settings) -> HttpConfig:
    """Return what the settings say of HTTP."""
    return HttpConfig(
        rate_limit=settings.rate_limit_per_minute,
        max_body_bytes=settings.max_body_bytes,
        cors_origins=settings.cors_origins,
        development_tenant=settings.development_tenant,
    )
