"""Highlighting never changes the text."""

from hypothesis import given
from hypothesis import strategies as st

from annotate.highlight import Mark, paragraphs, segments

TEXTS = st.text(alphabet=st.sampled_from("ab ក\n😀é"), max_size=80)


@given(text=TEXTS, data=st.data())
def test_segments_joined_are_the_text(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    offsets = st.integers(0, len(text))
    marks = [Mark(a, b, f"k{i}", "x") for i, (a, b) in enumerate(data.draw(st.lists(st.tuples(offsets, offsets))))]
    found = segments(text, start, end, marks)
    assert "".join(segment.text for segment in found) == text[start:end]
    position = start
    for segment in found:
        under = {mark.key for mark in marks if mark.start <= position and mark.end >= position + len(segment.text)}
        assert {mark.key for mark in segment.marks} == {
            mark.key for mark in marks if mark.key in under and mark.start < mark.end
        }
        position += len(segment.text)


@given(text=TEXTS, longest=st.integers(2, 20))
def test_paragraphs_hold_every_word_once(text, longest):
    found = list(paragraphs(text, longest=longest))
    assert all(left[1] <= right[0] for left, right in zip(found, found[1:], strict=False))
    assert "".join("".join(text[a:b].split()) for a, b in found) == "".join(text.split())


def test_outermost_mark_comes_first():
    inner, outer = Mark(2, 4, "b", "fig"), Mark(0, 6, "a", "claim")
    assert segments("abcdef", 0, 6, [inner, outer])[1].marks == (outer, inner)
