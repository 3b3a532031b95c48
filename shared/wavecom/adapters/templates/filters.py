"""The filters that templates may use: some of the engine's own, and those that write as a language and its region."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wavecom.adapters.templates.languages import LANGUAGES

if TYPE_CHECKING:
    from babel import Locale

OF_THE_ENGINE: Final = frozenset(
    {"abs", "capitalize", "default", "first", "int", "join", "last", "length", "lower", "replace", "reverse", "round"}
    | {"sort", "title", "trim", "upper", "urlencode"}
)
"""Filters of minijinja that take time and memory in proportion to their input."""
OF_THE_LANGUAGE: Final = frozenset({"date", "datetime", "list", "money", "number", "percent", "time", "url"})
FILTERS: Final = OF_THE_ENGINE | OF_THE_LANGUAGE
LENGTHS: Final = ("short", "medium", "long", "full")
DECIMALS_MAX: Final = 10
REMEMBERED: Final = 200
"""The values that each filter of a version and language keeps."""
REMEMBERED_CHARACTERS: Final = 64
"""The longest text that is kept as a value."""


_URL: Final = re.compile(r"(https?://|mailto:|tel:)[^\s]+\Z", re.IGNORECASE)


class FilterError(ValueError):
    """A filter was given what it cannot write; the message is a sentence that ends with what it was given."""


def filters_of(locale: str) -> dict[str, Callable[..., str]]:
    """Return the filters that write numbers, amounts and times as ``locale`` does. Raises `FilterError`."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - 0.1 s, and only templates need it

    if locale.partition("-")[0] not in LANGUAGES:
        raise FilterError(f"the language {locale} is not known; there are {', '.join(sorted(LANGUAGES))}")
    try:
        known = Locale.parse(locale, sep="-")
    except (UnknownLocaleError, ValueError) as exc:
        raise FilterError(f"the region of {locale} is not known") from exc
    written = _LocaleFilters(known)
    return {name: _cached(name, getattr(written, name)) for name in OF_THE_LANGUAGE}


def _cached(name: str, write: Callable[..., str]) -> Callable[..., str]:
    """Return a filter that keeps what it wrote last, since subject, text and HTML print the same amounts.

    Whatever it cannot write is a `FilterError`.
    """
    cached = lru_cache(maxsize=REMEMBERED, typed=True)(write)

    def call(*given: Any, **named: Any) -> str:
        is_short = all(
            isinstance(each, int | float) or (isinstance(each, str) and len(each) <= REMEMBERED_CHARACTERS)
            for each in (*given, *named.values())
        )
        try:
            return cached(*given, **named) if is_short else write(*given, **named)
        except FilterError:
            raise
        except (TypeError, ValueError, ArithmeticError) as exc:
            raise FilterError(f"{name}: cannot write this value with these arguments") from exc

    return call


