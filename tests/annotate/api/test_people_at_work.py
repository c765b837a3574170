"""Assignments, comments and notices over the API: the same deeds as the pages, and as blind."""

import pytest

from claims.models import Assignment, Comment, Notice, Project
from tests.claims import two_readings
from tests.factories import make_document, make_dossier, make_layer, make_member, make_project

from .conftest import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def blind(owner):
    """An independent project: two annotators who work alone."""
    project = make_project(owner=owner.user, kind="independent", annotators_each=1)
    dossier = make_dossier(documents=[make_document(project)])
    ann, ben = (Caller(make_member(project, "annotator", name)) for name in ("ann", "ben"))
    return type("Blind", (), {"project": project, "dossier": dossier, "ann": ann, "ben": ben, "owner": owner})


def test_dossier_is_given_finished_and_taken_back(blind):
    body = {"dossier": str(blind.dossier.pk), "username": "ann"}
    given = blind.owner.post("assignments/", body)
    assert (given.status_code, given.json()["state"], given.json()["username"]) == (201, "open", "ann")
    path = f"assignments/{given.json()['id']}/"
    assert blind.ben.get(path).status_code == 404
    assert [row["id"] for row in blind.ann.get("assignments/?state=open").json()["results"]] == [given.json()["id"]]
    refused = blind.ann.patch(path, {"state": "finished"}, version=1)
    assert (refused.status_code, "Nothing is marked" in refused.json()["detail"]) == (422, True)
    assert blind.owner.patch(path, {"state": "nothing"}, version=1).status_code == 403
    assert blind.ann.delete(path, version=1).status_code == 403
    assert blind.owner.delete(path, version=1).status_code == 204
    assert not Assignment.objects.live().exists()


def test_note_is_its_writers_until_adjudication_opens(blind):
    row = Assignment.objects.create(dossier=blind.dossier, annotator=blind.ann.user, note="odd text")
    path = f"assignments/{row.pk}/"
    assert blind.owner.get(path).json()["note"] == ""
    assert blind.ann.get(path).json()["note"] == "odd text"


@pytest.mark.parametrize("more", [{}, {"username": "nobody"}, {"username": "ann", "annotator": "own"}])
def test_assignment_names_one_member(blind, more):
    more = {name: str(blind.ann.user.pk) if value == "own" else value for name, value in more.items()}
    assert blind.owner.post("assignments/", {"dossier": str(blind.dossier.pk), **more}).status_code == 422


def test_dossiers_are_dealt_and_taken(blind):
    path = f"projects/{blind.project.pk}"
    taken = blind.ann.post(f"{path}/next/", {}).json()
    assert taken["dossier"] == str(blind.dossier.pk)
    assert blind.ben.post(f"{path}/next/", {}).json() == {"assignment": None, "dossier": None}
    assert blind.ann.post(f"{path}/deal/", {}).status_code == 403
    make_dossier(documents=[make_document(blind.project)])
    assert len(blind.owner.post(f"{path}/deal/", {}).json()["assignments"]) == 1


def test_adjudication_opens_when_all_is_finished(blind):
    path = f"projects/{blind.project.pk}/open-adjudication/"
    make_layer(blind.project, blind.ann.user)
    row = Assignment.objects.create(dossier=blind.dossier, annotator=blind.ann.user)
    assert blind.owner.post(path, {}).status_code == 422
    row.state, row.finished_at = "nothing", row.created_at
    row.save()
    assert blind.ann.post(path, {}).status_code == 403
    assert blind.owner.post(path, {}).status_code == 201
    assert Project.objects.get(pk=blind.project.pk).adjudication_opened_at is not None


def test_thread_is_written_answered_mended_and_resolved(owner, world):
    ben = Caller(make_member(world.project, "annotator", "ben"))
    said = owner.post("comments/", {"claim": str(world.assertion.pk), "text": "Whose figure, @ben?"})
    assert (said.status_code, said.json()["author"], said.json()["resolved"]) == (201, owner.user.username, False)
    path = f"comments/{said.json()['id']}/"
    answer = ben.post("comments/", {"parent": said.json()["id"], "text": "Theirs."})
    assert answer.json()["dossier"] == str(world.dossier.pk)
    notice = ben.get("notices/?seen=false").json()["results"][0]
    assert (notice["kind"], notice["comment"]) == ("mention", said.json()["id"])
    assert ben.post(f"notices/{notice['id']}/seen/", {}).json()["read_at"] is not None
    assert ben.get("notices/?seen=false").json()["count"] == 0
    assert ben.patch(path, {"text": "Mine"}, version=1).status_code in (403, 422)
    assert ben.patch(path, {"resolved": True}, version=1).json()["resolved"] is True
    listed = owner.get(f"comments/?claim={world.assertion.pk}&resolved=true").json()["results"]
    assert [row["id"] for row in listed] == [said.json()["id"], answer.json()["id"]]
    assert owner.delete(path, version=1).status_code == 412
    assert Comment.objects.live().count() == 2


def test_comment_is_on_one_thing_of_one_place(owner, world):
    both = {"claim": str(world.assertion.pk), "link": str(world.link.pk), "text": "?"}
    assert owner.post("comments/", both).status_code == 422
    assert owner.post("comments/", {"text": "?"}).status_code == 422
    assert owner.post("comments/", {"dossier": str(world.dossier.pk), "text": " "}).status_code in (400, 422)


def test_comments_in_anothers_layer_are_not_there_before_adjudication():
    world = two_readings.make(opened=False)
    ann, ben = (Caller(world.people[name]) for name in ("ann", "ben"))
    said = ann.post("comments/", {"dossier": str(world.dossier.pk), "text": "Mine alone"}).json()
    for caller in (ben, Caller(world.owner), Caller(world.editor)):
        assert caller.get(f"comments/{said['id']}/").status_code == 404
        assert caller.get("comments/").json()["count"] == 0
        assert caller.post("comments/", {"parent": said["id"], "text": "?"}).status_code in (400, 404)


def test_notice_of_another_is_not_there(owner, world, stranger):
    row = Notice.objects.create(user=owner.user, kind="assigned", dossier=world.dossier)
    assert owner.get(f"notices/{row.pk}/").status_code == 200
    assert stranger.get(f"notices/{row.pk}/").status_code == 404
    assert stranger.post(f"notices/{row.pk}/seen/", {}).status_code == 404


def test_all_notices_are_put_away_at_once_and_nobody_elses(blind):
    for person in (blind.ann, blind.ann, blind.ben):
        Notice.objects.create(user=person.user, kind="assigned", dossier=blind.dossier)
    assert blind.ann.post("notices/all-seen/", {}).json() == {"count": 2}
    assert blind.ann.post("notices/all-seen/", {}).json() == {"count": 0}
    assert blind.ann.get("notices/?seen=false").json()["count"] == 0
    assert blind.ben.get("notices/?seen=false").json()["count"] == 1
