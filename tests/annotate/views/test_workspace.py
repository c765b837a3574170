"""The workspace through its front door: what each deed does, what is refused, who may come in."""

from uuid import uuid4

import pytest
from django.urls import reverse

from claims.models import Act, Citation, Claim, Decision, Exclusion, Link, NoResponse, Visit
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

TEXT = (
    "The report says 370 people were arrested, including 332 brokers.\n\n"
    "It says that nobody was convicted.\n\n"
    "The ministry said the report was unfair. A spokesman said he had figures but could not reveal them.\n"
)


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def dossier(owner):
    project = make_project(owner)
    return make_dossier(documents=[make_document(project, TEXT)], set_up_at="2026-01-01T00:00:00Z")


@pytest.fixture
def browser(client, owner):
    client.force_login(owner)
    return client


def post(client, dossier, view, /, *args, htmx=True, **fields):
    headers = {"HX-Request": "true"} if htmx else {}
    fields.setdefault("request_id", str(uuid4()))
    return client.post(reverse(view, args=[dossier.pk, *args]), fields, headers=headers)


def span(dossier, quote):
    document = dossier.places.get().document
    start = document.text.index(quote)
    return {"document": document.pk, "start": start, "end": start + len(quote), "quote": quote}


def test_page_shows_the_text_unchanged(browser, dossier):
    make_claim(dossier, quote="370 people were arrested, including 332 brokers")
    response = browser.get(reverse("workspace", args=[dossier.pk]))
    assert response.status_code == 200
    assert b"A1" in response.content
    for words in (b"nobody was convicted", b"332 brokers"):
        assert words in response.content


def test_text_is_shown_as_text(browser, owner):
    text = "<script>alert(1)</script> & “370” people\n"
    dossier = make_dossier(documents=[make_document(make_project(owner), text)])
    content = browser.get(reverse("workspace", args=[dossier.pk])).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; “370” people" in content
    assert "<script>alert" not in content


def test_mark_makes_a_claim_and_swaps_its_paragraph_alone(browser, dossier):
    response = post(browser, dossier, "claim_mark", role="assertion", **span(dossier, "370 people were arrested"))
    assert response.status_code == 200
    claim = Claim.objects.get()
    assert (claim.name, claim.quote, claim.origin) == ("A1", "370 people were arrested", "scratch")
    content = response.content.decode()
    assert content.count('hx-swap-oob="outerHTML"') == 2  # the paragraph and the foot of the page
    assert "could not reveal them" not in content


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"quote": "371 people"}, "not what stands at that place"),
        ({"start": 50, "end": 20, "quote": ""}, "at least one character"),
        ({"end": 100_000, "quote": ""}, "has 205 characters"),
        ({"start": "x"}, "Select some words"),
        ({"start": "9" * 30}, "Select some words"),
        ({"role": "rumour"}, "neither assertion nor response"),
    ],
)
def test_mark_refuses_in_one_sentence_and_changes_nothing(browser, dossier, changed, told):
    fields = {"role": "assertion", **span(dossier, "370 people"), **changed}
    response = post(browser, dossier, "claim_mark", **fields)
    assert response.status_code == 422
    assert told in response.content.decode().replace(f"{len(TEXT)}", "205")
    assert response["HX-Retarget"] == "#notice"
    assert not Claim.objects.exists()


def test_same_request_twice_does_one_deed(browser, dossier):
    fields = {"role": "assertion", "request_id": str(uuid4()), **span(dossier, "370 people")}
    assert post(browser, dossier, "claim_mark", **fields).status_code == 200
    assert post(browser, dossier, "claim_mark", **fields).status_code == 200
    assert Claim.objects.count() == 1
    fields["role"] = "response"
    assert post(browser, dossier, "claim_mark", **fields).status_code == 422


