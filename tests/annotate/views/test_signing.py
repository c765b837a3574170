"""The sign-off page through its front door, and where its word is shown."""

import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from claims import signing
from claims.models import Act, Comment, Layer, SignOff
from tests.factories import (
    make_claim,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_member,
    make_project,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    user = make_user("ed")
    type(user).objects.filter(pk=user.pk).update(name="Edda Editor")
    user.refresh_from_db()
    return user


@pytest.fixture
def dossier(editor):
    project = make_project(editor)
    dossier = make_dossier(documents=[make_document(project, "It arrested 370 people. That is not so.")])
    assertion = make_claim(dossier, quote="It arrested 370 people")
    make_link(make_claim(dossier, quote="That is not so", role="response"), assertion, relation="rejects")
    return dossier


@pytest.fixture
def browser(client, editor):
    client.force_login(editor)
    return client


def page(browser, dossier, name="sign_off", **query):
    answer = browser.get(reverse(name, args=[dossier.pk]), query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def post(browser, dossier, name="sign_off", **fields):
    fields = {"request_id": str(uuid.uuid4()), **fields}
    return browser.post(reverse(name, args=[dossier.pk]), fields)


def seen(dossier):
    return signing.last_change(signing.settling_layer(dossier.project), dossier)


def reword(dossier, actor):
    claim = dossier.project.layers.get(kind="team").claims.get(role="assertion")
    with Act(actor=actor, project=dossier.project, layer=claim.layer, dossier=dossier, verb="reword A1") as act:
        act.change(claim, seen=claim.version, wording="370 were arrested")


def test_an_editor_signs_and_everybody_sees_it(browser, dossier):
    assert "Nobody has signed this reading." in page(browser, dossier)
    answer = post(browser, dossier, seen=seen(dossier), open_questions="Whose list is it? <b>")
    assert answer.status_code == 302
    assert answer["Location"] == reverse("sign_off", args=[dossier.pk])
    browser.force_login(make_member(dossier.project, "annotator", "ben"))
    told = page(browser, dossier)
    assert "Edda Editor" in told
    assert "Whose list is it? &lt;b&gt;" in told
    assert "Send back" not in told  # an annotator does not
    assert "✓ Signed off by Edda Editor" in page_of_project(browser, dossier)
    assert "✓ Signed off by Edda Editor" in page_of_project(browser, dossier, "project_coverage")
    sheet = page(browser, dossier, "sheet")
    assert "signed off by Edda Editor" in sheet
    assert "Whose list is it?" in sheet


def page_of_project(browser, dossier, name="project_detail"):
    return browser.get(reverse(name, args=[dossier.project.slug])).content.decode()


def test_a_later_edit_is_shown_with_what_it_changed(browser, dossier, editor):
    post(browser, dossier, seen=seen(dossier))
    reword(dossier, make_member(dossier.project, "annotator", "ben"))
    told = page(browser, dossier)
    assert "Signed off, and changed since" in told
    assert "<ins>370 were arrested</ins>" in told
    assert "Changed since the sign-off" in page_of_project(browser, dossier)
    sheet = page(browser, dossier, "sheet")
    assert "changed since the sign-off" in sheet
    assert "neutral wording: 370 were arrested" in sheet


def test_what_came_after_the_page_was_opened_is_not_signed(browser, dossier, editor):
    before = seen(dossier)
    reword(dossier, editor)
    answer = post(browser, dossier, seen=before, open_questions="Keep these words")
    assert answer.status_code == 409
    told = answer.content.decode()
    assert "look at what is new, then sign" in told
    assert "Keep these words" in told
    assert f'name="seen" value="{seen(dossier)}"' in told
    assert not SignOff.objects.exists()


def test_the_same_post_signs_once(browser, dossier):
    for _ in range(2):
        post(browser, dossier, seen=seen(dossier), request_id="same")
    assert SignOff.objects.count() == 1


def test_an_item_is_sent_back_mended_and_signed(browser, dossier, editor):
    ben = make_member(dossier.project, "annotator", "ben")
    claim = make_claim(dossier, quote="370", actor=ben)
    assert "A2 370" in page(browser, dossier)  # on offer
    post(browser, dossier, "send_back", item=f"claim:{claim.pk}", note="Of what?")
    assert "1 point to look at again" in page(browser, dossier)
    browser.force_login(ben)
    told = page(browser, dossier)
    assert f"?show=claim&amp;on={claim.pk}" in told
    comment = Comment.objects.get()
    address = reverse("sent_back_resolve", args=[dossier.pk, comment.pk])
    assert browser.post(address, {"version": "1"}).status_code == 302
    assert browser.post(address, {"version": "1"}).status_code == 409
    comment.refresh_from_db()
    assert comment.resolved_by == ben
    told = page(browser, dossier)
    assert "Mended, not signed off yet" in told
    assert "mended by ben" in told


def test_a_note_is_asked_for_and_the_choice_is_kept(browser, dossier):
    claim = dossier.project.layers.get().claims.first()
    answer = post(browser, dossier, "send_back", item=f"claim:{claim.pk}", note=" ")
    assert answer.status_code == 422
    assert "Say what should be looked at again." in answer.content.decode()
    assert f'value="claim:{claim.pk}" selected' in answer.content.decode()
    assert post(browser, dossier, "send_back", item="claim:nothing", note="x").status_code == 422


def test_a_sign_off_is_lifted(browser, dossier):
    post(browser, dossier, seen=seen(dossier))
    post(browser, dossier, "sign_off_lift", note="too early")
    assert "lifted the sign-off" in page(browser, dossier)
    assert post(browser, dossier, "sign_off_lift").status_code == 422


def test_only_editors_and_owners_sign(browser, dossier):
    for role in ("annotator", "researcher"):
        browser.force_login(make_member(dossier.project, role, role))
        for name in ("sign_off", "sign_off_lift", "send_back"):
            assert post(browser, dossier, name, note="x").status_code == 403
    browser.force_login(make_user("stranger"))
    assert browser.get(reverse("sign_off", args=[dossier.pk])).status_code == 404


def test_a_dossier_with_nothing_in_it_can_be_looked_at_and_signed(browser, editor):
    dossier = make_dossier(make_project(editor))
    assert "Nothing is left" in page(browser, dossier)
    assert post(browser, dossier, seen="").status_code == 302


# An independent project


@pytest.fixture
def independent(editor):
    project = make_project(editor, kind="independent")
    return make_dossier(documents=[make_document(project)])


def test_before_anything_is_settled_there_is_nothing_to_sign(browser, independent):
    assert "Nothing is settled in this dossier yet." in page(browser, independent)
    assert post(browser, independent).status_code == 404


def test_gold_is_signed_and_an_annotators_reading_sent_back(browser, independent, editor):
    ben = make_member(independent.project, "annotator", "ben")
    layer = make_layer(independent.project, ben)
    gold = Layer.objects.create(project=independent.project, kind="gold", name="Gold")
    assert post(browser, independent, "send_back", layer=layer.pk, note="x").status_code == 404  # blind
    type(independent.project).objects.update(adjudication_opened_at=timezone.now())
    assert f"?layer={layer.pk}" in page(browser, independent)
    told = page(browser, independent, layer=layer.pk)
    assert "An annotator’s reading is not signed" in told
    assert post(browser, independent, layer=layer.pk).status_code == 404
    answer = post(browser, independent, "send_back", layer=layer.pk, note="The last page is missing.")
    assert answer["Location"].endswith(f"?layer={layer.pk}")
    assert post(browser, independent, seen="").status_code == 302
    assert SignOff.objects.get(state="signed").layer == gold
    browser.force_login(ben)
    assert "Sent back: 1 to look at again" in page_of_project(browser, independent)
    assert "The last page is missing." in page(browser, independent, layer=layer.pk)
    assert page(browser, independent, "workspace")


def test_in_an_independent_project_a_point_leads_to_its_own_reading(browser, independent):
    gold = Layer.objects.create(project=independent.project, kind="gold", name="Gold")
    claim = make_claim(independent, quote="370 people", layer=gold)
    assert f"?show=none&amp;on={claim.pk}&amp;layer={gold.pk}" in page(browser, independent)


def test_another_annotators_reading_is_not_there(browser, independent):
    ben, cleo = (make_member(independent.project, "annotator", name) for name in ("ben", "cleo"))
    layer = make_layer(independent.project, ben)
    comment = Comment.objects.create(layer=layer, dossier=independent, text="Zwiebelturm", is_sent_back=True)
    browser.force_login(cleo)
    assert browser.get(reverse("sign_off", args=[independent.pk]), {"layer": layer.pk}).status_code == 404
    assert browser.post(reverse("sent_back_resolve", args=[independent.pk, comment.pk])).status_code == 404
    assert browser.get(reverse("sign_off", args=[independent.pk]), {"layer": "x"}).status_code == 404
