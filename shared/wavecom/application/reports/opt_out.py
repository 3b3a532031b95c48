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
    """Changes the suppression lists of the tenants whose messages have gone to a recipient from the sender it answered.

    Others learn nothing of it.
    """

    store: NotificationStore
    suppressions: Suppressions
    clock: Clock

    def keep(self, answer: OptOutAnswer) -> int:
        """Apply an answer, also a repeated one, and return the number of tenants that it is about.

        START takes back an opt-out from the same sender, and nothing else: an address that is dead, or that a person
        has listed, stays on its list. Raises `StoreUnavailableError`; the provider should then tell it again.
        """
        tenants = self.store.tenants_that_wrote(
            Channel.SMS, answer.recipient, senders=answer.senders, provider=answer.provider
        )
        if answer.wanted:
            for tenant_id in tenants:
                self._take_back(tenant_id, answer)
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
                        answered=next(iter(answer.senders), None),
                    )
                    for tenant_id in tenants
                ]
            )
        return len(tenants)

    def _take_back(self, tenant_id: str, answer: OptOutAnswer) -> None:
        found = self.suppressions.get(tenant_id, suppression_id(Channel.SMS, answer.recipient))
        if found is None or found.reason is not SuppressionReason.COMPLAINT:
            return
        if found.answered is None or found.answered in answer.senders:
            self.suppressions.remove(tenant_id, found.id, self.clock())
