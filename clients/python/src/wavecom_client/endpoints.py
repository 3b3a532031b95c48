"""Endpoints of webhooks: make and change them, try them, and look at what was sent to them.

No call here takes an idempotency key, so those that change something are not repeated once they may have arrived.
"""

from dataclasses import dataclass, field
from typing import Any, Final, cast

from wavecom_client.core import Core
from wavecom_client.errors import UnexpectedAnswerError
from wavecom_client.pages import Listing
from wavecom_client.types import (
    ChangeEndpoint,
    CreateEndpoint,
    DeliveryStatus,
    Endpoint,
    RecoverEndpoint,
    SentTest,
    ShownWebhookDelivery,
    StartedRecovery,
    WebhookDelivery,
)
from wavecom_client.wire import Call, QueryValue, segment

PATH: Final = "/api/webhooks"


@dataclass(frozen=True, slots=True)
class EndpointWithSecret:
    """An endpoint, and the secret (``whsec_…``) that `verify_webhook` needs. No later answer shows it: store it.

    The secret is not in the text of this object, so that it reaches no log by accident.
    """

    endpoint: Endpoint
    secret: str = field(repr=False)

    @property
    def id(self) -> str:
        """The endpoint's id."""
        return self.endpoint["id"]


def list_endpoints(core: Core) -> Listing[Endpoint]:
    """List your endpoints, 20 at the most, in the order of their ids."""
    return Listing(core, PATH, None, {})


def create_endpoint(core: Core, endpoint: CreateEndpoint) -> Call[EndpointWithSecret]:
    """Make an endpoint, which gets events from five seconds later.

    If there is no answer, it may have been made: look in ``list``, and ``rotate`` gives it a secret that you know.
    Raises `InvalidRequestError`, and `ConflictError` if you have 20 endpoints.
    """
    return _with_secret((yield from core.data("POST", PATH, body=endpoint)))


def get_endpoint(core: Core, endpoint_id: str) -> Call[Endpoint]:
    """Get an endpoint, without its secret. Raises `NotFoundError` and other kinds of `WaveComError`."""
    return core.data("GET", _path(endpoint_id))


def update_endpoint(core: Core, endpoint_id: str, change: ChangeEndpoint) -> Call[Endpoint]:
    """Change an endpoint; what is left out stays as it is. ``{"enabled": True}`` enables one that was disabled.

    Raises `NotFoundError`, `InvalidRequestError`, and `ConflictError` if somebody else changed it at the same time.
    """
    return core.data("PATCH", _path(endpoint_id), body=change)


def delete_endpoint(core: Core, endpoint_id: str) -> Call[None]:
    """Remove an endpoint: nothing more is sent to it. Raises `NotFoundError` and other kinds of `WaveComError`."""
    yield from core.envelope("DELETE", _path(endpoint_id))


def rotate_secret(core: Core, endpoint_id: str) -> Call[EndpointWithSecret]:
    """Give an endpoint a new secret. For 24 hours everything is signed with the one before it as well.

    Raises `NotFoundError`, and `ConflictError` if somebody else changed it at the same time.
    """
    return _with_secret((yield from core.data("POST", f"{_path(endpoint_id)}/rotate")))


def test_endpoint(core: Core, endpoint_id: str) -> Call[SentTest]:
    """Send an event of the type ``endpoint.test`` to an endpoint alone; ``get_delivery`` shows what became of it.

    Raises `NotFoundError`, and `ConflictError` if the endpoint is disabled.
    """
    return core.data("POST", f"{_path(endpoint_id)}/test")


def recover_endpoint(core: Core, endpoint_id: str, recovery: RecoverEndpoint) -> Call[StartedRecovery]:
    """Deliver in the background what failed or was missed since a time, up to 14 days ago.

    ``{"dryRun": True}`` counts only, and so is repeated like a read. Raises `NotFoundError`, `InvalidRequestError`, and
    `ConflictError` if the endpoint is disabled.
    """
    is_read = recovery.get("dryRun") is True
    return core.data("POST", f"{_path(endpoint_id)}/recover", body=recovery, repeatable=is_read)


def list_deliveries(
    core: Core, endpoint_id: str, *, status: DeliveryStatus | None = None, page_size: int = 100
) -> Listing[WebhookDelivery]:
    """List what was sent to an endpoint in the last 15 days, the newest first.

    ``status`` is ``pending`` or ``failed``, to see only those. Raises `NotFoundError` while it is read.
    """
    query: dict[str, QueryValue] = {"status": status, "limit": page_size}
    return Listing(core, f"{_path(endpoint_id)}/deliveries", "deliveries", query)


def get_delivery(core: Core, endpoint_id: str, event_id: str) -> Call[ShownWebhookDelivery]:
    """Get a delivery with its attempts and its body. Raises `NotFoundError` and other kinds of `WaveComError`."""
    return core.data("GET", _delivery(endpoint_id, event_id))


def retry_delivery(core: Core, endpoint_id: str, event_id: str) -> Call[WebhookDelivery]:
    """Attempt a delivery once more, at once, whatever became of it; the event keeps its id.

    Raises `NotFoundError`, and `ConflictError` if an attempt is under way or the endpoint is disabled.
    """
    return core.data("POST", f"{_delivery(endpoint_id, event_id)}/retry")


def _path(endpoint_id: str) -> str:
    return f"{PATH}/{segment(endpoint_id)}"


def _delivery(endpoint_id: str, event_id: str) -> str:
    return f"{_path(endpoint_id)}/deliveries/{segment(event_id)}"


def _with_secret(data: Any) -> EndpointWithSecret:
    if not (isinstance(data, dict) and isinstance(data.get("secret"), str)):
        raise UnexpectedAnswerError("The answer does not show the endpoint's secret")
    secret: str = data.pop("secret")
    return EndpointWithSecret(cast("Endpoint", data), secret)