def test_choosing_a_suggested_claim_accepts_both_ends(browser, dossier):
    document = dossier.places.get().document
    assertion = make_suggestion(document, "370 people were arrested", payload={"role": "assertion", "kind": "figure"})
    response = make_suggestion(document, "the report was unfair", payload={"role": "response", "speaker": "Ministry"})
    card = browser.get(reverse("workspace", args=[dossier.pk]), {"step": "pair"}).content.decode()
    assert f"suggestion:{assertion.pk}" in card
    done = post(
        browser,
        dossier,
        "link_connect",
        response=f"suggestion:{response.pk}",
        target=f"suggestion:{assertion.pk}",
        ranked=f"suggestion:{assertion.pk}",
    )
    assert done.status_code == 200
    link = Link.objects.get()
    assert (link.response.speaker.name, link.target_claim.kind) == ("Ministry", "figure")
    assert {link.response.origin, link.target_claim.origin, link.origin} == {"accepted"}
    assert Decision.objects.filter(outcome="accepted").count() == 2


def test_several_targets_make_several_links_and_one_undo_takes_them_back(browser, dossier):
    first, second = make_claim(dossier, quote="370 people"), make_claim(dossier, quote="nobody was convicted")
    response = make_claim(dossier, quote="the report was unfair", role="response")
    targets = [f"claim:{first.pk}", f"claim:{second.pk}"]
    assert post(browser, dossier, "link_connect", response=f"claim:{response.pk}", target=targets).status_code == 200
    assert Link.objects.live().count() == 2
    assert post(browser, dossier, "deed_undo").status_code == 200
    assert not Link.objects.live().exists()


@pytest.mark.parametrize("target", ["open", "questioner", "work", "continues"])
def test_every_scope_can_be_chosen(browser, dossier, target):
    earlier = make_claim(dossier, quote="the report was unfair", role="response")
    response = make_claim(dossier, quote="he had figures but could not reveal them", role="response")
    pk = {"work": dossier.places.get().document_id, "continues": earlier.pk}.get(target)
    reference = f"{target}:{pk}" if pk else target
    assert post(browser, dossier, "link_connect", response=f"claim:{response.pk}", target=reference).status_code == 200
    assert Link.objects.get(response=response).scope == target


def test_label_goes_to_all_links_that_carry_the_same_relation(browser, dossier):
    response = make_claim(dossier, quote="the report was unfair", role="response")
    first = make_link(response, make_claim(dossier, quote="370 people"))
    second = make_link(response, make_claim(dossier, quote="nobody was convicted"))
    done = post(browser, dossier, "link_label", first.pk, relation="disputes", scope="all", version=1)
    assert done.status_code == 200
    second.refresh_from_db()
    assert second.relation == "disputes"


def test_label_for_all_leaves_what_was_said_of_the_others(browser, dossier):
    response = make_claim(dossier, quote="the report was unfair", role="response")
    first = make_link(response, make_claim(dossier, quote="370 people"), relation="rejects", strategies=["denies"])
    second = make_link(
        response,
        make_claim(dossier, quote="nobody was convicted"),
        relation="rejects",
        strategies=["denies", "alleges_bias"],
        note="see the annex",
    )
    fields = {"facets": "strategies", "strategies": ["denies", "minimises"], "note": "about the first alone"}
    assert post(browser, dossier, "link_label", first.pk, scope="all", version=1, **fields).status_code == 200
    second.refresh_from_db()
    assert (second.strategies, second.note) == (["denies", "minimises", "alleges_bias"], "see the annex")


def test_label_for_all_is_stale_where_another_was_changed(browser, dossier, owner):
    response = make_claim(dossier, quote="the report was unfair", role="response")
    first = make_link(response, make_claim(dossier, quote="370 people"), relation="rejects")
    second = make_link(response, make_claim(dossier, quote="nobody was convicted"), relation="rejects")
    with Act(actor=owner, project=dossier.project, layer=first.layer, dossier=dossier, verb="label") as act:
        act.change(second, seen=1, disputed=["figure"], secondary_relation="qualifies")
    fields = {"relation": "disputes", "scope": "all", "version": 1, f"version-{second.pk}": 1}
    clash = {**fields, "secondary_relation": "concedes"}
    assert post(browser, dossier, "link_label", first.pk, **clash).status_code == 409
    first.refresh_from_db()
    assert first.relation == "rejects"
    done = post(browser, dossier, "link_label", first.pk, **fields)
    assert f"saved; meanwhile {owner} changed the points in dispute and the secondary relation" in done.content.decode()
    second.refresh_from_db()
    assert (second.relation, second.disputed) == ("disputes", ["figure"])


