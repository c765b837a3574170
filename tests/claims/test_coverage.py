"""Coverage: four states, repeats once, general responses apart, and how far the work is."""

from datetime import date
from decimal import Decimal
from uuid import NAMESPACE_OID, uuid5

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import annotating, coverage, history, sheet
from claims.models import Act, Assessment, Change, DossierDocument, Exclusion, User, Visit
from tests.factories import (
    make_actor,
    make_citation,
    make_claim,
    make_comparison,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_no_response,
    make_project,
    make_quantity,
    make_suggestion,
    make_user,
)

REPORT = "The state arrested 370 people. It trained 40 judges. It freed nobody. It paid nobody."
REPLY = "All of this is wrong. We freed five. No comment. And so is the rest."


@pytest.fixture
def dossier(db):
    project = make_project(make_user("owner"))
    publisher = make_actor(project, "Observatory")
    report = make_document(project, REPORT, title="Report", publisher=publisher)
    reply = make_document(project, REPLY, title="Reply")
    dossier = make_dossier(documents=[report, reply])
    DossierDocument.objects.filter(document=report).update(side="asserting")
    DossierDocument.objects.filter(document=reply).update(side="responding")
    return dossier


@pytest.fixture
def layer(dossier):
    return dossier.project.layers.get()


@pytest.fixture
def report(dossier):
    return dossier.places.get(document__title="Report").document


@pytest.fixture
def reply(dossier):
    return dossier.places.get(document__title="Reply").document


def assertion(dossier, quote="The state arrested 370 people.", **fields):
    document = dossier.places.get(document__title="Report").document
    return make_claim(dossier, document, quote, **fields)


def response(dossier, quote="All of this is wrong.", **fields):
    document = dossier.places.get(document__title="Reply").document
    return make_claim(dossier, document, quote, role="response", **fields)


def states(layer, dossier):
    return {row.claim.name: row.state for row in coverage.of(layer, dossier).assertions}


def test_without_anything_an_assertion_is_not_examined(dossier, layer):
    assertion(dossier)
    assert states(layer, dossier) == {"A1": "not_examined"}


def test_direct_response(dossier, layer):
    make_link(response(dossier), assertion(dossier))
    assert states(layer, dossier) == {"A1": "direct"}


def test_pair_looked_at_and_unrelated_is_no_response(dossier, layer):
    make_link(response(dossier), assertion(dossier), relation="unrelated")
    assert states(layer, dossier) == {"A1": "not_examined"}


def test_withdrawn_link_is_no_response(dossier, layer):
    link = make_link(response(dossier), assertion(dossier))
    with Act(actor=None, project=dossier.project, layer=layer, dossier=dossier) as act:
        annotating.withdraw(act, link, seen=1)
    assert states(layer, dossier) == {"A1": "not_examined"}


def test_response_to_the_whole_work_answers_no_figure_directly(dossier, layer, report):
    assertion(dossier)
    make_link(response(dossier), scope="work", target_work=report)
    (row,) = coverage.of(layer, dossier).assertions
    assert row.state == "general"
    assert [link.response.name for link in row.general] == ["R1"]


def test_chain_of_continuations_leads_to_the_whole_work(dossier, layer, report):
    assertion(dossier)
    first, second, third = (
        response(dossier, quote) for quote in ("All of this is wrong.", "We freed five.", "And so is the rest.")
    )
    make_link(first, scope="work", target_work=report)
    make_link(second, scope="continues", target_response=first)
    make_link(third, scope="continues", target_response=second)
    (row,) = coverage.of(layer, dossier).assertions
    assert (row.state, [link.response.name for link in row.general]) == ("general", ["R1", "R2", "R3"])


def test_continuations_in_a_circle_end(dossier, layer):
    assertion(dossier)
    first, second = response(dossier), response(dossier, "We freed five.")
    make_link(first, scope="continues", target_response=second)
    make_link(second, scope="continues", target_response=first)
    assert states(layer, dossier) == {"A1": "not_examined"}


def test_assertion_reported_elsewhere_belongs_to_the_publishers_work(dossier, layer, report, reply):
    quoted = make_claim(dossier, reply, "We freed five.", speaker=report.publisher)
    others = make_claim(dossier, reply, "No comment.", speaker=make_actor(dossier.project))
    make_link(response(dossier), scope="work", target_work=report)
    assert states(layer, dossier) == {quoted.name: "general", others.name: "not_examined"}


