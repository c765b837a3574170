import pytest
from django.urls import reverse
from django.utils import timezone

from claims import assigning
from claims.models import Act, Assignment, Claim, Layer, Visit
from tests.claims import two_readings
from tests.factories import make_claim, make_document, make_dossier, make_member, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(kind="independent")


@pytest.fixture
def people(project):
    return {name: make_member(project, "annotator", name) for name in ("ann", "ben")}


@pytest.fixture
def dossier(project):
    return make_dossier(project, [make_document(project)], set_up_at=timezone.now())


def owner_of(project):
    return project.memberships.get(role="owner").user


def page(client, user, project):
    client.force_login(user)
    return client.get(reverse("work", args=[project.slug])).content.decode()


def post(client, user, name, *args, **data):
    client.force_login(user)
    return client.post(reverse(name, args=args), data, follow=True)


def test_an_owner_deals_and_sees_who_has_what(client, project, people, dossier):
    shown = page(client, owner_of(project), project)
    assert "2 places to 2 annotators" in shown
    assert "No dossier is finished yet." in shown
    answer = post(client, owner_of(project), "work_deal", project.slug)
    assert "2 places dealt." in answer.content.decode()
    assert "not begun" in answer.content.decode()


def test_a_dossier_is_given_by_hand_and_taken_back(client, project, people, dossier):
    said = {"dossier": dossier.pk, "annotator": people["ann"].pk}
    assert "ann has" in post(client, owner_of(project), "work_assign", project.slug, **said).content.decode()
    row = Assignment.objects.live().get()
    answer = post(client, owner_of(project), "work_withdraw", project.slug, row.pk)
    assert "taken back from ann" in answer.content.decode()
    assert not Assignment.objects.live().exists()


def test_next_leads_into_the_workspace(client, project, people, dossier):
    client.force_login(people["ann"])
    assert "Next dossier" in page(client, people["ann"], project)
    answer = client.post(reverse("work_next", args=[project.slug]))
    assert answer["Location"] == reverse("workspace", args=[dossier.pk])
    assert Assignment.objects.get().annotator == people["ann"]


def test_nothing_left_is_said(client, project, people):
    answer = post(client, people["ann"], "work_next", project.slug)
    assert "Nothing is left to annotate" in answer.content.decode()


def test_working_begins_the_lease(client, project, people, dossier):
    post(client, people["ann"], "work_next", project.slug)
    text = dossier.places.get().document
    quote = "370 people"
    start = text.text.index(quote)
    said = {"document": text.pk, "start": start, "end": start + len(quote), "quote": quote, "role": "assertion"}
    client.post(reverse("claim_mark", args=[dossier.pk]), said)
    assert Claim.objects.count() == 1
    row = Assignment.objects.get()
    assert row.begun_at
    assert row.lease_until > timezone.now()


def test_looked_and_nothing_here(client, project, people, dossier):
    post(client, people["ann"], "work_next", project.slug)
    client.get(reverse("workspace", args=[dossier.pk]))
    assert "Looked, nothing here" in client.get(reverse("workspace", args=[dossier.pk])).content.decode()
    answer = post(client, people["ann"], "work_finish", dossier.pk, state="nothing")
    assert "looked, nothing here" in answer.content.decode()
    assert Assignment.objects.get().state == "nothing"


def test_finishing_and_taking_up_again(client, project, people, dossier):
    post(client, people["ann"], "work_next", project.slug)
    make_claim(dossier, quote="370 people", layer=Layer.objects.get(annotator=people["ann"]))
    assert "is finished" in post(client, people["ann"], "work_finish", dossier.pk, state="finished").content.decode()
    row = Assignment.objects.get()
    assert "open again" in post(client, people["ann"], "work_reopen", project.slug, row.pk).content.decode()


def test_an_unfinished_part_keeps_adjudication_closed(client, project, people, dossier):
    with Act(actor=None, project=project) as act:
        assigning.deal(act)
    answer = post(client, owner_of(project), "adjudication_open", project.slug)
    assert "No dossier is finished yet." in answer.content.decode()
    project.refresh_from_db()
    assert project.adjudication_opened_at is None


def test_opening_leads_to_the_differences(client):
    world = two_readings.make(opened=False)
    for person in world.people.values():
        with Act(actor=person, project=world.project) as act:
            row = act.create(Assignment(dossier=world.dossier, annotator=person))
            assigning.finish(act, row, seen=row.version)
    shown = page(client, world.editor, world.project)
    assert "All is finished." in shown
    answer = post(client, world.editor, "adjudication_open", world.project.slug)
    assert answer.redirect_chain[-1][0] == reverse("project_adjudication", args=[world.project.slug])


