"""From valid requests to stored notifications: what is accepted, what is refused, what was asked for before."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver

from wavecom.application.accept.submit import Submission
from wavecom.domain.degradation import RETRY_AFTER, check_accepts
from wavecom.domain.errors import OverloadedError
from wavecom.domain.notifications.notification import Draft, IdempotentCall
from wavecom.http.errors import FieldError, InvalidRequestError
from wavecom.http.requests import CreateNotification
from wavecom.http.services import Services
from wavecom.http.undeliverable import undeliverable

Refusal = InvalidRequestError | OverloadedError

_REFUSED_AT_FIRST = OverloadedError("The first call with this key refused it; use a new key", retry_after=RETRY_AFTER)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of each item of a call: accepted ones in ``submission``, refused ones in ``refusals``, by index."""

    submission: Submission
    refusals: dict[int, Refusal]


def accept(
    app: ApiGatewayResolver,
    services: Services,
    items: Sequence[CreateNotification | InvalidRequestError],
    idempotency_key: str | None,
    below: str = "",
) -> Accepted:
    """Submit the valid ones of ``items``; those that the moment, the load or the providers do not allow are refused.

    A repeated call gets what the first one got, even where one of these would refuse it by now.
    ``below`` is put before the fields of a refused item, with its ``{index}``.
    """
    tenant_id, call = app.context["caller"].tenant_id, _call(idempotency_key, app.context["json"], len(items))
    refusals: dict[int, Refusal] = {}
    drafts: dict[int, Draft] = {}
    level, at, policy = services.system.level(), services.clock(), services.tenants.get(tenant_id)
    for index, item in enumerate(items):
        try:
            if isinstance(item, InvalidRequestError):
                raise item
            check_accepts(level, item.priority)
            _check(item, services, tenant_id, at, below.format(index=index))
            drafts[index] = item.draft(policy)
        except (InvalidRequestError, OverloadedError) as exc:
            refusals[index] = exc
    submission = (services.submit.earlier(tenant_id, call) if call and refusals else None) or services.submit(
        tenant_id, drafts, call
    )
    not_accepted = set(range(len(items))) - submission.notifications.keys()
    return Accepted(submission, {index: refusals.get(index, _REFUSED_AT_FIRST) for index in not_accepted})


def _check(item: CreateNotification, services: Services, tenant_id: str, at: datetime, below: str) -> None:
    """Raise `InvalidRequestError` where the moment or the providers do not allow a notification."""
    problems = [*item.untimely(at), *undeliverable(services, tenant_id, item)]
    if problems:
        details = [FieldError(f"{below}{each.field}", each.message) for each in problems]
        raise InvalidRequestError("The request is not valid", details)


def _call(key: str | None, body: Any, items: int) -> IdempotentCall | None:
    if key is None:
        return None
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return IdempotentCall(key=key, fingerprint=hashlib.sha256(canonical.encode()).hexdigest(), items=items)
