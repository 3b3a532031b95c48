"""HTTP API requests (payload format 2.0) for the feed of events, apart from others since its readers wait."""

from functools import cache
from typing import Any

from wavecom.bootstrap import container, entry_point
from wavecom.bootstrap.feed import feed_services
from wavecom.http.events.app import build_feed
from wavecom.http.framework.resolver import LambdaResolver, cors


@cache
def _app() -> LambdaResolver:
    services = feed_services(container("feed"))
    return build_feed(LambdaResolver(cors=cors(services.config)), services)


def _handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return _app().resolve(event, context)


lambda_handler = entry_point("feed", _handle)
