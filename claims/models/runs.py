"""Long work: one row says how far it is, who has it, and how it ended."""

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from claims.errors import LostLease

LEASE = timedelta(seconds=60)
HEARTBEAT = timedelta(seconds=10)


class RunQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(project__memberships__user=user)

    def abandoned(self):
        """Runs whose worker has not been heard of for a whole lease, or that nobody has taken up."""
        late = timezone.now()
        return self.filter(Q(state=Run.State.RUNNING, lease_until__lt=late) | Q(state=Run.State.QUEUED))


class Run(models.Model):
    """One long job. The queue only wakes a worker; this row is the truth, and its token fences off a late one."""

    class Kind(models.TextChoices):
        IMPORT = "import", "import"
        TAG = "tag", "read ahead"
        EXPORT = "export", "export"
        RELEASE = "release", "release"
        LOOK = "look", "look at a corpus"
        CORPUS = "corpus", "bring a corpus in"

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("claims.Project", on_delete=models.CASCADE, related_name="runs")
    kind = models.TextField(choices=Kind.choices)
    parameters = models.JSONField(default=dict)
    state = models.TextField(choices=State.choices, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    outcome = models.JSONField(default=dict)
    file = models.FileField(blank=True, upload_to="runs")
    token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey("claims.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="runs")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self):
        return f"{self.kind} {self.state}"

    @property
    def is_over(self):
        return self.state in (self.State.DONE, self.State.FAILED, self.State.CANCELLED)

    def claim(self):
        """Take the run for this worker; False when another has it. A new token shuts out whoever had it before."""
        now = timezone.now()
        taken = (
            Run.objects.filter(pk=self.pk, token=self.token)
            .filter(Q(state=self.State.QUEUED) | Q(state=self.State.RUNNING, lease_until__lt=now))
            .update(state=self.State.RUNNING, token=F("token") + 1, lease_until=now + LEASE)
        )
        if taken:
            self.refresh_from_db()
        return bool(taken)

    def checkpoint(self, **values):
        """Renew the lease and note progress; raises LostLease when another worker has it or it was cancelled."""
        held = Run.objects.filter(pk=self.pk, token=self.token, state=self.State.RUNNING)
        if not held.update(lease_until=timezone.now() + LEASE, **values):
            raise LostLease(f"Run {self.pk} was cancelled or taken over by another worker.")
        for name, value in values.items():
            setattr(self, name, value)

    def finish(self, state, **outcome):
        """End the run, keeping what it says of how it went."""
        self.outcome = {**self.outcome, **outcome}
        self.checkpoint(state=state, outcome=self.outcome, finished_at=timezone.now())

    def reopen(self):
        """Put a run that was stopped or failed back in the queue, to go on where it was; whether it could be."""
        ended = Run.objects.filter(pk=self.pk, state__in=[self.State.CANCELLED, self.State.FAILED])
        outcome = {name: value for name, value in self.outcome.items() if name != "sentence"}
        lease = timezone.now() + LEASE
        is_open = ended.update(state=self.State.QUEUED, finished_at=None, lease_until=lease, outcome=outcome)
        self.refresh_from_db()
        return bool(is_open)

    def cancel(self):
        """Stop the run at its next checkpoint; what it did so far stays. Return whether it was still going on."""
        going_on = Run.objects.filter(pk=self.pk, state__in=[self.State.QUEUED, self.State.RUNNING])
        is_stopped = bool(going_on.update(state=self.State.CANCELLED, finished_at=timezone.now()))
        self.refresh_from_db(fields=["state", "finished_at"])
        return is_stopped


class RunItem(models.Model):
    """One document of a run: done exactly once, however often the run is taken up again."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    name = models.TextField()
    document = models.ForeignKey(
        "claims.Document", null=True, blank=True, on_delete=models.SET_NULL, related_name="run_items"
    )
    file = models.FileField(blank=True, upload_to="uploads")
    is_done = models.BooleanField(default=False)
    message = models.TextField(blank=True)
    is_error = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="one_item_a_position")]

    def __str__(self):
        return self.name
