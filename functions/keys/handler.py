"""Creates an API key and answers with its token, once. Nothing routes to it: only IAM decides who may invoke it."""

import logging
from typing import Any

from wavecom.bootstrap import container, entry_point
from wavecom.domain.api_keys import Role

logger = logging.getLogger("wavecom.keys")


def _handle(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Create a key for ``tenant``, ``name`` and ``role`` (tenant or operator). Raises ValueError if one is invalid."""
    made, token = container("keys").manage_api_keys.create(
        tenant_id=event.get("tenant", ""),
        name=event.get("name", "first"),
        role=Role(event.get("role", Role.TENANT)),
    )
    logger.info("API key made", extra={"key_id": made.key_id, "tenant_id": made.tenant_id, "role": made.role.value})
    return {"keyId": made.key_id, "token": token}


lambda_handler = entry_point("keys", _handle)
