"""The label schema: data, versioned, loaded beside others and mapped onto the default keys."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property

from .fields import Record


class Facet(models.TextChoices):
    RELATION = "relation", "relation"
    STRATEGY = "strategy", "strategy"
    DISPUTED = "disputed", "what is disputed"
    FIGURE_OUTCOME = "figure_outcome", "figure outcome"
    VERIFICATION = "verification", "verification"
    CLAIM_KIND = "claim_kind", "kind of claim"
    CITATION_STANCE = "stance_of_citation", "what a citation does"


# Facets of which one label is chosen, by a digit.
ONE_CHOICE = (Facet.RELATION, Facet.FIGURE_OUTCOME, Facet.VERIFICATION)

# {(vocabulary, version): {facet: {key: Label}}}
TABLES = {}


def give_digits(labels):
    """Give each label of a facet its ``digit``: its own, 9 and 0 for unclear and other, else the next free one or none."""
    offered = [label for label in labels if not label.is_retired]
    kept = {"unclear": "9", "other": "0"}
    for label in labels:
        label.digit = "" if label.is_retired else label.shortcut or kept.get(label.key, "")
    free = [digit for digit in "12345678" if digit not in {label.digit for label in offered}]
    for label in offered:
        if not label.digit and free:
            label.digit = free.pop(0)


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

        A facet that it says nothing of is asked as the default vocabulary asks it. Kept in memory by version, since
        every save of a link asks: whoever changes a label makes another version.
        """
        at = (self.pk, self.version)
        if at not in TABLES:
            table = {facet: {} for facet in Facet.values}
            for label in sorted(self.labels.all(), key=lambda label: (label.is_retired, label.position)):
                table[label.facet][label.key] = label
            for facet in ONE_CHOICE:
                give_digits(table[facet].values())
            if not all(table.values()) and self.fallback is not None:
                table |= {facet: self.fallback.by_facet()[facet] for facet, labels in table.items() if not labels}
            if len(TABLES) >= 100:
                TABLES.clear()
            TABLES[at] = table
        return {facet: dict(labels) for facet, labels in TABLES[at].items()}

    @cached_property
    def fallback(self):
        """The default vocabulary as it came with the product, for another one; None for itself, or where there is none."""
        return Vocabulary.objects.filter(key="default").exclude(pk=self.pk).order_by("-number").first()

    def asked(self):
        """Return {facet: {"question", "rule", "several", "on"}}: what is asked, of what, and how many may be chosen."""
        about = {facet: self.about.get(facet) for facet in Facet.values}
        if not all(about.values()) and self.fallback is not None:
            about |= {facet: self.fallback.about.get(facet) for facet, said in about.items() if not said}
        return {facet: said or {} for facet, said in about.items()}


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

    # The key that chooses it in the workspace; Vocabulary.by_facet says which.
    digit = ""

    class Meta:
        ordering = ["facet", "position"]
        constraints = [models.UniqueConstraint(fields=["vocabulary", "facet", "key"], name="one_label_a_key")]

    def __str__(self):
        return self.phrase


def refuse_retired(row, chosen):
    """Refuse a retired label that ``row`` did not carry before; ``chosen`` is [(column, Label or None), …].

    The gold layer may carry one, since it settles what was annotated while the label was offered.
    """
    retired = [(name, label) for name, label in chosen if label is not None and label.is_retired]
    if not retired or row.layer.kind == "gold":
        return
    names = sorted({name for name, _ in retired})
    carried = set()
    for value in type(row)._base_manager.filter(pk=row.pk).values_list(*names).first() or ():
        carried |= set(value) if isinstance(value, list) else {value}
    for name, label in retired:
        if label.key not in carried:
            raise ValidationError({name: f"“{label.phrase}” is retired: it stays where it is, and is not chosen anew."})
