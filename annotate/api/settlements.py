"""Adjudication for programs: what is open between the layers of a dossier, what was decided, and deciding one question."""

from types import SimpleNamespace

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as Refused
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from annotate import access
from annotate.access import require
from annotate.board import subject_uuid
from annotate.settling import agreed_state, put_off_in
from claims import adjudication
from claims.adjudication import KEEP, Overtaken, Table, begin, gold_layer
from claims.comparing import KINDS
from claims.models import Act, Dossier, Layer, Project, Settlement
from claims.models.changes import snapshot
from claims.policy import may

from .filters import by_choice, by_id, by_text
from .history import TakenBackSerializer, taken_back
from .serializers import Place, RecordSerializer, Strict, Text, as_json, blank, get_layer, optional
from .viewsets import Deed, RecordViewSet, Writing

CLOSED = "Adjudication is not open yet: an owner or editor opens it when the layers are finished."


class Stale(exceptions.APIException):
    """The question is no longer the one that was read."""

    status_code = 412
    default_detail = "This is no longer the question you read; read the dossier's questions again."


def get_settlement(user, pk):
    rows = visible_to(user).select_related("layer__project", "dossier", "taken_from")
    return get_object_or_404(rows, pk=pk)


def visible_to(user):
    """Decisions this person may read, once adjudication is open."""
    return Settlement.objects.visible_to(user).filter(
        layer__project__adjudication_opened_at__isnull=False, layer__project__deleted_at=None, dossier__deleted_at=None
    )


def get_settling_dossier(user, pk):
    """Return a dossier of an independent project whose differences this person settles."""
    dossier = access.get_dossier(user, pk)
    check_settles(user, dossier.project)
    return dossier


def check_settles(user, project):
    if project.kind != Project.Kind.INDEPENDENT:
        raise Http404("In a shared project there is one reading, and nothing to compare.")
    require(user, "adjudicate", project)
    if project.adjudication_opened_at is None:
        raise PermissionDenied(CLOSED)


class ReadingSerializer(Strict):
    """What one layer says to a question."""

    layer = serializers.UUIDField(read_only=True)
    items = serializers.ListField(
        child=serializers.UUIDField(), read_only=True, help_text="Its rows, none for nothing."
    )
    value = serializers.JSONField(read_only=True, help_text="What it says; its shape goes by the question.")


class SettlementSerializer(RecordSerializer):
    """One decision. Of an annotator's own items, an annotator reads their own reading and what gold has, no other's."""

    uuid = None
    dossier = Place(access.get_dossier)
    key = Text(max_length=100, write_only=True, help_text="The question's, as the dossier's questions give it.")
    digest = Text(max_length=100, write_only=True, help_text="The question's digest, as you read it.")
    seen = Text(max_length=100, write_only=True, **blank(help_text="The question's “seen”, as you read it."))
    choice = Text(max_length=20, help_text="agreed, taken, both, neither, new, or keep: gold stays as it is.")
    taken_from = Place(get_layer, **optional(help_text="Whose reading is taken, with “taken”."))
    value = serializers.JSONField(write_only=True, required=False, default=None, help_text="What a new one says.")
    note = Text(**blank())
    question = serializers.ChoiceField(Settlement.Question.choices, read_only=True)
    field = serializers.CharField(read_only=True)
    layer = serializers.UUIDField(source="layer_id", read_only=True, help_text="The gold layer.")
    items = serializers.ListField(child=serializers.UUIDField(), read_only=True)
    readings = ReadingSerializer(many=True, read_only=True)
    results = serializers.ListField(child=serializers.UUIDField(), read_only=True, help_text="The gold rows.")

    @classmethod
    def represent(cls, row, viewer=None):
        """Return a decision; with ``viewer``, the id of an annotator's layer, what is that annotator's to read."""
        columns = [column for column in cls.columns() if column[0] not in ("readings", "items")]
        found = {name: as_json(getattr(row, column)) for name, column in columns}
        readings = {key: said for key, said in row.readings.items() if viewer in (None, key)}
        found["readings"] = [
            {"layer": key, "items": said.get("items", []), "value": said.get("value")}
            for key, said in sorted(readings.items())
        ]
        own = {item for said in found["readings"] for item in said["items"]}
        found["items"] = [item for item in row.items if viewer is None or item in own]
        if viewer is not None and found["taken_from"] != viewer:
            found["taken_from"] = None
        return found


