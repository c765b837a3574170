"""Each endpoint: list, read, create, change, delete, and what each refuses."""

from uuid import uuid4

import pytest

from claims.models import Change, Claim, Document, Link, NoResponse
from tests.factories import TEXT, make_actor, make_claim, make_document, make_dossier, make_link, make_project

pytestmark = pytest.mark.django_db

LISTS = {
    "projects": "project",
    "layers": "layer",
    "documents": "document",
    "dossiers": "dossier",
    "actors": "actor",
    "mentions": "mention",
    "suggestions": "suggestion",
    "claims": "assertion",
    "links": "link",
    "no-responses": "no_response",
    "comparisons": "comparison",
    "assessments": "assessment",
    "citations": "citation",
}


def refused(answer, *, field=None, status=422):
    """The sentence of a refusal, checked for its shape."""
    body = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), body
    assert body.keys() >= {"type", "title", "status", "detail", "errors"}
    assert field is None or field in body["errors"], body
    return body["detail"]


@pytest.mark.parametrize(("name", "thing"), LISTS.items())
def test_what_stands_in_a_list_can_be_read_by_its_id(owner, world, name, thing):
    row = getattr(world, thing)
    listed = owner.get(f"{name}/").json()
    assert str(row.pk) in [item["id"] for item in listed["results"]]
    answer = owner.get(f"{name}/{row.pk}/")
    assert (answer.status_code, answer.json()["id"]) == (200, str(row.pk))
    assert answer.get("ETag") == ('"1"' if hasattr(row, "version") else None)


def test_labels_of_a_project_come_in_the_order_of_the_schema(owner, world):
    body = owner.get(f"projects/{world.project.pk}/labels/").json()
    relations = [label["key"] for label in body["labels"] if label["facet"] == "relation"]
    assert relations[:2] == ["rejects", "disputes"]
    assert body["about"]["relation"]["several"] is False


def test_a_document_is_created_with_its_text_and_read_back_with_it(owner):
    project = make_project(owner=owner.user)
    uuid = str(uuid4())
    text = "  ខ្មែរ 😀\r\nline two\r"
    body = {"project": str(project.pk), "uuid": uuid, "title": "T", "text": text}
    made = owner.post("documents/", body)
    assert (made.status_code, made["ETag"], made.json()["id"]) == (201, '"1"', uuid)
    assert made.json()["text"] == "  ខ្មែរ 😀\nline two\n"
    assert owner.get(f"documents/{uuid}/").json() == made.json()
    assert "text" not in owner.get("documents/").json()["results"][0]


def test_a_text_that_the_project_has_is_noticed_and_taken_when_asked_again(owner, world):
    body = {"project": str(world.project.pk), "title": "Copy", "text": "Words of their own."}
    assert owner.post("documents/", body).status_code == 201
    assert "has this text" in refused(owner.post("documents/", body), field="text")
    assert owner.post("documents/", {**body, "again": True}).status_code == 201


def test_a_cited_work_has_no_text(owner, world):
    answer = owner.post("documents/", {"project": str(world.project.pk), "title": "TIP report"})
    assert (answer.json()["text"], answer.json()["length"]) == (None, 0)


def test_the_text_of_a_document_does_not_change(owner, world):
    path = f"documents/{world.document.pk}/"
    assert "does not change" in refused(owner.patch(path, {"text": "New."}, version=1), field="text", status=400)
    same = owner.patch(path, {"text": TEXT, "title": "New title"}, version=1)
    assert (same.status_code, same.json()["title"], same.json()["text"]) == (200, "New title", TEXT)


def test_a_document_is_deleted_only_when_nothing_stands_on_it(owner, world):
    assert "stand on" in refused(owner.delete(f"documents/{world.document.pk}/", version=1))
    assert owner.delete(f"documents/{world.spare.pk}/", version=1).status_code == 204
    assert Document.objects.get(pk=world.spare.pk).deleted_at is not None
    assert owner.get(f"documents/{world.spare.pk}/").status_code == 404
    placed = make_document(world.project)
    make_dossier(documents=[placed])
    assert "has a place" in refused(owner.delete(f"documents/{placed.pk}/", version=1))


