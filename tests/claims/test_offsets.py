import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.errors import OffsetError, RejoinderError
from claims.offsets import (
    context,
    from_bytes,
    from_utf16,
    normalise_line_ends,
    reanchor,
    to_bytes,
    to_utf16,
)

# Texts that have gone wrong elsewhere: emoji with modifiers and joiners, Khmer, combining marks, right to left, CRLF.
TROUBLE = [
    "",
    "The ministry said 370 people were assisted.",
    "😀 370",
    "👩🏽‍⚖️ and 🇰🇭 said “no”",
    "រដ្ឋាភិបាលកម្ពុជា បានឆ្លើយតបនឹងរបាយការណ៍",
    "Cafe\u0301 n\u0303o a\u0323\u0302",
    "وزارة الداخلية 370",
    "\r\n\r\r\n\n\u2028\u0085",
    "\U0010ffff\uffff\ue000",
]
texts = st.one_of(st.sampled_from(TROUBLE), st.text(), st.text(alphabet="a\r\n😀ខé\u0301"))


@given(text=texts, data=st.data())
def test_utf16_offsets_survive_the_round_trip(text, data):
    offset = data.draw(st.integers(0, len(text)))
    assert from_utf16(text, to_utf16(text, offset)) == offset


@given(text=texts, data=st.data())
def test_byte_offsets_survive_the_round_trip(text, data):
    offset = data.draw(st.integers(0, len(text)))
    assert from_bytes(text, to_bytes(text, offset)) == offset


@given(text=texts, data=st.data())
def test_utf16_offsets_cut_where_a_browser_would(text, data):
    offset = data.draw(st.integers(0, len(text)))
    units = text.encode("utf-16-le")
    assert units[: 2 * to_utf16(text, offset)].decode("utf-16-le") == text[:offset]


@given(text=texts, data=st.data())
def test_every_utf16_offset_is_converted_or_refused_never_moved(text, data):
    units = text.encode("utf-16-le")
    offset = data.draw(st.integers(0, len(units) // 2))
    try:
        expected = len(units[: 2 * offset].decode("utf-16-le"))
    except UnicodeDecodeError:
        with pytest.raises(OffsetError, match="inside a character"):
            from_utf16(text, offset)
    else:
        assert from_utf16(text, offset) == expected


@given(text=texts, data=st.data())
def test_every_byte_offset_is_converted_or_refused_never_moved(text, data):
    stored = text.encode()
    offset = data.draw(st.integers(0, len(stored)))
    try:
        expected = len(stored[:offset].decode())
    except UnicodeDecodeError:
        with pytest.raises(OffsetError, match="inside a character"):
            from_bytes(text, offset)
    else:
        assert from_bytes(text, offset) == expected


@pytest.mark.parametrize("convert", [to_utf16, from_utf16, to_bytes, from_bytes])
@pytest.mark.parametrize("text", ["", "plain", "😀 ខ្មែរ"])
@pytest.mark.parametrize("offset", [-1, -40, 1_000])
def test_offset_outside_the_text_is_refused(convert, text, offset):
    with pytest.raises(OffsetError, match="outside the text"):
        convert(text, offset)


def test_offset_error_is_a_value_error_and_one_of_ours():
    assert issubclass(OffsetError, ValueError)
    assert issubclass(OffsetError, RejoinderError)


def test_emoji_counts_double_in_a_browser_and_fourfold_in_bytes():
    assert to_utf16("😀 370", 2) == 3
    assert to_bytes("😀 370", 2) == 5


def test_offset_between_the_units_of_an_emoji_names_its_neighbours():
    with pytest.raises(OffsetError, match="use 0 or 2"):
        from_utf16("😀", 1)


def test_a_zero_width_joiner_is_a_character_of_its_own():
    assert [from_utf16("👩‍⚖️", offset) for offset in (0, 2, 3, 4, 5)] == [0, 1, 2, 3, 4]


@given(text=texts)
def test_line_ends_become_newlines_and_nothing_else_changes(text):
    normal, _ = normalise_line_ends(text)
    assert "\r" not in normal
    assert normal == "\n".join(text.replace("\r\n", "\r").replace("\n", "\r").split("\r"))


@given(text=st.text(alphabet="a\r\n😀", max_size=20), data=st.data())
def test_remapped_offsets_point_at_the_same_place(text, data):
    normal, remap = normalise_line_ends(text)
    offset = data.draw(st.integers(0, len(text)))
    if text[max(0, offset - 1) : offset + 1] == "\r\n":
        assert normal[: remap(offset)] == normalise_line_ends(text[: offset + 1])[0]
    else:
        assert normal[: remap(offset)] == normalise_line_ends(text[:offset])[0]
        assert normal[remap(offset) :] == normalise_line_ends(text[offset:])[0]


@given(text=st.text(alphabet="a\r\n", max_size=20))
def test_remapped_offsets_keep_their_order(text):
    _, remap = normalise_line_ends(text)
    moved = [remap(offset) for offset in range(len(text) + 1)]
    assert moved == sorted(moved)


@pytest.mark.parametrize("offset", [-1, 4])
def test_remapping_refuses_an_offset_outside_the_old_text(offset):
    _, remap = normalise_line_ends("a\r\n")
    with pytest.raises(OffsetError, match="3 characters"):
        remap(offset)


def test_a_quote_after_windows_line_ends_is_found_again():
    came = "One.\r\nTwo.\r\n370 people"
    normal, remap = normalise_line_ends(came)
    start = came.index("370")
    assert normal[remap(start) : remap(start + 3)] == "370"


@given(text=texts, data=st.data(), width=st.integers(0, 40))
def test_context_and_span_are_one_stretch_of_the_text(text, data, width):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    prefix, suffix = context(text, start, end, width)
    assert prefix + text[start:end] + suffix == text[max(0, start - width) : end + width]


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2), (0, 4)])
def test_context_refuses_what_is_no_stretch_of_the_text(start, end):
    with pytest.raises(OffsetError, match="not a stretch"):
        context("abc", start, end)


@given(before=st.text(max_size=30), text=texts.filter(bool), data=st.data())
def test_a_span_is_found_again_after_words_are_put_before_it(before, text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    prefix, suffix = context(text, start, end)
    found = reanchor(before + text, text[start:end], prefix, suffix, len(before) + start)
    assert found is not None
    assert (before + text)[slice(*found)] == text[start:end]


@given(text=texts.filter(bool), data=st.data())
def test_a_span_of_an_unchanged_text_stays_where_it_is(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert reanchor(text, text[start:end], *context(text, start, end), start) == (start, end)


def test_context_decides_between_two_places():
    text = "In 2021 there were 64 cases. In 2022 there were 64 cases."
    assert reanchor(text, "64", "In 2022 there were ", " cases.", 0) == (48, 50)


def test_the_hint_decides_where_context_is_equal():
    assert reanchor("64 64 64", "64", "", "", 7) == (6, 8)
    assert reanchor("64 64 64", "64", "", "", 4) == (3, 5)


def test_overlapping_places_are_all_looked_at():
    assert reanchor("xaaay", "aa", "a", "y", 0) == (2, 4)


@pytest.mark.parametrize("quote", ["", "370"])
def test_words_that_are_gone_have_no_place(quote):
    assert reanchor("nothing of the kind", quote, "", "", 0) is None
