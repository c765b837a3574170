"""Agreement of a project's annotators, as JSON; docs/agreement.md says what each figure is."""

from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from annotate.views.agreement import chosen_layers, figures_of, may_see
from claims.models import Project

from .viewsets import RecordViewSet


class AgreementSerializer(serializers.Serializer):
    """Every figure: ``value``, ``interval`` (95 %), ``n`` ``of`` what, and ``why`` where there is no value."""

    project = serializers.CharField()
    layers = serializers.ListField(child=serializers.CharField())
    dossiers = serializers.IntegerField()
    pairs = serializers.ListField(child=serializers.DictField())
    tolerance = serializers.CharField()
    annotators = serializers.DictField()
    bootstrap = serializers.DictField()
    claims = serializers.DictField()
    links = serializers.DictField()
    facets = serializers.DictField()
    claim_fields = serializers.DictField()
    figures = serializers.DictField()
    no_response = serializers.DictField()
    labels = serializers.DictField()
    by_dossier = serializers.DictField()


class AgreementViewSet(RecordViewSet):
    """The agreement of one project; 404 before adjudication opens in an independent one, and for unknown layers."""

    http_method_names = ["get"]
    queryset = Project.objects.all()
    serializer_class = AgreementSerializer
    filter_backends = []
    # {what may be asked for: in words}; each may be repeated.
    asked = {"layers": "The name of a layer to compare, gold among them; repeat it. All annotators' unless given."}
    pagination_class = None

    def retrieve(self, request, pk):
        project = self.queryset.visible_to(request.user).select_related("vocabulary").filter(pk=pk).first()
        if project is None or not may_see(project):
            raise Http404
        return Response(figures_of(project, chosen_layers(project, request.query_params.getlist("layers"))))
