"""The label schema is data; here it is held against its own rules and its manual. Plain Python, no database."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
VOCABULARIES = json.loads((ROOT / "fixtures" / "labels.json").read_text(encoding="utf-8"))["vocabularies"]
DEFAULT = VOCABULARIES[0]
FACETS = [
    (vocabulary["key"], facet, labels) for vocabulary in VOCABULARIES for facet, labels in vocabulary["facets"].items()
]
MANUAL = (ROOT / "docs" / "labels.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("vocabulary", "facet", "labels"), FACETS)
def test_every_facet_can_say_unclear_and_other(vocabulary, facet, labels):
    keys = [label["key"] for label in labels]
    assert len(keys) == len(set(keys))
    assert keys[-2:] == ["unclear", "other"]
    assert labels[-1]["wants_note"]
    assert [label["order"] for label in labels] == list(range(1, len(labels) + 1))


def test_only_facets_with_several_values_have_none():
    for facet, labels in DEFAULT["facets"].items():
        assert ("none" in {label["key"] for label in labels}) == DEFAULT["about"][facet]["several"], facet


@pytest.mark.parametrize(("vocabulary", "facet", "labels"), FACETS)
def test_every_label_has_a_phrase_one_sentence_and_an_example(vocabulary, facet, labels):
    for label in labels:
        assert 0 < len(label["phrase"]) <= 45, label["key"]
        assert re.fullmatch(r"[^.]+\.", label["definition"]), label["key"]
        assert label["example"]


def test_digits_choose_the_relation():
    digits = {label["key"]: label["shortcut"] for label in DEFAULT["facets"]["relation"]}
    assert list(digits.values()) == list("1234567890")
    assert (digits["unclear"], digits["other"]) == ("9", "0")
    for facet, labels in DEFAULT["facets"].items():
        assert facet == "relation" or not any(label["shortcut"] for label in labels)


def test_stance_is_computed_from_the_relation():
    stances = {}
    for label in DEFAULT["facets"]["relation"]:
        stances.setdefault(label["stance"], set()).add(label["key"])
    assert stances == {
        "agree": {"concedes", "acts"},
        "dispute": {"rejects", "disputes", "undercuts"},
        "neutral": {"qualifies", "deflects"},
        "none": {"unrelated", "unclear", "other"},
    }


@pytest.mark.parametrize("vocabulary", VOCABULARIES[1:], ids=lambda vocabulary: vocabulary["key"])
def test_other_vocabularies_map_onto_the_default(vocabulary):
    keys = {label["key"] for label in DEFAULT["facets"]["relation"]}
    assert all(label["maps_to"] in keys for label in vocabulary["facets"]["relation"])


def test_nothing_but_verification_speaks_of_truth():
    for facet, labels in DEFAULT["facets"].items():
        for label in labels if facet != "verification" else []:
            said = f"{label['phrase']} {label['definition']}".lower()
            assert not re.search(r"\b(true|truth|false|lie|lies|lying|wrong|refuted|verified)\b", said), label["key"]


@pytest.mark.parametrize(("vocabulary", "facet", "labels"), FACETS)
def test_the_manual_explains_every_label(vocabulary, facet, labels):
    for label in labels:
        assert f"`{label['key']}`" in MANUAL
        assert label["definition"] in MANUAL
        assert label["phrase"] in MANUAL
        assert label["example"] in MANUAL
