"""Find out what no provider can take, before it is accepted: the field, and the reason.

These rules depend on the settings, so they stand apart from those of the models: a repeated request gets its first
answer even where a setting has changed meanwhile.
"""

from collections.abc import Iterator

from wavecom.domain.content import push, sms
from wavecom.domain.notifications.notification import Channel
from wavecom.http.errors import FieldError
from wavecom.http.requests import CreateNotification
from wavecom.http.services import Services


def undeliverable(services: Services, tenant_id: str, wanted: CreateNotification) -> Iterator[FieldError]:
    """Yield why no configured provider takes a tenant's notification; nothing where one does."""
    if problem := services.takers.problem_of(tenant_id, wanted.type, wanted.recipient):
        yield FieldError("recipient", problem)
    match wanted.type:
        case Channel.SMS:
            needed, allowed = sms.segments(wanted.message), services.config.sms_max_segments
            if needed.count > allowed:
                problem = f"needs {needed.count} SMS segments in {needed.encoding}; {allowed} are the most"
                yield FieldError("message", problem)
        case Channel.PUSH:
            size = push.payload_bytes(wanted.recipient, wanted.subject, wanted.message)
            if size > push.PAYLOAD_MAX_BYTES:
                problem = (
                    f"makes a push message of {size} bytes, with its subject; {push.PAYLOAD_MAX_BYTES} are the most"
                )
                yield FieldError("message", problem)
