"""Delivery reports that wait until their send is recorded."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import UpdateOne

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport, KeptReport
from wavecom.domain.suppressions.reason import SuppressionReason


class MongoKeptReports:
    """`wavecom.ports.reports.KeptReports` on MongoDB: one document per notification, provider and outcome."""

    def __init__(self, mongo: Mongo) -> None:
        self._reports = mongo.database.keptreports

    def keep(self, reports: Sequence[DeliveryReport], *, at: datetime, until: datetime) -> None:
        """See `wavecom.ports.reports.KeptReports.keep`."""
        updates = [
            UpdateOne({"_id": _id(each)}, {"$setOnInsert": _to_document(each, at, until)}, upsert=True)
            for each in reports
        ]
        if updates:
            with available():
                self._reports.bulk_write(updates, ordered=False)

    def due(self, at: datetime, *, limit: int) -> list[KeptReport]:
        """See `wavecom.ports.reports.KeptReports.due`."""
        with available():
            found = self._reports.find({"dueAt": {"$lte": at}}).sort("dueAt", 1).limit(limit)
            return [_from_document(each) for each in found]

    def about(self, notification_ids: Sequence[str], at: datetime) -> list[KeptReport]:
        """See `wavecom.ports.reports.KeptReports.about`."""
        with available():
            found = self._reports.find({"notificationId": {"$in": list(notification_ids)}})
            # Filtered here: with two conditions the development server would use no index.
            return [_from_document(each) for each in found if each["keptAt"] <= at]

    def postpone(self, ids: Sequence[str], until: datetime) -> None:
        """See `wavecom.ports.reports.KeptReports.postpone`."""
        if ids:
            with available():
                self._reports.update_many({"_id": {"$in": list(ids)}}, {"$set": {"dueAt": until}})

    def drop(self, ids: Sequence[str]) -> None:
        """See `wavecom.ports.reports.KeptReports.drop`."""
        if ids:
            with available():
                self._reports.delete_many({"_id": {"$in": list(ids)}})


def _id(report: DeliveryReport) -> str:
    message = report.provider_message_id or ""
    return f"{report.notification_id}|{report.provider}|{report.delivery_outcome}|{report.suppression_reason}|{message}"


def _to_document(report: DeliveryReport, kept_at: datetime, due_at: datetime) -> Document:
    return {
        "notificationId": report.notification_id,
        "provider": report.provider,
        "fared": report.delivery_outcome.value if report.delivery_outcome else None,
        "reason": report.reason,
        "unwanted": report.suppression_reason.value if report.suppression_reason else None,
        "at": report.at,
        "providerMessageId": report.provider_message_id,
        "keptAt": kept_at,
        "dueAt": due_at,
    }


def _from_document(document: Document) -> KeptReport:
    delivery_outcome, suppression_reason = document["fared"], document["unwanted"]
    report = DeliveryReport(
        notification_id=document["notificationId"],
        provider=document["provider"],
        delivery_outcome=DeliveryOutcome(delivery_outcome) if delivery_outcome else None,
        reason=document["reason"],
        suppression_reason=SuppressionReason(suppression_reason) if suppression_reason else None,
        at=document["at"],
        provider_message_id=document.get("providerMessageId"),
    )
    return KeptReport(id=document["_id"], report=report, kept_at=document["keptAt"])
