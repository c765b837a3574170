"""What the reading machine sees becomes rows, and a new reading never undoes what people did."""

from decimal import Decimal

import pytest

from annotate import suggest
from annotate.pipeline import reading
from claims import annotating
from claims.models import Act, Decision, Exclusion, Mention, Quantity
from tests.factories import make_document, make_dossier, make_user

pytestmark = pytest.mark.django_db

TEXT = (
    "Police arrested 370 people, including 332 brokers, the report says.\n\n"
    "“The report is unfair,” said Ana Bell, a spokeswoman of the ministry. She rejected the figure of 370.\n\n"
    "More stories from us"
)


def act_in(dossier, layer=None):
    return Act(
        actor=make_user(),
        project=dossier.project,
        layer=layer or dossier.project.layers.get(),
        dossier=dossier,
        verb="t",
    )


def later_version(monkeypatch):
    monkeypatch.setattr(suggest, "VERSION", "99")


def test_a_reading_becomes_mentions_figures_and_suggested_claims():
    document = make_document(text=TEXT)
    suggest.tag_document(document)
    document.refresh_from_db()
    assert document.tagged_by == suggest.signature()
    part = Quantity.objects.get(mention__document=document, value=332)
    assert part.part_of.value == Decimal(370)
    assert part.part_of.mention.start < part.mention.start
    assert document.mentions.filter(kind=Mention.Kind.SPEAKER, name="Ana Bell").exists()
    quoted = document.suggestions.get(quote__startswith="The report is unfair")
    assert quoted.payload["speaker"] == "Ana Bell"
    assert quoted.payload["speech"] == "direct"
    assert quoted.reasons
    assert set(quoted.payload) == {
        "role",
        "role_scores",
        "speaker",
        "speaker_role",
        "speaker_organisation",
        "reporter",
        "speech",
        "kind",
        "period_start",
        "period_end",
        "wording",
        "stretches",
    }


def test_reading_again_with_the_same_version_makes_the_same_rows():
    document = make_document(text=TEXT)
    suggest.tag_document(document)
    before = set(document.mentions.values_list("pk")), set(document.suggestions.values_list("pk"))
    suggest.tag_document(document)
    assert (set(document.mentions.values_list("pk")), set(document.suggestions.values_list("pk"))) == before


def test_a_cited_work_is_not_read():
    document = make_document(text=None)
    assert suggest.tag_document(document) is None


@pytest.mark.parametrize(("state", "is_read"), [("proposed", False), ("excluded", False), ("kept", True)])
def test_left_out_stretches_are_not_read(state, is_read):
    document = make_document(text=TEXT)
    start = TEXT.index("“The report")
    exclusion = Exclusion(document=document, start=start, end=len(TEXT), reason="teasers", state=state)
    exclusion.anchor(TEXT).save()
    suggest.tag_document(document)
    assert document.suggestions.filter(start__gte=start).exists() == is_read


def test_a_newer_version_takes_the_place_of_what_nobody_took_up(monkeypatch):
    document = make_document(text=TEXT)
    suggest.tag_document(document)
    before = set(document.suggestions.values_list("pk", flat=True))
    count = document.mentions.count()
    later_version(monkeypatch)
    suggest.tag_document(document)
    assert not before & set(document.suggestions.values_list("pk", flat=True))
    assert document.mentions.count() == count
    document.refresh_from_db()
    assert document.tagged_by == "rejoinder 99"


def test_what_was_decided_linked_or_compared_survives_a_newer_version(monkeypatch):
    document = make_document(text=TEXT)
    dossier = make_dossier(documents=[document])
    suggest.tag_document(document)
    suggestion = document.suggestions.get(quote__startswith="The report is unfair")
    part = Quantity.objects.get(mention__document=document, value=332)
    with act_in(dossier) as act:
        claim = annotating.accept(act, suggestion)
        annotating.compare(act, claim=claim, quantity=part.mention, outcome="no_counter_figure", check_kind="part")
    later_version(monkeypatch)
    suggest.tag_document(document)
    suggestion.refresh_from_db()
    assert suggestion.decisions.get().outcome == "accepted"
    assert document.suggestions.filter(start=suggestion.start, end=suggestion.end).count() == 1
    # The whole that the kept part belongs to is kept with it, and neither is doubled by the new reading.
    part.refresh_from_db()
    assert part.part_of.value == 370
    places = list(document.mentions.values_list("start", "end", "kind"))
    assert len(places) == len(set(places))
    claim.refresh_from_db()
    assert claim.version == 1


def test_a_rejected_stretch_is_not_suggested_again_by_a_newer_version(monkeypatch):
    document = make_document(text=TEXT)
    dossier = make_dossier(documents=[document])
    suggest.tag_document(document)
    suggestion = document.suggestions.first()
    with act_in(dossier) as act:
        annotating.decide(act, Decision.Outcome.REJECTED, suggestion=suggestion)
    later_version(monkeypatch)
    suggest.tag_document(document)
    here = document.suggestions.filter(start=suggestion.start, end=suggestion.end)
    assert [row.pk for row in here] == [suggestion.pk]


def test_a_figure_a_person_marked_is_never_touched(monkeypatch):
    document = make_document(text=TEXT)
    layer = document.project.layers.get()
    suggest.tag_document(document)
    own = Mention(
        uuid=suggest.name_of(document, "own"), document=document, layer=layer, kind="quantity", start=0, end=6
    )
    own.suggester = "person"
    own.anchor(TEXT).save(force_insert=True)
    later_version(monkeypatch)
    suggest.tag_document(document)
    assert document.mentions.filter(pk=own.pk).exists()


def test_keeping_a_reading_twice_at_once_is_harmless():
    document = make_document(text=TEXT)
    seen = suggest.read(TEXT)
    suggest.keep(document, seen)
    suggest.keep(document, seen)
    assert document.suggestions.count() == len({(c.start, c.end) for c in seen.claims})


def test_periods_and_several_stretches_are_stored_as_json():
    from datetime import date

    claim = reading.Claim(
        start=0,
        end=9,
        quote="x",
        stretches=((0, 3), (5, 9)),
        role=None,
        role_scores={"assertion": 0.5, "response": 0.5},
        speaker=None,
        speaker_role=None,
        speaker_organisation=None,
        reporter=None,
        speech="narration",
        kind="factual",
        period_start=date(2021, 1, 1),
        period_end=None,
        wording=None,
        score=0.5,
        reasons=(),
    )
    payload = suggest.payload_of(claim)
    assert payload["period_start"] == "2021-01-01"
    assert payload["stretches"] == [[0, 3], [5, 9]]
