"""Malformed and hostile input: a 4xx with a sentence, nothing changed, on both databases."""

import json
from uuid import uuid4

import pytest
from django.db import DataError, OperationalError
from rest_framework.test import APIRequestFactory

from annotate.api.errors import explain, handle
from claims.errors import RejoinderError, StaleWrite
from claims.models import Change
from tests.annotate.api.test_permissions import CHANGES, THINGS
from tests.factories import TEXT, make_document, make_dossier

pytestmark = pytest.mark.django_db

HUGE = 10**30
WRONG_FOR = {
    "uuid": [1, True, "", "7", "{9b2f0a5e-3c1d-4e8f-a6b7-0c9d8e7f6a5b}", [], {}, None, "\0"],
    "reference": [1, True, "", "7", [], {}, str(uuid4())],
    "place": [1, True, "", "7", [], {}],
    "text": [1, True, [], {}, None, 1.5],
    "choice": [1, True, [], {}, None, "", "unheard-of"],
    "flag": [1, 0, "true", None, [], {}],
    "day": [1, True, "soon", "2024-13-01", "2024-1-1", "0000-01-01", "2024-01-01T00:00:00Z", [], "٢٠٢٤-01-01"],
    "offset": [-1, 1.0, 1.5, True, "1", None, HUGE, 2**31, [], {}],
    "list": [1, True, "a", {}, None, [1], [None], [[]]],
    "decimal": [1, 1.5, True, "NaN", "Infinity", "1e999999", "", "one", "٣", [], "9" * 41],
}


def bodies(world):
    """{list: (a good body, {field: kind})}."""
    document, project = str(world.document.pk), str(world.project.pk)
    claim = {"document": document, "role": "assertion", "start": 0, "end": 5}
    return {
        "documents": (
            {"project": project, "title": "T", "text": "Words of its own."},
            {
                "uuid": "uuid",
                "project": "place",
                "title": "text",
                "kind": "choice",
                "publisher": "reference",
                "url": "text",
                "published_on": "day",
                "language": "text",
                "again": "flag",
            },
        ),
        "dossiers": ({"project": project, "title": "D"}, {"documents": "list", "actors": "list", "title": "text"}),
        "actors": ({"project": project, "name": "N"}, {"name": "text", "kind": "choice", "aliases": "list"}),
        "claims": (
            claim,
            {
                "uuid": "uuid",
                "dossier": "place",
                "layer": "place",
                "document": "reference",
                "role": "choice",
                "start": "offset",
                "end": "offset",
                "quote": "text",
                "stretches": "list",
                "kind": "choice",
                "speaker": "reference",
                "speech": "choice",
                "period_start": "day",
                "wording": "text",
                "restates": "reference",
                "wants_check": "flag",
            },
        ),
        "links": (
            {"response": str(world.response.pk), "target_claim": str(world.alone.pk)},
            {
                "response": "place",
                "scope": "choice",
                "target_claim": "reference",
                "relation": "text",
                "strategies": "list",
                "disputed": "list",
                "note": "text",
            },
        ),
        "no-responses": (
            {"assertion": str(world.assertion.pk), "documents": [document]},
            {"assertion": "place", "documents": "list", "note": "text"},
        ),
        "comparisons": (
            {"claim": str(world.alone.pk), "quantity": str(world.mention.pk), "outcome": "same"},
            {
                "claim": "place",
                "quantity": "reference",
                "outcome": "choice",
                "check_kind": "choice",
                "addends": "list",
                "differs_in": "list",
                "absolute_difference": "decimal",
                "is_dismissed": "flag",
            },
        ),
        "assessments": ({"claim": str(world.alone.pk)}, {"claim": "place", "verification": "choice"}),
        "citations": (
            {"claim": str(world.alone.pk), "stance": "context", "title": "Book"},
            {"claim": "place", "stance": "choice", "title": "text", "url": "text", "accessed_on": "day"},
        ),
        "pairs": (
            {"assertion": dict(claim, role=None), "response": dict(claim, role=None)},
            {"assertion": "list", "response": "list", "link": "list", "dossier": "place", "layer": "place"},
        ),
    }


