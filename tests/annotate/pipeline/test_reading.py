"""What holds for any text: offsets, quotes, ids, and a blank language model."""

import json
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.pipeline import as_json, as_line, paragraphs_of, read_document

PIECES = st.sampled_from(
    ["“", "”", '"', "said", "he said", "The Ministry of Roads said ", "that ", "370 suspects", "\n\n", "\n", ". ", "😀", "ប្រទេសកម្ពុជា ", "مرحبا ", "\u202e", "e\u0301", "$5 million ", "(", ")", "[NCA]", " — ", "  ", "I cannot reveal it", "<script>", "according to ", "1/0", "\ufeff", "\u2028", "\x01", "\x1b[0m", "\u00a0", "İ", "١٢٣", "7's", "’s ", ", adding that ", ", it alleged, ", "Its director, ", "Ms A ", "aged 19 and 23 ", "3.4 million karvens ($610,000) ", "was accused by ", "of them ", "x" * 300, "9" * 60]
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(PIECES, max_size=25).map("".join),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=120),
)


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_every_mark_is_a_slice_of_any_text(text):
    reading = read_document(text)
    for item in (*reading.entities, *reading.quantities, *reading.attributions, *reading.claims):
        assert 0 <= item.start < item.end <= len(text)
        assert text[item.start : item.end] == item.quote
    ids = {quantity.id for quantity in reading.quantities}
    for quantity in reading.quantities:
        assert {quantity.part_of, quantity.sums_to, quantity.converts, quantity.change_from} - {None} <= ids
    for said in reading.attributions:
        assert said.stretches
        assert all(said.start <= low < high <= said.end for low, high in said.stretches)
        assert all(one[1] <= other[0] for one, other in zip(said.stretches, said.stretches[1:], strict=False))
    for claim in reading.claims:
        assert claim.stretches[0][0] == claim.start or claim.start <= claim.stretches[0][0]
        assert all(a < b for a, b in claim.stretches)
        assert 0 <= claim.score <= 1
    json.dumps(as_json(reading))
    json.dumps(as_line(text, reading))


@given(
    st.lists(st.sampled_from(["A short line.", "\n", "\n\n", "word " * 900, "x" * 7000, " "]), max_size=8).map("".join)
)
@settings(max_examples=40, deadline=None)
def test_paragraphs_cover_the_text_in_order_without_overlap(text):
    last = 0
    covered = ""
    for start, end in paragraphs_of(text):
        assert last <= start < end <= len(text)
        assert not text[last:start].strip()
        covered += text[start:end]
        last = end
    assert not text[last:].strip()


def test_excluded_stretches_are_not_tagged():
    text = "The Ministry of Roads built 40 bridges.\n\nRead more: 500 mules win a race."
    reading = read_document(text, excluded=[(41, len(text))])
    assert [quantity.quote for quantity in reading.quantities] == ["40"]
    assert all(item.end <= 41 for item in (*reading.entities, *reading.claims))


def test_offsets_count_code_points_after_emoji_and_khmer():
    text = "😀😀 ប្រទេស. The police arrested 370 people."
    (quantity,) = read_document(text).quantities
    assert text[quantity.start : quantity.end] == "370"


def test_blank_model_says_so_and_still_finds_figures_and_quotes():
    reading = read_document("“We built 40 bridges,” the minister said.", model="no_such_model_here")
    assert [int(quantity.value) for quantity in reading.quantities] == [40]
    assert reading.attributions[0].quote == "We built 40 bridges"
    assert "no_such_model_here" in reading.notes[0]


def test_other_languages_get_a_note():
    assert "km" in read_document("ប្រទេស 40", language="km").notes[-1]


@pytest.mark.parametrize(
    "module", ["annotate.pipeline", "annotate.pipeline.pairs", "annotate.pipeline.cli", "annotate.pipeline.exclusions"]
)
def test_importing_loads_no_language_model(module):
    code = f"import sys, {module}; assert not {{'spacy', 'pint', 'babel', 'django', 'numpy'}} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "text",
    [
        "½ of it, it quoted 7's ",  # a possessive after a figure, and nothing behind
        "“" * 3000,
        "said " * 4000,
        "The Ministry of " * 1500,
        "A" * 20_000,
        "((((" * 3000 + "$5",
        "\u202e" * 500 + "370 people",
        "e\u0301" * 4000,
    ],
)
def test_odd_and_long_texts_are_read_in_seconds(text):
    begun = time.monotonic()
    read_document(text)
    assert time.monotonic() - begun < 20
