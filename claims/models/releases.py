"""A frozen, numbered state of a project, as files that others can cite and check."""

import uuid

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone


class ReleaseQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(project__memberships__user=user, project__deleted_at=None)


class Release(models.Model):
    """One release; the row comes to be when its zip is stored, and neither changes afterwards."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("claims.Project", on_delete=models.PROTECT, related_name="releases")
    number = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    day = models.DateField()
    summary = models.TextField(blank=True)
    licence = models.TextField()
    file = models.FileField(upload_to="releases")
    size = models.PositiveBigIntegerField()
    sha256 = models.TextField()
    # Rows of each table and split, what changed since the release before: parts of release.json that its page shows.
    about = models.JSONField()
    # {user's uuid: pseudonym}; never leaves the server, so that each person keeps theirs in the next release.
    people = models.JSONField(default=dict)
    created_by = models.ForeignKey("claims.User", null=True, on_delete=models.PROTECT, related_name="releases")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "number"],
                name="one_release_a_number",
                violation_error_message="This project has a release of that number.",
            )
        ]

    def __str__(self):
        return self.name

    @property
    def name(self):
        return self.about["name"]
