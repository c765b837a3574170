"""Progress, cancelling and downloads, through the front door."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from annotate import runs
from claims.models import Run
from tests.factories import make_claim, make_document, make_member, make_project, make_user

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}


@pytest.fixture
def project():
    return make_project(make_user("owner"))


@pytest.fixture
def owner(client, project):
    client.force_login(project.memberships.get().user)
    return client


def importing(project, *texts, user=None):
    uploads = runs.keep_files([(f"text{number}.txt", text.encode()) for number, text in enumerate(texts)])
    return runs.start_import(project, user or project.memberships.get().user, uploads, tag=False)


def test_a_stranger_gets_404_everywhere(client, project):
    run = importing(project, "One.")
    client.force_login(make_user())
    addresses = [
        ("get", reverse("run_detail", args=[run.pk])),
        ("post", reverse("run_cancel", args=[run.pk])),
        ("get", reverse("run_file", args=[run.pk])),
        ("get", reverse("project_export", args=[project.slug])),
        ("post", reverse("project_export", args=[project.slug])),
    ]
    assert [getattr(client, method)(address).status_code for method, address in addresses] == [404] * 5
    client.logout()
    assert {getattr(client, method)(address).status_code for method, address in addresses} == {302}


def test_progress_is_polled_while_there_is_something_to_wait_for(owner, project):
    run = importing(project, "One.", "", "Three.")
    address = reverse("run_detail", args=[run.pk])
    shown = owner.get(address).content.decode()
    assert "waiting" in shown
    assert "manage.py worker" in shown
    assert 'hx-trigger="every 1s"' in shown
    Run.objects.filter(pk=run.pk).update(state="running", done=1, outcome={"doing": "text1.txt: line 40"})
    part = owner.get(address, headers=PART).content.decode()
    assert "<html" not in part
    assert 'max="3" value="1"' in part
    assert "line 40" in part
    Run.objects.filter(pk=run.pk).update(state="queued", done=0)
    runs.work(run.pk)
    part = owner.get(address, headers=PART).content.decode()
    assert "hx-trigger" not in part
    assert "line 40" not in part
    assert part.count("brought in") == 1
    assert "the file is empty" in part
    assert reverse("document_detail", args=[run.items.first().document_id]) in part
    assert "Open “One.”" in part


def test_what_went_wrong_stands_first_and_a_long_list_is_cut(owner, project, monkeypatch):
    monkeypatch.setattr("annotate.views.runs.ITEMS_SHOWN", 2)
    run = importing(project, "One.", "Two.", "", "Four.")
    runs.work(run.pk)
    shown = owner.get(reverse("run_detail", args=[run.pk]))
    assert [item.name for item in shown.context["items"]] == ["text2.txt", "text0.txt"]
    assert "And 2 more." in shown.content.decode()


def test_looking_at_an_abandoned_run_wakes_a_worker(owner, project):
    run = importing(project, "One.")
    assert run.claim()
    owner.get(reverse("run_detail", args=[run.pk]))
    assert not DBTaskResult.objects.exists()
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    owner.get(reverse("run_detail", args=[run.pk]), headers=PART)
    owner.get(reverse("run_detail", args=[run.pk]), headers=PART)
    assert DBTaskResult.objects.count() == 1


def test_a_run_of_many_files_costs_a_fixed_number_of_queries(owner, project, django_assert_max_num_queries):
    run = importing(project, *(f"Text {number}." for number in range(30)))
    runs.work(run.pk)
    with django_assert_max_num_queries(9) as queries:
        assert owner.get(reverse("run_detail", args=[run.pk])).status_code == 200
    assert not any('"claims_document"."text"' in query["sql"] for query in queries.captured_queries)


def test_whoever_started_it_or_an_editor_may_stop_it(client, project):
    annotator, other = (make_member(project, "annotator") for _ in range(2))
    run = importing(project, "One.", user=annotator)
    address = reverse("run_cancel", args=[run.pk])
    client.force_login(other)
    assert client.post(address).status_code == 403
    assert b"Stop</button>" not in client.get(reverse("run_detail", args=[run.pk])).content
    client.force_login(annotator)
    assert client.get(address).status_code == 405
    key = {"request_id": str(uuid4())}
    assert client.post(address, key).status_code == client.post(address, key).status_code == 302
    run.refresh_from_db()
    assert run.state == "cancelled"
    client.force_login(make_member(project, "editor"))
    assert client.post(address).status_code == 302


@pytest.mark.parametrize("format", ["jsonl", "csv", "web-annotation"])
def test_an_export_is_asked_for_waited_for_and_downloaded(owner, project, format, django_capture_on_commit_callbacks):
    make_claim(document=make_document(project))
    page = reverse("project_export", args=[project.slug])
    assert owner.get(page).status_code == 200
    data = {"format": format, "is_safe": "on", "request_id": str(uuid4())}
    with django_capture_on_commit_callbacks(execute=True):
        answers = [owner.post(page, data) for _ in range(2)]
    run = Run.objects.get()
    assert {answer["Location"] for answer in answers} == {reverse("run_detail", args=[run.pk])}
    assert DBTaskResult.objects.count() == 1
    file = reverse("run_file", args=[run.pk])
    assert owner.get(file).status_code == 404
    runs.work(run.pk)
    assert file in owner.get(reverse("run_detail", args=[run.pk])).content.decode()
    assert file in owner.get(page).content.decode()
    answer = owner.get(file)
    content = b"".join(answer.streaming_content)
    answer.close()
    assert len(content) == int(answer["Content-Length"]) > 0
    assert answer["Content-Disposition"].startswith(f'attachment; filename="{project.slug}')


def test_an_export_is_its_own_persons_alone(client, project):
    run = runs.start_export(project, project.memberships.get().user, format="jsonl")
    runs.work(run.pk)
    client.force_login(make_member(project, "editor"))
    assert client.get(reverse("run_file", args=[run.pk])).status_code == 404
    shown = client.get(reverse("run_detail", args=[run.pk]))
    assert shown.status_code == 200
    assert b"Download" not in shown.content


def test_every_role_may_export_and_an_unknown_format_is_refused(client, project):
    for role in ("editor", "annotator", "researcher"):
        client.force_login(make_member(project, role))
        assert client.get(reverse("project_export", args=[project.slug])).status_code == 200
    answer = client.post(reverse("project_export", args=[project.slug]), {"format": "../../etc"})
    assert answer.status_code == 422
    assert not Run.objects.exists()
