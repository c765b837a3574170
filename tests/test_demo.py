"""The demo dossier is data; here it is held against its own texts. Plain Python, no database."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "fixtures" / "demo"
SEED = ROOT.parent / "shared" / "seed"

DOSSIER = json.loads((DEMO / "dossier.json").read_text(encoding="utf-8"))
TEXTS = {
    document["key"]: (DEMO / document["text"]).read_bytes().decode("utf-8")
    for document in DOSSIER["documents"]
    if document["text"]
}
CLAIMS = {claim["key"]: claim for claim in DOSSIER["claims"]}
LINKS = {link["key"]: link for link in DOSSIER["links"]}
ACTORS = {actor["key"] for actor in DOSSIER["actors"]}
LABELS = {
    facet: {label["key"] for label in labels}
    for facet, labels in json.loads((ROOT / "fixtures" / "labels.json").read_text(encoding="utf-8"))["vocabularies"][0][
        "facets"
    ].items()
}


def find(text: str, quote: str, occurrence: int) -> int:
    """Where the quote stands for the nth time, counted from 1, in code points; -1 when it does not."""
    start = -1
    for _ in range(occurrence):
        start = text.find(quote, start + 1)
        if start < 0:
            return -1
    return start


def places(node, document=None):
    """Every (document, quote, occurrence) below this node; stretches and exclusions take their owner's document."""
    if isinstance(node, list):
        for item in node:
            yield from places(item, document)
    elif isinstance(node, dict):
        document = node.get("document", document)
        if "occurrence" in node:
            yield document, node["quote"], node["occurrence"]
        for value in node.values():
            yield from places(value, document)


def all_places():
    for document in DOSSIER["documents"]:
        yield from places(document["excluded"], document["key"])
    yield from places({name: part for name, part in DOSSIER.items() if name != "documents"})


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def number(place) -> int:
    spelled = {"one": 1, "five": 5, "seven": 7, "fifty-eight": 58}
    quote = place["quote"].lower()
    return spelled[quote] if quote in spelled else int(quote)


# The texts and the places in them


@pytest.mark.parametrize(("document", "quote", "occurrence"), list(all_places()))
def test_every_quote_stands_in_its_text(document, quote, occurrence):
    start = find(TEXTS[document], quote, occurrence)
    assert start >= 0, f"{document} does not hold {quote!r} {occurrence} times"
    assert TEXTS[document][start : start + len(quote)] == quote


def test_a_long_quote_never_needs_an_occurrence():
    excluded_headline = 2
    for document, quote, occurrence in all_places():
        if len(quote) > 12 and occurrence != excluded_headline:
            assert TEXTS[document].count(quote) == 1 or occurrence > 1, quote


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_texts_are_clean_and_of_a_readable_length(name):
    text = TEXTS[name]
    assert "\r" not in text
    assert "\x00" not in text
    assert 350 <= len(text.split()) <= 600


def test_quantity_marks_do_not_cut_a_number_in_two():
    for comparison in DOSSIER["comparisons"]:
        for place in filter(None, [comparison["quantity"], comparison["counter"], *comparison.get("parts", [])]):
            text = TEXTS[place["document"]]
            start = find(text, place["quote"], place["occurrence"])
            end = start + len(place["quote"])
            assert not re.match(r"\w", text[start - 1]), place
            assert not re.match(r"\w|[.,]\d", text[end : end + 2]), place


def test_stretches_are_ordered_and_apart():
    for claim in CLAIMS.values():
        end = -1
        for stretch in claim["stretches"]:
            start = find(TEXTS[claim["document"]], stretch["quote"], stretch["occurrence"])
            assert start > end, claim["key"]
            end = start + len(stretch["quote"])
    assert any(len(claim["stretches"]) > 1 for claim in CLAIMS.values())


def test_story_looks_like_a_saved_page():
    story, title = TEXTS["story"], DOSSIER["documents"][1]["title"]
    assert story.count(title) == 3  # once in the page's title line, then twice as a headline
    kept = story
    for exclusion in DOSSIER["documents"][1]["excluded"][::-1]:
        start = find(story, exclusion["quote"], exclusion["occurrence"])
        kept = kept[:start] + kept[start + len(exclusion["quote"]) :]
    assert kept.count(title) == 1
    assert "Kelp growers" not in kept
    assert "COURIER ARCHIVE" not in kept


