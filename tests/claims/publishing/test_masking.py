from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.publishing.licences import may_redistribute
from claims.publishing.masking import Masks, Pseudonyms, masked, merged


@pytest.fixture
def masks():
    found = Masks()
    found.document = uuid4()
    found.add(found.document, 0, 10, "Rosa Lindqvist"[:10])
    found.add(found.document, 20, 34, "Rosa Lindqvist")
    return found


def test_marked_words_are_masked_wherever_they_stand(masks):
    assert masks.in_words("As Rosa  Lindqvist said, ROSA LINDQVIST.") == "As ███████████████ said, ██████████████."


def test_words_inside_other_words_stay(masks):
    assert masks.in_words("Rosa Lindqvists") == "Rosa Lindqvists"


def test_script_without_upper_case_is_masked_inside_a_run():
    masks = Masks()
    masks.add(uuid4(), 0, 4, "សុភា")
    assert masks.in_words("លោកសុភាបាន") == "លោក████បាន"


def test_number_is_masked_only_where_it_was_marked():
    masks, document = Masks(), uuid4()
    masks.add(document, 4, 6, "44")
    assert masks.in_words("44 cases") == "44 cases"
    assert masks.stretches(document, "Age 44, of 44") == ((4, 6),)


def test_address_that_holds_a_marked_name_goes(masks):
    assert masks.in_address("https://example.org/2025/rosa-lindqvist-freed") == ""
    assert masks.in_address("https://example.org/2025/freed") == "https://example.org/2025/freed"


def test_texts_inside_values_are_masked(masks):
    assert masks.in_value({"a": ["Rosa Lindqvist", 3]}) == {"a": ["██████████████", 3]}


@given(text=st.text(min_size=1), data=st.data())
def test_masking_keeps_length_and_line_ends(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    found = masked(text, [(start, end)])
    assert len(found) == len(text)
    assert [at for at, char in enumerate(text) if char == "\n"] == [at for at, char in enumerate(found) if char == "\n"]
    assert found[:start] + found[end:] == text[:start] + text[end:]
    assert not found[start:end].replace("\n", "").strip("█")


def test_stretch_outside_its_text_is_refused():
    with pytest.raises(ValueError, match="no stretch 2–9 in a text of 3"):
        masked("abc", [(2, 9)])


def test_overlapping_stretches_become_one():
    assert merged([(4, 9), (0, 2), (2, 3), (5, 6)]) == ((0, 3), (4, 9))


def test_pseudonyms_last_from_release_to_release():
    first = Pseudonyms({})
    assert [first.of(name) for name in ("ben", "anna", "ben")] == ["person-1", "person-2", "person-1"]
    # Anna is named in nothing now; her pseudonym is still hers.
    second = Pseudonyms({"ben": "person-1"}, taken=2)
    assert second.of("carol") == "person-3"
    assert second.in_words("ask @ben, not @else or ben@example.org") == "ask @person-1, not @else or ben@example.org"


@pytest.mark.parametrize(
    ("licence", "is_open"),
    [
        ("CC0-1.0", True), ("CC-BY-4.0", True), ("CC-BY-NC-ND-4.0", True), ("OGL-UK-3.0", True), ("public domain", True),
        ("LicenseRef-permission", True), ("", False), ("all rights reserved", False), ("proprietary", False),
        ("MITRE", False),
    ],
)  # fmt: skip
def test_only_licences_known_to_allow_it_let_a_text_out(licence, is_open):
    assert may_redistribute(licence) is is_open
