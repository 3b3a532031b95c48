"""Amounts in the shapes that are kept of Babel's, against Babel itself."""

from decimal import Decimal

import pytest
from babel import Locale
from babel.numbers import format_currency, list_currencies
from hypothesis import given
from hypothesis import strategies as st

from wavecom.adapters.templates.filters import FilterError, filters_of
from wavecom.adapters.templates.languages import LANGUAGES

REGIONS = ("de-AT", "de-CH", "en-IN", "en-ZA", "es-MX", "fr-CH", "hi-IN", "pt-PT")
CURRENCIES = ("EUR", "JPY", "KWD", "CLF", "CHF", "INR", "USD", "BRL", "XXX")
AMOUNTS = (0, -0.0, 0.005, 0.015, -0.001, "0.5", -12, 999.995, 1234, "-12345.678", 123456, 9999999.999, 1e15, "1e3")


def by_babel(locale: str, amount: float | str, currency: str) -> str:
    return format_currency(Decimal(str(amount)), currency, locale=Locale.parse(locale, sep="-"))


@pytest.mark.parametrize("locale", [*sorted(LANGUAGES), *REGIONS])
def test_amounts_are_written_as_babel_does(locale: str) -> None:
    money = filters_of(locale)["money"]

    for currency in CURRENCIES:
        for amount in AMOUNTS:
            assert money(amount, currency) == by_babel(locale, amount, currency)


@given(
    locale=st.sampled_from([*sorted(LANGUAGES), *REGIONS]),
    currency=st.sampled_from(sorted(list_currencies())),
    amount=st.decimals(min_value=-(10**20), max_value=10**20, allow_nan=False, places=4),
)
def test_any_amount_is_written_as_babel_does(locale: str, currency: str, amount: Decimal) -> None:
    assert filters_of(locale)["money"](str(amount), currency) == by_babel(locale, str(amount), currency)


@pytest.mark.parametrize("amount", ["1e29", "9" * 29])
def test_amount_of_more_digits_than_are_exact_is_refused(amount: str) -> None:
    with pytest.raises(FilterError):
        filters_of("en")["money"](amount, "EUR")
