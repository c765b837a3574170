"""What the pipeline saw, and what each layer made of it."""

from django.db import models
from django.db.models import Q

from .fields import ExactDecimalField, Record
from .spans import TextSpan


class Mention(TextSpan):
    """A span that names something: an entity, a quantity, a speaker, a cue. Never changed once written.

    The pipeline's mentions have no layer. A figure that a person marked because the pipeline missed it has one.
    """

    class Kind(models.TextChoices):
        ENTITY = "entity", "names"
        QUANTITY = "quantity", "figures"
        SPEAKER = "speaker", "speakers"
        CUE = "cue", "who says it"

    uuid = models.UUIDField(primary_key=True, editable=False)
    layer = models.ForeignKey("claims.Layer", null=True, blank=True, on_delete=models.PROTECT, related_name="mentions")
    kind = models.TextField(choices=Kind.choices)
    label = models.TextField(blank=True)
    # The name under which mentions of one entity are tied together within the document.
    name = models.TextField(blank=True)
    suggester = models.TextField()

    class Meta(TextSpan.Meta):
        ordering = ["start", "end", "uuid"]
        indexes = [models.Index(fields=["document", "kind", "start"], name="mentions_in_order")]

    def __str__(self):
        return self.quote


class Modifier(models.TextChoices):
    EQUAL = "=", "exactly"
    ABOUT = "~", "about"
    OVER = ">", "over or at least"
    UNDER = "<", "under or at most"
    UP = "up", "up by"
    DOWN = "down", "down by"


class FigureReading(models.Model):
    """How a figure is read: a value or a range, its unit, what it counts, the period it holds for."""

    class Kind(models.TextChoices):
        COUNT = "count", "count"
        MONEY = "money", "money"
        PERCENT = "percent", "per cent"
        PERCENTAGE_POINT = "percentage_point", "percentage points"
        MEASURE = "measure", "measure"
        DURATION = "duration", "duration"
        AGE = "age", "age"
        RATE = "rate", "rate"

    kind = models.TextField(choices=Kind.choices, default=Kind.COUNT)
    value = ExactDecimalField()
    value_high = ExactDecimalField(null=True, blank=True)
    modifier = models.TextField(choices=Modifier.choices, default=Modifier.EQUAL)
    unit = models.TextField(blank=True)
    currency = models.TextField(blank=True)
    counted = models.TextField("what is counted", blank=True)
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)

    READING = ("kind", "value", "value_high", "modifier", "unit", "currency", "counted", "period_start", "period_end")

    class Meta:
        abstract = True


class Quantity(FigureReading):
    """The figure that a mention of kind ``quantity`` holds, and how it relates to others of its passage."""

    mention = models.OneToOneField(Mention, primary_key=True, on_delete=models.CASCADE, related_name="quantity")
    part_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="parts")
    sums_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="addends")
    converts = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="conversions")
    change_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="changes")

    def __str__(self):
        return f"{self.value} {self.unit or self.currency or self.counted}".strip()


class Suggestion(TextSpan):
    """Something the pipeline proposes: a claim, or whom a response answers. Never changed once written."""

    class Kind(models.TextChoices):
        CLAIM = "claim", "claim"
        PAIR = "pair", "pair"

    uuid = models.UUIDField(primary_key=True, editable=False)
    # Set where it was computed from one layer's annotations, which then alone may see it.
    layer = models.ForeignKey(
        "claims.Layer", null=True, blank=True, on_delete=models.PROTECT, related_name="suggestions"
    )
    kind = models.TextField(choices=Kind.choices)
    payload = models.JSONField(default=dict)
    suggester = models.TextField()
    suggester_version = models.TextField()
    score = models.FloatField()
    reasons = models.JSONField(default=list)

    class Meta(TextSpan.Meta):
        ordering = ["start", "end", "uuid"]
        indexes = [models.Index(fields=["document", "kind", "start"], name="suggestions_in_order")]

    def __str__(self):
        return self.quote


class Decision(Record):
    """What one layer did with a suggestion, or how it mended a figure that was misread."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", "accepted"
        REJECTED = "rejected", "rejected"
        MENDED = "mended", "mended"

    layer = models.ForeignKey("claims.Layer", on_delete=models.PROTECT, related_name="decisions")
    suggestion = models.ForeignKey(
        Suggestion, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions"
    )
    mention = models.ForeignKey(Mention, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.TextField(choices=Outcome.choices)
    # A mended figure: the fields of FigureReading as text, or null.
    reading = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(suggestion__isnull=False, mention__isnull=True)
                | Q(suggestion__isnull=True, mention__isnull=False),
                name="decision_on_one_thing",
                violation_error_message="A decision is on a suggestion or on a figure.",
            ),
            models.UniqueConstraint(
                fields=["layer", "suggestion"],
                condition=Q(deleted_at=None),
                name="one_decision_a_suggestion",
                violation_error_message="This suggestion is decided.",
            ),
            models.UniqueConstraint(
                fields=["layer", "mention"],
                condition=Q(deleted_at=None),
                name="one_decision_a_mention",
                violation_error_message="This figure is decided.",
            ),
        ]

    def __str__(self):
        return self.outcome
