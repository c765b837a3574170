import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from claims import assigning
from claims.models import Act, Assignment, Layer, Notice, Visit
from tests.factories import (
    make_claim,
    make_document,
    make_dossier,
    make_layer,
    make_member,
    make_project,
)


def world(people=3, dossiers=4, each=2):
    project = make_project(kind="independent", annotators_each=each)
    annotators = [make_member(project, "annotator") for _ in range(people)]
    document = make_document(project)
    return project, annotators, [make_dossier(project, [document]) for _ in range(dossiers)]


def act(project, actor=None):
    return Act(actor=actor, project=project, verb="test")


def deal(project):
    with act(project) as one:
        return assigning.deal(one)


def take(project, user):
    with act(project, user) as one:
        return assigning.take_next(one, user)


def work_on(row, *, ago=timedelta(0)):
    assigning.note_work(row.annotator, row.dossier)
    row.refresh_from_db()
    if ago:
        Assignment.objects.filter(pk=row.pk).update(lease_until=timezone.now() - ago)
        row.refresh_from_db()


def finish(row, **more):
    layer = Layer.objects.filter(project=row.dossier.project, annotator=row.annotator).first()
    layer = layer or make_layer(row.dossier.project, row.annotator)
    make_claim(row.dossier, quote="370 people", layer=layer)
    with act(row.dossier.project, row.annotator) as one:
        return assigning.finish(one, row, seen=row.version, **more)


@pytest.mark.django_db
def test_dealing_fills_every_place_and_is_even():
    project, annotators, dossiers = world(people=3, dossiers=7)
    rows = deal(project)
    assert len(rows) == 14
    assert set(Counter(row.dossier_id for row in rows).values()) == {2}
    load = Counter(row.annotator_id for row in rows)
    assert max(load.values()) - min(load.values()) <= 1
    assert deal(project) == []


class EvenLoads(TestCase):
    @settings(max_examples=15, deadline=None)
    @given(people=st.integers(1, 5), dossiers=st.integers(0, 8), each=st.integers(1, 4))
    def test_nobody_has_a_dossier_twice_and_loads_differ_by_one(self, people, dossiers, each):
        project, _, _ = world(people, dossiers, each)
        rows = deal(project)
        assert len(rows) == dossiers * min(each, people)
        assert len({(row.dossier_id, row.annotator_id) for row in rows}) == len(rows)
        load = Counter(row.annotator_id for row in rows)
        if rows:
            assert max(load.values()) - min(load[one.pk] for one in assigning.annotators_of(project)) <= 1


@pytest.mark.django_db
def test_the_next_is_what_was_begun_then_what_was_given():
    project, (ann, *_), dossiers = world()
    with act(project) as one:
        second = assigning.assign(one, dossiers[1], ann)
        third = assigning.assign(one, dossiers[2], ann)
    assert take(project, ann) == second
    work_on(third)
    assert take(project, ann) == third


@pytest.mark.django_db
def test_whoever_is_done_takes_what_is_free():
    project, (ann, ben, cid), dossiers = world(dossiers=1)
    first, second = take(project, ann), take(project, ben)
    assert {first.dossier, second.dossier} == {dossiers[0]}
    assert take(project, cid) is None
    assert not assigning.is_work_left(cid, project)


@pytest.mark.django_db
def test_the_next_is_never_empty_while_somebody_has_something_not_begun():
    project, (ann, ben, cid), dossiers = world(people=3, dossiers=4, each=1)
    with act(project) as one:
        for dossier in dossiers:
            one.create(Assignment(dossier=dossier, annotator=ann, way="dealt"))
    begun = take(project, ann)
    work_on(begun)
    assert assigning.is_work_left(ben, project)
    taken = take(project, ben)
    assert taken.dossier != begun.dossier
    assert Assignment.objects.live().filter(dossier=taken.dossier).count() == 1
    with act(project) as one:
        for row in Assignment.objects.live().filter(annotator=ann).exclude(pk=begun.pk):
            assigning.assign(one, row.dossier, ann)
    # What was given by hand is nobody else's.
    assert take(project, cid) is None


@pytest.mark.django_db
def test_a_lease_that_ran_out_frees_the_place():
    project, (ann, ben, cid), dossiers = world(dossiers=1)
    late = take(project, ann)
    work_on(late, ago=timedelta(hours=1))
    work_on(take(project, ben))
    assert take(project, cid).dossier == dossiers[0]
    # Whoever comes late comes in vain, and what they did stays.
    assert take(project, ann) is None
    assert Assignment.objects.live().filter(annotator=ann).exists()


