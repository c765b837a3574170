"""What comes in and goes out: each field says what it takes, the deeds in ``claims.annotating`` say what is refused.

A serializer here checks shapes and finds the rows that ids name. Rules stay with the record, so that pages and API
refuse the same things in the same words.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from annotate import access
from claims.models import (
    Actor,
    Assessment,
    Citation,
    Claim,
    Document,
    DossierActor,
    DossierDocument,
    FigureComparison,
    Layer,
    Link,
    Mention,
    Modifier,
    Project,
    Side,
    Suggestion,
)
from claims.models.suggestions import FigureReading

from .filters import IDENTIFIER

LARGEST = 2**31 - 1  # what an integer column of PostgreSQL holds
DECIMAL = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)


# Fields. REST framework's own take "5" for 5 and 5 for "5", and cut white space; these take what they say.


class Text(serializers.CharField):
    """A text, kept to its last blank."""

    def __init__(self, *, max_length=100_000, **options):
        super().__init__(trim_whitespace=False, max_length=max_length, **options)

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class Choice(serializers.ChoiceField):
    """One of a column's choices; an unknown one is left to the record, which refuses it in the words of the pages.

    It takes the TextChoices and not their list, which REST framework would copy deeply at every request.
    """

    def __init__(self, choices, **options):
        super().__init__(choices.choices, **options)

    def to_internal_value(self, data):
        if not isinstance(data, str):
            raise ValidationError("Write one of the keys as text.")
        return data


class Whole(serializers.IntegerField):
    """A whole number as large as a column holds; true is none."""

    def __init__(self, **options):
        super().__init__(min_value=0, max_value=LARGEST, **options)

    def to_internal_value(self, data):
        if isinstance(data, bool) or not isinstance(data, int):
            raise ValidationError("Write a whole number.")
        return data


class Flag(serializers.BooleanField):
    """True or false and nothing like it."""

    def to_internal_value(self, data):
        if not isinstance(data, bool):
            raise ValidationError("Write true or false.")
        return data


class Day(serializers.DateField):
    """A date as YYYY-MM-DD."""

    def to_internal_value(self, data):
        if not isinstance(data, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", data, re.ASCII):
            raise ValidationError("Write a date as YYYY-MM-DD.")
        return super().to_internal_value(data)


class Exact(serializers.CharField):
    """A decimal number written as text, so that no digit is lost on the way."""

    def to_internal_value(self, data):
        if not isinstance(data, str) or not DECIMAL.fullmatch(data):
            raise ValidationError("Write the number as text, such as “1250.5”.")
        return Decimal(data)


class Identifier(serializers.UUIDField):
    """A uuid in its usual form."""

    def to_internal_value(self, data):
        if not isinstance(data, str) or not IDENTIFIER.fullmatch(data):
            raise ValidationError("Write a uuid, such as 9b2f0a5e-3c1d-4e8f-a6b7-0c9d8e7f6a5b.")
        return UUID(data)


class Reference(Identifier):
    """The uuid of another row that this person may see; the row itself once it is read."""

    def __init__(self, get, **options):
        self.get = get
        super().__init__(**options)

    def to_internal_value(self, data):
        pk = super().to_internal_value(data)
        found = self.context.setdefault("found", {})
        if (self.get, pk) not in found:
            found[self.get, pk] = self.find(pk)
        return found[self.get, pk]

    def find(self, pk):
        try:
            return self.get(self.context["request"].user, pk)
        except Http404:
            raise ValidationError("There is nothing of this id that you may see.") from None


class Place(Reference):
    """The row that something is created in or on: where that cannot be seen, the answer is 404 as for its own address."""

    def find(self, pk):
        return self.get(self.context["request"].user, pk)


def optional(**more):
    return {"required": False, "allow_null": True, "default": None, **more}


def blank(**more):
    return {"required": False, "allow_blank": True, "default": "", **more}


# What has no door in access.py, since only the API asks for it by id.


def get_project(user, pk):
    return get_object_or_404(Project.objects.visible_to(user).select_related("vocabulary"), pk=pk)


def get_layer(user, pk):
    return get_object_or_404(Layer.objects.readable_by(user).select_related("project__vocabulary"), pk=pk)


def readable_marks(model, user):
    """Mentions or suggestions: the pipeline's on documents one may see, a layer's where one may read that layer.

    Suggestions on documents of the control part are handed to nobody.
    """
    documents = Document.objects.visible_to(user)
    if model is Suggestion:
        control = DossierDocument.objects.filter(dossier__is_control=True, dossier__deleted_at=None)
        documents = documents.exclude(pk__in=control.values("document"))
    documents = documents.values("pk")
    layers = Layer.objects.readable_by(user).values("pk")
    pipelines = model.objects.filter(layer=None, document__in=documents)
    return pipelines | model.objects.filter(layer__in=layers, document__in=documents)


def get_mention(user, pk):
    return get_object_or_404(readable_marks(Mention, user).select_related("document", "quantity"), pk=pk)


def get_suggestion(user, pk):
    return get_object_or_404(readable_marks(Suggestion, user).select_related("document__project"), pk=pk)


def get_assessment(user, pk):
    rows = Assessment.objects.visible_to(user).select_related("layer__project", "claim__dossier__project__vocabulary")
    return get_object_or_404(rows, pk=pk)


# Serializers


def as_json(value):
    """Return a column's value as JSON holds it."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return value


