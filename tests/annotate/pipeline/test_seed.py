"""The article the tool was born from: facts and figures only, none of its sentences."""

from pathlib import Path

import pytest

from annotate.pipeline import propose_exclusions, read_document

SEED = Path(__file__).parents[4] / "shared" / "seed" / "000_736126dc7e3db3e7.txt"
pytestmark = [
    pytest.mark.seed,
    pytest.mark.skipif(not SEED.exists(), reason="the seed article is not beside the project"),
]


@pytest.fixture(scope="module")
def text():
    return SEED.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reading(text):
    return read_document(text, excluded=[(start, end) for start, end, _ in propose_exclusions(text)])


def test_teasers_are_left_out_from_where_they_begin(text):
    assert (7926, "teasers after the story") in [(start, reason) for start, _, reason in propose_exclusions(text)]


def test_all_eighteen_figures_with_what_they_count(reading):
    found = [(int(q.value), q.counted or q.unit) for q in reading.quantities]
    assert found == [
        (1000, "men"), (370, "suspected traffickers"), (332, "labour brokers"), (109, "suspected traffickers"), (64, "cases"), (4, "cases"),
        (37, "cases"), (23, "cases"), (38, "traffickers"), (1, "traffickers"), (35, "traffickers"), (2, "traffickers"),
        (256, "training sessions and workshops"), (12814, "law enforcement officers"), (7, "training sessions"), (286, "participants"),
        (2_200_000_000, "Cambodian riel"), (543_080, "US dollar"),
    ]  # fmt: skip


def test_figures_are_tied(reading):
    by_value = {int(q.value): q for q in reading.quantities}
    assert by_value[332].part_of == by_value[370].id
    assert {int(q.value) for q in reading.quantities if q.sums_to == by_value[64].id} == {4, 37, 23}
    assert {int(q.value) for q in reading.quantities if q.sums_to == by_value[38].id} == {1, 35, 2}
    assert by_value[543_080].converts == by_value[2_200_000_000].id
    assert by_value[109].period_start.year == by_value[64].period_start.year == 2021
    assert by_value[2_200_000_000].period_start.year == 2020


def test_speakers_are_resolved(reading):
    names = [a.speaker.name for a in reading.attributions if a.speaker]
    assert names.count("Trafficking in Persons [TIP] Report") >= 14
    assert names.count("Chou Bun Eng") == 6
    assert names.count("Chhay Kim Khoeun") == 3
    spokesman = next(a.speaker for a in reading.attributions if a.speaker and a.speaker.name == "Chhay Kim Khoeun")
    assert (spokesman.role, spokesman.organisation) == ("spokesman", "National Police")


def test_both_sides_have_claims(reading):
    roles = {claim.speaker: claim.role for claim in reading.claims}
    assert roles["Trafficking in Persons [TIP] Report"] == "assertion"
    assert roles["Chou Bun Eng"] == roles["Chhay Kim Khoeun"] == "response"
    assert any(claim.kind == "refusal" and claim.speaker == "Chhay Kim Khoeun" for claim in reading.claims)
