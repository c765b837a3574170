"""Coverage, the sheet and the history through their front door."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import annotating
from claims.models import Act, DossierActor, DossierDocument, Visit, last_act, undo
from tests.factories import (
    make_actor,
    make_citation,
    make_claim,
    make_comparison,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_member,
    make_no_response,
    make_project,
    make_quantity,
    make_user,
)

pytestmark = pytest.mark.django_db

REPORT = "The state arrested 370 people. It trained 40 judges. It freed nobody."
REPLY = "All of this is wrong. We freed five. No comment."
PAGES = ("coverage", "sheet", "history")


@pytest.fixture
def editor():
    return make_user("editor")


@pytest.fixture
def dossier(editor):
    project = make_project(editor)
    publisher = make_actor(project, "Observatory")
    report = make_document(project, REPORT, title="Report", publisher=publisher, published_on="2025-06-17")
    reply = make_document(project, REPLY, title="Reply of the ministry")
    dossier = make_dossier(documents=[report, reply], title="Arrests")
    DossierDocument.objects.filter(document=report).update(side="asserting")
    DossierActor.objects.create(dossier=dossier, actor=publisher, side="asserting")
    return dossier


@pytest.fixture
def browser(client, editor):
    client.force_login(editor)
    return client


def document(dossier, title):
    return dossier.places.get(document__title=title).document


def assertion(dossier, quote="The state arrested 370 people.", **fields):
    return make_claim(dossier, document(dossier, "Report"), quote, **fields)


def response(dossier, quote="All of this is wrong.", **fields):
    return make_claim(dossier, document(dossier, "Reply of the ministry"), quote, role="response", **fields)


def text(client, name, dossier, **query):
    answer = client.get(reverse(name, args=[dossier.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


# Who may come in.


@pytest.mark.parametrize("name", PAGES)
def test_stranger_gets_404(client, dossier, name):
    client.force_login(make_user())
    assert client.get(reverse(name, args=[dossier.pk])).status_code == 404


def test_stranger_gets_404_for_the_project(client, dossier):
    client.force_login(make_user())
    assert client.get(reverse("project_coverage", args=[dossier.project.slug])).status_code == 404


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("role", ["annotator", "researcher", "editor", "owner"])
def test_every_member_of_a_shared_project_reads_it_and_its_layer_is_named(client, dossier, name, role):
    client.force_login(make_member(dossier.project, role))
    assertion(dossier)
    shown = text(client, name, dossier).lower()
    assert "reading: <b>team</b>" in shown
    assert "style=" not in shown


@pytest.mark.parametrize("name", [*PAGES, "project"])
def test_only_get_is_answered(browser, dossier, name):
    url = (
        reverse(name, args=[dossier.pk]) if name in PAGES else reverse("project_coverage", args=[dossier.project.slug])
    )
    assert browser.post(url).status_code == 405


@pytest.mark.parametrize("name", PAGES)
def test_empty_dossier_teaches(browser, editor, name):
    dossier = make_dossier(make_project(editor))
    assert 'class="empty"' in text(browser, name, dossier)


# Coverage.


def test_four_states_are_counted_and_told(browser, dossier):
    make_link(response(dossier), assertion(dossier), relation="rejects")
    make_no_response(assertion(dossier, "It trained 40 judges."), [document(dossier, "Reply of the ministry")])
    assertion(dossier, "It freed nobody.")
    shown = browser.get(reverse("coverage", args=[dossier.pk]))
    assert shown.context["coverage"].counts == {"direct": 1, "general": 0, "none_found": 1, "not_examined": 1}
    words = shown.content.decode()
    assert "No response found in <cite>Reply of the ministry</cite>" in words
    assert "unanswered" not in words.lower()
    assert "says it is not so" in words


def test_bar_is_as_long_as_its_parts(browser, dossier):
    for quote in ("The state arrested 370 people.", "It trained 40 judges.", "It freed nobody."):
        assertion(dossier, quote)
    make_link(response(dossier), scope="work", target_work=document(dossier, "Report"))
    parts = browser.get(reverse("coverage", args=[dossier.pk])).context["parts"]
    assert sum(part.width for part in parts) == 1000
    assert next(part for part in parts if part.key == "general").number == 3


def test_responses_without_target_and_untouched_documents_are_listed(browser, dossier):
    asked = response(dossier)
    make_link(asked, scope="questioner", target_actor=make_actor(dossier.project, "The Courier"), relation="deflects")
    response(dossier, "No comment.")
    shown = text(browser, "coverage", dossier)
    assert "To The Courier, who asked" in shown
    assert "Not paired yet" in shown
    assert "untouched: not opened, no claim" in shown


def test_project_counts_every_dossier(browser, dossier):
    make_link(response(dossier), assertion(dossier))
    make_dossier(dossier.project, title="Another")
    shown = browser.get(reverse("project_coverage", args=[dossier.project.slug]))
    assert (shown.context["total"], shown.context["totals"]) == (1, [1, 0, 0, 0])
    assert "Another" in shown.content.decode()


def test_owner_of_an_independent_project_sees_progress_and_no_content(client, editor):
    project = make_project(editor, kind="independent")
    dossier = make_dossier(documents=[make_document(project, REPORT, title="Report")])
    annotator = make_member(project, "annotator", "yolanda")
    layer = make_layer(project, annotator)
    make_claim(dossier, quote="It freed nobody.", layer=layer, actor=annotator)
    Visit.objects.create(layer=layer, dossier=dossier, document=dossier.places.get().document, user=annotator)
    client.force_login(editor)
    shown = client.get(reverse("project_coverage", args=[project.slug]))
    assert "1 of 1" in shown.content.decode()
    assert shown.context["total"] == 0
    assert "freed nobody" not in text(client, "coverage", dossier)
    client.force_login(make_member(project, "annotator", "ben"))
    assert "yolanda" not in client.get(reverse("project_coverage", args=[project.slug])).content.decode()


def test_researcher_of_an_independent_project_waits_for_gold(client, editor):
    project = make_project(editor, kind="independent")
    dossier = make_dossier(project)
    client.force_login(make_member(project, "researcher"))
    assert client.get(reverse("coverage", args=[dossier.pk])).status_code == 404


# The sheet.


def test_sheet_has_head_rows_what_is_unresolved_and_room_for_initials(browser, dossier, editor):
    report = document(dossier, "Report")
    quantity = make_quantity(report, "370", Decimal(370), counted="people")
    link = make_link(response(dossier), assertion(dossier), relation="rejects", disputed=["figure"])
    comparison = make_comparison(link, quantity, outcome="withheld", note="Not theirs to give.")
    make_citation(comparison, title="Yearbook 2021", page="12")
    make_no_response(assertion(dossier, "It freed nobody."), [document(dossier, "Reply of the ministry")])
    assertion(dossier, "It trained 40 judges.")
    with Act(actor=editor, project=dossier.project, layer=comparison.layer, dossier=dossier) as act:
        annotating.rule(act, comparison, seen=1, ruling="withheld", justification="They said that they have it.")
    shown = text(browser, "sheet", dossier)
    for words in (
        "Observatory",
        "17 June 2025",
        "people",
        "All of this is wrong.",
        "withheld",
        "Not theirs to give.",
        "Yearbook 2021, p. 12",
        "They said that they have it.",
        "No response found in <cite>Reply of the ministry</cite>",
        "Not examined yet",
        "Not examined: A3",
        "Initials",
    ):
        assert words in shown
    assert "<thead>" in shown


def test_sheet_of_a_settled_dossier_says_so(browser, dossier):
    make_link(response(dossier), assertion(dossier), relation="concedes")
    assert "Nothing is left to settle." in text(browser, "sheet", dossier)


# The history.


def test_history_says_who_did_what(browser, dossier, editor):
    claim = assertion(dossier, actor=editor)
    link = make_link(response(dossier, actor=editor), claim, actor=editor)
    with Act(actor=editor, project=dossier.project, layer=link.layer, dossier=dossier, verb="label R1") as act:
        annotating.change(act, link, seen=1, relation="rejects")
    shown = text(browser, "history", dossier)
    assert "<b>editor</b> label R1" in shown
    assert "R1 → A1" in shown
    assert "<ins>says it is not so</ins>" in shown
    assert shown.index("label R1") < shown.index("mark")


def test_history_of_one_item(browser, dossier):
    claim, other = assertion(dossier), assertion(dossier, "It freed nobody.")
    shown = text(browser, "history", dossier, item=str(other.pk))
    assert "History of A2" in shown
    assert claim.quote not in shown
    assert browser.get(reverse("history", args=[dossier.pk]), {"item": "nonsense"}).status_code == 404


def test_undone_deed_is_told_as_undone(browser, dossier, editor):
    assertion(dossier, actor=editor)
    undo(last_act(actor=editor, dossier=dossier), actor=editor, dossier=dossier)
    shown = text(browser, "history", dossier)
    assert "undo: mark" in shown
    assert "undone since" in shown


def test_history_of_another_annotators_layer_stays_hidden_until_adjudication(client, editor):
    project = make_project(editor, kind="independent")
    dossier = make_dossier(documents=[make_document(project, REPORT)])
    yolanda, ben = make_member(project, "annotator", "yolanda"), make_member(project, "annotator", "ben")
    claim = make_claim(dossier, quote="It freed nobody.", layer=make_layer(project, yolanda), actor=yolanda)
    for person in (ben, editor):
        client.force_login(person)
        for query in ({}, {"item": str(claim.pk)}):
            shown = text(client, "history", dossier, **query)
            assert "freed nobody" not in shown
            assert "yolanda" not in shown.split("<main")[1]
    client.force_login(yolanda)
    assert "freed nobody" in text(client, "history", dossier)
    project.adjudication_opened_at = "2026-01-01T00:00:00Z"
    project.save()
    client.force_login(editor)
    assert "freed nobody" in text(client, "history", dossier)
    client.force_login(ben)
    assert "freed nobody" not in text(client, "history", dossier)


def test_history_comes_in_pages(browser, dossier):
    for _ in range(45):
        assertion(dossier)
    assert "Page 1 of 2" in text(browser, "history", dossier)
    assert "A45" not in text(browser, "history", dossier, page="2")


# Cost.


@pytest.mark.parametrize(("name", "most"), [("coverage", 50), ("sheet", 50), ("history", 30)])
def test_queries_do_not_grow_with_the_claims(browser, editor, name, most):
    def cost(number):
        lines = [f"Town {place} counted {1000 + place} cases." for place in range(number)]
        report = make_document(make_project(editor), "\n".join(lines))
        dossier = make_dossier(documents=[report])
        for place, line in enumerate(lines):
            claim = make_claim(dossier, report, line, speaker=make_actor(dossier.project), actor=editor)
            quantity = make_quantity(report, str(1000 + place), Decimal(1000 + place))
            answer = make_claim(dossier, report, line, role="response", actor=editor)
            make_comparison(make_link(answer, claim, relation="rejects", disputed=["figure"], actor=editor), quantity)
        with CaptureQueriesContext(connection) as queries:
            text(browser, name, dossier)
        return len(queries)

    cost(1)  # the first page of all also asks who this is
    assert cost(2) == cost(12) <= most
