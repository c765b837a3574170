"""The real input that Rejoinder was born from: its figures, its sums, what was withheld, and which months count."""

from decimal import Decimal

import pytest
from django.core.management import call_command
from django.urls import reverse

from annotate.board import Board
from claims import annotating, figures
from claims.models import Act, Dossier, Link, User
from tests.conftest import SEED

pytestmark = [pytest.mark.django_db, pytest.mark.seed]

VALUES = {
    "370": ("370", "suspected traffickers"),
    "332": ("332", "labour brokers"),
    "109": ("109", "suspected traffickers"),
    "64": ("64", "cases"),
    "38": ("38", "traffickers"),
    "256": ("256", "sessions"),
    "12,814": ("12814", "officers"),
    "seven": ("7", "sessions"),
    "286": ("286", "participants"),
}


@pytest.fixture
def dossier(client):
    """The article, imported and read ahead by the command, set up in the workspace, every suggested claim accepted."""
    user = User.objects.create_user("ann", is_superuser=True)
    call_command("import", "seed", str(SEED), verbosity=0)
    dossier = Dossier.objects.get(project__slug="seed")
    client.force_login(user)
    client.post(reverse("setup_confirm", args=[dossier.pk]))
    dossier.refresh_from_db()
    layer = dossier.project.layers.get()
    board = Board(user=user, dossier=dossier, layer=layer)
    with Act(actor=user, project=dossier.project, layer=layer, dossier=dossier, verb="accept all") as act:
        for suggestion in board.suggestions.values():
            annotating.accept(act, suggestion, role=suggestion.role)
    return dossier


def test_figures_page_lists_the_article_s_figures_with_right_values(dossier, client):
    layer = dossier.project.layers.get()
    rows = {row.mention.quote: row for row in figures.rows(layer, dossier)}
    for quote, (value, counted) in VALUES.items():
        reading = rows[quote].reading
        assert reading.value == Decimal(value), quote
        assert counted.split()[-1] in reading.counted, (quote, reading.counted)
    riel = next(row.reading for row in rows.values() if row.reading.currency == "KHR")
    dollars = next(row.reading for row in rows.values() if row.reading.currency == "USD")
    assert (riel.value, dollars.value) == (Decimal("2200000000"), Decimal("543080"))
    page = client.get(reverse("figures", args=[dossier.pk]))
    for words in ("370", "332", "12,814", "543,080"):
        assert words in page.content.decode()


def test_both_sums_hold_and_the_part_and_the_conversion_are_seen(dossier):
    checks = figures.checks(dossier.project.layers.get(), dossier)
    found = {(check.kind, check.whole.quote): check for check in checks}
    for whole, parts in (("64", {4, 37, 23}), ("38", {1, 35, 2})):
        check = found["sum", whole]
        assert check.holds
        assert {int(reading.value) for reading in check.part_readings} == parts
    assert found["part", "370"].holds
    assert any(kind == "conversion" for kind, _ in found)


def test_withheld_figures_and_the_disputed_months_can_be_recorded(dossier, client):
    claims = dossier.claims.all()
    arrests = claims.get(quote__contains="370", role="assertion")
    spokesman = claims.get(quote__contains="cannot reveal", role="response")
    months = claims.get(quote__contains="cherry-picked", role="response")
    for response in (spokesman, months):
        fields = {"response": f"claim:{response.pk}", "target": f"claim:{arrests.pk}"}
        client.post(reverse("link_connect", args=[dossier.pk]), fields)
    link = Link.objects.get(response=spokesman)
    client.post(
        reverse("link_label", args=[dossier.pk, link.pk]), {"version": 1, "relation": "deflects", "withhold": "1"}
    )
    assert {row.quantity.quote for row in link.comparisons.live()} == {"370", "332"}
    assert {row.outcome for row in link.comparisons.live()} == {"withheld"}
    link = Link.objects.get(response=months)
    fields = {"version": 1, "relation": "undercuts", "facets": "disputed", "disputed": ["time_frame", "selection"]}
    client.post(reverse("link_label", args=[dossier.pk, link.pk]), fields)
    link.refresh_from_db()
    assert link.disputed == ["time_frame", "selection"]


def test_setup_proposes_the_report_that_the_story_speaks_of(dossier, client):
    fresh = Dossier.objects.create(project=dossier.project, title="afresh")
    fresh.places.create(document=dossier.places.get().document)
    card = client.get(reverse("workspace", args=[fresh.pk])).context["card"]
    assert (card.show, card.work) == ("setup", "Trafficking in Persons [TIP] Report")
    client.post(reverse("setup_confirm", args=[fresh.pk]), {"work": card.work})
    place = fresh.places.get(side="asserting")
    assert (place.document.title, place.document.text) == (card.work, None)
