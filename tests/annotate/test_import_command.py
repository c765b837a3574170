"""manage.py import, sign_in_link, worker and backup, as somebody at a terminal meets them."""

import json
import sqlite3
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from claims.models import Document, Dossier, Project, Quantity, SignInLink, User
from tests.factories import make_project, make_user

SEED = Path(settings.BASE_DIR).parent / "shared" / "seed" / "000_736126dc7e3db3e7.txt"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "f"}},
    }


def make_file(folder, name="story.txt", text="Police arrested 370 people.\n\nThe minister objected."):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_new_project_is_made_and_belongs_to_the_one_person_there_is(tmp_path, capsys):
    user = make_user("anna")
    call_command("import", "harbour-watch", make_file(tmp_path), tag=False)
    project = Project.objects.get(slug="harbour-watch")
    assert project.title == "Harbour watch"
    assert project.memberships.get().user == user
    assert project.dossiers.get().title == "Police arrested 370 people."
    assert capsys.readouterr().out == (
        "Made the project harbour-watch, owned by anna.\nstory.txt: brought in as “Police arrested 370 people.”.\n"
    )


def test_among_several_people_the_only_superuser_owns_it(tmp_path):
    make_user("anna")
    root = make_user("root", is_superuser=True)
    call_command("import", "p", make_file(tmp_path), tag=False)
    assert Project.objects.get(slug="p").memberships.get().user == root


def test_without_anybody_to_own_it_a_hint_says_what_to_do(tmp_path, capsys):
    call_command("import", "p", make_file(tmp_path), tag=False)
    assert "--owner" in capsys.readouterr().err
    make_user("anna")
    call_command("import", "p", make_file(tmp_path), tag=False, owner="anna")
    assert Project.objects.get(slug="p").memberships.get().role == "owner"


def test_an_unknown_owner_and_a_bad_name_are_refused_in_words(tmp_path):
    with pytest.raises(CommandError, match="nobody called bob"):
        call_command("import", "p", make_file(tmp_path), owner="bob")
    with pytest.raises(CommandError, match="is no short name"):
        call_command("import", "no such name!", make_file(tmp_path))
    assert not Project.objects.exists()


def test_a_bad_file_gets_one_sentence_and_the_others_come_in(tmp_path, capsys):
    project = make_project()
    good, empty = make_file(tmp_path), make_file(tmp_path, "empty.txt", "")
    with pytest.raises(CommandError, match="3 of 4 could not be brought in"):
        call_command("import", project.slug, good, empty, str(tmp_path / "missing.pdf"), str(tmp_path), tag=False)
    told = [line for line in capsys.readouterr().err.splitlines() if ": " in line]
    assert len(told) == 3
    assert [Path(line.split(":")[0]).name for line in told] == ["empty.txt", "missing.pdf", tmp_path.name]
    assert Document.objects.filter(project=project).count() == 1


def test_the_same_text_again_is_said_and_not_doubled(tmp_path, capsys):
    project = make_project()
    path = make_file(tmp_path)
    call_command("import", project.slug, path, tag=False)
    call_command("import", project.slug, path, tag=False)
    assert "Already here as “Police arrested 370 people.”" in capsys.readouterr().out
    assert Document.objects.count() == Dossier.objects.count() == 1
    call_command("import", project.slug, path, tag=False, again=True)
    assert Document.objects.count() == 2


def test_a_named_dossier_is_made_once_and_then_added_to(tmp_path):
    project = make_project()
    call_command("import", project.slug, make_file(tmp_path), dossier="Arrests", tag=False)
    call_command("import", project.slug, make_file(tmp_path, "b.txt", "B."), dossier="Arrests", tag=False)
    assert Dossier.objects.get().places.count() == 2


def test_title_kind_and_language_are_the_persons(tmp_path):
    project = make_project()
    call_command("import", project.slug, make_file(tmp_path), title="T", kind="report", language="km", tag=False)
    document = Document.objects.get()
    assert (document.title, document.kind, document.language) == ("T", "report", "km")
    with pytest.raises(CommandError, match="--title is for one file"):
        call_command("import", project.slug, make_file(tmp_path), make_file(tmp_path, "b.txt"), title="T")


