"""The control part: drawn by lot, kept once begun, and without suggestions on every page and in the API."""

import pytest
from django.urls import reverse

from annotate import pairing
from annotate.board import Board
from claims import coverage, figures
from claims.control import draw, is_drawn
from claims.models import Change, Dossier, Visit
from tests.factories import (
    make_claim,
    make_document,
    make_dossier,
    make_link,
    make_member,
    make_project,
    make_quantity,
    make_suggestion,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    owner = make_user("owner")
    client.force_login(owner)
    return owner


@pytest.fixture
def project(owner):
    return make_project(owner)


def settings(client, project, **said):
    project.refresh_from_db()
    fields = {"title": project.title, "version": project.version, "control_share": project.control_share, **said}
    return client.post(reverse("project_settings", args=[project.slug]), fields, follow=True)


def test_lot_falls_on_the_share_and_never_changes_its_mind(project):
    dossiers = [Dossier(project=project, title="x") for _ in range(2000)]
    drawn = {share: {row.pk for row in dossiers if is_drawn(row, share)} for share in (0, 10, 50, 100)}
    assert not drawn[0]
    assert drawn[0] < drawn[10] < drawn[50] < drawn[100]
    assert len(drawn[100]) == 2000
    assert 130 <= len(drawn[10]) <= 270
    assert drawn[10] == {row.pk for row in dossiers if is_drawn(row, 10)}


def test_new_dossier_is_drawn_when_it_is_made(client, owner, project):
    settings(client, project, control_share=100)
    client.post(
        reverse("dossier_new", args=[project.slug]),
        {"title": "One", "places-TOTAL_FORMS": 0, "places-INITIAL_FORMS": 0},
    )
    assert Dossier.objects.get(title="One").is_control
    made = Change.objects.get(kind="dossier", action="created")
    assert made.after["is_control"] is True


def test_share_draws_again_and_leaves_alone_what_was_begun(client, owner, project):
    fresh, opened = make_dossier(project), make_dossier(project, [make_document(project)])
    layer = project.layers.get()
    Visit.objects.create(layer=layer, dossier=opened, document=opened.places.get().document, user=owner)
    said = settings(client, project, control_share=100).content.decode()
    fresh.refresh_from_db()
    opened.refresh_from_db()
    assert (fresh.is_control, opened.is_control) == (True, False)
    assert "1 of 2 dossiers are in the control part; 1 that were begun stays as they were." in said
    assert Change.objects.filter(object_id=fresh.pk, after__is_control=True).exists()
    settings(client, project, control_share=0)
    fresh.refresh_from_db()
    assert not fresh.is_control


@pytest.mark.parametrize("share", [-1, 101, "x"])
def test_share_is_a_percentage(client, owner, project, share):
    assert settings(client, project, control_share=share).status_code == 422


def test_other_settings_leave_the_lot_alone(client, owner, project):
    dossier = make_dossier(project, is_control=True)
    settings(client, project, title="New title")
    dossier.refresh_from_db()
    assert dossier.is_control


@pytest.fixture
def pair(project):
    """A control dossier with a suggestion, and a claim and a response with figures to compare."""
    text = (
        "The report says 96 cases were opened: 58 closed, 31 open and 7 lost. Brokers were arrested in May. "
        "The ministry said 90 cases were opened."
    )
    document = make_document(project, text=text)
    dossier = make_dossier(project, [document], is_control=True)
    dossier.places.update(side="both")
    make_suggestion(document, "Brokers were arrested in May.", payload={"role": "assertion", "speaker": "The report"})
    whole = make_quantity(document, "96", "96", counted="cases")
    for part in ("58", "31", "7"):
        make_quantity(document, part, part, part_of=whole, counted="cases")
    make_quantity(document, "90", "90", counted="cases")
    late = make_claim(dossier, quote="Brokers were arrested")
    first = make_claim(dossier, quote="The report says 96 cases were opened: 58 closed, 31 open and 7 lost.")
    response = make_claim(dossier, quote="The ministry said 90 cases were opened.", role="response")
    return dossier, first, late, response, document


def board_of(dossier, user):
    return Board(user=user, dossier=dossier, layer=dossier.project.layers.get())


def test_workspace_suggests_nothing_and_says_so(client, owner, pair):
    dossier, first, late, response, document = pair
    said = client.get(reverse("workspace", args=[dossier.pk])).content.decode()
    assert "control part: no suggestions here" in said
    assert 'class="hint' not in said
    assert "hinted" not in said
    assert board_of(dossier, owner).suggestions == {}
    assert pairing.fields_at(document, 0, 20, board_of(dossier, owner)) == {}
    Dossier.objects.update(is_control=False)
    said = client.get(reverse("workspace", args=[dossier.pk])).content.decode()
    assert "control part" not in said


def test_pairing_lists_claims_in_document_order_without_reasons(client, owner, pair):
    dossier, first, late, response, document = pair
    ranked = pairing.rank(response, board_of(dossier, owner))
    assert [candidate.row for candidate in ranked.candidates] == [first, late]
    assert ranked.scope == "claim"
    card = reverse("workspace", args=[dossier.pk]) + f"?show=pair&on={response.pk}"
    said = client.get(card).content.decode()
    assert "why?" not in said
    assert 'name="ranked"' not in said
    client.post(
        reverse("link_connect", args=[dossier.pk]), {"response": f"claim:{response.pk}", "target": f"claim:{first.pk}"}
    )
    assert response.links.get().origin == "scratch"


def test_figures_are_not_compared_beforehand(client, owner, pair):
    dossier, first, late, response, document = pair
    link = make_link(response, first, relation="rejects", disputed=["figure"])
    mention = document.mentions.get(quote="96")
    layer = dossier.project.layers.get()
    assert figures.checks(layer, dossier) == []
    card = reverse("workspace", args=[dossier.pk]) + f"?show=figure&on={link.pk}.{mention.pk}"
    said = client.get(card).content.decode()
    assert "reads as" not in said
    assert "· difference" not in said
    outcome = {"link": link.pk, "mention": mention.pk, "outcome": "differs"}
    address = reverse("figure_outcome", args=[dossier.pk])
    assert client.post(address, outcome).status_code == 422
    assert not link.comparisons.exists()
    page = reverse("figure_compare", args=[dossier.pk, first.pk, mention.pk])
    said = client.get(page, {"link": link.pk}).content.decode()
    assert "Computed:" not in said
    assert "as computed" not in said
    sent = {"link": link.pk, "version": 0, "comparison": "", "counter": document.mentions.get(quote="90").pk}
    assert client.post(page, sent).status_code == 422
    assert client.post(page, sent | {"outcome": "differs"}).status_code in (200, 302)
    assert link.comparisons.get().absolute_difference == -6


def test_progress_counts_no_suggestions(client, owner, pair):
    dossier = pair[0]
    progress = (
        client.get(reverse("project_detail", args=[dossier.project.slug])).context["page"].object_list[0].progress
    )
    assert progress.undecided == 0
    assert coverage.suggestions(dossier.project.layers.get(), dossier, [pair[4].pk]) == (0, 0)


def test_api_hands_out_no_suggestion_of_the_control_part(client, owner, pair):
    address = f"/api/v1/suggestions/?document={pair[4].pk}"
    assert client.get(address).json()["results"] == []
    known = pair[4].suggestions.get().pk
    assert client.get(f"/api/v1/suggestions/{known}/").status_code == 404
    assert client.get(f"/api/v1/mentions/?document={pair[4].pk}").json()["count"] == 5
    Dossier.objects.update(is_control=False)
    assert client.get(address).json()["count"] == 1


def test_suggestion_of_the_control_part_cannot_be_accepted(client, project, pair):
    client.force_login(make_member(project, "annotator"))
    dossier, document = pair[0], pair[4]
    answer = client.post(reverse("suggestion_accept", args=[dossier.pk]), {"suggestion": document.suggestions.get().pk})
    assert answer.status_code == 422
    assert document.suggestions.get().claims.count() == 0


def test_draw_returns_the_dossier_it_drew(project):
    project.control_share = 100
    assert draw(Dossier(project=project, title="x")).is_control