def sentence(answer):
    body = answer.json()
    assert 400 <= answer.status_code < 500, (answer.status_code, body)
    assert answer["Content-Type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    assert body["detail"].strip().endswith((".", "”", "known are", "?")), body["detail"]
    return body["detail"]


def test_a_value_of_the_wrong_kind_is_refused_in_every_field(owner, world):
    before = Change.objects.count()
    for name, (good, fields) in bodies(world).items():
        for field, kind in fields.items():
            for wrong in WRONG_FOR[kind]:
                if kind == "list" and name == "dossiers" and wrong is None:
                    continue
                answer = owner.post(f"{name}/", {**good, field: wrong})
                assert 400 <= answer.status_code < 500, (name, field, wrong, answer.content)
                assert sentence(answer)
    assert Change.objects.count() == before


ANYTHING = [None, True, 0, -1, 1.5, HUGE, 2**31 - 1, "", " ", "x" * 5000, "\u202e😀", [], {}, [None], [{}], {"a": 1}]


@pytest.mark.parametrize("name", CHANGES)
def test_no_value_in_any_field_of_a_change_is_a_fault_of_ours(owner, world, name):
    path = f"{name}/{getattr(world, THINGS[name]).pk}/"
    row = owner.get(path).json()
    for field in [*row, "uuid", "colour"]:
        for value in [*ANYTHING, str(uuid4()), str(world.layer.pk), str(world.actor.pk), str(world.alone.pk)]:
            answer = owner.patch(path, {field: value}, version=row["version"])
            assert answer.status_code in (200, 400, 404, 422), (field, value, answer.content)
            if answer.status_code == 200:
                row = answer.json()
    assert owner.get(path).json() == row


def test_a_required_field_that_is_missing_is_named(owner, world):
    required = {
        "documents": ["project", "title"],
        "dossiers": ["project", "title"],
        "actors": ["project", "name"],
        "claims": ["document", "role"],
        "links": ["response"],
        "no-responses": ["assertion"],
        "comparisons": ["quantity", "outcome"],
        "assessments": ["claim"],
        "citations": ["stance"],
    }
    for name, (good, _) in bodies(world).items():
        for field in required.get(name, ["assertion", "response"]):
            answer = owner.post(f"{name}/", {key: value for key, value in good.items() if key != field})
            assert (answer.status_code, field in answer.json()["errors"]) == (400, True), (name, field)


def test_a_field_that_is_none_or_not_ones_own_to_set_is_refused(owner, world):
    for name, (good, _) in bodies(world).items():
        for extra in ({"colour": "red"}, {"version": 3}, {"id": str(uuid4())}, {"created_by": str(owner.user.pk)}):
            answer = owner.post(f"{name}/", {**good, **extra})
            assert (answer.status_code, list(answer.json()["errors"])) == (400, list(extra)), name


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"1",
        b"[]",
        b'"text"',
        b"{",
        b"{'a': 1}",
        b"\xff\xfe{}",
        '{"role": "é"}'.encode("latin-1"),
        '{"role": "assertion"}'.encode("utf-16"),
        b'{"start": NaN}',
        b'{"start": Infinity}',
        b'{"start": -Infinity}',
        b'{"start": 1e999}',
        b'{"start": ' + b"9" * 5000 + b"}",
        b'{"quote": "\x00"}',
        b'{"quote": "\\u0000"}',
        b'{"quote": "\\ud800"}',
        b'{"quote": "\\udc00\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"a\\u0000": 1}',
        b'{"start": 1, "start": 2}',
        b'{"stretches": ' + b"[" * 65 + b"]" * 65 + b"}",
        b'{"a": ' * 70 + b"1" + b"}" * 70,
        b"[" * 200_000,
        b'{"a":' * 200_000,
    ],
    ids=lambda raw: raw[:24].decode("latin-1").encode("unicode_escape").decode(),
)
@pytest.mark.parametrize(("method", "address"), [("POST", "claims/"), ("POST", "pairs/"), ("PATCH", "claims/{}/")])
def test_what_is_not_the_json_we_take_is_refused(owner, world, method, address, raw):
    if not raw and method == "PATCH":
        return  # no body changes nothing
    answer = owner.ask(method, address.format(world.assertion.pk), raw=raw, version=1)
    assert answer.status_code == 400
    assert sentence(answer)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])
def test_another_media_type_is_415(owner, world, kind):
    answer = owner.client.generic("POST", "/api/v1/claims/", b"{}", content_type=kind)
    assert answer.status_code == 415
    assert sentence(answer)


