"""Show and change a tenant's senders."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wavecom.domain.errors import ConflictError, NotFoundError, Problem, RefusedDraftError
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.senders import SENDERS_MAX, Sender, Senders
from wavecom.domain.tenants import live
from wavecom.ports.tenants import Tenants

SenderProblem = Callable[[Sender], str | None]
"""Returns why a provider cannot send as a sender, as the end of a sentence; None if it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageSenders:
    """Manages the senders of tenants. A change takes effect once the caches have expired, within 30 seconds.

    ``providers`` are the configured providers of each channel by name.
    """

    tenants: Tenants
    providers: Mapping[Channel, Mapping[str, SenderProblem]]

    def of(self, tenant_id: str) -> Senders:
        """Return the senders of a tenant; those of a test world are its tenant's."""
        return self.tenants.latest(live(tenant_id)).senders

    def put(self, tenant_id: str, sender: Sender, *, default: bool) -> None:
        """Store a sender, in place of the one with its id.

        Raises `RefusedDraftError` if a provider that may carry its messages is not configured or cannot send as it,
        and `ConflictError` if the tenant has too many.
        """
        if problems := [*self._problems(sender)]:
            raise RefusedDraftError(problems)
        known = self.of(tenant_id).by_id
        if sender.id not in known and len(known) >= SENDERS_MAX:
            raise ConflictError(f"The tenant has {SENDERS_MAX} senders; more are not possible")
        self.tenants.put_sender(tenant_id, sender, default=default)

    def remove(self, tenant_id: str, sender_id: str) -> None:
        """Remove a sender; what was accepted with it is still sent as it. Raises `NotFoundError`."""
        sender = self.of(tenant_id).by_id.get(sender_id)
        if sender is None or not self.tenants.remove_sender(tenant_id, sender):
            raise NotFoundError("There is no such sender")

    def _problems(self, sender: Sender) -> list[Problem]:
        configured = self.providers[sender.channel]
        unknown = [name for name in sender.providers if name not in configured]
        if unknown:
            return [Problem("providers", f"has {unknown[0]}, which is no configured provider of {sender.channel}")]
        names = sender.providers or tuple(configured)
        found = ((name, configured[name](sender)) for name in names)
        return [Problem("address", f"cannot be used with {name}: it {problem}") for name, problem in found if problem]
