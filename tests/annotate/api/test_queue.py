"""The work that is left, over the API: the queue, what is put off, a claim cut in two, figures withheld at once."""

import pytest

from claims.models import Assignment, FigureComparison, Postponement
from tests.factories import make_claim, make_document, make_dossier, make_member, make_project, make_quantity

from .conftest import Caller

pytestmark = pytest.mark.django_db


def queue(caller, world, query=""):
    answer = caller.get(f"dossiers/{world.dossier.pk}/queue/?page_size=200{query}")
    assert answer.status_code == 200, answer.json()
    return answer.json()["results"]


def put_off(caller, world, row, **more):
    return caller.post(
        "postponements/",
        {"dossier": str(world.dossier.pk), "task": row["task"], "subject": row["subject"], **more},
    )


def test_what_is_left_is_told_step_by_step(owner, world):
    left = queue(owner, world)
    assert left[0]["asks"] == "setup"
    suggested = queue(owner, world, "&task=claim")
    assert suggested[0] == {
        "task": "claim", "asks": "suggestion", "subject": str(world.suggestion.pk), "document": str(world.document.pk),
        "start": 0, "is_later": False,
    }  # fmt: skip
    owner.post(f"suggestions/{world.suggestion.pk}/reject/", {})
    assert queue(owner, world, "&task=claim") == []


def test_decision_is_put_off_set_aside_and_asked_again(owner, world):
    other = make_claim(world.dossier, quote="The ministry", role="response", actor=owner.user)
    third = make_claim(world.dossier, quote="the report", role="response", actor=owner.user)
    first, second = (row["subject"] for row in queue(owner, world, "&task=pair"))
    assert {first, second} == {str(other.pk), str(third.pk)}
    answer = put_off(owner, world, {"task": "pair", "subject": first})
    assert (answer.status_code, answer.json()["state"], answer.json()["version"]) == (201, "later", 1)
    assert [(row["subject"], row["is_later"]) for row in queue(owner, world, "&task=pair")] == [
        (second, False),
        (first, True),
    ]
    aside = put_off(owner, world, {"task": "pair", "subject": first}, state="aside", reason="Not ours to say.")
    assert (aside.json()["id"], aside.json()["version"]) == (answer.json()["id"], 2)
    assert [row["subject"] for row in queue(owner, world, "&task=pair")] == [second]
    assert owner.get("postponements/?state=aside&task=pair").json()["results"] == [aside.json()]
    address = f"postponements/{answer.json()['id']}/"
    assert owner.delete(address, version=1).status_code == 412
    assert owner.delete(address, version=2).status_code == 204
    assert len(queue(owner, world, "&task=pair")) == 2


@pytest.mark.parametrize(
    ("more", "status", "field"),
    [
        ({"state": "aside"}, 422, "reason"),
        ({"state": "never"}, 422, "state"),
        ({"task": "dream"}, 400, "task"),
    ],
)
def test_what_cannot_be_put_off_is_refused(owner, world, more, status, field):
    answer = put_off(owner, world, {"task": "pair", "subject": str(world.response.pk)}, **more)
    assert (answer.status_code, list(answer.json()["errors"])) == (status, [field])
    assert not Postponement.objects.exists()


def test_queue_refuses_what_it_does_not_know(owner, world):
    for query in ("task=dream", "layer=mine"):
        assert owner.get(f"dossiers/{world.dossier.pk}/queue/?{query}").status_code == 400


def test_queue_of_another_is_not_told():
    project = make_project(kind="independent")
    dossier = make_dossier(documents=[make_document(project)])
    ann, ben = (Caller(make_member(project, "annotator", name)) for name in ("ann", "ben"))
    researcher = Caller(make_member(project, "researcher"))
    address = f"dossiers/{dossier.pk}/queue/"
    assert ann.get(address).status_code == 200
    layer = project.layers.get(annotator=ann.user)
    row = ann.post("postponements/", {"dossier": str(dossier.pk), "task": "setup", "subject": str(dossier.pk)}).json()
    assert ben.get(f"{address}?layer={layer.pk}").status_code == 404
    assert ben.get("postponements/").json()["count"] == 0
    assert ben.delete(f"postponements/{row['id']}/", version=1).status_code == 404
    assert researcher.get(address).status_code == 404
    Assignment.objects.create(dossier=dossier, annotator=ben.user)
    assert (ann.get(address).status_code, ben.get(address).status_code) == (403, 200)


def test_claim_is_cut_in_two(owner, world):
    claim = world.assertion
    at = claim.start + len("370 people")
    address = f"claims/{claim.pk}/split/"
    answer = owner.post(address, {"at": at, "seen": 1}, key="once")
    assert answer.status_code == 201, answer.json()
    assert owner.post(address, {"at": at, "seen": 1}, key="once").json() == answer.json()
    first, second = answer.json()["first"], answer.json()["second"]
    assert (first["id"], first["name"], first["version"]) == (str(claim.pk), claim.name, 2)
    assert [owner.get(f"claims/{part['id']}/").json()["quote"] for part in (first, second)] == [
        "370 people",
        "were arrested",
    ]
    assert owner.get(f"links/{world.link.pk}/").json()["target_claim"] == str(claim.pk)
    stale = owner.post(address, {"at": at - 4, "seen": 1})
    assert (stale.status_code, stale.json()["version"], stale.json()["theirs"]["quote"]) == (412, 2, "370 people")
    outside = owner.post(address, {"at": 0, "seen": 2})
    assert (outside.status_code, list(outside.json()["errors"])) == (422, ["at"])


def test_figures_of_the_answered_claim_are_withheld_at_once(owner, world):
    make_quantity(world.document, "332", "332")
    end = world.document.text.index(" brokers")
    assert owner.patch(f"claims/{world.assertion.pk}/", {"end": end}, version=1).status_code == 200
    address = f"links/{world.link.pk}/withhold/"
    # One of the two has an outcome and keeps it.
    answer = owner.post(address, {})
    assert answer.status_code == 201, answer.json()
    made = FigureComparison.objects.get(pk=answer.json()["comparisons"][0])
    assert (len(answer.json()["comparisons"]), made.outcome, made.quantity.quote) == (1, "withheld", "332")
    again = owner.post(address, {})
    assert (again.status_code, "has an outcome" in again.json()["detail"]) == (422, True)


def test_researcher_changes_nothing(world):
    researcher = Caller(make_member(world.project, "researcher"))
    body = {"dossier": str(world.dossier.pk), "task": "pair", "subject": str(world.response.pk)}
    assert researcher.post("postponements/", body).status_code == 403
    assert researcher.post(f"claims/{world.assertion.pk}/split/", {"at": 20, "seen": 1}).status_code == 403
    assert researcher.post(f"links/{world.link.pk}/withhold/", {}).status_code == 403