def test_no_claim_lies_in_an_excluded_stretch():
    for document in DOSSIER["documents"]:
        for exclusion in document["excluded"]:
            start = find(TEXTS[document["key"]], exclusion["quote"], exclusion["occurrence"])
            end = start + len(exclusion["quote"])
            for claim in CLAIMS.values():
                for stretch in claim["stretches"] if claim["document"] == document["key"] else []:
                    claim_start = find(TEXTS[document["key"]], stretch["quote"], stretch["occurrence"])
                    assert claim_start >= end or claim_start + len(stretch["quote"]) <= start, claim["key"]


# The figure patterns


def test_parts_add_up_to_their_whole_twice():
    sums = [(c["quantity"], c["parts"]) for c in DOSSIER["comparisons"] if "parts" in c]
    sums += [(step["whole"], step["parts"]) for step in DOSSIER["first_minute"] if step["shows"] == "sum"]
    assert len(sums) == 2
    for whole, parts in sums:
        assert sum(map(number, parts)) == number(whole)


@pytest.mark.parametrize("document", ["report", "story"])
def test_a_part_stays_below_its_whole(document):
    found = re.findall(r"(\d+)(?: [a-z-]+)+, including (\d+)", TEXTS[document])
    assert found
    assert all(int(part) < int(whole) for whole, part in found)


def test_both_currency_pairs_have_one_rate():
    pairs = re.findall(r"([\d.]+) million lorins \(\$([\d.]+) million\)", " ".join(TEXTS.values()))
    assert len(pairs) == 2
    assert {Decimal(local) / Decimal(dollars) for local, dollars in pairs} == {Decimal(15)}


def test_figure_outcomes_agree_with_the_figures():
    outcomes = set()
    for comparison in DOSSIER["comparisons"]:
        outcomes.add(comparison["outcome"])
        if comparison["counter"]:
            equal = number(comparison["quantity"]) == number(comparison["counter"])
            assert equal == (comparison["outcome"] == "same"), comparison["key"]
    assert {"same", "differs", "not_comparable", "no_counter_figure", "withheld"} <= outcomes
    assert any(c["ruling"] and c["ruling"]["justification"] for c in DOSSIER["comparisons"])


def test_a_third_of_those_asked_is_not_a_third_of_all():
    asked, unpaid = map(int, re.search(r"Of (\d+) crew members .*?, (\d+) said", TEXTS["report"]).groups())
    assert abs(Decimal(unpaid) / asked - Decimal(1) / 3) < Decimal("0.02")
    assert CLAIMS["A15"]["restates"]["how"] == "differs"


# The annotation


def test_keys_are_unique_and_claims_are_numbered_by_role():
    for name in ("documents", "actors", "claims", "links", "no_responses", "comparisons", "assessments"):
        keys = [row["key"] for row in DOSSIER[name]]
        assert len(keys) == len(set(keys)), name
    for role, letter in (("assertion", "A"), ("response", "R")):
        keys = [key for key, claim in CLAIMS.items() if claim["role"] == role]
        assert keys == [f"{letter}{n}" for n in range(1, len(keys) + 1)]


def test_everything_named_exists():
    owners = {
        "claim": CLAIMS,
        "link": LINKS,
        "no_response": {row["key"] for row in DOSSIER["no_responses"]},
        "comparison": {row["key"] for row in DOSSIER["comparisons"]},
        "assessment": {row["key"] for row in DOSSIER["assessments"]},
    }
    documents = {document["key"] for document in DOSSIER["documents"]}
    for document in DOSSIER["documents"]:
        assert document["publisher"] in ACTORS
    for actor in DOSSIER["actors"]:
        assert actor["organisation"] in ACTORS | {""}
    for claim in CLAIMS.values():
        assert claim["speaker"] in ACTORS
        assert claim["reporter"] in ACTORS | {None}
        assert claim["restates"] is None or claim["restates"]["claim"] in CLAIMS
    for link in LINKS.values():
        assert CLAIMS[link["response"]]["role"] == "response"
        assert link["response"] != link["target"]
        kinds = {"claim": CLAIMS, "work": documents, "continues": CLAIMS, "questioner": {None}, "open": {None}}
        assert link["target"] in kinds[link["scope"]], link["key"]
    for row in DOSSIER["citations"] + DOSSIER["comparisons"]:
        assert row.get("key" if "stance" in row else "target") in owners[row["on"]]
    for row in DOSSIER["no_responses"]:
        assert CLAIMS[row["assertion"]]["role"] == "assertion"
        assert set(row["documents"]) <= set(TEXTS)


