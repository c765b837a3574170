"""Runs, exports, releases and sensitive stretches over the API."""

import io
import zipfile

import pytest

from annotate import runs
from claims.models import Document, Release, Run
from tests.factories import make_member, make_release

from .conftest import Caller

pytestmark = pytest.mark.django_db


def test_export_is_asked_for_followed_and_taken_away(owner, world):
    made = owner.post("exports/", {"project": str(world.project.pk), "format": "jsonl"})
    assert (made.status_code, made.json()["state"], made.json()["has_file"]) == (201, "queued", False)
    path = f"runs/{made.json()['id']}/"
    assert owner.get(f"{path}file/").status_code == 404
    runs.work(made.json()["id"])
    assert owner.get(path).json()["has_file"] is True
    assert b"".join(owner.get(f"{path}file/").streaming_content).startswith(b'{"')
    colleague = Caller(make_member(world.project, "editor"))
    assert colleague.get(path).json()["has_file"] is False
    assert colleague.get(f"{path}file/").status_code == 404


def test_run_is_cancelled_by_whoever_started_it_or_an_editor(owner, world):
    run = runs.start_tagging(world.project, owner.user)
    researcher, editor = (Caller(make_member(world.project, role)) for role in ("researcher", "editor"))
    assert researcher.post(f"runs/{run.pk}/cancel/", {}).status_code == 403
    assert editor.post(f"runs/{run.pk}/cancel/", {}).json()["state"] == "cancelled"


def test_how_much_an_export_holds_is_told_to_whoever_asked_for_it_alone(owner, world):
    """An annotator's export counts rows that others may not know of."""
    asker = Caller(make_member(world.project, "annotator"))
    run = runs.start_export(world.project, asker.user, format="jsonl")
    runs.work(run.pk)
    own = asker.get(f"runs/{run.pk}/").json()
    assert own["outcome"]["counts"]["claim"] > 0
    told = owner.get(f"runs/{run.pk}/").json()
    assert (told["state"], told["done"], told["total"], told["outcome"]) == ("done", 0, 0, {})
    assert owner.get("runs/").json()["results"] == [told]
    owner.client.force_login(owner.user)
    asker.client.force_login(asker.user)
    counted = f"{own['done']} of {own['total']}"
    assert counted in asker.client.get(f"/runs/{run.pk}/").content.decode()
    assert counted not in owner.client.get(f"/runs/{run.pk}/").content.decode()


def test_runs_of_others_are_not_there(stranger, owner, world):
    run = runs.start_tagging(world.project, owner.user)
    assert stranger.get("runs/").json()["count"] == 0
    assert stranger.get(f"runs/{run.pk}/").status_code == 404
    assert owner.get("runs/?kind=tag").json()["count"] == 1


def test_release_is_made_and_taken_away(owner, world):
    Document.objects.filter(project=world.project).update(licence="CC0-1.0")
    body = {"project": str(world.project.pk), "creators": ["A team"], "summary": "The first."}
    made = owner.post("releases/", body)
    assert (made.status_code, made.json()["kind"]) == (201, "release")
    runs.work(made.json()["id"])
    release = owner.get("releases/").json()["results"][0]
    assert owner.get(f"runs/{made.json()['id']}/").json()["outcome"]["release"] == release["id"]
    assert release["about"]["creators"] == ["A team"]
    zipped = b"".join(owner.get(f"releases/{release['id']}/file/").streaming_content)
    assert "README.md" in {name.rpartition("/")[2] for name in zipfile.ZipFile(io.BytesIO(zipped)).namelist()}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"shares": {"train": 50, "dev": 10, "test": 10}}, "add up to 100"),
        ({"licence": "mine"}, "licence"),
        ({"layers": ["9b2f0a5e-3c1d-4e8f-a6b7-0c9d8e7f6a5b"]}, "layers"),
    ],
)
def test_release_that_cannot_be_is_refused(owner, world, more, told):
    answer = owner.post("releases/", {"project": str(world.project.pk), **more})
    assert answer.status_code in (400, 422)
    assert told in answer.json()["detail"]
    assert not Run.objects.exists()


def test_release_alone_leaves_other_readings_out(owner, world):
    runs.work(owner.post("releases/", {"project": str(world.project.pk), "layers": []}).json()["id"])
    assert Release.objects.get().about["reading"] == "Team"


def test_researcher_reads_releases_and_makes_none(world):
    release, caller = make_release(world.project), Caller(make_member(world.project, "researcher"))
    assert caller.get(f"releases/{release.pk}/").status_code == 200
    assert caller.post("releases/", {"project": str(world.project.pk)}).status_code == 403


def test_sensitive_stretch_is_marked_and_unmarked(owner, world, stranger):
    body = {"document": str(world.document.pk), "start": 16, "end": 26, "quote": "370 people", "reason": "why"}
    made = owner.post("redactions/", body)
    assert (made.status_code, made.json()["quote"]) == (201, "370 people")
    assert owner.post("redactions/", {**body, "quote": "371 people"}).status_code == 422
    assert owner.post("redactions/", {**body, "end": 9999}).status_code == 422
    path = f"redactions/{made.json()['id']}/"
    assert stranger.get(path).status_code == 404
    assert owner.get(f"redactions/?document={world.document.pk}").json()["count"] == 1
    assert owner.delete(path, version=made.json()["version"]).status_code == 204
    assert owner.get("redactions/").json()["count"] == 0


def test_document_is_read_ahead_once_more(owner, world, stranger):
    path = f"documents/{world.document.pk}/read-again/"
    made = owner.post(path, {})
    assert (made.status_code, made.json()["kind"], made.json()["total"]) == (201, "tag", 1)
    assert owner.post(path, {}).json()["id"] == made.json()["id"]  # waits already
    assert Caller(make_member(world.project, "researcher")).post(path, {}).status_code == 403
    assert stranger.post(path, {}).status_code == 404
    work = owner.post("documents/", {"project": str(world.project.pk), "title": "A work"}).json()["id"]
    assert owner.post(f"documents/{work}/read-again/", {}).status_code == 422
