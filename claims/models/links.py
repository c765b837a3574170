"""What ties a response to what it responds to, and the record that nothing was found."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from .claims import AnnotationQuerySet, Claim, Origin
from .fields import Record
from .labels import Facet, refuse_retired

TARGETS = ("target_claim", "target_work", "target_response", "target_actor")


def only(*present, optional=()):
    """Return a condition: of the four targets exactly ``present`` are set, ``optional`` may be."""
    absent = {f"{name}__isnull": True for name in TARGETS if name not in present and name not in optional}
    return Q(**{f"{name}__isnull": False for name in present}, **absent)


def unique_target(scope, *fields):
    return models.UniqueConstraint(
        fields=["response", *fields],
        condition=Q(scope=scope, deleted_at=None),
        name=f"one_{scope}_link",
        violation_error_message="This response has that link.",
    )


def clean_choices(values, *, known, name):
    """Return several-valued labels in the schema's order; raise ValidationError for unknown or clashing ones.

    ``[]`` means not yet asked; ``["none"]`` means asked, and none applies.
    """
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValidationError({name: "Give a list of label keys."})
    unknown = [value for value in values if value not in known]
    if unknown:
        raise ValidationError({name: f"{unknown[0]!r} is not a label here; known are {', '.join(known)}."})
    if "none" in values and len(set(values)) > 1:
        raise ValidationError({name: "“None” stands alone."})
    return [key for key in known if key in values]


class Link(Record):
    """A response tied to its target, and what kind of response it is. Relation stays empty until labelled."""

    class Scope(models.TextChoices):
        CLAIM = "claim", "a claim"
        WORK = "work", "the whole work"
        CONTINUES = "continues", "continues another response"
        QUESTIONER = "questioner", "whoever asked"
        OPEN = "open", "nobody in particular"

    layer = models.ForeignKey("claims.Layer", on_delete=models.PROTECT, related_name="links")
    dossier = models.ForeignKey("claims.Dossier", on_delete=models.PROTECT, related_name="links")
    response = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="links")
    scope = models.TextField(choices=Scope.choices, default=Scope.CLAIM)
    target_claim = models.ForeignKey(Claim, null=True, blank=True, on_delete=models.PROTECT, related_name="responses")
    target_work = models.ForeignKey(
        "claims.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="responses"
    )
    target_response = models.ForeignKey(
        Claim, null=True, blank=True, on_delete=models.PROTECT, related_name="continuations"
    )
    target_actor = models.ForeignKey(
        "claims.Actor", null=True, blank=True, on_delete=models.PROTECT, related_name="responses"
    )
    # 1 answers an assertion, 2 answers a response of turn 1, and so on.
    turn = models.PositiveIntegerField(default=1, editable=False)
    relation = models.TextField(blank=True)
    secondary_relation = models.TextField(blank=True)
    strategies = models.JSONField(default=list, blank=True)
    disputed = models.JSONField(default=list, blank=True)
    note = models.TextField(blank=True)
    origin = models.TextField(choices=Origin.choices, default=Origin.SCRATCH, editable=False)
    suggestion = models.ForeignKey(
        "claims.Suggestion", null=True, blank=True, on_delete=models.PROTECT, related_name="links", editable=False
    )
    # What another tool called it: claims/formats/foreign.py.
    imported_as = models.JSONField(null=True, blank=True, editable=False)

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "uuid"]
        indexes = [models.Index(fields=["dossier", "layer"], name="links_of_a_dossier")]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="claim") & only("target_claim")
                | Q(scope="work") & only("target_work")
                | Q(scope="continues") & only("target_response")
                | Q(scope="questioner") & only(optional=["target_actor"])
                | Q(scope="open") & only(),
                name="link_target_fits_scope",
                violation_error_message="The scope says what is answered; name just that target.",
            ),
            models.CheckConstraint(
                condition=(Q(target_claim=None) | ~Q(target_claim=F("response")))
                & (Q(target_response=None) | ~Q(target_response=F("response"))),
                name="link_to_another",
                violation_error_message="A response does not answer itself.",
            ),
            models.CheckConstraint(
                condition=Q(secondary_relation="") | ~Q(relation="") & ~Q(secondary_relation=F("relation")),
                name="secondary_relation_is_second",
                violation_error_message="A secondary relation goes with another, primary one.",
            ),
            unique_target("claim", "target_claim"),
            unique_target("work", "target_work"),
            unique_target("continues", "target_response"),
            unique_target("questioner"),
            unique_target("open"),
        ]

    def __str__(self):
        return f"{self.response.name} → {self.target_name}"

    @property
    def target(self):
        """The claim, work, response or actor it answers; None where nobody in particular."""
        return self.target_claim or self.target_work or self.target_response or self.target_actor

    @property
    def target_name(self):
        """The target as it stands in a line one can read: ``A6``, a title, ``continues R3``."""
        if self.scope == self.Scope.CLAIM:
            return self.target_claim.name
        if self.scope == self.Scope.WORK:
            return f"the whole of “{self.target_work.title}”"
        if self.scope == self.Scope.CONTINUES:
            return f"continues {self.target_response.name}"
        return str(self.target_actor or self.get_scope_display())

    def set_turn(self):
        """Count how far down a chain of responses this one stands; costs one query where it answers a response."""
        self.turn = 1
        answered = self.target_claim or self.target_response
        if answered is not None and answered.role == Claim.Role.RESPONSE:
            step = 1 if self.target_claim_id else 0
            turns = Link.objects.live().filter(response=answered).values_list("turn", flat=True)
            self.turn = max(turns, default=1) + step
        return self

    def clean(self):
        """Refuse what the database would refuse, in words, and labels that the schema does not know."""
        wanted = {"claim": "target_claim", "work": "target_work", "continues": "target_response"}.get(self.scope)
        for name in TARGETS:
            is_set = getattr(self, f"{name}_id") is not None
            may_be_set = name == wanted or (self.scope == "questioner" and name == "target_actor")
            if is_set and not may_be_set or name == wanted and not is_set:
                raise ValidationError({name: "The scope says what is answered; name just that target."})
        if self.response_id in (self.target_claim_id, self.target_response_id):
            raise ValidationError({"response": "A response does not answer itself."})
        if self.response.role != Claim.Role.RESPONSE:
            raise ValidationError({"response": f"{self.response.name} is an assertion; only a response answers."})
        for claim in (self.response, self.target_claim, self.target_response):
            if claim is None:
                continue
            if claim.layer_id != self.layer_id or claim.dossier_id != self.dossier_id:
                raise ValidationError({"response": "Both ends of a link belong to one layer of one dossier."})
            if claim.deleted_at:
                raise ValidationError({"response": f"{claim.name} has been deleted."})
        if self.target_response_id and self.target_response.role != Claim.Role.RESPONSE:
            raise ValidationError({"target_response": f"{self.target_response.name} is not a response."})
        for name in ("target_work", "target_actor"):
            if getattr(self, f"{name}_id") and getattr(self, name).project_id != self.dossier.project_id:
                raise ValidationError({name: "That belongs to another project."})
        self.clean_labels(self.dossier.project.vocabulary.by_facet())

    def clean_labels(self, labels):
        """Check the facets against ``labels``, {facet: {key: Label}}."""
        for name in ("relation", "secondary_relation"):
            if getattr(self, name) and getattr(self, name) not in labels[Facet.RELATION]:
                known = ", ".join(labels[Facet.RELATION])
                raise ValidationError({name: f"{getattr(self, name)!r} is not a relation here; known are {known}."})
        if (
            self.secondary_relation
            and self.secondary_relation in ("", self.relation)
            or (self.secondary_relation and not self.relation)
        ):
            raise ValidationError({"secondary_relation": "A secondary relation goes with another, primary one."})
        self.strategies = clean_choices(self.strategies, known=labels[Facet.STRATEGY], name="strategies")
        self.disputed = clean_choices(self.disputed, known=labels[Facet.DISPUTED], name="disputed")
        names = ("relation", "secondary_relation")
        chosen = [(name, labels[Facet.RELATION].get(getattr(self, name))) for name in names]
        chosen += [("strategies", labels[Facet.STRATEGY][key]) for key in self.strategies]
        chosen += [("disputed", labels[Facet.DISPUTED][key]) for key in self.disputed]
        refuse_retired(self, chosen)
        wanting = next((label for _, label in chosen if label and label.wants_note), None)
        if wanting is not None and not self.note.strip():
            raise ValidationError({"note": f"“{wanting.phrase}” wants a note that says what."})


class NoResponse(Record):
    """Searched, none found: an assertion, the documents read for a response to it, and when."""

    layer = models.ForeignKey("claims.Layer", on_delete=models.PROTECT, related_name="no_responses")
    assertion = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="no_responses")
    # uuids of the documents that were opened, in the dossier's order.
    documents = models.JSONField(default=list)
    note = models.TextField(blank=True)

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assertion"],
                condition=Q(deleted_at=None),
                name="one_no_response_an_assertion",
                violation_error_message="It is recorded that none was found for this assertion.",
            )
        ]

    def __str__(self):
        return f"no response found to {self.assertion.name}"