def test_a_body_beyond_the_limit_is_413(owner, world, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = owner.post("documents/", {"project": str(world.project.pk), "title": "T", "text": "x" * 2000})
    assert answer.status_code == 413
    assert sentence(answer)


@pytest.mark.parametrize(
    "span",
    [
        {"start": 9, "end": 4},
        {"start": 4, "end": 4},
        {"start": 0, "end": len(TEXT) + 1},
        {"start": 2**31 - 2, "end": 2**31 - 1},
        {"start": 3},
        {"end": 3},
        {},
        {"start": 0, "end": 5, "quote": "Other"},
        {"start": 0, "end": 5, "quote": ""},
        {"stretches": [{"start": 5, "end": 2}]},
        {"stretches": [{"start": 0, "end": 5}, {"start": 3, "end": 9}]},
        {"stretches": [{"start": 0, "end": 5}, {"start": 7, "end": 7}, {"start": 8, "end": 9}]},
        {"stretches": []},
    ],
)
def test_a_span_that_is_none_is_refused(owner, world, span):
    answer = owner.post("claims/", {"document": str(world.document.pk), "role": "assertion", **span})
    assert answer.status_code == 422
    assert sentence(answer)


def test_words_of_every_script_are_kept_and_counted_in_code_points(owner, world):
    text = "😀 ខ្មែរ قال الوزير e\u0301 <script>alert(1)</script>\u202e end \u0085\u2028"
    body = {"project": str(world.project.pk), "title": text, "text": text}
    document = owner.post("documents/", body).json()
    assert (document["text"], document["title"], document["length"]) == (text, text, len(text))
    make_dossier(world.project, [make_document(world.project, text="Other.")])
    dossier = {"project": str(world.project.pk), "title": "D", "documents": [{"document": document["id"]}]}
    owner.post("dossiers/", dossier)
    start = text.index("قال")
    claim = {"document": document["id"], "role": "assertion", "start": start, "end": start + 10, "wording": text}
    made = owner.post("claims/", claim).json()
    assert (made["quote"], made["wording"]) == (text[start : start + 10], text)
    assert made["prefix"] == text[:start]


def test_a_megabyte_in_one_line_is_taken(owner, world):
    body = {"project": str(world.project.pk), "title": "Long", "text": "word " * 200_000}
    assert owner.post("documents/", body).json()["length"] == 1_000_000


@pytest.mark.parametrize(
    "document",
    [
        {"text": ""},
        {"text": "  \n"},
        {"title": ""},
        {"url": "javascript:alert(1)"},
        {"period_start": "2024-02-01", "period_end": "2024-01-01"},
        {"kind": "pamphlet"},
    ],
)
def test_a_document_that_the_record_refuses_is_refused(owner, world, document):
    answer = owner.post("documents/", {"project": str(world.project.pk), "title": "T", "text": "Words.", **document})
    assert 400 <= answer.status_code < 500
    assert sentence(answer)


def test_an_actors_name_fits_its_index(owner, world):
    body = {"project": str(world.project.pk), "name": "ខ" * 500}
    assert owner.post("actors/", body).status_code == 201
    assert owner.post("actors/", {**body, "name": "ខ" * 501}).status_code == 400


@pytest.mark.parametrize("key", ["x" * 201, "é", "a\tb"])
def test_an_idempotency_key_is_short_and_plain(owner, world, key):
    body = {"project": str(world.project.pk), "name": "N"}
    answer = owner.client.post(
        "/api/v1/actors/", json.dumps(body), content_type="application/json", HTTP_IDEMPOTENCY_KEY=key
    )
    assert answer.status_code == 422
    assert sentence(answer)


def test_pages_and_api_refuse_in_the_same_words(owner, world):
    from claims.models.spans import CHANGED, EMPTY

    claim = {"document": str(world.document.pk), "role": "assertion", "start": 0, "end": 5}
    assert sentence(owner.post("claims/", {**claim, "end": 0})) == EMPTY
    assert sentence(owner.post("claims/", {**claim, "quote": "Other"})) == CHANGED


# What no request above can bring about


class Boom(RejoinderError):
    pass


@pytest.mark.parametrize(
    ("error", "status"),
    [(Boom("It does not work."), 400), (DataError("x"), 422), (OperationalError("database is locked"), 503)],
)
def test_a_fault_that_has_a_name_is_a_problem(error, status):
    answer = handle(error, {"view": None, "request": None})
    assert (answer.status_code, answer.data["status"]) == (status, status)


def test_a_fault_of_ours_stays_one():
    assert handle(KeyError("x"), {}) is None
    assert handle(OperationalError("disk is full"), {}) is None


def test_a_row_deleted_meanwhile_is_said_to_be_gone(world):
    world.link.deleted_at = world.link.created_at
    world.link.save()
    request = APIRequestFactory().get("/")
    _, body, _ = explain(StaleWrite(row=world.link, attempted={}), {"view": None, "request": request})
    assert (body["theirs"], body["version"]) == (None, 1)
