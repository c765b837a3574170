"""Starting projects, their settings and their people over the API."""

import pytest

from claims.models import Invitation, Membership, Project, StoredRequest
from tests.factories import make_claim, make_document, make_dossier, make_member, make_project, make_user

from .conftest import Caller

pytestmark = pytest.mark.django_db


def test_whoever_starts_a_project_owns_it(owner):
    made = owner.post("projects/", {"title": "Boats & Ports", "kind": "independent", "labels": "default"})
    assert made.status_code == 201, made.json()
    project = Project.objects.get(slug="boats-ports")
    assert (made.json()["id"], made.json()["kind"]) == (str(project.pk), "independent")
    assert project.memberships.get().role == "owner"
    again = owner.post("projects/", {"title": "Boats & Ports"})
    assert again.json()["slug"] == "boats-ports-2"
    assert Project.objects.get(slug="boats-ports-2").layers.get().kind == "team"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "ខ្មែរ"}, "slug"),
        ({"title": "Sea", "slug": "not a slug"}, "slug"),
        ({"title": "Sea", "labels": "unknown"}, "labels"),
        ({"title": "Sea", "kind": "unknown"}, "kind"),
        ({}, "title"),
    ],
)
def test_a_project_that_cannot_be_started_is_refused(owner, body, field):
    before = Project.objects.count()
    answer = owner.post("projects/", body)
    assert answer.status_code in (400, 422)
    assert field in answer.json()["errors"]
    assert Project.objects.count() == before


def test_settings_change_with_the_version_seen(owner, world):
    path = f"projects/{world.project.pk}/"
    version = owner.get(path).json()["version"]
    answer = owner.patch(path, {"title": "New title", "annotators_each": 3}, version=version)
    assert answer.status_code == 200, answer.json()
    assert (answer.json()["title"], answer.json()["annotators_each"]) == ("New title", 3)
    assert owner.patch(path, {"annotators_each": 21}, version=answer.json()["version"]).status_code == 422
    assert owner.patch(path, {"title": " "}, version=answer.json()["version"]).status_code == 422
    assert owner.patch(path, {"slug": "other"}, version=answer.json()["version"]).status_code in (400, 422)
    assert owner.patch(path, {"lease_hours": 1}, version=version).status_code in (200, 412)
    world.project.refresh_from_db()
    assert world.project.title == "New title"
    editor = Caller(make_member(world.project, "editor"))
    assert editor.patch(path, {"title": "Mine"}, version=world.project.version).status_code == 403


def test_kind_and_labels_change_while_nothing_is_annotated(owner):
    project = make_project(owner.user)
    path = f"projects/{project.pk}/"
    changed = owner.post(f"{path}kind/", {"kind": "independent", "seen": project.version})
    assert changed.status_code == 201, changed.json()
    assert changed.json()["kind"] == "independent"
    assert owner.post(f"{path}kind/", {"kind": "odd", "seen": 1}).status_code == 422
    assert owner.post(f"{path}kind/", {"kind": "shared", "seen": 1}).status_code in (409, 412)
    seen = changed.json()["vocabulary"]
    stale = owner.post(f"{path}schema/", {"labels": "default", "seen": str(project.pk)})
    assert stale.status_code in (409, 412)
    assert owner.post(f"{path}schema/", {"labels": "default", "seen": seen}).status_code == 201
    shared = make_project(owner.user)
    make_claim(make_dossier(documents=[make_document(shared)]), quote="The report")
    refused = owner.post(f"projects/{shared.pk}/kind/", {"kind": "independent", "seen": shared.version})
    assert refused.status_code == 422
    assert "there are annotations" in refused.json()["errors"]["kind"][0]


def test_members_are_listed_and_get_roles(owner, world):
    member = make_member(world.project, "annotator")
    listed = owner.get(f"members/?project={world.project.pk}").json()["results"]
    assert {"user": str(member.pk), "role": "annotator"}.items() <= listed[-1].items()
    path = f"projects/{world.project.pk}/role/"
    assert owner.post(path, {"user": str(member.pk), "role": "editor"}).json()["role"] == "editor"
    assert owner.post(path, {"user": str(member.pk), "role": None}).status_code == 201
    assert not Membership.objects.filter(user=member).exists()
    last = owner.post(path, {"user": str(owner.user.pk), "role": "editor"})
    assert last.status_code == 422
    assert owner.post(path, {"user": str(make_user().pk), "role": "editor"}).status_code == 422
    editor = Caller(make_member(world.project, "editor"))
    assert editor.post(path, {"user": str(member.pk), "role": "owner"}).status_code == 403


def test_nobody_lists_members_of_anothers_project(stranger, world):
    assert stranger.get("members/").json()["count"] == 0
    assert stranger.get(f"members/?project={world.project.pk}").json()["count"] == 0


def test_an_invitations_link_is_said_once_and_not_kept(owner, world, client):
    body = {"project": str(world.project.pk), "role": "annotator", "note": "Ana"}
    made = owner.post("invitations/", body, key="one")
    assert made.status_code == 201, made.json()
    link = made.json()["link"]
    secret = link.rstrip("/").rpartition("/")[2]
    assert not [row for row in StoredRequest.objects.all() if secret in str(row.outcome)]
    again = owner.post("invitations/", body, key="one")
    assert (again.json()["id"], again.json()["link"]) == (made.json()["id"], None)
    assert Invitation.objects.count() == 1
    assert "link" not in owner.get(f"invitations/{made.json()['id']}/").json()
    assert client.get(link).status_code == 200
    withdrawn = owner.post(f"invitations/{made.json()['id']}/withdraw/", {})
    assert withdrawn.status_code == 201
    assert not Invitation.objects.exists()
    editor = Caller(make_member(world.project, "editor"))
    assert editor.post("invitations/", body).status_code == 403
    assert editor.get("invitations/").json()["count"] == 0
