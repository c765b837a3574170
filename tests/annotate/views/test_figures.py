"""The Figures page through its front door: what is shown, compared, confirmed, mended and ruled, and by whom."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.models import Change, Citation, Decision, FigureComparison, Quantity
from tests.factories import (
    make_claim,
    make_comparison,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_member,
    make_project,
    make_quantity,
    make_user,
)

pytestmark = pytest.mark.django_db

TEXT = (
    "The report says 370 people were arrested, including 332 brokers. The fund paid 2.2 billion riel ($543,080).\n"
    "The ministry said 375 people were arrested and the rest could not be revealed.\n"
)
BROKERS = "370 people were arrested, including 332 brokers"


@pytest.fixture
def editor():
    return make_user("editor")


@pytest.fixture
def dossier(editor):
    return make_dossier(documents=[make_document(make_project(editor), TEXT)])


@pytest.fixture
def document(dossier):
    return dossier.places.get().document


@pytest.fixture
def claim(dossier):
    return make_claim(dossier, quote=BROKERS)


@pytest.fixture
def link(dossier, claim):
    response = make_claim(dossier, quote="375 people were arrested", role="response")
    return make_link(response, claim, relation="rejects", disputed=["figure"])


@pytest.fixture
def people(document):
    return make_quantity(document, "370", Decimal(370), counted="people")


@pytest.fixture
def counter(document):
    return make_quantity(document, "375", Decimal(375), counted="people")


@pytest.fixture
def part(document, people):
    return make_quantity(document, "332", Decimal(332), counted="brokers", part_of=people)


@pytest.fixture
def browser(client, editor):
    client.force_login(editor)
    return client


def page(client, dossier, **query):
    return client.get(reverse("figures", args=[dossier.pk]), query)


def address(view, dossier, claim, quantity):
    return reverse(view, args=[dossier.pk, claim.pk, quantity.pk])


def post(client, url, /, *, htmx=True, **fields):
    fields.setdefault("request_id", str(uuid4()))
    return client.post(url, fields, headers={"HX-Request": "true"} if htmx else {})


READING = {"kind": "count", "value": "371", "modifier": "=", "counted": "people", "version": "0"}


# Who may come in.


def test_stranger_gets_404(client, dossier, claim, link, people, part, document):
    comparison = make_comparison(link, people)
    client.force_login(make_user())
    assert page(client, dossier).status_code == 404
    for view in ("figure_mend", "figure_compare"):
        assert client.get(address(view, dossier, claim, people)).status_code == 404
        assert post(client, address(view, dossier, claim, people), **READING).status_code == 404
    assert client.get(reverse("figure_rule", args=[comparison.pk])).status_code == 404
    assert post(client, reverse("figure_withhold", args=[link.pk])).status_code == 404
    assert post(client, reverse("figure_check", args=[dossier.pk])).status_code == 404


def test_nobody_signed_in_is_sent_to_sign_in(client, dossier):
    assert page(client, dossier).status_code == 302


def test_annotator_compares_and_may_not_rule(client, dossier, claim, link, people):
    client.force_login(make_member(dossier.project, "annotator"))
    shown = page(client, dossier).content.decode()
    assert "Compare with R1" in shown
    fields = {"link": link.pk, "counter": "", "outcome": "withheld", "version": "0"}
    assert post(client, address("figure_compare", dossier, claim, people), **fields).status_code == 200
    comparison = FigureComparison.objects.get()
    assert "Rule on it" not in page(client, dossier).content.decode()
    rule = reverse("figure_rule", args=[comparison.pk])
    assert client.get(rule).status_code == 403
    refused = post(client, rule, ruling="withheld", justification="So they said.", version="1")
    assert refused.status_code == 403
    comparison.refresh_from_db()
    assert comparison.ruling == ""


def test_researcher_reads_only(client, dossier, claim, link, people, part):
    comparison = make_comparison(link, people, outcome="withheld")
    client.force_login(make_member(dossier.project, "researcher"))
    shown = page(client, dossier).content.decode()
    assert "withheld" in shown
    assert "<button" not in shown.split("<main")[1]
    assert client.get(address("figure_mend", dossier, claim, people)).status_code == 403
    assert post(client, reverse("figure_withhold", args=[link.pk])).status_code == 403
    assert post(client, reverse("figure_check", args=[dossier.pk]), check=f"part.{part.pk}").status_code == 403
    assert client.get(reverse("figure_rule", args=[comparison.pk])).status_code == 403


def test_in_an_independent_project_each_sees_their_own_figures(client, editor):
    project = make_project(editor, kind="independent")
    dossier = make_dossier(documents=[make_document(project, TEXT)])
    make_quantity(dossier.places.get().document, "370", Decimal(370), counted="people")
    ada, ben = make_member(project, "annotator", "ada"), make_member(project, "annotator", "ben")
    claim = make_claim(dossier, quote=BROKERS, layer=make_layer(project, ada))
    client.force_login(ada)
    assert "370" in page(client, dossier).content.decode().split("<main")[1]
    for other in (ben, editor):
        client.force_login(other)
        assert BROKERS[:10] not in page(client, dossier).content.decode().split("<main")[1]
        quantity = Quantity.objects.get()
        assert client.get(address("figure_mend", dossier, claim, quantity)).status_code == 404


def test_ruling_on_another_layers_comparison_is_404(client, editor):
    project = make_project(editor, kind="independent", adjudication_opened_at="2026-01-01T00:00:00Z")
    dossier = make_dossier(documents=[make_document(project, TEXT)])
    document = dossier.places.get().document
    layer = make_layer(project, make_member(project, "annotator"))
    claim = make_claim(dossier, quote=BROKERS, layer=layer)
    response = make_claim(dossier, quote="375 people were arrested", role="response", layer=layer)
    comparison = make_comparison(make_link(response, claim), make_quantity(document, "370", Decimal(370)))
    client.force_login(editor)
    assert client.get(reverse("figure_rule", args=[comparison.pk])).status_code == 404


# What is shown.


def test_page_shows_each_figure_with_reading_sentence_and_layer(browser, dossier, claim, people):
    shown = page(browser, dossier).content.decode()
    assert "Reading: <b>Team</b>" in shown
    assert "<mark>370</mark> people were arrested, including 332 brokers." in shown
    assert "<dd>people</dd>" in shown
    assert "nothing to compare" in shown


@pytest.mark.parametrize("state", ["all", "open", "compared", "withheld", "ruled", "checks"])
def test_every_filter_answers_and_teaches_when_empty(browser, dossier, state):
    response = page(browser, dossier, state=state)
    assert response.status_code == 200
    assert 'class="empty"' in response.content.decode()


def test_unknown_filter_is_404(browser, dossier):
    assert page(browser, dossier, state="fancy").status_code == 404


def test_filter_shows_what_it_says(browser, dossier, claim, link, people, part):
    make_comparison(link, people, outcome="withheld")
    assert keys(page(browser, dossier, state="withheld")) == {f"figure-{claim.pk}-{people.pk}"}
    assert keys(page(browser, dossier, state="open")) == {f"figure-{claim.pk}-{part.pk}"}
    assert keys(page(browser, dossier, state="checks")) == {f"check-part-{part.pk}"}


def keys(response):
    groups = response.context["groups"]
    return {row.key for group in groups for row in (*group.entries, *group.lines)}


def test_words_of_a_document_are_shown_as_text(browser, editor):
    text = "<script>alert(5)</script> says 370 & more"
    dossier = make_dossier(documents=[make_document(make_project(editor), text)])
    make_quantity(dossier.places.get().document, "370", Decimal(370))
    make_claim(dossier)
    shown = page(browser, dossier).content.decode()
    assert "&lt;script&gt;alert(5)&lt;/script&gt; says" in shown
    assert "<script>alert" not in shown


def test_pages_carry_no_inline_style_or_script(browser, dossier, claim, link, people, part):
    shown = page(browser, dossier).content.decode()
    shown += browser.get(address("figure_compare", dossier, claim, people), {"link": link.pk}).content.decode()
    assert "style=" not in shown
    assert "onclick" not in shown
    assert "<style" not in shown


# Comparing.


def test_outcome_is_computed_when_nothing_is_chosen(browser, dossier, claim, link, people, counter):
    fields = {"link": link.pk, "counter": counter.pk, "outcome": "", "version": "0"}
    response = post(browser, address("figure_compare", dossier, claim, people), **fields)
    assert response.status_code == 200
    comparison = FigureComparison.objects.get()
    assert (comparison.outcome, comparison.absolute_difference) == ("differs", 5)
    assert comparison.relative_difference == Decimal("0.013514")
    shown = response.content.decode()
    assert "+5 (+1.4 %)" in shown
    # The response's own row shows it too, and the counts at the top.
    assert f'id="figure-{link.response_id}-{counter.pk}"' in shown
    assert shown.count("hx-swap-oob") == 2


def test_form_proposes_the_likeliest_figure(browser, dossier, claim, link, people, counter):
    shown = browser.get(address("figure_compare", dossier, claim, people), {"link": link.pk}).content.decode()
    assert "Computed: <b>differs</b>, +5 (+1.4 %)" in shown
    without = browser.get(
        address("figure_compare", dossier, claim, people), {"link": link.pk, "counter": "", "note": "kept"}
    ).content.decode()
    assert "no figure given in return" in without
    assert ">\nkept</textarea>" in without


def test_without_javascript_comparing_comes_back_to_the_row(browser, dossier, claim, link, people):
    url = address("figure_compare", dossier, claim, people)
    assert "Set against" in browser.get(url, {"link": link.pk}).content.decode()
    fields = {"link": link.pk, "counter": "", "outcome": "no_counter_figure", "version": "0"}
    response = post(browser, url, htmx=False, **fields)
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('figures', args=[dossier.pk])}#figure-{claim.pk}-{people.pk}"


def test_what_differs_is_ticked_or_computed(browser, dossier, claim, link, people, counter):
    url = address("figure_compare", dossier, claim, people)
    fields = {"link": link.pk, "counter": counter.pk, "outcome": "not_comparable", "version": "0"}
    refused = post(browser, url, **fields)
    assert refused.status_code == 422
    assert "Say what differs" in refused.content.decode()
    assert post(browser, url, **fields, differs_in=["period", "definition"]).status_code == 200
    comparison = FigureComparison.objects.get()
    assert (comparison.differs_in, comparison.absolute_difference) == (["period", "definition"], None)
    # The schema wants a note that names what differs; what was ticked is one.
    assert comparison.note == "period and definition differ"


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "nonsense"},
        {"counter": "nonsense"},
        {"outcome": "other", "note": " "},
        {"version": ""},
        {"version": "one"},
        {"differs_in": "colour"},
    ],
)
def test_wrong_outcome_is_refused_in_a_sentence(browser, dossier, claim, link, people, wrong):
    fields = {"link": link.pk, "counter": "", "outcome": "withheld", "version": "0", **wrong}
    response = post(browser, address("figure_compare", dossier, claim, people), **fields)
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert not FigureComparison.objects.exists()


def test_link_that_does_not_bear_on_the_claim_is_404(browser, dossier, claim, link, people):
    other = make_link(link.response, make_claim(dossier, quote="The fund paid"))
    response = post(browser, address("figure_compare", dossier, claim, people), link=other.pk, version="0")
    assert response.status_code == 404


def test_same_post_twice_does_it_once(browser, dossier, claim, link, people):
    url, request_id = address("figure_compare", dossier, claim, people), str(uuid4())
    fields = {"link": link.pk, "counter": "", "outcome": "withheld", "version": "0", "request_id": request_id}
    assert [post(browser, url, **fields).status_code for _ in range(2)] == [200, 200]
    assert FigureComparison.objects.count() == 1
    assert post(browser, url, **{**fields, "outcome": "differs"}).status_code == 422


def test_stale_outcome_shows_both_and_can_be_saved_over(browser, dossier, claim, link, people):
    comparison = make_comparison(link, people, outcome="withheld")
    url = address("figure_compare", dossier, claim, people)
    fields = {"link": link.pk, "comparison": comparison.pk, "counter": "", "version": "1"}
    assert post(browser, url, **fields, outcome="no_counter_figure", note="theirs").status_code == 200
    stale = post(browser, url, **fields, outcome="unclear", note="mine")
    shown = stale.content.decode()
    assert stale.status_code == 409
    for words in ("Changed meanwhile", "no figure given in return", "cannot tell from the text", "theirs", "mine"):
        assert words in shown
    assert 'name="version" value="2"' in shown
    assert post(browser, url, **{**fields, "version": "2"}, outcome="unclear", note="mine").status_code == 200
    comparison.refresh_from_db()
    assert (comparison.outcome, comparison.note, comparison.version) == ("unclear", "mine", 3)


def test_a_note_and_an_outcome_of_two_people_are_merged_and_told(browser, dossier, claim, link, people):
    comparison = make_comparison(link, people, outcome="withheld")
    url = address("figure_compare", dossier, claim, people)
    fields = {"link": link.pk, "comparison": comparison.pk, "counter": "", "version": "1"}
    assert post(browser, url, **fields, outcome="withheld", note="theirs").status_code == 200
    merged = post(browser, url, **fields, outcome="no_counter_figure", note="")
    assert merged.status_code == 200
    assert "changed the note" in merged.content.decode()
    comparison.refresh_from_db()
    assert (comparison.outcome, comparison.note, comparison.version) == ("no_counter_figure", "theirs", 3)


def test_outcome_can_be_taken_back(browser, dossier, claim, link, people):
    comparison = make_comparison(link, people, outcome="withheld")
    url = address("figure_compare", dossier, claim, people)
    fields = {"link": link.pk, "comparison": comparison.pk, "counter": "", "version": "1", "take_back": "1"}
    assert post(browser, url, **fields).status_code == 200
    comparison.refresh_from_db()
    assert comparison.deleted_at is not None
    # Somebody who still has the old form open loses nothing and is told.
    late = post(browser, url, **{**fields, "take_back": "", "outcome": "differs"})
    assert late.status_code in (404, 409, 200)


def test_one_act_withholds_every_figure_of_a_claim(browser, dossier, claim, link, people, part):
    shown = page(browser, dossier).content.decode()
    assert "withholds all that are left" in shown
    response = post(browser, reverse("figure_withhold", args=[link.pk]))
    assert response.status_code == 200
    assert set(FigureComparison.objects.values_list("quantity", "outcome")) == {
        (people.pk, "withheld"),
        (part.pk, "withheld"),
    }
    acts = Change.objects.filter(kind="figurecomparison").values_list("act", flat=True)
    assert len(set(acts)) == 1
    again = post(browser, reverse("figure_withhold", args=[link.pk]))
    assert again.status_code == 422
    assert "has an outcome" in again.content.decode()


def test_filter_that_is_shown_stays_chosen(browser, dossier, claim, link, people, part):
    shown = reverse("figures", args=[dossier.pk]) + "?state=open"
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{shown}"}
    withheld = browser.post(reverse("figure_withhold", args=[link.pk]), headers=headers)
    assert withheld.context["state"] == "open"
    assert "Nothing is left to compare." in withheld.content.decode()
    outcome = {"link": link.pk, "counter": "", "comparison": FigureComparison.objects.first().pk, "version": "1"}
    row = FigureComparison.objects.first().quantity.quantity
    compared = browser.post(address("figure_compare", dossier, claim, row), outcome, headers=headers)
    assert f'href="{shown}" aria-current="true"' in compared.content.decode()


# Mending.


def test_mended_reading_is_the_layers_own(browser, dossier, claim, people):
    url = address("figure_mend", dossier, claim, people)
    assert 'name="value" value="370"' in browser.get(url).content.decode()
    response = post(browser, url, **READING)
    assert response.status_code == 200
    assert "<dd>371" in response.content.decode()
    decision = Decision.objects.get()
    assert (decision.outcome, decision.reading["value"], decision.reading["counted"]) == ("mended", "371", "people")
    people.refresh_from_db()
    assert people.value == 370


def test_a_fall_may_end_lower(browser, dossier, claim, people):
    fields = {**READING, "value": "9", "value_high": "4", "modifier": "down"}
    assert post(browser, address("figure_mend", dossier, claim, people), **fields).status_code == 200
    fields = {**fields, "modifier": "=", "version": "1"}
    assert post(browser, address("figure_mend", dossier, claim, people), **fields).status_code == 422


@pytest.mark.parametrize("wrong", [{"value": "many"}, {"kind": "mood"}, {"version": ""}, {"period_start": "soon"}])
def test_wrong_reading_is_refused_with_the_persons_words(browser, dossier, claim, people, wrong):
    response = post(browser, address("figure_mend", dossier, claim, people), **{**READING, "unit": "kept", **wrong})
    assert response.status_code == 422
    assert 'value="kept"' in response.content.decode()
    assert not Decision.objects.exists()


def test_stale_reading_shows_both(browser, dossier, claim, people):
    url = address("figure_mend", dossier, claim, people)
    post(browser, url, **READING)
    stale = post(browser, url, **{**READING, "value": "372"})
    shown = stale.content.decode()
    assert stale.status_code == 409
    assert "<td>372</td><td>371</td>" in shown
    assert 'name="version" value="1"' in shown
    assert post(browser, url, **{**READING, "value": "372", "version": "1"}).status_code == 200
    assert Decision.objects.get().reading["value"] == "372"


def test_what_is_no_figure_is_set_aside_and_brought_back(browser, dossier, claim, people):
    url = address("figure_mend", dossier, claim, people)
    assert post(browser, url, htmx=False, outcome="rejected", version="0").status_code == 302
    shown = page(browser, dossier)
    assert keys(shown) == set()
    assert "Set aside as no figure" in shown.content.decode()
    assert post(browser, url, htmx=False, outcome="accepted", version="0").status_code == 409
    assert post(browser, url, htmx=False, outcome="accepted", version="1").status_code == 302
    assert keys(page(browser, dossier)) == {f"figure-{claim.pk}-{people.pk}"}


def test_mending_moves_the_sums(browser, dossier, claim, people, part):
    fields = {**READING, "value": "380", "counted": "brokers"}
    post(browser, address("figure_mend", dossier, claim, part), **fields)
    shown = page(browser, dossier, state="checks").content.decode()
    assert "does not hold" in shown
    assert "380 of 370" in shown


# Arithmetic.


def test_check_is_confirmed_then_dismissed(browser, dossier, claim, people, part):
    url = reverse("figure_check", args=[dossier.pk])
    assert "✓ holds" in page(browser, dossier).content.decode()
    confirmed = post(browser, url, check=f"part.{part.pk}", decision="confirm", version="0")
    assert confirmed.status_code == 200
    assert "confirmed" in confirmed.content.decode()
    assert post(browser, url, check=f"part.{part.pk}", decision="dismiss", version="0").status_code == 409
    assert post(browser, url, check=f"part.{part.pk}", decision="dismiss", version="1").status_code == 200
    comparison = FigureComparison.objects.get()
    assert (comparison.check_kind, comparison.is_dismissed, comparison.claim) == ("part", True, claim)


def test_wrong_check_is_refused(browser, dossier, claim, people, part):
    url = reverse("figure_check", args=[dossier.pk])
    assert post(browser, url, check=f"part.{part.pk}", decision="perhaps", version="0").status_code == 422
    assert post(browser, url, check=f"part.{part.pk}", decision="confirm").status_code == 422
    assert post(browser, url, check="sum.nonsense", decision="confirm", version="0").status_code == 404
    assert browser.get(url).status_code == 405
    assert not FigureComparison.objects.exists()


def test_conversion_shows_its_rate(browser, dossier, document):
    riel = make_quantity(document, "2.2 billion riel", Decimal("2.2E9"), kind="money", currency="KHR")
    make_quantity(document, "$543,080", Decimal(543080), kind="money", currency="USD", converts=riel)
    make_claim(dossier, quote="The fund paid 2.2 billion riel ($543,080).")
    shown = page(browser, dossier).content.decode()
    assert "KHR 2,200,000,000 = USD 543,080" in shown
    assert "implies 1 USD = 4,051 KHR" in shown


# Ruling.


@pytest.fixture
def comparison(link, people, counter):
    return make_comparison(link, people, counter_quantity=counter.mention, absolute_difference=Decimal(5))


RULING = {"ruling": "differs", "justification": "The court register gives 370.", "version": "1"}


def test_editor_rules_with_a_source(browser, dossier, editor, comparison):
    url = reverse("figure_rule", args=[comparison.pk])
    assert "Justification" in browser.get(url).content.decode()
    source = {"title": "Court register", "url": "https://example.org/register", "page": "12", "stance": "supports"}
    response = post(browser, url, **RULING, **source)
    assert response.status_code == 200
    comparison.refresh_from_db()
    assert (comparison.ruling, comparison.ruled_by) == ("differs", editor)
    citation = Citation.objects.get()
    assert (citation.comparison, citation.title, citation.page) == (comparison, "Court register", "12")
    shown = response.content.decode()
    assert "Ruling: differs." in shown
    assert "Court register" in shown
    assert Change.objects.filter(kind="citation").get().act == Change.objects.filter(object_id=comparison.pk).last().act


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"justification": "  "}, "A ruling wants a justification."),
        ({"ruling": "nonsense"}, "nonsense"),
        ({"page": "12"}, "Name the source by its title or its URL."),
        ({"url": "javascript:alert(1)"}, "Write an address that begins with http:// or https://."),
        ({"version": ""}, "reload it"),
    ],
)
def test_wrong_ruling_is_refused_and_leaves_nothing(browser, comparison, wrong, told):
    response = post(browser, reverse("figure_rule", args=[comparison.pk]), **{**RULING, **wrong})
    assert response.status_code == 422
    assert told in response.content.decode()
    comparison.refresh_from_db()
    assert comparison.ruling == ""
    assert not Citation.objects.exists()


def test_stale_ruling_shows_both(browser, comparison):
    url = reverse("figure_rule", args=[comparison.pk])
    post(browser, url, **RULING)
    stale = post(browser, url, **{**RULING, "ruling": "unclear", "justification": "Mine."})
    shown = stale.content.decode()
    assert stale.status_code == 409
    assert "The court register gives 370." in shown
    assert "Mine." in shown
    comparison.refresh_from_db()
    assert comparison.ruling == "differs"


def test_ruling_can_be_taken_back(browser, comparison):
    url = reverse("figure_rule", args=[comparison.pk])
    post(browser, url, htmx=False, **RULING)
    assert post(browser, url, htmx=False, ruling="", justification="", version="2").status_code == 302
    comparison.refresh_from_db()
    assert (comparison.ruling, comparison.ruled_by) == ("", None)


def test_check_that_does_not_hold_can_be_ruled_on(browser, dossier, claim, people, part):
    Quantity.objects.filter(pk=part.pk).update(value=Decimal(380))
    post(browser, reverse("figure_check", args=[dossier.pk]), check=f"part.{part.pk}", decision="confirm", version="0")
    url = reverse("figure_rule", args=[FigureComparison.objects.get().pk])
    assert "Justification" in browser.get(url, headers={"HX-Request": "true"}).content.decode()
    response = post(browser, url, **RULING)
    assert response.status_code == 200
    assert "Ruling: differs." in response.content.decode()


# Cost.


def test_queries_do_not_grow_with_the_figures(browser, editor):
    def cost(number):
        text = "".join(f"Town {place} counted {1000 + place} cases.\n" for place in range(number))
        dossier = make_dossier(documents=[make_document(make_project(editor), text)])
        document = dossier.places.get().document
        for place in range(number):
            make_claim(dossier, document, f"Town {place} counted {1000 + place} cases.")
            make_quantity(document, str(1000 + place), Decimal(1000 + place), counted="cases")
        with CaptureQueriesContext(connection) as queries:
            assert page(browser, dossier).status_code == 200
        return len(queries)

    cost(1)  # the first page of all also asks who this is
    assert cost(2) == cost(20) <= 36


def test_long_lists_come_in_pages(browser, editor):
    text = "".join(f"Town {place} counted {1000 + place} cases.\n" for place in range(45))
    dossier = make_dossier(documents=[make_document(make_project(editor), text)])
    document = dossier.places.get().document
    for place in range(45):
        claim = make_claim(dossier, document, f"Town {place} counted {1000 + place} cases.")
        quantity = make_quantity(document, str(1000 + place), Decimal(1000 + place), counted="cases")
    assert len(keys(page(browser, dossier))) == 40
    assert len(keys(page(browser, dossier, page=2))) == 5
    # Coming back to a row of the second page finds it there.
    response = post(browser, address("figure_mend", dossier, claim, quantity), htmx=False, **READING)
    assert response.status_code == 302
    assert "?page=2#" in response["Location"]
