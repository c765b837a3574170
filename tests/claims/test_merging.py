"""Two people on one row: field by field where they touched different ones, asked where they touched the same."""

import random
from collections import Counter
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from claims import annotating
from claims.errors import StaleWrite
from claims.merging import BOTH, MINE, THEIRS, Merging, merged, seen_values
from claims.models import Act, Change, FigureComparison, Link, last_act, snapshot, undo
from claims.verify import verify
from tests.factories import make_claim, make_comparison, make_link, make_quantity, make_user

BASE = {"relation": "rejects", "note": "", "strategies": ["denies"]}
CASES = [
    # (mine, theirs, written of mine, kept of theirs, clashes)
    ({}, {}, {}, {}, []),
    ({"note": "a"}, {}, {"note": "a"}, {}, []),
    ({}, {"note": "b"}, {}, {"note": "b"}, []),
    ({"note": "a"}, {"relation": "disputes"}, {"note": "a"}, {"relation": "disputes"}, []),
    ({"note": "a"}, {"note": "a"}, {}, {}, []),
    ({"note": "a"}, {"note": "b"}, {}, {}, ["note"]),
    ({"note": "a", "relation": "x"}, {"note": "b"}, {"relation": "x"}, {}, ["note"]),
    (
        {"strategies": ["denies", "minimises"]},
        {"strategies": ["denies", "withholds"]},
        {"strategies": ["denies", "withholds", "minimises"]},
        {"strategies": ["denies", "withholds", "minimises"]},
        [],
    ),
    (
        {"strategies": []},
        {"strategies": ["denies", "withholds"]},
        {"strategies": ["withholds"]},
        {"strategies": ["withholds"]},
        [],
    ),  # fmt: skip
    ({"strategies": ["none"]}, {"strategies": ["denies", "withholds"]}, {}, {}, ["strategies"]),
    ({"strategies": ["none"]}, {"strategies": ["none"]}, {}, {}, []),
]


@pytest.mark.parametrize(("mine", "theirs", "written", "kept", "clashes"), CASES)
def test_fields_are_merged(mine, theirs, written, kept, clashes):
    found = merged(BASE, {**BASE, **mine}, {**BASE, **theirs})
    assert (found.written, found.kept, [clash.key for clash in found.clashes]) == (written, kept, clashes)


def test_fields_that_say_one_thing_go_together():
    base = {"verification": "supported", "justification": "Counted."}
    found = merged(base, {**base, "justification": "Counted twice."}, {**base, "verification": "refuted"})
    (clash,) = found.clashes
    assert (clash.key, clash.fields) == ("verification", ("verification", "justification"))
    assert (clash.mine["justification"], clash.theirs["verification"]) == ("Counted twice.", "refuted")


def test_two_equal_rulings_a_minute_apart_are_one():
    base = {"ruling": "", "justification": "", "ruled_by": None, "ruled_at": None}
    mine = {"ruling": "differs", "justification": "So.", "ruled_by": "anna", "ruled_at": "10:00"}
    theirs = {**mine, "ruled_by": "ben", "ruled_at": "10:01"}
    found = merged(base, mine, theirs)
    assert (found.written, found.clashes) == ({}, [])


def test_what_a_field_started_from_must_be_known():
    found = merged({}, {"note": "a"}, {"note": "b"}, known=set())
    assert [clash.key for clash in found.clashes] == ["note"]
    assert merged({}, {"note": "a"}, {"note": "a"}, known=set()).clashes == []


@pytest.mark.parametrize(
    ("choice", "outcome"),
    [(MINE, ["denies", "a"]), (THEIRS, ["none"]), (BOTH, ["none", "denies", "a"])],
)
def test_a_clash_is_settled_as_chosen(choice, outcome):
    base = {"strategies": ["denies"]}
    mine, theirs = {"strategies": ["denies", "a"]}, {"strategies": ["none"]}
    found = merged(base, mine, theirs, choices={"strategies": choice})
    assert found.clashes == []
    assert found.written.get("strategies", theirs["strategies"]) == outcome


NAMES = ("relation", "note", "strategies", "disputed", "verification", "justification", "start", "end", "origin")
KEYS = st.lists(st.sampled_from(["none", "a", "b", "c"]), unique=True, max_size=3)


@st.composite
def states(draw):
    """Return three states of a row over the same fields: where both began, mine, theirs."""
    names = draw(st.sets(st.sampled_from(NAMES), min_size=1))

    def value(name):
        return draw(KEYS) if name in ("strategies", "disputed") else draw(st.sampled_from(["x", "y", "z"]))

    base = {name: value(name) for name in names}
    return base, *({name: value(name) if draw(st.booleans()) else base[name] for name in names} for _ in range(2))


