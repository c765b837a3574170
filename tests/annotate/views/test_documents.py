"""The pages of documents, through the front door."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from annotate import runs
from claims.models import Change, Document, Dossier, Exclusion, Run
from tests.factories import make_actor, make_document, make_dossier, make_member, make_project, make_user

pytestmark = pytest.mark.django_db

STORY = "Police arrested 370 people.\n\nThe minister objected."


@pytest.fixture
def project():
    return make_project(make_user("owner"), slug="harbour")


@pytest.fixture
def owner(client, project):
    client.force_login(project.memberships.get().user)
    return client


def upload(client, project, *files, **data):
    return client.post(
        reverse("document_add", args=[project.slug]),
        {
            "way": "upload",
            "upload-files": [SimpleUploadedFile(name, content) for name, content in files],
            "upload-kind": "other",
            "upload-dossier": "new",
            "upload-side": "both",
            "request_id": str(uuid4()),
            **data,
        },
    )


def paste(client, project, text=STORY, **data):
    return client.post(
        reverse("document_add", args=[project.slug]),
        {
            "way": "paste",
            "paste-text": text,
            "paste-kind": "story",
            "paste-dossier": "new",
            "paste-side": "both",
            "request_id": str(uuid4()),
            **data,
        },
    )


def edit(client, document, **data):
    fields = {"title": document.title, "kind": document.kind, "language": "en", "version": document.version}
    return client.post(reverse("document_detail", args=[document.pk]), {**fields, **data})


def make_exclusion(document, quote, **fields):
    start = document.text.index(quote)
    exclusion = Exclusion(document=document, start=start, end=start + len(quote), reason="picture caption", **fields)
    exclusion.anchor(document.text).save()
    return exclusion


# Who may


def test_a_stranger_gets_404_everywhere(client, project):
    document = make_document(project)
    exclusion = make_exclusion(document, "The report")
    client.force_login(make_user())
    addresses = [
        ("get", reverse("document_list", args=["harbour"])),
        ("get", reverse("document_add", args=["harbour"])),
        ("post", reverse("document_add", args=["harbour"])),
        ("get", reverse("document_detail", args=[document.pk])),
        ("post", reverse("document_detail", args=[document.pk])),
        ("post", reverse("document_exclusion", args=[document.pk, exclusion.pk])),
        ("post", reverse("document_read_again", args=[document.pk])),
    ]
    assert [getattr(client, method)(address).status_code for method, address in addresses] == [404] * 7
    client.logout()
    assert {getattr(client, method)(address).status_code for method, address in addresses} == {302}


@pytest.mark.parametrize(
    ("kind", "role", "status"),
    [
        ("shared", "annotator", 200),
        ("shared", "researcher", 403),
        ("independent", "annotator", 403),
        ("independent", "editor", 200),
    ],
)
def test_roles_add_and_change_as_the_table_says(client, kind, role, status):
    project = make_project(kind=kind)
    document = make_document(project)
    exclusion = make_exclusion(document, "The report")
    client.force_login(make_member(project, role))
    assert client.get(reverse("document_add", args=[project.slug])).status_code == status
    shown = client.get(reverse("document_detail", args=[document.pk]))
    assert shown.status_code == 200
    assert (b"Leave it out" in shown.content) == (status == 200)
    refused = 403 if status == 403 else 302
    assert edit(client, document, title="New").status_code == refused
    assert client.post(reverse("document_read_again", args=[document.pk])).status_code == refused
    assert (
        client.post(
            reverse("document_exclusion", args=[document.pk, exclusion.pk]), {"state": "kept", "version": 1}
        ).status_code
        == refused
    )


def test_an_exclusion_of_another_document_is_404(owner, project):
    mine, other = make_document(project), make_document(project)
    exclusion = make_exclusion(other, "The report")
    address = reverse("document_exclusion", args=[mine.pk, exclusion.pk])
    assert owner.post(address, {"state": "kept", "version": 1}).status_code == 404


# The list


def test_an_empty_project_teaches_what_to_do(owner, project):
    shown = owner.get(reverse("document_list", args=[project.slug])).content.decode()
    assert "No documents yet" in shown
    assert reverse("document_add", args=[project.slug]) in shown


def test_the_list_is_newest_first_whichever_end_it_is_counted_from(owner, project):
    now = timezone.now()
    titles = [f"T{number:03}" for number in range(120)]
    for number, title in enumerate(titles):
        make_document(project, title=title, created_at=now + timedelta(seconds=number))
    Document.objects.filter(title="T060").update(deleted_at=now)
    make_document(title="Elsewhere")
    expected = [title for title in reversed(titles) if title != "T060"]
    for page in (1, 2, 3):
        shown = owner.get(reverse("document_list", args=[project.slug]), {"page": page})
        assert [row.title for row in shown.context["page"]] == expected[(page - 1) * 50 : page * 50]
    assert shown.context["page"].paginator.count == 119
    assert [row.title for row in owner.get(reverse("document_list", args=["harbour"]), {"page": "99"}).context["page"]]
    assert owner.get(reverse("document_list", args=["harbour"]), {"page": "x"}).context["page"].number == 1


def test_the_list_costs_the_same_for_few_and_many_and_loads_no_text(owner, project, django_assert_max_num_queries):
    publisher = make_actor(project, "Courier")
    documents = [make_document(project, text=f"Text {n}", publisher=publisher) for n in range(30)]
    make_dossier(documents=documents, title="All of them")
    with django_assert_max_num_queries(9) as queries:
        shown = owner.get(reverse("document_list", args=[project.slug]))
    assert shown.content.decode().count("All of them") == 30
    assert not any('"text"' in query["sql"] or "page_starts" in query["sql"] for query in queries.captured_queries)


def test_the_list_can_be_searched_by_title(owner, project):
    make_document(project, title="Yearbook 100 %")
    make_document(project, title="Other")
    shown = owner.get(reverse("document_list", args=[project.slug]), {"q": "100 %"})
    assert [row.title for row in shown.context["page"]] == ["Yearbook 100 %"]
    assert (
        "“nothing” in its title"
        in owner.get(reverse("document_list", args=["harbour"]), {"q": "nothing"}).content.decode()
    )


# Uploads


def test_an_upload_becomes_a_run_that_a_worker_is_woken_for(owner, project, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = upload(owner, project, ("a.txt", b"One."), ("b.txt", b"Two."), ("c.txt", b""))
    run = Run.objects.get()
    assert answer["Location"] == reverse("run_detail", args=[run.pk])
    assert DBTaskResult.objects.get().args_kwargs["args"] == [str(run.pk)]
    done = runs.work(run.pk)
    assert done.outcome == {"made": 2, "already": 0, "refused": 1}
    assert Dossier.objects.get().places.count() == 2


def test_an_upload_sent_twice_is_one_run(owner, project, django_assert_max_num_queries):
    key = str(uuid4())
    first, second = (upload(owner, project, ("a.txt", b"One."), request_id=key) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Run.objects.count() == 1
    storage = Run._meta.get_field("file").storage
    folders = storage.listdir("uploads")[0]
    item = Run.objects.get().items.get()
    assert storage.exists(item.file.name)
    assert sum(len(storage.listdir(f"uploads/{folder}")[1]) for folder in folders if folder in item.file.name) == 1


def test_what_was_said_of_an_upload_holds_for_each_file(owner, project):
    data = {"upload-kind": "report", "upload-publisher": "Observatory", "upload-published_on": "2025-06-17"}
    upload(owner, project, ("a.txt", b"One."), ("b.txt", b"Two."), **data)
    runs.work(Run.objects.get().pk)
    for document in Document.objects.all():
        assert (document.kind, document.publisher.name, str(document.published_on)) == (
            "report",
            "Observatory",
            "2025-06-17",
        )


def test_an_upload_goes_in_the_dossier_that_was_chosen_on_the_side_that_was_said(owner, project):
    dossier = make_dossier(project)
    upload(owner, project, ("a.txt", b"One."), **{"upload-dossier": str(dossier.pk), "upload-side": "responding"})
    runs.work(Run.objects.get().pk)
    assert dossier.places.get().side == "responding"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"upload-files": []}, "Choose at least one file"),
        ({"upload-dossier": str(uuid4())}, "not one of the available choices"),
        ({"upload-title": "One title"}, "each takes its own title"),
        ({"upload-url": "javascript:alert(1)"}, "http"),
        ({"upload-period_start": "2025-02-01", "upload-period_end": "2025-01-01"}, "ends before it begins"),
        ({"upload-published_on": "yesterday"}, "valid date"),
    ],
)
def test_a_bad_upload_is_refused_in_words_and_leaves_nothing(owner, project, data, told):
    answer = upload(owner, project, ("a.txt", b"One."), ("b.txt", b"Two."), **data)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Run.objects.exists()


def test_another_projects_dossier_cannot_be_chosen(owner, project):
    other = make_dossier(make_project())
    assert upload(owner, project, ("a.txt", b"One."), **{"upload-dossier": str(other.pk)}).status_code == 422


# Paste, and cited works


def test_a_pasted_text_is_stored_as_it_is_but_for_its_line_ends(owner, project, django_capture_on_commit_callbacks):
    text = "  Ā headline 😀 \r\n\r\nکابل\rLast.  "
    with django_capture_on_commit_callbacks(execute=True):
        answer = paste(owner, project, text)
    document = Document.objects.get()
    assert answer["Location"] == reverse("document_detail", args=[document.pk])
    assert document.text == "  Ā headline 😀 \n\nکابل\nLast.  "
    assert (document.title, document.kind) == ("Ā headline 😀", "story")
    assert document.created_by.username == "owner"
    assert Dossier.objects.get().title == document.title
    assert Run.objects.get().kind == "tag"
    assert DBTaskResult.objects.count() == 1
    runs.work(Run.objects.get().pk)
    document.refresh_from_db()
    assert document.tagged_by


def test_the_same_text_pasted_again_is_offered_and_not_doubled(owner, project):
    paste(owner, project)
    known = Document.objects.get()
    answer = paste(owner, project)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert f'already here as <a href="{reverse("document_detail", args=[known.pk])}"' in shown
    assert Document.objects.count() == 1
    assert 'name="paste-again" value="on"' in shown
    assert paste(owner, project, **{"paste-again": "on"}).status_code == 302
    assert Document.objects.count() == 2


def test_a_paste_sent_twice_is_one_document(owner, project):
    key = str(uuid4())
    first = paste(owner, project, request_id=key)
    second = paste(owner, project, request_id=key)
    assert first["Location"] == second["Location"]
    assert Document.objects.count() == 1
    other = paste(owner, project, text="Another text.", request_id=key)
    assert other.status_code == 422
    assert "used for another request" in other.content.decode()


@pytest.mark.parametrize(("text", "told"), [("", "required"), ("  \n ", "no text in it"), ("a\x00b", "ull")])
def test_a_text_that_is_none_is_refused_in_words(owner, project, text, told):
    answer = paste(owner, project, text)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Document.objects.exists()


def test_markup_in_a_text_is_shown_as_text(owner, project):
    paste(owner, project, "<script>alert(1)</script> said the minister.")
    shown = owner.get(reverse("document_detail", args=[Document.objects.get().pk])).content.decode()
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_a_cited_work_needs_a_title_and_has_no_text(owner, project):
    dossier = make_dossier(project)
    address = reverse("document_add", args=[project.slug])
    data = {"way": "work", "work-kind": "report", "work-dossier": str(dossier.pk), "work-side": "asserting"}
    assert owner.post(address, data).status_code == 422
    answer = owner.post(address, {**data, "work-title": "TIP report 2022", "work-publisher": "State Department"})
    work = Document.objects.get()
    assert answer["Location"] == reverse("document_detail", args=[work.pk])
    assert work.is_cited_work
    assert work.publisher.name == "State Department"
    assert dossier.places.get().side == "asserting"
    shown = owner.get(answer["Location"]).content.decode()
    assert "A cited work" in shown
    assert "Read it" not in shown
    assert not Run.objects.exists()
    owner.post(reverse("document_read_again", args=[work.pk]))
    assert not Run.objects.exists()


# What is known of one


def test_provenance_is_saved_with_its_history_and_its_version(owner, project):
    document = make_document(project, title="Old")
    answer = edit(owner, document, title="New", publisher="Courier", published_on="2025-01-31", kind="story")
    assert answer.status_code == 302
    document.refresh_from_db()
    assert (document.title, document.publisher.name, document.version) == ("New", "Courier", 2)
    change = Change.objects.get(object_id=document.pk)
    assert change.before["title"] == "Old"
    assert change.actor.username == "owner"


def test_a_publisher_goes_by_its_alias_too(owner, project):
    courier = make_actor(project, "The Maren Courier", aliases=["the Courier"])
    document = make_document(project)
    edit(owner, document, publisher="The courier")
    document.refresh_from_db()
    assert document.publisher == courier


def test_a_stale_save_shows_both_versions_and_keeps_what_was_written(owner, project):
    document = make_document(project, title="First")
    edit(owner, document, title="Theirs", publisher="Courier")
    answer = edit(owner, document, title="Mine", licence="CC0-1.0")
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert 'value="Mine"' in shown
    assert 'value="CC0-1.0"' in shown
    assert "Theirs" in shown
    assert "Courier" in shown
    document.refresh_from_db()
    assert document.title == "Theirs"
    # Saving again is a choice, and then it is mine.
    assert answer.context["form"].data["version"] == 2
    document.version = 2
    assert edit(owner, document, title="Mine").status_code == 302


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"title": ""}, "required"),
        ({"title": "a\x00"}, "ull"),
        ({"kind": "poem"}, "not one of the available choices"),
        ({"url": "ftp://example.org"}, "http"),
        ({"version": "x"}, "whole number"),
        ({"version": ""}, "required"),
        ({"period_start": "2025-02-01", "period_end": "2025-01-01"}, "ends before it begins"),
    ],
)
def test_bad_provenance_is_refused_in_words(owner, project, data, told):
    document = make_document(project)
    answer = edit(owner, document, **data)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Change.objects.filter(object_id=document.pk).exists()


def test_the_page_of_a_document_costs_a_fixed_number_of_queries(owner, project, django_assert_max_num_queries):
    document = make_document(project, text="Caption one. " * 40)
    for number in range(20):
        start = number * 13
        exclusion = Exclusion(document=document, start=start, end=start + 12, reason="picture caption")
        exclusion.anchor(document.text).save()
    for number in range(5):
        make_dossier(documents=[document], title=f"Dossier {number}")
    with django_assert_max_num_queries(14):
        assert owner.get(reverse("document_detail", args=[document.pk])).status_code == 200


# Stretches that are not the story


def test_a_stretch_is_left_out_or_kept_and_what_changes_is_read_again(owner, project):
    document = make_document(project)
    Document.objects.filter(pk=document.pk).update(tagged_by="rejoinder 1")
    exclusion = make_exclusion(document, "The report")
    address = reverse("document_exclusion", args=[document.pk, exclusion.pk])
    assert owner.post(address, {"state": "excluded", "version": 1}).status_code == 302
    exclusion.refresh_from_db()
    assert exclusion.state == "excluded"
    assert not Run.objects.exists(), "it was not read before, and is not now"
    answer = owner.post(address, {"state": "kept", "version": 2}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.content.decode().strip().startswith('<section class="panel" id="exclusions"')
    assert Run.objects.get().kind == "tag"
    assert Change.objects.filter(object_id=exclusion.pk).count() == 2


@pytest.mark.parametrize(("data", "status"), [({"state": "excluded", "version": 7}, 409), ({"state": "gone"}, 422)])
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_stale_or_bad_decision_on_a_stretch_is_refused(owner, project, data, status, headers):
    document = make_document(project)
    exclusion = make_exclusion(document, "The report")
    answer = owner.post(reverse("document_exclusion", args=[document.pk, exclusion.pk]), data, headers=headers)
    assert answer.status_code == status
    assert "data-sentence" in answer.content.decode()
    exclusion.refresh_from_db()
    assert exclusion.state == "proposed"


def test_reading_again_waits_in_one_run_and_its_part_polls_while_it_does(owner, project):
    document = make_document(project)
    for _ in range(2):
        assert owner.post(reverse("document_read_again", args=[document.pk])).status_code == 302
    run = Run.objects.get()
    part = {"headers": {"HX-Request": "true"}}
    address = reverse("document_detail", args=[document.pk]) + "?part=reading"
    shown = owner.get(address, **part).content.decode()
    assert 'hx-trigger="every 1s"' in shown
    assert "<html" not in shown
    runs.work(run.pk)
    shown = owner.get(address, **part).content.decode()
    assert "hx-trigger" not in shown
    assert "found by rejoinder" in shown


def test_no_way_leads_into_a_dossier_that_has_no_reading_to_open(client):
    project = make_project(kind="independent")
    document = make_document(project)
    dossier = make_dossier(documents=[document])
    client.force_login(make_member(project, "researcher"))
    way = reverse("workspace", args=[dossier.pk])
    assert way not in client.get(reverse("document_list", args=[project.slug])).content.decode()
    assert way not in client.get(reverse("document_detail", args=[document.pk])).content.decode()
