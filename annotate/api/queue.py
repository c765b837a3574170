"""What a dossier still asks of whoever annotates it, for programs, and putting one of its decisions off."""

from types import SimpleNamespace

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import exceptions, serializers

from annotate import access
from annotate.access import working_layer
from annotate.board import KINDS, Board, subject_uuid
from annotate.settling import TASK
from claims import annotating, assigning
from claims.adjudication import gold_layer
from claims.models import Act, Dossier, Layer, Postponement

from .filters import by_choice, by_id, read_id
from .serializers import Choice, Place, RecordSerializer, Strict, Text, blank, get_layer
from .settlements import check_settles
from .viewsets import AnnotationViewSet, RecordViewSet, layer_to_write

TASKS = (*KINDS, TASK)


def visible_to(user):
    """What was put off in the layers this person may read."""
    layers = Layer.objects.readable_by(user).values("pk")
    return Postponement.objects.live().filter(layer__in=layers, dossier__deleted_at=None)


def get_postponement(user, pk):
    return get_object_or_404(visible_to(user).select_related("layer__project", "dossier__project"), pk=pk)


class PostponementSerializer(RecordSerializer):
    """A decision of the queue that is put off, or set aside with a reason."""

    uuid = None
    dossier = Place(access.get_dossier)
    layer = Place(get_layer, required=False, help_text="The layer you work in, unless you name one.")
    task = serializers.ChoiceField(TASKS, help_text="The step, as the queue has it; settle for a question of layers.")
    subject = Text(
        max_length=200,
        help_text="As the queue has it, or a question’s key. One that is no uuid is told as the uuid made of it.",
    )
    state = Choice(Postponement.State, required=False, default=Postponement.State.LATER)
    reason = Text(**blank(help_text="Why; wanted of what is set aside."))


class PostponementViewSet(AnnotationViewSet):
    """What was put off or set aside. Said again, it replaces what was said; deleted, the decision is asked again."""

    queryset = Postponement.objects.all()
    serializer_class = PostponementSerializer
    get = get_postponement
    http_method_names = ["get", "post", "delete"]
    filters = {
        "project": by_id("layer__project"),
        "dossier": by_id("dossier"),
        "layer": by_id("layer"),
        "task": by_choice("task", TASKS),
        "state": by_choice("state", Postponement.State),
    }

    def get_queryset(self):
        return visible_to(self.request.user)

    def name_of(self, row):
        return f"what was {row.get_state_display()}"

    def add(self, data):
        dossier, user = data["dossier"], self.request.user
        if data["task"] == TASK:
            check_settles(user, dossier.project)
            layer = gold_layer(dossier.project)
        else:
            layer = layer_to_write(user, dossier.project, data.get("layer"))
        what = "question" if data["task"] == TASK else "decision"
        verb = f"put a {what} off" if data["state"] == Postponement.State.LATER else f"set a {what} aside"
        said = {name: data[name] for name in ("task", "state", "reason")}
        with Act(actor=user, project=dossier.project, layer=layer, dossier=dossier, verb=verb) as act:
            return annotating.postpone(act, subject=subject_uuid(data["subject"]), **said)


class TaskSerializer(Strict):
    """One decision that is left."""

    task = serializers.ChoiceField(KINDS, read_only=True, help_text="The step it belongs to.")
    asks = serializers.CharField(read_only=True, help_text="What is asked: suggestion, pair, suggested_pair, link, …")
    subject = serializers.CharField(
        read_only=True, help_text="The uuid of what it is about; of a figure also its link’s."
    )
    document = serializers.UUIDField(read_only=True, allow_null=True)
    start = serializers.IntegerField(read_only=True)
    is_later = serializers.BooleanField(read_only=True, help_text="Whether it was put off.")

    @classmethod
    def represent(cls, row):
        return {
            "task": row.kind,
            "asks": row.show,
            "subject": row.subject,
            "document": row.document and str(row.document),
            "start": row.start,
            "is_later": row.is_later,
        }


class QueueViewSet(RecordViewSet):
    """What is left to decide in a dossier, in the order the workspace asks; what is set aside is not in it."""

    queryset = Dossier.objects.none()
    get = access.get_dossier
    serializer_class = TaskSerializer
    filters = {
        "task": by_choice("task", KINDS),
        "layer": SimpleNamespace(schema={"type": "string", "format": "uuid"}, read=read_id),
    }
    orderings = ()

    def list(self, request, pk):
        """Return what is left in the layer you work in, or in the one that ``layer`` names."""
        dossier = self.get_object()
        asked = self.narrowed_to()
        board = Board(user=request.user, dossier=dossier, layer=self.layer(dossier, asked.get("layer")))
        tasks = [row for kind in KINDS if asked.get("task") in (None, kind) for row in board.queue[kind]]
        for row in tasks:
            row.is_later = (row.kind, subject_uuid(row.subject)) in board.postponed
        page = self.paginate_queryset(tasks)
        return self.get_paginated_response([TaskSerializer.represent(row) for row in page])

    def narrowed_to(self):
        """Return {name: value} of the filters in the address."""
        found = {}
        for name, known in self.filters.items():
            if name in self.request.query_params:
                try:
                    found[name] = known.read(self.request.query_params[name])
                except ValueError as error:
                    raise exceptions.ParseError(f"{name}: {error}") from None
        return found

    def layer(self, dossier, asked):
        user = self.request.user
        layer = get_layer(user, asked) if asked else working_layer(user, dossier.project)
        if layer is None or layer.project_id != dossier.project_id:
            raise Http404("There is no such reading of this dossier.")
        if layer.annotator_id == user.pk and not assigning.may_open(user, dossier.project, dossier):
            raise PermissionDenied("This dossier is others’ to annotate; your assignments say which are yours.")
        return layer