class _LocaleFilters:
    """Values as one language and region writes them, by the rules of the Unicode CLDR."""

    def __init__(self, locale: "Locale") -> None:
        self._locale = locale
        self._money_shape = lru_cache(maxsize=REMEMBERED)(self._new_money_shape)

    def list(self, values: Any) -> str:
        from babel.lists import format_list  # noqa: PLC0415

        if not isinstance(values, list | tuple) or not all(isinstance(each, str | int | float) for each in values):
            raise FilterError("list: must be given a list of texts and numbers")
        return format_list([str(each) for each in values], locale=self._locale)

    def url(self, value: Any) -> str:
        if not isinstance(value, str) or not _URL.match(value):
            raise FilterError("url: must be given an address that begins with https://, http://, mailto: or tel:")
        return value

    def number(self, value: Any, decimals: Any = None) -> str:
        from babel.numbers import format_decimal  # noqa: PLC0415

        if decimals is None:
            return format_decimal(_decimal("number", value), locale=self._locale)
        if type(decimals) is not int or not 0 <= decimals <= DECIMALS_MAX:
            raise FilterError(f"number: the decimals must be 0 to {DECIMALS_MAX}")
        pattern = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
        return format_decimal(_decimal("number", value), format=pattern, locale=self._locale)

    def percent(self, value: Any) -> str:
        from babel.numbers import format_percent  # noqa: PLC0415

        return format_percent(_decimal("percent", value), locale=self._locale)

    def money(self, value: Any, currency: Any = None) -> str:
        if not isinstance(currency, str) or currency not in _currencies():
            raise FilterError("money: the currency must be a code of ISO 4217 such as EUR")
        amount = _decimal("money", value).quantize(_smallest(currency))
        digits = f"{amount.copy_abs():f}".replace(".", "")
        return self._money_shape(currency, amount.is_signed(), len(digits)) % tuple(digits)

    def _new_money_shape(self, currency: str, is_negative: bool, digits: int) -> str:
        """Return what Babel writes for any amount of as many digits, with ``%s`` for each of them.

        Their number alone decides where the sign, the groups and the currency stand. To fill a shape takes a tenth of
        the time that Babel takes for an amount.
        """
        from babel.numbers import format_currency  # noqa: PLC0415

        ones = Decimal("-" * is_negative + "1" * digits) * _smallest(currency)
        return format_currency(ones, currency, locale=self._locale).replace("%", "%%").replace("1", "%s")

    def date(self, value: Any, length: Any = "medium", zone: Any = "UTC") -> str:
        from babel.dates import format_date  # noqa: PLC0415

        moment = _moment("date", value)
        if isinstance(moment, datetime):
            moment = _with_time("date", value).astimezone(_zone("date", zone)).date()
        return format_date(moment, _length("date", length), locale=self._locale)

    def datetime(self, value: Any, length: Any = "medium", zone: Any = "UTC") -> str:
        from babel.dates import format_datetime  # noqa: PLC0415

        moment = _with_time("datetime", value)
        return format_datetime(moment, _length("datetime", length), tzinfo=_zone("datetime", zone), locale=self._locale)

    def time(self, value: Any, length: Any = "short", zone: Any = "UTC") -> str:
        from babel.dates import format_time  # noqa: PLC0415

        moment = _with_time("time", value)
        return format_time(moment, _length("time", length), tzinfo=_zone("time", zone), locale=self._locale)


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    from babel.numbers import list_currencies  # noqa: PLC0415

    return frozenset(list_currencies())


@lru_cache(maxsize=REMEMBERED)
def _smallest(currency: str) -> Decimal:
    """Return the smallest amount of a currency: 0.01 euros, 1 yen."""
    from babel.numbers import get_currency_precision  # noqa: PLC0415

    return Decimal(1).scaleb(-get_currency_precision(currency))


def _decimal(name: str, value: Any) -> Decimal:
    """Return a number exactly as it is written in JSON: a float by its shortest decimal, a text as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise FilterError(f"{name}: must be given a number")
    try:
        number = Decimal(str(value))
    except ArithmeticError as exc:
        raise FilterError(f"{name}: must be given a number") from exc
    if not number.is_finite() or number.adjusted() > 30:
        raise FilterError(f"{name}: must be given a number of a usual size")
    return number


def _moment(name: str, value: Any) -> date | datetime:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value) if len(value) == len("2026-01-31") else datetime.fromisoformat(value)
        except ValueError:
            pass
    raise FilterError(f"{name}: must be given a text like 2026-01-31 or 2026-01-31T09:30:00Z")


def _with_time(name: str, value: Any) -> datetime:
    moment = _moment(name, value)
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _length(name: str, length: Any) -> str:
    if length not in LENGTHS:
        raise FilterError(f"{name}: the length must be {', '.join(LENGTHS)}")
    return str(length)


def _zone(name: str, zone: Any) -> tzinfo:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, TypeError) as exc:
        raise FilterError(f"{name}: the time zone must be a name like Europe/Zurich") from exc
