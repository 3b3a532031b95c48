"""HTTP API requests (payload format 2.0)."""

from functools import cache
from typing import Any

from wavecom.bootstrap import container, entry_point
from wavecom.bootstrap.api import Api
from wavecom.http.app import build
from wavecom.http.framework.resolver import LambdaResolver, cors


@cache
def _app() -> LambdaResolver:
    services = Api(container("api")).services
    return build(LambdaResolver(cors=cors(services.config)), services)


def _handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return _app().resolve(event, context)


lambda_handler = entry_point("api", _handle)
