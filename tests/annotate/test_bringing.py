"""A whole corpus: looked at first, then brought in once, whoever dies on the way."""

import csv
import json
import signal
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from annotate import runs
from annotate.management.commands import worker
from claims import exchange
from claims.formats import foreign
from claims.models import Change, Claim, Document, Layer, Link, Project, Run
from tests.annotate.test_runs import start_worker, wait_for
from tests.factories import make_claim, make_document, make_member, make_project, make_user

pytestmark = pytest.mark.django_db

WORD = "One. Two."


def doccano(count=1, text=WORD, second=(5, 9)):
    """Return a corpus of texts with two claims and a tie each; with another ``second`` span it has faults."""
    rows = []
    for number in range(count):
        body = text if count == 1 else f"{text} {number}"
        entities = [(1, "Claim", 0, 4), (2, "Premise", *second), (3, "Odd", 0, 3)]
        rows.append({
            "text": body,
            "entities": [{"id": id, "label": label, "start_offset": start, "end_offset": end} for id, label, start, end in entities],
            "relations": [{"id": 9, "from_id": 2, "to_id": 1, "type": "Attack"}],
        })  # fmt: skip
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "files"},
        },
    }
    return tmp_path / "files"


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def project(owner):
    return make_project(owner)


@pytest.fixture
def browser(client, owner):
    client.force_login(owner)
    return client


def looked_at(project, content, *, name="sea.jsonl", **options):
    user = project.memberships.filter(role="owner").get().user
    (upload,) = runs.keep_files([(name, content)])
    return runs.work(runs.start_look(project, user, upload, **options).pk)


def brought_in(look, *, into="", title="", language="en", wishes=None):
    run = runs.start_bringing(look, into=into, title=title, language=language, wishes=wishes or {})
    return runs.work(run.pk)


def kept(files):
    return [path for path in files.rglob("*") if path.is_file()]


# Looking


def test_a_look_says_what_each_type_becomes_and_stores_nothing(project):
    look = looked_at(project, doccano(3, second=(5, 90)))
    assert look.state == Run.State.DONE
    assert look.outcome["expected"] == {"document": 3, "dossier": 3, "claim": 3, "link": 0, "mention": 3}
    assert look.outcome["asked"][0]["name"] == "Odd"
    told = {row["name"]: (row["count"], row["is_known"]) for row in look.outcome["asked"]}
    assert told == {"Odd": (3, False), "Claim": (3, True), "Attack": (3, True)}
    assert look.outcome["fault_count"] == 6
    assert all(fault.startswith("sea.jsonl: line ") for fault in look.outcome["faults"])
    with look.file.open("rb") as file:
        table = list(csv.reader(file.read().decode("utf-8-sig").splitlines()))
    assert table[0] == ["file", "line", "fault"]
    assert len(table) == 7
    assert table[1][:2] == ["sea.jsonl", "1"]
    assert not Document.objects.exists()


def test_a_file_in_no_known_format_is_refused_in_a_sentence(project):
    look = looked_at(project, b'{"nothing": "known"}\n', name="odd.json")
    assert look.state == Run.State.FAILED
    assert look.outcome["sentence"].startswith("odd.json: no format that can be read was recognised")


def test_an_unrecognised_file_is_kept_and_looked_at_in_the_format_that_is_named(browser, project):
    look = runs.work(upload(browser, project, b"They say,We say\r\nIt sank,It did not\r\n", name="own.csv").pk)
    assert look.state == Run.State.FAILED
    address = reverse("run_detail", args=[look.pk])
    shown = browser.get(address).content.decode()
    assert "The file is still here." in shown
    assert '<option value="csv">' in shown
    answer = browser.post(reverse("run_go_on", args=[look.pk]), {"format": "csv", "request_id": "1"})
    again = runs.work(Run.objects.latest("created_at").pk)
    assert answer.headers["Location"] == reverse("run_detail", args=[again.pk])
    assert (again.state, again.outcome["format"]) == (Run.State.DONE, "csv")
    shown = browser.get(address).content.decode()
    assert "See what followed" in shown
    assert "The file is still here." not in shown


