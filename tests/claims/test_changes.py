"""What was written is remembered, and can be taken back."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from claims import annotating
from claims.errors import NothingToUndo, StaleWrite
from claims.models import Act, Change, Claim, Comment, Document, Link, NoResponse, last_act, undo
from tests.factories import make_claim, make_document, make_dossier, make_link, make_no_response, make_user

pytestmark = pytest.mark.django_db


def open_act(claim, user, verb="test"):
    return Act(actor=user, project=claim.dossier.project, layer=claim.layer, dossier=claim.dossier, verb=verb)


def test_change_counts_up_and_is_remembered():
    claim, user = make_claim(quote="370 people"), make_user()
    with open_act(claim, user) as act:
        annotating.change(act, claim, seen=1, kind="figure")
    claim.refresh_from_db()
    assert (claim.version, claim.kind) == (2, "figure")
    change = Change.objects.get(object_id=claim.pk, object_version=2)
    assert (change.before, change.after, change.actor) == ({"kind": "factual"}, {"kind": "figure"}, user)


def test_history_holds_the_words_of_a_comment():
    claim = make_claim()
    with Act(actor=None, project=claim.dossier.project, layer=claim.layer, dossier=claim.dossier) as act:
        row = act.create(Comment(layer=claim.layer, dossier=claim.dossier, claim=claim, text="First"))
        act.change(row, seen=1, text="Second")
    first, second = Change.objects.filter(object_id=row.pk)
    assert first.after["text"] == "First"
    assert (second.before, second.after) == ({"text": "First"}, {"text": "Second"})


def test_stale_write_changes_nothing():
    claim, user = make_claim(), make_user()
    other = Claim.objects.get(pk=claim.pk)
    with open_act(claim, user) as act:
        annotating.change(act, claim, seen=1, kind="figure")
    with pytest.raises(StaleWrite), open_act(other, user) as act:
        annotating.change(act, other, seen=1, kind="rating")
    claim.refresh_from_db()
    assert (claim.kind, claim.version) == ("figure", 2)
    assert Change.objects.filter(object_id=claim.pk).count() == 2


def test_undo_takes_back_a_whole_deed_and_keeps_the_name():
    user = make_user()
    assertion = make_claim(quote="370 people", actor=user)
    response = make_claim(assertion.dossier, quote="the report was unfair", role="response", actor=user)
    make_link(response, assertion, actor=user)
    with open_act(assertion, user, "delete A1") as act:
        annotating.delete_claim(act, assertion, seen=assertion.version)
    assert not Link.objects.live().exists()
    assert undo(last_act(actor=user, dossier=assertion.dossier), actor=user, dossier=assertion.dossier) == "delete A1"
    assert Link.objects.live().count() == 1
    assert Claim.objects.live().get(pk=assertion.pk).name == "A1"
    assert make_claim(assertion.dossier, quote="332").name == "A2"


def test_undo_refuses_what_somebody_changed_since():
    user, other = make_user(), make_user()
    claim = make_claim(actor=user)
    with open_act(claim, user) as act:
        annotating.change(act, claim, seen=1, kind="figure")
    with open_act(claim, other) as act:
        annotating.change(act, claim, seen=2, kind="rating")
    with pytest.raises(StaleWrite):
        undo(last_act(actor=user, dossier=claim.dossier), actor=user, dossier=claim.dossier)
    claim.refresh_from_db()
    assert claim.kind == "rating"


def test_undo_of_nothing_says_so():
    claim, user = make_claim(), make_user()
    with pytest.raises(NothingToUndo):
        undo(claim.pk, actor=user, dossier=claim.dossier)


def test_link_withdraws_none_found():
    user = make_user()
    assertion = make_claim(quote="370 people", actor=user)
    response = make_claim(assertion.dossier, quote="the report was unfair", role="response")
    make_no_response(assertion)
    with open_act(assertion, user) as act:
        annotating.connect(act, response=response, target=assertion)
    assert not NoResponse.objects.live().exists()


def test_split_keeps_the_name_for_the_first_part():
    document = make_document(text="We tried hard. The report is unfair.")
    claim = make_claim(make_dossier(documents=[document]), role="response")
    with open_act(claim, make_user()) as act:
        second = annotating.split(act, claim, seen=1, at=15)
    assert (claim.name, claim.quote) == ("R1", "We tried hard.")
    assert (second.name, second.quote) == ("R2", "The report is unfair.")


def test_response_does_not_answer_itself():
    response = make_claim(role="response")
    with pytest.raises(ValidationError, match="answer itself"), open_act(response, make_user()) as act:
        annotating.connect(act, response=response, target=response)


def test_database_keeps_the_text_of_a_document():
    document = make_document()
    with pytest.raises(IntegrityError), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(text="another")


def test_database_refuses_a_quote_that_is_not_there():
    claim = make_claim(quote="370 people")
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).update(quote="371 people")
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).update(end=10_000)


def test_history_is_append_only():
    make_claim()
    with pytest.raises(IntegrityError), transaction.atomic():
        Change.objects.update(verb="forged")
    with pytest.raises(IntegrityError), transaction.atomic():
        Change.objects.all()._raw_delete("default")


def test_undo_of_a_move_brings_back_what_stands_beside_the_words():
    user = make_user()
    claim = make_claim(quote="370 people were arrested", actor=user)
    before = (claim.prefix, claim.suffix)
    with open_act(claim, user, "move") as act:
        annotating.move(act, claim, seen=1, start=claim.start + 4, end=claim.end)
    undo(last_act(actor=user, dossier=claim.dossier), actor=user, dossier=claim.dossier)
    claim.refresh_from_db()
    assert (claim.quote, claim.prefix, claim.suffix) == ("370 people were arrested", *before)


def test_undo_of_a_move_brings_back_the_parts_of_a_claim():
    user = make_user()
    document = make_document(text="Wages, he said, were held back for months.")
    dossier = make_dossier(documents=[document])
    with Act(actor=user, project=dossier.project, layer=dossier.project.layers.get(), dossier=dossier) as act:
        claim = annotating.mark(act, document=document, start=0, end=1, role="assertion", stretches=[(0, 5), (16, 41)])
    with open_act(claim, user, "move") as act:
        annotating.move(act, claim, seen=1, start=0, end=41)
    assert not claim.stretches.exists()
    undo(last_act(actor=user, dossier=dossier), actor=user, dossier=dossier)
    assert list(claim.stretches.values_list("start", "end")) == [(0, 5), (16, 41)]


def test_what_is_not_a_pair_withholds_nothing():
    response = make_claim(role="response")
    assertion = make_claim(response.dossier, quote="370 people")
    link = make_link(response, assertion, relation="unrelated")
    with pytest.raises(ValidationError, match="withholds nothing"), open_act(response, make_user()) as act:
        annotating.withhold(act, [link], figures=[])
