"""History over the API: what was done, undone, taken back and brought back, and what nobody else is told."""

import uuid

import pytest

from claims.adjudication import gold_layer
from claims.models import Act, Change, Claim, Settlement
from tests.claims import two_readings
from tests.factories import make_document, make_dossier, make_member, make_project

from .conftest import Caller

pytestmark = pytest.mark.django_db


def mark(caller, world, start=0, end=3):
    body = {"document": str(world.document.pk), "role": "assertion", "start": start, "end": end}
    answer = caller.post("claims/", {"dossier": str(world.dossier.pk), **body})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def changes_of(caller, pk):
    return caller.get(f"changes/?object={pk}").json()["results"]


def test_every_version_of_a_row_is_told_newest_first(owner, world):
    claim = mark(owner, world)
    owner.patch(f"claims/{claim['id']}/", {"wording": "It says so."}, version=1)
    changed, created = changes_of(owner, claim["id"])
    assert (created["action"], created["after"]["quote"], created["verb"]) == (
        "created",
        "The",
        f"mark {claim['name']}",
    )
    assert (changed["before"], changed["after"]) == ({"wording": ""}, {"wording": "It says so."})
    assert (changed["object_version"], changed["actor"]) == (2, str(owner.user.pk))
    assert owner.get(f"changes/{changed['id']}/").json() == changed
    assert owner.get(f"changes/?act={created['act']}&kind=claim&action=created").json()["count"] == 1
    assert owner.get("changes/?kind=mood").status_code == 400


def test_last_deed_is_undone_and_done_again(owner, world):
    claim = mark(owner, world)
    address = f"dossiers/{world.dossier.pk}/undo/"
    answer = owner.post(address, {}, key="once")
    assert (answer.status_code, answer.json()["verb"]) == (201, f"mark {claim['name']}"), answer.json()
    assert owner.get(f"claims/{claim['id']}/").status_code == 404
    # The same request a second time undoes nothing more.
    assert owner.post(address, {}, key="once").json() == answer.json()
    deleted, created = changes_of(owner, claim["id"])
    assert (created["is_undone"], deleted["is_undone"], deleted["undoes"]) == (True, False, created["act"])
    assert deleted["act"] == answer.json()["undone_by"]
    again = owner.post(f"changes/{deleted['id']}/take-back/", {}).json()
    assert owner.get(f"claims/{claim['id']}/").status_code == 200
    once_more = owner.post(f"changes/{changes_of(owner, claim['id'])[0]['id']}/take-back/", {})
    assert once_more.status_code == 201
    assert owner.get(f"claims/{claim['id']}/").status_code == 404
    assert len({again["undone_by"], once_more.json()["undone_by"], deleted["act"]}) == 3


def test_undoing_where_there_is_nothing_is_refused(world):
    editor = Caller(make_member(world.project, "editor"))
    answer = editor.post(f"dossiers/{world.dossier.pk}/undo/", {})
    assert (answer.status_code, answer.json()["detail"]) == (422, "There is nothing to undo in this dossier.")


def test_what_another_built_on_is_not_taken_back(owner, world):
    claim = mark(owner, world)
    editor = Caller(make_member(world.project, "editor"))
    editor.patch(f"claims/{claim['id']}/", {"wording": "Theirs."}, version=1)
    owner.post("assessments/", {"claim": claim["id"], "verification": "in_progress"})
    created = changes_of(owner, claim["id"])[-1]
    answer = owner.post(f"changes/{created['id']}/take-back/", {})
    assert (answer.status_code, "was made on it since" in answer.json()["detail"]) == (422, True)
    assert owner.get(f"claims/{claim['id']}/").json()["wording"] == "Theirs."


def test_change_that_was_changed_again_is_stale(owner, world):
    claim = mark(owner, world)
    owner.patch(f"claims/{claim['id']}/", {"wording": "One."}, version=1)
    owner.patch(f"claims/{claim['id']}/", {"wording": "Two."}, version=2)
    change = changes_of(owner, claim["id"])[1]
    answer = owner.post(f"changes/{change['id']}/take-back/", {})
    assert (answer.status_code, answer.json()["version"], answer.json()["theirs"]["wording"]) == (412, 3, "Two.")


def test_others_deeds_are_an_editors_to_take_back(owner, world):
    claim = mark(owner, world)
    change = changes_of(owner, claim["id"])[0]
    address = f"changes/{change['id']}/take-back/"
    assert Caller(make_member(world.project, "annotator")).post(address, {}).status_code == 403
    assert Caller(make_member(world.project, "researcher")).post(address, {}).status_code == 403
    assert Caller(make_member(world.project, "editor")).post(address, {}).status_code == 201
    assert not Claim.objects.live().filter(pk=claim["id"]).exists()


