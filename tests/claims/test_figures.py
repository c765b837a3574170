"""Figures inside claims: readings of a layer, what is due to compare, the sums a text invites."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims import annotating, figures
from claims.errors import StaleWrite
from claims.figures import number_words, period_words, plural, sentence_around
from claims.models import Act, Decision, DossierDocument, Mention, Quantity, Stretch
from tests.factories import (
    make_actor,
    make_claim,
    make_comparison,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_project,
    make_quantity,
    make_user,
)

TEXT = (
    "In 2021 the police arrested 370 people, including 332 brokers. Courts tried 64 cases: four for fraud, "
    "34 for forced labour and 26 for theft.\n"
    "The fund paid 2.2 billion riel ($543,080) to victims.\n"
    "“We arrested 375 people,” the spokesman said. “I have figures but cannot reveal them.”\n"
)
BROKERS = "the police arrested 370 people, including 332 brokers"
CASES = "Courts tried 64 cases: four for fraud, 34 for forced labour and 26 for theft."
FUND = "The fund paid 2.2 billion riel ($543,080) to victims."


@pytest.fixture
def dossier(db):
    return make_dossier(documents=[make_document(text=TEXT)])


@pytest.fixture
def document(dossier):
    return dossier.places.get().document


@pytest.fixture
def layer(dossier):
    return dossier.project.layers.get()


@pytest.fixture
def people(document):
    return make_quantity(document, "370", Decimal(370), counted="people")


def respond(dossier, quote="We arrested 375 people", **fields):
    return make_claim(dossier, quote=quote, role="response", **fields)


def act(dossier):
    return Act(actor=None, project=dossier.project, layer=dossier.project.layers.get(), dossier=dossier, verb="test")


# Words.


@pytest.mark.parametrize(
    ("value", "words"),
    [("12814", "12,814"), ("1.50", "1.5"), ("100", "100"), ("0.05", "0.05"), ("-3", "-3"), ("0.33333333333", "0.3333")],
)
def test_numbers_in_words(value, words):
    assert number_words(Decimal(value)) == words


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2021-01-01", "2021-12-31", "2021"),
        ("2016-01-01", "2018-12-31", "2016–2018"),
        ("2025-03-01", "2025-03-31", "March 2025"),
        ("2024-04-01", "2025-03-31", "April 2024 – March 2025"),
        ("2024-04-01", "2024-06-30", "April – June 2024"),
        ("2025-03-31", "2025-03-31", "31 March 2025"),
        ("2025-03-30", "2025-04-02", "30 March 2025 – 2 April 2025"),
        ("2025-03-30", None, "from 30 March 2025"),
        (None, "2025-04-02", "to 2 April 2025"),
        (None, None, ""),
    ],
)
def test_periods_in_words(start, end, words):
    days = [day and date.fromisoformat(day) for day in (start, end)]
    assert period_words(*days) == words


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("kilometre", "kilometres"),
        ("mile per hour", "miles per hour"),
        ("year of age", "years of age"),
        ("degree Celsius", "degrees Celsius"),
        ("inch", "inch"),
        ("km", "km"),
    ],
)
def test_units_behind_a_number(unit, words):
    assert plural(unit) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"value": Decimal(370), "counted": "people"}, "370 · people"),
        ({"value": Decimal("2.2E9"), "currency": "KHR", "kind": "money"}, "KHR 2,200,000,000"),
        ({"value": Decimal(40), "unit": "percent", "modifier": "~"}, "about 40 %"),
        ({"value": Decimal(9), "value_high": Decimal(4), "modifier": "down"}, "down from 9 to 4"),
        ({"value": Decimal(9), "value_high": Decimal(14)}, "9–14"),
        ({"value": Decimal(1), "unit": "kilometre"}, "1 kilometre"),
    ],
)
def test_readings_in_words(fields, words):
    assert str(figures.Reading(mention_id=None, quote="", **{"kind": "count", **fields})) == words


@pytest.mark.parametrize(
    ("text", "quote", "sentence"),
    [
        ("One. Two has 5 parts. Three.", "5", "Two has 5 parts."),
        ("Title\nMr. Smith of the U.S. gave 5 to No. 7 here. Next", "5", "Mr. Smith of the U.S. gave 5 to No. 7 here."),
        ("He paid 1.5 million. “They got 5.” Then", "5.”", "“They got 5.” Then"),
        ("It rose (see p. 3) to 5 in 2021", "to 5", "It rose (see p. 3) to 5 in 2021"),
        ("ចំនួន ៥ នាក់។ ចំនួន 5 នាក់។ ទៀត", "5", "ចំនួន 5 នាក់។"),
    ],
)
def test_sentence_around_a_figure(text, quote, sentence):
    start = text.index(quote)
    assert str(sentence_around(text, start, start + len(quote))) == sentence


def test_sentence_of_a_text_of_one_line_is_cut():
    text = "word " * 100_000 + "5 " + "word " * 100_000
    sentence = sentence_around(text, text.index("5"), text.index("5") + 1)
    assert len(str(sentence)) < 900
    assert sentence.before.startswith("…")
    assert sentence.after.endswith("…")


# Readings.


def test_reading_is_the_pipelines_until_the_layer_mends_it(layer, people):
    mention = people.mention
    assert figures.readings(layer, [mention])[mention.pk].value == 370
    Decision.objects.create(
        layer=layer, mention=mention, outcome="mended", reading={"kind": "count", "value": "371", "modifier": "~"}
    )
    mended = figures.readings(layer, [mention])[mention.pk]
    assert (mended.value, mended.modifier, mended.unit, mended.is_mended) == (371, "~", "", True)


def test_rejected_figure_has_no_reading_in_that_layer_alone(dossier, layer, people):
    other = make_layer(dossier.project, make_user())
    Decision.objects.create(layer=layer, mention=people.mention, outcome="rejected")
    assert figures.readings(layer, [people.mention]) == {}
    assert people.pk in figures.readings(other, [people.mention])


def test_deleted_decision_leaves_the_first_reading(layer, people):
    Decision.objects.create(layer=layer, mention=people.mention, outcome="rejected", deleted_at=timezone.now())
    assert figures.readings(layer, [people.mention])[people.pk].value == 370


# Rows.


def test_rows_list_figures_inside_claims_only(dossier, layer, document, people):
    make_quantity(document, "375", Decimal(375), counted="people")
    make_claim(dossier, quote=BROKERS)
    (row,) = figures.rows(layer, dossier)
    assert row.claim.name == "A1"
    assert str(row.sentence) == "In 2021 the police arrested 370 people, including 332 brokers."
    assert row.sentence.quote == "370"
    assert row.state == "idle"


def test_figure_between_the_stretches_of_a_claim_is_not_in_it(dossier, layer, document, people):
    make_quantity(document, "332", Decimal(332), counted="brokers")
    claim = make_claim(dossier, quote=BROKERS)
    cut = document.text.index("370 people")
    end = document.text.index("brokers") + len("brokers")
    start = document.text.index("including")
    for position, (left, right) in enumerate([(claim.start, cut), (start, end)]):
        Stretch.objects.create(claim=claim, position=position, start=left, end=right, quote=document.text[left:right])
    assert [row.mention.quote for row in figures.rows(layer, dossier)] == ["332"]


def test_period_of_a_row_is_its_claims_where_the_figure_names_none(dossier, layer, people):
    make_claim(dossier, quote=BROKERS, period_start=date(2021, 1, 1), period_end=date(2021, 12, 31))
    (row,) = figures.rows(layer, dossier)
    assert row.period == "2021"


def test_another_layers_claims_and_marks_do_not_show(dossier, layer, document):
    other = make_layer(dossier.project, make_user())
    make_quantity(document, "332", Decimal(332), layer=other)
    make_claim(dossier, quote=BROKERS)
    make_claim(dossier, quote=CASES, layer=other)
    assert figures.rows(layer, dossier) == []


def test_row_goes_from_open_to_compared_to_ruled(dossier, layer, document, people):
    counter = make_quantity(document, "375", Decimal(375), counted="people")
    link = make_link(respond(dossier), make_claim(dossier, quote=BROKERS), relation="rejects", disputed=["figure"])
    assert states(layer, dossier) == {"370": "open", "375": "idle"}
    comparison = make_comparison(link, people, counter_quantity=counter.mention)
    assert states(layer, dossier) == {"370": "compared", "375": "compared"}
    with act(dossier) as one:
        one.actor = make_user()
        annotating.rule(one, comparison, seen=1, ruling="differs", justification="The register says 370.")
    assert states(layer, dossier) == {"370": "ruled", "375": "ruled"}


def test_withheld_and_dismissed_are_states(dossier, layer, document, people):
    link = make_link(respond(dossier, "I have figures but cannot reveal them"), make_claim(dossier, quote=BROKERS))
    comparison = make_comparison(link, people, outcome="withheld")
    assert states(layer, dossier) == {"370": "withheld"}
    comparison.is_dismissed = True
    comparison.save()
    assert states(layer, dossier) == {"370": "dismissed"}


def states(layer, dossier):
    return {row.mention.quote: row.state for row in figures.rows(layer, dossier)}


def test_withdrawn_comparison_leaves_no_trace(dossier, layer, people):
    link = make_link(respond(dossier), make_claim(dossier, quote=BROKERS))
    comparison = make_comparison(link, people)
    with act(dossier) as one:
        annotating.drop(one, comparison)
    assert states(layer, dossier) == {"370": "idle"}


# To compare.


def due(layer, dossier):
    return [mention.quote for _, mention in figures.to_compare(layer, dossier)]


def test_every_figure_is_due_where_a_figure_is_disputed(dossier, layer, document, people):
    make_quantity(document, "332", Decimal(332), counted="brokers")
    make_link(respond(dossier), make_claim(dossier, quote=BROKERS), relation="rejects", disputed=["figure"])
    assert due(layer, dossier) == ["370", "332"]


def test_every_figure_is_due_where_the_response_withholds(dossier, layer, people):
    response = respond(dossier, "I have figures but cannot reveal them")
    make_link(response, make_claim(dossier, quote=BROKERS), relation="deflects", strategies=["withholds"])
    assert due(layer, dossier) == ["370"]


def test_only_figures_the_response_answers_are_due_otherwise(dossier, layer, document, people):
    make_quantity(document, "332", Decimal(332), counted="brokers")
    make_quantity(document, "375", Decimal(375), counted="people")
    make_link(respond(dossier), make_claim(dossier, quote=BROKERS))
    assert due(layer, dossier) == ["370"]


def test_figure_of_another_unit_is_not_set_against_it(dossier, layer, document, people):
    make_quantity(document, "375", Decimal(375), kind="money", currency="USD")
    make_link(respond(dossier), make_claim(dossier, quote=BROKERS))
    assert due(layer, dossier) == []


def test_counter_figure_answers_one_figure_only(dossier, layer, document, people):
    counter = make_quantity(document, "375", Decimal(375), counted="people")
    make_quantity(document, "332", Decimal(332), counted="people")
    link = make_link(respond(dossier), make_claim(dossier, quote=BROKERS))
    assert due(layer, dossier) == ["370", "332"]
    make_comparison(link, people, counter_quantity=counter.mention)
    assert due(layer, dossier) == []


def test_looked_at_and_unrelated_leaves_nothing_due(dossier, layer, people):
    make_link(respond(dossier), make_claim(dossier, quote=BROKERS), relation="unrelated", disputed=["figure"])
    assert due(layer, dossier) == []


def test_outcome_of_one_link_leaves_the_others_due(dossier, layer, people):
    claim = make_claim(dossier, quote=BROKERS)
    first = make_link(respond(dossier), claim, relation="rejects", disputed=["figure"])
    second = make_link(
        respond(dossier, "I have figures but cannot reveal them"), claim, relation="deflects", strategies=["withholds"]
    )
    make_comparison(first, people, outcome="no_counter_figure")
    assert [link for link, _ in figures.to_compare(layer, dossier)] == [second]


# Outcomes.


def reading(value, **fields):
    return figures.Reading(mention_id=None, quote=str(value), kind="count", value=Decimal(value), **fields)


def test_no_figure_in_return_is_an_outcome():
    assert figures.propose_outcome(reading(370), None) == ("no_counter_figure", [], None, None)


def test_difference_is_the_responses_less_the_claims():
    outcome, differs_in, absolute, relative = figures.propose_outcome(reading(19), reading(24))
    assert (outcome, differs_in, absolute, relative) == ("differs", [], 5, Decimal("0.263158"))


def test_other_period_cannot_be_compared():
    one = reading(412, period_start=date(2024, 4, 1), period_end=date(2025, 3, 31))
    other = reading(437, period_start=date(2024, 1, 1), period_end=date(2024, 12, 31))
    assert figures.propose_outcome(one, other)[:2] == ("not_comparable", ["period"])


def test_counter_of_the_same_thing_is_proposed_before_the_nearest():
    people, brokers, bare = reading(400, counted="people"), reading(371, counted="brokers"), reading(372)
    assert figures.counter_for(reading(370, counted="people"), [brokers, bare, people]) == people
    assert figures.counter_for(reading(370, counted="people"), [brokers]) is None


# Arithmetic.


def relate(document, whole, parts, name):
    for part in parts:
        Quantity.objects.filter(pk=part.pk).update(**{name: whole})


@pytest.fixture
def cases(document):
    whole = make_quantity(document, "64", Decimal(64), counted="cases")
    parts = [make_quantity(document, quote, Decimal(value)) for quote, value in (("four", 4), ("34", 34), ("26", 26))]
    relate(document, whole, parts, "sums_to")
    relate(document, whole, parts, "part_of")
    return whole, parts


def test_sum_that_holds_is_one_check(dossier, layer, cases):
    claim = make_claim(dossier, quote=CASES)
    (check,) = figures.checks(layer, dossier)
    assert (check.kind, check.claim, check.holds, check.difference, check.total) == ("sum", claim, True, 0, 64)
    assert check.line == "4 + 34 + 26 = 64"
    assert check.comparison is None
    assert str(check.sentence) == CASES


def test_sum_follows_the_layers_reading(dossier, layer, cases):
    make_claim(dossier, quote=CASES)
    _, parts = cases
    Decision.objects.create(
        layer=layer, mention=parts[0].mention, outcome="mended", reading={"kind": "count", "value": "5"}
    )
    (check,) = figures.checks(layer, dossier)
    assert (check.holds, check.outcome, check.difference) == (False, "differs", -1)
    Decision.objects.filter(layer=layer).update(outcome="rejected")
    (check,) = figures.checks(layer, dossier)
    assert [part.quote for part in check.parts] == ["34", "26"]


def test_sum_outside_any_claim_is_nobodys(dossier, layer, cases):
    make_claim(dossier, quote=BROKERS)
    assert figures.checks(layer, dossier) == []


def test_parts_outside_the_claim_count_for_its_sum(dossier, layer, cases):
    make_claim(dossier, quote="Courts tried 64 cases")
    (check,) = figures.checks(layer, dossier)
    assert (check.holds, check.total) == (True, 64)


@pytest.mark.parametrize(("value", "holds"), [(332, True), (380, False)])
def test_part_is_not_above_its_whole(dossier, layer, document, people, value, holds):
    part = make_quantity(document, "332", Decimal(value), counted="brokers")
    relate(document, people, [part], "part_of")
    make_claim(dossier, quote=BROKERS)
    (check,) = figures.checks(layer, dossier)
    assert (check.kind, check.holds, check.line) == ("part", holds, f"{value} of 370")


def test_two_currencies_imply_a_rate(dossier, layer, document):
    riel = make_quantity(document, "2.2 billion riel", Decimal("2.2E9"), kind="money", currency="KHR")
    dollars = make_quantity(document, "$543,080", Decimal(543080), kind="money", currency="USD")
    relate(document, riel, [dollars], "converts")
    make_claim(dossier, quote=FUND)
    (check,) = figures.checks(layer, dossier)
    assert (check.kind, check.holds, round(check.rate)) == ("conversion", True, 4051)
    assert check.subject == dollars.mention


def test_rates_far_apart_are_pointed_out(dossier, layer, document):
    text = "It had 15 lorins ($1). It had 30 lorins ($1)."
    other = make_document(dossier.project, text)
    DossierDocument.objects.create(dossier=dossier, document=other, position=1)
    for quote, value in (("15 lorins", 15), ("30 lorins", 30)):
        whole = make_quantity(other, quote, Decimal(value), kind="money", currency="VEL")
        start = other.text.index(quote) + len(quote)
        mention = Mention(
            uuid=uuid4(), document=other, start=start + 2, end=start + 4, kind="quantity", suggester="test"
        )
        mention.anchor(other.text).save(force_insert=True)
        Quantity.objects.create(mention=mention, value=Decimal(1), kind="money", currency="USD", converts=whole)
    make_claim(dossier, document=other)
    first, second = figures.checks(layer, dossier)
    assert (first.holds, first.other_rate) == (False, 30)
    assert (second.holds, second.other_rate) == (False, 15)


def test_confirming_a_check_stores_what_was_reckoned(dossier, layer, cases):
    make_claim(dossier, quote=CASES)
    (check,) = figures.checks(layer, dossier)
    with act(dossier) as one:
        stored = figures.decide_check(one, check, is_dismissed=False)
    assert (stored.outcome, stored.check_kind, stored.absolute_difference) == ("same", "sum", 0)
    assert stored.addends == [str(part.mention_id) for part in cases[1]]
    (check,) = figures.checks(layer, dossier)
    assert (check.comparison, check.state) == (stored, "confirmed")


def test_dismissed_part_is_found_again(dossier, layer, document, people):
    part = make_quantity(document, "332", Decimal(332), counted="brokers")
    relate(document, people, [part], "part_of")
    make_claim(dossier, quote=BROKERS)
    with act(dossier) as one:
        figures.decide_check(one, figures.checks(layer, dossier)[0], is_dismissed=True)
    (check,) = figures.checks(layer, dossier)
    assert check.state == "dismissed"


def test_second_decision_on_a_check_is_stale(dossier, layer, cases):
    make_claim(dossier, quote=CASES)
    with act(dossier) as one:
        figures.decide_check(one, figures.checks(layer, dossier)[0], is_dismissed=False)
    (check,) = figures.checks(layer, dossier)
    with pytest.raises(StaleWrite), act(dossier) as one:
        figures.decide_check(one, check, is_dismissed=True, seen=0)
    assert figures.checks(layer, dossier)[0].state == "confirmed"


def test_check_a_person_made_shows_without_the_pipelines_relation(dossier, layer, document):
    claim = make_claim(dossier, quote=CASES)
    whole = make_quantity(document, "64", Decimal(64))
    parts = [make_quantity(document, quote, Decimal(value)) for quote, value in (("34", 34), ("26", 26))]
    with act(dossier) as one:
        annotating.compare(
            one,
            claim=claim,
            check_kind="sum",
            quantity=whole.mention,
            outcome="differs",
            addends=[str(part.pk) for part in parts],
        )
    (check,) = figures.checks(layer, dossier)
    assert (check.holds, check.difference, check.state) == (False, 4, "confirmed")


def test_mending_on_an_old_version_is_stale(dossier, layer, people):
    with act(dossier) as one:
        figures.mend(one, people.mention, seen=0, outcome="mended", reading={"kind": "count", "value": "371"})
    with pytest.raises(StaleWrite), act(dossier) as one:
        figures.mend(one, people.mention, seen=0, outcome="rejected")
    assert figures.readings(layer, [people.mention])[people.pk].value == 371


# Cost.


def big_dossier(claim_count):
    lines = [f"The office counted {number} cases in town {number}.\n" for number in range(100, 100 + claim_count)]
    lines += [f"We counted {number} cases.\n" for number in range(1000, 1000 + claim_count)]
    project = make_project()
    dossier = make_dossier(documents=[make_document(project, "".join(lines))])
    document = dossier.places.get().document
    speaker = make_actor(project)
    for number in range(claim_count):
        quote = f"The office counted {100 + number} cases in town {100 + number}."
        claim = make_claim(dossier, document, quote, speaker=speaker)
        make_quantity(document, f"{100 + number} cases", Decimal(100 + number), counted="cases")
        answer = make_claim(dossier, document, f"We counted {1000 + number} cases.", role="response", speaker=speaker)
        counter = make_quantity(document, f"{1000 + number} cases", Decimal(1000 + number), counted="cases")
        link = make_link(answer, claim)
        if number % 2:
            quantity = Quantity.objects.get(mention__quote=f"{100 + number} cases", mention__document=document)
            make_comparison(link, quantity, counter_quantity=counter.mention)
    return dossier


@pytest.mark.parametrize("reckon", [figures.rows, figures.to_compare, figures.checks], ids=lambda one: one.__name__)
def test_queries_do_not_grow_with_the_claims(db, reckon):
    counts = []
    for claim_count in (2, 12):
        dossier = big_dossier(claim_count)
        layer = dossier.project.layers.get()
        with CaptureQueriesContext(connection) as queries:
            reckon(layer, dossier)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10