@pytest.mark.django_db
def test_who_comes_back_before_another_took_the_place_goes_on():
    project, (ann, *_), dossiers = world(dossiers=1)
    late = take(project, ann)
    work_on(late, ago=timedelta(hours=1))
    assert take(project, ann) == late
    work_on(late)
    assert late.lease_until > timezone.now()


@pytest.mark.django_db
def test_working_renews_the_lease_now_and_then(django_assert_num_queries):
    project, (ann, *_), _ = world()
    row = take(project, ann)
    work_on(row)
    before, dossier = row.lease_until, row.dossier
    assert dossier.project == project
    with django_assert_num_queries(1):
        assigning.note_work(ann, dossier)
    row.refresh_from_db()
    assert row.lease_until == before


@pytest.mark.django_db
def test_giving_by_hand_lets_the_person_know():
    project, (ann, *_), dossiers = world()
    owner = project.memberships.get(role="owner").user
    with act(project, owner) as one:
        assigning.assign(one, dossiers[0], ann)
    assert Notice.objects.get(user=ann).kind == "assigned"
    with pytest.raises(ValidationError, match="has that dossier"), act(project, owner) as one:
        assigning.assign(one, dossiers[0], ann)
    with pytest.raises(ValidationError, match="does not annotate"), act(project, owner) as one:
        assigning.assign(one, dossiers[0], make_member(project, "researcher"))


@pytest.mark.django_db
def test_finished_and_nothing_here_are_two_things():
    project, (ann, ben, _), dossiers = world(dossiers=1)
    row, other = take(project, ann), take(project, ben)
    with pytest.raises(ValidationError, match="Nothing is marked"), act(project, ann) as one:
        assigning.finish(one, row, seen=row.version)
    with pytest.raises(ValidationError, match="Open every document first"), act(project, ann) as one:
        assigning.finish(one, row, seen=row.version, state="nothing")
    layer = make_layer(project, ann)
    Visit.objects.create(layer=layer, dossier=dossiers[0], document=dossiers[0].places.get().document, user=ann)
    with act(project, ann) as one:
        assert assigning.finish(one, row, seen=row.version, state="nothing").state == "nothing"
    finish(other)
    with pytest.raises(ValidationError, match="There are claims here"), act(project, ben) as one:
        assigning.finish(one, other, seen=other.version, state="nothing")
    with act(project, ann) as one:
        assert assigning.reopen(one, row, seen=row.version).finished_at is None


@pytest.mark.django_db
def test_adjudication_opens_when_all_is_finished():
    project, (ann, ben, _), dossiers = world(dossiers=1)
    assert assigning.why_closed(project) == "No dossier is finished yet."
    first, second = take(project, ann), take(project, ben)
    finish(first)
    assert assigning.why_closed(project) == f"Unfinished: {ben} (1)."
    with pytest.raises(ValidationError, match="Unfinished"), act(project) as one:
        assigning.open_adjudication(one)
    finish(second)
    with act(project) as one:
        assigning.open_adjudication(one)
    assert project.adjudication_opened_at
    assert project.layers.filter(kind="gold").count() == 1


@pytest.mark.django_db
def test_an_annotator_opens_what_is_theirs():
    project, (ann, ben, _), dossiers = world()
    assert assigning.may_open(ann, project, dossiers[0])
    row = take(project, ann)
    assert assigning.may_open(ann, project, row.dossier)
    assert not assigning.may_open(ben, project, row.dossier)
    assert assigning.may_open(project.memberships.get(role="owner").user, project, row.dossier)


@pytest.mark.django_db
def test_the_way_of_working_changes_only_while_nothing_is_annotated():
    project = make_project()
    owner = project.memberships.get().user
    with act(project, owner) as one:
        assigning.change_kind(one, "independent", seen=project.version)
    assert project.kind == "independent"
    assert not project.layers.live().exists()
    with act(project, owner) as one:
        assigning.change_kind(one, "shared", seen=project.version)
    make_claim(make_dossier(documents=[make_document(project)]), layer=project.layers.live().get())
    with pytest.raises(ValidationError, match="there are annotations"), act(project, owner) as one:
        assigning.change_kind(one, "independent", seen=project.version)


@pytest.mark.django_db(transaction=True)
def test_two_who_take_at_once_never_get_one_place():
    project, annotators, _ = world(people=6, dossiers=1, each=2)
    ready, found = threading.Barrier(6), []

    def run(user):
        try:
            ready.wait()
            found.append(take(project, user))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(user,)) for user in annotators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Nobody has begun, but what was taken is not dealt, so nobody takes it over.
    assert sum(row is not None for row in found) == 2
    assert Assignment.objects.live().count() == 2
