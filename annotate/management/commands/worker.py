"""Do the long work that pages ask for: ``manage.py worker``. Ends after the document in hand when asked to (Ctrl-C)."""

import logging
import os
import threading
from datetime import timedelta

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import get_random_string

from annotate import runs, webhooks
from annotate.requests import forget_old
from claims.models import Delivery, Run, RunItem

logger = logging.getLogger(__name__)

REAP_EVERY = timedelta(seconds=30)
TELL_EVERY = timedelta(seconds=2)
UPLOADS_KEPT = timedelta(days=7)
MESSAGES_KEPT = timedelta(days=30)
TIDY_EVERY = timedelta(hours=1)


class Command(BaseCommand):
    help = "Do the long work that pages ask for: import, reading ahead, export."
    # Checks load every page and form, which this process never shows.
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="do what is waiting, then end")

    def handle(self, *, once, **options):
        if settings.TASK_QUEUE == "immediate":
            raise CommandError(
                "TASK_QUEUE is immediate: each page does its own work, and there is nothing to wait for."
            )
        runs.stopping.clear()
        runs.reap()
        over = threading.Event()
        for name, look in (("reaper", look_after), ("messenger", tell)):
            threading.Thread(target=look, args=[over], name=name, daemon=True).start()
        try:
            work_through_redis(once=once) if settings.TASK_QUEUE == "redis" else work_through_database(once=once)
            if once:
                send_all()
        finally:
            over.set()


def work_through_database(*, once):
    """Take tasks from the database's queue, in this process."""
    from django_tasks_db.management.commands.db_worker import Worker

    class StoppableWorker(Worker):
        def shutdown(self, signum, frame):
            runs.stopping.set()
            super().shutdown(signum, frame)

    worker = StoppableWorker(
        queue_names=["default"],
        interval=1,
        batch=once,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=f"{os.getpid()}-{get_random_string(12)}",
        excluded_queue_names=[],
    )
    if threading.current_thread() is threading.main_thread():
        worker.configure_signals()
    worker.run()


def work_through_redis(*, once):
    """Take tasks from Redis, in this process."""
    import django_rq
    from django_tasks_rq import Job
    from rq.timeouts import BaseDeathPenalty
    from rq.worker import SimpleWorker

    class NoTimeLimit(BaseDeathPenalty):
        """RQ ends a job after three minutes; how long a run may be silent is for its lease to say."""

        def setup_death_penalty(self):
            pass

        def cancel_death_penalty(self):
            pass

    class StoppableWorker(SimpleWorker):
        death_penalty_class = NoTimeLimit

        def request_stop(self, signum, frame):
            runs.stopping.set()
            super().request_stop(signum, frame)

    worker = django_rq.get_worker("default", job_class=Job, worker_class=StoppableWorker)
    worker.work(burst=once)


def look_after(over):
    """Wake abandoned runs every half minute and sweep up once an hour, until ``over`` is set."""
    swept_at = None
    while not over.wait(REAP_EVERY.total_seconds()):
        try:
            runs.reap()
            if swept_at is None or timezone.now() - swept_at > TIDY_EVERY:
                tidy()
                swept_at = timezone.now()
        except DatabaseError:
            logger.warning("The reaper could not reach the database; it tries again.", exc_info=True)
        finally:
            connection.close()


def tell(over):
    """Send what was announced, until ``over`` is set."""
    while not over.wait(TELL_EVERY.total_seconds()):
        try:
            send_all()
        except DatabaseError:
            logger.warning("The messenger could not reach the database; it tries again.", exc_info=True)
        finally:
            connection.close()


def send_all():
    """Send what waits, round after round for as long as anything arrives."""
    while webhooks.deliver_due() and not runs.stopping.is_set():
        pass


def tidy():
    """Drop what is kept for a while: outcomes of requests, finished tasks, messages; uploads stored, or left for a week."""
    forget_old()
    Delivery.objects.filter(created_at__lt=timezone.now() - MESSAGES_KEPT).delete()
    late = timezone.now() - UPLOADS_KEPT
    left = Q(run__created_at__lt=late) & ~Q(run__state__in=[Run.State.QUEUED, Run.State.RUNNING])
    for item in RunItem.objects.filter(Q(is_done=True) | left).exclude(file=""):
        item.file.delete(save=False)
        RunItem.objects.filter(pk=item.pk).update(file="")
    if settings.TASK_QUEUE == "database":
        from django_tasks_db.models import DBTaskResult

        DBTaskResult.objects.finished().filter(finished_at__lt=timezone.now() - timedelta(days=1)).delete()