def test_speaker_of_the_publishing_body_speaks_for_its_work(dossier, layer, report, reply):
    director = make_actor(dossier.project, organisation="Observatory")
    make_claim(dossier, reply, "We freed five.", speaker=director)
    make_link(response(dossier), scope="work", target_work=report)
    assert states(layer, dossier) == {"A1": "general"}


def test_cited_work_of_an_unknown_publisher_takes_in_everything(dossier, layer):
    assertion(dossier)
    work = make_document(dossier.project, None)
    make_link(response(dossier), scope="work", target_work=work)
    assert states(layer, dossier) == {"A1": "general"}


def test_none_found_names_what_was_read_and_what_was_not(dossier, layer, report, reply):
    make_no_response(assertion(dossier), [report])
    (row,) = coverage.of(layer, dossier).assertions
    assert (row.state, row.read, row.unread) == ("none_found", [report], [reply])


def test_record_of_a_search_stands_before_a_general_denial(dossier, layer, report, reply):
    make_no_response(assertion(dossier), [reply])
    make_link(response(dossier), scope="work", target_work=report)
    (row,) = coverage.of(layer, dossier).assertions
    assert (row.state, len(row.general)) == ("none_found", 1)


def test_repeats_count_once_and_a_response_to_either_counts(dossier, layer):
    first = assertion(dossier)
    repeat = assertion(dossier, "It trained 40 judges.", restates=first, restating="faithful")
    make_link(response(dossier), repeat)
    covered = coverage.of(layer, dossier)
    assert (covered.total, covered.repeat_count, covered.counts["direct"]) == (1, 1, 1)
    assert covered.assertions[0].claim == first
    assert covered.assertions[0].repeats == [repeat]


def test_claims_that_repeat_each_other_count_once(dossier, layer):
    first = assertion(dossier)
    second = assertion(dossier, "It trained 40 judges.", restates=first, restating="faithful")
    first.restates, first.restating = second, "faithful"
    first.save()
    assert states(layer, dossier) == {"A1": "not_examined"}


def test_responses_without_a_target_and_without_a_link(dossier, layer):
    asked, open_, loose, paired = (
        response(dossier, quote)
        for quote in ("All of this is wrong.", "We freed five.", "No comment.", "And so is the rest.")
    )
    make_link(asked, scope="questioner", target_actor=make_actor(dossier.project))
    make_link(open_)
    make_link(paired, assertion(dossier))
    covered = coverage.of(layer, dossier)
    assert [row.claim for row in covered.without_target] == [asked, open_]
    assert [row.claim for row in covered.unpaired] == [loose]


def test_document_without_claim_and_visit_is_untouched(dossier, layer, report, reply):
    assert coverage.of(layer, dossier).untouched == [report, reply]
    assertion(dossier)
    assert coverage.of(layer, dossier).untouched == [reply]
    Visit.objects.create(layer=layer, dossier=dossier, document=reply, user=make_user())
    assert coverage.of(layer, dossier).untouched == []


def test_cited_work_is_never_untouched(dossier, layer, report, reply):
    work = make_document(dossier.project, None)
    DossierDocument.objects.create(dossier=dossier, document=work, position=2)
    assert work not in coverage.of(layer, dossier).untouched


def test_another_layer_has_its_own_coverage(dossier, layer):
    other = make_layer(dossier.project, make_user())
    make_link(response(dossier, layer=other), assertion(dossier, layer=other))
    assertion(dossier)
    assert states(layer, dossier) == {"A1": "not_examined"}
    assert states(other, dossier) == {"A1": "direct"}


# Progress.


def step(layer, dossier, kind):
    found = next(row for row in coverage.of(layer, dossier).steps if row.kind == kind)
    return found.done, found.total


def test_suggestion_is_settled_by_a_decision_or_a_claim_over_it(dossier, layer, report):
    make_suggestion(report, "The state arrested 370 people.")
    make_suggestion(report, "It trained 40 judges.")
    left_out = make_suggestion(report, "It paid nobody.")
    exclusion = Exclusion(document=report, start=left_out.start, end=left_out.end, reason="teaser", state="excluded")
    exclusion.anchor(report.text).save()
    assert step(layer, dossier, "claims") == (0, 2)
    assertion(dossier)
    assert step(layer, dossier, "claims") == (1, 2)


