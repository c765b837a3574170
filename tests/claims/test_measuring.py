import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from claims.measuring import measure
from claims.models import Assignment
from tests.factories import (
    make_claim,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_member,
    make_project,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(kind="independent", slug="sea")


@pytest.fixture
def people(project):
    return [make_layer(project, make_member(project, "annotator", name)) for name in ("ann", "ben")]


@pytest.fixture
def dossier(project):
    return make_dossier(documents=[make_document(project)])


def annotate(dossier, layer, *, relation="rejects", quote="370 people were arrested"):
    assertion = make_claim(dossier, quote=quote, layer=layer, kind="figure")
    response = make_claim(dossier, quote="the report was unfair", role="response", layer=layer)
    return make_link(response, assertion, relation=relation, strategies=["alleges_bias"])


def test_the_same_twice_agrees_wholly(project, people, dossier):
    for layer in people:
        annotate(dossier, layer)
    found = measure(project)
    assert found["layers"] == ["ann", "ben"]
    assert found["links"]["f1"]["value"] == 1
    assert found["facets"]["relation"]["percent"]["value"] == 1
    assert found["facets"]["strategies"]["alpha"]["why"]
    assert found["claim_fields"]["kind"]["kappa"]["value"] == 1


def test_margin_names_make_no_difference(project, people, dossier):
    make_claim(dossier, quote="332 brokers", layer=people[1])
    for layer in people:
        annotate(dossier, layer)
    assert measure(project)["links"]["f1"]["value"] == 1


def test_different_labels_differ(project, people, dossier):
    annotate(dossier, people[0])
    annotate(dossier, people[1], relation="concedes")
    found = measure(project)
    assert found["facets"]["relation"]["percent"]["value"] == 0
    assert found["facets"]["stance"]["percent"]["value"] == 0


def test_a_kept_negative_is_no_link(project, people, dossier):
    annotate(dossier, people[0])
    annotate(dossier, people[1], relation="unrelated")
    assert measure(project)["links"]["f1"]["value"] == 0


def test_a_layer_that_was_not_there_is_missing(project, people, dossier):
    annotate(dossier, people[0])
    found = measure(project)
    assert found["pairs"] == []
    assert found["links"]["f1"]["value"] is None


def test_a_layer_that_finished_with_nothing_is_an_empty_reading(project, people, dossier):
    annotate(dossier, people[0])
    Assignment.objects.create(
        dossier=dossier, annotator=people[1].annotator, state="nothing", finished_at=timezone.now()
    )
    assert measure(project)["links"]["f1"]["value"] == 0


def test_what_is_deleted_does_not_count(project, people, dossier):
    for layer in people:
        annotate(dossier, layer)
    extra = make_claim(dossier, quote="332 brokers", layer=people[0])
    extra.deleted_at = timezone.now()
    extra.save()
    assert measure(project)["claims"]["f1_exact"]["value"] == 1


def test_control_dossiers_stand_beside_the_others(project, people, dossier):
    control = make_dossier(documents=[make_document(project)], is_control=True)
    for layer in people:
        annotate(dossier, layer)
    annotate(control, people[0])
    annotate(control, people[1], relation="disputes")
    parts = measure(project)["parts"]
    assert parts["suggested"]["facets"]["relation"]["percent"]["value"] == 1
    assert parts["control"]["facets"]["relation"]["percent"]["value"] == 0
    assert parts["control"]["labels"]["relation"] == {"rejects": 1, "disputes": 1}


def test_loading_costs_the_same_however_many_dossiers(project, people, dossier, django_assert_max_num_queries):
    for _ in range(8):
        more = make_dossier(documents=[make_document(project)])
        for layer in people:
            annotate(more, layer)
    with django_assert_max_num_queries(22):
        assert measure(project, samples=50)["dossiers"] == 8


def test_the_command_prints_json(project, people, dossier, capsys):
    for layer in people:
        annotate(dossier, layer)
    call_command("agreement", "sea", "--json", samples=50)
    found = json.loads(capsys.readouterr().out)
    assert found["links"]["jaccard"] == {
        "value": 1.0,
        "interval": None,
        "n": 1,
        "of": "responses",
        "why": "",
    }


def test_the_command_prints_a_table(project, people, dossier, capsys):
    for layer in people:
        annotate(dossier, layer)
    call_command("agreement", "sea", samples=50)
    told = capsys.readouterr().out
    assert "1 dossier; layers: ann, ben" in told
    assert "relation percent" in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "There is no project nowhere"),
        (["sea", "--layers", "cid"], "There is no layer 'cid'; there are ann, ben"),
        (["sea", "--samples", "1"], "Draw from 10"),
    ],
)
def test_what_is_not_there_is_told(project, people, arguments, words):
    with pytest.raises(CommandError, match=words):
        call_command("agreement", *arguments)
