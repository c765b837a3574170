"""Whom to tell of what happens in a project: an address, and what was sent there."""

import base64
import secrets
import uuid

from django.db import models
from django.utils import timezone


class Webhook(models.Model):
    """An address that is told of some events of a project, each message signed with the secret."""

    class Event(models.TextChoices):
        RUN_FINISHED = "run.finished", "a run has finished"
        DOSSIER_FINISHED = "dossier.finished", "somebody has finished annotating a dossier"
        RELEASE_MADE = "release.made", "a release was made"

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("claims.Project", on_delete=models.CASCADE, related_name="webhooks")
    url = models.TextField("address")
    # Kept as it is, since every message is signed with it; shown once. Base64, as Standard Webhooks has it.
    secret = models.TextField(editable=False)
    events = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey("claims.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "uuid"]

    def __str__(self):
        return self.url

    @staticmethod
    def make_secret():
        return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


class Delivery(models.Model):
    """One message to one address: written in the transaction of what it tells of, and sent after it."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        DELIVERED = "delivered", "delivered"
        GIVEN_UP = "given_up", "given up"

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.TextField(choices=Webhook.Event.choices)
    payload = models.JSONField()
    state = models.TextField(choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    status = models.PositiveIntegerField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "uuid"]
        indexes = [models.Index(fields=["state", "next_at"], name="deliveries_that_are_due")]

    def __str__(self):
        return f"{self.event} to {self.webhook}"
