from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.quantities import check_part, check_sum, compare, convert, implied_rate, read, read_periods

ODD = st.text(
    alphabet=st.one_of(
        st.sampled_from("0123456789.,-–/%$€£ “”()khmtn½٣២៛😀\u202e\n"),
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    )
)


def figure(text):
    found = read(text)
    assert len(found) == 1, found
    return found[0]


@given(ODD)
def test_every_figure_is_a_slice_of_any_text(text):
    last = 0
    for found in read(text):
        assert text[found.start : found.end] == found.quote != ""
        assert last <= found.start <= found.at < found.end
        last = found.end


@given(ODD)
def test_every_period_is_inside_any_text(text):
    for period in read_periods(text):
        assert 0 <= period.start < period.end <= len(text)
        assert period.first <= period.last


@given(st.integers(0, 10**12))
def test_printed_integers_are_read_back(number):
    assert figure(f"They counted {number:,} stones.").value == number


@given(st.decimals(min_value=1, max_value=999, places=2), st.sampled_from(["million", "billion"]))
def test_amounts_of_money_are_read_back(amount, scale):
    found = figure(f"It cost ${amount} {scale}.")
    assert (found.value, found.currency, found.kind) == (
        amount * {"million": 10**6, "billion": 10**9}[scale],
        "USD",
        "money",
    )


def spelled(number):
    small = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ]
    tens = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    if number < 20:
        return small[number]
    if number < 100:
        return tens[number // 10] + (f"-{small[number % 10]}" if number % 10 else "")
    if number < 1000:
        return f"{small[number // 100]} hundred" + (f" and {spelled(number % 100)}" if number % 100 else "")
    return f"{spelled(number // 1000)} thousand" + (f" {spelled(number % 1000)}" if number % 1000 else "")


@given(st.integers(2, 999_999))
def test_spelled_numbers_are_read_back(number):
    assert figure(f"There were {spelled(number)} stones.").value == number


@pytest.mark.parametrize(
    ("text", "currency", "value"),
    [
        ("A$12", "AUD", 12),
        ("EUR50m", "EUR", 50_000_000),
        ("200 Swiss francs", "CHF", 200),
        ("30 MUSD", "USD", 30_000_000),
        ("35 lakh rupees", "INR", 3_500_000),
        ("2.2 billion riel", "KHR", 2_200_000_000),
        ("US$4.46", "USD", "4.46"),
        ("minus £3", "GBP", 3),
    ],
)
def test_currencies_are_named_by_their_code(text, currency, value):
    found = figure(f"It paid {text}.")
    assert (found.currency, found.value) == (currency, Decimal(value))


def test_bracketed_conversion_is_not_negative():
    assert [found.value for found in read("a budget of 900 million riel ($221,300)")] == [900_000_000, 221_300]


@pytest.mark.parametrize(
    "text",
    [
        "from 2016-2018",
        "Tier 3",
        "Section 427",
        "Covid-19",
        "the 21st century",
        "the 1990s",
        "at 2 pm",
        "SCP-173m",
        "24703L202",
        "on May 19, 2021",
        "no one",
        "room 12",
    ],
)
def test_numbers_that_are_none_are_left_out(text):
    assert read(f"It happened {text}.") == []


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("from 2016-2018", "2016-01-01", "2018-12-31"),
        ("in July 2022", "2022-07-01", "2022-07-31"),
        ("on July 19, 2022", "2022-07-19", "2022-07-19"),
        ("in the second quarter of 2020", "2020-04-01", "2020-06-30"),
        ("January to December 2021", "2021-01-01", "2021-12-31"),
        ("from 2019 to 2021", "2019-01-01", "2021-12-31"),
    ],
)
def test_periods_have_both_days(text, first, last):
    (period,) = read_periods(text)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    ("a", "b", "outcome", "differs"),
    [
        ("370 suspects", "370 suspects", "same", set()),
        ("370 suspects", "332 suspects", "differs", set()),
        ("370 suspects", "370 sentences", "not_comparable", {"population"}),
        ("$5", "€5", "not_comparable", {"unit"}),
        ("5%", "5 percentage points", "not_comparable", {"unit"}),
        ("2.2 billion riel", "2,184,000,000 riel", "within_rounding", set()),
        ("about 300 homes", "308 homes", "within_rounding", set()),
        ("more than 300 homes", "370 homes", "within_rounding", set()),
        ("more than 300 homes", "270 homes", "differs", set()),
        ("5 km", "5,000 metres", "same", set()),
    ],
)
def test_figures_are_compared_by_unit_population_and_rounding(a, b, outcome, differs):
    result = compare(figure(f"It had {a}."), figure(f"It had {b}."))
    assert (result.outcome, set(result.differs_in)) == (outcome, differs)


def test_difference_is_absolute_and_relative():
    result = compare(figure("80 wells"), figure("60 wells"))
    assert (result.absolute, result.relative) == (Decimal(-20), Decimal("-0.25"))


def test_sums_parts_and_rates_are_checked():
    whole, *parts = read("64 cases: four were old, 37 were new and 23 were neither cases nor files.")
    assert check_sum(parts, whole).outcome == "same"
    assert check_sum(parts[:2], whole).outcome == "differs"
    assert check_sum([], whole).outcome == "not_comparable"
    assert check_part(parts[0], whole) is True
    assert check_part(whole, parts[0]) is False
    riel, dollars = read("2.2 billion riel ($543,080)")
    assert check_part(riel, dollars) is None
    assert round(implied_rate(riel, dollars)) == 4051


def test_conversion_refuses_what_measures_something_else():
    assert convert(Decimal(100), "kilometre", "metre") == 100_000
    assert round(convert(Decimal(62), "mile per hour", "kilometre per hour"), 1) == Decimal("99.8")
    with pytest.raises(ValueError, match="cannot be converted"):
        convert(Decimal(1), "kilogram", "metre")


def test_reading_needs_neither_pint_nor_spacy():
    import subprocess
    import sys

    code = "import sys; from claims.quantities import read; read('It cost 5 km and 3 men.'); assert not {'pint', 'spacy', 'babel'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Between 1 April 2024 and 31 March 2025, officers boarded 412 vessels.", "2024-04-01", "2025-03-31"),
        ("It ran from March 2021 to June 2022.", "2021-03-01", "2022-06-30"),
    ],
)
def test_period_between_two_days_is_one(text, first, last):
    (period,) = read_periods(text)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