def test_progress_of_pairs_labels_and_checks(dossier, layer):
    claim = assertion(dossier, wants_check=True)
    other = assertion(dossier, "It trained 40 judges.", wants_check=True)
    make_link(response(dossier), claim, relation="rejects")
    make_link(response(dossier, "We freed five."), other)
    response(dossier, "No comment.")
    Assessment.objects.create(layer=layer, claim=claim, verification="not_checkable")
    Assessment.objects.create(layer=layer, claim=other, verification="in_progress")
    assert step(layer, dossier, "pairs") == (2, 3)
    assert step(layer, dossier, "labels") == (1, 2)
    assert step(layer, dossier, "checks") == (1, 2)
    assert step(layer, dossier, "none") == (2, 2)


def test_progress_by_person_counts_what_stands(dossier, layer):
    ada, ben = make_user("ada"), make_user("ben")
    claim = assertion(dossier, actor=ada)
    assertion(dossier, "It trained 40 judges.", actor=ada)
    link = make_link(response(dossier, actor=ben), claim, actor=ben)
    make_citation(link, created_by=ben)
    with Act(actor=ben, project=dossier.project, layer=layer, dossier=dossier) as act:
        annotating.delete_claim(act, assertion(dossier, "It freed nobody.", actor=ada), seen=1)
    rows = {str(row.person): row.counts for row in coverage.of(layer, dossier).people}
    assert (rows["ada"]["claims"], rows["ada"]["links"]) == (2, 0)
    assert (rows["ben"]["claims"], rows["ben"]["links"], rows["ben"]["citations"]) == (1, 1, 1)


def test_progress_of_layers_holds_no_content(dossier, report):
    annotator = make_user("ada")
    own = make_layer(dossier.project, annotator)
    Visit.objects.create(layer=own, dossier=dossier, document=report, user=annotator)
    (row,) = coverage.of_layers(dossier.project)
    assert (row.layer, row.opened, row.total) == (own, 1, 2)
    assert not {"claims", "counts"} & set(row.__slots__)


def test_what_was_set_aside_is_listed_with_its_reason(dossier, layer, report):
    claim, quantity = assertion(dossier), make_quantity(report, "370", Decimal(370))
    link = make_link(response(dossier), claim, relation="rejects", disputed=["figure"])
    figure = uuid5(NAMESPACE_OID, f"{link.pk}.{quantity.pk}")
    with Act(actor=None, project=dossier.project, layer=layer, dossier=dossier) as act:
        annotating.postpone(act, task="none", subject=claim.pk, state="aside", reason="Ask the ministry first.")
        annotating.postpone(act, task="figure", subject=figure, state="aside", reason="The annex is missing.")
        annotating.postpone(act, task="pair", subject=link.response_id, state="later")
    rows = coverage.of(layer, dossier).set_aside
    assert [(row.kind, row.name, row.reason) for row in rows] == [
        ("no response", "A1", "Ask the ministry first."),
        ("figure", "370 in R1 → A1", "The annex is missing."),
    ]


# The sheet.


def test_sheet_has_a_row_a_figure_and_a_row_a_claim(dossier, layer, report, reply):
    quantity = make_quantity(report, "370", Decimal(370), counted="people")
    figure, plain = assertion(dossier), assertion(dossier, "It freed nobody.")
    link = make_link(response(dossier), figure, relation="rejects", disputed=["figure"])
    comparison = make_comparison(link, quantity, outcome="withheld")
    citation = make_citation(comparison)
    make_link(response(dossier, "We freed five."), plain, relation="qualifies")
    found = sheet.of(layer, dossier)
    first, second = found.blocks
    assert [line.comparison for line in first.lines] == [comparison]
    assert first.lines[0].citations == [citation]
    assert [(line.link.relation, line.comparison) for line in second.lines] == [("qualifies", None)]


def test_sheet_says_a_response_once(dossier, layer, report):
    make_quantity(report, "370", Decimal(370))
    make_quantity(report, "40", Decimal(40))
    claim = assertion(dossier, "The state arrested 370 people. It trained 40 judges.")
    make_link(response(dossier), claim, relation="rejects", disputed=["figure"])
    (block,) = sheet.of(layer, dossier).blocks
    assert [(line.figure.mention.quote, line.is_repeated, line.is_open) for line in block.lines] == [
        ("370", False, True),
        ("40", True, True),
    ]


