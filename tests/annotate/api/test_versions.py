"""ETag and If-Match: a write says what it saw, and nobody's work is lost."""

import threading

import pytest
from django.db import connection

from claims.models import Change, Claim
from tests.annotate.api.conftest import Caller
from tests.annotate.api.test_permissions import CHANGES, THINGS
from tests.factories import make_member

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_write_without_a_version_is_428_and_a_stale_one_412(owner, world, name, method):
    path = f"{name}/{getattr(world, THINGS[name]).pk}/"
    before = owner.get(path).json()
    missing = owner.ask(method, path, CHANGES[name])
    assert (missing.status_code, missing.json()["type"]) == (428, "urn:rejoinder:version-wanted")
    stale = owner.ask(method, path, CHANGES[name], version=7)
    assert (stale.status_code, stale.json()["version"]) == (412, 1)
    assert owner.get(path).json() == before


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_raises_the_version_and_says_so(owner, world, name):
    path = f"{name}/{getattr(world, THINGS[name]).pk}/"
    answer = owner.patch(path, CHANGES[name], version=1)
    assert (answer.status_code, answer["ETag"], answer.json()["version"]) == (200, '"2"', 2)
    assert owner.get(path)["ETag"] == '"2"'
    assert CHANGES[name].items() <= owner.get(path).json().items()


def test_a_stale_write_gets_both_values_and_loses_nothing(owner, world):
    other = Caller(make_member(world.project, "annotator"))
    path = f"links/{world.link.pk}/"
    other.patch(path, {"relation": "rejects", "note": "Theirs."}, version=1)
    answer = owner.patch(path, {"relation": "concedes", "note": "Mine."}, version=1).json()
    assert answer["yours"] == {"relation": "concedes", "note": "Mine."}
    assert answer["theirs"] == {"relation": "rejects", "note": "Theirs."}
    assert answer["version"] == 2
    assert owner.patch(path, answer["yours"], version=answer["version"]).status_code == 200


def test_a_stale_write_is_told_what_of_it_nobody_else_changed(owner, world):
    other = Caller(make_member(world.project, "annotator"))
    path = f"links/{world.link.pk}/"
    other.patch(path, {"relation": "rejects", "strategies": ["denies"]}, version=1)
    mine = {"relation": "concedes", "note": "Mine.", "strategies": ["minimises"]}
    answer = owner.patch(path, mine, version=1)
    assert answer.status_code == 412
    found = answer.json()
    assert found["clashes"] == ["relation"]
    assert found["merged"] == {"note": "Mine.", "strategies": ["denies", "minimises"]}
    assert owner.patch(path, found["merged"], version=found["version"]).status_code == 200
    now = owner.get(path).json()
    assert (now["relation"], now["note"], now["strategies"]) == ("rejects", "Mine.", ["denies", "minimises"])


@pytest.mark.parametrize("header", ["*", '"x"', "1", '"1", "2"', '"99999999999999999999"', "", '"-1"'])
def test_if_match_names_one_version(owner, world, header):
    answer = owner.client.generic(
        "PATCH",
        f"/api/v1/claims/{world.assertion.pk}/",
        '{"wording": "W"}',
        content_type="application/json",
        headers={"If-Match": header},
    )
    assert answer.status_code == 400


def test_the_weak_tag_of_a_compressed_answer_is_taken_back(owner, world):
    answer = owner.client.get(f"/api/v1/claims/{world.assertion.pk}/", headers={"Accept-Encoding": "gzip"})
    assert (answer["Content-Encoding"], answer["ETag"]) == ("gzip", 'W/"1"')
    changed = owner.client.patch(
        f"/api/v1/claims/{world.assertion.pk}/",
        '{"wording": "W"}',
        content_type="application/json",
        headers={"If-Match": answer["ETag"]},
    )
    assert changed.status_code == 200


def test_a_change_that_changes_nothing_keeps_the_version(owner, world):
    answer = owner.patch(f"links/{world.link.pk}/", {"relation": "disputes"}, version=1)
    assert (answer["ETag"], Change.objects.filter(object_id=world.link.pk).count()) == ('"1"', 1)


@pytest.mark.django_db(transaction=True)
def test_of_eight_writes_at_once_one_is_taken():
    from tests.annotate.api.conftest import make_world
    from tests.factories import make_user

    user = make_user()
    world, callers = make_world(user), [Caller(user) for _ in range(8)]
    path, found = f"claims/{world.assertion.pk}/", []

    def write(number):
        found.append(callers[number].patch(path, {"wording": f"W{number}"}, version=1).status_code)
        connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [200] + [412] * 7
    assert Claim.objects.get(pk=world.assertion.pk).version == 2