def result(base, mine, theirs):
    found = merged(base, mine, theirs)
    return {**theirs, **found.written}, found


@given(found=states())
def test_fields_of_one_person_alone_merge_alike_whoever_saves_last(found):
    base, mine, theirs = found
    for name in base:
        # Each field, and what goes with it, is touched by one of the two at most.
        if mine[name] != base[name]:
            theirs = {**theirs, **{one: base[one] for one in base if one == name or {one, name} in PAIRS}}
    left, one = result(base, mine, theirs)
    right, other = result(base, theirs, mine)
    assert one.clashes == other.clashes == []
    assert left == right
    assert all(left[name] == (mine if mine[name] != base[name] else theirs)[name] for name in base)


PAIRS = [{"verification", "justification"}, {"start", "end"}]


@given(found=states())
def test_nothing_that_anybody_wrote_is_lost_unseen(found):
    base, mine, theirs = found
    outcome, told = result(base, mine, theirs)
    asked = {name for clash in told.clashes for name in clash.fields}
    for name in set(base) - asked - {"origin"}:
        for state in (mine, theirs):
            if name in ("strategies", "disputed"):
                added, removed = set(state[name]) - set(base[name]), set(base[name]) - set(state[name])
                assert added <= set(outcome[name])
                assert not removed & set(outcome[name])
            elif state[name] != base[name]:
                assert outcome[name] == state[name]
    for clash in told.clashes:
        assert clash.mine == {name: mine[name] for name in clash.fields}
        assert clash.theirs == {name: theirs[name] for name in clash.fields}


@given(found=states())
def test_who_saves_last_asks_the_same_questions(found):
    base, mine, theirs = found
    one, other = merged(base, mine, theirs), merged(base, theirs, mine)
    assert {clash.key for clash in one.clashes} == {clash.key for clash in other.clashes}


# Rows


@pytest.fixture
def link(db):
    assertion = make_claim()
    response = make_claim(assertion.dossier, quote="unfair", role="response")
    return make_link(response, assertion, relation="rejects", strategies=["denies"])


def act(row, merging=None, actor=None):
    dossier = row.dossier if isinstance(row, Link) else row.link.dossier
    return Act(actor=actor, project=dossier.project, layer=row.layer, dossier=dossier, merging=merging)


def write(row, *, seen=1, merging=None, actor=None, **values):
    row = type(row).objects.get(pk=row.pk)
    with act(row, merging, actor) as open_act:
        annotating.change(open_act, row, seen=seen, **values)
    return row


def test_a_disjoint_change_is_merged_and_told(link):
    ben = make_user("ben")
    write(link, actor=ben, note="Says ben")
    merging = Merging()
    row = write(link, merging=merging, relation="disputes", note="", strategies=["denies", "minimises"])
    link.refresh_from_db()
    assert (link.relation, link.note, link.strategies) == ("disputes", "Says ben", ["denies", "minimises"])
    assert (link.version, row.version) == (3, 3)
    (told,) = merging.told
    assert (told.kept, told.by) == ({"note": "Says ben"}, [ben])
    last = Change.objects.filter(object_id=link.pk).latest("pk")
    assert set(last.after) == {"relation", "strategies"}  # history says what I did, not what ben did


def test_without_merging_a_write_stays_strict(link):
    write(link, note="Says ben")
    with pytest.raises(StaleWrite) as error:
        write(link, relation="disputes")
    assert error.value.merge is None


def test_the_same_field_is_asked_with_both_values(link):
    write(link, note="theirs")
    with pytest.raises(StaleWrite) as error:
        write(link, merging=Merging(), note="mine", relation="disputes")
    (clash,) = error.value.merge.clashes
    assert (clash.base, clash.mine, clash.theirs) == ({"note": ""}, {"note": "mine"}, {"note": "theirs"})
    link.refresh_from_db()
    assert (link.relation, link.note) == ("rejects", "theirs")


@pytest.mark.parametrize(("choice", "note"), [(MINE, "mine"), (THEIRS, "theirs")])
def test_what_was_chosen_is_written_with_the_rest(link, choice, note):
    write(link, note="theirs")
    merging = Merging(choices={"note": choice}, chosen_for=str(link.pk), chosen_at=2)
    write(link, merging=merging, note="mine", relation="disputes")
    link.refresh_from_db()
    assert (link.relation, link.note) == ("disputes", note)


