"""Stretches left out of the reading, over the API."""

import pytest

from claims.models import Change, Document, Exclusion, Run
from tests.factories import make_member

from .conftest import Caller
from .test_viewsets import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def teaser(world):
    row = Exclusion(document=world.document, start=0, end=3, reason="teaser")
    return row.anchor(world.document.text)


def test_a_stretch_is_kept_and_left_out_again(owner, world, teaser):
    teaser.save(force_insert=True)
    Document.objects.filter(pk=world.document.pk).update(tagged_by="test")
    path = f"exclusions/{teaser.pk}/"
    listed = owner.get(f"exclusions/?document={world.document.pk}&state=proposed").json()["results"]
    assert [row["id"] for row in listed] == [str(teaser.pk)]
    kept = owner.patch(path, {"state": "kept"}, version=1)
    assert (kept.status_code, kept["ETag"], kept.json()["state"]) == (200, '"2"', "kept")
    assert Run.objects.filter(kind=Run.Kind.TAG, items__document=world.document).exists()
    assert Change.objects.filter(object_id=teaser.pk).last().verb == "kept: teaser"
    assert refused(owner.patch(path, {"state": "excluded"}, version=1), status=412)
    assert owner.patch(path, {"state": "excluded"}, version=2).json()["state"] == "excluded"


def test_only_a_decision_is_taken_and_only_from_whoever_looks_after_documents(owner, world, teaser, stranger):
    teaser.save(force_insert=True)
    path = f"exclusions/{teaser.pk}/"
    assert owner.patch(path, {"state": "kept"}).status_code == 428
    assert owner.patch(path, {"state": "excluded"}, version=1).status_code == 200
    for wrong in ("odd", "proposed"):
        refused(owner.patch(path, {"state": wrong}, version=2), field="state")
    researcher = Caller(make_member(world.project, "researcher"))
    assert researcher.patch(path, {"state": "kept"}, version=2).status_code == 403
    assert stranger.get(path).status_code == 404
