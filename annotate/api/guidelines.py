"""Guidelines for programs: every version reads, and owners and editors store the next one."""

from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from annotate.access import require
from claims import guidelines
from claims.models import Project

from .serializers import Strict, Text, Whole, get_project
from .viewsets import RecordViewSet, Writing


class GuidelineRowSerializer(Strict):
    """One version without its text, as lists have it."""

    number = serializers.IntegerField(read_only=True)
    summary = Text(max_length=300, required=False, allow_blank=True, default="", help_text="What changed, in a line.")
    created_at = serializers.DateTimeField(read_only=True)
    created_by = serializers.UUIDField(source="created_by_id", read_only=True, allow_null=True)


class GuidelineSerializer(GuidelineRowSerializer):
    """One version of a project's guidelines, in Markdown."""

    text = Text(max_length=guidelines.LONGEST)
    made_from = Whole(write_only=True, help_text="The number of the version you saw; 0 where there was none.")


class GuidelineViewSet(Writing, RecordViewSet):
    """The guidelines of a project, the newest first."""

    # Its address names the project; the versions below it are numbered.
    queryset = Project.objects.all()
    serializer_class = GuidelineSerializer
    get = get_project
    filters = {}
    orderings = ()
    ordering = ("-number",)

    def get_serializer_class(self):
        return GuidelineRowSerializer if self.action == "list" else self.serializer_class

    def list(self, request, pk):
        rows = self.filter_queryset(self.get_object().guidelines.defer("text"))
        return self.get_paginated_response(
            [GuidelineRowSerializer.represent(row) for row in self.paginate_queryset(rows)]
        )

    def retrieve(self, request, pk, number):
        row = self.get_object().guidelines.filter(number=number).first()
        if row is None:
            raise Http404
        return Response(GuidelineSerializer.represent(row))

    def create(self, request, pk):
        project = self.get_object()
        require(request.user, "write_guidelines", project)
        return self.answer_once(lambda data: self.store(project, data))

    def store(self, project, data):
        row = guidelines.store(
            project, text=data["text"], seen=data["made_from"], actor=self.request.user, summary=data["summary"]
        )
        return None, GuidelineSerializer.represent(row)
