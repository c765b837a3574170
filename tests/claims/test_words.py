import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.words import OVERLAP, WORDS_A_PART, parts_of, places, read_query, to_fts5, to_tsquery, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Ministry’s labour-brokers", ["the", "ministry", "s", "labour", "brokers"]),
        ("2,200,000 riel ($543,080)", ["2200000", "riel", "543080"]),
        ("rose 3.5 per cent, to 1.5m", ["rose", "3.5", "per", "cent", "to", "1.5", "m"]),
        ("Café, CAFÉ and cafe\u0301", ["cafe", "cafe", "and", "cafe"]),
        ("ជនល្មើស ៣៧០ នាក់។", ["ជនល្មើស", "៣៧០", "នាក់"]),
        ("وزارة العدل", ["وزارة", "العدل"]),
        ("😀 yes", ["😀", "yes"]),
        ("in 2016-2018", ["in", "2016", "2018"]),
        ("", []),
        (" … “!” ", []),
    ],
)
def test_words(text, words):
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("query", "fts5", "tsquery"),
    [
        ("broker", '"broker"*', "('broker':*)"),
        ('"broker"', '"broker"', "('broker')"),
        ("labour brokers", '"labour"* AND "brokers"*', "('labour':*) & ('brokers':*)"),
        ("cherry-picked", '"cherry picked"*', "('cherry' <-> 'picked':*)"),
        ("“labour brokers” 370", '"labour brokers" AND "370"*', "('labour' <-> 'brokers') & ('370':*)"),
        ("a", '"a"', "('a')"),
        ("AND OR NEAR( * \" : ' \\ -x", '"and"* AND "or"* AND "near"* AND "x"', None),
    ],
)
def test_queries(query, fts5, tsquery):
    asked = read_query(query)
    assert to_fts5(asked) == fts5
    if tsquery:
        assert to_tsquery(asked) == tsquery


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("370 suspects, 332 labour brokers", "broker", ["brokers"]),
        ("The labour brokers and the labour ministry", '"labour ministry"', ["labour ministry"]),
        ("a budget of 2,200,000 riel", "2200000", ["2,200,000"]),
        ("Café au lait", "cafe", ["Café"]),
        ("😀 ជនល្មើស 370", "ជនល្មើស", ["ជនល្មើស"]),
        ("one two", "one two", ["one", "two"]),
    ],
)
def test_places(text, query, found):
    assert [text[start:end] for start, end in places(text, read_query(query))] == found


@given(st.text())
def test_words_of_any_text_hold_no_syntax(text):
    for word in words_of(text):
        assert word
        assert not set(word) & set(" \t\n\"'\\&|!()<>:*")


@given(st.text())
def test_a_text_holds_every_word_of_it(text):
    asked = read_query(text)
    for start, end in places(text, asked):
        assert 0 <= start < end <= len(text)


def test_a_long_text_comes_in_parts_that_overlap():
    words = [f"w{number}" for number in range(25_000)]
    parts = list(parts_of(" ".join(words)))
    assert all(len(part) <= WORDS_A_PART for part in parts)
    assert parts[0][-OVERLAP:] == parts[1][:OVERLAP]
    assert [*parts[0], *(word for part in parts[1:] for word in part[OVERLAP:])] == words