class QuestionSerializer(Strict):
    """One question that the layers of a dossier raise."""

    key = serializers.CharField(read_only=True)
    question = serializers.ChoiceField(Settlement.Question.choices, read_only=True)
    field = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(["agreed", "open", "waiting", "decided"], read_only=True)
    digest = serializers.CharField(read_only=True)
    seen = serializers.CharField(read_only=True, help_text="The decision that stands or stood, with its version.")
    items = serializers.ListField(child=serializers.UUIDField(), read_only=True)
    gold = serializers.ListField(child=serializers.UUIDField(), read_only=True, help_text="Gold's rows about it.")
    earlier = serializers.UUIDField(read_only=True, allow_null=True, help_text="The decision that was made of it.")
    readings = ReadingSerializer(many=True, read_only=True)
    is_later = serializers.BooleanField(read_only=True, help_text="Whether it was put off, and is asked last.")

    @classmethod
    def represent(cls, row):
        return {
            "key": row.key,
            "question": row.kind,
            "field": row.field,
            "status": row.status,
            "digest": row.digest,
            "seen": row.seen,
            "items": list(row.items),
            "gold": [gold.key for gold in row.gold],
            "earlier": row.earlier.key if row.earlier else None,
            "readings": [
                {"layer": layer, "items": said["items"], "value": said["value"]} for layer, said in row.readings.items()
            ],
            "is_later": row.is_later,
        }


class SettlementViewSet(Writing, RecordViewSet):
    """What was decided where layers differ: where the gold layer comes from."""

    queryset = Settlement.objects.all()
    serializer_class = SettlementSerializer
    get = get_settlement
    http_method_names = ["get", "post"]
    filters = {
        "project": by_id("layer__project"),
        "dossier": by_id("dossier"),
        "question": by_choice("question", Settlement.Question),
        "field": by_text("field"),
        "choice": by_choice("choice", Settlement.Choice),
    }
    noun = "decision"

    def get_queryset(self):
        return visible_to(self.request.user).select_related("layer__project")

    def list(self, request):
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([self.represent(row) for row in page])

    def represent(self, row):
        return SettlementSerializer.represent(row, viewer=self.viewer(row.layer.project))

    def viewer(self, project):
        """Return the id, as text, of the layer whose reading alone this person may see; None for whoever settles."""
        known = self.__dict__.setdefault("viewers", {})
        if project.pk not in known:
            known[project.pk] = None
            if not may(self.request.user, "adjudicate", project):
                own = project.layers.live().filter(kind=Layer.Kind.ANNOTATOR, annotator=self.request.user).first()
                known[project.pk] = str(own.pk) if own else ""
        return known[project.pk]

    def create(self, request):
        try:
            return super().create(request)
        except Overtaken as error:
            raise Stale(str(error)) from error

    def add(self, data):
        dossier, user = data["dossier"], self.request.user
        check_settles(user, dossier.project)
        if data["choice"] not in (*Settlement.Choice.values, KEEP):
            known = ", ".join((*Settlement.Choice.values, KEEP))
            raise Refused({"choice": f"{data['choice']!r} is no way to decide; known are {known}."})
        act = Act(actor=user, project=dossier.project, layer=gold_layer(dossier.project), dossier=dossier)
        with act:
            table = begin(act)
            question = table.find(data["key"], digest=data["digest"], seen=data["seen"])
            act.verb = f"settle {(question.field or question.kind).replace('_', ' ')}: {data['choice']}"
            how = {name: data[name] for name in ("choice", "taken_from", "value", "note")}
            return adjudication.settle(act, table, question, **how)


