"""Sensitive stretches for programs: marking words of a document that releases mask."""

from django.core.exceptions import ValidationError as Refused
from django.shortcuts import get_object_or_404
from rest_framework import serializers

from annotate import access
from annotate.access import require
from claims.models import Act, Document, Redaction

from .filters import by_id
from .serializers import Place, RecordSerializer, Text, Whole, blank
from .viewsets import RecordViewSet, Writing


def visible_to(user):
    return Redaction.objects.live().filter(document__in=Document.objects.visible_to(user))


def get_redaction(user, pk):
    return get_object_or_404(visible_to(user).select_related("document__project"), pk=pk)


class RedactionSerializer(RecordSerializer):
    """A stretch of a document that releases mask, ``start`` to ``end``."""

    document = Place(access.get_document)
    start = Whole()
    end = Whole()
    quote = Text(max_length=None, required=False, allow_blank=True, help_text="Checked against the text if sent.")
    reason = Text(max_length=1000, **blank())
    prefix = serializers.CharField(read_only=True)
    suffix = serializers.CharField(read_only=True)


class RedactionViewSet(Writing, RecordViewSet):
    """Sensitive stretches. Here they stay readable; releases mask them, and the same words elsewhere."""

    http_method_names = ["get", "post", "delete"]
    queryset = Redaction.objects.all()
    serializer_class = RedactionSerializer
    get = get_redaction
    filters = {"project": by_id("document__project"), "document": by_id("document")}
    orderings = ("created_at", "start")
    ordering = ("document", "start", "uuid")
    noun = "sensitive stretch"

    def get_queryset(self):
        return visible_to(self.request.user)

    def add(self, data):
        document, user = data["document"], self.request.user
        require(user, "change_document", document.project)
        if document.text is None:
            raise Refused({"document": "A cited work has no text to mark."})
        verb = f"mark a sensitive stretch in {document.title}"
        with Act(actor=user, project=document.project, verb=verb) as act:
            quote = data.pop("quote", None)
            row = Redaction(**self.free_uuid(data), **data)
            row.check_span(document.text, quote=quote or None)
            return act.create(row.anchor(document.text))

    def require_may_write(self, row):
        require(self.request.user, "change_document", row.document.project)

    def act_on(self, row, verb):
        return Act(actor=self.request.user, project=row.document.project, verb="unmark a sensitive stretch")
