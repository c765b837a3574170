"""Marking figures and saying how they are read, over the API."""

import pytest

from claims.models import Decision, Layer, Mention
from tests.factories import make_dossier, make_member

from .conftest import Caller

pytestmark = pytest.mark.django_db


def marked(caller, world, words, **more):
    document = world.document
    start = document.text.index(words)
    body = {"document": str(document.pk), "start": start, "end": start + len(words), "quote": words, **more}
    return caller.post("mentions/", body)


def test_a_figure_that_was_missed_is_marked(owner, world):
    answer = marked(owner, world, "332 brokers")
    assert answer.status_code == 201, answer.json()
    said = answer.json()
    assert (said["quote"], said["quantity"]["value"], said["layer"]) == ("332 brokers", "332", str(world.layer.pk))
    assert Decision.objects.get(mention=said["id"]).outcome == "accepted"
    refused = marked(owner, world, "the report")
    assert refused.status_code == 422
    assert "No figure can be read" in str(refused.json())
    assert marked(owner, world, "332 brokers", quote="333 brokers").status_code in (400, 422)


def test_where_a_document_is_in_several_dossiers_one_is_named(owner, world):
    second = make_dossier(documents=[world.document])
    assert marked(owner, world, "332 brokers").status_code == 422
    assert marked(owner, world, "332 brokers", dossier=str(second.pk)).status_code == 201
    elsewhere = make_dossier(world.project)
    assert marked(owner, world, "370 people", dossier=str(elsewhere.pk)).status_code == 422


def test_a_reading_is_mended_refused_and_put_back(owner, world):
    path = f"mentions/{world.mention.pk}/decide/"
    mended = owner.post(path, {"outcome": "mended", "reading": {"value": "371", "counted": "people held"}, "seen": 0})
    assert mended.status_code == 201, mended.json()
    assert (mended.json()["outcome"], mended.json()["reading"]["value"]) == ("mended", "371")
    assert owner.post(path, {"outcome": "rejected", "seen": 0}).status_code in (409, 412)
    rejected = owner.post(path, {"outcome": "rejected", "seen": mended.json()["version"]})
    assert rejected.json()["outcome"] == "rejected"
    back = owner.post(path, {"outcome": "accepted", "seen": rejected.json()["version"]})
    assert back.json()["outcome"] == "accepted"
    assert Decision.objects.live().filter(mention=world.mention, layer=world.layer).count() == 1


@pytest.mark.parametrize("reading", [{}, {"value": "many"}, {"value": "1", "odd": "2"}, {"value": "1", "kind": "odd"}])
def test_a_reading_that_is_none_is_refused(owner, world, reading):
    answer = owner.post(f"mentions/{world.mention.pk}/decide/", {"outcome": "mended", "reading": reading, "seen": 0})
    assert answer.status_code == 422
    assert "reading" in answer.json()["errors"]
    assert not Decision.objects.filter(mention=world.mention).exists()


def test_who_may_not_annotate_decides_nothing(world):
    researcher = Caller(make_member(world.project, "researcher"))
    path = f"mentions/{world.mention.pk}/decide/"
    assert researcher.post(path, {"outcome": "rejected", "seen": 0}).status_code == 403
    assert marked(researcher, world, "332 brokers").status_code == 403
    assert not Mention.objects.filter(layer__in=Layer.objects.filter(project=world.project)).exclude(
        pk=world.mention.pk
    ).filter(quote="332 brokers").exists()  # fmt: skip
