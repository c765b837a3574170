"""Addresses that are told of what happens in a project, and the messages to them."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0010_releases"),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("url", models.TextField(verbose_name="address")),
                ("secret", models.TextField(editable=False)),
                ("events", models.JSONField(default=list)),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="webhooks", to="claims.project"
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "uuid"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "event",
                    models.TextField(
                        choices=[
                            ("run.finished", "a run has finished"),
                            ("dossier.finished", "somebody has finished annotating a dossier"),
                            ("release.made", "a release was made"),
                        ]
                    ),
                ),
                ("payload", models.JSONField()),
                (
                    "state",
                    models.TextField(
                        choices=[("waiting", "waiting"), ("delivered", "delivered"), ("given_up", "given up")],
                        default="waiting",
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("status", models.PositiveIntegerField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="claims.webhook"
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "uuid"],
                "indexes": [models.Index(fields=["state", "next_at"], name="deliveries_that_are_due")],
            },
        ),
    ]