def test_a_corpus_from_elsewhere_becomes_the_project(tmp_path, capsys):
    user = make_user("anna")
    header = {"type": "rejoinder", "version": 1, "history": False, "offsets": "unicode code points"}
    rows = [
        header,
        {"type": "project", "title": "Work at Sea"},
        {"type": "document", "title": "T", "text": "Crime fell."},
    ]
    path = make_file(tmp_path, "corpus.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    call_command("import", "sea", path)
    project = Project.objects.get(slug="sea")
    assert capsys.readouterr().out.startswith("sea: brought in “Work at Sea” (1 document")
    assert project.documents.get().text == "Crime fell."
    assert list(Project.objects.visible_to(user)) == [project]
    with pytest.raises(CommandError, match="choose another name"):
        call_command("import", "sea", path)
    with pytest.raises(CommandError, match="by itself"):
        call_command("import", "sea-2", path, make_file(tmp_path))


def test_a_text_a_line_becomes_a_document_a_line(tmp_path, capsys):
    project = make_project()
    path = make_file(tmp_path, "texts.jsonl", '{"text": "One."}\n{"text": "Two.", "title": "Second"}\n')
    call_command("import", project.slug, path, tag=False)
    assert capsys.readouterr().out == "texts.jsonl: 2 brought in, 0 already here, 0 refused.\n"
    assert sorted(project.documents.values_list("title", flat=True)) == ["One.", "Second"]


@pytest.mark.seed
def test_the_seed_comes_in_tagged(capsys):
    if not SEED.exists():
        pytest.skip(f"{SEED} is absent")
    call_command("import", "seed", str(SEED))
    document = Document.objects.get()
    assert document.title == "US human trafficking report rebuffed"
    assert document.text == SEED.read_text(encoding="utf-8")
    values = {int(row.value) for row in Quantity.objects.filter(mention__document=document, kind="count")}
    assert {370, 332, 109, 64, 4, 37, 23, 38, 1, 35, 2, 256, 12814, 7, 286} <= values
    roles = {row.payload["role"] for row in document.suggestions.all()}
    assert {"assertion", "response"} <= roles


# The other commands


def test_a_sign_in_link_signs_one_person_in_once(capsys, settings):
    settings.PUBLIC_URL = "https://rejoinder.example.org/"
    with pytest.raises(CommandError, match="add --new"):
        call_command("sign_in_link", "anna")
    call_command("sign_in_link", "anna", new=True)
    link = capsys.readouterr().out.strip()
    assert link.startswith("https://rejoinder.example.org/sign-in/")
    secret = link.rstrip("/").rsplit("/", 1)[1]
    assert SignInLink.use(secret) == User.objects.get(username="anna")
    assert SignInLink.use(secret) is None


def test_nobody_gets_a_link_for_an_account_that_was_closed():
    make_user("anna", is_active=False)
    with pytest.raises(CommandError, match="not active"):
        call_command("sign_in_link", "anna")


def test_a_worker_without_a_queue_says_so(settings):
    settings.TASK_QUEUE = "immediate"
    with pytest.raises(CommandError, match="immediate"):
        call_command("worker")


@pytest.mark.django_db(transaction=True)
def test_a_backup_is_a_whole_database_and_never_overwrites(tmp_path):
    target = tmp_path / "copy.sqlite3"
    if connection.vendor != "sqlite":
        with pytest.raises(CommandError, match="pg_dump"):
            call_command("backup", str(target))
        return
    user = make_user("anna")
    call_command("backup", str(target))
    with sqlite3.connect(target) as copy:
        assert copy.execute("SELECT username FROM claims_user").fetchall() == [(user.username,)]
    copy.close()
    with pytest.raises(CommandError, match="exists"):
        call_command("backup", str(target))
    assert [path.name for path in tmp_path.iterdir()] == ["copy.sqlite3"]
