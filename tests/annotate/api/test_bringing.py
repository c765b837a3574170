"""Files and corpora over the API."""

import base64
import json

import pytest

from annotate import runs
from claims.models import Claim, Document, Project, Run
from tests.factories import make_member, make_project

from .conftest import Caller

pytestmark = pytest.mark.django_db

CORPUS = json.dumps({
    "text": "One. Two.",
    "entities": [
        {"id": 1, "label": "Claim", "start_offset": 0, "end_offset": 4},
        {"id": 2, "label": "Odd", "start_offset": 5, "end_offset": 9},
    ],
    "relations": [{"id": 9, "from_id": 2, "to_id": 1, "type": "Attack"}],
}).encode()  # fmt: skip


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    return tmp_path


def coded(content):
    return base64.b64encode(content).decode()


def test_files_become_documents_in_a_dossier(owner, world):
    files = [{"name": f"{name}.txt", "content": coded(f"{name} said.".encode())} for name in ("He", "She")]
    body = {"project": str(world.project.pk), "files": files, "new_dossier": "Said", "kind": "report"}
    made = owner.post("imports/", body)
    assert made.status_code == 201, made.json()
    run = runs.work(made.json()["id"])
    assert run.outcome == {"made": 2, "already": 0, "refused": 0}
    found = Document.objects.filter(places__dossier__title="Said")
    assert {(row.text, row.kind) for row in found} == {("He said.", "report"), ("She said.", "report")}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"files": []}, "files"),
        ({"files": [{"name": "a.txt", "content": "no base64!"}]}, "files"),
        ({"title": "One name", "files": [{"name": "a.txt", "content": "QS4="}] * 2}, "title"),
        ({"kind": "poem"}, "kind"),
    ],
)
def test_what_cannot_be_brought_in_is_refused_and_keeps_no_file(owner, world, files, change, field):
    body = {"project": str(world.project.pk), "files": [{"name": "a.txt", "content": coded(b"A.")}], **change}
    answer = owner.post("imports/", body)
    assert answer.status_code in (400, 422)
    assert field in json.dumps(answer.json()["errors"])
    assert not [path for path in files.rglob("*") if path.is_file()]
    assert not Run.objects.exists()


def test_a_dossier_of_another_project_gets_no_documents(owner, world):
    other = make_project(owner.user)
    body = {"project": str(other.pk), "files": [{"name": "a.txt", "content": "QS4="}], "dossier": str(world.dossier.pk)}
    assert owner.post("imports/", body).status_code == 422


def test_a_corpus_is_looked_at_and_brought_in(owner, world):
    look = owner.post("looks/", {"project": str(world.project.pk), "name": "sea.jsonl", "content": coded(CORPUS)})
    assert look.status_code == 201, look.json()
    path = f"runs/{look.json()['id']}/"
    assert owner.post(f"{path}bring-in/", {}).status_code == 422
    runs.work(look.json()["id"])
    outcome = owner.get(path).json()["outcome"]
    assert outcome["expected"]["claim"] == 2
    assert outcome["asked"][0]["name"] == "Odd"
    said = {"into": str(world.layer.pk), "becomes": {"Odd": "response", "Claim": "assertion"}}
    made = owner.post(f"{path}bring-in/", said)
    assert made.status_code == 201, made.json()
    done = runs.work(made.json()["id"])
    assert done.outcome["made"] == {"document": 1, "claim": 2, "link": 1}
    assert set(Claim.objects.filter(document__text="One. Two.").values_list("role", flat=True)) == {"assertion", "response"}  # fmt: skip
    again = owner.post(f"{path}bring-in/", said)
    assert again.status_code == 422
    assert "not kept any more" in json.dumps(again.json())


def test_it_becomes_a_project_of_its_own(owner, world):
    look = owner.post("looks/", {"project": str(world.project.pk), "name": "sea.jsonl", "content": coded(CORPUS)})
    runs.work(look.json()["id"])
    made = owner.post(f"runs/{look.json()['id']}/bring-in/", {"title": "The sea"})
    runs.work(made.json()["id"])
    assert Project.objects.visible_to(owner.user).filter(slug="the-sea").exists()


def test_a_reading_of_anothers_takes_no_corpus(world):
    annotator = Caller(make_member(world.project, "annotator"))
    body = {"project": str(world.project.pk), "name": "sea.jsonl", "content": coded(CORPUS)}
    assert annotator.post("looks/", {**body, "into": str(world.layer.pk)}).status_code == 403
    look = annotator.post("looks/", body)
    assert look.status_code == 201
    runs.work(look.json()["id"])
    path = f"runs/{look.json()['id']}/bring-in/"
    assert annotator.post(path, {"into": str(world.layer.pk)}).status_code == 403
    assert Caller(make_member(world.project, "editor")).post(path, {}).status_code == 403


def test_a_stopped_import_goes_on(owner, world):
    files = [{"name": "a.txt", "content": coded(b"A stopped text.")}]
    made = owner.post("imports/", {"project": str(world.project.pk), "files": files})
    path = f"runs/{made.json()['id']}/"
    assert owner.post(f"{path}go-on/", {}).status_code == 422
    owner.post(f"{path}cancel/", {})
    assert owner.post(f"{path}go-on/", {}).json()["state"] == "queued"
    assert runs.work(made.json()["id"]).outcome["made"] == 1
