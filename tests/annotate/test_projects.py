"""Projects, dossiers and people, through their pages."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotate.board import Board
from claims.models import Change, Decision, Dossier, Exclusion, Invitation, Membership, Project
from tests.factories import (
    make_claim,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_member,
    make_no_response,
    make_project,
    make_suggestion,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    owner = make_user("owner")
    client.force_login(owner)
    return owner


@pytest.fixture
def project(owner):
    return make_project(owner)


def places_sent(*places, **fields):
    """What the form of a dossier sends for [(document, side), …] in this order."""
    sent = {"places-TOTAL_FORMS": len(places), "places-INITIAL_FORMS": 0, **fields}
    for index, (document, side) in enumerate(places):
        sent |= {f"places-{index}-document": document.pk, f"places-{index}-side": side}
        sent[f"places-{index}-ORDER"] = index + 1
    return sent


def test_home_teaches_who_has_no_project(client, owner):
    assert b"Start a project" in client.get("/").content


def test_home_lists_my_projects_and_nobody_elses(client, owner, project):
    other = make_project()
    make_dossier(project, [make_document(project), make_document(project)])
    answer = client.get("/").content.decode()
    assert project.title in answer
    assert "<b>2</b> documents" in answer
    assert other.title not in answer


def test_home_offers_to_go_on_where_I_was(client, owner, project):
    dossier = make_dossier(project, [make_document(project)], title="The quarrel")
    make_claim(dossier, actor=owner)
    assert client.get("/").context["last"] == dossier
    Membership.objects.all().delete()
    assert client.get("/").context["last"] is None


def test_project_is_started_once_with_its_owner(client, owner):
    sent = {"title": "Water and power", "kind": "shared", "request_id": "one"}
    for _ in range(2):
        assert client.post(reverse("project_new"), sent).url == "/projects/water-and-power/"
    assert Project.objects.get().memberships.get().role == "owner"
    answer = client.post(reverse("project_new"), {**sent, "title": "Other"})
    assert answer.status_code == 422
    assert b"was used for another request" in answer.content


def test_project_of_the_same_title_gets_an_address_of_its_own(client, owner):
    for _ in range(2):
        client.post(reverse("project_new"), {"title": "Water", "kind": "independent"})
    assert set(Project.objects.values_list("slug", flat=True)) == {"water", "water-2"}


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"title": "ទឹក"}, "no Latin letters"),
        ({"title": ""}, "required"),
        ({"title": "Water", "slug": "taken"}, "exists"),
        ({"title": "Water", "kind": "secret"}, "valid choice"),
        ({"title": "Wa\x00ter"}, "Null characters"),
    ],
)
def test_project_that_cannot_be_is_refused(client, owner, sent, sentence):
    make_project(slug="taken")
    answer = client.post(reverse("project_new"), {"kind": "shared", **sent})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_project_page_counts_what_is_done_in_few_queries(client, owner, project):
    document = make_document(project)
    dossier = make_dossier(project, [document])
    assertion, other = make_claim(dossier, quote="370 people"), make_claim(dossier, quote="332 brokers")
    make_claim(dossier, quote="people were arrested")
    response = make_claim(dossier, quote="The ministry", role="response")
    make_claim(dossier, quote="was unfair", role="response")
    make_link(response, assertion)
    make_link(response, make_claim(dossier, quote="unfair"), relation="rejects")
    make_no_response(other)
    make_suggestion(document, "including")
    progress = client.get(f"/projects/{project.slug}/").context["page"].object_list[0].progress
    assert (progress.assertions, progress.responses, progress.links) == (4, 2, 2)
    assert (progress.settled, progress.none_found, progress.unpaired, progress.unlabelled) == (3, 1, 1, 1)
    assert progress.undecided == 1
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(f"/projects/{project.slug}/")
    for _ in range(5):
        make_claim(make_dossier(project, [make_document(project)]))
    with CaptureQueriesContext(connection) as many:
        client.get(f"/projects/{project.slug}/")
    assert len(few) == len(many) <= 18


def test_suggestions_left_are_those_the_workspace_asks_about(client, owner, project):
    document = make_document(project)
    dossier = make_dossier(project, [document])
    layer = project.layers.get()
    make_claim(dossier, quote="370 people were arrested")
    make_suggestion(document, "370 people were")  # under a claim
    make_suggestion(document, "people were arrested, including 332 brokers. The")  # less than half of it is
    make_suggestion(document, "The report says")  # in a stretch that is left out
    refused = make_suggestion(document, "was unfair")
    Decision.objects.create(layer=layer, suggestion=refused, outcome="rejected")
    title = Exclusion(document=document, start=0, end=10, reason="title twice")
    title.anchor(document.text).save(force_insert=True)
    make_dossier(project, [document])
    first, second = client.get(f"/projects/{project.slug}/").context["page"].object_list
    for shown in (first, second):
        board = Board(user=owner, dossier=Dossier.objects.get(pk=shown.pk), layer=layer)
        assert shown.progress.undecided == len(board.suggestions)
    assert first.progress.undecided == 1


def test_independent_annotators_do_not_count_each_other(client, owner):
    project = make_project(owner, kind="independent")
    ann, bob = make_member(project, "annotator"), make_member(project, "annotator")
    dossier = make_dossier(project, [make_document(project)])
    make_claim(dossier, layer=make_layer(project, ann))
    for user, seen in [(ann, 1), (bob, 0), (owner, 0)]:
        client.force_login(user)
        page = client.get(f"/projects/{project.slug}/")
        assert page.context["page"].object_list[0].progress.assertions == seen
        assert b"Say who is on which side" in page.content
    assert not project.layers.exclude(annotator=ann).exists()


def test_researcher_of_an_independent_project_is_offered_no_page_that_is_closed(client, owner):
    project = make_project(owner, kind="independent")
    dossier = make_dossier(project, [make_document(project)])
    client.force_login(make_member(project, "researcher"))
    page = client.get(f"/projects/{project.slug}/").content.decode()
    assert dossier.title in page
    assert reverse("workspace", args=[dossier.pk]) not in page


def test_next_step_follows_the_queue(client, project):
    dossier = make_dossier(project)
    page = client.get(f"/projects/{project.slug}/").content.decode()
    assert "Say which documents belong here" in page
    dossier.places.create(document=make_document(project))
    assert "Say who is on which side" in client.get(f"/projects/{project.slug}/").content.decode()


def test_settings_are_saved_and_remembered(client, owner, project):
    address = reverse("project_settings", args=[project.slug])
    sent = {"title": "New title", "description": "", "banner": "Embargoed", "version": 1}
    assert client.post(address, sent).status_code == 302
    change = Change.objects.get(object_id=project.pk, object_version=2)
    assert (change.actor, change.after) == (owner, {"title": "New title", "banner": "Embargoed"})
    answer = client.post(address, {**sent, "title": "Mine"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "New title" in page
    assert 'value="Mine"' in page
    project.refresh_from_db()
    assert project.title == "New title"
    assert client.post(address, {**sent, "title": "Mine", "version": 2}).status_code == 302


def test_dossier_is_started_with_its_documents(client, owner, project):
    report, story, rest = (make_document(project) for _ in range(3))
    sent = places_sent((story, "responding"), (rest, ""), (report, "asserting"), title="The quarrel", request_id="a")
    address = reverse("dossier_new", args=[project.slug])
    assert client.post(address, sent).url == client.post(address, sent).url
    dossier = Dossier.objects.get()
    assert [(place.document, place.side) for place in dossier.places.all()] == [
        (story, "responding"),
        (report, "asserting"),
    ]
    assert Change.objects.get(object_id=dossier.pk).after["places"][0] == [str(story.pk), "responding"]


def test_dossier_does_not_take_another_projects_document(client, project):
    foreign = make_document()
    answer = client.post(
        reverse("dossier_new", args=[project.slug]), places_sent((foreign, "both"), title="The quarrel")
    )
    assert answer.status_code == 422
    assert foreign.title not in answer.content.decode()
    dossier = make_dossier(project)
    sent = {"document": foreign.pk, "side": "both", "version": 1}
    assert client.post(reverse("dossier_add_document", args=[dossier.pk]), sent).status_code == 404
    assert not dossier.places.exists()


def test_dossier_is_edited_and_a_late_edit_is_told(client, project):
    report, story = make_document(project), make_document(project)
    dossier = make_dossier(project, [report, story])
    address = reverse("dossier_edit", args=[dossier.pk])
    sent = places_sent((story, "asserting"), (report, "evidence"), title="The quarrel", version=1)
    assert client.post(address, sent).status_code == 302
    dossier.refresh_from_db()
    assert (dossier.title, dossier.version) == ("The quarrel", 2)
    assert list(dossier.places.values_list("document", "side")) == [(story.pk, "asserting"), (report.pk, "evidence")]
    assert Change.objects.get(object_id=dossier.pk).dossier is None
    answer = client.post(address, {**sent, "title": "Mine"})
    assert answer.status_code == 409
    assert "The quarrel" in answer.content.decode()
    assert client.post(address, {**sent, "version": 2}).status_code == 302
    dossier.refresh_from_db()
    assert dossier.version == 2


def test_document_with_claims_stays(client, project):
    document = make_document(project)
    dossier = make_dossier(project, [document])
    make_claim(dossier)
    sent = places_sent((document, ""), title="The quarrel", version=1)
    answer = client.post(reverse("dossier_edit", args=[dossier.pk]), sent)
    assert answer.status_code == 422
    assert "claims are marked in it" in answer.content.decode()
    assert dossier.places.exists()
    assert Dossier.objects.get().version == 1


def test_document_is_found_by_its_title_and_added_once(client, project):
    dossier = make_dossier(project, [make_document(project)])
    report = make_document(project, title="Report of the ombudsman")
    make_document(project, title="Story")
    address = reverse("dossier_edit", args=[dossier.pk])
    assert client.get(address, {"q": "OMBUDSMAN"}).context["offered"] == [report]
    sent = {"document": report.pk, "side": "asserting", "version": 1}
    address = reverse("dossier_add_document", args=[dossier.pk])
    assert client.post(address, sent).status_code == 302
    assert dossier.places.get(document=report).position == 1
    assert client.post(address, sent).status_code == 409
    assert client.post(address, {"document": "x"}).status_code == 422


@pytest.mark.parametrize("broken", [{}, {"places-TOTAL_FORMS": "x"}, {"places-TOTAL_FORMS": "1"}])
def test_list_of_documents_that_cannot_be_read_is_refused(client, project, broken):
    dossier = make_dossier(project, [make_document(project)])
    sent = {"title": "T", "version": 1, "places-0-document": "no uuid", "places-0-side": "both", **broken}
    for address in (reverse("dossier_edit", args=[dossier.pk]), reverse("dossier_new", args=[project.slug])):
        assert client.post(address, sent).status_code == 422
    assert dossier.places.count() == 1


def test_invitation_link_is_shown_once(client, project):
    sent = {"role": "editor", "note": "Sokha", "request_id": "one"}
    address = reverse("members", args=[project.slug])
    answer = client.post(address, sent)
    link = answer.context["link"]
    assert link.startswith("http://testserver/invitations/")
    assert link in answer.content.decode()
    assert client.post(address, sent).status_code == 302
    assert link not in client.get(address).content.decode()
    assert Invitation.objects.get().note == "Sokha"


def test_invitation_is_withdrawn(client, project, owner):
    invitation, secret = Invitation.make(project, role="editor", created_by=owner)
    client.post(reverse("invitation_withdraw", args=[project.slug, invitation.pk]))
    assert client.get(reverse("invitation", args=[secret])).status_code == 404


def test_roles_are_changed_and_members_removed(client, project):
    member = make_member(project, "annotator")
    client.post(reverse("member_role", args=[project.slug, member.pk]), {"role": "editor"})
    assert project.memberships.get(user=member).role == "editor"
    remove = reverse("member_remove", args=[project.slug, member.pk])
    for _ in range(2):
        assert client.post(remove).url == f"/projects/{project.slug}/people/"
    assert not project.memberships.filter(user=member).exists()


@pytest.mark.parametrize("name", ["member_role", "member_remove"])
def test_last_owner_stays(client, project, owner, name):
    answer = client.post(reverse(name, args=[project.slug, owner.pk]), {"role": "editor"})
    assert answer.status_code == 422
    assert "needs an owner" in answer.content.decode()
    assert project.memberships.get(user=owner).role == "owner"


def test_unknown_role_is_refused(client, project, owner):
    answer = client.post(reverse("member_role", args=[project.slug, owner.pk]), {"role": "king"})
    assert answer.status_code == 422


def test_only_an_owner_invites(client, project):
    client.force_login(make_member(project, "editor"))
    assert client.post(reverse("members", args=[project.slug]), {"role": "owner"}).status_code == 403
    assert client.get(reverse("members", args=[project.slug])).status_code == 200


def test_stranger_gets_404(client, project):
    dossier = make_dossier(project)
    client.force_login(make_user())
    for name, args in [
        ("project_detail", [project.slug]),
        ("project_settings", [project.slug]),
        ("dossier_new", [project.slug]),
        ("members", [project.slug]),
        ("dossier_edit", [dossier.pk]),
    ]:
        assert client.get(reverse(name, args=args)).status_code == 404
    assert client.post(reverse("member_role", args=[project.slug, uuid.uuid4()])).status_code == 404
