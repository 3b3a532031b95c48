"""What is composed is what an independent parser reads, and every line of it is legal."""

import base64
import json
import random
import re
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from layers.python313 import NO_PYTHON, python313
from local.config import PROJECT
from tests.mail_reader import read_mails
from wavecom.adapters.providers.email.message import Mailbox, compose

MESSAGES = 10_000
DOMAINS = ("example.com", "xn--bcher-kva.example")
AT = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
COMPOSER = PROJECT / "shared" / "wavecom" / "adapters" / "providers" / "email" / "message.py"
ID = "65f0c1d2a1b2c3d4e5f60718@bank.example"
OURS = ["from", "to", "subject", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding"]
ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")
SCRIPTS = {
    "latin": "aàâäçéèêëïîôùûüÿœßñøåžčABCz 019",
    "cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюя Ё",
    "arabic and hebrew": "ابتثجحخدذرزسشصض אבגדהוזחטי\u200c\u200d\u200f",
    "devanagari": "कखगघङचछजझञटठडढण ािीुूृेैोौ्\u200d",
    "east asian": "一二三四五六七八九十日本語中文한국어완료\u3000。、「」",
    "emoji": "😀🎉👨\u200d👩\u200d👧🇩🇪🏳️\u200d🌈\U0001fae8 ✅",
    "other planes": "𝒜𝓑𝔄𠀀𠮷\U000e0100\U000f0000\U0010fffd",
    "signs": "\"'()<>[]:;@\\,.=?_-+*/&%$#!~^`{|} \u00a0\u202f",
    "combining": "áêïo\u0328\u0323n\u0303 ",
    "long words": "abcdefghijklmnopqrstuvwxyz0123456789",
}
TRAPS = (
    "=?utf-8?q?evil?=",
    "=?utf-8?b?ZXZpbA==?=",
    "=?utf-8?q?=0D=0ABcc:_x@evil.example=0D=0A=0D=0A<h1>Pay_here</h1>?=",
    "=?utf-8?q?=00?=",
    "=?utf-8?q?=1B[31mred?=",
    "=?iso-8859-1?q?=FC?=",
    "=?",
    "?=",
    "  ",
    ".",
    "Bcc: x@evil.example",
    "--boundary",
    "\ufeff",
)


@dataclass(frozen=True)
class Case:
    """What a message is composed of."""

    name: str
    subject: str
    text: str
    recipient: str


def cases(count: int = MESSAGES, seed: int = 7) -> list[Case]:
    chance = random.Random(seed)
    return [
        Case(
            name=line(chance, 60) if number % 3 else "",
            subject=line(chance, 120) or "-",
            text=body(chance),
            recipient=f"user{number}+{chance.choice(['a', 'b.c', '!#$%'])}@{chance.choice(DOMAINS)}",
        )
        for number in range(count)
    ]


def line(chance: random.Random, length: int) -> str:
    parts = []
    for _ in range(chance.randint(1, 4)):
        letters = SCRIPTS[chance.choice(list(SCRIPTS))]
        parts.append("".join(chance.choices(letters, k=chance.randint(0, length))))
        if chance.random() < 0.3:
            parts.append(chance.choice(TRAPS))
    return chance.choice([" ", ""]).join(parts)


def body(chance: random.Random) -> str:
    lines = [line(chance, 150) for _ in range(chance.randint(1, 6))]
    return chance.choice(["\n", "\r\n"]).join(lines) + chance.choice(["", "\n", " \n", "\t"])


def composed(case: Case) -> bytes:
    return compose(
        sender=Mailbox("no-reply@bank.example", case.name),
        recipient=case.recipient,
        subject=case.subject,
        text=case.text,
        date=AT,
        message_id=ID,
    )


@pytest.fixture(scope="module")
def everything() -> list[tuple[Case, bytes]]:
    return [(case, composed(case)) for case in cases()]


def read(text: str) -> str:
    """Return a text as readers give it: without a byte order mark where it begins."""
    return text.removeprefix("\ufeff")


def plain(text: str) -> str:
    return read(text).replace("\r\n", "\n").rstrip("\n")


def test_independent_parser_reads_what_was_given(everything: list[tuple[Case, bytes]]) -> None:
    wrong = []
    for (case, message), mail in zip(everything, read_mails([each for _, each in everything]), strict=True):
        found: dict[str, Any] = {
            "name": mail["from"]["name"],
            "sender": mail["from"]["address"],
            "to": [each["address"] for each in mail["to"]],
            "subject": mail["subject"],
            "text": plain(mail["text"]),
            "id": mail["messageId"],
            "names": mail["names"],
        }
        expected = {
            "name": read(case.name),
            "sender": "no-reply@bank.example",
            "to": [case.recipient],
            "subject": read(case.subject),
            "text": plain(case.text),
            "id": f"<{ID}>",
            "names": OURS,
        }
        wrong += [(what, expected[what], found[what], message) for what in expected if found[what] != expected[what]]

    assert wrong[:3] == []


def test_every_line_and_encoded_word_is_legal(everything: list[tuple[Case, bytes]]) -> None:
    for case, message in everything:
        headers, _, _ = message.partition(b"\r\n\r\n")
        assert re.search(rb"[^\t\r\n -~]", message) is None, case
        assert re.search(rb"(?<!\r)\n|\r(?!\n)", message) is None, case
        for number, each in enumerate(message.split(b"\r\n")):
            assert len(each) <= (78 if number <= headers.count(b"\r\n") else 76), (case, each)
        for word in ENCODED_WORD.findall(headers):
            assert len(word) <= 75, word
            charset, encoding, content = word[2:-2].split(b"?")
            octets = base64.b64decode(content) if encoding in b"bB" else _q(content)
            octets.decode(charset.decode())  # whole characters


def test_encoded_words_divide_before_no_mark_and_no_byte_order_mark() -> None:
    subjects = [f"{'x' * 54}e\u0301{'y' * 99}=?", f"=?{'x' * 46}y\ufeff{'z' * 99}", f"{'語' * 12}\ufeff{'語' * 12}"]
    given = [Case(name="", subject=each, text="Hello", recipient="user@example.com") for each in subjects]
    messages = [composed(each) for each in given]

    assert [mail["subject"] for mail in read_mails(messages)] == subjects
    words = [word for each in messages for word in ENCODED_WORD.findall(each)]
    assert len(words) > len(messages)
    assert not any(word.startswith((b"=?utf-8?q?=CC", b"=?utf-8?q?=EF=BB", b"=?utf-8?b?77u/")) for word in words)


def _q(content: bytes) -> bytes:
    return re.sub(rb"=([0-9A-F]{2})", lambda each: bytes([int(each[1], 16)]), content.replace(b"_", b" "))


def test_other_supported_pythons_compose_the_same_bytes(everything: list[tuple[Case, bytes]]) -> None:
    other = python313()
    if other is None:
        pytest.skip(NO_PYTHON)
    program = f"""
import importlib.util, json, sys
from datetime import UTC, datetime
spec = importlib.util.spec_from_file_location("composer", {str(COMPOSER)!r})
composer = importlib.util.module_from_spec(spec)
sys.modules["composer"] = composer
spec.loader.exec_module(composer)
for line in sys.stdin:
    case = json.loads(line)
    sender = composer.Mailbox("no-reply@bank.example", case.pop("name"))
    date = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    print(composer.compose(sender=sender, date=date, message_id={ID!r}, **case).hex())
"""
    lines = "".join(f"{json.dumps(asdict(case))}\n" for case, _ in everything)

    done = subprocess.run([other, "-c", program], input=lines, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [message.hex() for _, message in everything]


@pytest.mark.parametrize(
    "name",
    [
        "Bank of Somewhere Very Far Away, N.A., Department of Notices, Alerts and More",
        "Bank@Home",
        "Zoë Bank",
        'The "Bank"',
        "a\\b",
        "=?utf-8?q?evil?= Bank",
        "x" * 200,
        "N. A.",
    ],
)
def test_sender_stays_one_mailbox(name: str) -> None:
    (mail,) = read_mails([composed(Case(name=name, subject="Hi", text="Hello", recipient="user@example.com"))])

    assert mail["from"] == {"name": name, "address": "no-reply@bank.example"}


@pytest.mark.parametrize("field", ["name", "subject"])
@pytest.mark.parametrize("character", ["\r", "\n", "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"])
def test_what_breaks_a_header_is_not_composed(field: str, character: str) -> None:
    case = Case(name="Bank", subject="Hi", text="Hello", recipient="user@example.com")

    with pytest.raises(ValueError, match=r"header|text"):
        composed(Case(**{**asdict(case), field: f"é{character}x"}))


@pytest.mark.parametrize(
    "recipient",
    [
        "=?utf-8?q?a=0D=0ABcc=3A_x=40evil.example?=@example.com",
        "a@b.example, c@d.example",
        "a b@example.com",
        "a@b\r\nBcc: c",
    ],
)
def test_address_that_could_be_read_as_more_is_not_composed(recipient: str) -> None:
    with pytest.raises(ValueError, match="address"):
        composed(Case(name="", subject="Hi", text="Hello", recipient=recipient))


def test_address_beyond_ascii_stands_as_it_is_for_servers_with_smtputf8() -> None:
    message = composed(Case(name="", subject="Hi", text="Hello", recipient="用户@example.com"))

    assert "\r\nTo: 用户@example.com\r\n".encode() in message
