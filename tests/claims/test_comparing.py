"""Which questions laid-out readings raise: tables of small cases, without a database."""

import itertools

import pytest

from claims.comparing import AGREED, DECIDED, OPEN, WAITING, Decided, Figure, Statement, Tie, Work, compare, digest
from claims.matching import Span

SENTENCES = {"text": [0, 50, 100, 150, 200]}
count = itertools.count(1)


def claim(layer, start, end, *, role="assertion", key=None, none=False, figures=(), **values):
    key = key or f"{layer}{next(count)}"
    span = Span(key, "text", start, end)
    values = {"kind": "factual", "speaker": None, "speech": "narration", **values}
    return Statement(key, layer, key, role, span, values, f"none-{key}" if none else "", tuple(figures))


def link(layer, response, target=None, *, scope="claim", figures=(), **values):
    values = {"relation": "", "secondary_relation": "", "strategies": [], "disputed": [], **values}
    key = f"{layer}-link{next(count)}"
    return Tie(key, layer, response.key, scope, target.key if target else "", values, tuple(figures))


def work(*rows, layers="ab", gold=(), gold_ties=(), decided=(), tolerance="sentence"):
    return Work(
        layers=list(layers),
        statements=[row for row in rows if isinstance(row, Statement)],
        ties=[row for row in rows if isinstance(row, Tie)],
        gold=gold,
        gold_ties=gold_ties,
        decided=decided,
        documents=["text"],
        tolerance=tolerance,
        sentences=SENTENCES,
    )


def asked(*rows, **more):
    """Return [(kind, field, status, what differs)] of every question."""
    found = compare(work(*rows, **more))
    return [(row.kind, row.field, row.status, row.differs) for row in found.questions]


def decision(question, *, results=(), choice="taken", taken_from="a", fields=None):
    readings = {layer: dict(said) for layer, said in question.readings.items()}
    for layer, values in (fields or {}).items():
        readings[layer]["fields"] = values
    return Decided(
        key=f"decided{next(count)}",
        question=question.kind,
        field=question.field,
        items=question.items,
        readings=readings,
        digest=question.digest,
        choice=choice,
        taken_from=taken_from,
        results=tuple(results),
    )


CLAIM_TABLE = {
    "same words": ([("a", 0, 40), ("b", 0, 40)], [(AGREED, [])]),
    "one alone": ([("a", 0, 40)], [(OPEN, ["presence"])]),
    "other words of the sentence": ([("a", 0, 20), ("b", 25, 40)], [(OPEN, ["span"])]),
    "other end": ([("a", 0, 40), ("b", 0, 41)], [(OPEN, ["span"])]),
    "split": ([("a", 0, 90), ("b", 0, 45), ("b", 50, 90)], [(OPEN, ["split"])]),
    "apart": ([("a", 0, 40), ("b", 100, 140)], [(OPEN, ["presence"]), (OPEN, ["presence"])]),
}


@pytest.mark.parametrize(("rows", "wanted"), CLAIM_TABLE.values(), ids=CLAIM_TABLE)
def test_claims_are_compared_by_the_words_they_mark(rows, wanted):
    found = compare(work(*(claim(*row) for row in rows)))
    assert [(row.status, row.differs) for row in found.questions if row.kind == "claim"] == wanted


def test_exact_tolerance_leaves_near_claims_apart():
    rows = [claim("a", 0, 40), claim("b", 0, 41)]
    assert [row[2] for row in asked(*rows, tolerance="exact")] == [OPEN, OPEN]
    assert len(compare(work(*rows)).groups) == 1


def test_what_one_calls_an_assertion_and_another_a_response_is_one_question():
    assert asked(claim("a", 0, 40), claim("b", 0, 40, role="response")) == [("claim", "", OPEN, ["role"])]


def test_a_sentence_with_an_assertion_and_a_response_keeps_them_apart():
    rows = [
        claim("a", 0, 20),
        claim("b", 0, 20),
        claim("a", 25, 45, role="response"),
        claim("b", 25, 45, role="response"),
    ]
    assert [row[2] for row in asked(*rows)] == [AGREED, AGREED]


def test_names_of_matched_claims_correspond_one_to_many():
    found = compare(work(claim("a", 0, 90, key="R6"), claim("b", 0, 45, key="R7"), claim("b", 50, 90, key="R8")))
    assert found.correspondences() == [{"a": ["R6"], "b": ["R7", "R8"]}]


