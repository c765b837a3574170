"""Adjudication through the API: questions, decisions, what is stale, and what an annotator may read of it."""

import pytest

from tests.annotate.api.conftest import Caller
from tests.claims import two_readings

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return two_readings.make()


@pytest.fixture
def editor(world):
    return Caller(world.editor)


def questions(caller, world, query="status=open"):
    return caller.get(f"dossiers/{world.dossier.pk}/questions/?page_size=200&{query}").json()["results"]


def body_of(question, world, **more):
    said = {name: question[name] for name in ("key", "digest", "seen")}
    return {"dossier": str(world.dossier.pk), **said, **more}


def test_open_questions_are_listed_and_one_is_decided(editor, world):
    asked = questions(editor, world, "status=open&question=claim")
    assert len(asked) == 5
    split = next(row for row in asked if len(row["items"]) == 3)
    assert {len(reading["items"]) for reading in split["readings"]} == {1, 2}
    body = body_of(split, world, choice="taken", taken_from=str(world.layers["ben"].pk), note="Two things are said.")
    answer = editor.post("settlements/", body, key="once")
    assert answer.status_code == 201, answer.json()
    found = answer.json()
    assert (found["choice"], found["note"], len(found["results"])) == ("taken", "Two things are said.", 2)
    assert editor.post("settlements/", body, key="once").json() == found
    assert [editor.get(f"claims/{pk}/").status_code for pk in found["results"]] == [200, 200]
    decided = questions(editor, world, "status=decided")
    assert [(row["earlier"], row["gold"]) for row in decided] == [(found["id"], found["results"])]
    assert editor.get(f"settlements/?dossier={world.dossier.pk}&question=claim").json()["count"] == 1


def test_question_that_changed_since_it_was_read_is_412(editor, world):
    asked = questions(editor, world, "status=open&question=claim")[0]
    layer = next(reading["layer"] for reading in asked["readings"] if reading["items"])
    body = body_of(asked, world, choice="taken", taken_from=layer)
    assert editor.post("settlements/", body).status_code == 201
    answer = editor.post("settlements/", {**body, "choice": "neither", "taken_from": None})
    assert (answer.status_code, answer.json()["title"]) == (412, "Somebody was faster")
    assert editor.get("settlements/").json()["count"] == 1


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"choice": "sideways"}, 422),
        ({"choice": "taken"}, 422),
        ({"choice": "neither", "key": "no such"}, 412),
        ({}, 400),
    ],
)
def test_what_does_not_fit_is_refused(editor, world, more, status):
    asked = questions(editor, world, "status=open&question=claim")[0]
    assert editor.post("settlements/", {**body_of(asked, world), **more}).status_code == status


def test_annotator_reads_decisions_on_own_items_and_no_other_reading(editor, world):
    for question in questions(editor, world, "status=open&question=claim"):
        layer = next(reading["layer"] for reading in question["readings"] if reading["items"])
        assert (
            editor.post("settlements/", body_of(question, world, choice="taken", taken_from=layer)).status_code == 201
        )
    ann, ben = Caller(world.people["ann"]), world.layers["ben"]
    listed = ann.get("settlements/?question=claim").json()["results"]
    # The two that Ben alone marked are not hers to know of.
    assert len(listed) == 3
    theirs = {str(claim.pk) for claim in ben.claims.all()}
    for row in listed:
        assert {reading["layer"] for reading in row["readings"]} == {str(world.layers["ann"].pk)}
        assert not theirs & set(row["items"])
        assert str(ben.pk) not in str(row)
    assert ann.get(f"dossiers/{world.dossier.pk}/questions/").status_code == 403
    question = questions(editor, world, "status=decided")[0]
    assert ann.post("settlements/", body_of(question, world, choice="neither")).status_code == 403


def test_nothing_is_shown_before_adjudication_opens(world):
    world.project.adjudication_opened_at = None
    world.project.save()
    for person in (world.editor, world.owner):
        caller = Caller(person)
        assert caller.get(f"dossiers/{world.dossier.pk}/questions/").status_code == 403
        assert caller.get("settlements/").json()["count"] == 0


def test_unknown_filter_is_refused(editor, world):
    assert editor.get(f"dossiers/{world.dossier.pk}/questions/?status=odd").status_code == 400


def test_what_all_agree_on_is_taken_over_in_one_step_and_taken_back_in_one(editor, world):
    address = f"dossiers/{world.dossier.pk}/agreed/"
    seen = editor.get(address).json()
    assert seen["count"] == len(questions(editor, world, "status=agreed")) > 5
    answer = editor.post(address, {"state": seen["state"]}, key="once")
    assert (answer.status_code, answer.json()["count"] >= seen["count"]) == (201, True), answer.json()
    # Sent again under its key it is what was done; as a new request it is about what is no longer there.
    assert editor.post(address, {"state": seen["state"]}, key="once").json() == answer.json()
    stale = editor.post(address, {"state": seen["state"]})
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:rejoinder:stale")
    taken = editor.get("settlements/").json()["count"]
    assert taken == answer.json()["count"]
    back = editor.post(f"dossiers/{world.dossier.pk}/unsettle/", {})
    assert (back.status_code, back.json()["verb"]) == (201, f"take over {taken} on which all agree")
    assert editor.get("settlements/").json()["count"] == 0
    assert editor.get(address).json() == seen
    nothing = editor.post(f"dossiers/{world.dossier.pk}/unsettle/", {})
    assert (nothing.status_code, "nothing of yours" in nothing.json()["detail"]) == (422, True)


def test_question_that_is_put_off_is_asked_last(editor, world):
    first = questions(editor, world)[0]
    body = {"dossier": str(world.dossier.pk), "task": "settle", "subject": first["key"]}
    answer = editor.post("postponements/", body)
    assert (answer.status_code, answer.json()["task"]) == (201, "settle"), answer.json()
    asked = questions(editor, world)
    assert (asked[-1]["key"], asked[-1]["is_later"], asked[0]["is_later"]) == (first["key"], True, False)
    assert editor.delete(f"postponements/{answer.json()['id']}/", version=1).status_code == 204
    assert questions(editor, world)[0]["key"] == first["key"]


def test_annotator_takes_nothing_over(world):
    ann = Caller(world.people["ann"])
    address = f"dossiers/{world.dossier.pk}"
    assert ann.get(f"{address}/agreed/").status_code == 403
    assert ann.post(f"{address}/agreed/", {"state": "any"}).status_code == 403
    assert ann.post(f"{address}/unsettle/", {}).status_code == 403
    body = {"dossier": str(world.dossier.pk), "task": "settle", "subject": "any"}
    assert ann.post("postponements/", body).status_code == 403
