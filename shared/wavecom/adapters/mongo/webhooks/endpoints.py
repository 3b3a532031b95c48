"""Endpoints in MongoDB. Their secrets and headers are sealed: who reads the database cannot sign or call."""

import json
import logging
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from pymongo.client_session import ClientSession

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.adapters.mongo.events.outbox import MongoOutbox
from wavecom.adapters.mongo.events.wanted import MongoWantedEvents
from wavecom.adapters.mongo.indexes import EPOCH
from wavecom.adapters.sealing import Seal
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.events.event import KINDS, Event, EventType
from wavecom.domain.events.subjects import endpoint_disabled
from wavecom.domain.webhooks.endpoint import DisabledReason, Endpoint, OldSecret, Recovery, disabled, merge

logger = logging.getLogger(__name__)

PURPOSE: Final = "wavecom webhooks 1"
_OPTIONAL: Final = ("description", "oldSecretUntil", "disabled", "failingSince", "slowUntil", "noticeDue", "recovery")


class MongoEndpoints:
    """`wavecom.ports.webhooks.Endpoints` on MongoDB.

    A change of a tenant's endpoints also changes the kinds of events that are written for it, in one transaction. Those
    of disabled endpoints are written too, so that what they miss can be recovered.
    """

    def __init__(self, mongo: Mongo, wanted: MongoWantedEvents, seal: Seal, outbox: MongoOutbox | None = None) -> None:
        """Write events into ``outbox``; without one nobody wants any."""
        self._mongo = mongo
        self._outbox = outbox or MongoOutbox(mongo)
        self._endpoints = mongo.database.webhookendpoints
        self._wanted = wanted
        self._seal = seal

    def add(self, endpoint: Endpoint, *, most: int) -> bool:
        """See `wavecom.ports.webhooks.Endpoints.add`."""

        def write(session: ClientSession) -> bool:
            known = self._types_of(endpoint.tenant_id, session)
            if len(known) >= most:
                return False
            self._endpoints.insert_one(self._to_document(endpoint), session=session)
            self._set_wanted(endpoint.tenant_id, {**known, endpoint.id: endpoint.types}, session)
            return True

        return self._change(endpoint.tenant_id, write)

    def replace(self, before: Endpoint, after: Endpoint) -> bool:
        """See `wavecom.ports.webhooks.Endpoints.replace`."""
        key = {"_id": before.id, "tenantId": before.tenant_id}

        def write(session: ClientSession) -> bool:
            found = self._endpoints.find_one(key, session=session)
            merged = merge(before, after, self._from_document(found)) if found else None
            if merged is None:
                return False
            document = self._to_document(merged)
            gone = {name: "" for name in _OPTIONAL if name not in document}
            del document["_id"]
            update = {"$set": document, "$unset": gone} if gone else {"$set": document}
            self._endpoints.update_one(key, update, session=session)
            known = self._types_of(after.tenant_id, session)
            self._set_wanted(after.tenant_id, {**known, after.id: after.types}, session)
            return True

        return self._change(after.tenant_id, write)

    def disable(self, endpoint: Endpoint, reason: DisabledReason, at: datetime) -> bool:
        """See `wavecom.ports.webhooks.Endpoints.disable`."""
        key = {"_id": endpoint.id, "tenantId": endpoint.tenant_id}

        def make(session: ClientSession | None) -> tuple[bool, list[Event]]:
            found = self._endpoints.find_one(key, session=session)
            if found is None or disabled(endpoint, self._from_document(found), reason, at) is None:
                return False, []
            update = {"$set": {"disabled": reason.value, "noticeDue": True, "updatedAt": at}}
            self._endpoints.update_one(key, update, session=session)
            return True, [endpoint_disabled(endpoint, reason, at)]

        with available():
            return self._outbox.change([endpoint.tenant_id], make, reads_first=True)

    def remove(self, tenant_id: str, endpoint_id: str) -> bool:
        """See `wavecom.ports.webhooks.Endpoints.remove`."""

        def write(session: ClientSession) -> bool:
            removed = self._endpoints.delete_one({"_id": endpoint_id, "tenantId": tenant_id}, session=session)
            if removed.deleted_count != 1:
                return False
            self._set_wanted(tenant_id, self._types_of(tenant_id, session), session)
            return True

        return self._change(tenant_id, write)

    def get(self, tenant_id: str, endpoint_id: str) -> Endpoint | None:
        """See `wavecom.ports.webhooks.Endpoints.get`."""
        with available():
            document = self._endpoints.find_one({"_id": endpoint_id})
        return self._from_document(document) if document and document["tenantId"] == tenant_id else None

    def of(self, tenant_ids: Collection[str]) -> list[Endpoint]:
        """See `wavecom.ports.webhooks.Endpoints.of`."""
        with available():
            found = list(self._endpoints.find({"tenantId": {"$in": list(tenant_ids)}}))
        return sorted(self._readable(found), key=lambda each: each.id)

    def note_health(
        self, endpoint: Endpoint, *, failing_since: datetime | None, quick: bool, slow_until: datetime | None = None
    ) -> None:
        """See `wavecom.ports.webhooks.Endpoints.note_health`."""
        times = {"failingSince": failing_since, "slowUntil": slow_until}
        noted = {name: at for name, at in times.items() if at is not None}
        update: Document = {"$set": {"quick": quick, **noted}}
        if gone := {name: "" for name in times if name not in noted}:
            update["$unset"] = gone
        with available():
            self._endpoints.update_one({"_id": endpoint.id}, update)

    def with_notice_due(self, *, limit: int) -> list[Endpoint]:
        """See `wavecom.ports.webhooks.Endpoints.with_notice_due`."""
        with available():
            found = list(self._endpoints.find({"noticeDue": True}).limit(limit))
        return list(self._readable(found))

    def note_told(self, endpoint: Endpoint) -> None:
        """See `wavecom.ports.webhooks.Endpoints.note_told`."""
        with available():
            guard = {"_id": endpoint.id, "updatedAt": endpoint.updated_at}
            self._endpoints.update_one(guard, {"$unset": {"noticeDue": ""}})

    def recovering(self, *, limit: int) -> list[Endpoint]:
        """See `wavecom.ports.webhooks.Endpoints.recovering`."""
        with available():
            found = list(self._endpoints.find({"recovery.until": {"$gt": EPOCH}}).limit(limit))
        return list(self._readable(found))

    def note_recovery(self, endpoint: Endpoint, recovery: Recovery | None) -> None:
        """See `wavecom.ports.webhooks.Endpoints.note_recovery`. Another one that began meanwhile stays."""
        if endpoint.recovery is None:
            return
        guard = {"_id": endpoint.id, "recovery.until": endpoint.recovery.until}
        update = {"$unset": {"recovery": ""}} if recovery is None else {"$set": {"recovery": _recovery(recovery)}}
        with available():
            self._endpoints.update_one(guard, update)

    def _readable(self, documents: Iterable[Document]) -> Iterator[Endpoint]:
        """Yield the endpoints that can be opened with our keys; one that cannot must not keep others from theirs."""
        for each in documents:
            try:
                yield self._from_document(each)
            except StoreUnavailableError:
                logger.error("Endpoint left out: no SEALING_KEY opens it", extra={"endpoint": each["_id"]})  # noqa: TRY400

    def _types_of(self, tenant_id: str, session: ClientSession) -> dict[str, Collection[str]]:
        """Return the kinds of events of each endpoint of a tenant."""
        found = self._endpoints.find({"tenantId": tenant_id}, {"types": 1}, session=session)
        return {each["_id"]: each["types"] for each in found}

    def _set_wanted(self, tenant_id: str, types: dict[str, Collection[str]], session: ClientSession) -> None:
        self._wanted.set_types(
            tenant_id, {EventType(kind) for kinds in types.values() for kind in kinds if kind in KINDS}, session
        )

    def _change(self, tenant_id: str, write: Any) -> bool:
        with available():
            done: bool = self._mongo.transaction(write)
        self._wanted.forget(tenant_id)
        return done

    def _to_document(self, endpoint: Endpoint) -> Document:
        sealed = {"secret": endpoint.secret, "headers": dict(endpoint.headers)}
        optional: Document = {
            "description": endpoint.description,
            "disabled": endpoint.disabled.value if endpoint.disabled else None,
            "recovery": _recovery(endpoint.recovery) if endpoint.recovery else None,
            "failingSince": endpoint.failing_since,
            "slowUntil": endpoint.slow_until,
            "noticeDue": endpoint.notice_due or None,
        }
        if endpoint.old_secret is not None:
            sealed["oldSecret"] = endpoint.old_secret.secret
            optional["oldSecretUntil"] = endpoint.old_secret.until
        return {
            "_id": endpoint.id,
            "tenantId": endpoint.tenant_id,
            "url": endpoint.url,
            "types": [each.value for each in endpoint.types],
            "sealed": self._seal.close(json.dumps(sealed)),
            "metadata": endpoint.metadata,
            "quick": endpoint.quick,
            "createdAt": endpoint.created_at,
            "updatedAt": endpoint.updated_at,
            **{name: value for name, value in optional.items() if value is not None},
        }

    def _from_document(self, document: Document) -> Endpoint:
        opened = self._seal.open(document["sealed"])
        if opened is None:
            raise StoreUnavailableError("The secrets of endpoints cannot be read with this SEALING_KEY")
        sealed = json.loads(opened)
        until: datetime | None = document.get("oldSecretUntil")
        return Endpoint(
            id=document["_id"],
            tenant_id=document["tenantId"],
            url=document["url"],
            types=tuple(EventType(each) for each in document["types"] if each in KINDS),
            secret=sealed["secret"],
            headers=sealed["headers"],
            description=document.get("description"),
            metadata=document["metadata"],
            old_secret=OldSecret(secret=sealed["oldSecret"], until=until) if until is not None else None,
            disabled=DisabledReason(document["disabled"]) if "disabled" in document else None,
            failing_since=document.get("failingSince"),
            quick=document["quick"],
            slow_until=document.get("slowUntil"),
            notice_due=document.get("noticeDue", False),
            recovery=_to_recovery(document["recovery"]) if "recovery" in document else None,
            created_at=document["createdAt"],
            updated_at=document["updatedAt"],
        )


def _recovery(recovery: Recovery) -> Document:
    after = {"at": recovery.after[0], "id": recovery.after[1]} if recovery.after else None
    return {"since": recovery.since, "until": recovery.until, **({"after": after} if after else {})}


def _to_recovery(document: Document) -> Recovery:
    after = document.get("after")
    return Recovery(
        since=document["since"], until=document["until"], after=(after["at"], after["id"]) if after else None
    )