def test_unresolved_lists_what_is_left(dossier, layer, report):
    quantity = make_quantity(report, "370", Decimal(370))
    link = make_link(response(dossier), assertion(dossier, wants_check=True))
    comparison = make_comparison(link, quantity, outcome="differs")
    assertion(dossier, "It freed nobody.")
    response(dossier, "No comment.")
    left = sheet.of(layer, dossier).unresolved
    assert [row for row, _ in left.without_ruling] == [comparison]
    assert [claim.name for claim in left.not_examined] == ["A2"]
    assert [claim.name for claim in left.unpaired] == ["R2"]
    assert [claim.name for claim in left.unchecked] == ["A1"]
    assert left.unlabelled == [link]
    assert bool(left)


def test_withheld_figure_needs_no_ruling(dossier, layer, report):
    quantity = make_quantity(report, "370", Decimal(370))
    make_comparison(make_link(response(dossier), assertion(dossier), relation="deflects"), quantity, outcome="withheld")
    assert not sheet.of(layer, dossier).unresolved


# The history in words.


def told(dossier, **filters):
    changes = Change.objects.filter(dossier=dossier, **filters).select_related("actor").order_by("-pk")
    return history.deeds(changes, vocabulary=dossier.project.vocabulary)


def test_change_is_told_in_phrases(dossier, layer):
    link = make_link(response(dossier), assertion(dossier))
    with Act(actor=None, project=dossier.project, layer=layer, dossier=dossier, verb="label R1") as act:
        annotating.change(act, link, seen=1, relation="rejects", disputed=["figure", "time_frame"])
    deed = told(dossier)[0]
    assert deed.first.verb == "label R1"
    (change,) = deed.told
    assert (change.done, change.name) == ("changed", "R1 → A1")
    assert change.values == [("relation", "", "says it is not so"), ("disputed", "", "a figure, the period")]


def test_people_days_and_documents_are_told_by_name(dossier, layer, reply):
    claim = assertion(dossier)
    speaker = make_actor(dossier.project, "Ada Ng")
    with Act(actor=None, project=dossier.project, layer=layer, dossier=dossier) as act:
        annotating.change(act, claim, seen=1, speaker=speaker, period_start=date(2024, 4, 1), wants_check=True)
        Visit.objects.create(layer=layer, dossier=dossier, document=reply, user=User.objects.first())
        annotating.none_found(act, claim)
    found, change = told(dossier)[0].told
    assert found.name == "no response found to A1"
    assert ("documents", "", "Reply") in found.values
    assert set(change.values) == {
        ("speaker", "", "Ada Ng"),
        ("period start", "", "1 April 2024"),
        ("picked for checking", "no", "yes"),
    }


def test_deleted_rows_are_told_still(dossier, layer):
    claim = assertion(dossier)
    with Act(actor=None, project=dossier.project, layer=layer, dossier=dossier, verb="delete A1") as act:
        annotating.delete_claim(act, claim, seen=1)
    (change,) = told(dossier)[0].told
    assert (change.done, change.name) == ("deleted", "A1")


# Cost.


def big_dossier(claim_count):
    project = make_project()
    lines = [f"Town {number} counted {1000 + number} cases.\n" for number in range(claim_count)]
    replies = [f"Reply {number} says no.\n" for number in range(claim_count)]
    report, reply = make_document(project, "".join(lines)), make_document(project, "".join(replies))
    dossier = make_dossier(documents=[report, reply])
    for number in range(claim_count):
        claim = make_claim(
            dossier, report, lines[number].strip(), speaker=make_actor(project), actor=project.created_by
        )
        quantity = make_quantity(report, f"{1000 + number} cases", Decimal(1000 + number))
        answer = make_claim(dossier, reply, replies[number].strip(), role="response")
        link = make_link(answer, claim, relation="rejects", disputed=["figure"])
        make_citation(make_comparison(link, quantity, outcome="no_counter_figure"))
    return dossier


@pytest.mark.parametrize(("reckon", "most"), [(coverage.of, 40), (sheet.of, 32)], ids=["coverage", "sheet"])
def test_queries_do_not_grow_with_the_claims(db, reckon, most):
    counts = []
    for claim_count in (2, 9):
        dossier = big_dossier(claim_count)
        layer = dossier.project.layers.get()
        with CaptureQueriesContext(connection) as queries:
            reckon(layer, dossier)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= most


def test_queries_do_not_grow_with_the_dossiers(db):
    dossiers = [big_dossier(1)]
    layer = dossiers[0].project.layers.get()
    with CaptureQueriesContext(connection) as one:
        coverage.of_each(layer, dossiers)
    more = [make_dossier(dossiers[0].project) for _ in range(5)]
    with CaptureQueriesContext(connection) as six:
        coverage.of_each(layer, dossiers + more)
    assert len(one) == len(six)
