"""Who did what and when, for programs; an earlier state brought back, a deed taken back, one's last deed undone."""

from django.shortcuts import get_object_or_404
from rest_framework import serializers

from annotate import access
from annotate.access import require
from annotate.views.history import KINDS, check_may_restore, check_may_take_back, readable, restore
from claims.errors import NothingToUndo
from claims.models import Change, Dossier, last_act, undo
from claims.models.changes import snapshot, undone_of
from claims.restoring import KINDS as TOLD

from .filters import by_choice, by_day, by_id
from .serializers import Flag, Strict, Whole
from .viewsets import Deed, RecordViewSet, layer_to_write


def get_change(user, pk):
    rows = readable(user).select_related("layer__project", "dossier__project__vocabulary", "actor")
    return get_object_or_404(rows, pk=pk)


def get_change_of_dossier(user, pk):
    """Return a change for a deed: one of a dossier that is still there, or of none."""
    change = get_change(user, pk)
    if change.dossier is not None:
        access.get_dossier(user, change.dossier_id)
    return change


class ChangeSerializer(Strict):
    """One version of one row. What it says is told of annotations alone."""

    id = serializers.IntegerField(source="pk", read_only=True)
    act = serializers.UUIDField(read_only=True, help_text="The deed: changes of one deed share it.")
    verb = serializers.CharField(read_only=True, help_text="What the deed was, in a few words.")
    undoes = serializers.UUIDField(read_only=True, allow_null=True, help_text="The deed that this one took back.")
    is_undone = serializers.BooleanField(read_only=True, help_text="Whether the deed was taken back since.")
    project = serializers.UUIDField(source="project_id", read_only=True)
    layer = serializers.UUIDField(source="layer_id", read_only=True, allow_null=True)
    dossier = serializers.UUIDField(source="dossier_id", read_only=True, allow_null=True)
    kind = serializers.CharField(read_only=True)
    object = serializers.UUIDField(source="object_id", read_only=True)
    object_version = serializers.IntegerField(read_only=True)
    action = serializers.ChoiceField(Change.Action.choices, read_only=True)
    actor = serializers.UUIDField(source="actor_id", read_only=True, allow_null=True)
    at = serializers.DateTimeField(read_only=True)
    before = serializers.DictField(read_only=True)
    after = serializers.DictField(read_only=True)

    @classmethod
    def columns(cls):
        return [column for column in super().columns() if column[0] != "is_undone"]

    @classmethod
    def represent(cls, row, *, is_undone=False):
        found = {**super().represent(row), "is_undone": is_undone}
        # A settled question keeps every layer's reading, which is not for all who read of it.
        return found if row.kind in TOLD else {**found, "before": {}, "after": {}}


class ChangeViewSet(RecordViewSet):
    """What was done in your projects and in the layers you may read, newest first."""

    queryset = Change.objects.all()
    serializer_class = ChangeSerializer
    get = get_change
    filters = {
        "project": by_id("project"),
        "dossier": by_id("dossier"),
        "layer": by_id("layer"),
        "object": by_id("object_id"),
        "act": by_id("act"),
        "actor": by_id("actor"),
        "kind": by_choice("kind", [*KINDS]),
        "action": by_choice("action", Change.Action),
        "from": by_day("at__date__gte"),
        "until": by_day("at__date__lte"),
    }
    orderings = ("at",)
    ordering = ("-pk",)

    def get_queryset(self):
        return readable(self.request.user)

    def represent(self, row):
        return self.told([row])[0]

    def list(self, request):
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.told(page))

    def told(self, rows):
        undone = undone_of([row.act for row in rows])
        return [ChangeSerializer.represent(row, is_undone=row.act in undone) for row in rows]


class RestoreSerializer(Strict):
    """What the row was when you looked."""

    seen = Whole(help_text="The row's version that you saw.")
    along = Flag(required=False, default=False, help_text="Bring back what went with it when it was deleted.")


class RestoredSerializer(Strict):
    """The row as it is now; read it at its own address."""

    kind = serializers.CharField(read_only=True)
    object = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    version = serializers.IntegerField(read_only=True)


class RestoreViewSet(Deed):
    """Bringing an earlier state of an annotation back."""

    queryset = Change.objects.all()
    get = get_change_of_dossier
    serializer_class = RestoreSerializer
    answer_class = RestoredSerializer

    def represent(self, row):
        return snapshot(row)

    def restore(self, request, pk):
        """Make what a row said after this change its present state, as a new deed; a deleted row comes back."""
        change = self.get_object()
        check_may_restore(request.user, change)

        def deed(data):
            row, name = restore(request.user, change, seen=data["seen"], is_along=data["along"])
            told = {"kind": change.kind, "object": str(row.pk), "name": name, "version": row.version}
            return row.version, told

        return self.answer_once(deed)


class TakenBackSerializer(Strict):
    """What was taken back."""

    act = serializers.UUIDField(read_only=True, help_text="The deed that is taken back.")
    verb = serializers.CharField(read_only=True, help_text="What it was.")
    undone_by = serializers.UUIDField(read_only=True, help_text="The deed that took it back; taken back, it is redone.")


class TakingBackViewSet(Deed):
    """Taking back one deed whole."""

    queryset = Change.objects.all()
    get = get_change_of_dossier
    answer_class = TakenBackSerializer

    def represent(self, row):
        return snapshot(row)

    def take_back(self, request, pk):
        """Take back the deed of a change, your own or as an editor another's; what was undone is done again so."""
        change = self.get_object()
        changes = [change]
        if change.dossier is not None:
            changes = readable(request.user, change.project).filter(dossier=change.dossier, act=change.act)
            changes = list(changes.select_related("layer", "actor"))
        check_may_take_back(request.user, change.project, changes)

        def deed(data):
            verb = undo(change.act, actor=request.user, dossier=change.dossier, whose=change.actor)
            return None, taken_back(change.act, verb, dossier=change.dossier, user=request.user)

        return self.answer_once(deed)


class UndoViewSet(TakingBackViewSet):
    """Undoing one's own last deed in a dossier."""

    queryset = Dossier.objects.all()
    get = access.get_dossier

    def undo(self, request, pk):
        """Take back the last deed of yours in a dossier that stands, as the workspace does."""
        dossier, user = self.get_object(), request.user
        layer_to_write(user, dossier.project, None)

        def deed(data):
            last = last_act(actor=user, dossier=dossier)
            if last is None:
                raise NothingToUndo("There is nothing to undo in this dossier.")
            layer = Change.objects.filter(act=last).select_related("layer").first().layer
            if layer is not None:
                require(user, "annotate", dossier.project, layer)
            verb = undo(last, actor=user, dossier=dossier)
            return None, taken_back(last, verb, dossier=dossier, user=user)

        return self.answer_once(deed)


def taken_back(act, verb, *, dossier, user):
    # Which deed it names depends on how often it was taken back before; it is this person's newest, in any case.
    back = Change.objects.filter(dossier=dossier, actor=user, undoes__isnull=False).order_by("-pk").first()
    return {"act": str(act), "verb": verb, "undone_by": str(back.act)}
