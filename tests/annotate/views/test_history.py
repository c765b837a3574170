"""Histories of items and projects, earlier states brought back, and deeds taken back, through their front door."""

import pytest
from django.urls import reverse

from claims import annotating
from claims.models import Act, Change, Claim, Link, NoResponse
from claims.verify import verify
from tests.factories import (
    make_claim,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_member,
    make_no_response,
    make_project,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def ann(project):
    return make_member(project, "annotator", "ann")


@pytest.fixture
def edda(project):
    return make_member(project, "editor", "edda")


@pytest.fixture
def link(project, ann):
    dossier = make_dossier(project, [make_document(project), make_document(project)])
    assertion = make_claim(dossier, quote="370 people", actor=ann)
    other = dossier.places.last().document
    response = make_claim(dossier, other, quote="the report was unfair", role="response", actor=ann)
    return make_link(response, assertion, relation="disputes", actor=ann)


def deed(user, row, verb="a deed"):
    dossier = row.dossier
    return Act(actor=user, project=dossier.project, layer=row.layer, dossier=dossier, verb=verb)


def change(user, row, **values):
    row.refresh_from_db()
    with deed(user, row, "label a link") as act:
        annotating.change(act, row, seen=row.version, **values)


def restore(client, user, row, number, **data):
    """Ask for the state of ``row`` at version ``number``."""
    client.force_login(user)
    row.refresh_from_db()
    change = Change.objects.get(object_id=row.pk, object_version=number)
    address = reverse("state_restore", args=[row.dossier_id, change.pk])
    return client.post(address, {"version": row.version, **data})


def take_back(client, user, row, act):
    client.force_login(user)
    return client.post(reverse("deed_take_back", args=[row.dossier_id, act]))


def last_deed(row):
    return Change.objects.filter(object_id=row.pk).latest("pk").act


def test_any_earlier_state_becomes_the_present_one(client, ann, edda, link):
    change(ann, link, relation="rejects", note="first")
    change(edda, link, relation="concedes", note="second")
    assert restore(client, ann, link, 1).status_code == 302
    link.refresh_from_db()
    assert (link.relation, link.note, link.version) == ("disputes", "", 4)
    assert restore(client, ann, link, 3).status_code == 302
    link.refresh_from_db()
    assert (link.relation, link.note) == ("concedes", "second")
    page = client.get(reverse("history", args=[link.dossier_id]), {"item": link.pk}).content.decode()
    assert page.count("Restore this state") == 3  # of five versions, two say what the link says now
    assert verify(link.dossier.project).faults == []


def test_a_state_is_not_restored_over_a_change_that_was_not_seen(client, ann, edda, link):
    change(ann, link, relation="rejects")
    change(edda, link, note="meanwhile")
    answer = restore(client, ann, link, 1, version=2)
    assert answer.status_code == 409
    assert "changed since" in answer.content.decode()
    link.refresh_from_db()
    assert link.note == "meanwhile"


@pytest.mark.parametrize("is_along", [True, False])
def test_a_deleted_claim_comes_back_alone_or_with_its_links(client, ann, link, is_along):
    claim = link.target_claim
    with deed(ann, link, "delete A1") as act:
        annotating.delete_claim(act, claim, seen=claim.version)
    client.force_login(ann)
    page = client.get(reverse("history", args=[link.dossier_id]), {"item": claim.pk}).content.decode()
    assert "with what went along: R1 → A1" in page
    assert restore(client, ann, claim, 1, **({"along": "1"} if is_along else {})).status_code == 302
    assert Claim.objects.live().filter(pk=claim.pk).exists()
    assert Link.objects.live().filter(pk=link.pk).exists() == is_along
    assert verify(link.dossier.project).faults == []


def test_a_link_whose_claim_is_gone_is_not_brought_back_alone(client, ann, link):
    claim = link.target_claim
    with deed(ann, link, "delete A1") as act:
        annotating.delete_claim(act, claim, seen=claim.version)
    answer = restore(client, ann, link, 1)
    assert answer.status_code == 422
    assert "A1 has been deleted" in answer.content.decode()


def test_a_link_that_comes_back_withdraws_none_found(client, ann, link):
    with deed(ann, link, "withdraw") as act:
        annotating.withdraw(act, link, seen=link.version)
    make_no_response(link.target_claim, [link.target_claim.document])
    assert restore(client, ann, link, 1).status_code == 302
    assert not NoResponse.objects.live().exists()


def test_a_deed_over_several_documents_is_taken_back_and_done_again(client, ann, link):
    with deed(ann, link, "delete both") as act:
        annotating.delete_claim(act, link.target_claim, seen=link.target_claim.version)
        annotating.delete_claim(act, link.response, seen=link.response.version)
    for is_there in (True, False, True, False, True):
        act = Change.objects.filter(object_id=link.pk).latest("pk").act
        assert take_back(client, ann, link, act).status_code == 302
        rows = [Claim.objects.live().count(), Link.objects.live().count()]
        assert rows == ([2, 1] if is_there else [0, 0])
    assert verify(link.dossier.project).faults == []


def test_undo_reaches_back_over_a_deed_that_was_done_again(client, ann, link):
    change(ann, link, relation="rejects")
    address = reverse("deed_undo", args=[link.dossier_id])
    client.force_login(ann)
    client.post(address)
    take_back(client, ann, link, last_deed(link))
    link.refresh_from_db()
    assert link.relation == "rejects"
    client.post(address)
    link.refresh_from_db()
    assert link.relation == "disputes"


def test_a_deed_whose_rows_changed_since_stays(client, ann, edda, link):
    change(ann, link, relation="rejects")
    act = last_deed(link)
    change(edda, link, relation="concedes")
    assert take_back(client, ann, link, act).status_code == 409
    link.refresh_from_db()
    assert link.relation == "concedes"


def test_a_claim_that_somebody_linked_since_is_not_taken_away(client, ann, edda, link):
    other = make_claim(link.dossier, quote="332 brokers", actor=ann)
    make_link(link.response, other, relation="rejects", actor=edda)
    answer = take_back(client, ann, other, last_deed(other))
    assert answer.status_code == 422
    assert "made on it since" in answer.content.decode()


def test_only_editors_take_back_anothers_deed(client, ann, edda, link):
    change(edda, link, relation="rejects")
    assert take_back(client, ann, link, last_deed(link)).status_code == 403
    change(ann, link, relation="concedes")
    assert take_back(client, edda, link, last_deed(link)).status_code == 302
    link.refresh_from_db()
    assert link.relation == "rejects"


def test_history_of_a_project_is_narrowed(client, ann, edda, link):
    change(edda, link, relation="rejects")
    client.force_login(ann)
    address = reverse("project_history", args=[link.dossier.project.slug])
    deeds = {
        query: client.get(f"{address}?{query}").content.decode().count("<time ")
        for query in ("", f"person={edda.pk}", "kind=claim", "until=2001-01-01", f"dossier={link.dossier_id}&kind=link")
    }
    assert list(deeds.values())[1:] == [1, 2, 0, 2]
    assert deeds[""] > 4
    assert client.get(f"{address}?kind=nonsense").status_code == 422


def test_histories_tell_nothing_of_a_layer_one_may_not_read(client):
    project = make_project(kind="independent")
    ann, ben, edda = (make_member(project, role, role) for role in ("annotator", "owner", "editor"))
    dossier = make_dossier(project, [make_document(project)])
    claim = make_claim(dossier, quote="370 people", layer=make_layer(project, ann), actor=ann, wording="Zwiebel")
    change = Change.objects.get(object_id=claim.pk)
    for user in (ben, edda):
        client.force_login(user)
        for address in (reverse("project_history", args=[project.slug]), reverse("history", args=[dossier.pk])):
            for query in ("", f"?person={ann.pk}", "?kind=claim", f"?item={claim.pk}"):
                page = client.get(address + query).content.decode()
                assert "Zwiebel" not in page
                assert "370 people" not in page
        assert (
            f'<option value="{ann.pk}"'
            not in client.get(reverse("project_history", args=[project.slug])).content.decode()
        )
        assert client.post(reverse("state_restore", args=[dossier.pk, change.pk])).status_code == 404
        assert client.post(reverse("deed_take_back", args=[dossier.pk, change.act])).status_code == 404
    client.force_login(ann)
    assert "Zwiebel" in client.get(reverse("project_history", args=[project.slug])).content.decode()