def test_a_dossier_keeps_its_documents_in_order_and_refuses_foreign_ones(owner, world):
    first, second = make_document(world.project), make_document(world.project)
    documents = [{"document": str(second.pk), "side": "asserting"}, {"document": str(first.pk), "side": "evidence"}]
    body = {"project": str(world.project.pk), "title": "D", "documents": documents}
    assert owner.post("dossiers/", body).json()["documents"] == documents
    other = make_document(make_project(owner=owner.user))
    for wrong in ({"document": str(other.pk)}, {"document": str(first.pk), "side": "upside"}):
        refused(owner.post("dossiers/", {**body, "documents": [wrong]}), field="documents")
    refused(owner.post("dossiers/", {**body, "documents": documents[:1] * 2}), field="documents")


def test_an_actor_is_created_changed_and_deleted_unless_it_is_named(owner, world):
    made = owner.post("actors/", {"project": str(world.project.pk), "name": "Ministry", "kind": "body"})
    path = f"actors/{made.json()['id']}/"
    changed = owner.patch(path, {"aliases": ["MoT"]}, version=1)
    assert (changed.json()["aliases"], changed["ETag"]) == (["MoT"], '"2"')
    make_claim(world.dossier, quote="brokers", speaker_id=made.json()["id"])
    assert "stays" in refused(owner.delete(path, version=2))
    assert owner.delete(f"actors/{world.actor.pk}/", version=1).status_code == 204


def test_two_actors_of_one_name_are_refused_in_words(owner, world):
    body = {"project": str(world.project.pk), "name": world.actor.name}
    assert refused(owner.post("actors/", body)) == "This project has an actor of that name."


def test_a_claim_is_marked_in_the_layer_one_works_in(owner, world):
    body = {
        "document": str(world.document.pk),
        "role": "response",
        "start": 0,
        "end": 10,
        "quote": TEXT[:10],
        "kind": "judgement",
        "speaker": str(world.actor.pk),
        "period_start": "2024-01-01",
    }
    made = owner.post("claims/", body).json()
    assert made["layer"] == str(world.layer.pk)
    assert (made["name"], made["quote"], made["speaker"]) == ("R2", TEXT[:10], str(world.actor.pk))
    assert Change.objects.get(object_id=made["id"]).verb == "mark R2"
    assert owner.get(f"claims/{made['id']}/").json() == made


def test_a_claim_of_several_stretches_has_its_envelope(owner, world):
    stretches = [{"start": 0, "end": 10}, {"start": 16, "end": 40}]
    body = {"document": str(world.document.pk), "role": "assertion", "stretches": stretches}
    made = owner.post("claims/", body).json()
    assert (made["start"], made["end"], made["stretches"]) == (0, 40, stretches)
    assert made["id"] in [row["id"] for row in owner.get("claims/").json()["results"]]
    refused(owner.post("claims/", {**body, "stretches": stretches[::-1]}))
    refused(owner.post("claims/", {**body, "stretches": [{"start": 0, "end": 5}, {"start": 9, "end": 9000}]}))


def test_a_claim_is_moved_and_its_words_are_checked(owner, world):
    path = f"claims/{world.assertion.pk}/"
    moved = owner.patch(path, {"start": 0, "end": 10, "quote": TEXT[:10]}, version=1).json()
    assert (moved["quote"], moved["version"]) == (TEXT[:10], 2)
    assert "not what stands" in refused(owner.patch(path, {"quote": "other words"}, version=2), field="quote")
    both = owner.patch(path, {"end": 14, "wording": "W"}, version=2).json()
    assert (both["end"], both["wording"], both["version"]) == (14, "W", 4)
    assert owner.get(path).json() == both


