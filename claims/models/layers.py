"""Whose reading an annotation belongs to."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .fields import Record, RecordQuerySet


class LayerQuerySet(RecordQuerySet):
    def compared(self, project):
        """Layers whose agreement is asked about: the annotators', or where none is, all there are."""
        layers = self.live().filter(project=project)
        annotators = layers.filter(kind=Layer.Kind.ANNOTATOR)
        return annotators if annotators.exists() else layers

    def readable_by(self, user):
        """Layers this person may see: in an independent project only their own until adjudication opens.

        Nobody sees a layer of a project that is gone.
        """
        member = Q(project__memberships__user=user)
        settles = Q(project__memberships__user=user, project__memberships__role__in=["owner", "editor"])
        opened = Q(project__adjudication_opened_at__isnull=False)
        not_researcher = Q(
            project__memberships__user=user, project__memberships__role__in=["owner", "editor", "annotator"]
        )
        return (
            self.live()
            .filter(project__deleted_at=None)
            .filter(
                Q(kind=Layer.Kind.TEAM) & member
                | Q(kind=Layer.Kind.ANNOTATOR, annotator=user) & not_researcher
                | Q(kind=Layer.Kind.ANNOTATOR) & opened & settles
                | Q(kind=Layer.Kind.GOLD) & settles
                | Q(kind=Layer.Kind.GOLD) & opened & member
            )
            .distinct()
        )


class Layer(Record):
    """One reading of a project: the team's, one annotator's, or the settled gold one. It owns its annotations."""

    class Kind(models.TextChoices):
        TEAM = "team", "team"
        ANNOTATOR = "annotator", "annotator"
        GOLD = "gold", "gold"

    project = models.ForeignKey("claims.Project", on_delete=models.PROTECT, related_name="layers")
    kind = models.TextField(choices=Kind.choices)
    name = models.TextField()
    annotator = models.ForeignKey("claims.User", null=True, blank=True, on_delete=models.PROTECT, related_name="layers")

    objects = LayerQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "uuid"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="annotator", annotator__isnull=False)
                | ~Q(kind="annotator") & Q(annotator__isnull=True),
                name="annotator_layer_has_annotator",
                violation_error_message="An annotator's layer names its annotator, and no other layer does.",
            ),
            models.UniqueConstraint(
                fields=["project", "annotator"],
                condition=Q(kind="annotator", deleted_at=None),
                name="one_layer_an_annotator",
                violation_error_message="This annotator has a layer in this project.",
            ),
            models.UniqueConstraint(
                fields=["project", "kind"],
                condition=Q(kind="gold", deleted_at=None),
                name="one_gold_layer",
                violation_error_message="This project has a gold layer.",
            ),
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=Q(deleted_at=None),
                name="one_layer_a_name",
                violation_error_message="This project has a layer of that name.",
            ),
        ]

    def __str__(self):
        return self.name


class AssignmentQuerySet(RecordQuerySet):
    def visible_to(self, user):
        return self.live().filter(dossier__project__memberships__user=user, dossier__project__deleted_at=None)

    def holding(self, now=None):
        """Assignments that keep their place: finished, given by hand, not begun yet, or within their lease."""
        now = now or timezone.now()
        return self.live().filter(
            ~Q(state=Assignment.State.OPEN) | Q(lease_until=None) | Q(lease_until__gt=now) | Q(way=Assignment.Way.HAND)
        )


class Assignment(Record):
    """One annotator's part in a dossier: given by hand, dealt out, or taken from what was left.

    A place that was not given by hand has a lease from its first decision on; when it runs out, another may take it.
    """

    class State(models.TextChoices):
        OPEN = "open", "unfinished"
        FINISHED = "finished", "finished"
        NOTHING = "nothing", "looked, nothing here"

    class Way(models.TextChoices):
        HAND = "hand", "given by hand"
        DEALT = "dealt", "dealt"
        TAKEN = "taken", "taken"

    dossier = models.ForeignKey("claims.Dossier", on_delete=models.PROTECT, related_name="assignments")
    annotator = models.ForeignKey("claims.User", on_delete=models.PROTECT, related_name="assignments")
    state = models.TextField(choices=State.choices, default=State.OPEN)
    way = models.TextField(choices=Way.choices, default=Way.HAND)
    begun_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "uuid"]
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "annotator"],
                condition=Q(deleted_at=None),
                name="one_assignment_a_person",
                violation_error_message="This person has that dossier.",
            ),
            models.CheckConstraint(
                condition=Q(state="open", finished_at=None) | ~Q(state="open") & Q(finished_at__isnull=False),
                name="finished_assignment_says_when",
                violation_error_message="A finished assignment says when.",
            ),
        ]

    def __str__(self):
        return f"{self.dossier} for {self.annotator}"


class Visit(models.Model):
    """A document opened while working in a layer: what a "none found" may list."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="visits")
    dossier = models.ForeignKey("claims.Dossier", on_delete=models.CASCADE, related_name="visits")
    document = models.ForeignKey("claims.Document", on_delete=models.CASCADE, related_name="visits")
    user = models.ForeignKey("claims.User", on_delete=models.CASCADE, related_name="visits")
    opened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["layer", "dossier", "document", "user"], name="one_visit_a_document")
        ]

    def __str__(self):
        return f"{self.user} opened {self.document}"


class Postponement(Record):
    """A decision of the queue that somebody put off (later) or set aside with a reason."""

    class State(models.TextChoices):
        LATER = "later", "put off"
        ASIDE = "aside", "set aside"

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="postponements")
    dossier = models.ForeignKey("claims.Dossier", on_delete=models.CASCADE, related_name="postponements")
    # Which decision: its kind and the object it is about, such as "pair" and a claim's uuid.
    task = models.TextField()
    subject = models.UUIDField()
    state = models.TextField(choices=State.choices)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["layer", "dossier", "task", "subject"],
                condition=Q(deleted_at=None),
                name="one_postponement_a_decision",
            ),
            models.CheckConstraint(
                condition=Q(state="later") | ~Q(reason=""),
                name="set_aside_with_a_reason",
                violation_error_message="Say why it is set aside.",
            ),
        ]

    def __str__(self):
        return f"{self.task} {self.state}"
