"""manage.py demo: every page has something to show, and starting over erases nothing."""

import pytest
from django.core.management import call_command

from claims.models import (
    Assessment,
    Change,
    Claim,
    FigureComparison,
    Link,
    NoResponse,
    Project,
    Suggestion,
    last_act,
    undo,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo():
    call_command("demo")
    return Project.objects.get(slug="demo")


def test_the_demo_is_loaded_with_its_banner_and_its_owner(demo, capsys):
    assert demo.banner == "Invented for practice"
    assert demo.memberships.get().user.username == "demo"
    assert not demo.memberships.get().user.has_usable_password()
    dossier = demo.dossiers.get()
    assert [place.side for place in dossier.places.all()] == ["asserting", "both", "responding", "evidence"]
    assert Claim.objects.filter(dossier=dossier).count() == 27
    assert Link.objects.filter(dossier=dossier).count() == 11
    assert {link.turn for link in Link.objects.filter(dossier=dossier)} == {1, 2}


def test_names_in_the_fixture_are_the_names_in_the_margin(demo):
    link = Link.objects.get(response__number=7, dossier__project=demo)
    assert str(link) == "R7 → A13"
    assert {row.quantity.quote for row in link.comparisons.all()} == {"143", "61"}
    assert {row.outcome for row in link.comparisons.all()} == {"withheld"}


def test_sums_rulings_verdicts_and_none_found_are_there(demo):
    sum_ = FigureComparison.objects.get(layer__project=demo, check_kind="sum")
    assert len(sum_.addends) == 3
    ruled = FigureComparison.objects.exclude(ruling="").get()
    assert (ruled.absolute_difference, ruled.ruled_by.username) == (5, "demo")
    assert Assessment.objects.get().verification == "supported"
    assert Claim.objects.filter(wants_check=True).count() == 2
    assert len(NoResponse.objects.get().documents) == 2


def test_the_pipelines_figures_carry_the_comparisons_and_much_is_left_to_take_up(demo):
    assert not FigureComparison.objects.exclude(quantity__layer=None).exists()
    assert Suggestion.objects.filter(document__project=demo, decisions=None).count() >= 10
    for document in demo.documents.with_text():
        assert document.tagged_by


def test_everything_was_done_in_acts_that_can_be_undone(demo):
    dossier = demo.dossiers.get()
    user = demo.memberships.get().user
    rows = {*Claim.objects.values_list("pk", flat=True), *Link.objects.values_list("pk", flat=True)}
    assert rows <= set(Change.objects.filter(project=demo).values_list("object_id", flat=True))
    assert undo(last_act(actor=user, dossier=dossier), actor=user, dossier=dossier).startswith("check A")


def test_a_second_time_nothing_happens(demo, capsys):
    before = Change.objects.count()
    capsys.readouterr()
    call_command("demo")
    assert Change.objects.count() == before
    assert capsys.readouterr().out.startswith("Already here")


def test_starting_over_puts_the_old_demo_away_and_makes_a_new_one(demo):
    claim = Claim.objects.first()
    call_command("demo", reset=True)
    fresh = Project.objects.get(slug="demo")
    assert fresh.pk != demo.pk
    demo.refresh_from_db()
    assert demo.deleted_at
    assert demo.slug.startswith("demo-until-")
    assert Claim.objects.filter(pk=claim.pk).exists()
    assert list(Project.objects.visible_to(fresh.memberships.get().user)) == [fresh]
    assert Claim.objects.filter(dossier__project=fresh).count() == 27


def test_the_demo_loads_where_no_language_model_is_installed(settings):
    settings.SPACY_MODEL = "no_such_model"
    call_command("demo")
    assert Claim.objects.count() == 27
    assert FigureComparison.objects.count() == 7