def test_marked_figure_is_read_at_once_and_undone_as_a_deed(browser, dossier):
    card = post(browser, dossier, "figure_mark", **span(dossier, "370 people"))
    assert card.status_code == 200
    assert "This field is required" not in card.content.decode()
    assert 'value="370"' in card.content.decode()
    assert post(browser, dossier, "deed_undo").status_code == 200
    page = browser.get(reverse("workspace", args=[dossier.pk]))
    assert b'class="figure"' not in page.content


def test_undo_returns_to_the_decision(browser, dossier):
    claim = make_claim(dossier, quote="nobody was convicted")
    browser.get(reverse("workspace", args=[dossier.pk]))
    post(browser, dossier, "claim_none_found", claim.pk)
    done = post(browser, dossier, "deed_undo")
    assert (done.context["card"].show, done.context["card"].on) == ("none", str(claim.pk))


def test_decided_suggestion_leads_on_to_the_next_decision(browser, dossier):
    suggestion = make_suggestion(dossier.places.get().document, "370 people were arrested")
    post(browser, dossier, "suggestion_reject", suggestion=suggestion.pk)
    done = post(browser, dossier, "suggestion_accept", suggestion=suggestion.pk, role="assertion")
    assert done.context["card"].show == "done"
    assert "no longer there" in done.content.decode()


def test_refusal_without_javascript_keeps_what_was_written(browser, dossier):
    claim = make_claim(dossier, quote="370 people were arrested")
    fields = {"kind": "figure", "speech": "direct", "speaker": "Ana Bell", "version": 1}
    fields |= {"period_start": "2022-01-01", "period_end": "2021-01-01"}
    done = post(browser, dossier, "claim_edit", claim.pk, htmx=False, **fields)
    assert done.status_code == 422
    assert done.context["card"].show == "edit"
    assert "Ana Bell" in done.content.decode()


def test_edit_form_shows_the_period_as_a_date_field_takes_it(browser, dossier):
    claim = make_claim(dossier, quote="370 people", period_start="2021-01-01", period_end="2021-12-31")
    page = browser.get(reverse("workspace", args=[dossier.pk]), {"show": "edit", "on": claim.pk})
    assert 'value="2021-12-31"' in page.content.decode()


def test_stale_label_shows_both_values(browser, dossier, owner):
    link = make_link(make_claim(dossier, quote="unfair", role="response"), make_claim(dossier, quote="370 people"))
    with Act(actor=owner, project=dossier.project, layer=link.layer, dossier=dossier, verb="label") as act:
        act.change(link, seen=1, relation="rejects")
    done = post(browser, dossier, "link_label", link.pk, relation="concedes", version=1)
    assert done.status_code == 409
    labels = dossier.project.vocabulary.by_facet()["relation"]
    told = done.content.decode()
    for key in ("rejects", "concedes"):
        assert labels[key].phrase in told
    link.refresh_from_db()
    assert link.relation == "rejects"
    choice = {"chosen_for": link.pk, "chosen_at": 2, "choose-relation": "mine"}
    assert post(browser, dossier, "link_label", link.pk, relation="concedes", version=1, **choice).status_code == 200
    link.refresh_from_db()
    assert (link.relation, link.version) == ("concedes", 3)


def test_what_two_people_changed_apart_is_saved_and_told(browser, dossier, owner):
    link = make_link(make_claim(dossier, quote="unfair", role="response"), make_claim(dossier, quote="370 people"))
    with Act(actor=owner, project=dossier.project, layer=link.layer, dossier=dossier, verb="label") as act:
        act.change(link, seen=1, note="Says the owner", strategies=["denies"])
    fields = {"relation": "disputes", "facets": "strategies", "strategies": ["minimises"], "version": 1}
    done = post(browser, dossier, "link_label", link.pk, **fields)
    assert done.status_code == 200
    assert f"saved; meanwhile {owner} changed the strategies and the note" in done.content.decode()
    link.refresh_from_db()
    assert (link.relation, link.note, link.strategies) == ("disputes", "Says the owner", ["denies", "minimises"])