def test_put_sets_what_is_left_out_to_its_default(owner, world):
    path = f"claims/{world.assertion.pk}/"
    owner.patch(path, {"kind": "figure", "wording": "W", "speaker": str(world.actor.pk)}, version=1)
    put = owner.put(path, {"kind": "rating"}, version=2).json()
    assert (put["kind"], put["wording"], put["speaker"]) == ("rating", "", None)


@pytest.mark.parametrize(("name", "thing"), LISTS.items())
def test_what_was_read_may_be_sent_back_as_it_is(owner, world, name, thing):
    path = f"{name}/{getattr(world, thing).pk}/"
    if owner.ask("PUT", path).status_code == 405:
        return
    body = owner.get(path).json()
    answer = owner.put(path, body, version=1)
    assert (answer.status_code, answer.json()) == (200, body)


def test_deleting_a_claim_withdraws_its_links(owner, world):
    assert owner.delete(f"claims/{world.response.pk}/", version=1).status_code == 204
    assert owner.get(f"links/{world.link.pk}/").status_code == 404
    assert owner.get(f"claims/{world.response.pk}/").status_code == 404


def test_a_link_of_each_scope_names_just_its_target(owner, world):
    response = str(world.response.pk)
    other = make_claim(world.dossier, quote="The ministry said", role="response")
    targets = {
        "work": {"target_work": str(world.document.pk)},
        "continues": {"target_response": str(other.pk)},
        "questioner": {"target_actor": str(world.actor.pk)},
        "open": {},
    }
    for scope, target in targets.items():
        answer = owner.post("links/", {"response": response, "scope": scope, **target})
        assert (answer.status_code, answer.json()["scope"]) == (201, scope)
    wrong = {"response": response, "scope": "open", "target_claim": str(world.alone.pk)}
    refused(owner.post("links/", wrong), field="target_claim")
    refused(owner.post("links/", {"response": response}), field="target_claim")
    refused(owner.post("links/", {"response": str(world.assertion.pk), "scope": "open"}), field="response")


def test_a_link_withdraws_the_record_that_none_was_found(owner, world):
    body = {"response": str(world.response.pk), "target_claim": str(world.alone.pk)}
    assert owner.post("links/", body).status_code == 201
    assert owner.get(f"no-responses/{world.no_response.pk}/").status_code == 404


def test_relabelling_an_unrelated_link_withdraws_the_record_too(owner, world):
    link = make_link(world.response, world.alone, relation="unrelated")
    assert NoResponse.objects.live().filter(assertion=world.alone).exists()
    owner.patch(f"links/{link.pk}/", {"relation": "disputes"}, version=1)
    assert not NoResponse.objects.live().filter(assertion=world.alone).exists()


def test_a_link_sent_to_another_claim_counts_its_turn_anew(owner, world):
    second = make_claim(world.dossier, quote="The ministry said", role="response")
    link = make_link(second, world.alone)
    answer = owner.patch(f"links/{link.pk}/", {"target_claim": str(world.response.pk)}, version=1)
    assert answer.json()["turn"] == Link.objects.get(pk=link.pk).turn == 2
    assert answer.json()["version"] == Link.objects.get(pk=link.pk).version


@pytest.mark.parametrize(
    "facets",
    [
        {"relation": "sulks"},
        {"strategies": ["none", "denies"]},
        {"disputed": ["weather"]},
        {"secondary_relation": "rejects"},
        {"strategies": ["other"]},
    ],
)
def test_labels_that_the_schema_refuses_are_refused(owner, world, facets):
    body = {"response": str(world.response.pk), "target_claim": str(world.alone.pk), **facets}
    refused(owner.post("links/", body))
    refused(owner.patch(f"links/{world.link.pk}/", {"relation": "", **facets}, version=1))
    assert Link.objects.count() == 1