def test_a_corpus_of_ours_is_counted(project, tmp_path):
    make_claim(document=make_document(project))
    path = project.slug + ".jsonl"
    exchange.export_project(project, format="jsonl", path=tmp_path / path)
    content = (tmp_path / path).read_bytes()
    look = looked_at(project, content, name=path)
    assert look.outcome["format"] == "jsonl"
    assert look.outcome["expected"]["claim"] == 1
    assert look.outcome["asked"] == []
    # The same corpus is here already; under other uuids it is another's.
    done = brought_in(look)
    assert done.state == Run.State.FAILED
    assert "another name" in done.outcome["sentence"]
    for row in (project, *project.layers.all(), *Document.objects.all(), *Claim.objects.all(), *project.dossiers.all()):
        content = content.replace(str(row.pk).encode(), str(uuid4()).encode())
    content = content.replace(project.slug.encode(), b"from-elsewhere")
    done = brought_in(looked_at(project, content, name=path))
    assert done.state == Run.State.DONE, done.outcome
    made = Project.objects.visible_to(done.created_by).get(slug="from-elsewhere")
    assert done.outcome["project"] == str(made.pk)


# Bringing in


def test_it_becomes_a_project_of_its_own_as_was_said(project, owner, files):
    look = looked_at(project, doccano())
    done = brought_in(look, title="The sea", wishes={"Premise": "response", "Claim": "assertion", "Odd": "none"})
    assert done.state == Run.State.DONE, done.outcome
    made = Project.objects.visible_to(owner).get(slug="the-sea")
    assert done.outcome["made"] == {"document": 1, "claim": 2, "link": 1}
    assert set(Claim.objects.filter(dossier__project=made).values_list("role", flat=True)) == {"assertion", "response"}
    assert not made.documents.get().mentions.exists()
    assert not kept(files), "an upload outlives its corpus"
    assert not project.documents.exists()


def test_it_goes_into_a_reading_of_this_project_and_leaves_human_work(project, owner):
    layer = project.layers.get()
    known = make_claim(document=make_document(project, text=WORD), quote="One", layer=layer)
    content = doccano() + doccano(1, text="New. Two.")
    done = brought_in(looked_at(project, content, into=str(layer.pk)), into=str(layer.pk))
    assert done.outcome["made"] == {"document": 1, "claim": 2, "link": 1}
    assert "has 1 claims there, which stay" in done.outcome["notes"][0]
    assert Claim.objects.filter(dossier=known.dossier).get() == known
    assert Change.objects.filter(project=project, kind="claim", actor=owner, verb__startswith="bring in").count() == 2
    # Once more, nothing comes in twice.
    again = brought_in(looked_at(project, content, into=str(layer.pk)), into=str(layer.pk))
    assert again.outcome["made"] == {"document": 0, "claim": 0, "link": 0}
    assert len(again.outcome["notes"]) == 2


def test_one_look_is_followed_once(project):
    look = looked_at(project, doccano())
    brought_in(look)
    with pytest.raises(runs.ValidationError, match="already"):
        brought_in(look)


def test_whoever_lost_the_right_to_write_meanwhile_brings_nothing_in(project, owner):
    layer = project.layers.get()
    look = looked_at(project, doccano())
    run = runs.start_bringing(look, into=str(layer.pk), title="", language="en", wishes={})
    project.memberships.update(role="researcher")
    done = runs.work(run.pk)
    assert done.state == Run.State.FAILED
    assert "not yours to write in" in done.outcome["sentence"]
    assert not Claim.objects.exists()


def test_a_cancelled_run_goes_on_where_it_was(project, owner, browser):
    layer = project.layers.get()
    look = looked_at(project, doccano(6))
    run = runs.start_bringing(look, into=str(layer.pk), title="", language="en", wishes={})
    run.cancel()
    assert "Go on with it" in browser.get(reverse("run_detail", args=[run.pk])).content.decode()
    browser.post(reverse("run_go_on", args=[run.pk]), {"request_id": "1"})
    run.refresh_from_db()
    assert run.state in (Run.State.QUEUED, Run.State.DONE)
    runs.work(run.pk)
    assert Claim.objects.filter(layer=layer).count() == 12