class QuestionViewSet(RecordViewSet):
    """Every question that the layers of a dossier raise, in the order they are asked; ``status`` and ``question`` narrow it."""

    queryset = Dossier.objects.none()
    serializer_class = QuestionSerializer
    filters = {
        "status": SimpleNamespace(schema={"type": "string", "enum": ["agreed", "open", "waiting", "decided"]}),
        "question": SimpleNamespace(schema={"type": "string", "enum": list(KINDS)}),
    }
    orderings = ()

    def list(self, request, pk):
        """Return the questions of one dossier."""
        table = Table.of(get_settling_dossier(request.user, pk))
        later = put_off_in(table)
        for row in table.questions:
            row.is_later = subject_uuid(row.key) in later
        questions = sorted(table.questions, key=lambda row: row.is_later)
        for name, attribute in (("status", "status"), ("question", "kind")):
            wanted = request.query_params.get(name)
            known = self.filters[name].schema["enum"]
            if wanted is not None and wanted not in known:
                raise exceptions.ParseError(f"{name}: {wanted!r} is unknown; known are {', '.join(known)}.")
            questions = [row for row in questions if wanted in (None, getattr(row, attribute))]
        page = self.paginate_queryset(questions)
        return self.get_paginated_response([QuestionSerializer.represent(row) for row in page])


class AgreedSerializer(Strict):
    """What all layers agree on and gold has not yet."""

    count = serializers.IntegerField(read_only=True)
    state = serializers.CharField(read_only=True, help_text="Stands for what was counted.")


class TakeOverSerializer(Strict):
    """What was agreed when you looked."""

    state = Text(max_length=100, help_text="As you read it.")


class TakenOverSerializer(Strict):
    """How many questions were settled."""

    count = serializers.IntegerField(read_only=True)


class AgreedViewSet(Writing, RecordViewSet):
    """What all layers of a dossier agree on, and taking it over in one step."""

    http_method_names = ["get", "post"]
    queryset = Dossier.objects.all()
    get = get_settling_dossier
    serializer_class = AgreedSerializer
    answer_class = TakenOverSerializer
    filters = {}
    orderings = ()

    def get_serializer_class(self):
        return TakeOverSerializer if self.action == "take_over" else self.serializer_class

    def retrieve(self, request, pk):
        """Return how much all layers agree on."""
        table = Table.of(self.get_object())
        return Response({"count": sum(table.agreed().values()), "state": agreed_state(table)})

    def take_over(self, request, pk):
        """Take over everything that all layers agree on, as long as it is what you counted."""
        dossier = self.get_object()
        layer = gold_layer(dossier.project)

        def deed(data):
            with Act(actor=request.user, project=dossier.project, layer=layer, dossier=dossier) as act:
                if data["state"] != agreed_state(begin(act)):
                    raise Overtaken
                total = sum(adjudication.take_over(act).values())
                act.verb = f"take over {total} on which all agree"
            return None, {"count": total}

        try:
            return self.answer_once(deed)
        except Overtaken as error:
            raise Stale("What all agree on has changed since you looked; read it again.") from error


class UnsettlingViewSet(Deed):
    """Taking a decision in gold back."""

    queryset = Dossier.objects.all()
    get = get_settling_dossier
    answer_class = TakenBackSerializer

    def represent(self, row):
        return snapshot(row)

    def undo(self, request, pk):
        """Take back your last deed in gold, the decision with all it brought along."""
        dossier, user = self.get_object(), request.user
        layer = gold_layer(dossier.project)

        def deed(data):
            verb, act = adjudication.undo_last(dossier, actor=user, layer=layer)
            return None, taken_back(act, verb, dossier=dossier, user=user)

        return self.answer_once(deed)
