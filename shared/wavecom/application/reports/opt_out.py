"""Keep what recipients answer to text messages: STOP suppresses them, START lets them get messages again."""

from dataclasses import dataclass

from wavecom.domain.notifications.enums import Channel
from wavecom.domain.suppressions.opt_out import OptOutAnswer
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.suppressions.suppression import Suppression, suppression_id
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.suppressions import Suppressions
from wavecom.ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepOptOuts:
    """Changes the suppression lists of the tenants that have written to a recipient from the sender it answered.

    Others learn nothing of it.
    """

    store: NotificationStore
    suppressions: Suppressions
    clock: Clock

    def keep(self, answer: OptOutAnswer) -> int:
        """Apply an answer, also a repeated one, and return the number of tenants that it is about.

        START takes back an opt-out only: an address that is dead, or that a person has listed, stays on its list.
        Raises `StoreUnavailableError`; the provider should then tell it again.
        """
        tenants = self.store.tenants_that_wrote(
            Channel.SMS, answer.recipient, senders=answer.senders, without_sender=answer.to_provider
        )
        if answer.wanted:
            for tenant_id in tenants:
                self._take_back(tenant_id, answer.recipient)
        else:
            now = self.clock()
            self.suppressions.add(
                [
                    Suppression(
                        tenant_id=tenant_id,
                        channel=Channel.SMS,
                        recipient=answer.recipient,
                        reason=SuppressionReason.COMPLAINT,
                        created_at=now,
                    )
                    for tenant_id in tenants
                ]
            )
        return len(tenants)

    def _take_back(self, tenant_id: str, recipient: str) -> None:
        found = self.suppressions.get(tenant_id, suppression_id(Channel.SMS, recipient))
        if found is not None and found.reason is SuppressionReason.COMPLAINT:
            self.suppressions.remove(tenant_id, found.id)
