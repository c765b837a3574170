"""Versions of labels: what differs between drafts, two drafts laid upon each other, and the way out and back."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from claims import guidelines, schema
from claims.errors import StaleWrite
from claims.models import Link, Project, Vocabulary
from claims.projects import load_vocabularies
from claims.schema import Choice, Draft
from claims.verify import verify
from tests.claims.rich_project import empty_database, export_bytes, import_bytes
from tests.factories import make_claim, make_document, make_dossier, make_link, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(make_user("olga"))


def edit(project, change, **said):
    """Publish what ``change`` makes of {facet: [Choice, …]} and return the version."""
    project.refresh_from_db()
    base = schema.draft_of(project.vocabulary)
    labels = {facet: list(rows) for facet, rows in base.labels.items()}
    change(labels)
    draft = Draft(title=said.pop("title", base.title), labels=labels, about=base.about)
    owner = project.memberships.get(role="owner").user
    return schema.publish(project, actor=owner, seen=project.vocabulary_id, draft=draft, **said)


def retire(facet, key):
    def change(labels):
        rows = labels[facet]
        at = next(place for place, label in enumerate(rows) if label.key == key)
        rows[at] = replace(rows[at], is_retired=True)

    return change


def add(facet, **values):
    return lambda labels: labels[facet].append(Choice(**values))


def test_stale_version_is_refused(project):
    seen = project.vocabulary_id
    edit(project, retire("relation", "deflects"))
    owner = project.memberships.get().user
    with pytest.raises(StaleWrite):
        schema.publish(project, actor=owner, seen=seen, draft=schema.draft_of(Vocabulary.objects.get(pk=seen)))


def test_summary_is_made_of_the_changes_where_none_is_given(project):
    made = edit(project, retire("relation", "deflects"))
    assert made.summary == "retired “refers on or declines”"


def test_published_version_says_what_the_draft_said(project):
    made = edit(project, add("strategy", key="jokes", phrase="jokes about it", colour="#0072b2"), title="Ours")
    draft = schema.draft_of(made)
    assert (draft.title, draft.labels["strategy"][-1].key) == ("Ours", "jokes")
    assert schema.differences(schema.draft_of(made.based_on), draft)[0].kind == "renamed"
    assert made.created_by == project.memberships.get().user


def test_project_of_a_name_that_was_taken_counts_from_its_own(project):
    edit(project, retire("relation", "deflects"))
    slug = project.slug
    Project.objects.filter(pk=project.pk).update(slug="put-away")
    later = make_project(project.memberships.get().user, slug=slug)
    made = edit(later, retire("relation", "rejects"))
    assert (made.key, made.number, made.based_on.number) == (f"default@{slug}.2", 2, 1)


def test_every_kind_of_difference_is_named():
    def label(key, **more):
        return Choice(key=key, phrase=key, **more)

    about = {facet: {"question": "?"} for facet in schema.EDITED}
    none = {facet: [] for facet in schema.EDITED}
    old = Draft("x", {**none, "strategy": [label("a"), label("b"), label("c", is_retired=True), label("d")]}, about)
    rows = [label("d", definition="D."), label("a", is_retired=True), label("c"), label("e")]
    new = Draft("x", {**none, "strategy": rows}, {**about, "strategy": {"question": "Why?"}})
    kinds = [(one.kind, one.key) for one in schema.differences(old, new)]
    assert kinds == [
        ("asked", ""),
        ("changed", "d"),
        ("retired", "a"),
        ("brought back", "c"),
        ("added", "e"),
        ("removed", "b"),
        ("moved", ""),
    ]
    assert schema.differences(old, old) == []


def test_merging_keeps_what_both_changed(project):
    base = schema.draft_of(project.vocabulary)

    def with_labels(**strategy):
        rows = [replace(label, **strategy.get(label.key, {})) for label in base.labels["strategy"]]
        return Draft(base.title, {**base.labels, "strategy": rows}, base.about)

    mine = with_labels(denies={"phrase": "mine"}, minimises={"is_retired": True})
    theirs = with_labels(denies={"phrase": "theirs", "example": "Theirs."}, withholds={"colour": "#0072b2"})
    theirs.labels["strategy"].append(Choice(key="new", phrase="new"))
    merged = schema.merge(base, mine, theirs)
    assert merged.find("strategy", "denies") == replace(
        base.find("strategy", "denies"), phrase="mine", example="Theirs."
    )
    assert merged.find("strategy", "minimises").is_retired
    assert merged.find("strategy", "withholds").colour == "#0072b2"
    assert merged.find("strategy", "new") is not None
    assert schema.merge(base, base, theirs) == theirs
    assert schema.merge(base, mine, base) == mine


def test_versions_travel_with_the_project(project):
    dossier = make_dossier(project, [make_document(project)])
    response = make_claim(dossier, quote="The ministry", role="response")
    link = make_link(response, make_claim(dossier, quote="370 people"), relation="deflects")
    edit(project, add("relation", key="thanks", phrase="thanks for it", stance="agree", colour="#e69f00"))
    edit(project, retire("relation", "deflects"), summary="Deflects goes.")
    data = export_bytes(project, history=True)
    slug = project.slug
    empty_database()
    copy = import_bytes(data, same_people=True)
    assert export_bytes(copy, history=True) == data
    labels = copy.vocabulary.by_facet()["relation"]
    assert (copy.vocabulary.key, copy.vocabulary.number) == (f"default@{slug}", 3)
    assert [labels[key].is_retired for key in ("thanks", "deflects")] == [False, True]
    assert labels["thanks"].colour == "#e69f00"
    assert copy.vocabulary.summary == "Deflects goes."
    assert copy.vocabulary.based_on.based_on.key == "default"
    assert Link.objects.get(layer__project=copy).relation == "deflects"
    assert link.uuid == Link.objects.get(layer__project=copy).uuid


def test_versions_are_brought_in_under_a_name_that_another_project_had(project):
    edit(project, retire("relation", "deflects"))
    data, slug = export_bytes(project), project.slug
    empty_database()
    earlier = make_project(make_user("olga"), slug=slug)
    edit(earlier, retire("relation", "rejects"))
    Project.objects.filter(pk=earlier.pk).update(slug="put-away")
    copy = import_bytes(data)
    assert copy.vocabulary.by_facet()["relation"]["deflects"].is_retired
    assert copy.vocabulary.key == f"default@{slug}.2"
    assert export_bytes(copy) == data


def test_schema_that_came_with_the_product_travels_and_departs(project):
    load_vocabularies()
    schema.choose(project, actor=project.memberships.get().user, seen=project.vocabulary_id, key="gao")
    made = edit(project, add("relation", key="thanks", phrase="thanks for it", maps_to="concedes"))
    assert (made.key, made.number) == (f"gao@{project.slug}", 2)
    assert {facet for facet, labels in made.by_facet().items() if labels} == set(schema.TITLES)
    data = export_bytes(project, history=True)
    empty_database()
    copy = import_bytes(data, same_people=True)
    assert export_bytes(copy, history=True) == data
    assert copy.vocabulary.by_facet()["relation"]["thanks"].maps_to == "concedes"
    assert "denies" in copy.vocabulary.by_facet()["strategy"]


def test_taken_out_label_is_refused_while_history_knows_it(project):
    dossier = make_dossier(project, [make_document(project)])
    response = make_claim(dossier, quote="The ministry", role="response")
    link = make_link(response, make_claim(dossier, quote="370 people"), strategies=["denies"])
    Link.objects.filter(pk=link.pk).update(strategies=[])

    def without(labels):
        labels["strategy"] = [label for label in labels["strategy"] if label.key != "denies"]

    with pytest.raises(ValidationError, match="is or was in use"):
        edit(project, without)


def test_record_is_in_order_after_a_change_of_labels(project):
    dossier = make_dossier(project, [make_document(project)])
    response = make_claim(dossier, quote="The ministry", role="response")
    make_link(response, make_claim(dossier, quote="370 people"), relation="deflects")
    edit(project, retire("relation", "deflects"))
    assert verify(Project.objects.get(pk=project.pk)).faults == []


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_is_stored_and_the_others_are_told():
    project = make_project(make_user("olga"))
    owner, seen = project.memberships.get().user, project.vocabulary_id
    base = schema.draft_of(project.vocabulary)
    draft = Draft("Renamed", base.labels, base.about)
    deeds = [lambda: schema.publish(project, actor=owner, seen=seen, draft=draft)] * 4
    deeds += [lambda: guidelines.store(project, actor=owner, seen=0, text="# One")] * 4

    def attempt(deed):
        try:
            deed()
        except StaleWrite:
            return "told"
        finally:
            connections.close_all()
        return "stored"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, deeds))
    assert sorted(outcomes[:4]) == sorted(outcomes[4:]) == ["stored", "told", "told", "told"]
    assert (Vocabulary.objects.filter(based_on=seen).count(), project.guidelines.count()) == (1, 1)
