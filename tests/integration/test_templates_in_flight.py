"""What was accepted goes out as it was accepted, whatever becomes of its template meanwhile."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.builders import message_about
from tests.fakes import FakeProvider, FakeQueue
from tests.integration.conftest import Api, MakeApi
from tests.integration.test_api_templates import made
from tests.integration.test_races import Process
from tests.unit.delivery import LONG
from wavecom.domain.notifications.enums import Status
from wavecom.domain.providers.outcomes import About, PermanentError
from wavecom.ports.notifications import NotificationStore

COUNT, BATCH = 10_000, 500
FIRST = {"defaultLocale": "en", "locales": {"en": {"subject": "First {{ number }}", "html": "<p>{{ number }}</p>"}}}
SECOND = {"defaultLocale": "en", "locales": {"en": {"subject": "Second {{ number }}", "text": "{{ number }}"}}}


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("lambda")


def accepted(api: Api, count: int, recipient: str = "user{}@example.com") -> list[str]:
    """Accept notifications of the template's published version, numbered, and return their ids."""
    ids = []
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        items = [
            {
                "type": "EMAIL",
                "recipient": recipient.format(number),
                "template": {"id": "paid"},
                "variables": {"number": number},
            }
            for number in numbers
        ]
        ids += [each["data"]["_id"] for each in api.batch(*items).json()["data"]["results"]]
    return ids


def delivered(process: Process, store: NotificationStore, ids: list[str]) -> None:
    for start in range(0, len(ids), BATCH):
        waiting = store.get_many(ids[start : start + BATCH])
        process.deliver.deliver([message_about(each) for each in waiting], LONG)


def test_a_version_published_while_10000_of_the_earlier_one_wait_changes_none_of_them(api: Api) -> None:
    made(api, "paid", FIRST, SECOND)
    ids = accepted(api, COUNT)
    provider = FakeProvider("email")

    assert api.post("/api/templates/paid/versions/2/publish").status_code == 200
    with ThreadPoolExecutor(32) as executor:
        delivered(Process(api.mongo, provider, FakeQueue(), executor), api.store, ids)

    sent = {each.notification_id: each for each in provider.accepted}
    assert len(provider.accepted) == len(sent) == COUNT
    for number, notification_id in enumerate(ids):
        content = sent[notification_id].content
        assert (content.subject, content.message, content.html) == (
            f"First {number}",
            str(number),
            f"<p>{number}</p>",
        )


def test_what_is_replayed_is_sent_as_it_was_accepted(api: Api) -> None:
    made(api, "paid", FIRST, SECOND)
    (notification_id,) = accepted(api, 1, "nobody@example.com")
    provider = FakeProvider("email")
    provider.answers["nobody@example.com"] = [PermanentError("Refused", code="550", about=About.MESSAGE)]
    with ThreadPoolExecutor(1) as executor:
        process = Process(api.mongo, provider, FakeQueue(), executor)
        delivered(process, api.store, [notification_id])
        assert [each.state.status for each in api.store.get_many([notification_id])] == [Status.FAILED]

        assert api.post("/api/templates/paid/versions/2/publish").status_code == 200
        assert api.client.delete("/api/templates/paid").status_code == 200
        assert api.post(f"/api/notifications/{notification_id}/retry").status_code == 200
        delivered(process, api.store, [notification_id])

    (sent,) = provider.accepted
    assert (sent.content.subject, sent.content.html) == ("First 0", "<p>0</p>")
