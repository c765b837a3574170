"""Comments for programs: threads on claims, links, compared figures and dossiers, as whoever reads a layer writes them."""

from django.core.exceptions import ValidationError as Refused
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404
from rest_framework import serializers

from annotate import access
from annotate.access import require, working_layer
from claims import commenting
from claims.models import Act, Comment, FigureComparison

from .filters import Filter, by_flag, by_id, one_of
from .serializers import Flag, Place, RecordSerializer, Reference, Text, get_layer, optional
from .viewsets import RecordViewSet, Writing

SUBJECTS = ("claim", "link", "comparison")


def visible_to(user):
    """Comments in layers this person reads; ``settled_at`` is when a comment's thread was resolved."""
    rows = Comment.objects.visible_to(user).filter(dossier__deleted_at=None, layer__project__deleted_at=None)
    return rows.alias(settled_at=Coalesce("resolved_at", "parent__resolved_at")).select_related("parent", "created_by")


def get_comment(user, pk):
    rows = visible_to(user).select_related("layer__project", "dossier__project", "resolved_by")
    return get_object_or_404(rows, pk=pk)


class CommentSerializer(RecordSerializer):
    """A remark: on one thing, on a dossier where none is named, or under its ``parent``, a reply."""

    uuid = None
    fixed = ("dossier", "layer", *SUBJECTS, "parent")
    dossier = Place(access.get_dossier, required=False, help_text="Wanted where nothing in it is named.")
    layer = Place(get_layer, required=False, help_text="That of what it is on, or the one you work in.")
    claim = Place(access.get_claim, **optional())
    link = Place(access.get_link, **optional())
    comparison = Place(access.get_comparison, **optional())
    parent = Reference(get_comment, **optional(help_text="The comment that this answers; a thread has one level."))
    text = Text(help_text="@username tells a person of it.")
    author = serializers.CharField(read_only=True, allow_null=True, help_text="Their username.")
    is_sent_back = serializers.BooleanField(read_only=True, help_text="Whether an editor asks to look again.")
    resolved = serializers.BooleanField(read_only=True, help_text="Whether the thread is resolved.")
    resolved_at = serializers.DateTimeField(read_only=True, allow_null=True)
    resolved_by = serializers.UUIDField(source="resolved_by_id", read_only=True, allow_null=True)

    @classmethod
    def columns(cls):
        return [column for column in super().columns() if column[0] not in ("author", "resolved")]

    @classmethod
    def represent(cls, row):
        thread = row.parent or row
        more = {"author": row.created_by and row.created_by.username, "resolved": thread.resolved_at is not None}
        return {**super().represent(row), **more}


class CommentChangeSerializer(CommentSerializer):
    """One's own words, or whether a thread is resolved."""

    text = Text(required=False)
    resolved = Flag(required=False, help_text="Of the first comment of a thread.")


class CommentViewSet(Writing, RecordViewSet):
    """What people say about annotations, in the layers you read."""

    queryset = Comment.objects.all()
    serializer_class = CommentSerializer
    get = get_comment
    http_method_names = ["get", "post", "patch", "delete"]
    filters = {
        "project": by_id("layer__project"),
        "dossier": by_id("dossier"),
        "layer": by_id("layer"),
        **{name: by_id(name) for name in SUBJECTS},
        "parent": by_id("parent"),
        "resolved": Filter(
            "settled_at__isnull", lambda value: one_of(["true", "false"])(value) == "false", {"type": "boolean"}
        ),
        "is_sent_back": by_flag("is_sent_back"),
    }
    noun = "comment"

    def get_serializer_class(self):
        return CommentChangeSerializer if self.action == "partial_update" else self.serializer_class

    def get_queryset(self):
        return visible_to(self.request.user)

    def represent(self, row):
        return CommentSerializer.represent(row)

    def add(self, data):
        user, parent = self.request.user, data["parent"]
        named = [data[name] for name in SUBJECTS if data[name] is not None]
        if len(named) + (parent is not None) > 1:
            raise Refused("A comment is on one thing, or answers one comment.")
        on = named[0] if named else None
        dossier = the_dossier(data.get("dossier"), on or parent)
        require(user, "comment", dossier.project)
        layer = the_layer(user, dossier.project, data.get("layer"), on or parent)
        act = Act(actor=user, project=dossier.project, layer=layer, dossier=dossier, verb="comment")
        with act:
            row = commenting.comment(act, data["text"], on=on, parent=parent)
            act.verb = f"comment on {row.subject or 'the dossier'}"
        return row

    def require_may_write(self, row):
        require(self.request.user, "comment", row.dossier.project)

    def act_on(self, row, verb):
        return Act(
            actor=self.request.user, project=row.dossier.project, layer=row.layer, dossier=row.dossier, verb=verb
        )

    def alter(self, act, row, version, values):
        if "text" in values:
            act.verb = "mend a comment"
            version = commenting.edit(act, row, values["text"], seen=version).version
        is_resolved = values.get("resolved", row.resolved_at is not None)
        if row.parent_id is not None and "resolved" in values:
            raise Refused({"resolved": f"A thread is resolved at its first comment, {row.parent_id}."})
        if is_resolved != (row.resolved_at is not None):
            act.verb = "resolve a comment" if is_resolved else "open a comment again"
            commenting.resolve(act, row, seen=version, is_resolved=is_resolved)

    def remove(self, act, row, version):
        commenting.delete(act, row, seen=version)


def the_dossier(named, subject):
    """Return the dossier of what a comment is on; where both are named they have to agree."""
    if subject is None:
        if named is None:
            raise Refused({"dossier": "Name a dossier, or what the comment is on."})
        return named
    if isinstance(subject, FigureComparison):
        subject = subject.link or subject.claim
    if named is not None and named.pk != subject.dossier_id:
        raise Refused({"dossier": "That is in another dossier."})
    return subject.dossier


def the_layer(user, project, named, subject):
    """Return the layer that is spoken in: that of what a comment is on, the one named, or the one worked in."""
    layer = subject.layer if subject is not None else named or working_layer(user, project)
    if layer is None:
        raise Refused({"layer": "There is nothing settled in this project yet."})
    if named is not None and named.pk != layer.pk:
        raise Refused({"layer": "That is in another layer."})
    if layer.project_id != project.pk:
        raise Refused({"layer": "That layer belongs to another project."})
    return layer
