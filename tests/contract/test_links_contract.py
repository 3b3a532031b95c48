"""What every maker of links for leaving a category does."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecom.adapters.links import SealedLinks
from wavecom.domain.categories import Subscription
from wavecom.domain.notifications.enums import Channel
from wavecom.ports.suppressions import UnsubscribeLinks

PORT = UnsubscribeLinks

KEY, EARLIER, FOREIGN = "n" * 43, "e" * 43, "f" * 43
OFFERS = Subscription(tenant_id="bank-a", channel=Channel.EMAIL, recipient="Größe@bücher.example", category="offers")


@pytest.fixture
def links() -> UnsubscribeLinks:
    return SealedLinks("https://links.example/", [KEY, EARLIER])


def token(address: str) -> str:
    return address.rpartition("/")[2]


def test_a_link_is_read_as_what_it_was_made_for(links: UnsubscribeLinks) -> None:
    address = links.make(OFFERS)

    assert address.startswith("https://links.example/u/")
    assert links.read(token(address)) == OFFERS
    assert set(token(address)) <= set(string.ascii_letters + string.digits + "-_")
    assert len(address) < 400


def test_a_link_shows_nobody_whom_it_is_about(links: UnsubscribeLinks) -> None:
    one, another = links.make(OFFERS), links.make(OFFERS)

    assert one != another
    assert not {"bank-a", "offers", "example"} & {one, another}


def test_links_of_an_earlier_key_stay_valid_and_those_of_another_are_none(links: UnsubscribeLinks) -> None:
    assert links.read(token(SealedLinks("https://links.example", [EARLIER]).make(OFFERS))) == OFFERS
    assert links.read(token(SealedLinks("https://links.example", [FOREIGN]).make(OFFERS))) is None
    assert SealedLinks("https://links.example", [EARLIER]).read(token(links.make(OFFERS))) is None


def test_a_link_that_was_changed_anywhere_is_none(links: UnsubscribeLinks) -> None:
    made = token(links.make(OFFERS))
    last_bits = {"A": "BCD", "Q": "RST", "g": "hij", "w": "xyz"}
    """Characters that differ in bits which base64 leaves unused at the end."""

    for place, letter in enumerate(made):
        other = "A" if letter != "A" else "B"
        if place == len(made) - 1 and other in "".join(last_bits.get(letter, "")):
            continue
        assert links.read(made[:place] + other + made[place + 1 :]) is None, place
        assert links.read(made[:place]) is None
    assert links.read(made + "AAAA") is None


@given(st.text(max_size=300))
def test_any_other_text_is_none(text: str) -> None:
    assert SealedLinks("https://links.example", [KEY]).read(text) is None


@pytest.mark.parametrize("text", ["A" * 10_000_000, json.dumps(["bank-a", "EMAIL", "offers", "a@b.example"]), "é" * 40])
def test_text_that_is_none_of_ours_is_none_at_once(links: UnsubscribeLinks, text: str) -> None:
    assert links.read(text) is None
