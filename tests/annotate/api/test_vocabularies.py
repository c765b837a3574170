"""Label schemas and guidelines through the API: versions read, the next one made, nobody's overwritten."""

import pytest

from claims.models import Guideline, Vocabulary
from claims.projects import default_vocabulary, load_vocabularies
from tests.annotate.api.conftest import Caller
from tests.factories import make_claim, make_document, make_dossier, make_layer, make_link, make_member, make_project

pytestmark = pytest.mark.django_db


def body_of(project, **said):
    project.refresh_from_db()
    return {"project": str(project.pk), "based_on": str(project.vocabulary_id), **said}


RETIRE = [{"facet": "relation", "key": "deflects", "is_retired": True}]


def test_a_label_is_retired_and_refused_anew(owner, world):
    link = world.link
    answer = owner.post("vocabularies/", body_of(world.project, labels=RETIRE, summary="Deflects goes."))
    made = answer.json()
    assert (answer.status_code, made["number"], made["summary"]) == (201, 2, "Deflects goes.")
    assert {label["key"]: label["is_retired"] for label in made["labels"]}["deflects"] is True
    assert owner.get(f"projects/{world.project.pk}/").json()["vocabulary"] == made["id"]
    answer = owner.patch(f"links/{link.pk}/", {"relation": "deflects"}, version=link.version)
    assert answer.status_code == 422
    assert answer.json()["detail"] == (
        "“refers on or declines” is retired: it stays where it is, and is not chosen anew."
    )
    body = {"response": str(world.response.pk), "scope": "open", "relation": "deflects"}
    assert owner.post("links/", body).status_code == 422


def test_what_carries_a_retired_label_may_still_be_changed(owner, world):
    link = world.link
    labels = [{"facet": "relation", "key": "disputes", "is_retired": True}]
    assert owner.post("vocabularies/", body_of(world.project, labels=labels)).status_code == 201
    assert owner.patch(f"links/{link.pk}/", {"note": "Kept."}, version=link.version).status_code == 200


def test_a_label_is_added_before_none_and_keeps_its_words(owner, world):
    label = {"facet": "strategy", "key": "jokes", "phrase": "jokes about it", "colour": "#0072b2", "wants_note": True}
    made = owner.post("vocabularies/", body_of(world.project, labels=[label])).json()
    keys = [one["key"] for one in made["labels"] if one["facet"] == "strategy"]
    assert keys[-4:] == ["jokes", "none", "unclear", "other"]
    first = {**label, "key": "denies", "phrase": "denies it", "position": 3}
    made = owner.post("vocabularies/", body_of(world.project, labels=[first])).json()
    assert [one["key"] for one in made["labels"] if one["facet"] == "strategy"].index("denies") == 2
    found = next(one for one in made["labels"] if one["key"] == "jokes")
    assert {name: found[name] for name in label} == label


def test_two_owners_at_once(owner, world):
    body = body_of(world.project, labels=RETIRE)
    assert owner.post("vocabularies/", body, key="a").status_code == 201
    assert owner.post("vocabularies/", body, key="a").status_code == 201
    answer = owner.post("vocabularies/", body)
    assert answer.status_code == 412
    assert Vocabulary.objects.filter(based_on__isnull=False).count() == 1


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"labels": [{"facet": "relation", "key": "Bad", "phrase": "x"}]}, "small letters"),
        ({"labels": [{"facet": "relation", "key": "fine"}]}, "Write the phrase"),
        ({"labels": [{"facet": "relation", "key": "rejects", "shortcut": "2"}]}, "has the digit"),
        ({"labels": [{"facet": "claim_kind", "key": "x", "phrase": "x"}]}, "are the same everywhere"),
        ({"labels": [{"facet": "mood", "key": "x", "phrase": "x"}]}, "are the same everywhere"),
        ({"labels": [{"facet": "relation", "key": "unclear", "is_retired": True}]}, "the program itself asks"),
        ({"taken_out": [{"facet": "relation", "key": "gone"}]}, "There is no label"),
        ({"taken_out": [{"facet": "relation", "key": "disputes"}]}, "is or was in use"),
        ({"taken_out": [{"facet": "relation", "key": "other"}]}, "the program itself asks"),
        ({}, "Nothing is different"),
        ({"about": {"relation": {"question": 5}}}, "is not text"),
    ],
)
def test_what_is_wrong_is_said(owner, world, said, told):
    answer = owner.post("vocabularies/", body_of(world.project, **said))
    assert answer.status_code == 422, answer.json()
    assert told in answer.json()["detail"]


