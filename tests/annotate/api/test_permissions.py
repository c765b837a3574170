"""Who gets what: the stranger nothing, each role its part, nobody another's reading before adjudication."""

import pytest
from django.utils import timezone

from claims.models import ApiToken, Change, Layer
from tests.annotate.api.conftest import Caller, make_world
from tests.annotate.api.test_viewsets import LISTS, a_pair
from tests.factories import (
    make_citation,
    make_claim,
    make_comparison,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_member,
    make_no_response,
    make_project,
    make_quantity,
    make_suggestion,
)

pytestmark = pytest.mark.django_db


def creations(world):
    """{list: body that creates a row in it}."""
    project, document = str(world.project.pk), str(world.document.pk)
    claim, link = str(world.alone.pk), str(world.link.pk)
    return {
        "documents": {"project": project, "title": "T", "text": "Words."},
        "dossiers": {"project": project, "title": "D"},
        "actors": {"project": project, "name": "New"},
        "claims": {"dossier": str(world.dossier.pk), "document": document, "role": "assertion", "start": 0, "end": 5},
        "links": {"response": str(world.response.pk), "scope": "open"},
        "no-responses": {"assertion": str(world.fresh.pk), "documents": [document]},
        "comparisons": {"claim": claim, "quantity": str(world.mention.pk), "outcome": "same", "check_kind": "sum"},
        "assessments": {"claim": claim, "verification": "in_progress"},
        "citations": {"link": link, "stance": "context", "title": "Book"},
        "pairs": {"dossier": str(world.dossier.pk), **a_pair(world)},
    }


CHANGES = {
    "documents": {"title": "New"},
    "actors": {"role": "spokesman"},
    "claims": {"wording": "New"},
    "links": {"note": "New"},
    "no-responses": {"note": "New"},
    "comparisons": {"note": "New"},
    "assessments": {"verification": "in_progress"},
    "citations": {"note": "New"},
}
DELETABLE = {**CHANGES}
THINGS = {**LISTS, "documents": "spare"}


def statuses(caller, world):
    """What one caller gets from every address and method."""
    found = {}
    for name, thing in LISTS.items():
        found["GET", name] = caller.get(f"{name}/{getattr(world, thing).pk}/").status_code
    for name, body in creations(world).items():
        found["POST", name] = caller.post(f"{name}/", body).status_code
    for name, body in CHANGES.items():
        row = getattr(world, THINGS[name])
        found["PATCH", name] = caller.patch(f"{name}/{row.pk}/", body, version=1).status_code
    for name in ("citations", "assessments", "comparisons", "no-responses", "links", "claims", "actors", "documents"):
        row = getattr(world, THINGS[name])
        row.refresh_from_db()
        found["DELETE", name] = caller.delete(f"{name}/{row.pk}/", version=row.version).status_code
    return found


@pytest.fixture
def world(owner):
    world = make_world(owner.user)
    world.fresh = make_claim(world.dossier, quote="brokers", actor=owner.user)
    return world


def expected(*, reads=200, creates=201, changes=200, deletes=204, **exceptions):
    rules = {"GET": reads, "POST": creates, "PATCH": changes, "DELETE": deletes}
    addresses = [
        *(("GET", name) for name in LISTS),
        *(("POST", name) for name in (*CHANGES, "dossiers", "pairs")),
        *(("PATCH", name) for name in CHANGES),
        *(("DELETE", name) for name in DELETABLE),
    ]
    return {(method, name): exceptions.get(name, rules)[method] for method, name in addresses}


def test_stranger_gets_404_everywhere_and_empty_lists(stranger, world):
    before = Change.objects.count()
    assert statuses(stranger, world) == expected(reads=404, creates=404, changes=404, deletes=404)
    assert stranger.get(f"projects/{world.project.pk}/labels/").status_code == 404
    for name in LISTS:
        assert stranger.get(f"{name}/").json()["count"] == 0
    assert Change.objects.count() == before


def test_without_a_token_everything_is_401(db, world):
    caller = Caller()
    assert set(statuses(caller, world).values()) == {401}
    assert {caller.get(f"{name}/").status_code for name in (*LISTS, "schema")} == {401}


@pytest.mark.parametrize("role", ["owner", "editor", "annotator"])
def test_whoever_annotates_a_shared_project_may_write(world, role):
    assert statuses(Caller(make_member(world.project, role)), world) == expected()


def test_researcher_of_a_shared_project_reads_and_does_not_write(world):
    before = Change.objects.count()
    caller = Caller(make_member(world.project, "researcher"))
    assert statuses(caller, world) == expected(creates=403, changes=403, deletes=403)
    assert Change.objects.count() == before


