"""Statements: what is asserted, and what responds to it."""

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Exists, F, Max, OuterRef, Q

from .dossiers import Dossier
from .fields import Record, RecordQuerySet
from .layers import Layer
from .spans import TextSpan


class AnnotationQuerySet(RecordQuerySet):
    """Rows that a layer owns."""

    def visible_to(self, user):
        return self.live().filter(layer__in=Layer.objects.readable_by(user).values("pk"))


class Origin(models.TextChoices):
    ACCEPTED = "accepted", "suggested and accepted"
    EDITED = "edited", "suggested and edited"
    SCRATCH = "scratch", "from scratch"


class ClaimQuerySet(AnnotationQuerySet):
    def assertions(self):
        return self.filter(role=Claim.Role.ASSERTION)

    def responses(self):
        return self.filter(role=Claim.Role.RESPONSE)

    def in_reading_order(self):
        return self.order_by("document__places__position", "document", "start", "end", "number").distinct()

    def without_response(self):
        """Claims that no live link answers directly; a link labelled ``unrelated`` answers nothing."""
        from .links import Link

        direct = Link.objects.live().filter(target_claim=OuterRef("pk")).exclude(relation="unrelated")
        return self.exclude(Exists(direct))


class Claim(Record, TextSpan):
    """One statement by one actor: an assertion, or a response to one.

    A claim of several stretches has its envelope in ``start`` and ``end`` and its parts in ``stretches``.
    """

    class Role(models.TextChoices):
        ASSERTION = "assertion", "assertion"
        RESPONSE = "response", "response"

    class Kind(models.TextChoices):
        FACTUAL = "factual", "factual"
        FIGURE = "figure", "figure"
        RATING = "rating", "rating"
        JUDGEMENT = "judgement", "judgement"
        RECOMMENDATION = "recommendation", "recommendation"
        PRAISE = "praise", "praise"
        QUESTION = "question", "question"
        COMMITMENT = "commitment", "commitment"
        REFUSAL = "refusal", "refusal"
        UNCLEAR = "unclear", "unclear"
        OTHER = "other", "other"

    class Speech(models.TextChoices):
        DIRECT = "direct", "direct quote"
        INDIRECT = "indirect", "indirect speech"
        NARRATION = "narration", "narration"

    class Restating(models.TextChoices):
        VERBATIM = "verbatim", "verbatim"
        FAITHFUL = "faithful", "faithful"
        DIFFERS = "differs", "differs"

    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, related_name="claims")
    dossier = models.ForeignKey("claims.Dossier", on_delete=models.PROTECT, related_name="claims")
    role = models.TextField(choices=Role.choices)
    number = models.PositiveIntegerField(editable=False)
    kind = models.TextField(choices=Kind.choices, default=Kind.FACTUAL)
    # Nobody as speaker means the narrator.
    speaker = models.ForeignKey(
        "claims.Actor", null=True, blank=True, on_delete=models.PROTECT, related_name="claims_spoken"
    )
    reporter = models.ForeignKey(
        "claims.Actor", null=True, blank=True, on_delete=models.PROTECT, related_name="claims_reported"
    )
    speech = models.TextField(choices=Speech.choices, default=Speech.NARRATION)
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)
    wording = models.TextField("neutral wording", blank=True)
    restates = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="restated_by")
    restating = models.TextField("how it restates", choices=Restating.choices, blank=True)
    restating_note = models.TextField("how it differs", blank=True)
    wants_check = models.BooleanField("picked for checking", default=False)
    origin = models.TextField(choices=Origin.choices, default=Origin.SCRATCH, editable=False)
    suggestion = models.ForeignKey(
        "claims.Suggestion", null=True, blank=True, on_delete=models.PROTECT, related_name="claims", editable=False
    )
    # What another tool called it: claims/formats/foreign.py.
    imported_as = models.JSONField(null=True, blank=True, editable=False)

    objects = ClaimQuerySet.as_manager()

    class Meta(TextSpan.Meta):
        ordering = ["document", "start", "end", "number"]
        indexes = [
            models.Index(fields=["dossier", "layer", "role", "number"], name="claims_by_name"),
            models.Index(fields=["layer", "document", "start"], name="claims_in_text"),
        ]
        constraints = [
            *TextSpan.Meta.constraints,
            models.UniqueConstraint(
                fields=["dossier", "layer", "role", "number"],
                name="one_claim_a_name",
                violation_error_message="A claim of that name exists.",
            ),
            models.CheckConstraint(
                condition=Q(restates=None) | ~Q(restates=F("uuid")),
                name="claim_restates_another",
                violation_error_message="A claim does not restate itself.",
            ),
            models.CheckConstraint(
                condition=Q(restates=None, restating="") | Q(restates__isnull=False) & ~Q(restating=""),
                name="claim_says_how_it_restates",
                violation_error_message="Say how it restates: verbatim, faithful or differs.",
            ),
            models.CheckConstraint(
                condition=Q(period_start=None) | Q(period_end=None) | Q(period_start__lte=F("period_end")),
                name="claim_period_in_order",
                violation_error_message="The period ends before it begins.",
            ),
        ]

    def __str__(self):
        return f"{self.name} {self.quote[:60]}"

    @property
    def name(self):
        """The margin name, such as ``A6`` or ``R12``."""
        return f"{'A' if self.role == self.Role.ASSERTION else 'R'}{self.number}"

    def take_number(self):
        """Give a new claim the next name of its dossier, layer and role; deleted claims keep theirs."""
        if connection.features.has_select_for_update:
            # Two writers of one dossier queue here; elsewhere the whole transaction is exclusive.
            list(Dossier.objects.select_for_update(no_key=True).filter(pk=self.dossier_id).values_list("pk"))
        taken = Claim.objects.filter(dossier=self.dossier_id, layer=self.layer_id, role=self.role)
        self.number = (taken.aggregate(highest=Max("number"))["highest"] or 0) + 1
        return self

    def clean(self):
        """Refuse what the database would refuse, and what it cannot see; costs no query when relations are loaded."""
        if self.period_start and self.period_end and self.period_start > self.period_end:
            raise ValidationError({"period_end": "The period ends before it begins."})
        if self.restates_id == self.pk and self.pk and self.restates_id:
            raise ValidationError({"restates": "A claim does not restate itself."})
        if bool(self.restates_id) != bool(self.restating):
            raise ValidationError({"restating": "Say how it restates: verbatim, faithful or differs."})
        if self.restates_id and self.restates.layer_id != self.layer_id:
            raise ValidationError({"restates": "The claim it restates belongs to another layer."})
        project = self.dossier.project_id
        for name in ("layer", "document", "speaker", "reporter"):
            if getattr(self, f"{name}_id") and getattr(self, name).project_id != project:
                raise ValidationError({name: f"That {name} belongs to another project."})


class Stretch(models.Model):
    """One part of a claim of several; parts are in order and do not overlap."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="stretches")
    position = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="stretch_is_not_empty"),
            models.UniqueConstraint(fields=["claim", "position"], name="one_stretch_a_position"),
        ]

    def __str__(self):
        return self.quote