def test_a_single_layer_agrees_with_itself():
    response, target = claim("a", 0, 40, role="response"), claim("a", 100, 140)
    rows = (response, target, link("a", response, target, relation="rejects"))
    assert {row[2] for row in asked(*rows, layers="a")} == {AGREED}


def test_links_wait_for_their_claims_and_then_are_asked():
    ends = [
        claim(layer, start, start + 40, role=role)
        for layer in "ab"
        for start, role in ((0, "response"), (100, "assertion"))
    ]
    ends[0] = claim("a", 0, 30, role="response")
    rows = (*ends, link("a", ends[0], ends[1]))
    before = compare(work(*rows))
    question = next(row for row in before.questions if row.kind == "link")
    assert question.status == WAITING
    first, second = (row for row in before.questions if row.kind == "claim")
    gold = [claim("gold", 0, 30, role="response", key="g1"), claim("gold", 100, 140, key="g2")]
    decided = [decision(first, results=["g1"]), decision(second, results=["g2"], choice="agreed", taken_from="")]
    after = compare(work(*rows, gold=gold, decided=decided))
    assert next(row for row in after.questions if row.kind == "link").status == OPEN


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ({"relation": "rejects"}, {"relation": "rejects"}, []),
        ({"relation": "rejects"}, {"relation": "disputes"}, ["relation"]),
        # A facet not asked yet says nothing.
        ({"relation": "rejects"}, {"relation": ""}, []),
        ({"relation": "rejects", "strategies": ["none"]}, {"relation": "rejects", "strategies": []}, []),
        (
            {"relation": "rejects", "disputed": ["figure"]},
            {"relation": "rejects", "disputed": ["figure", "selection"]},
            ["disputed"],
        ),
        # Who labelled the relation and gave no second one says that there is none.
        (
            {"relation": "rejects", "secondary_relation": "undercuts"},
            {"relation": "rejects"},
            ["secondary_relation"],
        ),
    ],
)
def test_facets_of_links_both_made_are_compared_one_by_one(one, other, wanted):
    rows = []
    for layer, values in (("a", one), ("b", other)):
        response, target = claim(layer, 0, 40, role="response"), claim(layer, 100, 140)
        rows += [response, target, link(layer, response, target, **values)]
    assert [row[1] for row in asked(*rows) if row[0] == "field"] == wanted


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ({"kind": "figure"}, {"kind": "figure"}, []),
        ({"kind": "figure"}, {"kind": "factual"}, ["kind"]),
        ({"speaker": "x"}, {"speaker": None}, ["speaker"]),
        ({"period": ["2021-01-01", None]}, {}, ["period"]),
        ({"verification": "supported"}, {}, []),
        ({"verification": "supported"}, {"verification": "refuted"}, ["verification"]),
    ],
)
def test_fields_of_claims_both_made_are_compared_one_by_one(one, other, wanted):
    assert [
        row[1] for row in asked(claim("a", 0, 40, **one), claim("b", 0, 40, **other)) if row[0] == "field"
    ] == wanted


def test_a_layer_without_the_response_has_no_say_in_its_links():
    response, target = claim("a", 0, 40, role="response"), claim("a", 100, 140)
    rows = [response, target, claim("b", 100, 140), link("a", response, target)]
    question = next(row for row in compare(work(*rows)).questions if row.kind == "link")
    assert question.voters == ["a"]


def test_figures_are_compared_by_outcome_and_counter_figure():
    def pair(layer, outcome, counter="text 1 2"):
        figure = Figure(f"{layer}-f", "compare text 5 7", ["compare", outcome, counter, []])
        response, target = claim(layer, 0, 40, role="response"), claim(layer, 100, 140)
        return [response, target, link(layer, response, target, figures=[figure])]

    def outcomes(*rows):
        return [row[2] for row in asked(*rows) if row[0] == "comparison"]

    assert outcomes(*pair("a", "differs"), *pair("b", "differs")) == [AGREED]
    assert outcomes(*pair("a", "differs"), *pair("b", "same")) == [WAITING]
    assert outcomes(*pair("a", "differs"), *pair("b", "differs", counter=None)) == [WAITING]


def test_none_found_is_agreed_open_or_no_question_where_gold_has_a_response():
    both = [claim("a", 0, 40, none=True), claim("b", 0, 40, none=True)]
    assert [row[2] for row in asked(*both) if row[0] == "no_response"] == [AGREED]
    one = [claim("a", 0, 40, none=True), claim("b", 0, 40)]
    found = compare(work(*one))
    decided = [decision(found.questions[0], results=["g1"], choice="agreed", taken_from="")]
    gold = [claim("gold", 0, 40, key="g1"), claim("gold", 100, 140, role="response", key="g2")]
    assert [row[2] for row in asked(*one, gold=gold[:1], decided=decided) if row[0] == "no_response"] == [OPEN]
    answered = [link("gold", gold[1], gold[0], relation="rejects")]
    assert not [row for row in asked(*one, gold=gold, gold_ties=answered, decided=decided) if row[0] == "no_response"]


