"""The same POST twice is one deed with one answer."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from claims.models import Actor, Claim, Link, StoredRequest
from tests.annotate.api.conftest import Caller, make_world
from tests.annotate.api.test_viewsets import a_pair
from tests.factories import make_member, make_user

pytestmark = pytest.mark.django_db


def test_the_second_answer_is_the_first_to_the_byte(owner, world):
    key = str(uuid4())
    first = owner.post("pairs/", a_pair(world), key=key)
    again = owner.post("pairs/", a_pair(world), key=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert Link.objects.count() == 2
    made = owner.post("actors/", {"project": str(world.project.pk), "name": "N"}, key=str(uuid4()))
    same = owner.post("actors/", {"project": str(world.project.pk), "name": "N"}, key=made["ETag"])
    assert same.status_code == 422


def test_the_etag_comes_again_too(owner, world):
    body = {"project": str(world.project.pk), "name": "N"}
    first, again = (owner.post("actors/", body, key="k") for _ in range(2))
    assert (first["ETag"], first.content) == (again["ETag"], again.content)
    assert Actor.objects.filter(name="N").count() == 1


def test_a_replay_is_answered_though_the_uuid_is_taken_by_now(owner, world):
    pair = a_pair(world, uuid=str(uuid4()))
    first, again = (owner.post("pairs/", pair, key="k") for _ in range(2))
    assert first.content == again.content


def test_a_replay_is_answered_though_what_it_named_is_gone(owner, world):
    body = {"response": str(world.response.pk), "scope": "open"}
    first = owner.post("links/", body, key="k")
    owner.delete(f"claims/{world.response.pk}/", version=1)
    assert owner.post("links/", body, key="k").content == first.content


def test_another_body_or_address_under_the_same_key_is_422(owner, world):
    owner.post("pairs/", a_pair(world), key="k")
    for path, body in (("pairs/", a_pair(world, note="N")), ("claims/", {}), ("links/", {"response": str(uuid4())})):
        answer = owner.post(path, body, key="k")
        assert (answer.status_code, "another request" in answer.json()["detail"]) == (422, True)
    assert Link.objects.count() == 2


def test_a_key_is_a_persons_own(owner, world):
    other = Caller(make_member(world.project, "annotator"))
    assert owner.post("pairs/", a_pair(world), key="k").status_code == 201
    assert other.post("pairs/", a_pair(world), key="k").status_code == 201
    assert Link.objects.count() == 3


def test_a_refused_request_does_not_use_its_key_up(owner, world):
    assert owner.post("pairs/", a_pair(world, relation="sulks"), key="k").status_code == 422
    assert owner.post("pairs/", a_pair(world), key="k").status_code == 201


def test_a_key_is_free_again_after_a_day(owner, world):
    owner.post("pairs/", a_pair(world), key="k")
    StoredRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert owner.post("pairs/", a_pair(world, note="Another body."), key="k").status_code == 201
    assert Link.objects.count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("with_uuid", [False, True])
def test_the_same_request_four_times_at_once_is_one_deed(with_uuid):
    user = make_user()
    world, callers = make_world(user), [Caller(user) for _ in range(4)]
    pair, found = a_pair(world, **({"uuid": str(uuid4())} if with_uuid else {})), []
    if with_uuid:
        pair["assertion"]["uuid"] = str(uuid4())

    def save(caller):
        answer = caller.post("pairs/", pair, key="k")
        found.append((answer.status_code, answer.content))
        connection.close()

    threads = [threading.Thread(target=save, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1, found
    assert found[0][0] == 201
    assert (Link.objects.count(), Claim.objects.count()) == (2, 5)