def test_several_clashes_are_chosen_one_by_one(browser, dossier, owner):
    claim = make_claim(dossier, quote="370 people were arrested", kind="figure")
    with Act(actor=owner, project=dossier.project, layer=claim.layer, dossier=dossier, verb="edit") as act:
        act.change(claim, seen=1, kind="judgement", wording="Theirs", period_start="2021-01-01")
    fields = {"kind": "rating", "speech": "narration", "wording": "Mine", "version": 1}
    done = post(browser, dossier, "claim_edit", claim.pk, **fields)
    told = done.content.decode()
    assert done.status_code == 409
    assert "You both changed the kind and the neutral wording" in told
    assert 'name="choose-wording" value="theirs"' in told
    assert 'name="version" value="1"' in told
    fields |= {"chosen_for": claim.pk, "chosen_at": 2, "choose-kind": "mine", "choose-wording": "theirs"}
    assert post(browser, dossier, "claim_edit", claim.pk, htmx=False, **fields).status_code == 302
    claim.refresh_from_db()
    assert (claim.kind, claim.wording, str(claim.period_start)) == ("rating", "Theirs", "2021-01-01")


def test_other_wants_a_note(browser, dossier):
    link = make_link(make_claim(dossier, quote="unfair", role="response"), make_claim(dossier, quote="370 people"))
    done = post(browser, dossier, "link_label", link.pk, relation="other", version=1)
    assert done.status_code == 422
    assert "wants a note" in done.content.decode()


def test_withholding_sets_an_outcome_for_every_figure(browser, dossier):
    document = dossier.places.get().document
    make_quantity(document, "370", "370")
    make_quantity(document, "332", "332")
    assertion = make_claim(dossier, quote="370 people were arrested, including 332 brokers")
    link = make_link(make_claim(dossier, quote="could not reveal them", role="response"), assertion)
    assert post(browser, dossier, "link_label", link.pk, withhold="1", version=1).status_code == 200
    assert sorted(row.quantity.quote for row in link.comparisons.live()) == ["332", "370"]
    assert {row.outcome for row in link.comparisons.live()} == {"withheld"}


def test_none_found_lists_the_documents_that_were_opened(browser, dossier):
    claim = make_claim(dossier, quote="nobody was convicted")
    browser.get(reverse("workspace", args=[dossier.pk]), {"step": "none"})
    assert Visit.objects.count() == 1
    assert post(browser, dossier, "claim_none_found", claim.pk).status_code == 200
    assert NoResponse.objects.get().documents == [str(dossier.places.get().document_id)]


def test_citation_refuses_the_claim_s_own_words(browser, dossier):
    claim = make_claim(dossier, quote="370 people were arrested")
    fields = {"subject": f"claim:{claim.pk}", "stance": "supports"}
    own = post(browser, dossier, "citation_add", **fields, **span(dossier, "370 people"))
    assert own.status_code == 422
    assert "own words" in own.content.decode()
    other = post(browser, dossier, "citation_add", **fields, **span(dossier, "nobody was convicted"))
    assert other.status_code == 200
    assert Citation.objects.get().quote == "nobody was convicted"


def test_split_and_edit_keep_the_name(browser, dossier):
    claim = make_claim(
        dossier, quote="The ministry said the report was unfair. A spokesman said he had figures", role="response"
    )
    at = TEXT.index("A spokesman")
    assert post(browser, dossier, "claim_split", claim.pk, at=at, version=1).status_code == 200
    assert sorted(Claim.objects.values_list("quote", flat=True)) == [
        "A spokesman said he had figures",
        "The ministry said the report was unfair.",
    ]
    done = post(
        browser,
        dossier,
        "claim_edit",
        claim.pk,
        version=2,
        kind="judgement",
        speech="indirect",
        speaker="Ministry of Labour",
    )
    assert done.status_code == 200, done.content
    claim.refresh_from_db()
    assert (claim.speaker.name, claim.kind, claim.name) == ("Ministry of Labour", "judgement", "R1")