class Strict(serializers.Serializer):
    """An object with these fields and no others. ``fixed`` ones are given at creation and do not change afterwards."""

    fixed = ()

    def get_fields(self):
        fields = super().get_fields()
        if self.instance is not None:
            for name in {*self.fixed, "uuid"} & set(fields):
                fields[name].read_only = True
        return fields

    def to_internal_value(self, data):
        if not isinstance(data, dict):
            raise ValidationError({"non_field_errors": ["Send a JSON object."]})
        unknown = [name for name in data if name not in self.fields]
        if unknown:
            known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
            raise ValidationError({unknown[0][:60]: f"There is no such field; you may send {known}."})
        settled = [name for name in data if self.fields[name].read_only]
        if settled:
            data = self.without_settled(data, settled)
        return super().to_internal_value(data)

    def without_settled(self, data, settled):
        """Return ``data`` without what cannot change; it may be sent along, as one read it, and not otherwise."""
        if self.instance is None:
            raise ValidationError({settled[0]: "This is not yours to set; leave it out."})
        now = {**self.represent(self.instance), "uuid": str(self.instance.pk)}
        for name in settled:
            if data[name] != now.get(name):
                raise ValidationError({name: "This does not change; leave it out or send it as it is."})
        return {name: value for name, value in data.items() if name not in settled}

    @classmethod
    @cache
    def columns(cls):
        """Return [(name, attribute)] of what goes out."""
        return [
            (name, f"{name}_id" if isinstance(field, Reference) else field.source or name)
            for name, field in cls._declared_fields.items()
            if not field.write_only and not isinstance(field, serializers.BaseSerializer)
        ]

    @classmethod
    def represent(cls, row):
        """Return a row as JSON has it. REST framework's way costs a field object a column; this costs a getattr."""
        return {name: as_json(getattr(row, attribute)) for name, attribute in cls.columns()}


class NothingSerializer(Strict):
    """The body is ``{}``: the address says it all."""


class RecordSerializer(Strict):
    """A row that people edit."""

    id = serializers.UUIDField(source="pk", read_only=True)
    version = serializers.IntegerField(read_only=True, help_text="Counts its changes; its ETag.")
    created_at = serializers.DateTimeField(read_only=True)
    created_by = serializers.UUIDField(source="created_by_id", read_only=True, allow_null=True)
    uuid = Identifier(write_only=True, required=False, help_text="The id it is to have, made by you; else we make one.")


class SpanSerializer(Strict):
    start = Whole(help_text="Code points from the start of the text.")
    end = Whole(help_text="The code point after the last.")


