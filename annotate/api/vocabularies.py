"""Label schemas for programs: every version reads, and an owner makes the next one from the one in use."""

from dataclasses import fields, replace

from django.core.exceptions import ValidationError as Refused
from django.db.models import Q
from django.shortcuts import get_object_or_404
from rest_framework import serializers

from annotate.access import require
from claims import schema
from claims.models import Facet, Project, Vocabulary
from claims.schema import Choice, Draft

from .filters import by_id, by_text
from .serializers import Choice as ChoiceField
from .serializers import Flag, Identifier, LabelSerializer, Place, Strict, Text, Whole, get_project
from .viewsets import RecordViewSet, Writing


def visible_to(user):
    """The versions that one's projects use, those they were made from, and what came with the product.

    Costs a query for each step back.
    """
    found, step = set(), set(Project.objects.visible_to(user).values_list("vocabulary", flat=True))
    while step:
        found |= step
        step = set(Vocabulary.objects.filter(pk__in=step, based_on__isnull=False).values_list("based_on", flat=True))
        step -= found
    if not found:
        return Vocabulary.objects.none()
    return Vocabulary.objects.filter(Q(pk__in=found) | Q(based_on=None) & ~Q(key__contains="@"))


def get_vocabulary(user, pk):
    return get_object_or_404(visible_to(user), pk=pk)


class LabelChangeSerializer(Strict):
    """A label to add, or one of the version in use to change; what is left out stays, or is empty of a new one."""

    facet = ChoiceField(Facet)
    key = Text(max_length=40)
    position = Whole(required=False, help_text="Its place in the facet, from 1; where left out it stays where it is.")
    phrase = Text(max_length=200, required=False)
    definition = Text(max_length=2000, required=False, allow_blank=True)
    example = Text(max_length=2000, required=False, allow_blank=True)
    shortcut = Text(max_length=1, required=False, allow_blank=True)
    stance = Text(max_length=10, required=False, allow_blank=True)
    maps_to = Text(max_length=40, required=False, allow_blank=True)
    colour = Text(max_length=7, required=False, allow_blank=True)
    wants_note = Flag(required=False)
    is_retired = Flag(required=False)


class LabelKeySerializer(Strict):
    facet = ChoiceField(Facet)
    key = Text(max_length=40)


class VocabularyRowSerializer(Strict):
    """One version of a label schema, without its labels, as lists have it."""

    id = serializers.UUIDField(source="pk", read_only=True)
    version = serializers.IntegerField(read_only=True)
    key = serializers.CharField(read_only=True)
    number = serializers.IntegerField(read_only=True)
    title = Text(max_length=200, required=False)
    summary = Text(max_length=300, required=False, allow_blank=True, help_text="What changed, in a line.")
    about = serializers.DictField(required=False, help_text="What each facet asks: {facet: {question, rule}}.")
    based_on = Identifier(source="based_on_id", allow_null=True, help_text="The version it was made from.")
    created_at = serializers.DateTimeField(read_only=True)
    created_by = serializers.UUIDField(source="created_by_id", read_only=True, allow_null=True)


class VocabularyVersionSerializer(VocabularyRowSerializer):
    """One version of a label schema. A new one names only the labels that it adds or changes."""

    project = Place(get_project, write_only=True)
    labels = LabelChangeSerializer(many=True, required=False, max_length=500)
    taken_out = LabelKeySerializer(many=True, required=False, write_only=True, max_length=500)

    @classmethod
    def represent(cls, row):
        labels = [label for labels in row.by_facet().values() for label in labels.values()]
        return {**super().represent(row), "labels": [LabelSerializer.represent(label) for label in labels]}


class VocabularyViewSet(Writing, RecordViewSet):
    """Versions of label schemas: those in use in one's projects, what they were made from, and what came with it."""

    queryset = Vocabulary.objects.all()
    serializer_class = VocabularyVersionSerializer
    get = get_vocabulary
    http_method_names = ["get", "post"]
    filters = {"project": by_id("projects"), "key": by_text("key")}
    orderings = ("created_at", "key", "number")
    noun = "label schema"

    def get_serializer_class(self):
        return VocabularyRowSerializer if self.action == "list" else self.serializer_class

    def list(self, request):
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([VocabularyRowSerializer.represent(row) for row in page])

    def get_queryset(self):
        return visible_to(self.request.user)

    def add(self, data):
        project, user = data["project"], self.request.user
        require(user, "change_schema", project)
        # The draft is made of the version in use; whether that is the one the writer saw, publishing finds out.
        draft = changed(schema.draft_of(project.vocabulary), data)
        return schema.publish(
            project, actor=user, seen=data["based_on_id"], draft=draft, summary=data.get("summary", "")
        )


def changed(base, data):
    """Return the Draft that a request makes of ``base``."""
    labels = {facet: list(rows) for facet, rows in base.labels.items()}
    for given in data.get("labels", ()):
        put(labels[checked(given["facet"])], given)
    for given in data.get("taken_out", ()):
        rows = labels[checked(given["facet"])]
        kept = [label for label in rows if label.key != given["key"]]
        if len(kept) == len(rows):
            raise Refused({"taken_out": f"There is no label {given['key']!r} in {given['facet']}."})
        labels[given["facet"]] = kept
    title = data.get("title", "").strip() or base.title
    return Draft(title=title, labels=labels, about=schema.read_about(data.get("about", {}), base))


def checked(facet):
    if facet not in schema.EDITED:
        known = ", ".join(schema.EDITED)
        raise Refused({"labels": f"The labels of {facet!r} are the same everywhere; you may change {known}."})
    return facet


def put(rows, given):
    """Change or add one label in ``rows``, a new one before none, unclear and other."""
    names = {column.name for column in fields(Choice)} & given.keys()
    values = {name: given[name].strip() if isinstance(given[name], str) else given[name] for name in names}
    at = next((place for place, label in enumerate(rows) if label.key == given["key"]), None)
    if at is None:
        last = next((place for place, row in enumerate(rows) if row.key in ("none", "unclear", "other")), len(rows))
        label = Choice(**values)
    else:
        label, last = replace(rows.pop(at), **values), at
    rows.insert(given["position"] - 1 if given.get("position") else last, label)
