"""Which stretches are one claim: cases anybody can check by eye, and what holds for any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.matching import EXACT, HALF, SENTENCE, Span, groups, match, overlap, sentence_starts

TEXT = "Crime fell by 40 %, said Dr. Hale. Wages rose sharply in the north. Nobody asked why."


def span(key, start, end, *parts, document="d", label=""):
    return Span(key, document, start, end, parts, label)


def quoted(key, words, **more):
    start = TEXT.index(words)
    return span(key, start, start + len(words), **more)


def keys(pairs):
    return [(a.key, b.key) for a, b in pairs]


SENTENCES = {"d": sentence_starts(TEXT)}


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", [""]),
        ("One.", ["One."]),
        ("One. Two! Three? Four", ["One. ", "Two! ", "Three? ", "Four"]),
        ("Dr. Hale came. He left.", ["Dr. Hale came. ", "He left."]),
        ("“It fell.” He smiled.", ["“It fell.” ", "He smiled."]),
        ("A rise of 3.5 per cent. e.g. this", ["A rise of 3.5 per cent. e.g. this"]),
        ("A headline\nA story", ["A headline\n", "A story"]),
        ("Es stieg. Ähnlich fiel es.", ["Es stieg. ", "Ähnlich fiel es."]),
        ("У них. Нет.", ["У них. ", "Нет."]),
    ],
)
def test_where_sentences_begin(text, sentences):
    starts = sentence_starts(text)
    assert [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)] == sentences


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        pytest.param([("a", 0, 10)], [("b", 0, 10)], {SENTENCE: 1, HALF: 1, EXACT: 1}, id="the same"),
        pytest.param([("a", 0, 10)], [("b", 0, 9)], {SENTENCE: 1, HALF: 1, EXACT: 0}, id="a full stop less"),
        pytest.param([("a", 0, 18)], [("b", 20, 33)], {SENTENCE: 1, HALF: 0, EXACT: 0}, id="ends of one sentence"),
        pytest.param([("a", 0, 33)], [("b", 35, 66)], {SENTENCE: 0, HALF: 0, EXACT: 0}, id="neighbouring sentences"),
        pytest.param([("a", 35, 66)], [("b", 35, 50), ("c", 51, 66)], {SENTENCE: 2, HALF: 2, EXACT: 0}, id="a split"),
        pytest.param([("a", 0, 33)], [], {SENTENCE: 0, HALF: 0, EXACT: 0}, id="nothing on the other side"),
        pytest.param(
            [("a", 0, 33), ("b", 0, 18)],
            [("c", 0, 33), ("e", 0, 18)],
            {SENTENCE: 2, HALF: 2, EXACT: 2},
            id="one within the other",
        ),
        pytest.param([("a", 0, 33), ("b", 0, 33)], [("c", 0, 33)], {SENTENCE: 1, HALF: 1, EXACT: 1}, id="twice"),
    ],
)
def test_matching(left, right, expected):
    left, right = [span(*one) for one in left], [span(*one) for one in right]
    for tolerance, count in expected.items():
        pairs = match(left, right, tolerance=tolerance, sentences=SENTENCES)
        assert len(pairs) == count, (tolerance, keys(pairs))


def test_like_goes_with_like_on_the_same_words():
    left = [span("a", 0, 10, label="assertion"), span("r", 0, 10, label="response")]
    right = [span("R", 0, 10, label="response"), span("A", 0, 10, label="assertion")]
    assert keys(match(left, right)) == [("a", "A"), ("r", "R")]


def test_documents_keep_apart():
    assert match([span("a", 0, 10)], [span("b", 0, 10, document="other")]) == []


def test_gaps_do_not_count():
    """A claim of two stretches is not matched by one in the gap between them."""
    torn = span("a", 0, 33, (0, 10), (25, 33))
    assert overlap(torn, span("b", 11, 24)) == 0
    assert match([torn], [span("b", 11, 24)], tolerance=HALF) == []
    assert torn.length == 18


def test_a_split_stands_in_one_group():
    whole, first, second = span("a", 35, 66), span("b1", 35, 50), span("b2", 51, 66)
    found = groups({"ann": [whole], "ben": [second, first]})
    assert found == [{"ann": [whole], "ben": [first, second]}]


def test_three_readings_meet_in_one_group():
    found = groups({"ann": [span("a", 0, 33)], "ben": [span("b", 0, 32)], "cid": [span("c", 1, 33)]})
    assert [sorted(group) for group in found] == [["ann", "ben", "cid"]]


def test_groups_stand_in_reading_order():
    found = groups({"ann": [quoted("a2", "Nobody asked why."), quoted("a1", "Crime fell")], "ben": []})
    assert [group["ann"][0].key for group in found] == ["a1", "a2"]


# What holds for any


def spans(who):
    places = st.tuples(st.sampled_from("de"), st.integers(0, 60), st.integers(1, 25), st.sampled_from(["", "x"]))
    return st.lists(places, max_size=6).map(
        lambda found: [
            Span(f"{who}{number}", document, start, start + length, label=label)
            for number, (document, start, length, label) in enumerate(found)
        ]
    )


TOLERANCES = st.sampled_from([SENTENCE, HALF, EXACT])
STARTS = {"d": SENTENCES["d"], "e": [0, 20, 40]}


@given(spans("a"), spans("b"), TOLERANCES)
def test_pairs_are_near_and_named_once(left, right, tolerance):
    pairs = match(left, right, tolerance=tolerance, sentences=STARTS)
    assert len(keys(pairs)) == len(set(keys(pairs)))
    for a, b in pairs:
        assert a in left
        assert b in right
        assert a.document == b.document
        if tolerance == EXACT:
            assert a.stretches == b.stretches
        if tolerance == HALF:
            assert 2 * overlap(a, b) >= min(a.length, b.length)


@given(spans("a"), spans("b"), TOLERANCES)
def test_a_stretch_with_several_partners_is_their_only_one(left, right, tolerance):
    """One to many is a split; many to many would be no claim anybody could name."""
    pairs = keys(match(left, right, tolerance=tolerance, sentences=STARTS))
    for a, b in pairs:
        others_of_a = {other for one, other in pairs if one == a}
        others_of_b = {one for one, other in pairs if other == b}
        assert len(others_of_a) == 1 or len(others_of_b) == 1


@given(spans("a"), TOLERANCES)
def test_a_reading_matches_itself_one_to_one(left, tolerance):
    right = [Span(f"b{one.key}", one.document, one.start, one.end, label=one.label) for one in left]
    pairs = match(left, right, tolerance=tolerance, sentences=STARTS)
    assert len(pairs) == len(left)
    assert all((a.document, a.stretches, a.label) == (b.document, b.stretches, b.label) for a, b in pairs)


@given(spans("a"), spans("b"), TOLERANCES)
def test_matching_does_not_mind_the_order_of_its_input(left, right, tolerance):
    def said(left, right):
        pairs = match(left, right, tolerance=tolerance, sentences=STARTS)
        return sorted((a.start, a.end, a.document, b.start, b.end) for a, b in pairs)

    assert said(left, right) == said(left[::-1], right[::-1])


@given(spans("a"), spans("b"), TOLERANCES)
def test_matching_does_not_mind_the_sides(left, right, tolerance):
    def said(pairs):
        return sorted((a.document, a.start, a.end, b.start, b.end) for a, b in pairs)

    turned = [(b, a) for a, b in match(right, left, tolerance=tolerance, sentences=STARTS)]
    assert said(match(left, right, tolerance=tolerance, sentences=STARTS)) == said(turned)


@given(spans("a"), spans("b"), spans("c"), TOLERANCES)
def test_every_stretch_is_in_one_group(a, b, c, tolerance):
    layers = {"ann": a, "ben": b, "cid": c}
    found = groups(layers, tolerance=tolerance, sentences=STARTS)
    there = sorted(str(one.key) for group in found for stretches in group.values() for one in stretches)
    assert there == sorted(str(one.key) for stretches in layers.values() for one in stretches)
    for group in found:
        assert len({one.document for stretches in group.values() for one in stretches}) == 1


@given(st.text(alphabet="Ab. !?\n“”", max_size=40))
def test_sentences_cover_the_text_in_order(text):
    starts = sentence_starts(text)
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert starts[-1] <= len(text)
