"""Keep endpoints and what became of each delivery, sign what is sent, and call endpoints."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wavecom.domain.webhooks.answers import WebhookAnswer
from wavecom.domain.webhooks.delivery import Delivery, DeliveryStatus
from wavecom.domain.webhooks.endpoint import DisabledReason, Endpoint, Recovery


@dataclass(frozen=True, slots=True)
class DeliveryPosition:
    """A place in a list of deliveries, newest first; the next page begins after it."""

    created_at: datetime
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryList:
    """A list of an endpoint's deliveries, newest first: of one ``status`` that is no success, or all."""

    endpoint_id: str
    status: DeliveryStatus | None = None
    after: DeliveryPosition | None = None


class Endpoints(Protocol):
    """The tenants' endpoints, with their secrets. All methods raise `StoreUnavailableError`."""

    def add(self, endpoint: Endpoint, *, most: int) -> bool:
        """Store a new endpoint, and return False if its tenant has ``most``. Events are written from then on."""

    def replace(self, before: Endpoint, after: Endpoint) -> bool:
        """Store a changed endpoint, and return False if it is gone or was changed meanwhile.

        What `note_health` and `note_recovery` noted meanwhile stays, unless ``after`` differs from ``before`` in it.
        """

    def remove(self, tenant_id: str, endpoint_id: str) -> bool:
        """Remove an endpoint, and return whether there was one. Nothing is delivered to it from then on."""

    def get(self, tenant_id: str, endpoint_id: str) -> Endpoint | None:
        """Return an endpoint of a tenant."""

    def of(self, tenant_ids: Collection[str]) -> list[Endpoint]:
        """Return all endpoints of tenants, in the order of their ids."""

    def disable(self, endpoint: Endpoint, reason: DisabledReason, at: datetime) -> bool:
        """Disable an endpoint for a reason of ours, and write down the event of that, both or neither.

        Return False if it is gone, was changed meanwhile, or has succeeded since it was seen to be failing.
        """

    def note_health(
        self, endpoint: Endpoint, *, failing_since: datetime | None, quick: bool, slow_until: datetime | None = None
    ) -> None:
        """Note since when an endpoint has been failing, whether it is quick, and until when it must not be."""

    def with_notice_due(self, *, limit: int) -> list[Endpoint]:
        """Return up to ``limit`` endpoints that we have disabled and of which their tenant was not told."""

    def note_told(self, endpoint: Endpoint) -> None:
        """Note that a tenant was told of its disabled endpoint, unless that was changed meanwhile."""

    def recovering(self, *, limit: int) -> list[Endpoint]:
        """Return up to ``limit`` endpoints with a recovery under way."""

    def note_recovery(self, endpoint: Endpoint, recovery: Recovery | None) -> None:
        """Note how far a recovery has come, None at its end."""


class FailingEndpoints(Protocol):
    """Watches all tenants' endpoints, for who may not know their secrets."""

    def count(self, since: datetime, *, most: int) -> int:
        """Return how many endpoints have only failed since ``since`` or earlier, and at most ``most``.

        Disabled ones do not count: nothing is delivered to them. Raises `StoreUnavailableError`.
        """


class Deliveries(Protocol):
    """The deliveries. All methods raise `StoreUnavailableError`."""

    def add(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Store new deliveries, and return those that did not exist yet."""

    def save(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Store changed deliveries, and return those that nobody else has changed meanwhile."""

    def get_many(self, ids: Collection[str]) -> list[Delivery]:
        """Return the deliveries with these ids, of any tenant, in no particular order."""

    def overdue(self, at: datetime, *, limit: int) -> list[Delivery]:
        """Return up to ``limit`` deliveries with ``due_at`` at or before ``at``, the longest overdue first."""

    def page(self, where: DeliveryList, *, limit: int) -> list[Delivery]:
        """Return up to ``limit`` deliveries of a list."""


class Signer(Protocol):
    """Signs what is delivered."""

    def headers(self, event_id: str, body: str, secrets: Sequence[str], at: datetime) -> Mapping[str, str]:
        """Return the headers that identify and sign a body, with all of ``secrets``."""


class WebhookCalls(Protocol):
    """Calls of endpoints, which may be hostile, from many threads at once. Time and bytes of a call are bounded."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """Make one POST and return its answer, whatever its status; redirects are not followed.

        ``headers`` are of ASCII; those of the connection and of the framing (``Host``, ``Content-Length``) are made
        here and may not be among them. The endpoint may get the request twice, where a connection that it let stand
        turns out to be dead.

        Raises `WebhookCallError` if no answer came.
        """

    def problem_of(self, url: str) -> str | None:
        """Return why an endpoint cannot have this URL, as the end of a sentence ("must begin with https://"), or None.

        That is seen from the text alone. Where the name leads is seen at each call.
        """
