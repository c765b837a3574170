"""Threads of one process queue for SQLite's one writer, and nobody keeps the place after an error."""

import threading
import time

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.utils import OperationalError

from annotate.sqlite_backend.base import QUEUES
from claims.models import Project
from tests.factories import make_project

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite alone has one writer"),
]


@pytest.fixture
def queue():
    with transaction.atomic():
        pass
    return QUEUES[str(connection.settings_dict["NAME"])]


def test_a_transaction_holds_the_queue_and_gives_it_back(queue):
    with transaction.atomic():
        assert queue.locked()
        with transaction.atomic():
            assert queue.locked()
    assert not queue.locked()


def test_it_is_given_back_after_an_error(queue):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError
    assert not queue.locked()
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute("SELECT nothing FROM nowhere")
    assert not queue.locked()


def test_it_is_given_back_with_the_connection(queue):
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    assert queue.locked()
    connection.close()
    assert not queue.locked()


def test_who_waits_too_long_is_told(queue, monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.05)
    queue.acquire()
    try:
        with pytest.raises(OperationalError, match="locked"), transaction.atomic():
            pass
    finally:
        queue.release()


def test_threads_write_one_after_another():
    project = make_project()
    overlapping, inside = [], threading.Lock()

    def write():
        try:
            for _ in range(5):
                with transaction.atomic():
                    overlapping.append(not inside.acquire(blocking=False))
                    known = Project.objects.get(pk=project.pk)
                    time.sleep(0.002)
                    Project.objects.filter(pk=project.pk).update(version=known.version + 1)
                    inside.release()
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlapping == [False] * 20
    assert Project.objects.get(pk=project.pk).version == project.version + 20
