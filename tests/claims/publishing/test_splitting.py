from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from claims.publishing.splitting import Joins, split

SHARES = {"train": 80, "dev": 10, "test": 10}
numbers = st.integers(0, 40)


def joins_of(count, pairs):
    joins = Joins()
    for number in range(count):
        joins.add(UUID(int=number))
    for one, other in pairs:
        joins.join([UUID(int=one), UUID(int=other)])
    return joins


@given(count=st.integers(1, 40), pairs=st.lists(st.tuples(numbers, numbers)), seed=st.integers(0, 9))
def test_joined_documents_share_a_part(count, pairs, seed):
    found = split(joins_of(count, pairs), shares=SHARES, seed=seed)
    assert set(found) == {UUID(int=number) for number in range(count)}
    for one, other in pairs:
        if one < count and other < count:
            assert found[UUID(int=one)] == found[UUID(int=other)]
    assert found == split(joins_of(count, reversed(pairs)), shares=SHARES, seed=seed)


def test_parts_come_near_their_shares():
    found = split(joins_of(200, []), shares=SHARES, seed=1)
    assert [list(found.values()).count(part) for part in SHARES] == [160, 20, 20]


def test_another_seed_draws_otherwise():
    assert split(joins_of(50, []), shares=SHARES, seed=1) != split(joins_of(50, []), shares=SHARES, seed=2)


def test_part_without_share_stays_empty():
    assert set(split(joins_of(9, []), shares={"train": 100, "dev": 0, "test": 0}, seed=1).values()) == {"train"}


def test_document_keeps_its_part_and_what_joins_two_goes_further_back():
    before = split(joins_of(20, []), shares=SHARES, seed=1)
    tested = next(document for document, part in before.items() if part == "test")
    trained = next(document for document, part in before.items() if part == "train")
    joins = joins_of(30, [(20, tested.int), (tested.int, trained.int)])
    after = split(joins, shares=SHARES, seed=1, kept=before)
    moved = {document for document in before if after[document] != before[document]}
    assert moved == {trained}
    assert after[trained] == after[UUID(int=20)] == "test"
