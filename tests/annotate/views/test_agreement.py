import json

import pytest
from django.urls import reverse
from django.utils import timezone

from claims.models import ApiToken, Assignment, Layer, Membership
from tests.claims import two_readings
from tests.factories import (
    make_claim,
    make_document,
    make_dossier,
    make_layer,
    make_member,
    make_project,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return two_readings.make()


def page(client, user, project, name="agreement"):
    client.force_login(user)
    return client.get(reverse(name, args=[project.slug]))


def test_figures_stand_with_their_n_and_what_they_rest_on(client, world):
    shown = page(client, world.editor, world.project).content.decode()
    assert "Links in common" in shown
    assert "Krippendorff’s α" in shown
    assert "Confusion matrix" in shown
    assert world.dossier.title in shown
    assert "Ann" in shown


def test_the_file_holds_what_the_page_shows(client, world):
    found = json.loads(page(client, world.editor, world.project, "agreement_file").content)
    # Of eight and nine links they share six: four alike, the log and the means.
    assert found["links"]["f1"]["value"] == pytest.approx(2 * 6 / 17, abs=1e-6)
    assert found["dossiers"] == 1


def test_nothing_is_shown_before_adjudication_opens(client):
    world = two_readings.make(opened=False)
    for user in (world.owner, world.editor, *world.people.values()):
        shown = page(client, user, world.project)
        assert shown.status_code == 200
        assert "once adjudication is open" in shown.content.decode()
        assert "Links in common" not in shown.content.decode()
        assert page(client, user, world.project, "agreement_file").status_code == 404


def test_one_reading_alone_is_said(client):
    project = make_project()
    shown = page(client, project.memberships.get().user, project).content.decode()
    assert "There is one reading here" in shown


def test_who_settles_is_led_to_the_dossier_and_others_are_not(client, world):
    address = f'href="{reverse("adjudicate", args=[world.dossier.pk])}"'
    assert address in page(client, world.editor, world.project).text
    assert address not in page(client, world.people["ann"], world.project).text


def test_a_stranger_sees_nothing(client, world):
    assert page(client, make_user(), world.project).status_code == 404


def test_researchers_see_it_once_it_is_open(client, world):
    assert "Links in common" in page(client, make_member(world.project, "researcher"), world.project).content.decode()


def test_it_is_counted_anew_after_a_change(client, world):
    first = page(client, world.editor, world.project, "agreement_file").json()
    with two_readings.act_of(world, "ben") as act:
        link = world.rows["ben"]["log → boarded"]
        act.change(link, seen=link.version, relation="undercuts")
    second = page(client, world.editor, world.project, "agreement_file").json()
    assert second["facets"]["relation"]["percent"]["value"] > first["facets"]["relation"]["percent"]["value"]


def test_the_api_gives_the_same(client, world):
    token = ApiToken.make(world.editor, name="test")
    answer = client.get(f"/api/v1/projects/{world.project.pk}/agreement/", headers={"Authorization": f"Token {token}"})
    assert answer.json()["links"] == page(client, world.editor, world.project, "agreement_file").json()["links"]


def test_a_former_member_sees_nothing(client, world):
    Membership.objects.filter(user=world.editor).delete()
    assert page(client, world.editor, world.project).status_code == 404


def test_layers_can_be_chosen_and_gold_among_them(client, world):
    gold = Layer.objects.create(project=world.project, kind="gold", name="gold")
    marked = make_claim(world.dossier, quote="On 31 March 2025", role="assertion", layer=gold)
    client.force_login(world.editor)
    address = reverse("agreement_file", args=[world.project.slug])
    names = sorted(client.get(address).json()["layers"])
    found = client.get(address, {"layers": [names[0], "gold"]}).json()
    assert found["layers"] == [names[0], "gold"]
    assert found["annotators"]["gold"]["claims"] == 1
    assert marked.layer == gold
    assert "Choose two layers" in client.get(reverse("agreement", args=[world.project.slug]), {"layers": names[0]}).text
    assert client.get(address, {"layers": "nobody"}).status_code == 404


def test_the_api_takes_layers_too(client, world):
    token = ApiToken.make(world.editor, name="test")
    address, headers = f"/api/v1/projects/{world.project.pk}/agreement/", {"Authorization": f"Token {token}"}
    names = client.get(address, headers=headers).json()["layers"]
    assert client.get(address, {"layers": names[0]}, headers=headers).json()["layers"] == names[:1]
    assert client.get(address, {"layers": "nobody"}, headers=headers).status_code == 404


def test_before_it_opens_those_who_give_out_dossiers_read_how_far_everybody_is(client):
    world = two_readings.make(opened=False)
    for person in world.people.values():
        Assignment.objects.create(dossier=world.dossier, annotator=person, state="finished", finished_at=timezone.now())
    assert "Dossiers done" in page(client, world.editor, world.project).text
    assert "Dossiers done" not in page(client, world.people["ann"], world.project).text
    token = ApiToken.make(world.owner, name="test")
    address = f"/api/v1/projects/{world.project.pk}/agreement/"
    assert client.get(address, headers={"Authorization": f"Token {token}"}).status_code == 404


def test_control_dossiers_stand_beside_the_rest(client, world):
    layers = list(Layer.objects.compared(world.project))
    control = make_dossier(documents=[make_document(world.project, text="It fell.")], is_control=True)
    for layer in layers:
        make_claim(control, quote="It fell.", layer=layer)
    shown = page(client, world.editor, world.project).text
    assert "With and without suggestions" in shown
    assert "Claims in a reading of a dossier" in shown
    parts = page(client, world.editor, world.project, "agreement_file").json()["parts"]
    assert parts["control"]["labels"]["kind"] == {"factual": 2}
    assert parts["suggested"]["dossiers"] == 1


def test_three_annotators_are_compared_two_by_two(client, world):
    third = make_layer(world.project, make_member(world.project, "annotator", "cid"))
    make_claim(world.dossier, quote="On 31 March 2025", role="assertion", layer=third)
    assert "Two by two" in page(client, world.editor, world.project).text