class ProjectSerializer(Strict):
    id = serializers.UUIDField(source="pk", read_only=True)
    version = serializers.IntegerField(read_only=True)
    slug = serializers.CharField(read_only=True)
    title = Text(max_length=300)
    kind = serializers.ChoiceField(Project.Kind.choices, read_only=True)
    description = Text(max_length=10_000, **blank())
    banner = Text(max_length=1000, **blank())
    adjudication_opened_at = serializers.DateTimeField(read_only=True, allow_null=True)
    vocabulary = serializers.UUIDField(source="vocabulary_id", read_only=True, help_text="Its label schema, in use.")
    control_share = Whole(required=False, help_text="Per cent of its dossiers that go without suggestions.")
    annotators_each = Whole(required=False, help_text="How many annotate each dossier, where annotators work alone.")
    lease_hours = Whole(required=False, help_text="How long a dossier that was dealt or taken is kept.")
    claim_match = serializers.ChoiceField(
        Project.ClaimMatch.choices, required=False, help_text="When two annotators’ claims count as one."
    )
    created_at = serializers.DateTimeField(read_only=True)


class LayerSerializer(Strict):
    id = serializers.UUIDField(source="pk", read_only=True)
    version = serializers.IntegerField(read_only=True)
    project = serializers.UUIDField(source="project_id", read_only=True)
    kind = serializers.ChoiceField(Layer.Kind.choices, read_only=True)
    name = serializers.CharField(read_only=True)
    annotator = serializers.UUIDField(source="annotator_id", read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)


class LabelSerializer(Strict):
    facet = serializers.CharField(read_only=True)
    key = serializers.CharField(read_only=True)
    phrase = serializers.CharField(read_only=True)
    definition = serializers.CharField(read_only=True)
    example = serializers.CharField(read_only=True)
    stance = serializers.CharField(read_only=True)
    maps_to = serializers.CharField(read_only=True)
    shortcut = serializers.CharField(read_only=True)
    colour = serializers.CharField(read_only=True)
    wants_note = serializers.BooleanField(read_only=True)
    is_retired = serializers.BooleanField(read_only=True)


class VocabularySerializer(Strict):
    """The label schema of a project, each facet in its order."""

    key = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    number = serializers.IntegerField(read_only=True)
    about = serializers.DictField(read_only=True, help_text="What is asked of each facet, and how many may be chosen.")
    labels = LabelSerializer(many=True, read_only=True)


class ActorSerializer(RecordSerializer):
    fixed = ("project",)

    project = Place(get_project)
    # The name is part of a unique index, and an index entry of PostgreSQL holds 2,700 bytes.
    name = Text(max_length=500)
    kind = Choice(Actor.Kind, required=False, default=Actor.Kind.PERSON)
    role = Text(**blank())
    organisation = Text(**blank())
    aliases = serializers.ListField(child=Text(max_length=500), max_length=100, required=False, default=list)


class DocumentSerializer(RecordSerializer):
    """A document without its text, as lists have it."""

    fixed = ("project",)

    project = Place(get_project)
    title = Text(max_length=1000)
    kind = Choice(Document.Kind, required=False, default=Document.Kind.OTHER)
    publisher = Reference(access.get_actor, **optional())
    url = Text(max_length=4000, **blank())
    archived_url = Text(max_length=4000, **blank())
    published_on = Day(**optional())
    accessed_on = Day(**optional())
    period_start = Day(**optional())
    period_end = Day(**optional())
    language = Text(max_length=35, required=False, default="en")
    licence = Text(**blank())
    sha256 = serializers.CharField(read_only=True)
    length = serializers.IntegerField(read_only=True, help_text="Code points of the text; 0 for a cited work.")
    filename = serializers.CharField(read_only=True)
    tagged_by = serializers.CharField(read_only=True)
    edition_of = serializers.UUIDField(source="edition_of_id", read_only=True, allow_null=True)


