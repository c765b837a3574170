"""Assignments over the API: the same deeds as the page of work, and nothing told before adjudication opens."""

import pytest

from claims.models import Assignment, Notice, Visit
from tests.annotate.api.conftest import Caller
from tests.factories import make_claim, make_document, make_dossier, make_layer, make_member, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def dossier(owner):
    project = make_project(owner=owner.user, kind="independent")
    return make_dossier(documents=[make_document(project)])


@pytest.fixture
def ann(dossier):
    return Caller(make_member(dossier.project, "annotator", "ann"))


@pytest.fixture
def ben(dossier):
    return Caller(make_member(dossier.project, "annotator", "ben"))


def give(owner, dossier, caller):
    return owner.post("assignments/", {"dossier": str(dossier.pk), "annotator": str(caller.user.pk)})


def test_a_dossier_is_given_finished_and_taken_up_again(owner, ann, dossier):
    answer = owner.post("assignments/", {"dossier": str(dossier.pk), "username": "ann"}, key="a")
    assert owner.post("assignments/", {"dossier": str(dossier.pk), "username": "ann"}, key="a").json() == answer.json()
    made = answer.json()
    assert (answer.status_code, made["username"], made["state"], made["way"]) == (201, "ann", "open", "hand")
    assert Notice.objects.get().user == ann.user
    address = f"assignments/{made['id']}/"
    assert ann.patch(address, {"state": "finished"}, version=1).status_code == 422
    make_claim(dossier, quote="370 people", layer=make_layer(dossier.project, ann.user), actor=ann.user)
    assert ann.patch(address, {"state": "finished"}).status_code == 428
    done = ann.patch(address, {"state": "finished", "note": "Zwiebelturm"}, version=1).json()
    assert (done["state"], done["note"]) == ("finished", "Zwiebelturm")
    assert ann.patch(address, {"note": "Mine"}, version=1).status_code == 412
    assert ann.patch(address, {"note": "Mine"}, version=done["version"]).json()["note"] == "Mine"
    assert ann.patch(address, {"state": "open"}, version=3).json()["finished_at"] is None
    assert ann.patch(address, {"note": "Early"}, version=4).status_code == 422
    assert ann.patch(address, {}, version=4).status_code == 200


def test_looked_and_nothing_here_wants_every_document_opened(owner, ann, dossier):
    address = f"assignments/{give(owner, dossier, ann).json()['id']}/"
    assert ann.patch(address, {"state": "nothing"}, version=1).status_code == 422
    layer = make_layer(dossier.project, ann.user)
    Visit.objects.create(layer=layer, dossier=dossier, document=dossier.places.get().document, user=ann.user)
    assert ann.patch(address, {"state": "nothing"}, version=1).json()["state"] == "nothing"


def test_a_note_is_its_writers_until_adjudication_opens(owner, ann, ben, dossier):
    row = give(owner, dossier, ann).json()
    make_claim(dossier, quote="370 people", layer=make_layer(dossier.project, ann.user), actor=ann.user)
    ann.patch(f"assignments/{row['id']}/", {"state": "finished", "note": "Zwiebelturm"}, version=1)
    seen = owner.get(f"assignments/{row['id']}/").json()
    assert (seen["state"], seen["note"]) == ("finished", "")
    assert "Zwiebelturm" not in owner.get("assignments/").content.decode()
    assert ben.get("assignments/").json()["count"] == 0
    assert ben.get(f"assignments/{row['id']}/").status_code == 404
    opened = owner.post(f"projects/{dossier.project.pk}/open-adjudication/", {})
    assert (opened.status_code, opened.json()["adjudication_opened_at"] is not None) == (201, True)
    assert owner.get(f"assignments/{row['id']}/").json()["note"] == "Zwiebelturm"


def test_nobody_finishes_or_words_anothers_part(owner, ann, dossier):
    address = f"assignments/{give(owner, dossier, ann).json()['id']}/"
    make_claim(dossier, quote="370 people", layer=make_layer(dossier.project, ann.user), actor=ann.user)
    assert owner.patch(address, {"state": "finished"}, version=1).status_code == 403
    ann.patch(address, {"state": "finished", "note": "Mine"}, version=1)
    assert owner.patch(address, {"note": "Yours"}, version=2).status_code == 403
    assert owner.patch(address, {"state": "open"}, version=2).json()["state"] == "open"


def test_taking_back_is_for_those_who_give(owner, ann, dossier):
    row = give(owner, dossier, ann).json()
    assert ann.delete(f"assignments/{row['id']}/", version=1).status_code == 403
    assert owner.delete(f"assignments/{row['id']}/", version=1).status_code == 204
    assert not Assignment.objects.live().exists()
    assert give(ann, dossier, ann).status_code == 403


@pytest.mark.parametrize("more", [{}, {"username": "nobody"}, {"annotator": "them", "username": "ann"}])
def test_one_annotator_is_named(owner, ann, dossier, more):
    them = {"annotator": str(ann.user.pk)} if "annotator" in more else {}
    assert owner.post("assignments/", {"dossier": str(dossier.pk), **more, **them}).status_code == 422


def test_dealing_and_taking_the_next(owner, ann, ben, dossier):
    project = dossier.project
    dealt = owner.post(f"projects/{project.pk}/deal/", {}).json()["assignments"]
    assert [row["id"] for row in owner.get(f"assignments/?project={project.pk}&way=dealt").json()["results"]] == dealt
    assert ann.post(f"projects/{project.pk}/deal/", {}).status_code == 403
    assert ann.post(f"projects/{project.pk}/next/", {}).json()["dossier"] == str(dossier.pk)
    assert owner.post(f"projects/{project.pk}/next/", {}).status_code == 404


def test_adjudication_stays_closed_while_work_is_open(owner, ann, dossier, stranger):
    give(owner, dossier, ann)
    address = f"projects/{dossier.project.pk}/open-adjudication/"
    assert owner.post(address, {}).status_code == 422
    assert ann.post(address, {}).status_code == 403
    assert stranger.post(address, {}).status_code == 404


def test_a_part_nobody_gave_is_finished(owner, world):
    address = f"dossiers/{world.dossier.pk}/finish/"
    made = owner.post(address, {"state": "nothing"}, key="a")
    assert (made.status_code, made.json()["way"], made.json()["state"]) == (201, "taken", "nothing")
    assert owner.post(address, {"state": "nothing"}, key="a").json() == made.json()
    assert owner.post(address, {}).status_code == 422
    assert Caller(make_member(world.project, "researcher")).post(address, {}).status_code == 403
