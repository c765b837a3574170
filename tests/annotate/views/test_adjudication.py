"""The screen of adjudication through the front door: what is asked, decided, refused, shown afterwards, and to whom."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client

from claims import annotating
from claims.adjudication import Table
from claims.models import Act, Claim, Link, Settlement
from tests.claims import two_readings
from tests.factories import make_claim, make_document, make_dossier, make_layer, make_link, make_member, make_project

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def world():
    return two_readings.make()


@pytest.fixture
def editor(client, world):
    client.force_login(world.editor)
    return client


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def address(world, more=""):
    return f"/dossiers/{world.dossier.pk}/adjudicate/{more}"


def page(client, world, query="", **headers):
    return client.get(address(world, query), headers=headers).content.decode()


def form(text):
    """Return the hidden fields of the decision on a card."""
    found = (
        text[text.index('class="verdict"') :] if 'class="verdict"' in text else text[text.index('class="stack new"') :]
    )
    found = found[: found.index("</form>")]
    said = {"question": [], "digest": [], "seen": []}
    for name, value in re.findall(r'name="(question|digest|seen)" value="([^"]*)"', found):
        said[name].append(value)
    return said


def settle(client, world, text, choice, **more):
    data = {**form(text), "choice": choice, "request_id": str(uuid4()), **more}
    return client.post(address(world, "settle/"), data, headers=HTMX)


def take_over(client, world, text):
    state = re.search(r'name="agreed" value="([^"]*)"', text)[1]
    return client.post(address(world, "agreed/"), {"agreed": state, "request_id": str(uuid4())}, headers=HTMX)


def choice_of(world, name):
    return f"taken:{world.layers[name].pk}"


def golden(world, model=Claim):
    return list(model.objects.live().filter(layer__kind="gold", layer__project=world.project))


def asks(text):
    return re.search(r'<p class="ask">(.*?)</p>', text)[1]


def test_first_open_question_stands_on_the_card_with_both_readings(editor, world):
    text = page(editor, world)
    assert asks(text) == "Ann has one claim where Ben has two."
    assert "Ann A8 = Ben A8, A9" in text
    assert "Take over all 20 agreed" in text
    assert "14 claims, 5 links, 1 “none found”" in text
    assert text.count('class="take"') == 2


def test_a_key_decides_and_the_next_question_comes_with_only_what_changed(editor, world):
    text = page(editor, world)
    answer = settle(editor, world, text, choice_of(world, "ben"), note="Two things are said.")
    told = answer.content.decode()
    assert answer.status_code == 200
    assert asks(told) == "Only Ben marks this."
    assert "<html" not in told
    assert told.count('class="para"') == 1
    assert [claim.name for claim in golden(world)] == ["A1", "A2"]
    assert Settlement.objects.get().note == "Two things are said."


def test_all_that_is_agreed_is_taken_over_in_one_step_and_undone_in_one(editor, world):
    answer = take_over(editor, world, page(editor, world))
    assert "20 taken over" in answer.content.decode()
    assert len(golden(world)) == 14
    back = editor.post(address(world, "undo/"), {"request_id": str(uuid4())}, headers=HTMX)
    assert "undone: take over 20" in back.content.decode()
    assert not golden(world)


def test_take_over_of_another_count_than_was_shown_is_refused(editor, world):
    text = page(editor, world)
    row = world.rows["ben"]["night"]
    with two_readings.act_of(world, "ben") as act:
        act.delete(row.no_responses.get(), seen=1)
    answer = take_over(editor, world, text)
    assert (answer.status_code, "has changed since you looked" in answer.content.decode()) == (422, True)
    assert not golden(world)


def test_the_same_request_twice_decides_once(editor, world):
    text, key = page(editor, world), str(uuid4())
    data = {**form(text), "choice": choice_of(world, "ann"), "request_id": key}
    answers = [editor.post(address(world, "settle/"), data, headers=HTMX) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Settlement.objects.count() == 1


def test_second_editor_sees_what_was_decided_meanwhile_and_nothing_is_doubled(editor, world):
    other = make_member(world.project, "editor")
    theirs = signed_in(other)
    text = page(theirs, world)
    settle(editor, world, page(editor, world), choice_of(world, "ann"), note="One claim.")
    answer = settle(theirs, world, text, choice_of(world, "ben"))
    told = answer.content.decode()
    assert (answer.status_code, answer["HX-Retarget"]) == (409, "#notice")
    assert "as Ann has it" in told
    assert "Yours: <b>as Ben has it</b>" in told
    assert "One claim." in told
    assert len(golden(world)) == 1
    # Both values stand there to choose from; the second editor insists.
    again = dict(re.findall(r'name="(question|digest|seen|choice)" value="([^"]*)"', told))
    answer = theirs.post(address(world, "settle/"), {**again, "request_id": str(uuid4())}, headers=HTMX)
    assert answer.status_code == 200
    assert len(golden(world)) == 2
    assert Settlement.objects.live().count() == 1


def test_without_javascript_every_decision_works_by_form_and_redirect(editor, world):
    text = page(editor, world)
    data = {**form(text), "choice": "neither", "request_id": str(uuid4())}
    answer = editor.post(address(world, "settle/"), data)
    assert answer.status_code == 302
    assert asks(editor.get(answer["Location"]).content.decode()) == "Only Ben marks this."
    answer = editor.post(address(world, "settle/"), {"request_id": str(uuid4())})
    assert (answer.status_code, "Choose one of the readings." in answer.content.decode()) == (422, True)


def test_something_else_is_marked_ticked_or_chosen(editor, world):
    text = page(editor, world)
    on = form(text)["question"][0]
    text = page(editor, world, f"?on={on}&new=1")
    start, end = two_readings.place(world, "report", "Fifty-eight of them", "distant-water fleet")
    document = world.documents["report"]
    span = {
        "document": str(document.pk),
        "start": start,
        "end": end,
        "quote": document.text[start:end],
        "role": "assertion",
    }
    assert settle(editor, world, text, "new", **span).status_code == 200
    assert [claim.quote for claim in golden(world)] == [document.text[start:end]]
    assert settle(editor, world, page(editor, world, "?new=1"), "new", start="", end="").status_code == 422
    take_over(editor, world, page(editor, world))
    text = page(editor, world, "?kind=link&new=1")
    while "Whom does" not in text:
        text = settle(editor, world, page(editor, world), "neither").content.decode()
    text = page(editor, world, f"?on={form(text)['question'][0]}&new=1")
    targets = re.findall(r'name="target" value="([^"]*)"', text)
    night = next(claim for claim in golden(world) if claim.quote == world.rows["ann"]["night"].quote)
    assert f"claim:{night.pk}" in targets
    settle(editor, world, text, "new", target=[targets[1], f"claim:{night.pk}"])
    answers = [
        link.target_name for link in golden(world, Link) if link.response.quote == world.rows["ann"]["dates"].quote
    ]
    assert len(answers) == 2
    assert night.name in answers


def test_agreed_claim_and_agreed_link_can_be_taken_one_by_one(editor, world):
    table = Table.of(world.dossier)
    claims = [row for row in table.questions if (row.kind, row.status) == ("claim", "agreed")]
    ends = {str(world.rows["ann"][name].pk) for name in ("payroll", "inspectors")}
    for question in claims:
        if ends & set(question.items):
            text = page(editor, world, f"?on={question.key}")
            assert asks(text) == "Ann and Ben agree."
            assert settle(editor, world, text, "agreed").status_code == 200
    # The link all agree on came along with its second end.
    assert [(link.relation, link.target_claim.quote) for link in golden(world, Link)] == [
        ("rejects", world.rows["ann"]["inspectors"].quote)
    ]
    assert {row.choice for row in Settlement.objects.all()} == {"agreed"}
    link = next(row for row in Table.of(world.dossier).questions if (row.kind, row.status) == ("link", "decided"))
    assert settle(editor, world, page(editor, world, f"?on={link.key}"), "neither").status_code == 200
    assert not golden(world, Link)
    assert settle(editor, world, page(editor, world, f"?on={link.key}"), "agreed").status_code == 200
    assert len(golden(world, Link)) == 1


def test_what_is_put_off_comes_last(editor, world):
    text = page(editor, world)
    key = form(text)["question"][0]
    told = editor.post(address(world, "later/"), {"question": key, "request_id": str(uuid4())}, headers=HTMX)
    assert asks(told.content.decode()) == "Only Ben marks this."
    assert asks(page(editor, world, f"?on={key}")) == "Ann has one claim where Ben has two."


def test_every_kind_of_question_is_asked_in_words_and_can_be_filtered(editor, world):
    take_over(editor, world, page(editor, world))
    seen = []
    for _ in range(60):
        text = page(editor, world)
        if "Everything is settled" in text:
            break
        seen.append(asks(text))
        assert (
            settle(editor, world, text, re.search(r'name="choice" value="(taken:[^"]*)"', text)[1]).status_code == 200
        )
    assert "Whom does R2 respond to?" in seen
    assert "Ann says “challenges how it was found”, Ben says “says it is not so”." in seen
    assert "Ann found no response, Ben has not said." in seen
    assert any(said.startswith("Ann says “differs") for said in seen)
    assert "Everything is settled" in page(editor, world)


def test_decision_is_shown_and_changed(editor, world):
    settle(editor, world, page(editor, world), choice_of(world, "ann"), note="Ours.")
    listed = editor.get(f"/dossiers/{world.dossier.pk}/decided/").content.decode()
    assert "as Ann has it" in listed
    on = re.search(r"adjudicate/\?on=([^\"]*)", listed)[1]
    text = page(editor, world, f"?on={on}")
    assert "Decided:" in text
    assert settle(editor, world, text, choice_of(world, "ben")).status_code == 200
    assert len(golden(world)) == 2


def test_correction_afterwards_is_shown_with_the_earlier_decision_beside_it(editor, world):
    settle(editor, world, page(editor, world), choice_of(world, "ann"), note="One claim.")
    row = world.rows["ben"]["fleets"]
    with two_readings.act_of(world, "ben") as act:
        annotating.delete_claim(act, row, seen=row.version)
    text = page(editor, world)
    assert "Decided before:" in text
    assert "One claim." in text
    assert "Leave gold as it is" in text
    assert settle(editor, world, text, "keep").status_code == 200
    assert "Decided before:" not in page(editor, world)


def test_annotator_sees_own_reading_gold_and_note_and_nobody_elses_reading(editor, world):
    secret = "Zwiebelturm"
    row = world.rows["ben"]["trust"]
    row.refresh_from_db()
    with two_readings.act_of(world, "ben") as act:
        act.change(row, seen=row.version, wording=secret)
    world.layers["ben"].name = secret
    world.layers["ben"].save()
    for choice in ("ann", "ben", "ann", "ann"):
        text = page(editor, world)
        buttons = re.findall(r'name="choice" value="(taken:[^"]*)"', text)
        wanted = choice_of(world, choice)
        settle(editor, world, text, wanted if wanted in buttons else "neither", note="As the guidelines say.")
    theirs = signed_in(world.people["ann"]).get(f"/dossiers/{world.dossier.pk}/decided/")
    told = theirs.content.decode()
    assert theirs.status_code == 200
    assert "As the guidelines say." in told
    assert "as you have it" in told
    assert secret not in told
    assert world.rows["ben"]["fined"].quote[:30] not in told
    assert signed_in(world.people["ann"]).get(address(world)).status_code == 403


@pytest.mark.parametrize("role", ["annotator", "researcher"])
def test_only_owners_and_editors_settle(world, role):
    client = signed_in(make_member(world.project, role))
    assert client.get(address(world)).status_code == 403
    assert client.get(f"/projects/{world.project.slug}/adjudication/").status_code == 403
    for deed in ("settle/", "agreed/", "later/", "undo/"):
        assert client.post(address(world, deed)).status_code == 403
    assert client.get(f"/dossiers/{world.dossier.pk}/decided/").status_code == (200 if role == "annotator" else 403)


def test_nothing_is_compared_before_adjudication_opens(client):
    world = two_readings.make(opened=False)
    for person in (world.owner, world.editor):
        theirs = signed_in(person)
        assert theirs.get(address(world)).status_code == 403
        assert theirs.get(f"/dossiers/{world.dossier.pk}/decided/").status_code == 403


def test_project_page_counts_each_dossier_and_leads_to_the_next(editor, world):
    text = editor.get(f"/projects/{world.project.slug}/adjudication/").content.decode()
    assert f"Go on with {world.dossier.title}" in text
    assert re.findall(r'<td class="number">(\d+)</td>', text)[:3] == ["20", "19", "0"]
    empty = make_dossier(world.project, title="Nobody was here")
    text = editor.get(f"/projects/{world.project.slug}/adjudication/").content.decode()
    assert "nothing to compare" in text
    assert "Nothing to compare yet" in editor.get(f"/dossiers/{empty.pk}/adjudicate/").content.decode()


def make_large(claims=100):
    """A dossier of one long text that two annotators read, with a hundred claims and as many links each."""
    project = make_project(kind="independent")
    project.adjudication_opened_at = project.created_at
    project.save()
    lines = [f"In paragraph {number} the report says that {number + 7} people were held." for number in range(claims)]
    document = make_document(project, "\n".join(lines))
    dossier = make_dossier(project, [document])
    layers = []
    for name in ("ann", "ben"):
        layer = make_layer(project, make_member(project, "annotator"))
        layers.append(layer)
        made = []
        with Act(actor=layer.annotator, project=project, layer=layer, dossier=dossier, verb="mark"):
            for number, line in enumerate(lines):
                quote = line if name == "ann" or number % 3 else line[:-5]
                role = "response" if number % 2 else "assertion"
                made.append(make_claim(dossier, document, quote, role=role, layer=layer))
                if number % 2:
                    make_link(
                        made[-1],
                        made[-2],
                        relation="rejects" if number % 5 else f"{'concedes' if name == 'ann' else 'acts'}",
                    )
    return project, dossier, layers


def test_a_decision_is_answered_within_a_quarter_of_a_second_with_a_hundred_claims_each(client, capsys):
    project, dossier, layers = make_large()
    world = type("World", (), {"dossier": dossier, "project": project})()
    client.force_login(project.memberships.get(role="owner").user)
    text, took = page(client, world), []
    for _ in range(7):
        begun = time.perf_counter()
        answer = settle(client, world, text, f"taken:{layers[0].pk}")
        took.append(time.perf_counter() - begun)
        assert answer.status_code == 200
        text = answer.content.decode()
    with capsys.disabled():
        print(f"\na decision among 2 × 100 claims: median {sorted(took)[3] * 1000:.0f} ms, {len(answer.content)} bytes")
    # The quickest, since a busy machine says nothing of the work that is done.
    assert min(took) < 0.25


def test_deciding_costs_a_bounded_number_of_queries(editor, world, django_assert_max_num_queries):
    text = page(editor, world)
    with django_assert_max_num_queries(130):
        settle(editor, world, text, choice_of(world, "ann"))
    with django_assert_max_num_queries(50):
        page(editor, world)


@pytest.mark.django_db(transaction=True)
def test_two_editors_at_the_same_moment_decide_once():
    world = two_readings.make(figures=False)
    editors = [signed_in(world.editor), signed_in(make_member(world.project, "editor"))]
    texts = [page(editor, world) for editor in editors]
    choices = [choice_of(world, "ann"), choice_of(world, "ben")]
    barrier = Barrier(2)

    def decide(number):
        try:
            barrier.wait(timeout=20)
            return settle(editors[number], world, texts[number], choices[number]).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decide, range(2))) == [200, 409]
    assert Settlement.objects.count() == 1
    assert len(golden(world)) == len(Settlement.objects.get().results)


def test_history_of_gold_says_nothing_of_another_annotators_reading(editor, world):
    secret = "Zwiebelturm"
    world.layers["ben"].name = secret
    world.layers["ben"].save()
    take_over(editor, world, page(editor, world))
    for _ in range(12):
        text = page(editor, world)
        choices = re.findall(r'name="choice" value="(taken:[^"]*)"', text)
        if choices:
            settle(editor, world, text, choices[-1])
    theirs = signed_in(world.people["ann"]).get(f"/dossiers/{world.dossier.pk}/history/").content.decode()
    assert "settle claims: as one layer has it" in theirs
    assert secret not in theirs
    for name in ("fined", "cases", "trust"):
        assert str(world.rows["ben"][name].pk) not in theirs