class DocumentWithTextSerializer(DocumentSerializer):
    """One document with its text, which never changes; null for a cited work."""

    fixed = ("project", "text", "again", "tag")

    text = Text(max_length=None, required=False, allow_null=True, allow_blank=True, default=None)
    page_starts = serializers.ListField(child=serializers.IntegerField(), read_only=True)
    again = Flag(write_only=True, required=False, default=False, help_text="Bring in a text the project already has.")
    tag = Flag(write_only=True, required=False, default=False, help_text="Have it read ahead once it is stored.")


class PlaceSerializer(Strict):
    document = Reference(access.get_document)
    side = Choice(Side, required=False, default=Side.BOTH)


class PartySerializer(Strict):
    actor = Reference(access.get_actor)
    side = Choice(DossierActor.Side)


class DossierSerializer(RecordSerializer):
    fixed = ("project",)

    project = Place(get_project)
    title = Text(max_length=1000)
    is_control = serializers.BooleanField(read_only=True, help_text="Whether it goes without suggestions.")
    set_up_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When its sides were confirmed.")
    documents = PlaceSerializer(many=True, required=False, max_length=1000)
    actors = PartySerializer(many=True, required=False, max_length=1000)

    @classmethod
    def represent(cls, row):
        documents = [{"document": str(place.document_id), "side": place.side} for place in row.places.all()]
        actors = [{"actor": str(party.actor_id), "side": party.side} for party in row.parties.all()]
        return {**super().represent(row), "documents": documents, "actors": actors}


class QuantitySerializer(Strict):
    """How a figure was read; decimals are text."""

    kind = serializers.ChoiceField(FigureReading.Kind.choices, read_only=True)
    value = serializers.CharField(read_only=True)
    value_high = serializers.CharField(read_only=True, allow_null=True)
    modifier = serializers.ChoiceField(Modifier.choices, read_only=True)
    unit = serializers.CharField(read_only=True)
    currency = serializers.CharField(read_only=True)
    counted = serializers.CharField(read_only=True)
    period_start = serializers.DateField(read_only=True, allow_null=True)
    period_end = serializers.DateField(read_only=True, allow_null=True)
    part_of = serializers.UUIDField(source="part_of_id", read_only=True, allow_null=True)
    sums_to = serializers.UUIDField(source="sums_to_id", read_only=True, allow_null=True)
    converts = serializers.UUIDField(source="converts_id", read_only=True, allow_null=True)
    change_from = serializers.UUIDField(source="change_from_id", read_only=True, allow_null=True)


class MarkSerializer(Strict):
    """A span that the pipeline marked; it is never changed."""

    id = serializers.UUIDField(source="pk", read_only=True)
    document = serializers.UUIDField(source="document_id", read_only=True)
    layer = serializers.UUIDField(source="layer_id", read_only=True, allow_null=True)
    kind = serializers.CharField(read_only=True)
    start = serializers.IntegerField(read_only=True)
    end = serializers.IntegerField(read_only=True)
    quote = serializers.CharField(read_only=True)
    prefix = serializers.CharField(read_only=True)
    suffix = serializers.CharField(read_only=True)
    suggester = serializers.CharField(read_only=True)


class MentionSerializer(MarkSerializer):
    label = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    quantity = QuantitySerializer(read_only=True, allow_null=True)

    @classmethod
    def represent(cls, row):
        quantity = getattr(row, "quantity", None)
        return {**super().represent(row), "quantity": quantity and QuantitySerializer.represent(quantity)}


class SuggestionSerializer(MarkSerializer):
    suggester_version = serializers.CharField(read_only=True)
    score = serializers.FloatField(read_only=True)
    payload = serializers.DictField(read_only=True)
    reasons = serializers.ListField(read_only=True)


