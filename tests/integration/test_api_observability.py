"""Statistics, metrics and health: what they count, and what they say when something is down."""

from collections import defaultdict
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.fakes import FakeQueue
from tests.integration.conftest import Api, MakeApi, attempted
from wavecom.adapters.mongo.client import Mongo
from wavecom.domain.providers.outcomes import Outcome
from wavecom.http.framework import meter

Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]
SMS = {"type": "SMS", "recipient": "+12025550123", "subject": None}


@pytest.fixture(autouse=True)
def no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP counts are stored with each request, not every two seconds."""
    monkeypatch.setattr(meter, "FLUSH_EVERY", timedelta(0))


def metrics(api: Api) -> Samples:
    answer = api.get("/api/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples: Samples = defaultdict(dict)
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            samples[sample.name][tuple(sorted(sample.labels.items()))] = sample.value
    return samples


def some_events(api: Api) -> None:
    """Three emails sent, one failed, two text messages queued."""
    for takes in (0.05, 0.3, 2.0):
        attempted(api, api.created(priority="CRITICAL")["_id"], takes=timedelta(seconds=takes))
    attempted(api, api.created()["_id"], Outcome.PERMANENT)
    api.created(**SMS)
    api.created(**SMS, priority="LOW")


def test_statistics_add_up(api: Api, make_api: MakeApi):
    some_events(api)

    statistics = api.get("/api/notifications/stats/system")

    assert statistics.status_code == 200
    data = statistics.json()["data"]
    assert data["total"] == 6
    assert {status: count for status, count in data["byStatus"].items() if count} == {
        "SENT": 3,
        "FAILED": 1,
        "QUEUED": 2,
    }
    assert {"PENDING", "QUEUED", "PROCESSING", "SENT", "FAILED", "RETRYING"} <= data["byStatus"].keys()
    assert data["byType"] == {"EMAIL": 4, "SMS": 2, "PUSH": 0}
    assert data["byPriority"] == {"LOW": 1, "MEDIUM": 2, "HIGH": 0, "CRITICAL": 3}
    assert data["queueDepth"] == {"high_priority": 3, "notifications": 3, "retry": 0, "notifications_dlq": 0}
    assert data["averageProcessingTime"] == 783
    assert data["successRate"] == 50.0
    assert make_api().get("/api/notifications/stats/system").json() == statistics.json()


def test_minutes_say_what_happened_and_how_long_it_took(api: Api):
    some_events(api)

    data = api.get("/api/notifications/stats/minutes").json()["data"]

    (minute,) = [each for each in data["minutes"] if each["accepted"]]
    assert {name: count for name, count in minute.items() if count and name != "minute"} == {
        "accepted": 6,
        "sent": 3,
        "failed": 1,
    }
    assert data["processingTimeMs"]["p50"] == 300, "of 50, 300 and 2,000 ms, half lie in the bucket of 100 to 500 ms"
    assert 1000 < data["processingTimeMs"]["p99"] <= 2500
    assert data["degradationLevel"] == 1


def test_statistics_of_nothing_are_zeros(api: Api):
    data = api.get("/api/notifications/stats/system").json()["data"]

    assert (data["total"], data["averageProcessingTime"], data["successRate"]) == (0, 0, 0.0)


def test_metrics_count_what_happened(api: Api):
    some_events(api)

    found = metrics(api)

    assert found["notifications_created_total"] == {
        (("type", "EMAIL"),): 4,
        (("type", "SMS"),): 2,
        (("type", "PUSH"),): 0,
    }
    assert found["notifications_sent_total"][("type", "EMAIL"),] == 3
    assert found["notifications_failed_total"][("type", "EMAIL"),] == 1
    assert found["queue_depth"] == {
        (("queue", "high_priority"),): 3,
        (("queue", "notifications"),): 3,
        (("queue", "retry"),): 0,
        (("queue", "notifications_dlq"),): 0,
        (("queue", "webhooks"),): 0,
        (("queue", "webhooks_slow"),): 0,
    }
    buckets = found["notification_processing_duration_seconds_bucket"]
    assert [buckets[("le", bound),] for bound in ("0.1", "0.5", "1", "2.5", "+Inf")] == [1, 2, 2, 3, 3]
    assert found["notification_processing_duration_seconds_count"][()] == 3
    assert found["notification_processing_duration_seconds_sum"][()] == pytest.approx(2.35)


def test_metrics_count_requests(api: Api):
    notification_id = api.created()["_id"]
    api.create(type="FAX")
    api.get(f"/api/notifications/{notification_id}")
    api.get("/api/none-of-these")

    found = metrics(api)

    requests = {tuple(value for _, value in labels): count for labels, count in found["http_requests_total"].items()}
    assert requests == {
        ("POST", "/api/notifications", "201"): 1,
        ("POST", "/api/notifications", "422"): 1,
        ("GET", "/api/notifications/<notification_id>", "200"): 1,
        ("GET", "unmatched", "404"): 1,
    }
    created = (("method", "POST"), ("route", "/api/notifications"))
    assert found["http_request_duration_seconds_count"][created] == 2
    assert found["http_request_duration_seconds_bucket"][("le", "+Inf"), *created] == 2
    assert found["http_request_duration_seconds_sum"][created] > 0


def test_metrics_come_from_the_counters_not_from_the_process(api: Api, make_api: MakeApi):
    some_events(api)

    here, elsewhere = metrics(api), metrics(make_api())

    for name in here.keys() - {name for name in here if name.startswith("http_")}:
        assert elsewhere[name] == here[name], name
    assert here.keys() == elsewhere.keys()


def test_without_the_broker_only_its_figures_are_missing(api: Api, queue: FakeQueue):
    api.created()
    queue.down = True

    statistics = api.get("/api/notifications/stats/system").json()["data"]
    found = metrics(api)

    assert statistics["queueDepth"] is None
    assert statistics["total"] == 1
    assert "queue_depth" not in found
    assert found["notifications_created_total"][("type", "EMAIL"),] == 1


def test_a_healthy_service_says_so(api: Api):
    answer = api.get("/api/health")

    health = answer.json()
    assert answer.status_code == 200
    assert health["status"] == "healthy"
    assert health["services"] == {"mongodb": "connected", "rabbitmq": "connected"}
    assert health["timestamp"] == f"{api.services.clock():%Y-%m-%dT%H:%M:%S}.000Z"
    assert health["uptime"] >= 0


def test_health_names_the_broker_when_it_is_down(api: Api, queue: FakeQueue):
    queue.down = True

    answer = api.get("/api/health")

    assert answer.status_code == 503
    assert answer.json()["status"] == "unhealthy"
    assert answer.json()["services"] == {"mongodb": "connected", "rabbitmq": "disconnected"}


def test_health_names_the_database_when_it_is_down(make_api: MakeApi, dead_mongo: Mongo):
    answer = make_api("http", mongo=dead_mongo).get("/api/health")

    assert answer.status_code == 503
    assert answer.json()["services"] == {"mongodb": "disconnected", "rabbitmq": "connected"}
