"""HTTP API requests (payload format 2.0)."""

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from wavecom.bootstrap import container, entry_point
from wavecom.http.app import build, cors


@cache
def _app() -> APIGatewayHttpResolver:
    services = container().api_services
    return build(APIGatewayHttpResolver(cors=cors(services.config)), services)


def _handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return _app().resolve(event, context)


lambda_handler = entry_point("api", _handle)