def test_verdict_wants_evidence(browser, dossier):
    claim = make_claim(dossier, quote="370 people were arrested", wants_check=True)
    fields = {"verification": "refuted", "justification": "The yearbook lists 352."}
    assert post(browser, dossier, "claim_assess", claim.pk, **fields).status_code == 422
    cite = {"subject": f"claim:{claim.pk}", "stance": "contradicts", "url": "https://example.org/", "title": "Yearbook"}
    assert post(browser, dossier, "citation_add", **cite).status_code == 200
    assert post(browser, dossier, "claim_assess", claim.pk, **fields).status_code == 200
    assert claim.assessments.get().verification == "refuted"


def test_setup_sets_sides_and_leaves_stretches_out(browser, owner):
    document = make_document(make_project(owner), TEXT)
    dossier = make_dossier(documents=[document])
    out = Exclusion(document=document, start=0, end=10, reason="title twice").anchor(TEXT)
    out.save(force_insert=True)
    fields = {f"side-{document.pk}": "responding", f"out-{out.pk}": "on", "name": ["Ministry"], "party": ["responding"]}
    assert post(browser, dossier, "setup_confirm", **fields).status_code == 200
    dossier.refresh_from_db()
    out.refresh_from_db()
    assert dossier.set_up_at
    assert (dossier.places.get().side, out.state) == ("responding", "excluded")
    assert dossier.parties.get().side == "responding"


def test_later_puts_a_decision_last_and_aside_wants_a_reason(browser, dossier):
    first, second = make_claim(dossier, quote="370 people"), make_claim(dossier, quote="nobody was convicted")
    assert post(browser, dossier, "task_postpone", task="none", subject=first.pk, state="later").status_code == 200
    card = browser.get(reverse("workspace", args=[dossier.pk]), {"step": "none"}, headers={"HX-Request": "true"})
    assert f'data-focus="{second.name}"' in card.content.decode()
    assert post(browser, dossier, "task_postpone", task="none", subject=second.pk, state="aside").status_code == 422


def test_works_without_htmx(browser, dossier):
    done = post(browser, dossier, "claim_mark", htmx=False, role="response", **span(dossier, "the report was unfair"))
    assert done.status_code == 302
    assert browser.get(done["Location"]).status_code == 200


def test_stranger_gets_404_and_researcher_403(client, dossier):
    claim = make_claim(dossier)
    for user, expected in ((make_user(), 404), (make_member(dossier.project, "researcher"), 403)):
        client.force_login(user)
        assert post(client, dossier, "claim_delete", claim.pk, version=1).status_code == expected
    assert client.get(reverse("workspace", args=[dossier.pk])).status_code == 200
    client.force_login(make_user())
    assert client.get(reverse("workspace", args=[dossier.pk])).status_code == 404


def test_independent_annotators_do_not_see_each_other(client, owner):
    project = make_project(owner, kind="independent")
    dossier = make_dossier(documents=[make_document(project, TEXT)], set_up_at="2026-01-01T00:00:00Z")
    ann, ben = make_member(project, "annotator", "ann"), make_member(project, "annotator", "ben")
    client.force_login(ann)
    assert post(client, dossier, "claim_mark", role="assertion", **span(dossier, "370 people")).status_code == 200
    claim = Claim.objects.get()
    client.force_login(ben)
    page = client.get(reverse("workspace", args=[dossier.pk]))
    assert b'data-name="A1"' not in page.content
    assert post(client, dossier, "claim_delete", claim.pk, version=1).status_code == 422
    assert Claim.objects.live().count() == 1


def test_queries_do_not_grow_with_the_marks(browser, dossier, django_assert_max_num_queries):
    for quote in ("370 people", "332 brokers", "nobody was convicted", "It says"):
        make_claim(dossier, quote=quote)
    browser.get(reverse("workspace", args=[dossier.pk]))
    with django_assert_max_num_queries(52):
        browser.get(reverse("workspace", args=[dossier.pk]))
