"""Many rows in one request."""

from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from annotate.api.bulk import KINDS
from claims.models import Claim, Document, Link
from tests.annotate.api.test_permissions import creations
from tests.factories import make_claim

pytestmark = pytest.mark.django_db


def marked(world, quote, role="assertion", **more):
    start = world.document.text.index(quote)
    body = {"dossier": str(world.dossier.pk), "document": str(world.document.pk), "role": role, "start": start}
    return {"kind": "claims", "body": {**body, "end": start + len(quote), "quote": quote, **more}}


def test_rows_name_rows_of_the_same_request(owner, world):
    assertion, response = str(uuid4()), str(uuid4())
    items = [
        marked(world, "370 people", uuid=assertion),
        marked(world, "unfair", "response", uuid=response),
        {"kind": "links", "body": {"response": response, "target_claim": assertion, "relation": "rejects"}},
    ]
    answer = owner.post("bulk/", {"items": items})
    assert answer.status_code == 201
    assert [result["status"] for result in answer.json()["results"]] == [201, 201, 201]
    assert answer.json()["results"][2]["row"]["relation"] == "rejects"
    assert Link.objects.filter(response=response, target_claim=assertion).exists()


def test_one_refusal_refuses_all_and_says_which(owner, world):
    before = Claim.objects.count()
    good, bad = marked(world, "370 people"), marked(world, "unfair", "response")
    bad["body"]["quote"] = "fair"
    answer = owner.post("bulk/", {"items": [good, bad, good, {"kind": "claims", "body": {"start": 1}}]})
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"items.1", "items.3"}
    assert Claim.objects.count() == before


def test_item_by_item_each_is_answered(owner, world):
    bad = marked(world, "unfair", "response")
    bad["body"]["end"] = bad["body"]["start"]
    answer = owner.post("bulk/", {"items": [marked(world, "370 people"), bad], "all_or_nothing": False})
    assert [result["status"] for result in answer.json()["results"]] == [201, 422]
    assert "at least one character" in answer.json()["results"][1]["problem"]["detail"]
    assert answer.json()["results"][1]["row"] is None


def test_the_same_request_twice_does_nothing_twice(owner, world):
    body = {"items": [marked(world, "370 people")]}
    before = Claim.objects.count()
    first, second = (owner.post("bulk/", body, key="once") for _ in range(2))
    assert first.content == second.content
    assert Claim.objects.count() == before + 1


def test_a_pair_is_an_item(owner, world):
    pair = {"assertion": marked(world, "370 people")["body"], "response": marked(world, "unfair")["body"]}
    for end in pair.values():
        del end["role"], end["dossier"]
    answer = owner.post("bulk/", {"items": [{"kind": "pairs", "body": {**pair, "dossier": str(world.dossier.pk)}}]})
    assert answer.json()["results"][0]["row"]["link"]["version"] == 1


@pytest.mark.parametrize("items", [[], [{"kind": "people", "body": {}}], [{"kind": "claims"}], [1]])
def test_what_is_no_list_of_items_is_refused(owner, world, items):
    assert owner.post("bulk/", {"items": items}).status_code == 400


def test_every_kind_is_answered_as_by_its_own_address(owner, world):
    """As a POST there answers, but for what is new at every creation."""
    world.fresh = make_claim(world.dossier, quote="brokers", actor=owner.user)
    document = str(world.document.pk)
    bodies = {
        **creations(world),
        "comments": {"dossier": str(world.dossier.pk), "text": "Look."},
        "redactions": {"document": document, "start": 0, "end": 3},
    }
    assert set(bodies) == set(KINDS)

    def plainly(row):
        passing = {"id", "uuid", "created_at", "name", "number"}
        return (
            {name: plainly(value) for name, value in row.items() if name not in passing}
            if isinstance(row, dict)
            else row
        )

    for kind, body in bodies.items():
        with transaction.atomic():
            alone = owner.post(f"{kind}/", body)
            transaction.set_rollback(True)
        with transaction.atomic():
            together = owner.post("bulk/", {"items": [{"kind": kind, "body": body}]})
            transaction.set_rollback(True)
        assert (alone.status_code, together.status_code) == (201, 201), (kind, alone.content, together.content)
        assert plainly(together.json()["results"][0]["row"]) == plainly(alone.json()), kind


def test_a_refused_item_leaves_nothing_behind_for_the_next(owner, world):
    """What was read for an item that was undone is read anew; the others know what came before them."""
    claim, again = str(uuid4()), str(uuid4())
    items = [
        marked(world, "370 people", uuid=claim),
        {"kind": "assessments", "body": {"claim": claim, "verification": "no such"}},
        {"kind": "assessments", "body": {"claim": claim, "verification": "in_progress"}},
        {"kind": "assessments", "body": {"claim": claim, "verification": "in_progress"}},
        marked(world, "370 people", uuid=claim),
        {"kind": "citations", "body": {"claim": again, "stance": "context", "title": "Book"}},
    ]
    answer = owner.post("bulk/", {"items": items, "all_or_nothing": False})
    assert [result["status"] for result in answer.json()["results"]] == [201, 422, 201, 422, 422, 404]


def test_a_refusal_names_the_item_and_the_field(owner, world):
    bad = marked(world, "unfair", "response", start=9, end=4)
    answer = owner.post("bulk/", {"items": [marked(world, "370 people"), bad]})
    assert answer.json()["errors"] == {"items.1": ["end: Mark at least one character."]}


def test_another_row_costs_few_queries(owner, world):
    def count(rows):
        items = [marked(world, "370 people") for _ in range(rows)]
        with CaptureQueriesContext(connection) as queries:
            assert owner.post("bulk/", {"items": items}).status_code == 201
        return len(queries)

    few, many = count(2), count(12)
    # PostgreSQL locks the dossier for each claim's number.
    assert (many - few) / 10 <= 12


def test_more_than_a_thousand_are_refused(owner, world):
    answer = owner.post("bulk/", {"items": [marked(world, "unfair")] * 1001})
    assert answer.status_code == 400
    assert "1000" in answer.json()["detail"]


def test_stranger_writes_nothing(stranger, world):
    answer = stranger.post("bulk/", {"items": [marked(world, "370 people")], "all_or_nothing": False})
    assert answer.json()["results"][0]["status"] in (400, 404)


def test_a_thousand_documents_come_in(owner, world):
    items = [
        {"kind": "documents", "body": {"project": str(world.project.pk), "title": f"T{n}", "text": f"Text {n}."}}
        for n in range(1000)
    ]
    assert owner.post("bulk/", {"items": items}).status_code == 201
    assert Document.objects.filter(project=world.project, title="T999").exists()
