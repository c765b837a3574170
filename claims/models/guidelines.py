"""What annotators are told to do, in versions: an annotation can say which it was made under."""

from django.db import models
from django.utils import timezone


class Guideline(models.Model):
    """One version of a project's guidelines, in Markdown; a change makes the next number."""

    project = models.ForeignKey("claims.Project", on_delete=models.CASCADE, related_name="guidelines")
    number = models.PositiveIntegerField()
    text = models.TextField()
    # What changed since the version before, in the writer's words.
    summary = models.TextField(blank=True)
    created_by = models.ForeignKey("claims.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "number"],
                name="one_guideline_a_version",
                violation_error_message="Somebody stored a version of the guidelines meanwhile; read it first.",
            )
        ]

    def __str__(self):
        return f"guidelines {self.number}"
