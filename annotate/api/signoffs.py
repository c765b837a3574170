"""Sign-offs for programs: an editor's words on the state of a dossier in a layer, one after the other."""

from django.core.exceptions import ValidationError as Refused
from django.shortcuts import get_object_or_404
from rest_framework import serializers

from annotate import access
from annotate.access import require
from claims import signing
from claims.models import Act, Layer, SignOff

from .filters import by_choice, by_id
from .serializers import Choice, Place, RecordSerializer, Text, as_json, blank, get_layer, optional
from .viewsets import RecordViewSet, Writing


def get_sign_off(user, pk):
    return get_object_or_404(visible_to(user).select_related("layer__project", "dossier"), pk=pk)


def visible_to(user):
    layers = Layer.objects.readable_by(user).values("pk")
    return SignOff.objects.live().filter(layer__in=layers, layer__project__deleted_at=None, dossier__deleted_at=None)


class SignOffSerializer(RecordSerializer):
    """One word of an editor. The newest of a dossier and layer counts; with ``sent_back`` one item may be named."""

    uuid = None
    dossier = Place(access.get_dossier)
    layer = Place(get_layer, required=False, help_text="The team's or gold where left out.")
    state = Choice(SignOff.State)
    note = Text(**blank(help_text="Wanted of what is sent back."))
    open_questions = Text(**blank())
    claim = Place(access.get_claim, **optional(write_only=True))
    link = Place(access.get_link, **optional(write_only=True))
    comparison = Place(access.get_comparison, **optional(write_only=True))
    changed_since = serializers.BooleanField(
        read_only=True, help_text="Whether the reading was changed after it was signed; null unless it was signed."
    )

    @classmethod
    def represent(cls, row):
        found = {name: as_json(getattr(row, column)) for name, column in cls.columns() if name != "changed_since"}
        found["changed_since"] = None
        if row.state == SignOff.State.SIGNED:
            since = row.__dict__.get("since")
            changes = signing.changes_since([row])[row.pk] if since is None else since
            found["changed_since"] = bool(changes) or row.is_outdated
        return found


class SignOffViewSet(Writing, RecordViewSet):
    """What editors said of dossiers: signed off, sent back, lifted. A word is added, and none is changed."""

    queryset = SignOff.objects.all()
    serializer_class = SignOffSerializer
    get = get_sign_off
    http_method_names = ["get", "post"]
    filters = {
        "project": by_id("layer__project"),
        "dossier": by_id("dossier"),
        "layer": by_id("layer"),
        "state": by_choice("state", SignOff.State),
    }
    noun = "sign-off"

    def get_queryset(self):
        return visible_to(self.request.user)

    def paginate_queryset(self, queryset):
        rows = super().paginate_queryset(queryset)
        since = signing.changes_since([row for row in rows if row.state == SignOff.State.SIGNED])
        for row in rows:
            row.since = since.get(row.pk, [])
        return rows

    def add(self, data):
        dossier, user = data["dossier"], self.request.user
        require(user, "sign_off", dossier.project)
        layer = data.get("layer") or signing.settling_layer(dossier.project)
        if layer is None or not Layer.objects.readable_by(user).filter(pk=layer.pk).exists():
            raise Refused({"layer": "Nothing is settled in this project yet."})
        if layer.project_id != dossier.project_id:
            raise Refused({"layer": "That layer belongs to another project."})
        items = [data[name] for name in signing.ITEMS if data[name] is not None]
        state, act = data["state"], Act(actor=user, project=dossier.project, layer=layer, dossier=dossier)
        if items and (state != SignOff.State.SENT_BACK or len(items) > 1):
            raise Refused("One item may be named, of what is sent back.")
        with act:
            return self.say(act, state, data, items[0] if items else None)

    def say(self, act, state, data, item):
        if state == SignOff.State.SENT_BACK:
            act.verb = f"send {signing.called(item) if item else 'the dossier'} back"
            comment = signing.send_back(act, note=data["note"], item=item)
            return comment.sign_off
        if act.layer.kind == Layer.Kind.ANNOTATOR:
            raise Refused({"layer": "An annotator's reading is settled in gold, which is what is signed."})
        if state == SignOff.State.LIFTED:
            act.verb = "lift the sign-off"
            return signing.lift(act, note=data["note"])
        if state != SignOff.State.SIGNED:
            raise Refused({"state": f"{state!r} is not a state; known are {', '.join(SignOff.State.values)}."})
        act.verb = "sign the dossier off"
        seen = signing.last_change(act.layer, act.dossier)
        return signing.sign(act, seen=seen, open_questions=data["open_questions"], note=data["note"])
