"""The label schema: data, versioned, loaded beside others and mapped onto the default keys."""

from django.db import models

from .fields import Record


class Facet(models.TextChoices):
    RELATION = "relation", "relation"
    STRATEGY = "strategy", "strategy"
    DISPUTED = "disputed", "what is disputed"
    FIGURE_OUTCOME = "figure_outcome", "figure outcome"
    VERIFICATION = "verification", "verification"
    CLAIM_KIND = "claim_kind", "kind of claim"
    CITATION_STANCE = "stance_of_citation", "what a citation does"


# {(vocabulary, version): {facet: {key: Label}}}
TABLES = {}


class Vocabulary(Record):
    """One version of one label schema. ``default`` is the one DESIGN.md prints; others map onto its keys."""

    key = models.TextField()
    title = models.TextField()
    number = models.PositiveIntegerField(default=1)
    # {facet: {"question", "rule", "several"}}: what is asked, and how many may be chosen.
    about = models.JSONField(default=dict, blank=True)
    # The version it was made from; None for one that came with the product or from a file.
    based_on = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="later_versions", editable=False
    )
    # What changed since, in words.
    summary = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "number"], name="one_vocabulary_a_version")]

    def __str__(self):
        return f"{self.title} {self.number}"

    def by_facet(self):
        """Return {facet: {key: Label}} in the schema's order, retired labels last.

        Kept in memory by version, since every save of a link asks: whoever changes a label raises the version.
        """
        at = (self.pk, self.version)
        if at not in TABLES:
            table = {facet: {} for facet in Facet.values}
            for label in sorted(self.labels.all(), key=lambda label: (label.is_retired, label.position)):
                table[label.facet][label.key] = label
            if len(TABLES) >= 100:
                TABLES.clear()
            TABLES[at] = table
        return {facet: dict(labels) for facet, labels in TABLES[at].items()}


class Label(models.Model):
    """One choice of one facet: a key for files, a phrase for people."""

    vocabulary = models.ForeignKey(Vocabulary, on_delete=models.CASCADE, related_name="labels")
    facet = models.TextField(choices=Facet.choices)
    key = models.TextField()
    phrase = models.TextField()
    definition = models.TextField(blank=True)
    example = models.TextField(blank=True)
    shortcut = models.TextField(blank=True)
    position = models.PositiveIntegerField()
    # agree, dispute or neutral; computed facts about a relation, not annotated.
    stance = models.TextField(blank=True)
    maps_to = models.TextField(blank=True)
    # How it is shown beside its phrase, "#rrggbb"; never the only sign.
    colour = models.TextField(blank=True)
    wants_note = models.BooleanField(default=False)
    is_retired = models.BooleanField(default=False)

    class Meta:
        ordering = ["facet", "position"]
        constraints = [models.UniqueConstraint(fields=["vocabulary", "facet", "key"], name="one_label_a_key")]

    def __str__(self):
        return self.phrase
