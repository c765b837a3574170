"""What an editor decided where layers were compared."""

from django.db import models
from django.db.models import Q

from .fields import Record, RecordQuerySet
from .layers import Layer


class SettlementQuerySet(RecordQuerySet):
    def visible_to(self, user):
        """Decisions an owner or editor may read all of, and an annotator where one of their own items is compared.

        Costs a query: a decision on what only another annotator marked would say that they did.
        """
        member = Q(layer__project__memberships__user=user)
        seen = member & Q(layer__project__memberships__role__in=["owner", "editor"])
        for layer in Layer.objects.live().filter(annotator=user).values_list("pk", flat=True):
            seen |= member & Q(**{f"readings__{layer}__items__0__isnull": False})
        return self.live().filter(seen).distinct()


class Settlement(Record):
    """One question that compared layers raise, as an editor settled it: the provenance of the gold layer.

    ``readings`` keeps what each layer said when it was decided, {layer uuid: {"items": [uuid, …], "value": …}}, and
    ``digest`` a hash of that: where a layer says something else later, the question is open again and the earlier
    decision is shown beside it. A claim's or link's also has "fields", {uuid: {field: value}}: what came along with it.
    """

    class Question(models.TextChoices):
        CLAIM = "claim", "is there a claim here, and where"
        LINK = "link", "does this respond to that"
        FIELD = "field", "what is said of it"
        NO_RESPONSE = "no_response", "was no response found"
        COMPARISON = "comparison", "how do the figures compare"

    class Choice(models.TextChoices):
        AGREED = "agreed", "all layers say so"
        TAKEN = "taken", "as one layer has it"
        BOTH = "both", "what all layers have"
        NEITHER = "neither", "rightly nothing here"
        NEW = "new", "anew"

    layer = models.ForeignKey("claims.Layer", on_delete=models.PROTECT, related_name="settlements")
    dossier = models.ForeignKey("claims.Dossier", on_delete=models.PROTECT, related_name="settlements")
    question = models.TextField(choices=Question.choices)
    # The facet or column a FIELD question is about, such as "relation" or "speaker".
    field = models.TextField(blank=True)
    # The matched items, as sorted uuids: what the question is about, and how it is found again.
    items = models.JSONField(default=list)
    readings = models.JSONField(default=dict)
    digest = models.TextField()
    choice = models.TextField(choices=Choice.choices)
    # The layer whose reading was taken, where one was.
    taken_from = models.ForeignKey(
        "claims.Layer", null=True, blank=True, on_delete=models.PROTECT, related_name="readings_taken"
    )
    compared = models.ManyToManyField("claims.Layer", related_name="settlements_on_it")
    # The rows of the gold layer that came of it, as uuids; none for "rightly nothing here".
    results = models.JSONField(default=list)
    note = models.TextField(blank=True)

    objects = SettlementQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "uuid"]
        indexes = [models.Index(fields=["dossier", "layer"], name="settlements_of_a_dossier")]
        constraints = [
            models.CheckConstraint(
                condition=Q(choice="taken", taken_from__isnull=False) | ~Q(choice="taken") & Q(taken_from=None),
                name="settlement_says_whose",
                violation_error_message="Say whose reading was taken.",
            ),
            models.CheckConstraint(
                condition=Q(question="field") & ~Q(field="") | ~Q(question="field") & Q(field=""),
                name="settlement_names_its_field",
                violation_error_message="Say which field is settled.",
            ),
        ]

    def __str__(self):
        return f"{self.get_question_display()}: {self.get_choice_display()}"