def test_anothers_dossier_is_not_opened(client, project, people, dossier):
    post(client, people["ann"], "work_next", project.slug)
    client.force_login(people["ben"])
    assert client.get(reverse("workspace", args=[dossier.pk])).status_code == 403


def test_in_a_shared_project_anybody_takes_any(client):
    project = make_project()
    ann = make_member(project, "annotator")
    dossier = make_dossier(project, [make_document(project)])
    assert "take any dossier" in page(client, ann, project)
    client.force_login(ann)
    assert client.get(reverse("workspace", args=[dossier.pk])).status_code == 200


def test_the_page_of_150_dossiers_costs_as_much_as_of_one(client, project, people, django_assert_max_num_queries):
    document = make_document(project)
    for _ in range(150):
        make_dossier(project, [document])
    with Act(actor=None, project=project) as act:
        assigning.deal(act)
    client.force_login(owner_of(project))
    with django_assert_max_num_queries(30):
        client.get(reverse("work", args=[project.slug]))


# Which layer a page shows


@pytest.fixture
def world():
    return two_readings.make()


def test_an_editor_works_in_gold_once_it_is_open(client, world):
    world.project.layers.create(kind="gold", name="gold")
    client.force_login(world.editor)
    assert "Reading: <b>gold</b>" in client.get(reverse("coverage", args=[world.dossier.pk])).content.decode()


def test_another_layer_is_read_and_not_written(client, world):
    ann = world.layers["ann"]
    client.force_login(world.editor)
    address = f"{reverse('workspace', args=[world.dossier.pk])}?layer={ann.pk}"
    assert "Reading: <b>Ann</b>" in client.get(address).content.decode()
    claim = world.rows["ann"]["boarded"]
    answer = client.post(
        reverse("claim_delete", args=[world.dossier.pk, claim.pk]),
        {"version": claim.version},
        headers={"Referer": f"http://testserver{address}"},
    )
    assert answer.status_code == 403
    assert "to write in" in answer.content.decode()


def test_the_layer_goes_along_from_page_to_page(client, world):
    client.force_login(world.editor)
    ben = world.layers["ben"]
    before = f"http://testserver{reverse('workspace', args=[world.dossier.pk])}?layer={ben.pk}"
    answer = client.get(reverse("coverage", args=[world.dossier.pk]), headers={"Referer": before})
    assert answer["Location"] == f"{reverse('coverage', args=[world.dossier.pk])}?layer={ben.pk}"
    other = make_dossier(world.project)
    assert client.get(reverse("coverage", args=[other.pk]), headers={"Referer": before}).status_code == 200


def test_a_form_writes_to_the_layer_of_its_page(client, world):
    gold = Layer.objects.create(project=world.project, kind="gold", name="gold")
    document = world.documents["report"]
    said = {"document": document.pk, "start": 0, "end": 10, "quote": document.text[:10], "role": "assertion"}
    client.force_login(world.editor)
    address = reverse("claim_mark", args=[world.dossier.pk])
    page_of_gold = f"http://testserver{reverse('workspace', args=[world.dossier.pk])}?layer={gold.pk}"
    client.post(address, said, headers={"HX-Request": "true", "HX-Current-URL": page_of_gold})
    assert Claim.objects.filter(layer=gold).count() == 1


def test_annotators_choose_between_their_own_and_gold(client, world):
    gold = Layer.objects.create(project=world.project, kind="gold", name="gold")
    client.force_login(world.people["ann"])
    Visit.objects.all().delete()
    shown = client.get(reverse("coverage", args=[world.dossier.pk])).content.decode()
    assert f"?layer={gold.pk}" in shown
    assert f"?layer={world.layers['ben'].pk}" not in shown
    address = f"{reverse('coverage', args=[world.dossier.pk])}?layer={world.layers['ben'].pk}"
    assert client.get(address).status_code == 404
    assert client.get(f"{reverse('coverage', args=[world.dossier.pk])}?layer=nonsense").status_code == 404


def test_the_project_offers_the_next_dossier_to_whoever_takes_one(client, project, people, dossier):
    address = reverse("project_detail", args=[project.slug])
    client.force_login(people["ann"])
    assert "Next dossier" in client.get(address).content.decode()
    client.force_login(owner_of(project))
    assert "Next dossier" not in client.get(address).content.decode()


def test_an_editor_is_shown_the_progress_of_gold(client, world):
    Layer.objects.create(project=world.project, kind="gold", name="gold")
    client.force_login(world.editor)
    shown = client.get(reverse("project_detail", args=[world.project.slug])).content.decode()
    assert "Progress in the layer “gold”" in shown
