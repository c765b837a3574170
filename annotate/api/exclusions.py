"""Stretches that are not the story, for programs: leaving one out of the reading, or keeping it."""

from django.core.exceptions import ValidationError as Refused
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.response import Response

from annotate import runs
from annotate.access import require
from claims.models import Document, Exclusion

from .filters import by_choice, by_id
from .serializers import Choice, RecordSerializer
from .viewsets import RecordViewSet, Writing, etag


def visible_to(user):
    return Exclusion.objects.live().filter(document__in=Document.objects.visible_to(user))


def get_exclusion(user, pk):
    return get_object_or_404(visible_to(user).select_related("document__project"), pk=pk)


class ExclusionSerializer(RecordSerializer):
    """A stretch of a document that may not be the story: a second title, a caption, teasers."""

    uuid = None
    document = serializers.UUIDField(source="document_id", read_only=True)
    start = serializers.IntegerField(read_only=True)
    end = serializers.IntegerField(read_only=True)
    quote = serializers.CharField(read_only=True)
    prefix = serializers.CharField(read_only=True)
    suffix = serializers.CharField(read_only=True)
    reason = serializers.CharField(read_only=True)
    state = Choice(Exclusion.State, help_text="Proposed until somebody decides: excluded or kept.")


class ExclusionViewSet(Writing, RecordViewSet):
    """Stretches that were proposed to be left out when a document came in, and what was decided."""

    http_method_names = ["get", "patch"]
    queryset = Exclusion.objects.all()
    serializer_class = ExclusionSerializer
    get = get_exclusion
    filters = {
        "project": by_id("document__project"),
        "document": by_id("document"),
        "state": by_choice("state", Exclusion.State),
    }
    orderings = ("created_at", "start")
    ordering = ("document", "start", "uuid")
    create = None

    def get_queryset(self):
        return visible_to(self.request.user)

    def require_may_write(self, row):
        require(self.request.user, "change_document", row.document.project)

    def partial_update(self, request, pk):
        """Leave a stretch out, or keep it; a document that was read ahead is read again where that makes a difference."""
        row, version = self.get_for_writing()
        state = self.read(row, partial=True).get("state", row.state)
        if state not in (row.state, Exclusion.State.EXCLUDED, Exclusion.State.KEPT):
            raise Refused({"state": f"{state!r} is no decision; say excluded or kept."})
        runs.decide_exclusion(request.user, row, seen=version, state=state)
        return Response(self.represent(row), headers=etag(row.version))