def test_a_choice_is_asked_again_when_the_field_changed_once_more(link):
    write(link, note="theirs")
    write(link, seen=2, note="theirs again")
    merging = Merging(choices={"note": MINE}, chosen_for=str(link.pk), chosen_at=2)
    with pytest.raises(StaleWrite):
        write(link, merging=merging, note="mine")


def test_a_choice_for_another_row_settles_nothing(link):
    write(link, note="theirs")
    with pytest.raises(StaleWrite):
        write(link, merging=Merging(choices={"note": MINE}, chosen_for="another", chosen_at=2), note="mine")


def test_what_cannot_stand_together_is_asked(link):
    write(link, relation="disputes")
    with pytest.raises(StaleWrite) as error:
        write(link, merging=Merging(), secondary_relation="disputes", relation="rejects")
    assert {clash.key for clash in error.value.merge.clashes} == {"relation", "secondary_relation"}


def test_what_is_wrong_by_itself_is_refused(link):
    with pytest.raises(ValidationError):
        write(link, merging=Merging(), relation="nonsense")


def test_a_deleted_row_is_not_merged(link):
    with act(link) as open_act:
        annotating.withdraw(open_act, Link.objects.get(pk=link.pk), seen=1)
    with pytest.raises(StaleWrite) as error:
        write(link, merging=Merging(), note="mine")
    assert error.value.row.deleted_at is not None


def test_a_part_of_the_history_that_is_missing_makes_every_difference_a_question(link):
    Link.objects.filter(pk=link.pk).update(version=4, note="imported")
    with pytest.raises(StaleWrite) as error:
        write(link, seen=2, merging=Merging(), note="", relation="disputes")
    assert {clash.key for clash in error.value.merge.clashes} == {"note", "relation"}


def test_a_ruling_and_an_outcome_of_two_people_both_stand(link):
    quantity = make_quantity(link.response.document, "370", "370")
    comparison = FigureComparison.objects.get(pk=make_comparison(link, quantity).pk)
    editor = make_user("editor")
    with act(comparison, actor=editor) as open_act:
        annotating.rule(open_act, comparison, seen=1, ruling="same", justification="Rounded.")
    write(comparison, merging=Merging(), outcome="within_rounding", note="by five")
    comparison.refresh_from_db()
    assert (comparison.ruling, comparison.outcome, comparison.note) == ("same", "within_rounding", "by five")
    assert comparison.ruled_by == editor


def test_what_a_row_said_at_an_earlier_version(link):
    write(link, note="second", relation="disputes")
    write(link, seen=2, note="third")
    link.refresh_from_db()
    assert seen_values(link, 1, ["note", "relation"]) == {"note": "", "relation": "rejects"}
    assert seen_values(link, 2, ["note", "relation"]) == {"note": "second", "relation": "disputes"}
    assert seen_values(link, 3, ["note"]) == {"note": "third"}


@pytest.mark.parametrize("seed", range(12))
def test_history_leads_to_the_present_through_merges_choices_and_undos(link, seed):
    """Two people write from versions they saw some time ago; what was refused is chosen, now and then a deed is undone."""
    chance, people = random.Random(seed), [make_user("anna"), make_user("ben")]
    outcomes = Counter()
    for _ in range(40):
        row = Link.objects.get(pk=link.pk)
        seen, actor = chance.randint(max(1, row.version - 3), row.version), chance.choice(people)
        values = {
            "relation": chance.choice(["rejects", "disputes", "concedes"]),
            "note": chance.choice(["", "one", "two"]),
            "strategies": chance.sample(["denies", "minimises", "withholds"], chance.randint(0, 3)),
        }
        values = {name: value for name, value in values.items() if chance.random() < 0.6}
        if chance.random() < 0.2 and (last := last_act(actor=actor, dossier=link.dossier)):
            with suppress(StaleWrite):
                undo(last, actor=actor, dossier=link.dossier)
                outcomes["undone"] += 1
            continue
        try:
            write(link, seen=seen, merging=Merging(), actor=actor, **values)
            outcomes["written"] += 1
        except StaleWrite as error:
            choices = {clash.key: chance.choice([MINE, THEIRS]) for clash in error.merge.clashes}
            merging = Merging(choices=choices, chosen_for=str(link.pk), chosen_at=row.version)
            write(link, seen=seen, merging=merging, actor=actor, **values)
            outcomes["chosen"] += 1
    assert outcomes["written"] > outcomes["chosen"]
    assert verify(link.dossier.project).faults == []
    now = snapshot(Link.objects.get(pk=link.pk))
    replayed = {}
    for change in Change.objects.filter(object_id=link.pk):
        replayed |= change.after
    assert replayed == now
