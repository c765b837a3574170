"""Long work: done once, whoever dies on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from annotate import runs
from claims.errors import LostLease
from claims.models import Change, Document, Dossier, Exclusion, Run
from tests.factories import (
    make_claim,
    make_document,
    make_dossier,
    make_layer,
    make_member,
    make_project,
    make_user,
)

ROOT = Path(settings.BASE_DIR)
STORY = "Police arrested 370 people, including 332 brokers. The minister rejected the report."


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    return tmp_path


def import_texts(*texts, project=None, **options):
    project = project or make_project()
    files = [(f"text{number}.txt", text.encode()) for number, text in enumerate(texts)]
    return runs.start_import(project, make_user(), runs.keep_files(files), **{"tag": False, **options})


def titles(project):
    return sorted(Document.objects.filter(project=project).values_list("title", flat=True))


# Bringing in


@pytest.mark.django_db
def test_an_import_makes_documents_with_a_dossier_and_what_was_read_ahead(files):
    run = import_texts(STORY, "Another story.\n\nMinister: no comment.", tag=True, dossier_title="Arrests")
    done = runs.work(run.pk)
    assert done.state == Run.State.DONE
    assert (done.done, done.total, done.outcome) == (2, 2, {"made": 2, "already": 0, "refused": 0})
    dossier = Dossier.objects.get(project=run.project)
    assert dossier.title == "Arrests"
    assert dossier.places.count() == 2
    first = done.items.first().document
    assert first.text == STORY
    assert first.created_by == run.created_by
    assert first.tagged_by
    assert first.suggestions.exists()
    assert not [path for path in files.rglob("*") if path.is_file()], "an upload outlives its document"


@pytest.mark.django_db
def test_line_ends_are_made_one_and_nothing_else_changes():
    run = import_texts("\ufeff  One\r\ntwo\rthree é e\u0301 😀 \r\n")
    runs.work(run.pk)
    assert run.items.get().document.text.endswith("  One\ntwo\nthree é e\u0301 😀 \n")


@pytest.mark.django_db
def test_stretches_that_are_not_the_story_are_proposed_and_not_read():
    text = (ROOT / "fixtures" / "demo" / "story.txt").read_text(encoding="utf-8")
    run = import_texts(text, tag=True)
    runs.work(run.pk)
    document = run.items.get().document
    proposed = Exclusion.objects.filter(document=document)
    assert {row.state for row in proposed} == {"proposed"}
    for row in proposed:
        assert not document.mentions.filter(start__lt=row.end, end__gt=row.start).exists()


@pytest.mark.django_db
def test_a_text_the_project_has_is_noticed_and_not_doubled():
    first = import_texts(STORY, dossier_title="One")
    runs.work(first.pk)
    second = import_texts(STORY, "New.", project=first.project, dossier=Dossier.objects.get())
    done = runs.work(second.pk)
    assert done.outcome == {"made": 1, "already": 1, "refused": 0}
    item = done.items.first()
    assert item.message.startswith("Already here as “Police arrested")
    assert item.document == first.items.get().document
    assert Document.objects.filter(project=first.project).count() == 2
    assert Dossier.objects.get().places.count() == 2


@pytest.mark.django_db
def test_the_same_text_twice_in_one_upload_is_one_document():
    run = import_texts(STORY, STORY)
    assert runs.work(run.pk).outcome == {"made": 1, "already": 1, "refused": 0}


@pytest.mark.django_db
def test_asked_to_it_brings_the_same_text_in_again():
    run = import_texts(STORY, STORY, again=True)
    assert runs.work(run.pk).outcome["made"] == 2


@pytest.mark.django_db
def test_a_bad_file_costs_one_sentence_and_nothing_else():
    run = import_texts("Good.", "", "Also good.", "nul \x00 inside")
    done = runs.work(run.pk)
    assert done.state == Run.State.DONE
    assert done.outcome == {"made": 2, "already": 0, "refused": 2}
    assert [bool(item.message) for item in done.items.all()] == [False, True, False, True]
    assert done.done == 4


@pytest.mark.django_db
def test_a_run_of_bad_files_alone_has_failed_and_makes_no_dossier():
    done = runs.work(import_texts("", dossier_title="Nothing").pk)
    assert done.state == Run.State.FAILED
    assert not Dossier.objects.exists()


@pytest.mark.django_db
def test_a_file_that_is_too_large_is_not_even_kept(settings, files):
    settings.UPLOAD_LIMIT_BYTES = 2**20
    run = import_texts("x" * (2**20 + 1), "Good.")
    done = runs.work(run.pk)
    assert "at most 1 MB" in done.items.first().message
    assert done.outcome["made"] == 1


@pytest.mark.django_db
def test_what_the_person_said_of_a_document_comes_before_what_the_file_says():
    page = "<html><head><title>Site title</title></head><body><p>" + STORY * 5 + "</p></body></html>"
    fields = {"title": "Mine", "kind": "story", "publisher": "The Courier"}
    run = import_one("a.html", page.encode(), fields=fields)
    document = runs.work(run.pk).items.get().document
    assert (document.title, document.kind, document.publisher.name) == ("Mine", "story", "The Courier")


@pytest.mark.django_db
def test_a_fault_nobody_foresaw_ends_the_run_and_not_the_worker(monkeypatch):
    def break_down(*args, **kwargs):
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(runs, "extract", break_down)
    done = runs.work(import_texts(STORY).pk)
    assert done.state == Run.State.FAILED
    assert "log" in done.outcome["sentence"]


# Documents a line, and whole corpora


def lines_of(*rows):
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()


def import_one(name, content, project=None, **options):
    kept = runs.keep_files([(name, content)])
    return runs.start_import(project or make_project(), make_user(), kept, **{"tag": False, **options})


@pytest.mark.django_db
def test_a_jsonl_file_is_a_document_a_line():
    row = {
        "text": "Crime fell.\r\nSo did rents.",
        "title": "Yearbook",
        "kind": "report",
        "url": "https://example.org/1",
    }
    row |= {"published_on": "2022-03-01", "publisher": "Office of Counting", "language": "en-GB"}
    run = import_one("texts.jsonl", lines_of(row, {"text": "Another."}))
    done = runs.work(run.pk)
    assert done.outcome == {"made": 2, "already": 0, "refused": 0}
    document = Document.objects.get(title="Yearbook")
    assert document.text == "Crime fell.\nSo did rents."
    assert (document.kind, document.language, str(document.published_on)) == ("report", "en-GB", "2022-03-01")
    assert document.publisher.name == "Office of Counting"
    assert Dossier.objects.get().places.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{no json", "not a line of JSON"),
        ("[" * 100_000, "not a line of JSON"),
        ("[1]", "write an object"),
        ({"title": "No text"}, "write an object"),
        ({"text": " "}, "no text in it"),
        ({"text": "a\x00b"}, "NUL"),
        ('{"text": "\\ud800"}', "surrogate"),
        ({"text": "Yes.", "kind": "poem"}, "not a kind"),
        ({"text": "Yes.", "published_on": "yesterday"}, "write a day"),
        ({"text": "Yes.", "title": 7}, "not a text"),
        ({"text": "Yes.", "url": "ftp://example.org"}, "http"),
    ],
)
def test_a_bad_line_is_told_of_and_the_others_come_in(line, told):
    done = runs.work(import_one("texts.jsonl", lines_of({"text": "Good."}, line, {"text": "Also good."})).pk)
    assert done.outcome == {"made": 2, "already": 0, "refused": 1}
    message = done.items.get().message
    assert message.startswith("2 brought in, 0 already here, 1 refused. ")
    assert told in message


@pytest.mark.django_db
def test_a_jsonl_file_goes_on_where_it_was_left(monkeypatch):
    monkeypatch.setattr(runs, "LINES_AT_ONCE", 2)
    run = import_one("texts.jsonl", lines_of(*({"text": f"Text {n}."} for n in (1, 2, 3, 3, 4, 5, 1))))
    real, told = runs.Job.tell, []

    def stop_after_two(job, sentence):
        told.append(sentence)
        if len(told) == 2:
            runs.stopping.set()
        real(job, sentence)

    monkeypatch.setattr(runs.Job, "tell", stop_after_two)
    assert runs.work(run.pk).state == Run.State.QUEUED
    runs.stopping.clear()
    assert titles(run.project) == ["Text 1.", "Text 2.", "Text 3."]
    done = runs.work(run.pk)
    assert done.outcome == {"made": 5, "already": 2, "refused": 0}
    assert titles(run.project) == [f"Text {n}." for n in range(1, 6)]


# Out


def contents(run):
    with run.file.open("rb") as file:
        return file.read()


@pytest.mark.django_db
@pytest.mark.parametrize(("format", "suffix"), [("jsonl", ".jsonl"), ("csv", ".csv"), ("web-annotation", ".jsonld")])
def test_an_export_is_a_file_of_what_its_person_may_see(format, suffix):
    document = make_document()
    owner = document.project.memberships.get().user
    make_claim(document=document)
    done = runs.work(runs.start_export(document.project, owner, format=format).pk)
    assert done.state == Run.State.DONE, done.outcome
    assert done.outcome["size"] == len(contents(done))
    assert done.file.name.endswith(f"/{document.project.slug}{suffix}")


@pytest.mark.django_db
def test_an_annotator_exports_no_other_reading():
    project = make_project(kind="independent")
    mine, other = (make_layer(project, make_member(project, "annotator")) for _ in range(2))
    document = make_document(project, text="Mine here. Theirs there.")
    dossier = make_dossier(documents=[document])
    make_claim(dossier, document, "Mine here.", layer=mine)
    make_claim(dossier, document, "Theirs there.", layer=other)
    done = runs.work(runs.start_export(project, mine.annotator, format="jsonl", history=True).pk)
    rows = [json.loads(line) for line in contents(done).splitlines()]
    assert [row["quote"] for row in rows if row["type"] == "claim"] == ["Mine here."]
    assert str(other.pk) not in json.dumps(rows)


@pytest.mark.django_db
def test_who_is_no_longer_a_member_gets_no_export():
    project = make_project()
    person = make_member(project, "annotator")
    run = runs.start_export(project, person, format="jsonl")
    project.memberships.filter(user=person).delete()
    done = runs.work(run.pk)
    assert done.state == Run.State.FAILED
    assert not done.file


# Who has it


@pytest.mark.django_db
def test_a_run_that_somebody_has_is_left_alone():
    run = import_texts(STORY)
    assert run.claim()
    assert runs.work(run.pk) is None


@pytest.mark.django_db
def test_a_late_worker_writes_nothing_more():
    run = import_texts(STORY, "Second.")
    late = Run.objects.get(pk=run.pk)
    assert late.claim()
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert runs.work(run.pk).state == Run.State.DONE
    job = runs.Job(run=late)
    with pytest.raises(LostLease):
        runs.import_files(job)
    with pytest.raises(LostLease):
        job.settle(run.items.first())
    assert Document.objects.filter(project=run.project).count() == 2


@pytest.mark.django_db
def test_a_worker_that_loses_its_lease_in_the_middle_takes_its_document_back(monkeypatch):
    run = import_texts(STORY)
    real = runs.extract

    def be_overtaken(*args, **kwargs):
        Run.objects.filter(pk=run.pk).update(token=99)
        return real(*args, **kwargs)

    monkeypatch.setattr(runs, "extract", be_overtaken)
    runs.work(run.pk)
    assert not Document.objects.filter(project=run.project).exists()
    assert not run.items.get().is_done


@pytest.mark.django_db
def test_a_cancelled_run_stops_and_keeps_what_is_done():
    run = import_texts("One.", "Two.", "Three.")
    done = runs.work(run.pk, progress=lambda current: current.cancel())
    assert done.state == Run.State.CANCELLED
    assert titles(run.project) == ["One."]


@pytest.mark.django_db
def test_a_worker_asked_to_end_gives_the_run_back():
    run = import_texts("One.", "Two.")
    runs.work(run.pk, progress=lambda current: runs.stopping.set())
    runs.stopping.clear()
    run.refresh_from_db()
    assert (run.state, run.done) == (Run.State.QUEUED, 1)
    assert runs.work(run.pk).state == Run.State.DONE
    assert titles(run.project) == ["One.", "Two."]


@pytest.mark.django_db
def test_the_reaper_wakes_what_is_abandoned_once_and_nothing_else():
    fresh, dead, over = import_texts("One."), import_texts("Two."), import_texts("Three.")
    assert dead.claim()
    runs.work(over.pk)
    assert runs.reap() == 0
    Run.objects.filter(pk__in=[dead.pk, over.pk]).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert runs.reap() == 1
    assert runs.reap() == 0
    assert DBTaskResult.objects.get().args_kwargs["args"] == [str(dead.pk)]
    assert runs.work(fresh.pk).state == runs.work(dead.pk).state == Run.State.DONE


@pytest.mark.django_db
def test_the_queue_is_woken_only_once_the_run_can_be_seen(django_capture_on_commit_callbacks):
    run = import_texts("One.")
    with django_capture_on_commit_callbacks(execute=True):
        runs.enqueue(run)
        assert not DBTaskResult.objects.exists()
    assert DBTaskResult.objects.count() == 1


@pytest.mark.django_db
def test_heartbeats_renew_the_lease_and_end_with_the_run(monkeypatch):
    monkeypatch.setattr(runs, "HEARTBEAT", timedelta(milliseconds=1))
    run = import_texts("One.")
    run.claim()
    beats = []
    beat = runs.Heartbeat(run)
    beat.over.wait = lambda seconds: beats.append(seconds) or len(beats) > 3
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now())
    monkeypatch.setattr(runs.connection, "close", lambda: None)
    beat.beat()
    run.refresh_from_db()
    assert run.lease_until > timezone.now() + timedelta(seconds=30)
    Run.objects.filter(pk=run.pk).update(token=99)
    beats.clear()
    beat.beat()
    assert len(beats) == 1


# Reading ahead


@pytest.mark.django_db
def test_tagging_reads_the_documents_of_a_project_and_no_cited_work():
    document = make_document(text=STORY)
    make_document(document.project, text=None)
    done = runs.work(runs.start_tagging(document.project, make_user()).pk)
    assert done.outcome == {"read": 1, "refused": 0}
    document.refresh_from_db()
    assert document.tagged_by


@pytest.mark.django_db
def test_a_text_in_another_language_says_that_it_was_hardly_read():
    document = make_document(text="В 2021 году арестовано 370 человек.", language="ru")
    done = runs.work(runs.start_tagging(document.project, make_user()).pk)
    assert "marked ru" in done.items.get().message


# The worker, as a process of its own


def database_url():
    here = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{here['NAME']}"
    password = f":{here['PASSWORD']}" if here["PASSWORD"] else ""
    return f"postgres://{here['USER']}{password}@{here['HOST']}:{here['PORT'] or 5432}/{here['NAME']}"


def start_worker(folder, *arguments, **variables):
    environment = {**os.environ, "DATABASE_URL": database_url(), "DATA_DIR": str(folder), "TASK_QUEUE": "database"}
    environment |= variables
    return subprocess.Popen(
        [sys.executable, "manage.py", "worker", *arguments], cwd=ROOT, env=environment, stderr=subprocess.PIPE
    )


def wait_for(condition, *, process, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < end, "the worker did not get that far"
        time.sleep(0.01)


def test_a_worker_killed_with_9_loses_and_doubles_nothing(settings, tmp_path, transactional_db):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "files"},
        },
    }
    paragraph = (
        "Officials said that 370 people were arrested in 2021, including 332 brokers. “It is unfair,” said Ana Bell.\n"
    )
    texts = [f"Story number {number}\n\n" + paragraph * 15 for number in range(24)]
    project = make_project()
    run = import_texts(*texts, project=project, tag=True, dossier_title="All")
    runs.enqueue(run)

    worker = start_worker(tmp_path)
    wait_for(lambda: run.items.filter(is_done=True).count() >= 3, process=worker)
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    done = run.items.filter(is_done=True).count()
    assert 3 <= done < len(texts)
    run.refresh_from_db()
    assert run.state == Run.State.RUNNING
    assert run.done == done == Document.objects.filter(project=project).count()

    # A minute without a heartbeat.
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    worker = start_worker(tmp_path, "--once")
    _, told = worker.communicate(timeout=120)
    run.refresh_from_db()
    assert run.state == Run.State.DONE, told.decode()
    assert run.outcome == {"made": 24, "already": 0, "refused": 0}
    assert titles(project) == sorted(f"Story number {number}" for number in range(24))
    assert Change.objects.filter(project=project, kind="document", action="created").count() == 24
    assert Dossier.objects.get().places.count() == 24
    for document in Document.objects.filter(project=project):
        places = list(document.mentions.values_list("start", "end", "kind"))
        assert places
        assert len(places) == len(set(places))


def test_a_worker_asked_politely_ends_after_the_document_in_hand(settings, tmp_path, transactional_db):
    worker = start_worker(tmp_path)
    wait_for(lambda: worker.poll() is None and is_listening(worker), process=worker)
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=30)
    assert worker.returncode == 0


def test_a_worker_on_redis_does_what_it_is_woken_for(settings, tmp_path, transactional_db, redis_url):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "files"},
        },
    }
    run = import_texts(STORY, tag=True)
    # The worker finds it abandoned and wakes itself through Redis, which tests both ends of the queue.
    Run.objects.filter(pk=run.pk).update(lease_until=None)
    worker = start_worker(tmp_path, "--once", TASK_QUEUE="redis", REDIS_URL=redis_url)
    _, told = worker.communicate(timeout=60)
    run.refresh_from_db()
    assert run.state == Run.State.DONE, told.decode()
    assert worker.returncode == 0


def is_listening(process):
    """Whether the process handles SIGTERM by itself yet, as the kernel tells."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


# Commands


@pytest.mark.django_db
def test_tag_project_reads_what_is_outdated(capsys):
    document = make_document(text=STORY)
    make_dossier(documents=[document])
    call_command("tag_project", document.project.slug)
    call_command("tag_project", document.project.slug, outdated=True)
    assert capsys.readouterr().out.splitlines() == [
        f"Read 1 of 1 documents of {document.project.title}.",
        f"Read 0 of 0 documents of {document.project.title}.",
    ]


@pytest.mark.django_db
def test_tidying_up_drops_uploads_whose_text_is_stored(files):
    from annotate.management.commands.worker import tidy

    run = import_texts(STORY, "Waiting.")
    run.items.filter(position=0).update(is_done=True)
    tidy()
    assert [path.name for path in files.rglob("*") if path.is_file()] == ["1"]
