"""Admit drafts: submit those that the load, the time and the providers allow, refuse the others with the reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from wavecom.application.accept.recipient_check import RecipientCheck
from wavecom.application.accept.render import Render
from wavecom.application.accept.submit import Submission, Submit
from wavecom.domain.content import push, sms
from wavecom.domain.degradation import RETRY_AFTER, check_accepts
from wavecom.domain.errors import OverloadedError, Problem, RefusedDraftError
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.notification import Draft, Envelope, IdempotentCall, TemplatedDraft
from wavecom.domain.suppressions.suppression import suppression_id
from wavecom.domain.tenants import TenantPolicy, is_test, live
from wavecom.ports.suppressions import Suppressions
from wavecom.ports.system import Clock, SystemState
from wavecom.ports.tenants import Tenants

MAX_AHEAD: Final = timedelta(days=365)
"""The furthest time ahead for which a notification may be scheduled; its deadline may be twice as far."""
CLOCK_DIFFERENCE: Final = timedelta(minutes=1)
"""The furthest time in the past for which a notification may be scheduled, since clocks differ."""

_HAS_LEFT: Final = Problem("recipient", "has left this category")
_REFUSED_BY_FIRST_CALL: Final = OverloadedError(
    "The first call with this key refused it; use a new key", retry_after=RETRY_AFTER
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The result of a call: accepted items in ``submission``, refused items in ``refusals``, all by index.

    ``warnings`` are sentences about the content of accepted ones.
    """

    submission: Submission
    refusals: Mapping[int, Exception]
    warnings: Mapping[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Accept or refuse each draft of a call.

    These rules depend on the moment and on the settings, so they are separate from those that a request must meet by
    itself: a repeated call gets the answer of the first, even if a rule would refuse it now.
    """

    render: Render
    submit: Submit
    system: SystemState
    tenants: Tenants
    suppressions: Suppressions
    recipient_check: RecipientCheck
    clock: Clock
    sms_max_segments: int

    def accept(
        self,
        tenant_id: str,
        drafts: Mapping[int, Draft | TemplatedDraft],
        invalid: Mapping[int, Exception],
        call: IdempotentCall | None,
    ) -> Accepted:
        """Store and queue the allowed ``drafts``, by index in the call; those in ``invalid`` are refused already.

        The refusals are `RefusedDraftError`, `OverloadedError` and those of ``invalid``. Raises
        `IdempotencyConflictError` and `StoreUnavailableError`.
        """
        refusals = dict(invalid)
        level, at, policy = self.system.level(), self.clock(), self._policy(tenant_id)
        for index, draft in drafts.items():
            try:
                check_accepts(level, draft.envelope.priority)
            except OverloadedError as exc:
                refusals[index] = exc
        rendered = self.render.render(
            tenant_id, {index: draft for index, draft in drafts.items() if index not in refusals}, policy
        )
        refusals |= rendered.refusals
        left = self._left(tenant_id, rendered.drafts)
        allowed: dict[int, Draft] = {}
        for index, ready in rendered.drafts.items():
            problems = [*_time_problems(ready.envelope, at), *self._delivery_problems(tenant_id, ready, policy)]
            if problems := [*problems, *([_HAS_LEFT] if index in left else [])]:
                refusals[index] = RefusedDraftError(problems)
            else:
                allowed[index] = ready
        earlier = self.submit.find_earlier(tenant_id, call) if call and refusals else None
        submission = earlier or self.submit.submit(tenant_id, allowed, call, policy)
        not_accepted = (drafts.keys() | invalid.keys()) - submission.notifications.keys()
        return Accepted(
            submission,
            refusals={index: refusals.get(index, _REFUSED_BY_FIRST_CALL) for index in not_accepted},
            warnings=_warnings(rendered.drafts, submission),
        )

    def _policy(self, tenant_id: str) -> TenantPolicy:
        """Return a tenant's policy. A test world has the senders of its tenant, since no key can make it its own."""
        policy = self.tenants.get(tenant_id)
        return replace(policy, senders=self.tenants.get(live(tenant_id)).senders) if is_test(tenant_id) else policy

    def _left(self, tenant_id: str, drafts: Mapping[int, Draft]) -> set[int]:
        """Return the indexes of drafts whose recipient has left their category, by one look-up."""
        ids = {
            index: suppression_id(each.envelope.channel, each.envelope.recipient, each.category.id)
            for index, each in drafts.items()
            if each.category is not None and not each.category.transactional
        }
        listed = self.suppressions.present(tenant_id, set(ids.values())) if ids else set()
        return {index for index, suppression in ids.items() if suppression in listed}

    def _delivery_problems(self, tenant_id: str, draft: Draft, policy: TenantPolicy) -> Iterator[Problem]:
        """Yield the reasons why no configured provider can deliver a tenant's notification; none if one can."""
        envelope, content = draft.envelope, draft.content
        sender = policy.senders.chosen(envelope.channel, envelope.sender)
        if envelope.sender is not None and sender is None:
            yield Problem("sender", f"must be the id of one of your senders of {envelope.channel}")
        elif refused := self.recipient_check.problem_of(tenant_id, envelope.channel, envelope.recipient, sender):
            yield refused
        match envelope.channel:
            case Channel.SMS:
                needed = sms.segments(content.message)
                if needed.count > self.sms_max_segments:
                    problem = (
                        f"needs {needed.count} SMS segments in {needed.encoding}; {self.sms_max_segments} are the most"
                    )
                    yield Problem("message", problem)
            case Channel.PUSH:
                size = push.payload_bytes(envelope.recipient, content.subject, content.message, content.push)
                if size > push.PAYLOAD_MAX_BYTES:
                    problem = (
                        f"makes a push message of {size} bytes, with all that it carries; "
                        f"{push.PAYLOAD_MAX_BYTES} are the most"
                    )
                    yield Problem("message", problem)


def _warnings(drafts: Mapping[int, Draft], submission: Submission) -> dict[int, tuple[str, ...]]:
    """Return the sentences about the content of accepted drafts, by index; most have none."""
    with_html = ((index, each) for index, each in drafts.items() if each.content.html is not None)
    found = ((index, (*each.warnings, *each.content.warnings())) for index, each in with_html)
    return {index: warnings for index, warnings in found if warnings and index in submission.notifications}


def _time_problems(envelope: Envelope, at: datetime) -> Iterator[Problem]:
    """Yield a problem for each time that is out of range at ``at``."""
    if envelope.scheduled_at and not at - CLOCK_DIFFERENCE <= envelope.scheduled_at <= at + MAX_AHEAD:
        yield Problem("scheduled_at", "must be in the future, a year ahead at the most")
    if envelope.expires_at and not at < envelope.expires_at <= at + 2 * MAX_AHEAD:
        yield Problem("expires_at", "must be in the future, two years ahead at the most")
