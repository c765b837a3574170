"""Settling: gold and its provenance, re-adjudication after corrections, and what undo takes back."""

import random

import pytest
from django.core.exceptions import ValidationError

from claims import adjudication, annotating
from claims.adjudication import Overtaken, Table, begin, gold_layer, settle, settle_links, take_over, undo_last
from claims.comparing import AGREED, DECIDED, OPEN, WAITING
from claims.errors import NothingToUndo
from claims.models import Act, Change, Citation, Claim, Decision, FigureComparison, Link, NoResponse, Settlement
from tests.claims import two_readings
from tests.claims.test_exchange import empty_database, export_bytes, import_bytes
from tests.factories import (
    make_citation,
    make_document,
    make_dossier,
    make_layer,
    make_member,
    make_project,
    make_quantity,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return two_readings.make()


def gold_act(world, verb="settle", actor=None):
    return Act(
        actor=actor or world.editor,
        project=world.project,
        layer=gold_layer(world.project),
        dossier=world.dossier,
        verb=verb,
    )


def take_all(world):
    with gold_act(world, "take over") as act:
        return take_over(act)


def ask(world, kind, field="", name=None):
    """Return (table, the open question of that kind about the claim that goes by ``name`` in the two readings)."""
    table = Table.of(world.dossier)
    keys = {str(rows[name].pk) for rows in world.rows.values() if name in rows}
    for question in table.questions:
        about = {row.key for row in question.about.statements} if question.about else set()
        if (question.kind, question.field) == (kind, field) and (name is None or keys & about):
            return table, question
    raise AssertionError(f"no question {kind} {field} about {name}")


def decide(world, kind, name=None, field="", *, choice="taken", layer="ann", **more):
    with gold_act(world) as act:
        table, question = ask(world, kind, field, name)
        taken = world.layers[layer] if choice == "taken" else None
        return settle(act, table, question, choice=choice, taken_from=taken, **more)


def statuses(world):
    return {question.key: question.status for question in Table.of(world.dossier).questions}


def golden(world, model=Claim):
    return list(model.objects.live().filter(layer=gold_layer(world.project)))


def finish(world, rng):
    """Decide whatever is open, in any way that is offered, until nothing is; returns how many decisions it took."""
    take_all(world)
    for count in range(400):
        table = Table.of(world.dossier)
        open_now = [question for question in table.questions if question.status == OPEN]
        if not open_now:
            take_all(world)
            if not [row for row in Table.of(world.dossier).questions if row.status == OPEN]:
                return count
            continue
        question = rng.choice(open_now)
        having = [layer for layer, said in question.readings.items() if said["items"]]
        ways = [("taken", layer) for layer in having]
        if question.kind != "field" or question.field in adjudication.MAY_BE_NOTHING:
            ways.append(("neither", None))
        if question.kind in ("claim", "comparison") and len(having) > 1:
            ways.append(("both", None))
        if question.gold:
            ways.append(("keep", None))
        choice, layer = rng.choice(ways)
        with gold_act(world) as act:
            settle(act, table, question, choice=choice, taken_from=layer)
    raise AssertionError("it never ends")


# What is asked.


def test_two_readings_raise_the_questions_they_should(world):
    take_all(world)
    table = Table.of(world.dossier)
    for kind, field, name in two_readings.DIFFERENCES:
        question = ask(world, kind, field, name)[1]
        assert question.status in (OPEN, WAITING), (kind, field, name)
    assert table.tally()["agreed"] == 0


def test_taking_over_what_is_agreed_makes_gold_equal_to_both(world):
    counted = Table.of(world.dossier).agreed()
    assert take_all(world) == counted == {"claim": 14, "link": 5, "no_response": 1}
    for name in two_readings.BOTH_MARK:
        for layer in ("ann", "ben"):
            row = world.rows[layer][name]
            same = [
                gold
                for gold in golden(world)
                if (gold.document_id, gold.start, gold.end) == (row.document_id, row.start, row.end)
            ]
            assert len(same) == 1
            assert (same[0].role, same[0].kind, same[0].speaker_id) == (row.role, row.kind, row.speaker_id)
    links = {str(link): link for link in golden(world, Link)}
    assert len(links) == 5
    theirs = world.rows["ann"]["payroll → inspectors"]
    gold = next(link for link in links.values() if link.response.quote == theirs.response.quote)
    assert (gold.relation, gold.strategies, gold.disputed) == (theirs.relation, theirs.strategies, theirs.disputed)
    assert [row.assertion.quote for row in golden(world, NoResponse)] == [world.rows["ann"]["night"].quote]


def test_taking_over_is_one_act_with_its_provenance_and_undone_as_one(world):
    before = statuses(world)
    take_all(world)
    assert Change.objects.filter(layer__kind="gold").values("act").distinct().count() == 1
    settlement = Settlement.objects.filter(question="claim").first()
    assert (settlement.choice, settlement.created_by, settlement.compared.count()) == ("agreed", world.editor, 2)
    assert Claim.objects.get(pk=settlement.results[0]).created_by == world.editor
    undo_last(world.dossier, actor=world.editor, layer=gold_layer(world.project))
    assert statuses(world) == before
    assert not golden(world)
    with pytest.raises(NothingToUndo):
        undo_last(world.dossier, actor=world.editor, layer=gold_layer(world.project))


def test_facet_that_differs_stays_empty_in_gold_until_it_is_settled(world):
    take_all(world)
    log = next(link for link in golden(world, Link) if link.response.quote == world.rows["ann"]["log"].quote)
    assert (log.relation, log.strategies, log.disputed) == ("", ["appeals_to_rule"], [])
    decide(world, "field", "log", "relation", layer="ben")
    decide(world, "field", "log", "disputed", choice="both")
    log.refresh_from_db()
    assert (log.relation, log.disputed) == ("rejects", ["figure", "time_frame"])


# Deciding.


def test_claim_split_by_one_is_taken_whole_or_in_parts(world):
    decide(world, "claim", "cases", layer="ben")
    assert [row.quote for row in golden(world)] == [world.rows["ben"][name].quote for name in ("cases", "fleets")]
    decide(world, "claim", "cases", layer="ann")
    assert [row.quote for row in golden(world)] == [world.rows["ann"]["cases"].quote]
    assert Settlement.objects.live().get().taken_from == world.layers["ann"]


def test_rightly_nothing_is_a_decision_and_its_links_fall_away(world):
    take_all(world)
    assert decide(world, "claim", "trust", choice="neither", note="Not about the report.").results == []
    assert ask(world, "claim", "", "trust")[1].status == DECIDED
    with pytest.raises(AssertionError, match="no question link"):
        ask(world, "link", "", "trust")


def test_claim_only_one_has_brings_its_links_along(world):
    take_all(world)
    decide(world, "claim", "cases", layer="ben")
    decide(world, "claim", "trust", layer="ben")
    link = next(link for link in golden(world, Link) if link.response.quote == world.rows["ben"]["trust"].quote)
    assert (link.relation, link.target_claim.quote) == ("qualifies", world.rows["ben"]["cases"].quote)
    settlement = Settlement.objects.get(question="link", results=[str(link.pk)])
    assert (settlement.choice, settlement.taken_from) == ("taken", world.layers["ben"])


def test_targets_of_one_response_are_settled_together(world):
    take_all(world)
    for choice, layer, wanted in (
        ("taken", "ben", ["boarded"]),
        ("both", None, ["boarded", None]),
        ("neither", None, []),
    ):
        with gold_act(world) as act:
            table = Table.of(world.dossier)
            keys = {str(rows["dates"].pk) for rows in world.rows.values()}
            asked = [
                question
                for question in table.questions
                if question.kind == "link" and keys & {row.key for row in question.about.statements}
            ]
            settle_links(act, table, asked, choice=choice, taken_from=layer and world.layers[layer])
        links = [row for row in golden(world, Link) if row.response.quote == world.rows["ann"]["dates"].quote]
        quotes = {world.rows["ann"][name].quote if name else None for name in wanted}
        assert {link.target_claim and link.target_claim.quote for link in links} == quotes


def test_new_span_and_new_value_are_taken_as_given(world):
    start, end = two_readings.place(world, "story", "We have done what", "in all nine ports")
    decide(world, "claim", "means", choice="new", value={"start": start, "end": end})
    gold = golden(world)[0]
    assert gold.quote == "We have done what our means allow, in all nine ports"
    decide(world, "field", "means", "kind", choice="new", value="commitment")
    gold.refresh_from_db()
    assert gold.kind == "commitment"


def test_choice_that_does_not_fit_is_refused_in_words(world):
    take_all(world)
    for more in (
        {"choice": "both"},
        {"choice": "neither"},
        {"choice": "sideways"},
        {"choice": "new", "value": "no such"},
    ):
        with pytest.raises(ValidationError):
            decide(world, "field", "log", "relation", **more)
    assert not Settlement.objects.filter(question="field").exists()


def test_evidence_and_mended_figures_are_carried_into_gold(world):
    own = make_quantity(world.documents["report"], "nine ports", "9", layer=world.layers["ann"])
    link = world.rows["ann"]["payroll → inspectors"]
    make_citation(link, title="Payroll")
    with two_readings.act_of(world, "ann") as act:
        annotating.decide(
            act, "mended", mention=world.figures["19"], reading={"value": "20", "kind": "count", "modifier": "="}
        )
        annotating.compare(act, link=link, quantity=own.mention, outcome="no_counter_figure")
    take_all(world)
    gold_link = next(row for row in golden(world, Link) if row.response.quote == link.response.quote)
    assert [row.title for row in Citation.objects.filter(link=gold_link)] == ["Payroll"]
    for _ in range(2):
        table = Table.of(world.dossier)
        question = next(row for row in table.questions if row.kind == "comparison" and row.status == OPEN)
        with gold_act(world) as act:
            settle(act, table, question, choice="taken", taken_from=world.layers["ann"])
    mine = {row.quantity.quote: row for row in FigureComparison.objects.filter(link=gold_link)}
    assert mine["nine ports"].quantity.layer == gold_layer(world.project)
    assert mine["nine ports"].quantity.quantity.value == 9
    mended = Decision.objects.get(layer=gold_layer(world.project), mention=world.figures["19"])
    assert mended.reading["value"] == "20"


def test_one_annotator_alone_is_taken_over_in_one_step():
    world = two_readings.make(people=("ann",))
    take_all(world)
    assert len(golden(world)) == len(two_readings.ANN_MARKS)
    assert len(golden(world, Link)) == len(two_readings.ANN_LINKS)
    assert set(Settlement.objects.values_list("choice", flat=True)) == {"taken"}
    assert set(statuses(world).values()) == {DECIDED}


def test_third_annotator_is_compared_too():
    world = two_readings.make(people=("ann", "ben", "cem"))
    table, question = ask(world, "claim", "", "licences")
    assert [[table.layer_of[key].name for key in layers] for layers, _ in question.options()] == [["Ann", "Cem"]]


# Two editors, and undo.


def test_question_that_is_no_longer_as_it_was_seen_is_not_decided(world):
    table, question = ask(world, "claim", "", "means")
    digest, seen = question.digest, question.seen
    decide(world, "claim", "means", layer="ann")
    with gold_act(world) as act, pytest.raises(Overtaken):
        begin(act).find(question.key, digest=digest, seen=seen)
    assert len([row for row in golden(world) if row.document == world.documents["story"]]) == 1


def test_undo_takes_back_a_decision_with_what_it_brought_and_the_one_before_stands_again(world):
    take_all(world)
    before = statuses(world)
    first = decide(world, "claim", "cases", layer="ben")
    middle, claims = statuses(world), {row.pk for row in golden(world)}
    decide(world, "claim", "cases", layer="ann")
    undo_last(world.dossier, actor=world.editor, layer=gold_layer(world.project))
    assert statuses(world) == middle
    assert {row.pk for row in golden(world)} == claims
    first.refresh_from_db()
    assert first.deleted_at is None
    undo_last(world.dossier, actor=world.editor, layer=gold_layer(world.project))
    assert statuses(world) == before


# Corrections afterwards.


def test_correction_opens_only_what_it_touches_and_keeps_the_rest(world):
    rng = random.Random(7)
    finish(world, rng)
    decided = set(Settlement.objects.live().values_list("pk", flat=True))
    link = world.rows["ben"]["log → boarded"]
    link.refresh_from_db()
    with two_readings.act_of(world, "ben") as act:
        annotating.change(act, link, seen=link.version, relation="qualifies")
    table = Table.of(world.dossier)
    opened = [question for question in table.questions if question.status != DECIDED]
    assert [(question.kind, question.field) for question in opened] == [("field", "relation")]
    assert str(opened[0].earlier.key) in map(str, decided)
    assert set(Settlement.objects.live().values_list("pk", flat=True)) == decided


def test_gold_edited_by_hand_is_not_overwritten(world):
    finish(world, random.Random(3))
    gold = next(row for row in golden(world) if row.quote == world.rows["ann"]["inspectors"].quote)
    with gold_act(world, "by hand") as act:
        annotating.change(act, gold, seen=gold.version, kind="rating")
        annotating.move(act, gold, seen=gold.version, start=gold.start, end=gold.end - 1)
    with two_readings.act_of(world, "ann") as act:
        annotating.mark(act, document=world.documents["report"], start=0, end=10, role="assertion")
    take_all(world)
    gold.refresh_from_db()
    assert (gold.kind, gold.quote[-10:]) == ("rating", "nine ports")
    # And once the annotators disagree about it, what stands in gold is left as it is by one key.
    row = world.rows["ben"]["inspectors"]
    row.refresh_from_db()
    with two_readings.act_of(world, "ben") as act:
        annotating.move(act, row, seen=row.version, start=row.start, end=row.end - 5)
    decide(world, "claim", "inspectors", choice="keep")
    gold.refresh_from_db()
    assert gold.quote[-10:] == "nine ports"
    assert ask(world, "claim", "", "inspectors")[1].status == DECIDED


def make_random(rng):
    """A project of one to three annotators with random claims, links, labels and records on one text."""
    text = "".join(f"Sentence {number} of the report speaks of {number + 3} things. " for number in range(14))
    project = make_project(kind="independent")
    document = make_document(project, text)
    world = type("World", (), {})()
    world.project, world.dossier = project, make_dossier(project, [document])
    world.documents, world.rows, world.layers, world.people = {"text": document}, {}, {}, {}
    world.editor = make_member(project, "editor")
    world.figure = make_quantity(document, "3 things", "3").mention
    for number in range(rng.randint(1, 3)):
        name = f"reader{number}"
        world.people[name] = make_member(project, "annotator")
        world.layers[name] = make_layer(project, world.people[name])
        world.rows[name] = {}
        correct(world, name, rng, rng.randint(3, 16))
    return world


def live(world, name, model):
    return list(model.objects.live().filter(layer=world.layers[name]))


WAYS = [
    "mark",
    "mark",
    "mark",
    "mark",
    "move",
    "move",
    "delete",
    "link",
    "link",
    "link",
    "label",
    "withdraw",
    "none",
    "kind",
    "open",
    "continues",
    "restate",
    "figure",
    "figure",
    "check",
    "cite",
]


def correct(world, name, rng, times):
    """Change one layer at random: mark, move, delete, link, label, withdraw, record that none was found."""
    for _ in range(times):
        document = world.documents["text"]
        claims, links = live(world, name, Claim), live(world, name, Link)
        with two_readings.act_of(world, name) as act:
            way = rng.choice(WAYS)
            if way == "mark" or not claims:
                sentence = rng.randrange(14) * 45
                start = sentence + rng.choice((0, 0, 0, 9))
                end = min(start + rng.choice((20, 30, 30, 70)), len(document.text))
                annotating.mark(
                    act, document=document, start=start, end=end, role=rng.choice(("assertion", "response"))
                )
            elif way == "move":
                claim = rng.choice(claims)
                annotating.move(act, claim, seen=claim.version, start=claim.start, end=claim.end - rng.randint(0, 4))
            elif way == "delete":
                claim = rng.choice(claims)
                annotating.delete_claim(act, claim, seen=claim.version)
            elif way == "kind":
                claim = rng.choice(claims)
                annotating.change(act, claim, seen=claim.version, kind=rng.choice(("figure", "rating")))
            elif way == "link" and any(claim.role == "response" for claim in claims):
                response = rng.choice([claim for claim in claims if claim.role == "response"])
                target = rng.choice(claims)
                taken = Link.objects.live().filter(response=response, target_claim=target).exists()
                if target.pk != response.pk and not taken:
                    relation = rng.choice(("", "rejects", "concedes"))
                    annotating.connect(act, response=response, target=target, relation=relation)
            elif way == "label" and links:
                link = rng.choice(links)
                annotating.change(act, link, seen=link.version, relation=rng.choice(("rejects", "concedes")))
            elif way == "withdraw" and links:
                link = rng.choice(links)
                annotating.withdraw(act, link, seen=link.version)
            elif way in ("open", "continues") and any(claim.role == "response" for claim in claims):
                responses = [claim for claim in claims if claim.role == "response"]
                response, other = rng.choice(responses), rng.choice(responses)
                taken = Link.objects.live().filter(response=response, scope=way)
                if not taken.exists() and (way == "open" or other.pk != response.pk):
                    target = other if way == "continues" else None
                    annotating.connect(act, response=response, scope=way, target=target, relation="deflects")
            elif way == "restate":
                claim, other = rng.choice(claims), rng.choice(claims)
                if other.role == claim.role and other.pk != claim.pk:
                    annotating.change(act, claim, seen=claim.version, restates=other, restating="faithful")
            elif way == "figure" and links:
                link, outcome = rng.choice(links), rng.choice(("same", "differs"))
                if not link.comparisons.live().exists():
                    annotating.compare(act, link=link, quantity=world.figure, outcome=outcome)
            elif way == "check":
                claim = rng.choice(claims)
                verification = rng.choice(("in_progress", "not_checkable"))
                annotating.assess(act, claim, verification=verification)
            elif way == "cite":
                annotating.cite(act, rng.choice([*claims, *links]), stance="context", title=f"Book {rng.randrange(3)}")
            elif way == "none":
                claim = rng.choice(claims)
                is_answered = claim.responses.live().exists() or claim.no_responses.live().exists()
                if claim.role == "assertion" and not is_answered:
                    annotating.none_found(act, claim, documents=[str(document.pk)])


@pytest.mark.parametrize("seed", [*range(16), 3053])
def test_whatever_is_decided_in_the_end_nothing_is_open_and_corrections_keep_what_stands(seed):
    rng = random.Random(seed)
    world = make_random(rng)
    finish(world, rng)
    assert set(statuses(world).values()) <= {DECIDED}
    for _ in range(2):
        was = {row.pk: snapshot(row) for row in Settlement.objects.live()}
        before = {(row.pk, row.version) for row in (*golden(world), *golden(world, Link))}
        correct(world, rng.choice(sorted(world.layers)), rng, rng.randint(1, 4))
        # A correction by itself changes neither a decision nor gold.
        assert {row.pk: snapshot(row) for row in Settlement.objects.live()} == was
        assert {(row.pk, row.version) for row in (*golden(world), *golden(world, Link))} == before
        table = Table.of(world.dossier)
        untouched = {
            question.earlier.key
            for question in table.questions
            if (question.kind, question.status) == ("claim", DECIDED)
        }
        finish(world, rng)
        # What stood unchanged was not asked again.
        kept = {str(row.pk): snapshot(row) for row in Settlement.objects.live()}
        assert {key: kept.get(key) for key in untouched} == {
            str(pk): row for pk, row in was.items() if str(pk) in untouched
        }
        assert set(statuses(world).values()) <= {DECIDED}


def snapshot(row):
    return row.choice, row.digest, tuple(row.results), row.version


@pytest.mark.parametrize("seed", range(4))
def test_undoing_everything_leaves_nothing_in_gold(seed):
    rng = random.Random(100 + seed)
    world = make_random(rng)
    before = statuses(world)
    finish(world, rng)
    while True:
        try:
            undo_last(world.dossier, actor=world.editor, layer=gold_layer(world.project))
        except NothingToUndo:
            break
    assert not golden(world)
    assert not golden(world, Link)
    assert not Settlement.objects.live().exists()
    assert statuses(world) == before
    assert set(before.values()) <= {AGREED, OPEN, WAITING}


def test_a_dossier_is_compared_in_a_fixed_number_of_queries(world, django_assert_max_num_queries):
    Table.of(world.dossier)
    with django_assert_max_num_queries(16):
        Table.of(world.dossier)
    take_all(world)
    with django_assert_max_num_queries(16):
        Table.of(world.dossier)


def test_settled_project_carried_elsewhere_is_settled_there_too(world):
    finish(world, random.Random(5))
    settled = Settlement.objects.live().count()
    written = export_bytes(world.project, history=True)
    empty_database()
    project = import_bytes(written)
    table = Table.of(project.dossiers.get())
    assert len(table.settlements) == settled
    assert {question.status for question in table.questions} == {DECIDED}
