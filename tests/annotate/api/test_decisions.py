"""Suggestions over the API: accepted as they are or mended, rejected, linked; each layer decides for itself."""

from types import SimpleNamespace

import pytest

from claims.models import Actor, Change, Claim, Decision
from tests.factories import make_actor, make_document, make_dossier, make_member, make_project, make_suggestion

from .conftest import Caller, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(owner):
    world = make_world(owner.user)
    payload = {"role": "response", "speaker": "Somebody", "speech": "direct", "kind": "judgement"}
    world.suggestion = make_suggestion(world.document, "The ministry", payload=payload)
    return world


def path(world, deed):
    return f"suggestions/{world.suggestion.pk}/{deed}/"


def test_suggestion_is_accepted_as_it_is(owner, world):
    answer = owner.post(path(world, "accept"), {}, key="once")
    assert answer.status_code == 201, answer.json()
    claim = answer.json()
    assert (claim["quote"], claim["role"], claim["origin"]) == ("The ministry", "response", "accepted")
    assert (claim["kind"], claim["speech"], claim["suggestion"]) == ("judgement", "direct", str(world.suggestion.pk))
    assert Actor.objects.get(pk=claim["speaker"]).name == "Somebody"
    assert answer["ETag"] == '"1"'
    assert owner.post(path(world, "accept"), {}, key="once").json() == claim
    decided = owner.get(f"decisions/?suggestion={world.suggestion.pk}").json()["results"]
    assert [(row["outcome"], row["layer"]) for row in decided] == [("accepted", str(world.layer.pk))]
    assert owner.get(f"decisions/{decided[0]['id']}/").json() == decided[0]
    assert Change.objects.filter(object_id=claim["id"]).get().verb == f"accept {claim['name']}"


def test_suggestion_is_mended_on_the_way(owner, world):
    speaker = make_actor(world.project, name="The minister")
    start, quote = world.suggestion.start + 4, "ministry"
    body = {"start": start, "quote": quote, "speaker": str(speaker.pk), "role": "assertion", "wording": "It."}
    claim = owner.post(path(world, "accept"), body).json()
    assert (claim["start"], claim["quote"], claim["role"], claim["origin"]) == (start, quote, "assertion", "edited")
    assert (claim["speaker"], claim["wording"], claim["kind"]) == (str(speaker.pk), "It.", "judgement")
    # Whom it names instead of the suggested one is not made.
    assert not Actor.objects.filter(name="Somebody").exists()


def test_saying_what_was_suggested_edits_nothing(owner, world):
    body = {"start": world.suggestion.start, "quote": "The ministry", "role": "response", "kind": "judgement"}
    assert owner.post(path(world, "accept"), body).json()["origin"] == "accepted"


def test_new_span_takes_the_place_of_suggested_parts(owner, world):
    start, end = world.suggestion.start, world.suggestion.end
    world.suggestion = make_suggestion(
        world.document, "The ministry", payload={"stretches": [[start, start + 3], [start + 4, end]]}
    )
    claim = owner.post(path(world, "accept"), {"end": end - 1, "dossier": str(world.dossier.pk)}).json()
    assert (claim["stretches"], claim["quote"]) == ([], "The ministr")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"quote": "Other words"}, 422, "quote"),
        ({"role": "remark"}, 422, "role"),
        ({"start": 9, "end": 4}, 422, "end"),
        ({"start": "9"}, 400, "start"),
        ({"mood": "bad"}, 400, "mood"),
    ],
)
def test_what_cannot_be_is_refused(owner, world, body, status, field):
    answer = owner.post(path(world, "accept"), body)
    assert (answer.status_code, list(answer.json()["errors"])) == (status, [field])
    assert not Decision.objects.exists()


def test_rejected_suggestion_is_not_asked_again(owner, world):
    answer = owner.post(path(world, "reject"), {})
    assert (answer.status_code, answer.json()["outcome"], answer.json()["version"]) == (201, "rejected", 1)
    for deed in ("accept", "reject"):
        again = owner.post(path(world, deed), {})
        assert (again.status_code, list(again.json()["errors"])) == (422, ["suggestion"])
    assert not Claim.objects.filter(suggestion=world.suggestion).exists()


def test_suggestion_is_accepted_by_being_linked(owner, world):
    body = {"assertion": {"id": str(world.assertion.pk)}, "response": {"suggestion": str(world.suggestion.pk)}}
    answer = owner.post("pairs/", body)
    assert answer.status_code == 201, answer.json()
    claim = Claim.objects.get(pk=answer.json()["response"]["id"])
    assert (claim.suggestion_id, claim.role) == (world.suggestion.pk, "response")
    assert owner.post("pairs/", body).status_code == 422
    mixed = {"suggestion": str(world.suggestion.pk), "wording": "It."}
    assert owner.post("pairs/", {**body, "response": mixed}).status_code == 400


def test_researcher_and_stranger_decide_nothing(stranger, world):
    researcher = Caller(make_member(world.project, "researcher"))
    for deed in ("accept", "reject"):
        assert researcher.post(path(world, deed), {}).status_code == 403
        assert stranger.post(path(world, deed), {}).status_code == 404
    assert not Decision.objects.exists()


def test_each_annotator_decides_alone_and_nobody_else_is_told():
    project = make_project(kind="independent")
    ann, ben = (Caller(make_member(project, "annotator", name)) for name in ("ann", "ben"))
    document = make_document(project)
    dossier = make_dossier(documents=[document])
    world = SimpleNamespace(dossier=dossier, suggestion=make_suggestion(document, "The ministry"))
    claim = ann.post(path(world, "accept"), {}).json()
    assert ben.get("decisions/").json()["count"] == 0
    decision = ann.get("decisions/").json()["results"][0]
    assert ben.get(f"decisions/{decision['id']}/").status_code == 404
    assert ben.post(path(world, "accept"), {"layer": claim["layer"]}).status_code == 404
    assert ben.post(path(world, "reject"), {}).status_code == 201
    assert ann.get("decisions/").json()["results"] == [decision]


def test_control_part_hands_no_suggestion_out(owner, world):
    world.dossier.is_control = True
    world.dossier.save(update_fields=["is_control"])
    assert owner.post(path(world, "accept"), {}).status_code == 404