# What stands when somebody corrects something afterwards.


def decided_claim(*rows, **more):
    """Return (the decision to take the first layer's claim, the gold claim that came of it)."""
    question = compare(work(*rows, **more)).questions[0]
    gold = claim("gold", rows[0].span.start, rows[0].span.end, key="g1")
    values = {layer: {row.key: dict(row.values) for row in each} for layer, each in question.rows.items()}
    return decision(question, results=["g1"], fields=values), gold


def test_decision_stands_while_nobody_changes_anything():
    rows = [claim("a", 0, 40), claim("b", 0, 42)]
    decided, gold = decided_claim(*rows)
    found = compare(work(*rows, gold=[gold], decided=[decided]))
    assert [row.status for row in found.questions] == [DECIDED]


def test_correction_opens_the_question_again_with_the_earlier_decision_beside_it():
    rows = [claim("a", 0, 40), claim("b", 0, 42)]
    decided, gold = decided_claim(*rows)
    corrected = [rows[0], claim("b", 0, 45, key=rows[1].key)]
    question = compare(work(*corrected, gold=[gold], decided=[decided])).questions[0]
    assert (question.status, question.earlier, question.gold) == (OPEN, decided, [gold])


def test_claim_deleted_and_marked_again_alike_is_no_new_question():
    rows = [claim("a", 0, 40), claim("b", 0, 42)]
    decided, gold = decided_claim(*rows)
    again = [rows[0], claim("b", 0, 42)]
    assert [row.status for row in compare(work(*again, gold=[gold], decided=[decided])).questions] == [DECIDED]


def test_third_annotator_who_agrees_with_what_was_taken_opens_nothing():
    rows = [claim("a", 0, 40), claim("b", 0, 42)]
    decided, gold = decided_claim(*rows)
    for end, status in ((40, DECIDED), (44, OPEN)):
        more = [*rows, claim("c", 0, end)]
        found = compare(work(*more, layers="abc", gold=[gold], decided=[decided]))
        assert found.questions[0].status == status


def test_gold_moved_or_relabelled_by_hand_is_left_alone():
    rows = [claim("a", 0, 40, kind="figure"), claim("b", 0, 40, kind="figure")]
    decided, _ = decided_claim(*rows)
    by_hand = claim("gold", 0, 30, key="g1", kind="rating")
    assert [row.status for row in compare(work(*rows, gold=[by_hand], decided=[decided])).questions] == [DECIDED]


def test_label_both_corrected_alike_is_asked_because_gold_says_otherwise():
    rows = [claim("a", 0, 40, kind="figure"), claim("b", 0, 40, kind="figure")]
    decided, _ = decided_claim(*rows)
    gold = claim("gold", 0, 40, key="g1", kind="figure")
    corrected = [claim(row.layer, 0, 40, key=row.key, kind="rating") for row in rows]
    found = compare(work(*corrected, gold=[gold], decided=[decided]))
    assert [(row.kind, row.field, row.status) for row in found.questions] == [
        ("claim", "", DECIDED),
        ("field", "kind", OPEN),
    ]


def test_gold_claim_made_by_hand_is_shown_beside_the_question_it_overlaps():
    rows = [claim("a", 0, 40), claim("b", 0, 40)]
    gold = claim("gold", 0, 30)
    question = compare(work(*rows, gold=[gold])).questions[0]
    assert (question.status, question.gold) == (OPEN, [gold])


def test_what_nobody_marks_any_more_is_asked_once():
    rows = [claim("a", 0, 40), claim("b", 0, 42)]
    decided, gold = decided_claim(*rows)
    question = compare(work(gold=[gold], decided=[decided])).questions[0]
    assert (question.status, question.readings) == (OPEN, {})
    kept = Decided("k", "claim", "", question.items, {}, digest({}), "new", results=("g1",))
    assert compare(work(gold=[gold], decided=[kept])).questions[0].status == DECIDED


def test_digest_does_not_depend_on_the_order_of_layers():
    one = {"a": {"items": ["1"], "value": True}, "b": {"items": [], "value": False}}
    assert digest(one) == digest(dict(reversed(one.items())))