def test_a_ruling_is_an_editors(world):
    body = {"ruling": "same", "justification": "Both count March."}
    path = f"comparisons/{world.comparison.pk}/"
    annotator = Caller(make_member(world.project, "annotator"))
    answer = annotator.patch(path, {**body, "note": "N"}, version=1)
    assert (answer.status_code, answer.json()["detail"]) == (403, "Rulings on figures are an editor's.")
    world.comparison.refresh_from_db()
    assert (world.comparison.version, world.comparison.note) == (1, "")
    assert Caller(make_member(world.project, "editor")).patch(path, body, version=1).status_code == 200


def test_a_reference_to_what_one_may_not_see_reads_as_if_it_were_not_there(owner, world, stranger):
    theirs = make_world(stranger.user)
    body = {"document": str(world.document.pk), "role": "assertion", "start": 0, "end": 5}
    for wrong in ({"speaker": str(theirs.actor.pk)}, {"document": str(theirs.document.pk)}):
        answer = owner.post("claims/", {**body, **wrong})
        assert (answer.status_code, answer.json()["errors"]) == (
            400,
            {next(iter(wrong)): ["There is nothing of this id that you may see."]},
        )
    for path, foreign in (("links", {"response": str(theirs.response.pk), "scope": "open"}),):
        assert owner.post(f"{path}/", foreign).status_code == 404


def test_rows_of_another_project_of_ones_own_are_refused_too(owner, world):
    other = make_world(owner.user)
    body = {"document": str(world.document.pk), "role": "assertion", "start": 0, "end": 5}
    for wrong in (
        {"speaker": str(other.actor.pk)},
        {"dossier": str(other.dossier.pk)},
        {"layer": str(other.layer.pk)},
        {"restates": str(other.assertion.pk), "restating": "faithful"},
    ):
        assert owner.post("claims/", {**body, **wrong}).status_code == 422
    link = {"response": str(world.response.pk)}
    for wrong in (
        {"target_claim": str(other.assertion.pk)},
        {"scope": "work", "target_work": str(other.document.pk)},
        {"scope": "questioner", "target_actor": str(other.actor.pk)},
    ):
        assert owner.post("links/", {**link, **wrong}).status_code == 422
    figure = {"claim": str(world.alone.pk), "outcome": "same", "check_kind": "sum"}
    assert owner.post("comparisons/", {**figure, "quantity": str(other.mention.pk)}).status_code == 422
    addends = {**figure, "quantity": str(world.mention.pk), "addends": [str(other.mention.pk)]}
    assert owner.post("comparisons/", addends).status_code == 422
    cited = {"claim": str(world.alone.pk), "stance": "context", "document": str(other.document.pk)}
    assert owner.post("citations/", {**cited, "start": 0, "end": 3}).status_code == 422
    publisher = {"publisher": str(other.actor.pk)}
    assert owner.patch(f"documents/{world.document.pk}/", publisher, version=1).status_code == 422
    fresh = {"project": str(world.project.pk), "title": "T", **publisher}
    assert owner.post("documents/", fresh).status_code == 422


# Blindness


@pytest.fixture
def blind(owner):
    """An independent project: two annotators, each with a reading of the same text."""
    project = make_project(owner=owner.user, kind="independent")
    document = make_document(project)
    dossier = make_dossier(documents=[document])
    world = {"project": project, "document": document, "dossier": dossier, "owner": owner}
    for name in ("ann", "bob"):
        user = make_member(project, "annotator")
        layer = make_layer(project, user)
        claim = make_claim(dossier, quote="370 people", layer=layer, actor=user)
        response = make_claim(dossier, quote="the report was unfair", role="response", layer=layer, actor=user)
        link = make_link(response, claim)
        quantity = make_quantity(document, "332" if name == "ann" else "370", "332", layer=layer)
        world[name] = {
            "caller": Caller(user),
            "layer": layer,
            "claims": claim,
            "links": link,
            "citations": make_citation(claim),
            "no-responses": make_no_response(make_claim(dossier, quote="brokers", layer=layer)),
            "comparisons": make_comparison(link, quantity),
            "assessments": claim.assessments.create(layer=layer),
            "mentions": quantity.mention,
            "suggestions": make_suggestion(document, "The ministry", kind="pair", layer=layer),
            "layers": layer,
        }
    return world


OWNED = ("claims", "links", "citations", "no-responses", "comparisons", "assessments", "mentions", "suggestions")


