"""Dossiers over the API: title, documents, sides, set-up and deletion, as on the pages."""

import pytest

from claims.models import Act, Assignment, Change, Document, Dossier, Exclusion
from tests.factories import make_actor, make_document, make_dossier, make_layer, make_member, make_project

from .conftest import Caller
from .test_viewsets import refused

pytestmark = pytest.mark.django_db


def test_a_dossier_gets_another_title_and_other_documents_in_order(owner, world):
    first, second = make_document(world.project), make_document(world.project)
    dossier = make_dossier(documents=[first])
    path = f"dossiers/{dossier.pk}/"
    documents = [{"document": str(second.pk), "side": "asserting"}, {"document": str(first.pk), "side": "responding"}]
    answer = owner.patch(path, {"title": "New", "documents": documents}, version=1)
    assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    assert (answer.json()["title"], answer.json()["documents"]) == ("New", documents)
    change = Change.objects.filter(object_id=dossier.pk).last()
    assert change.before["places"] == [[str(first.pk), "both"]]
    assert change.after["places"] == [[str(second.pk), "asserting"], [str(first.pk), "responding"]]
    assert refused(owner.patch(path, {"title": "Old"}, version=1), status=412)
    assert owner.patch(path, {"title": "New"}, version=2).json()["version"] == 2


def test_actors_are_sent_whole_and_stay_where_they_are_left_out(owner, world):
    ministry, court = make_actor(world.project), make_actor(world.project)
    path = f"dossiers/{world.dossier.pk}/"
    said = [{"actor": str(ministry.pk), "side": "responding"}, {"actor": str(court.pk), "side": "narrator"}]
    assert owner.patch(path, {"actors": said}, version=1).json()["actors"] == said
    assert owner.patch(path, {"title": "T"}, version=2).json()["actors"] == said
    assert owner.patch(path, {"actors": said[1:]}, version=3).json()["actors"] == said[1:]


def test_a_document_with_claims_stays_in_its_dossier(owner, world):
    answer = owner.patch(f"dossiers/{world.dossier.pk}/", {"documents": []}, version=1)
    assert "claims are marked in it" in refused(answer)
    assert world.dossier.places.count() == 1


def test_a_dossier_is_deleted_where_nothing_was_done(owner, world):
    assert "stays" in refused(owner.delete(f"dossiers/{world.dossier.pk}/", version=1))
    dossier = make_dossier(documents=[world.spare])
    assignment = Assignment.objects.create(dossier=dossier, annotator=owner.user)
    assert "assignments" in refused(owner.delete(f"dossiers/{dossier.pk}/", version=1))
    with Act(actor=owner.user, project=world.project) as act:
        act.delete(assignment, seen=1)
    assert owner.delete(f"dossiers/{dossier.pk}/", version=1).status_code == 204
    assert owner.get(f"dossiers/{dossier.pk}/").status_code == 404
    assert owner.delete(f"documents/{world.spare.pk}/", version=1).status_code == 204


def test_annotators_of_an_independent_project_do_not_change_dossiers(owner):
    project = make_project(owner=owner.user, kind="independent")
    dossier = make_dossier(documents=[make_document(project)])
    ann = Caller(make_member(project, "annotator"))
    assert ann.patch(f"dossiers/{dossier.pk}/", {"title": "T"}, version=1).status_code == 403
    assert ann.delete(f"dossiers/{dossier.pk}/", version=1).status_code == 403
    make_layer(project, ann.user)
    assert ann.post(f"dossiers/{dossier.pk}/set-up/", {}).status_code == 201


@pytest.fixture
def teasers(world):
    rows = [Exclusion(document=world.document, start=at, end=at + 3, reason="teaser") for at in (0, 5)]
    for row in rows:
        row.anchor(world.document.text).save(force_insert=True)
    return rows


def test_set_up_takes_sides_people_a_work_and_what_is_left_out(owner, world, teasers):
    path = f"dossiers/{world.dossier.pk}/set-up/"
    body = {
        "documents": [{"document": str(world.document.pk), "side": "responding"}],
        "people": [{"name": "The police", "side": "responding"}],
        "work": "Yearly report",
        "left_out": [str(teasers[0].pk)],
    }
    answer = owner.post(path, body, key="a")
    assert owner.post(path, body, key="a").content == answer.content
    found = answer.json()
    work = Document.objects.get(title="Yearly report")
    assert found["set_up_at"] is not None
    assert [place["side"] for place in found["documents"]] == ["responding", "asserting"]
    assert found["documents"][1]["document"] == str(work.pk)
    assert [party["side"] for party in found["actors"]] == ["responding"]
    assert [Exclusion.objects.get(pk=row.pk).state for row in teasers] == ["excluded", "kept"]


def test_set_up_with_nothing_said_leaves_out_what_was_proposed(owner, world, teasers):
    assert owner.post(f"dossiers/{world.dossier.pk}/set-up/", {}).status_code == 201
    assert {row.state for row in Exclusion.objects.all()} == {"excluded"}
    assert Dossier.objects.get(pk=world.dossier.pk).set_up_at is not None


@pytest.mark.parametrize("field", ["documents", "people", "left_out"])
def test_set_up_refuses_what_is_not_in_the_dossier(owner, world, field):
    wrong = {
        "documents": [{"document": str(world.spare.pk), "side": "both"}],
        "people": [{"name": "Ann", "side": "upside"}],
        "left_out": [str(world.dossier.pk)],
    }
    refused(owner.post(f"dossiers/{world.dossier.pk}/set-up/", {field: wrong[field]}), field=field)
