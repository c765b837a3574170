"""Sign-offs over the API: the same deeds as the page."""

import pytest

from claims.models import Comment, Layer, Notice, SignOff
from tests.factories import make_claim, make_document, make_dossier, make_layer, make_member, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def dossier(owner):
    project = make_project(owner=owner.user)
    dossier = make_dossier(documents=[make_document(project)])
    make_claim(dossier, quote="370 people", actor=make_member(project, "annotator", "ben"))
    return dossier


def test_a_dossier_is_signed_and_a_later_change_told(owner, dossier):
    answer = owner.post("sign-offs/", {"dossier": str(dossier.pk), "state": "signed", "open_questions": "Whose?"})
    assert answer.status_code == 201
    found = answer.json()
    assert (found["state"], found["open_questions"], found["changed_since"]) == ("signed", "Whose?", False)
    make_claim(dossier, quote="332 brokers")
    assert owner.get(f"sign-offs/{found['id']}/").json()["changed_since"] is True
    listed = owner.get(f"sign-offs/?dossier={dossier.pk}&state=signed").json()
    assert [(row["id"], row["changed_since"]) for row in listed["results"]] == [(found["id"], True)]


def test_an_item_is_sent_back_and_the_sign_off_lifted(owner, dossier):
    claim = dossier.claims.get()
    body = {"dossier": str(dossier.pk), "state": "sent_back", "note": "Of what?", "claim": str(claim.pk)}
    answer = owner.post("sign-offs/", body)
    assert (answer.status_code, answer.json()["note"], answer.json()["changed_since"]) == (201, "A1: Of what?", None)
    assert Comment.objects.get().claim == claim
    assert Notice.objects.get().user.username == "ben"
    assert owner.post("sign-offs/", {"dossier": str(dossier.pk), "state": "lifted"}).status_code == 201
    assert owner.post("sign-offs/", {"dossier": str(dossier.pk), "state": "lifted"}).status_code == 422


@pytest.mark.parametrize(
    "more",
    [
        {"state": "sent_back"},
        {"state": "approved"},
        {"state": "signed", "claim": "own"},
        {"state": "signed", "layer": "annotators"},
        {"state": "signed", "uuid": "9b2f0a5e-3c1d-4e8f-a6b7-0c9d8e7f6a5b"},
    ],
)
def test_what_cannot_be_is_refused(owner, dossier, more):
    own = make_layer(dossier.project, owner.user)
    known = {"own": str(dossier.claims.get().pk), "annotators": str(own.pk)}
    body = {"dossier": str(dossier.pk), **{name: known.get(value, value) for name, value in more.items()}}
    assert owner.post("sign-offs/", body).status_code in (400, 422)
    assert not SignOff.objects.exists()


def test_a_word_is_never_changed(owner, dossier):
    row = owner.post("sign-offs/", {"dossier": str(dossier.pk), "state": "signed"}).json()
    for method in ("put", "patch", "delete"):
        assert getattr(owner.client, method)(f"/api/v1/sign-offs/{row['id']}/").status_code == 405


def test_before_gold_nothing_is_signed_and_a_blind_layer_is_not_there(owner):
    project = make_project(owner=owner.user, kind="independent")
    dossier = make_dossier(documents=[make_document(project)])
    blind = make_layer(project, make_member(project, "annotator"))
    SignOff.objects.create(layer=blind, dossier=dossier, state="sent_back", note="Zwiebelturm")
    assert owner.post("sign-offs/", {"dossier": str(dossier.pk), "state": "signed"}).status_code == 422
    body = {"dossier": str(dossier.pk), "state": "sent_back", "note": "x", "layer": str(blind.pk)}
    assert owner.post("sign-offs/", body).status_code == 404
    assert owner.get("sign-offs/").json()["count"] == 0
    Layer.objects.create(project=project, kind="gold", name="Gold")
    assert owner.post("sign-offs/", {"dossier": str(dossier.pk), "state": "signed"}).status_code == 201