def test_what_is_no_annotation_is_not_taken_back_here(owner, world):
    answer = owner.post("actors/", {"project": str(world.project.pk), "name": "The court"})
    change = changes_of(owner, answer.json()["id"])[0]
    assert (change["before"], change["after"], change["dossier"]) == ({}, {}, None)
    assert owner.post(f"changes/{change['id']}/take-back/", {}).status_code == 403
    assert owner.post(f"changes/{change['id']}/restore/", {"seen": 1}).status_code == 404


def test_deleted_row_comes_back_with_what_went_along(owner, world):
    claim, link = world.assertion, world.link
    assert owner.delete(f"claims/{claim.pk}/", version=1).status_code == 204
    created = changes_of(owner, claim.pk)[-1]
    stale = owner.post(f"changes/{created['id']}/restore/", {"seen": 1, "along": True})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
    answer = owner.post(f"changes/{created['id']}/restore/", {"seen": 2, "along": True})
    assert answer.status_code == 201, answer.json()
    assert answer.json() == {"kind": "claim", "object": str(claim.pk), "name": claim.name, "version": 3}
    assert answer["ETag"] == '"3"'
    assert owner.get(f"claims/{claim.pk}/").status_code == owner.get(f"links/{link.pk}/").status_code == 200
    again = owner.post(f"changes/{created['id']}/restore/", {"seen": 3})
    assert (again.status_code, again.json()["detail"]) == (422, "That is how it stands already.")


def test_ruling_comes_back_by_an_editor_alone(owner, world):
    path = f"comparisons/{world.comparison.pk}/"
    owner.patch(path, {"ruling": "same", "justification": "Both count March."}, version=1)
    owner.patch(path, {"ruling": "", "justification": ""}, version=2)
    ruled = changes_of(owner, world.comparison.pk)[1]
    address, body = f"changes/{ruled['id']}/restore/", {"seen": 3}
    assert Caller(make_member(world.project, "annotator")).post(address, body).status_code == 403
    assert Caller(make_member(world.project, "editor")).post(address, body).status_code == 201
    assert owner.get(path).json()["ruling"] == "same"


def test_stranger_is_told_nothing(owner, stranger, world):
    claim = mark(owner, world)
    change = changes_of(owner, claim["id"])[0]
    assert stranger.get("changes/").json()["count"] == 0
    assert stranger.get(f"changes/{change['id']}/").status_code == 404
    for deed in ("restore", "take-back"):
        assert stranger.post(f"changes/{change['id']}/{deed}/", {"seen": 1}).status_code == 404
    assert stranger.post(f"dossiers/{world.dossier.pk}/undo/", {}).status_code == 404


def test_nobody_reads_or_undoes_in_anothers_layer():
    project = make_project(kind="independent")
    document = make_document(project)
    blind = type("Blind", (), {"document": document, "dossier": make_dossier(documents=[document])})
    ann, ben = (Caller(make_member(project, "annotator", name)) for name in ("ann", "ben"))
    owner = Caller(project.memberships.get(role="owner").user)
    claim = mark(ann, blind)
    change = changes_of(ann, claim["id"])[0]
    for other in (ben, owner):
        assert changes_of(other, claim["id"]) == []
        assert other.get(f"changes/{change['id']}/").status_code == 404
        assert other.post(f"changes/{change['id']}/take-back/", {}).status_code == 404
        assert other.post(f"dossiers/{blind.dossier.pk}/undo/", {}).status_code == 422
    assert ann.post(f"dossiers/{blind.dossier.pk}/undo/", {}).status_code == 201


def test_decision_in_gold_does_not_tell_the_readings():
    world = two_readings.make()
    ann = Caller(world.layers["ann"].annotator)
    gold = gold_layer(world.project)
    with Act(actor=world.editor, project=world.project, layer=gold, dossier=world.dossier, verb="settle") as act:
        made = act.create(
            Settlement(
                layer=gold,
                dossier=world.dossier,
                question="claim",
                items=[str(uuid.uuid4())],
                digest="",
                choice="neither",
            )
        )
    assert Change.objects.get(object_id=made.pk).after["items"]
    for caller in (ann, Caller(world.editor)):
        told = changes_of(caller, made.pk)
        assert [(row["kind"], row["before"], row["after"]) for row in told] == [("settlement", {}, {})]