def test_every_label_is_in_the_default_vocabulary():
    for link in LINKS.values():
        assert link["relation"] in LABELS["relation"]
        assert link["secondary_relation"] in LABELS["relation"] | {None}
        assert set(link["strategies"]) <= LABELS["strategy"]
        assert set(link["disputed"]) <= LABELS["disputed"]
        assert len(link["strategies"]) == 1 or "none" not in link["strategies"]
        assert len(link["disputed"]) == 1 or "none" not in link["disputed"]
    assert {claim["kind"] for claim in CLAIMS.values()} <= LABELS["claim_kind"]
    assert {citation["stance"] for citation in DOSSIER["citations"]} <= LABELS["stance_of_citation"]
    assert {comparison["outcome"] for comparison in DOSSIER["comparisons"]} <= LABELS["figure_outcome"]
    assert {row["verification"] for row in DOSSIER["assessments"]} <= LABELS["verification"]


def test_a_verdict_has_a_justification_and_a_citation():
    for row in DOSSIER["assessments"]:
        if row["verification"] in {"supported", "refuted", "conflicting", "not_enough_evidence"}:
            assert row["justification"]
            assert any(c["key"] == row["key"] and c["stance"] != "context" for c in DOSSIER["citations"])


def test_a_claim_is_never_cited_for_itself():
    for citation in DOSSIER["citations"]:
        if citation["on"] == "claim" and "quote" in citation:
            assert all(citation["quote"] not in s["quote"] for s in CLAIMS[citation["key"]]["stretches"])


def test_no_linked_assertion_is_recorded_as_without_response():
    linked = {link["target"] for link in LINKS.values()}
    assert not linked & {row["assertion"] for row in DOSSIER["no_responses"]}


def test_enough_is_left_for_the_visitor():
    left = DOSSIER["left_for_visitor"]
    marked = [stretch["quote"] for claim in CLAIMS.values() for stretch in claim["stretches"]]
    assert len(left["responses"]) >= 4
    for row in left["responses"] + left["assertions"]:
        assert not any(row["quote"] in quote or quote in row["quote"] for quote in marked)
    done = {link["target"] for link in LINKS.values()} | {row["assertion"] for row in DOSSIER["no_responses"]}
    assert len(left["without_response"]) >= 3
    assert not done & set(left["without_response"])
    assert left["pair"]["response"] not in {link["response"] for link in LINKS.values()}
    assert left["sum"] not in {comparison["target"] for comparison in DOSSIER["comparisons"]}
    assert {"claim": left["check"], "verification": "unchecked"}.items() <= DOSSIER["assessments"][1].items()


def test_the_demo_lives_on_example_org():
    for address in re.findall(r"https?://[^/\"]+", json.dumps(DOSSIER)):
        assert address.endswith("example.org")


@pytest.mark.seed
def test_nine_words_in_a_row_never_come_from_the_seed():
    if not SEED.is_dir():
        pytest.skip(f"{SEED} is absent: nothing to compare the demo with")
    ours = [
        *DEMO.iterdir(),
        ROOT / "fixtures" / "labels.json",
        ROOT / "docs" / "labels.md",
        ROOT / "docs" / "glossary.md",
    ]
    for seed in SEED.glob("*.txt"):
        theirs = words(seed.read_text(encoding="utf-8"))
        runs = {tuple(theirs[i : i + 9]) for i in range(len(theirs) - 8)}
        for path in ours:
            mine = words(path.read_text(encoding="utf-8"))
            shared = [mine[i : i + 9] for i in range(len(mine) - 8) if tuple(mine[i : i + 9]) in runs]
            assert not shared, f"{path.name} repeats the seed: {' '.join(shared[0])}"