def test_none_found_lists_the_documents_read(owner, world):
    made = make_claim(world.dossier, quote="brokers")
    body = {"assertion": str(made.pk)}
    refused(owner.post("no-responses/", body), field="documents")
    outside = {**body, "documents": [str(world.spare.pk)]}
    assert "not in this dossier" in refused(owner.post("no-responses/", outside), field="documents")
    answer = owner.post("no-responses/", {**body, "documents": [str(world.document.pk)]})
    assert (answer.status_code, answer.json()["documents"]) == (201, [str(world.document.pk)])
    assert "has a response" in refused(
        owner.post("no-responses/", {**outside, "assertion": str(world.assertion.pk)}), field="assertion"
    )
    assert owner.delete(f"no-responses/{answer.json()['id']}/", version=1).status_code == 204


def test_a_figure_is_compared_and_ruled_on(owner, world):
    body = {"claim": str(world.alone.pk), "quantity": str(world.mention.pk), "check_kind": "sum", "outcome": "same"}
    made = owner.post("comparisons/", {**body, "addends": [str(world.mention.pk)], "absolute_difference": "0.10"})
    assert made.json()["addends"] == [str(world.mention.pk)]
    assert made.json()["absolute_difference"] == "0.10"
    path = f"comparisons/{made.json()['id']}/"
    assert "justification" in refused(owner.patch(path, {"ruling": "differs"}, version=1), field="justification")
    ruled = owner.patch(path, {"ruling": "differs", "justification": "Count of March."}, version=1).json()
    assert (ruled["ruling"], ruled["ruled_by"], ruled["version"]) == ("differs", str(owner.user.pk), 2)
    taken_back = owner.patch(path, {"ruling": ""}, version=2).json()
    assert (taken_back["ruling"], taken_back["ruled_by"]) == ("", None)
    refused(owner.post("comparisons/", {**body, "outcome": "not_comparable"}), field="differs_in")
    refused(owner.post("comparisons/", {**body, "link": str(world.link.pk)}))


def test_a_verdict_wants_justification_and_citation(owner, world):
    claim = make_claim(world.dossier, quote="brokers")
    refused(owner.post("assessments/", {"claim": str(claim.pk), "verification": "refuted"}), field="justification")
    made = owner.post("assessments/", {"claim": str(claim.pk), "verification": "in_progress"})
    assert "has an assessment" in refused(owner.post("assessments/", {"claim": str(claim.pk)}))
    path = f"assessments/{made.json()['id']}/"
    verdict = {"verification": "refuted", "justification": "The courts count 12."}
    assert "citation" in refused(owner.patch(path, verdict, version=1), field="verification")
    owner.post("citations/", {"claim": str(claim.pk), "stance": "contradicts", "title": "Court statistics"})
    assert owner.patch(path, verdict, version=1).json()["verification"] == "refuted"
    assert owner.delete(path, version=2).status_code == 204


def test_a_citation_of_words_keeps_their_context_and_moves(owner, world):
    start = TEXT.index("The ministry")
    body = {"claim": str(world.alone.pk), "stance": "context", "document": str(world.document.pk)}
    made = owner.post("citations/", {**body, "start": start, "end": start + 12}).json()
    assert (made["quote"], made["suffix"][:5]) == ("The ministry", " said")
    moved = owner.patch(f"citations/{made['id']}/", {"end": start + 17}, version=1).json()
    assert (moved["quote"], moved["suffix"][:4]) == ("The ministry said", " the")
    path = f"citations/{made['id']}/"
    refused(owner.patch(path, {"quote": "Other words"}, version=2), field="quote")
    outside = owner.patch(path, {"document": None, "start": None, "end": None, "title": "Book"}, version=2).json()
    assert (outside["document"], outside["quote"], outside["prefix"]) == (None, "", "")


def test_a_claims_own_words_are_no_evidence(owner, world):
    body = {"claim": str(world.alone.pk), "stance": "supports", "document": str(world.document.pk)}
    span = {"start": world.alone.start, "end": world.alone.end}
    assert "own words" in refused(owner.post("citations/", {**body, **span}), field="quote")


