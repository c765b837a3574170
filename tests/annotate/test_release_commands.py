"""From a project to a release, a proof and back, as commands."""

import io

import pytest
from django.core.management import CommandError, call_command

from claims.models import Document, Release
from tests.factories import make_claim, make_document, make_dossier, make_project

pytestmark = pytest.mark.django_db
TEXT = "Crime fell by 40 %. “That is not so”, he said."


@pytest.fixture
def project():
    project = make_project(slug="sea", title="Sea")
    document = make_document(project, TEXT, title="Yearbook", licence="all rights reserved")
    make_claim(make_dossier(project, [document]), document, "Crime fell by 40 %.")
    return project


def run(*args):
    out = io.StringIO()
    call_command(*args, stdout=out, stderr=out)
    return out.getvalue()


def test_release_is_made_proved_and_given_its_texts_back(project, tmp_path):
    told = run("release", "sea", "--output", str(tmp_path / "out"), "--creator", "The team", "--split", "100/0/0")
    assert "sea-1: 1 documents, 1 claims, 0 links" in told
    assert "1 texts stay out" in told
    for path in ("sea-1.zip", "sea-1"):
        assert "Everything holds together." in run("verify", str(tmp_path / "out" / path))
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "yearbook.txt").write_text(TEXT, encoding="utf-8")
    arguments = ("rehydrate", str(tmp_path / "out" / "sea-1.zip"), "--texts", str(tmp_path / "texts"))
    assert "1 texts put back" in run(*arguments, "--output", str(tmp_path / "whole"))
    assert "Crime fell by 40 %." in (tmp_path / "whole" / "corpus.jsonl").read_text(encoding="utf-8")
    with pytest.raises(CommandError, match="is not empty"):
        run(*arguments, "--output", str(tmp_path / "whole"))


def test_missing_texts_are_named(project, tmp_path):
    run("release", "sea", "--output", str(tmp_path / "out"))
    (tmp_path / "texts").mkdir()
    with pytest.raises(CommandError, match="1 texts are missing"):
        run(
            "rehydrate",
            str(tmp_path / "out/sea-1"),
            "--texts",
            str(tmp_path / "texts"),
            "--output",
            str(tmp_path / "o"),
        )


def test_changed_release_is_found_out(project, tmp_path):
    Document.objects.update(licence="CC0-1.0")
    run("release", "sea", "--output", str(tmp_path))
    path = tmp_path / "sea-1" / "corpus.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("40 %", "14 %"), encoding="utf-8")
    with pytest.raises(CommandError, match="do not hold together"):
        run("verify", str(tmp_path / "sea-1"))


def test_folder_named_as_a_project_does_not_stand_in_its_way(project, tmp_path, monkeypatch):
    (tmp_path / "sea").mkdir()
    monkeypatch.chdir(tmp_path)
    assert "Everything holds together." in run("verify", "sea")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("lake",), "no project lake"),
        (("sea", "--split", "50/50"), "add up to 100"),
        (("sea", "--split", "50/40/20"), "add up to 100"),
        (("sea", "--layer", "Nobody"), "no layer 'Nobody'"),
    ],
)
def test_release_that_cannot_be_is_refused(project, arguments, told):
    with pytest.raises(CommandError, match=told):
        run("release", *arguments)
    assert not Release.objects.exists()
