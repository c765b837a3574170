"""Sensitive stretches, and releases, which mask them."""

import uuid

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0009_guidelines_read"),
    ]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="kind",
            field=models.TextField(
                choices=[("import", "import"), ("tag", "read ahead"), ("export", "export"), ("release", "release")]
            ),
        ),
        migrations.CreateModel(
            name="Redaction",
            fields=[
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("start", models.PositiveIntegerField()),
                ("end", models.PositiveIntegerField()),
                ("quote", models.TextField()),
                ("prefix", models.TextField(blank=True)),
                ("suffix", models.TextField(blank=True)),
                ("reason", models.TextField(blank=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="claims.document"
                    ),
                ),
            ],
            options={
                "ordering": ["start"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("start__lt", models.F("end"))),
                        name="redaction_is_not_empty",
                        violation_error_message="Mark at least one character.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)])),
                ("day", models.DateField()),
                ("summary", models.TextField(blank=True)),
                ("licence", models.TextField()),
                ("file", models.FileField(upload_to="releases")),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.TextField()),
                ("about", models.JSONField()),
                ("people", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="releases",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="releases", to="claims.project"
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project", "number"),
                        name="one_release_a_number",
                        violation_error_message="This project has a release of that number.",
                    )
                ],
            },
        ),
    ]
