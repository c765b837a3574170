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
