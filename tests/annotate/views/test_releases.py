import io
import zipfile
from pathlib import Path

import pytest
from django.urls import reverse

from annotate import runs
from claims import releasing
from claims.models import Change, Document, Redaction, Release, Run
from claims.publishing.checking import check
from tests.claims import two_readings
from tests.factories import make_claim, make_document, make_dossier, make_member, make_project, make_release

pytestmark = pytest.mark.django_db
TEXT = "Rosa Lindqvist was freed. The ministry said ROSA LINDQVIST was never held. Rosa Lindqvists are many."
ASKED = {"licence": "CC0-1.0", "creators": " The  team \n\nAnna", "train": 80, "dev": 10, "test": 10, "seed": 1}


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def document(project):
    document = make_document(project, TEXT, licence="CC0-1.0")
    make_claim(make_dossier(project, [document]), document, "was never held")
    return document


@pytest.fixture
def owner(client, project):
    client.force_login(project.memberships.get().user)
    return client


def release_url(project):
    return reverse("release_list", args=[project.slug])


def test_release_is_made_by_a_run_and_taken_away(owner, project, document):
    answer = owner.post(release_url(project), ASKED)
    run = Run.objects.get(kind=Run.Kind.RELEASE)
    assert answer["Location"] == reverse("run_detail", args=[run.pk])
    runs.work(run.pk)
    release = Release.objects.get()
    assert release.about["creators"] == ["The team", "Anna"]
    assert (
        reverse("release_detail", args=[release.pk]) in owner.get(reverse("run_detail", args=[run.pk])).content.decode()
    )
    page = owner.get(reverse("release_detail", args=[release.pk])).content.decode()
    assert release.sha256 in page
    zipped = b"".join(owner.get(reverse("release_file", args=[release.pk])).streaming_content)
    assert any(name.endswith("/corpus.jsonl") for name in zipfile.ZipFile(io.BytesIO(zipped)).namelist())


def test_release_of_the_page_proves_itself(owner, project, document, tmp_path):
    owner.post(release_url(project), ASKED)
    runs.work(Run.objects.get().pk)
    assert check(Path(Release.objects.get().file.path)).faults == []


def test_list_says_what_would_go_out(owner, project, document):
    Document.objects.update(licence="")
    page = owner.get(release_url(project)).content.decode()
    assert "1 document has no licence that lets others pass the text on" in page
    assert "not signed off" in page


def test_shares_that_do_not_add_up_are_refused_and_kept(owner, project, document):
    answer = owner.post(release_url(project), {**ASKED, "train": 70})
    assert answer.status_code == 422
    assert "have to add up to 100" in answer.content.decode()
    assert 'value="70"' in answer.content.decode()
    assert not Run.objects.exists()


def test_closed_project_says_why_no_release_can_be_made(client):
    world = two_readings.make(opened=False)
    client.force_login(world.owner)
    assert "unseen by one another" in client.get(release_url(world.project)).content.decode()
    assert client.post(release_url(world.project), ASKED).status_code == 422
    assert not Run.objects.filter(kind=Run.Kind.RELEASE).exists()


def test_researcher_takes_releases_away_and_makes_none(client, project, document):
    make_release(project)
    client.force_login(make_member(project, "researcher"))
    page = client.get(release_url(project)).content.decode()
    assert "Download" in page
    assert "Make release" not in page
    assert client.post(release_url(project), ASKED).status_code == 403


def test_release_that_was_overtaken_fails_in_a_sentence(project, document, monkeypatch):
    run = runs.start_release(project, project.memberships.get().user, releasing.Said())
    genuine = releasing.store

    def overtaken(*args, **more):
        make_release(project)
        return genuine(*args, **more)

    monkeypatch.setattr(releasing, "store", overtaken)
    assert "was made just now" in runs.work(run.pk).outcome["sentence"]


# Sensitive stretches


def test_words_are_marked_wherever_they_stand_and_unmarked_again(owner, document):
    url = reverse("document_redact", args=[document.pk])
    answer = owner.post(url, {"words": "Rosa Lindqvist", "reason": "a victim"}, headers={"HX-Request": "true"})
    assert "1 place." in answer.content.decode()
    row = Redaction.objects.live().get()
    assert (row.quote, row.reason) == ("Rosa Lindqvist", "a victim")
    assert Change.objects.filter(kind="redaction", action="created").count() == 1
    gone = reverse("document_unmark", args=[document.pk, row.pk])
    assert owner.post(gone, {"version": row.version}).status_code == 302
    assert not Redaction.objects.live().exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "Write the words"),
        ("  ", "Write the words"),
        ("Nobody", "does not stand in this text"),
        ("Lindqvis", "does not stand"),
    ],
)
def test_words_that_cannot_be_marked_are_refused_and_kept(owner, document, words, told):
    answer = owner.post(reverse("document_redact", args=[document.pk]), {"words": words})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Redaction.objects.exists()


def test_words_marked_already_are_not_marked_twice(owner, document):
    url = reverse("document_redact", args=[document.pk])
    owner.post(url, {"words": "Rosa Lindqvist"})
    assert "is marked wherever it stands" in owner.post(url, {"words": "Rosa Lindqvist"}).content.decode()
    assert Redaction.objects.count() == 1


def test_mark_that_somebody_changed_first_is_shown_as_it_stands(owner, document):
    owner.post(reverse("document_redact", args=[document.pk]), {"words": "ministry"})
    row = Redaction.objects.get()
    answer = owner.post(reverse("document_unmark", args=[document.pk, row.pk]), {"version": 7})
    assert "changed that mark first" in answer.content.decode()
    assert Redaction.objects.live().count() == 1