def test_a_citation_stands_on_one_thing(owner, world):
    for subjects in ({}, {"claim": str(world.alone.pk), "link": str(world.link.pk)}):
        refused(owner.post("citations/", {**subjects, "stance": "supports", "title": "Book"}))
    for name, thing in (("link", "link"), ("no_response", "no_response"), ("comparison", "comparison")):
        body = {name: str(getattr(world, thing).pk), "stance": "supports", "title": "Book"}
        assert owner.post("citations/", body).status_code == 201
    body = {"assessment": str(world.assessment.pk), "stance": "supports", "title": "Book"}
    assert owner.post("citations/", body).json()["assessment"] == str(world.assessment.pk)


# Pairs


def a_pair(world, **link):
    document = str(world.document.pk)
    return {
        "assertion": {"document": document, "start": 0, "end": 20},
        "response": {"document": document, "start": 65, "end": 80, "quote": TEXT[65:80]},
        "link": {"relation": "rejects", **link},
    }


def test_a_pair_is_three_rows_and_one_deed(owner, world):
    body = owner.post("pairs/", a_pair(world)).json()
    assert [body[name]["version"] for name in ("assertion", "response", "link")] == [1, 1, 1]
    link = Link.objects.get(pk=body["link"]["id"])
    assert (str(link.response_id), str(link.target_claim_id)) == (body["response"]["id"], body["assertion"]["id"])
    acts = Change.objects.filter(object_id__in=[body[name]["id"] for name in body]).values_list("act", "verb")
    assert len(set(acts)) == 1
    assert acts[0][1] == f"link {body['response']['name']} → {body['assertion']['name']}"


def test_a_pair_takes_claims_that_are_there(owner, world):
    pair = {**a_pair(world), "assertion": {"id": str(world.alone.pk)}}
    body = owner.post("pairs/", pair).json()
    assert body["assertion"] == {"id": str(world.alone.pk), "name": world.alone.name, "version": 1}
    both = {"assertion": {"id": str(world.alone.pk)}, "response": {"id": str(world.response.pk)}}
    assert owner.post("pairs/", both).status_code == 201
    assert "has that link" in refused(owner.post("pairs/", both))


def test_a_pair_takes_the_clients_uuids_once(owner, world):
    ids = {name: str(uuid4()) for name in ("assertion", "response", "link")}
    pair = a_pair(world)
    for name, uuid in ids.items():
        pair[name]["uuid"] = uuid
    body = owner.post("pairs/", pair).json()
    assert {name: body[name]["id"] for name in body} == ids
    assert "taken" in refused(owner.post("pairs/", pair), field="uuid")


def test_a_pair_that_is_refused_leaves_nothing(owner, world):
    other = make_project(owner=owner.user)
    before = Claim.objects.count(), Link.objects.count(), Change.objects.count()
    wrong = [
        {"link": {"relation": "sulks"}},
        {"response": {"document": str(world.document.pk), "start": 30, "end": 9000}},
        {"response": {"document": str(world.spare.pk), "start": 0, "end": 5}},
        {"response": {"document": str(world.document.pk), "start": 0, "end": 5, "quote": "other"}},
        {"response": {"id": str(world.assertion.pk)}},
        {"layer": str(other.layers.get().pk)},
    ]
    for part in wrong:
        refused(owner.post("pairs/", {**a_pair(world), **part}))
    assert (Claim.objects.count(), Link.objects.count(), Change.objects.count()) == before


def test_a_document_in_two_dossiers_wants_the_dossier_named(owner, world):
    second = make_dossier(documents=[world.document])
    assert "several" in refused(owner.post("pairs/", a_pair(world)), field="dossier")
    answer = owner.post("pairs/", {**a_pair(world), "dossier": str(second.pk)})
    assert Claim.objects.get(pk=answer.json()["assertion"]["id"]).dossier == second


