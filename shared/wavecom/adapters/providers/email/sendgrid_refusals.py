"""SendGrid's answers: the result of each letter, and the table of refusals."""

import json
import re
import time
from collections.abc import Iterable
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from wavecom.adapters.providers.http import Answer
from wavecom.adapters.providers.refusals import Rule, for_good, for_now, limit, read, unknown
from wavecom.domain.providers.outcomes import (
    About,
    ProviderError,
    RateLimitedError,
    Receipt,
    TransientError,
    UnknownOutcomeError,
)

FIELDS: Final[tuple[Rule, ...]] = (
    for_good(["personalizations.to*"], About.RECIPIENT, "This recipient; of several in one call only the N-th"),
    for_good(
        ["personalizations", "personalizations.subject*", "personalizations.substitutions*", "subject*", "content*"],
        About.MESSAGE,
        "This message, where the field is one of its own or it is the only one",
    ),
    for_good(["*"], About.UNCLEAR, "A part of this message that is not documented"),
)
"""Rules by the field of a message that a 400 or 422 names, without its indexes. Other fields are in `REFUSALS`."""
REFUSALS: Final[tuple[Rule, ...]] = (
    limit(["429"], "The longer of Retry-After and the time to X-RateLimit-Reset (seconds since 1970)"),
    for_good(["413 alone"], About.MESSAGE, "It is too large"),
    unknown(["409"], "A call with the same idempotency token is under way"),
    for_now(["from*", "reply_to*"], "Our sender, which the account has not verified", about=About.IDENTITY),
    for_now(["503"], "The SendGrid v3 Web API is not available"),
    for_now(["400", "422"], "Any other field, or none: our sender, or our side of the request"),
    for_now(["3??", "4??"], "Our key, credits, sender, address or data residency"),
    unknown(["*"], "It fails while a valid request is in the works; nothing says that it was not queued"),
)
"""Rules by status, or by a field of the whole call. A 413 for the only message of a call is ``413 alone``."""
_ABOUT_ONE: Final = re.compile(r"personalizations[.\[]([0-9]{1,4})\]?(\.(to|subject|substitutions)\b.*)?")
_ABOUT_THE_ONLY_ONE: Final = re.compile(r"(subject|content)\b.*")
REFUSED_TOGETHER: Final = "refused_together"
VALIDATION: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
_LOGGABLE: Final = re.compile(r"[A-Za-z0-9_.]{1,64}")
_DETAIL_MAX: Final = 200
"""The most characters of the service's text in an error's text."""


def first_failure(answers: Iterable[Receipt | ProviderError]) -> ProviderError | None:
    """Return the error for the remaining messages after a call that failed as a whole."""
    for answer in answers:
        if isinstance(answer, UnknownOutcomeError):
            return TransientError("Not tried after a call without an answer", code="not_tried")
        if isinstance(answer, TransientError | RateLimitedError) and answer.code != REFUSED_TOGETHER:
            return answer
    return None


def receipt_of(answer: Answer) -> Receipt | None:
    """Return the receipt of an answer, None if it is a refusal."""
    message_id = answer.headers.get("x-message-id", "").strip()
    return Receipt(message_id) if 200 <= answer.status < 300 and message_id else None


def _errors(answer: Answer) -> list[tuple[str, str]]:
    """Return field and message of each error in an answer."""
    try:
        errors = json.loads(answer.body)["errors"]
        return [(str(each.get("field") or ""), str(each.get("message") or "")) for each in errors]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return []


def refused_letters(answer: Answer, count: int) -> dict[int, ProviderError]:
    """Return an error for each index in a call of ``count`` messages whose message the answer names as the reason."""
    refused: dict[int, ProviderError] = {}
    if answer.status in VALIDATION:
        for field, message in _errors(answer):
            if match := _ABOUT_ONE.fullmatch(field):
                at = int(match[1])
            elif count == 1 and _ABOUT_THE_ONLY_ONE.fullmatch(field):
                at = 0
            else:
                continue
            if at < count:
                refused.setdefault(at, _refused_field(field, message[:_DETAIL_MAX]))
    return refused


def _refused_field(field: str, detail: str) -> ProviderError:
    """Return the meaning of a refused field, by its path."""
    path = ".".join(part for part in re.split(r"[.\[\]]+", field) if part and not part.isdecimal())
    code = path if _LOGGABLE.fullmatch(path) else "400"
    return read(FIELDS, (path,), "", detail=detail, code=code)


def refusal_of(answer: Answer, *, alone: bool) -> ProviderError:
    """Return the meaning, for each message of its call, of an answer that neither accepts nor names a message."""
    code = str(answer.status)
    detail = " ".join([code, *(message for _, message in _errors(answer))])[:_DETAIL_MAX]
    fields = [field for field, _ in _errors(answer) if field]
    codes = (code, f"{code} alone", *fields) if alone else (code, *fields)
    return read(REFUSALS, codes, "", detail=detail, code=code, retry_after=_wait(answer))


def _wait(answer: Answer) -> timedelta | None:
    waits = [answer.retry_after()]
    reset = answer.headers.get("x-ratelimit-reset", "").strip()
    if re.fullmatch(r"[0-9]{1,12}", reset):
        waits.append(timedelta(seconds=min(max(int(reset) - time.time(), 0), 86_400)))
    return max((wait for wait in waits if wait is not None), default=None)