def test_questions_are_changed_and_how_many_is_not(owner, world):
    about = {"relation": {"question": "What does it do?", "several": True}}
    made = owner.post("vocabularies/", body_of(world.project, about=about)).json()
    assert made["about"]["relation"]["question"] == "What does it do?"
    assert made["about"]["relation"]["several"] is False
    said = owner.get(f"projects/{world.project.pk}/labels/").json()
    assert said["about"]["relation"]["question"] == "What does it do?"


def test_only_an_owner_changes_and_members_read(owner, world):
    editor = Caller(make_member(world.project, "editor"))
    assert editor.post("vocabularies/", body_of(world.project, labels=RETIRE)).status_code == 403
    made = owner.post("vocabularies/", body_of(world.project, labels=RETIRE)).json()
    assert editor.get(f"vocabularies/{made['id']}/").status_code == 200
    assert editor.get(f"vocabularies/{made['based_on']}/").json()["key"] == "default"
    assert [row["id"] for row in editor.get(f"vocabularies/?project={world.project.pk}").json()["results"]] == [
        made["id"]
    ]


def test_strangers_see_none_and_members_what_came_with_it(owner, world, stranger):
    load_vocabularies()
    made = owner.post("vocabularies/", body_of(world.project, labels=RETIRE)).json()
    assert stranger.get("vocabularies/").json()["count"] == 0
    assert stranger.get(f"vocabularies/{made['id']}/").status_code == 404
    assert stranger.post("vocabularies/", body_of(world.project, labels=RETIRE)).status_code == 404
    other = Caller(make_project().memberships.get().user)
    keys = {row["key"] for row in other.get("vocabularies/").json()["results"]}
    assert keys == {"default", "upr", "gao"}
    upr = next(row for row in other.get("vocabularies/").json()["results"] if row["key"] == "upr")
    labels = other.get(f"vocabularies/{upr['id']}/").json()["labels"]
    assert {label["key"]: label["maps_to"] for label in labels if label["facet"] == "relation"}["noted"] == "deflects"


def test_a_used_label_of_a_hidden_layer_is_refused_as_an_unused_one(owner):
    project = make_project(owner.user, kind="independent")
    layer = make_layer(project, make_member(project, "annotator"))
    dossier = make_dossier(project, [make_document(project)])
    response = make_claim(dossier, quote="The ministry", role="response", layer=layer)
    make_link(response, make_claim(dossier, quote="370 people", layer=layer), strategies=["denies"])
    told = set()
    for key in ("denies", "minimises"):
        answer = owner.post("vocabularies/", body_of(project, taken_out=[{"facet": "strategy", "key": key}]))
        assert answer.status_code == 422
        told.add(answer.json()["detail"].replace(key, "KEY"))
    assert len(told) == 1
    assert default_vocabulary().number == 1


def test_guidelines_are_stored_in_versions(owner, world):
    address = f"projects/{world.project.pk}/guidelines/"
    answer = owner.post(address, {"text": "# One", "made_from": 0}, key="a")
    assert (answer.status_code, answer.json()["number"]) == (201, 1)
    assert owner.post(address, {"text": "# One", "made_from": 0}, key="a").json() == answer.json()
    assert owner.post(address, {"text": "# Two", "made_from": 1}).status_code == 422
    assert owner.post(address, {"text": "# Two", "summary": "Two.", "made_from": 1}).status_code == 201
    answer = owner.post(address, {"text": "# Mine", "summary": "Mine.", "made_from": 1})
    assert answer.status_code == 412
    assert answer.json()["yours"]["text"] == "# Mine"
    assert answer.json()["theirs"]["text"] == "# Two"
    assert answer.json()["version"] == 2
    assert [row["number"] for row in owner.get(address).json()["results"]] == [2, 1]
    assert "text" not in owner.get(address).json()["results"][0]
    assert owner.get(f"{address}1/").json()["text"] == "# One"
    assert owner.get(f"{address}9/").status_code == 404


def test_guidelines_are_written_by_owners_and_editors(world, stranger):
    address = f"projects/{world.project.pk}/guidelines/"
    Guideline.objects.create(project=world.project, number=1, text="# One")
    annotator = Caller(make_member(world.project, "annotator"))
    assert annotator.get(f"{address}1/").status_code == 200
    assert annotator.post(address, {"text": "# Two", "summary": "x", "made_from": 1}).status_code == 403
    assert {stranger.get(address).status_code, stranger.get(f"{address}1/").status_code} == {404}
    assert stranger.post(address, {"text": "# Two", "made_from": 1}).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": "# One"}, 400),
        ({"text": "", "made_from": 0}, 400),
        ({"text": " ", "made_from": 0}, 422),
        ({"text": "# One", "made_from": 3}, 422),
        ({"text": "# One", "made_from": "0"}, 400),
    ],
)
def test_odd_guidelines_are_refused(owner, world, body, status):
    assert owner.post(f"projects/{world.project.pk}/guidelines/", body).status_code == status
