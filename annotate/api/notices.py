"""What one person should know of, for programs: their own notices, and that they have been seen."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers

from annotate.views.comments import mark_all_read, seen_by
from claims.models import Layer, Notice

from .filters import Filter, by_choice, one_of
from .serializers import Strict
from .viewsets import Deed, RecordViewSet, Writing


def get_notice(user, pk):
    return get_object_or_404(seen_by(user), pk=pk)


class NoticeSerializer(Strict):
    """Somebody mentioned you, replied, sent something back, gave you a dossier or settled one of yours."""

    id = serializers.IntegerField(read_only=True)
    kind = serializers.ChoiceField(Notice.Kind.choices, read_only=True)
    actor = serializers.UUIDField(source="actor_id", read_only=True, allow_null=True)
    dossier = serializers.UUIDField(source="dossier_id", read_only=True)
    comment = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="Null where you may not read it any more."
    )
    created_at = serializers.DateTimeField(read_only=True)
    read_at = serializers.DateTimeField(read_only=True, allow_null=True)

    @classmethod
    def columns(cls):
        return [column for column in super().columns() if column[0] != "comment"]

    @classmethod
    def represent(cls, row):
        return {**super().represent(row), "comment": str(row.comment_id) if row.is_readable else None}


class NoticeViewSet(Writing, RecordViewSet):
    """Your own notices, newest first."""

    http_method_names = ["get"]
    queryset = Notice.objects.all()
    serializer_class = NoticeSerializer
    get = get_notice
    filters = {
        "kind": by_choice("kind", Notice.Kind),
        "seen": Filter(
            "read_at__isnull", lambda value: one_of(["true", "false"])(value) == "false", {"type": "boolean"}
        ),
    }
    ordering = ("-created_at", "-pk")

    def get_queryset(self):
        return seen_by(self.request.user)

    def represent(self, row):
        return self.marked([row])[0]

    def list(self, request):
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.marked(page))

    def marked(self, rows):
        """Return rows as JSON, each knowing whether what it is about may still be read."""
        readable = set(Layer.objects.readable_by(self.request.user).values_list("pk", flat=True))
        for row in rows:
            row.is_readable = row.comment_id is not None and row.comment.layer_id in readable
            row.is_readable = row.is_readable and row.comment.deleted_at is None
        return [NoticeSerializer.represent(row) for row in rows]

    def seen(self, request, pk):
        """Put one away. The body is ``{}``."""
        row = self.get_object()

        def deed(data):
            row.read_at = row.read_at or timezone.now()
            row.save(update_fields=["read_at"])
            return None, self.represent(row)

        return self.answer_once(deed)


class SeenSerializer(Strict):
    """How many were put away."""

    count = serializers.IntegerField(read_only=True)


class AllSeenViewSet(Deed):
    """Putting all of one's notices away."""

    queryset = Notice.objects.all()
    answer_class = SeenSerializer

    def all_seen(self, request):
        """Put every notice of yours away."""
        return self.answer_once(lambda data: (None, {"count": mark_all_read(request.user)}))
