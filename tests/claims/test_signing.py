"""Signing a reading, sending it back, and what was changed since."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from claims import annotating, checklist, signing
from claims.errors import SignedUnseen
from claims.models import Act, Assignment, Change, Comment, Layer, Notice, Project, SignOff, last_act, undo
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


@pytest.fixture
def editor():
    return make_user("ed")


@pytest.fixture
def dossier(editor):
    project = make_project(editor)
    dossier = make_dossier(documents=[make_document(project, "It arrested 370 people. That is not so.")])
    assertion = make_claim(dossier, quote="It arrested 370 people")
    make_link(make_claim(dossier, quote="That is not so", role="response"), assertion, relation="rejects")
    return dossier


def team(dossier):
    return signing.settling_layer(dossier.project)


def act(dossier, actor, layer=None, verb=""):
    return Act(actor=actor, project=dossier.project, layer=layer or team(dossier), dossier=dossier, verb=verb)


def sign(dossier, editor, **fields):
    with act(dossier, editor) as open_act:
        return signing.sign(open_act, seen=signing.last_change(team(dossier), dossier), **fields)


def reword(dossier, actor, wording):
    claim = team(dossier).claims.get(role="assertion")
    with act(dossier, actor, verb="reword") as open_act:
        open_act.change(claim, seen=claim.version, wording=wording)
    return open_act


def state(dossier):
    return signing.standing(team(dossier), dossier).state


def test_a_sign_off_says_who_and_what_stays_open(dossier, editor):
    sign_off = sign(dossier, editor, open_questions=" Whose list? ")
    assert (sign_off.created_by, sign_off.open_questions, state(dossier)) == (editor, "Whose list?", "signed")
    assert sign_off.change_id == signing.last_change(team(dossier), dossier)


def test_a_later_edit_is_told_with_what_it_changed(dossier, editor):
    sign(dossier, editor)
    reword(dossier, make_member(dossier.project, "annotator", "ben"), "370 people were arrested")
    standing = signing.standing(team(dossier), dossier)
    assert (standing.state, len(standing.changes)) == ("changed", 1)
    (deed,) = signing.deeds_since(standing, dossier.project.vocabulary, most=10)
    assert (deed.first.actor.username, deed.told[0].name) == ("ben", "A1")
    assert deed.told[0].values == [("neutral wording", "", "370 people were arrested")]


def test_what_was_done_and_undone_since_is_no_change(dossier, editor):
    sign(dossier, editor)
    done = reword(dossier, editor, "later")
    assert state(dossier) == "changed"
    undo(done.uuid, actor=editor, dossier=dossier)
    assert state(dossier) == "signed"


def test_undoing_what_was_signed_is_a_change(dossier, editor):
    done = reword(dossier, editor, "earlier")
    sign(dossier, editor)
    undo(done.uuid, actor=editor, dossier=dossier)
    assert state(dossier) == "changed"


def test_a_comment_or_a_decision_put_off_is_no_change(dossier, editor):
    sign(dossier, editor)
    with act(dossier, editor) as open_act:
        open_act.create(Comment(layer=team(dossier), dossier=dossier, text="Well done."))
        annotating.postpone(open_act, task="pair", subject=dossier.pk, state="later")
    assert state(dossier) == "signed"


def test_another_title_of_the_dossier_is_a_change(dossier, editor):
    sign(dossier, editor)
    with Act(actor=editor, project=dossier.project, verb="set up") as open_act:
        open_act.change(dossier, seen=1, title="Another")
    assert state(dossier) == "changed"


def test_another_layer_or_dossier_changes_nothing(dossier, editor):
    sign(dossier, editor)
    other = make_dossier(documents=[make_document(dossier.project)])
    make_claim(other)
    make_claim(dossier, quote="It", layer=make_layer(dossier.project, editor))
    assert state(dossier) == "signed"


def test_nobody_signs_what_they_have_not_seen(dossier, editor):
    seen = signing.last_change(team(dossier), dossier)
    reword(dossier, editor, "meanwhile")
    with pytest.raises(SignedUnseen), act(dossier, editor) as open_act:
        signing.sign(open_act, seen=seen)
    assert not SignOff.objects.exists()


def test_signing_again_forgets_what_was_changed_before(dossier, editor):
    sign(dossier, editor)
    reword(dossier, editor, "later")
    sign(dossier, editor)
    assert state(dossier) == "signed"


def test_a_sign_off_can_be_lifted_once(dossier, editor):
    sign(dossier, editor)
    with act(dossier, editor) as open_act:
        signing.lift(open_act, note="too early")
    assert state(dossier) == ""
    with pytest.raises(ValidationError, match="no sign-off to lift"), act(dossier, editor) as open_act:
        signing.lift(open_act)


def test_an_item_sent_back_tells_whoever_made_it(dossier, editor):
    ben = make_member(dossier.project, "annotator", "ben")
    claim = make_claim(dossier, quote="It arrested", actor=ben)
    sign(dossier, editor)
    with act(dossier, editor) as open_act:
        comment = signing.send_back(open_act, note="Whose words?", item=claim)
    assert (comment.claim, comment.is_sent_back, state(dossier)) == (claim, True, "sent_back")
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.actor, notice.comment) == (ben, "sent_back", editor, comment)
    assert comment.sign_off.note == "A2: Whose words?"
    with act(dossier, ben) as open_act:
        signing.resolve(open_act, comment, seen=1)
    assert (comment.resolved_by, state(dossier)) == (ben, "mended")
    sign(dossier, editor)
    assert state(dossier) == "signed"


def test_a_dossier_sent_back_tells_those_who_have_it(dossier, editor):
    ben, cleo = (make_member(dossier.project, "annotator", name) for name in ("ben", "cleo"))
    Assignment.objects.create(dossier=dossier, annotator=ben)
    make_claim(dossier, quote="It", actor=cleo)
    with act(dossier, editor) as open_act:
        signing.send_back(open_act, note="All of it.")
    assert [notice.user for notice in Notice.objects.all()] == [ben]


def test_a_dossier_that_nobody_was_given_tells_whoever_annotated_it(dossier, editor):
    ben = make_member(dossier.project, "annotator", "ben")
    make_claim(dossier, quote="It", actor=ben)
    gone = make_user("gone")
    make_claim(dossier, quote="people", actor=gone)
    with act(dossier, editor) as open_act:
        signing.send_back(open_act, note="All of it.")
    assert [notice.user for notice in Notice.objects.all()] == [ben]


def test_sending_an_annotators_reading_back_opens_the_assignment_again(editor):
    project = make_project(editor, kind="independent", adjudication_opened_at=timezone.now())
    dossier = make_dossier(documents=[make_document(project)])
    ben = make_member(project, "annotator", "ben")
    layer = make_layer(project, ben)
    done = Assignment.objects.create(dossier=dossier, annotator=ben, state="finished", finished_at=timezone.now())
    with act(dossier, editor, layer) as open_act:
        signing.send_back(open_act, note="The last page is missing.")
    done.refresh_from_db()
    assert (done.state, done.finished_at, done.version) == ("open", None, 2)
    assert [notice.user for notice in Notice.objects.all()] == [ben]


def test_gold_is_what_is_signed_in_an_independent_project(editor):
    project = make_project(editor, kind="independent")
    assert signing.settling_layer(project) is None
    gold = Layer.objects.create(project=project, kind="gold", name="Gold")
    assert signing.settling_layer(project) == gold


@pytest.mark.parametrize("note", ["", "  "])
def test_sending_back_wants_a_note(dossier, editor, note):
    with pytest.raises(ValidationError, match="looked at again"), act(dossier, editor) as open_act:
        signing.send_back(open_act, note=note)


def test_the_history_has_every_word(dossier, editor):
    sign(dossier, editor, open_questions="Whose?")
    change = Change.objects.get(kind="signoff")
    assert (change.after["state"], change.after["open_questions"]) == ("signed", "Whose?")
    assert "change_id" not in change.after


def test_many_dossiers_cost_as_many_queries_as_one(dossier, editor, django_assert_num_queries):
    dossiers = [dossier, *(make_dossier(dossier.project) for _ in range(5))]
    for one in dossiers:
        with act(one, editor) as open_act:
            signing.sign(open_act, seen=signing.last_change(team(one), one))
    layer = team(dossier)
    with django_assert_num_queries(3):
        found = signing.standings(layer, dossiers)
    assert {standing.state for standing in found.values()} == {"signed"}


def test_what_was_sent_back_to_a_person_comes_before_the_sign_off_in_their_lists(editor):
    project = make_project(editor, kind="independent", adjudication_opened_at=timezone.now())
    dossier = make_dossier(documents=[make_document(project)])
    ben = make_member(project, "annotator", "ben")
    layer, gold = make_layer(project, ben), Layer.objects.create(project=project, kind="gold", name="Gold")
    with act(dossier, editor, gold) as open_act:
        signing.sign(open_act, seen=None)
    with act(dossier, editor, layer) as open_act:
        signing.send_back(open_act, note="Look again.")
    assert signing.standings_seen(ben, project, [dossier])[dossier.pk].state == "sent_back"
    assert signing.standings_seen(editor, project, [dossier])[dossier.pk].state == "signed"
    Project.objects.filter(pk=project.pk).update(adjudication_opened_at=None)
    cleo = make_member(project, "annotator", "cleo")
    assert signing.standings_seen(cleo, project, [dossier])[dossier.pk].state == ""


def test_undo_in_the_workspace_leaves_the_sign_off_alone(dossier, editor):
    done = reword(dossier, editor, "370 people were arrested")
    sign(dossier, editor)
    with act(dossier, editor) as open_act:
        signing.send_back(open_act, note="Look again.")
    assert last_act(actor=editor, dossier=dossier) == done.uuid


# What is left


def test_what_is_left_is_named_with_its_place(editor):
    project = make_project(editor)
    text = "It arrested 370 people. It freed nobody. They arrested 350. No."
    document = make_document(project, text)
    dossier = make_dossier(documents=[document])
    arrests = make_claim(dossier, quote="It arrested 370 people")
    alone = make_claim(dossier, quote="It freed nobody")
    reply = make_claim(dossier, quote="They arrested 350", role="response")
    unpaired = make_claim(dossier, quote="No", role="response")
    figure, counter = make_quantity(document, "370", "370"), make_quantity(document, "350", "350")
    link = make_link(reply, arrests)
    compared = make_comparison(link, figure, counter_quantity=counter.mention)
    layer = team(dossier)
    Comment.objects.create(layer=layer, dossier=dossier, claim=arrests, text="Who counted?")
    Comment.objects.create(layer=layer, dossier=dossier, claim=arrests, text="Settled.", resolved_at=timezone.now())
    found = {group.key: group.points for group in checklist.of(layer, dossier)}
    assert [(point.name, point.show, point.on) for point in found["unlabelled"]] == [("R1 → A1", "link", str(link.pk))]
    assert [(point.name, point.on) for point in found["not_examined"]] == [("A2", str(alone.pk))]
    assert [(point.name, point.show, point.on) for point in found["unpaired"]] == [("R2", "pair", str(unpaired.pk))]
    assert [(point.name, point.words) for point in found["without_ruling"]] == [("370", "in A1 against R1")]
    assert [(point.name, point.words) for point in found["threads"]] == [("A1", "Who counted?")]
    annotating_all(dossier, editor, link, compared, alone, unpaired, document)
    assert checklist.of(layer, dossier) == []


def annotating_all(dossier, editor, link, compared, alone, unpaired, document):
    with act(dossier, editor) as open_act:
        annotating.change(open_act, link, seen=1, relation="disputes")
        annotating.rule(open_act, compared, seen=1, ruling="differs", justification="The list says so.")
        annotating.none_found(open_act, alone, documents=[str(document.pk)])
        annotating.connect(open_act, response=unpaired, scope="open", relation="deflects")
        thread = Comment.objects.get(text="Who counted?")
        signing.resolve(open_act, thread, seen=1)
