"""Whom a response may answer: ranked for the card, from what the layer and the reading machine have."""

import time

import pytest

from annotate import pairing, suggest
from annotate.board import Board
from claims import annotating
from claims.models import Act, Decision, DossierActor, Suggestion
from tests.factories import (
    make_actor,
    make_claim,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_member,
    make_project,
    make_suggestion,
    make_user,
)

pytestmark = pytest.mark.django_db

TEXT = (
    "Police arrested 370 people, including 332 brokers, the report says.\n\n"
    "“The report is unfair,” said Ana Bell, a spokeswoman of the ministry. She rejected the figure of 370.\n"
)


def board_of(dossier, layer=None):
    return Board(user=None, dossier=dossier, layer=layer or dossier.project.layers.get())


def ranked(response):
    board = board_of(response.dossier, response.layer)
    return pairing.rank(board.claims[response.pk], board)


def test_sides_of_a_dossier_decide_the_role_before_the_words_do():
    document = make_document(text=TEXT)
    dossier = make_dossier(documents=[document])
    dossier.places.update(side="asserting")
    ministry = make_actor(document.project, "Ana Bell", aliases=["Bell"])
    DossierActor.objects.create(dossier=dossier, actor=ministry, side="responding")
    scores = {"assertion": 0.1, "response": 0.9}
    row = Suggestion(document=document, payload={"role": "response", "role_scores": scores, "speaker": None})
    assert board_of(dossier).suggested_role(row) == "assertion"
    row.payload = {"role": "assertion", "speaker": "bell"}
    assert board_of(dossier).suggested_role(row) == "response"
    dossier.places.update(side="both")
    row.payload = {"role": None, "role_scores": scores, "speaker": None}
    assert board_of(dossier).suggested_role(row) == "response"


def test_claim_with_the_same_figure_is_the_first_target_and_says_why():
    text = "Crime rose in 2021. Police arrested 370 people. Roads are bad. The number 370 is invented, they said."
    dossier = make_dossier(documents=[make_document(text=text)])
    _, arrests, _ = (
        make_claim(dossier, quote=quote)
        for quote in ("Crime rose in 2021.", "Police arrested 370 people.", "Roads are bad.")
    )
    response = make_claim(dossier, quote="The number 370 is invented", role="response")
    found = ranked(response)
    assert found.candidates[0].row == arrests
    assert any("370" in reason for reason in found.candidates[0].reasons)
    assert response not in [candidate.row for candidate in found.candidates]


def test_suggested_assertions_are_targets_until_they_are_decided_on():
    document = make_document(text=TEXT)
    dossier = make_dossier(documents=[document])
    suggestion = make_suggestion(document, "Police arrested 370 people")
    response = make_claim(dossier, quote="She rejected the figure of 370", role="response")
    assert [candidate.row for candidate in ranked(response).candidates] == [suggestion]
    with Act(actor=make_user(), project=dossier.project, layer=response.layer, dossier=dossier) as act:
        annotating.decide(act, Decision.Outcome.REJECTED, suggestion=suggestion)
    assert not ranked(response).candidates


def test_linked_claim_is_not_ranked_again():
    dossier = make_dossier(documents=[make_document(text=TEXT)])
    assertion = make_claim(dossier, quote="Police arrested 370 people")
    response = make_claim(dossier, quote="She rejected the figure of 370", role="response")
    make_link(response, assertion)
    assert not ranked(response).candidates


def test_general_response_leads_to_the_whole_work():
    report = make_document(text="Wages were held back.")
    reply = make_document(report.project, text="This report is unfair.")
    dossier = make_dossier(documents=[report, reply])
    make_claim(dossier, report, "Wages were held back.")
    assert ranked(make_claim(dossier, reply, "This report is unfair.", role="response")).scope == "work"


def test_another_layer_s_claims_are_no_targets():
    project = make_project(kind="independent")
    dossier = make_dossier(documents=[make_document(project, text="Wages were held back. That is wrong.")])
    mine, other = (make_layer(project, make_member(project, "annotator")) for _ in range(2))
    make_claim(dossier, quote="Wages were held back.", layer=other)
    assert not ranked(make_claim(dossier, quote="That is wrong.", role="response", layer=mine)).candidates


def test_three_hundred_candidates_are_ranked_in_time():
    lines = [f"The region {n} reported {n * 7} cases of unpaid wages among {n} crews in the year." for n in range(300)]
    document = make_document(text="\n".join([*lines, "The figure of 1,400 cases of unpaid wages is wrong."]))
    dossier = make_dossier(documents=[document])
    rows, at = [], 0
    for number, line in enumerate(lines):
        row = Suggestion(
            uuid=suggest.name_of(document, number),
            document=document,
            start=at,
            end=at + len(line),
            kind="claim",
            payload={"role": "assertion"},
            suggester="test",
            suggester_version="1",
            score=0.5,
        )
        rows.append(row.anchor(document.text))
        at += len(line) + 1
    Suggestion.objects.bulk_create(rows)
    response = make_claim(dossier, quote="The figure of 1,400 cases of unpaid wages is wrong.", role="response")
    board = board_of(dossier)
    assert len(board.suggestions) == 300
    durations = []
    for _ in range(5):
        before = time.perf_counter()
        pairing.rank(board.claims[response.pk], board)
        durations.append(time.perf_counter() - before)
    # 60 ms is what the workspace allows; four times that keeps a busy machine from failing the test.
    assert min(durations) < 0.24