def test_an_end_is_an_id_or_a_new_claim(owner, world):
    pair = a_pair(world)
    mixed = {**pair, "response": {**pair["response"], "id": str(world.response.pk)}}
    refused(owner.post("pairs/", mixed), field="response.id", status=400)
    refused(owner.post("pairs/", {**pair, "response": {}}), field="response.document", status=400)


# Lists


def test_pages_hold_fifty_and_say_where_the_next_is(owner):
    project = make_project(owner=owner.user)
    for _ in range(51):
        make_actor(project)
    first = owner.get("actors/").json()
    assert (first["count"], len(first["results"])) == (51, 50)
    last = owner.client.get(first["next"]).json()
    assert (len(last["results"]), last["next"]) == (1, None)
    assert owner.get("actors/?page=last").json()["results"] == last["results"]
    assert len(owner.get("actors/?page_size=200").json()["results"]) == 51


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("page=3", 404),
        ("page=0", 404),
        ("page=x", 404),
        ("page=99999999999999999999", 404),
        ("page_size=0", 400),
        ("page_size=201", 400),
        ("page_size=²", 400),
        ("colour=red", 400),
        ("role=answer", 400),
        ("role=response&role=assertion", 400),
        ("document=7", 400),
        ("document=%00", 400),
        ("wants_check=1", 400),
        ("ordering=layer__name", 400),
        ("ordering=", 400),
    ],
)
def test_what_a_list_does_not_know_is_refused(owner, world, query, status):
    assert refused(owner.get(f"claims/?{query}"), status=status)


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("claims/?role=response", 1),
        ("claims/?role=assertion&ordering=-created_at", 2),
        ("claims/?wants_check=true", 0),
        ("links/?relation=disputes", 1),
        ("links/?relation=", 0),
        ("comparisons/?outcome=differs&is_dismissed=false", 1),
        ("citations/?stance=supports", 1),
        ("mentions/?kind=quantity", 1),
        ("suggestions/?kind=pair", 0),
        ("documents/?kind=other&ordering=title", 2),
        ("documents/?published_from=2024-01-01", 0),
        ("layers/?kind=team", 1),
        ("actors/?name=Nobody", 0),
        ("projects/?slug=no-such", 0),
        ("assessments/?verification=unchecked", 1),
    ],
)
def test_filters_narrow_a_list(owner, world, path, count):
    assert owner.get(path).json()["count"] == count


@pytest.mark.parametrize("path", ["links/?relation=sulks", "comparisons/?outcome=x", "documents/?published_from=soon"])
def test_a_label_or_date_that_is_none_is_refused(owner, world, path):
    assert refused(owner.get(path), status=400)


def test_every_filter_and_order_of_every_list_answers(owner, world):
    from annotate.api.urls import VIEWSETS

    values = {"boolean": "true", "date": "2024-01-01", "uuid": str(uuid4()), "string": ""}
    for name, viewset in VIEWSETS.items():
        if "get" not in viewset.http_method_names:
            continue  # it only takes something
        for query, known in viewset.filters.items():
            kind = known.schema.get("format") or known.schema["type"]
            value = known.schema.get("enum", [values[kind]])[0]
            assert owner.get(f"{name}/?{query}={value}").status_code == 200, (name, query)
        for order in viewset.orderings:
            assert owner.get(f"{name}/?ordering=-{order}").status_code == 200, (name, order)


def test_history_names_the_person_and_the_layer(owner, world):
    owner.patch(f"links/{world.link.pk}/", {"note": "N"}, version=1)
    change = Change.objects.filter(object_id=world.link.pk).latest("pk")
    assert (change.actor, change.layer, change.dossier) == (owner.user, world.layer, world.dossier)


def test_an_act_of_the_api_can_be_undone(owner, world):
    from claims.models import last_act, undo

    body = owner.post("pairs/", a_pair(world)).json()
    undo(last_act(actor=owner.user, dossier=world.dossier), actor=owner.user, dossier=world.dossier)
    assert owner.get(f"links/{body['link']['id']}/").status_code == 404
