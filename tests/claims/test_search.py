from datetime import date

import pytest

from claims.annotating import move
from claims.models import Act, Citation, Claim, Layer, SearchEntry
from claims.search import Search, pieces
from claims.words import read_query
from tests.factories import (
    make_actor,
    make_claim,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_member,
    make_no_response,
    make_project,
    make_user,
)

pytestmark = pytest.mark.django_db
KINDS = ("claim", "link", "document", "citation")


@pytest.fixture
def owner():
    return make_user("searcher")


@pytest.fixture
def dossier(owner):
    project = make_project(owner)
    document = indexed(make_document(project, published_on=date(2022, 8, 1)))
    return make_dossier(documents=[document])


def indexed(document):
    SearchEntry.objects.index(
        "document", [{"uuid": document.pk, "title": document.title, "text": document.text}], project=document.project_id
    )
    return document


def found(user, query="", **conditions):
    search = Search(user, query, **conditions)
    return {kind: rows for kind in KINDS if (rows := search.found(kind)[0])}


def test_words_are_found_where_they_stand(owner, dossier):
    assertion = make_claim(dossier, quote="370 people were arrested")
    response = make_claim(dossier, quote="the report was unfair", role="response")
    link = make_link(response, assertion)
    assert found(owner, "arrest") == {"claim": [assertion], "link": [link], "document": [assertion.document]}
    assert found(owner, "unfair people") == {"document": [assertion.document]}
    assert found(owner, '"were arrested"')["claim"] == [assertion]
    assert found(owner, '"arrested were"') == {}
    assert found(owner, "nowhere") == {}


def test_a_citation_is_found_by_its_words(owner, dossier):
    claim = make_claim(dossier, quote="370 people")
    with Act(actor=owner, project=dossier.project, layer=claim.layer, dossier=dossier) as act:
        citation = act.create(
            Citation(layer=claim.layer, claim=claim, stance="context", title="Yearbook", note="compare the annexe")
        )
    assert found(owner, "annexe")["citation"] == [citation]


def test_a_moved_claim_is_found_by_its_new_words_alone(owner, dossier):
    claim = make_claim(dossier, quote="370 people")
    text = claim.document.text
    start = text.index("332 brokers")
    with Act(actor=owner, project=dossier.project, layer=claim.layer, dossier=dossier) as act:
        move(act, claim, seen=claim.version, start=start, end=start + len("332 brokers"))
    assert "claim" not in found(owner, "370")
    assert found(owner, "332")["claim"] == [claim]


def test_a_deleted_claim_is_not_found(owner, dossier):
    claim = make_claim(dossier, quote="370 people")
    with Act(actor=owner, project=dossier.project, layer=claim.layer, dossier=dossier) as act:
        act.delete(claim, seen=claim.version)
    assert "claim" not in found(owner, "370")
    with Act(actor=owner, project=dossier.project, layer=claim.layer, dossier=dossier) as act:
        act.restore(claim, seen=claim.version)
    assert found(owner, "370")["claim"] == [claim]


def test_a_stranger_finds_nothing(dossier):
    make_claim(dossier, quote="370 people")
    assert found(make_user(), "370") == {}


def test_another_annotators_layer_is_not_searched(owner):
    project = make_project(owner, kind="independent")
    ann, ben = (make_member(project, "annotator") for _ in range(2))
    dossier = make_dossier(documents=[make_document(project)])
    claim = make_claim(dossier, quote="370 people", layer=make_layer(project, ann), actor=ann, wording="canary")
    assert found(ann, "canary") == {"claim": [claim]}
    assert found(ben, "canary") == found(owner, "canary") == {}
    assert Layer.objects.readable_by(ben).count() == 0


def test_conditions(owner, dossier):
    ministry = make_actor(dossier.project, "Ministry of Justice")
    assertion = make_claim(dossier, quote="370 people were arrested", kind="figure")
    quiet = make_claim(dossier, quote="332 brokers")
    response = make_claim(dossier, quote="the report was unfair", role="response", speaker=ministry)
    link = make_link(response, assertion, relation="disputes", strategies=["alleges_bias"], note="see page 3")
    assert found(owner, speaker="ministry of justice") == {"claim": [response], "link": [link]}
    assert found(owner, side="asserting")["claim"] == [quiet, assertion]
    assert found(owner, label="disputes") == {"link": [link]}
    assert found(owner, label="alleges_bias") == {"link": [link]}
    assert found(owner, label="figure") == {"claim": [assertion]}
    assert found(owner, status="responded") == {"claim": [assertion]}
    assert found(owner, status="open") == {"claim": [quiet]}
    assert found(owner, status="noted") == {"link": [link]}
    make_no_response(quiet)
    assert found(owner, status="none_found") == {"claim": [quiet]}
    assert found(owner, "arrested", label="figure") == {"claim": [assertion]}
    assert found(owner, "arrested", since=date(2023, 1, 1)) == {}
    assert len(found(owner, "arrested", until=date(2023, 1, 1))) == 3
    assert found(owner, "arrested", project=make_project(owner)) == {}


def test_pages_go_on_where_the_one_before_ended(owner, dossier):
    claims = [make_claim(dossier, quote="370 people") for _ in range(7)][::-1]
    search = Search(owner, "370")
    assert search.found("claim", size=3) == (claims[:3], True)
    assert search.found("claim", first=3, size=3) == (claims[3:6], True)
    assert search.found("claim", first=6, size=3) == (claims[6:], False)


def test_a_very_long_document_is_found_by_its_last_words(owner):
    project = make_project(owner)
    document = indexed(
        make_document(project, text=" ".join(f"word{number % 5000}" for number in range(40_000)) + " the last harbour")
    )
    assert found(owner, '"last harbour"') == {"document": [document]}


@pytest.mark.parametrize("query", ['"', "'", "\\", "a:b*", "NEAR(x y)", "{a} ^b", "%", "--", "ជន", "😀", "x" * 300])
def test_any_query_is_only_words(owner, dossier, query):
    found(owner, query)


def test_pieces_show_the_words_in_their_context():
    text = "x " * 200 + "the labour brokers were named" + " y" * 200
    (piece,) = pieces(text, read_query("broker"))
    assert ("brokers", True) in piece
    assert piece[0] == ("… ", False)
    assert piece[-1] == (" …", False)
    assert pieces("Only the beginning.", [])[0] == [("Only the beginning.", False)]


def test_claims_count_as_they_are(dossier):
    make_claim(dossier, quote="370 people")
    assert SearchEntry.objects.filter(kind="claim").count() == Claim.objects.count()