class ClaimSerializer(RecordSerializer):
    """An assertion or a response. Its span is ``start`` and ``end``, or several ``stretches``."""

    fixed = ("dossier", "layer", "document", "role", "stretches")

    name = serializers.CharField(read_only=True, help_text="Its margin name, such as A6.")
    dossier = Place(access.get_dossier, required=False, help_text="Needed where the document stands in several.")
    layer = Place(get_layer, required=False, help_text="The layer you work in, unless you name one.")
    document = Reference(access.get_document)
    role = Choice(Claim.Role)
    start = Whole(required=False)
    end = Whole(required=False)
    quote = Text(max_length=None, required=False, allow_blank=True, help_text="Checked against the text if sent.")
    prefix = serializers.CharField(read_only=True)
    suffix = serializers.CharField(read_only=True)
    stretches = SpanSerializer(many=True, required=False, max_length=1000)
    kind = Choice(Claim.Kind, required=False, default=Claim.Kind.FACTUAL)
    speaker = Reference(access.get_actor, help_text="Nobody means the narrator.", **optional())
    reporter = Reference(access.get_actor, **optional())
    speech = Choice(Claim.Speech, required=False, default=Claim.Speech.NARRATION)
    period_start = Day(**optional())
    period_end = Day(**optional())
    wording = Text(**blank())
    restates = Reference(access.get_claim, **optional())
    restating = Choice(Claim.Restating, **blank())
    restating_note = Text(**blank())
    wants_check = Flag(required=False, default=False)
    origin = serializers.CharField(read_only=True)
    suggestion = serializers.UUIDField(source="suggestion_id", read_only=True, allow_null=True)

    @classmethod
    def represent(cls, row):
        stretches = [{"start": part.start, "end": part.end} for part in row.stretches.all()]
        return {**super().represent(row), "stretches": stretches}


class LabelsOfLink(serializers.Serializer):
    """The facets of a link, as the project's label schema has them."""

    relation = Text(max_length=100, **blank())
    secondary_relation = Text(max_length=100, **blank())
    strategies = serializers.ListField(child=Text(max_length=100), max_length=100, required=False, default=list)
    disputed = serializers.ListField(child=Text(max_length=100), max_length=100, required=False, default=list)
    note = Text(**blank())


class LinkSerializer(LabelsOfLink, RecordSerializer):
    """A response tied to what it answers; the scope says which one of the four targets it has."""

    fixed = ("dossier", "layer", "response")

    dossier = serializers.UUIDField(source="dossier_id", read_only=True)
    layer = Place(get_layer, required=False, help_text="The layer of the response; a link belongs to no other.")
    response = Place(access.get_claim)
    scope = Choice(Link.Scope, required=False, default=Link.Scope.CLAIM)
    target_claim = Reference(access.get_claim, **optional())
    target_work = Reference(access.get_document, **optional())
    target_response = Reference(access.get_claim, **optional())
    target_actor = Reference(access.get_actor, **optional())
    turn = serializers.IntegerField(read_only=True)
    origin = serializers.CharField(read_only=True)
    suggestion = serializers.UUIDField(source="suggestion_id", read_only=True, allow_null=True)


class NoResponseSerializer(RecordSerializer):
    fixed = ("layer", "assertion", "documents")

    layer = Place(get_layer, required=False)
    assertion = Place(access.get_claim)
    documents = serializers.ListField(
        child=Reference(access.get_document),
        required=False,
        min_length=1,
        max_length=1000,
        help_text="Which were read; without it, those opened on the pages.",
    )
    note = Text(**blank())


class ComparisonSerializer(RecordSerializer):
    """A figure and what became of it, on a link or on one claim. A ruling is an editor's."""

    fixed = ("layer", "link", "claim", "quantity", "counter_quantity", "check_kind")

    layer = Place(get_layer, required=False)
    link = Place(access.get_link, **optional())
    claim = Place(access.get_claim, **optional())
    check_kind = Choice(FigureComparison.Check, required=False, default=FigureComparison.Check.COMPARE)
    quantity = Reference(get_mention)
    counter_quantity = Reference(get_mention, **optional())
    addends = serializers.ListField(child=Reference(get_mention), max_length=200, required=False, default=list)
    outcome = Text(max_length=100)
    differs_in = serializers.ListField(child=Text(max_length=100), max_length=10, required=False, default=list)
    absolute_difference = Exact(**optional())
    relative_difference = Exact(**optional())
    is_dismissed = Flag(required=False, default=False)
    note = Text(**blank())
    ruling = Text(max_length=100, **blank())
    justification = Text(**blank())
    ruled_by = serializers.UUIDField(source="ruled_by_id", read_only=True, allow_null=True)
    ruled_at = serializers.DateTimeField(read_only=True, allow_null=True)


