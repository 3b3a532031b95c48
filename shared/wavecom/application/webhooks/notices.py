"""Write to the contacts of tenants whose endpoints we have disabled."""

from dataclasses import dataclass
from typing import Final

from wavecom.application.accept.submit import Submit
from wavecom.domain.notifications.notification import IdempotentCall
from wavecom.domain.tenants import SYSTEM_TENANT, is_test
from wavecom.domain.times import iso
from wavecom.domain.webhooks.endpoint import DisabledReason, Endpoint
from wavecom.domain.webhooks.notice import notice_of_disabled
from wavecom.ports.system import Clock
from wavecom.ports.tenants import Tenants
from wavecom.ports.webhooks import Endpoints

AT_ONCE: Final = 50
"""The most notices of one sweep; the next one, a minute later, goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteNotices:
    """Writes by notifications of the system's own tenant, so that they are stored, tried again and audited like all."""

    endpoints: Endpoints
    tenants: Tenants
    submit: Submit
    clock: Clock

    def write(self) -> int:
        """Write what is due, once however often it is tried, and return for how many endpoints.

        Nobody is told of endpoints of test worlds, and those of tenants without a contact are told by the dashboard and
        by events alone. Raises `StoreUnavailableError`.
        """
        due = self.endpoints.with_notice_due(limit=AT_ONCE)
        for endpoint in due:
            if endpoint.disabled is not None and not is_test(endpoint.tenant_id):
                self._write_about(endpoint, endpoint.disabled)
            self.endpoints.note_told(endpoint)
        return len(due)

    def _write_about(self, endpoint: Endpoint, reason: DisabledReason) -> None:
        contact = self.tenants.latest(endpoint.tenant_id).contact
        if contact is None:
            return
        draft = notice_of_disabled(endpoint, reason, contact, self.clock())
        key = f"endpoint-disabled {endpoint.id} {iso(endpoint.updated_at)}"
        self.submit.submit(SYSTEM_TENANT, {0: draft}, IdempotentCall(key=key, fingerprint=key, items=1))
