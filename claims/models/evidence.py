"""What a judgement leans on: citations, compared figures, verification."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from claims.offsets import context

from .claims import AnnotationQuerySet
from .fields import ExactDecimalField, Record
from .labels import refuse_retired
from .spans import TextSpan

VERDICTS = ("supported", "refuted", "conflicting", "not_enough_evidence")
SUBJECTS = ("claim", "link", "no_response", "comparison", "assessment")


def exactly_one(*names):
    condition = Q()
    for present in names:
        condition |= Q(**{f"{name}__isnull": name != present for name in names})
    return condition


class FigureComparison(Record):
    """A disputed, compared or summed figure and its outcome.

    It belongs to a link (whose response it is about) or to one claim (arithmetic the text invites).
    """

    class Check(models.TextChoices):
        COMPARE = "compare", "compared with the response"
        SUM = "sum", "parts add up"
        PART = "part", "part of a whole"
        CONVERSION = "conversion", "one amount in two currencies"

    DIFFERENCES = ("unit", "population", "period", "definition")

    layer = models.ForeignKey("claims.Layer", on_delete=models.PROTECT, related_name="comparisons")
    link = models.ForeignKey("claims.Link", null=True, blank=True, on_delete=models.PROTECT, related_name="comparisons")
    claim = models.ForeignKey(
        "claims.Claim", null=True, blank=True, on_delete=models.PROTECT, related_name="comparisons"
    )
    check_kind = models.TextField(choices=Check.choices, default=Check.COMPARE)
    quantity = models.ForeignKey("claims.Mention", on_delete=models.PROTECT, related_name="comparisons")
    # The response's figure; of a conversion the other amount; of a part its whole.
    counter_quantity = models.ForeignKey(
        "claims.Mention", null=True, blank=True, on_delete=models.PROTECT, related_name="counter_comparisons"
    )
    # Of a sum: uuids of the mentions that add up to ``quantity``.
    addends = models.JSONField(default=list, blank=True)
    outcome = models.TextField()
    # Which of unit, population, period, definition differ, where figures are not comparable.
    differs_in = models.JSONField(default=list, blank=True)
    absolute_difference = ExactDecimalField(null=True, blank=True)
    relative_difference = ExactDecimalField(null=True, blank=True)
    is_dismissed = models.BooleanField(default=False)
    note = models.TextField(blank=True)
    ruling = models.TextField(blank=True)
    justification = models.TextField(blank=True)
    ruled_by = models.ForeignKey(
        "claims.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    ruled_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "uuid"]
        constraints = [
            models.CheckConstraint(
                condition=exactly_one("link", "claim"),
                name="comparison_on_link_or_claim",
                violation_error_message="A comparison belongs to a link or to one claim.",
            ),
            models.UniqueConstraint(
                fields=["link", "quantity"],
                condition=Q(deleted_at=None, link__isnull=False, counter_quantity=None),
                name="one_outcome_without_counter",
                violation_error_message="This figure has an outcome for that link.",
            ),
            models.UniqueConstraint(
                fields=["link", "quantity", "counter_quantity"],
                condition=Q(deleted_at=None, link__isnull=False),
                name="one_comparison_a_link",
                violation_error_message="These figures are compared.",
            ),
            models.UniqueConstraint(
                fields=["claim", "check_kind", "quantity"],
                condition=Q(deleted_at=None, claim__isnull=False),
                name="one_check_a_claim",
                violation_error_message="This check is decided.",
            ),
            models.CheckConstraint(
                condition=Q(ruling="") | ~Q(justification="") & Q(ruled_by__isnull=False, ruled_at__isnull=False),
                name="ruling_is_justified",
                violation_error_message="A ruling wants a justification.",
            ),
        ]

    def __str__(self):
        return f"{self.quantity.quote}: {self.outcome}"

    def clean(self):
        if (self.link_id is None) == (self.claim_id is None):
            raise ValidationError("A comparison belongs to a link or to one claim.")
        owner = self.link if self.link_id else self.claim
        if owner.layer_id != self.layer_id:
            raise ValidationError("What it belongs to is in another layer.")
        known = owner.dossier.project.vocabulary.by_facet()["figure_outcome"]
        for name in ("outcome", "ruling"):
            value = getattr(self, name)
            if value and value not in known or name == "outcome" and not value:
                raise ValidationError({name: f"{value!r} is not an outcome here; known are {', '.join(known)}."})
        refuse_retired(self, [(name, known.get(getattr(self, name))) for name in ("outcome", "ruling")])
        for mention in (self.quantity, self.counter_quantity):
            if mention is not None and mention.kind != "quantity":
                raise ValidationError({"quantity": f"“{mention.quote}” is not a figure."})
            if mention is not None and mention.layer_id not in (None, self.layer_id):
                raise ValidationError({"quantity": "That figure was marked in another layer."})
            if mention is not None and mention.document.project_id != owner.dossier.project_id:
                raise ValidationError({"quantity": "That figure stands in another project."})
        if not isinstance(self.differs_in, list) or not set(self.differs_in) <= set(self.DIFFERENCES):
            raise ValidationError({"differs_in": f"Choose among {', '.join(self.DIFFERENCES)}."})
        if self.outcome == "not_comparable" and not self.differs_in:
            raise ValidationError({"differs_in": "Say what differs: unit, population, period or definition."})
        if known[self.outcome].wants_note and not self.note.strip():
            raise ValidationError({"note": f"“{known[self.outcome].phrase}” wants a note that says what."})
        if self.ruling and not self.justification.strip():
            raise ValidationError({"justification": "A ruling wants a justification."})


class Assessment(Record):
    """Verification of one claim. The four verdicts want a citation that supports or contradicts."""

    layer = models.ForeignKey("claims.Layer", on_delete=models.PROTECT, related_name="assessments")
    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="assessments")
    verification = models.TextField(default="unchecked")
    justification = models.TextField(blank=True)

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim"],
                condition=Q(deleted_at=None),
                name="one_assessment_a_claim",
                violation_error_message="This claim has an assessment.",
            ),
            models.CheckConstraint(
                condition=~Q(verification__in=VERDICTS) | ~Q(justification=""),
                name="verdict_is_justified",
                violation_error_message="A verdict wants a short justification.",
            ),
        ]

    def __str__(self):
        return f"{self.claim.name}: {self.verification}"

    def clean(self):
        """Refuse a verdict without justification or evidence; evidence may stand on the claim or on this row."""
        if self.claim.layer_id != self.layer_id:
            raise ValidationError({"claim": "That claim is in another layer."})
        known = self.claim.dossier.project.vocabulary.by_facet()["verification"]
        if self.verification not in known:
            raise ValidationError(
                {"verification": f"{self.verification!r} is not a verification here; known are {', '.join(known)}."}
            )
        refuse_retired(self, [("verification", known[self.verification])])
        if self.verification not in VERDICTS:
            return
        if not self.justification.strip():
            raise ValidationError({"justification": "A verdict wants a short justification."})
        evidence = Citation.objects.live().filter(Q(claim=self.claim_id) | Q(assessment=self.pk))
        if not evidence.filter(stance__in=["supports", "contradicts"]).exists():
            raise ValidationError({"verification": "A verdict wants a citation that supports or contradicts."})


class Citation(Record):
    """Words in a document of the project, or an outside source, that speak for or against a judgement."""

    class Stance(models.TextChoices):
        SUPPORTS = "supports", "supports"
        CONTRADICTS = "contradicts", "contradicts"
        CONTEXT = "context", "context"

    layer = models.ForeignKey("claims.Layer", on_delete=models.PROTECT, related_name="citations")
    claim = models.ForeignKey("claims.Claim", null=True, blank=True, on_delete=models.PROTECT, related_name="citations")
    link = models.ForeignKey("claims.Link", null=True, blank=True, on_delete=models.PROTECT, related_name="citations")
    no_response = models.ForeignKey(
        "claims.NoResponse", null=True, blank=True, on_delete=models.PROTECT, related_name="citations"
    )
    comparison = models.ForeignKey(
        FigureComparison, null=True, blank=True, on_delete=models.PROTECT, related_name="citations"
    )
    assessment = models.ForeignKey(
        Assessment, null=True, blank=True, on_delete=models.PROTECT, related_name="citations"
    )
    stance = models.TextField(choices=Stance.choices)
    document = models.ForeignKey(
        "claims.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="citations"
    )
    start = models.PositiveIntegerField(null=True, blank=True)
    end = models.PositiveIntegerField(null=True, blank=True)
    quote = models.TextField(blank=True)
    prefix = models.TextField(blank=True, editable=False)
    suffix = models.TextField(blank=True, editable=False)
    title = models.TextField(blank=True)
    url = models.TextField("URL", blank=True)
    archived_url = models.TextField("archived URL", blank=True)
    page = models.TextField(blank=True)
    accessed_on = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "uuid"]
        constraints = [
            models.CheckConstraint(
                condition=exactly_one(*SUBJECTS),
                name="citation_on_one_thing",
                violation_error_message="A citation stands on one claim, link, record, comparison or assessment.",
            ),
            models.CheckConstraint(
                condition=Q(document__isnull=False, start__isnull=False, end__isnull=False, start__lt=models.F("end"))
                | Q(document=None, start=None, end=None) & (~Q(url="") | ~Q(title="")),
                name="citation_inside_or_outside",
                violation_error_message="Cite marked words of a document, or an outside source by its title or URL.",
            ),
        ]

    def __str__(self):
        return self.quote or self.title or self.url

    @property
    def subject(self):
        """The row it stands on."""
        return next(getattr(self, name) for name in SUBJECTS if getattr(self, f"{name}_id"))

    def located_claims(self):
        """Return the claims whose own words cannot be evidence here."""
        owner = self.link or self.claim or self.assessment or self.no_response or self.comparison
        if isinstance(owner, FigureComparison):
            owner = owner.link or owner.claim
        names = ("response", "target_claim", "claim", "assertion")
        claims = [getattr(owner, name, None) for name in names] if owner is not self.claim else [owner]
        return [claim for claim in claims if claim is not None]

    def clean(self):
        set_subjects = [name for name in SUBJECTS if getattr(self, f"{name}_id")]
        if len(set_subjects) != 1:
            raise ValidationError("A citation stands on one claim, link, record, comparison or assessment.")
        if self.subject.layer_id != self.layer_id:
            raise ValidationError("What it stands on is in another layer.")
        for name in ("url", "archived_url"):
            if getattr(self, name) and not getattr(self, name).startswith(("http://", "https://")):
                raise ValidationError({name: "Write an address that begins with http:// or https://."})
        if self.document_id is None:
            if self.start is not None or self.end is not None:
                raise ValidationError({"document": "Say which document the words stand in."})
            if not self.url and not self.title:
                raise ValidationError("Cite marked words of a document, or an outside source by its title or URL.")
            return
        if self.document.project_id != self.layer.project_id:
            raise ValidationError({"document": "That document belongs to another project."})
        self.anchor_in(self.document.text)

    def anchor_in(self, text):
        """Check the cited words against ``text`` and keep their context."""
        TextSpan.check_span(self, text, quote=self.quote or None)
        self.quote = text[self.start : self.end]
        self.prefix, self.suffix = context(text, self.start, self.end)
        for claim in self.located_claims():
            if claim.document_id == self.document_id and claim.start <= self.start and self.end <= claim.end:
                raise ValidationError({"quote": "A claim's own words locate it; cite other words as evidence."})