def test_an_annotator_sees_only_their_own_reading(blind):
    caller, other = blind["ann"]["caller"], blind["bob"]
    for name in (*OWNED, "layers"):
        shown = owner_ids(caller, name)
        assert str(blind["ann"][name].pk) in shown
        assert str(other[name].pk) not in shown
        assert caller.get(f"{name}/{other[name].pk}/").status_code == 404
        for method in ("PUT", "PATCH", "DELETE"):
            answer = caller.ask(method, f"{name}/{other[name].pk}/", {}, version=1)
            assert answer.status_code in (404, 405)
    assert caller.get(f"claims/?layer={other['layer'].pk}").json()["count"] == 0


def owner_ids(caller, name):
    return {row["id"] for row in caller.get(f"{name}/").json()["results"]}


@pytest.mark.parametrize("role", ["owner", "editor", "researcher"])
def test_nobody_sees_an_annotators_reading_before_adjudication(blind, role):
    caller = blind["owner"] if role == "owner" else Caller(make_member(blind["project"], role))
    for name in OWNED:
        assert owner_ids(caller, name) == set()
        assert caller.get(f"{name}/{blind['ann'][name].pk}/").status_code == 404


def test_another_reading_cannot_be_named_in_a_write(blind):
    caller, mine, theirs = blind["ann"]["caller"], blind["ann"], blind["bob"]
    document = str(blind["document"].pk)
    claim = {"document": document, "role": "assertion", "start": 0, "end": 5}
    assert caller.post("claims/", {**claim, "layer": str(theirs["layer"].pk)}).status_code == 404
    assert caller.post("claims/", {**claim, "restates": str(theirs["claims"].pk)}).status_code == 400
    link = {"response": str(mine["links"].response_id), "target_claim": str(theirs["claims"].pk)}
    assert caller.post("links/", link).status_code == 400
    cited = {"claim": str(theirs["claims"].pk), "stance": "context", "title": "Book"}
    assert caller.post("citations/", cited).status_code == 404
    figure = {"claim": str(mine["claims"].pk), "quantity": str(theirs["mentions"].pk), "outcome": "same"}
    assert caller.post("comparisons/", figure).status_code == 400
    pair = {"assertion": {"id": str(theirs["claims"].pk)}, "response": {"document": document, "start": 0, "end": 5}}
    assert caller.post("pairs/", pair).status_code == 404


def test_a_first_write_makes_ones_own_layer(blind):
    user = make_member(blind["project"], "annotator")
    body = {"document": str(blind["document"].pk), "role": "assertion", "start": 0, "end": 5}
    made = Caller(user).post("claims/", body).json()
    assert Layer.objects.get(pk=made["layer"]).annotator == user
    assert made["name"] == "A1"


def test_an_editor_reads_both_once_adjudication_is_open_and_writes_in_neither(blind):
    editor = Caller(make_member(blind["project"], "editor"))
    blind["project"].adjudication_opened_at = timezone.now()
    blind["project"].save()
    claim = blind["ann"]["claims"]
    assert owner_ids(editor, "claims") >= {str(claim.pk), str(blind["bob"]["claims"].pk)}
    answer = editor.patch(f"claims/{claim.pk}/", {"wording": "W"}, version=1)
    assert (answer.status_code, answer.json()["detail"]) == (403, "You read this layer; it is another's to write in.")
    cited = {"claim": str(claim.pk), "stance": "context", "title": "Book"}
    assert editor.post("citations/", cited).status_code == 403


def test_annotators_of_an_independent_project_do_not_bring_in_documents(blind):
    caller, project = blind["ann"]["caller"], str(blind["project"].pk)
    assert caller.post("documents/", {"project": project, "title": "T"}).status_code == 403
    assert caller.post("dossiers/", {"project": project, "title": "D"}).status_code == 403
    path = f"documents/{blind['document'].pk}/"
    assert caller.patch(path, {"title": "New"}, version=1).status_code == 403


def test_the_answer_to_a_taken_uuid_tells_nothing_of_whose_it_is(blind):
    body = {"document": str(blind["document"].pk), "role": "assertion", "start": 0, "end": 5}
    answer = blind["ann"]["caller"].post("claims/", {**body, "uuid": str(blind["bob"]["claims"].pk)})
    assert (answer.status_code, answer.json()["detail"]) == (422, "This uuid is taken; make a new one.")


def test_a_token_is_no_key_to_the_pages(world, client):
    token = ApiToken.make(world.assertion.created_by or world.project.created_by, name="x")
    answer = client.get("/", headers={"Authorization": f"Token {token}"})
    assert answer.status_code == 302
