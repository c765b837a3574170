"""The unit of work: one dispute and its handful of documents."""

from django.db import models
from django.urls import reverse

from .documents import ProjectRecordQuerySet
from .fields import Record, RecordQuerySet


class Side(models.TextChoices):
    ASSERTING = "asserting", "asserting"
    RESPONDING = "responding", "responding"
    BOTH = "both", "both"
    EVIDENCE = "evidence", "evidence"


class Dossier(Record):
    """One dispute: queue, assignment, coverage, margin names and sign-offs hang on it."""

    project = models.ForeignKey("claims.Project", on_delete=models.PROTECT, related_name="dossiers")
    title = models.TextField()
    set_up_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Drawn by lot into the control part: annotated without suggestions.
    is_control = models.BooleanField("without suggestions", default=False, editable=False)

    objects = ProjectRecordQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "uuid"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("workspace", args=[self.pk])


class DossierDocument(models.Model):
    """A document's place and side in a dossier."""

    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="places")
    document = models.ForeignKey("claims.Document", on_delete=models.PROTECT, related_name="places")
    side = models.TextField(choices=Side.choices, default=Side.BOTH)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "document"],
                name="one_place_a_document",
                violation_error_message="The dossier holds this document.",
            )
        ]

    def __str__(self):
        return f"{self.document} ({self.side})"


class DossierActor(models.Model):
    """Whose side an actor is on in a dossier; the narrator is on none."""

    class Side(models.TextChoices):
        ASSERTING = "asserting", "asserting"
        RESPONDING = "responding", "responding"
        NARRATOR = "narrator", "neither: reports"

    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="parties")
    actor = models.ForeignKey("claims.Actor", on_delete=models.PROTECT, related_name="parties")
    side = models.TextField(choices=Side.choices)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "actor"],
                name="one_side_an_actor",
                violation_error_message="This actor has a side in this dossier.",
            )
        ]

    def __str__(self):
        return f"{self.actor} ({self.side})"


class SignOff(Record):
    """An editor's word on a dossier's state in one layer: signed, or sent back; the newest one counts.

    ``change`` is the last Change of the dossier in that layer it was given on; later ones are "changed since".
    """

    class State(models.TextChoices):
        SIGNED = "signed", "signed off"
        SENT_BACK = "sent_back", "sent back"
        LIFTED = "lifted", "sign-off lifted"

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="sign_offs")
    layer = models.ForeignKey("claims.Layer", on_delete=models.PROTECT, related_name="sign_offs")
    state = models.TextField(choices=State.choices)
    note = models.TextField(blank=True)
    open_questions = models.TextField(blank=True)
    change = models.ForeignKey("claims.Change", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # Something was changed since of which no Change tells: an import without history says so.
    is_outdated = models.BooleanField("changed since", default=False, editable=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-uuid"]
        indexes = [models.Index(fields=["dossier", "layer", "created_at"], name="sign_offs_of_a_dossier")]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="sent_back") | ~models.Q(note=""),
                name="sent_back_with_a_note",
                violation_error_message="Say what should be looked at again.",
            )
        ]

    def __str__(self):
        return f"{self.dossier}: {self.get_state_display()}"