class AssessmentSerializer(RecordSerializer):
    fixed = ("layer", "claim")

    layer = Place(get_layer, required=False)
    claim = Place(access.get_claim)
    verification = Text(max_length=100, required=False, default="unchecked")
    justification = Text(**blank())


class CitationSerializer(RecordSerializer):
    """Words of a document, or an outside source, for or against one claim, link, record, comparison or assessment."""

    fixed = ("layer", "claim", "link", "no_response", "comparison", "assessment")

    layer = Place(get_layer, required=False)
    claim = Place(access.get_claim, **optional())
    link = Place(access.get_link, **optional())
    no_response = Place(access.get_no_response, **optional())
    comparison = Place(access.get_comparison, **optional())
    assessment = Place(get_assessment, **optional())
    stance = Choice(Citation.Stance)
    document = Reference(access.get_document, **optional())
    start = Whole(**optional())
    end = Whole(**optional())
    quote = Text(max_length=None, **blank())
    prefix = serializers.CharField(read_only=True)
    suffix = serializers.CharField(read_only=True)
    title = Text(max_length=1000, **blank())
    url = Text(max_length=4000, **blank())
    archived_url = Text(max_length=4000, **blank())
    page = Text(max_length=1000, **blank())
    accessed_on = Day(**optional())
    note = Text(**blank())


class EndOfPair(ClaimSerializer):
    """A claim that is there, by its ``id`` alone, a ``suggestion`` alone, or the fields of a new claim.

    The pair says dossier, layer and role.
    """

    id = Place(access.get_claim, required=False)
    version = created_at = created_by = name = dossier = layer = role = prefix = suffix = origin = None
    suggestion = Place(get_suggestion, required=False, help_text="A suggested claim, accepted by being linked.")
    document = Reference(access.get_document, required=False)

    def to_internal_value(self, data):
        known = super().to_internal_value(data)
        for name in ("id", "suggestion"):
            if name in known and len(data) > 1:
                raise ValidationError({name: "Send this id alone, or the fields of a new claim without it."})
        if not {"id", "suggestion", "document"} & known.keys():
            raise ValidationError({"document": "Say which document the words stand in, or send the id of a claim."})
        return known


class LinkOfPair(LabelsOfLink, Strict):
    uuid = Identifier(required=False)


class PairSerializer(Strict):
    """An assertion, a response and the link between them, stored together or not at all."""

    dossier = Place(access.get_dossier, required=False, help_text="Needed where the document stands in several.")
    layer = Place(get_layer, required=False, help_text="The layer you work in, unless you name one.")
    assertion = EndOfPair()
    response = EndOfPair()
    link = LinkOfPair(required=False)


class NamedSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField()


class VersionedSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    version = serializers.IntegerField()


class SavedPairSerializer(serializers.Serializer):
    """What a pair became."""

    assertion = NamedSerializer()
    response = NamedSerializer()
    link = VersionedSerializer()


class ProblemSerializer(serializers.Serializer):
    """A refusal (RFC 9457): one sentence in ``detail``, and by field in ``errors`` where it concerns fields."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    yours = serializers.DictField(required=False, help_text="What you sent, where somebody was faster (412).")
    merged = serializers.DictField(
        required=False, help_text="What of it can be sent again as it is: nobody else changed that."
    )
    clashes = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The fields that both changed; choose."
    )
    theirs = serializers.DictField(required=False, allow_null=True, help_text="What stands now.")
    version = serializers.IntegerField(required=False, allow_null=True, help_text="The version that stands now.")