def test_cancelled_in_the_middle_what_is_done_stays_and_the_bundle_in_hand_goes(project, owner, monkeypatch):
    layer = project.layers.get()
    look = looked_at(project, doccano(6))
    run = runs.start_bringing(look, into=str(layer.pk), title="", language="en", wishes={})
    # Looking at it once more before it is stored asks for each bundle too.
    records_of, calls = foreign.bundle_records, []

    def cancel_at_the_ninth(*args, **options):
        calls.append(args)
        if len(calls) == 9:
            runs.cancel(run)
        return records_of(*args, **options)

    monkeypatch.setattr(foreign, "bundle_records", cancel_at_the_ninth)
    runs.work(run.pk)
    monkeypatch.undo()
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert Claim.objects.filter(layer=layer).count() == 4
    runs.go_on(run)
    runs.work(run.pk)
    assert Claim.objects.filter(layer=layer).count() == 12
    assert Link.objects.filter(layer=layer).count() == 6


@pytest.mark.parametrize("into_layer", [True, False], ids=["a reading", "a new project"])
def test_a_worker_killed_with_9_loses_and_doubles_nothing(transactional_db, tmp_path, settings, into_layer):
    owner = make_user("owner")
    project = make_project(owner)
    layer = project.layers.get()
    look = looked_at(project, doccano(1500 if not into_layer else 300))
    run = runs.start_bringing(
        look, into=str(layer.pk) if into_layer else "", title="Sea", language="en", wishes={"Odd": "mention"}
    )
    runs.enqueue(run)
    process = start_worker(tmp_path)
    wait_for(lambda: Document.objects.count() >= 30, process=process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    begun = Document.objects.count()
    total = 300 if into_layer else 1500
    assert 30 <= begun < total
    # A minute without a heartbeat.
    past = timezone.now() - timedelta(seconds=1)
    Run.objects.filter(pk=run.pk).update(lease_until=past)
    for other in Run.objects.filter(kind=Run.Kind.IMPORT):
        other.parameters["corpus"]["alive_until"] = past.isoformat()
        other.save(update_fields=["parameters"])
    process = start_worker(tmp_path, "--once")
    _, told = process.communicate(timeout=120)
    run.refresh_from_db()
    assert run.state == Run.State.DONE, (run.outcome, told.decode())
    rows = Document.objects.all()
    assert rows.count() == total == rows.values("sha256").distinct().count()
    assert Claim.objects.count() == 2 * total
    assert Link.objects.count() == total
    for model in (Document, Claim):
        kind = model._meta.model_name
        if into_layer:
            assert Change.objects.filter(kind=kind, action="created").count() == model.objects.count()
    if not into_layer:
        assert Project.objects.visible_to(owner).filter(slug="sea").exists()


def test_a_worker_that_died_after_the_last_row_has_its_project_found(project, owner, monkeypatch):
    look = looked_at(project, doccano())
    run = runs.start_bringing(look, into="", title="Sea", language="en", wishes={})

    def die(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("annotate.bringing.keep_faults", die)
    with pytest.raises(KeyboardInterrupt):
        runs.work(run.pk)
    monkeypatch.undo()
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    done = runs.work(run.pk)
    assert done.state == Run.State.DONE, done.outcome
    assert done.outcome["made"] == {"document": 1, "claim": 2, "link": 1}
    assert Project.objects.visible_to(owner).filter(slug="sea").count() == 1


# Pages


def upload(browser, project, content, *, name="sea.jsonl", way="corpus", **fields):
    field = "corpus-file" if way == "corpus" else "upload-files"
    data = {"way": way, "request_id": str(uuid4()), field: SimpleUploadedFile(name, content), **fields}
    answer = browser.post(reverse("document_add", args=[project.slug]), data)
    assert answer.status_code == 302, answer.content.decode()
    run = Run.objects.filter(project=project).latest("created_at")
    assert answer.headers["Location"] == reverse("run_detail", args=[run.pk])
    return run


@pytest.mark.parametrize("way", ["corpus", "upload"])
def test_a_person_looks_decides_and_brings_in(browser, project, owner, way):
    placing = {"upload-dossier": "new", "upload-side": "both", "upload-kind": "other"} if way == "upload" else {}
    look = upload(browser, project, doccano(2), way=way, **placing)
    runs.work(look.pk)
    address = reverse("run_detail", args=[look.pk])
    shown = browser.get(address).content.decode()
    assert "Nothing has been stored yet" in shown
    assert "not known by name" in shown
    assert "as proposed: tag of a passage, no claim" in shown
    # Looked at again with other meanings, then brought in with those.
    said = {"into": "", "title": "", "language": "en", "becomes-0": "assertion", "request_id": "2"}
    answer = browser.post(reverse("run_bring_in", args=[look.pk]), {**said, "again": ""})
    second = Run.objects.latest("created_at")
    assert answer.headers["Location"] == reverse("run_detail", args=[second.pk])
    assert "See what followed" in browser.get(address).content.decode()
    runs.work(second.pk)
    page = browser.get(reverse("run_detail", args=[second.pk]))
    assert second.parameters["wishes"] == {"Odd": "assertion"}
    assert page.context["form"].initial["into"] == ""
    layer = project.layers.get()
    said = {field.html_name: field.value() or "" for field in page.context["form"]}
    answer = browser.post(reverse("run_bring_in", args=[second.pk]), {**said, "into": str(layer.pk), "request_id": "3"})
    last = Run.objects.latest("created_at")
    runs.work(last.pk)
    shown = browser.get(reverse("run_detail", args=[last.pk])).content.decode()
    assert "<b>6</b> claims brought in" in shown
    assert reverse("project_detail", args=[project.slug]) in shown
    assert Claim.objects.filter(layer=layer, role="assertion").count() >= 2


def test_a_relation_that_nobody_knows_gives_its_sentence_and_keeps_the_file(browser, project):
    look = upload(browser, project, doccano())
    runs.work(look.pk)
    answer = browser.post(
        reverse("run_bring_in", args=[look.pk]), {"into": "elsewhere", "language": "en", "request_id": "1"}
    )
    assert answer.status_code == 422
    assert "not one of the available choices" in answer.content.decode()
    assert look.items.get().file


def test_what_a_corpus_holds_is_shown_to_whoever_brought_it_alone(client, project):
    look = looked_at(project, doccano(2, second=(5, 90)))
    for role in ("editor", "annotator", "researcher"):
        client.force_login(make_member(project, role))
        shown = client.get(reverse("run_detail", args=[look.pk])).content.decode()
        assert "Odd" not in shown
        assert "sea.jsonl" not in shown
        assert client.get(reverse("run_file", args=[look.pk])).status_code == 404
        assert client.post(reverse("run_bring_in", args=[look.pk]), {"language": "en"}).status_code == 403
        assert client.post(reverse("run_go_on", args=[look.pk])).status_code == 403


def test_faults_are_listed_and_can_be_taken_away(browser, project):
    look = upload(browser, project, doccano(3, second=(5, 90)))
    runs.work(look.pk)
    shown = browser.get(reverse("run_detail", args=[look.pk])).content.decode()
    assert "6 faults in 1 file" in shown
    table = browser.get(reverse("run_file", args=[look.pk]))
    assert table.headers["Content-Type"] == "text/csv"
    assert b"sea.jsonl" in b"".join(table.streaming_content)


def test_several_files_with_a_corpus_among_them_say_so(project, owner):
    run = runs.start_import(project, owner, runs.keep_files([("a.txt", b"A."), ("sea.jsonl", doccano())]), tag=False)
    done = runs.work(run.pk)
    assert done.outcome == {"made": 1, "already": 0, "refused": 1}
    assert "sea.jsonl is a whole corpus (doccano" in done.items.last().message


def test_an_annotators_reading_is_offered_to_that_annotator_alone(project, owner):
    other = make_member(project, "editor")
    Layer.objects.create(project=project, kind="annotator", annotator=other, name="Other's")
    offered = runs.bringing.layers_for(owner, project)
    assert [layer.kind for layer in offered] == ["team"]


def test_predictions_come_into_a_reading_as_suggestions_once(project):
    tasks = [{"data": {"text": WORD}, "predictions": [{"model_version": "m1", "score": 0.5, "result": [
        {"id": "a", "type": "labels", "value": {"start": 0, "end": 4, "labels": ["Claim"]}}]}]}]  # fmt: skip
    into = str(project.layers.get().pk)
    for _ in range(2):
        done = brought_in(looked_at(project, json.dumps(tasks).encode(), name="sea.json", into=into), into=into)
        assert done.state == Run.State.DONE, done.outcome
    row = Document.objects.get().suggestions.get()
    assert (row.quote, row.suggester, row.suggester_version, row.score) == ("One.", "label-studio", "m1", 0.5)


def test_a_corpus_nobody_decided_on_is_dropped_after_a_week(project, files):
    look = looked_at(project, doccano())
    worker.tidy()
    assert look.items.get().file
    Run.objects.filter(pk=look.pk).update(created_at=timezone.now() - timedelta(days=8))
    worker.tidy()
    assert not look.items.get().file
    assert not kept(files)


def test_what_was_stopped_and_never_gone_on_with_is_dropped_after_a_week(project, owner, files):
    stopped = runs.start_import(project, owner, runs.keep_files([("a.txt", b"A.")]), tag=False)
    waiting = runs.start_import(project, owner, runs.keep_files([("b.txt", b"B.")]), tag=False)
    runs.cancel(stopped)
    worker.tidy()
    assert len(kept(files)) == 2
    Run.objects.update(created_at=timezone.now() - timedelta(days=8))
    worker.tidy()
    assert not runs.may_go_on(owner, stopped)
    assert waiting.items.get().file
    assert len(kept(files)) == 1


def test_of_a_table_each_column_is_asked(browser, project):
    look = upload(
        browser, project, b"They say,We say\r\nIt sank,It did not\r\n", name="own.csv", **{"corpus-format": "csv"}
    )
    runs.work(look.pk)
    page = browser.get(reverse("run_detail", args=[look.pk]))
    assert "Column “They say”" in page.content.decode()
    said = {field.html_name: field.value() or "" for field in page.context["form"]}
    said |= {"becomes-0": "assertion", "becomes-1": "response"}
    browser.post(reverse("run_bring_in", args=[look.pk]), {**said, "again": "", "request_id": "1"})
    second = Run.objects.latest("created_at")
    runs.work(second.pk)
    shown = browser.get(reverse("run_detail", args=[second.pk])).content.decode()
    assert "as proposed: the asserted words" in shown
    assert "<b>2</b> claims" in shown
    said = {
        field.html_name: field.value() or ""
        for field in browser.get(reverse("run_detail", args=[second.pk])).context["form"]
    }
    browser.post(
        reverse("run_bring_in", args=[second.pk]), {**said, "into": str(project.layers.get().pk), "request_id": "2"}
    )
    done = runs.work(Run.objects.latest("created_at").pk)
    assert done.outcome["made"]["link"] == 1, done.outcome


def test_what_could_not_be_brought_in_is_looked_at_again(browser, project):
    look = upload(
        browser, project, b"They say,We say\r\nIt sank,It did not\r\n", name="own.csv", **{"corpus-format": "csv"}
    )
    runs.work(look.pk)
    failed = brought_in(Run.objects.get(pk=look.pk))
    assert failed.state == Run.State.FAILED
    assert failed.outcome["sentence"].startswith("own.csv: no column holds words")
    assert "Look at it again" in browser.get(reverse("run_detail", args=[failed.pk])).content.decode()
    answer = browser.post(reverse("run_go_on", args=[failed.pk]), {"request_id": "1"})
    again = Run.objects.latest("created_at")
    assert again.kind == Run.Kind.LOOK
    assert answer.headers["Location"] == reverse("run_detail", args=[again.pk])
    runs.work(again.pk)
    assert "Column “They say”" in browser.get(reverse("run_detail", args=[again.pk])).content.decode()


def test_a_project_made_from_another_file_is_not_taken_for_this_runs(project, owner, tmp_path):
    path = tmp_path / "here.jsonl"
    exchange.export_project(project, format="jsonl", path=path)
    run = runs.start_bringing(
        looked_at(project, path.read_bytes(), name="here.jsonl"), into="", title="", language="en", wishes={}
    )
    brought_in(looked_at(project, doccano()), title="Other")
    done = runs.work(run.pk)
    assert done.state == Run.State.FAILED
    assert "another name" in done.outcome["sentence"]


def test_the_bar_of_reviews_counts_to_their_number(project, monkeypatch):
    claim = make_claim(document=make_document(project, text=WORD), quote="One")
    one = {"@type": "ClaimReview", "claimReviewed": "One", "reviewRating": {"alternateName": "False"}}
    content = json.dumps([{**one, "url": f"https://example.org/{number}"} for number in range(3)]).encode()
    told, tell = [], runs.Job.tell

    def listening(job, sentence, **values):
        told.append(values)
        tell(job, sentence, **values)

    look = looked_at(project, content, name="checks.json")
    monkeypatch.setattr(runs.Job, "tell", listening)
    done = brought_in(look, into=str(claim.layer.pk))
    assert [one for one in told if one] == [{"done": number, "total": 3} for number in (1, 2, 3)]
    assert (done.done, done.total) == (3, 3)
