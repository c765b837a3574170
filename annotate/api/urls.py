"""Every address of the REST API, under /api/v1/."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie
from django.views.generic import TemplateView
from rest_framework.permissions import IsAuthenticated

from . import agreement, errors, guidelines, search, settlements, signoffs, viewsets, vocabularies

app_name = "api"

VIEWSETS = {
    "projects": viewsets.ProjectViewSet,
    "layers": viewsets.LayerViewSet,
    "documents": viewsets.DocumentViewSet,
    "dossiers": viewsets.DossierViewSet,
    "actors": viewsets.ActorViewSet,
    "mentions": viewsets.MentionViewSet,
    "suggestions": viewsets.SuggestionViewSet,
    "claims": viewsets.ClaimViewSet,
    "links": viewsets.LinkViewSet,
    "no-responses": viewsets.NoResponseViewSet,
    "comparisons": viewsets.ComparisonViewSet,
    "assessments": viewsets.AssessmentViewSet,
    "citations": viewsets.CitationViewSet,
    "vocabularies": vocabularies.VocabularyViewSet,
    "sign-offs": signoffs.SignOffViewSet,
    "settlements": settlements.SettlementViewSet,
}
LIST = {"get": "list", "post": "create"}
ONE = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}


def addresses(name, viewset):
    """Yield the list and the single row of a viewset. REST framework's router would load drf-spectacular at start."""
    for address, actions, suffix in ((f"{name}/", LIST, "list"), (f"{name}/<uuid:pk>/", ONE, "detail")):
        known = {
            method: deed
            for method, deed in actions.items()
            if hasattr(viewset, deed) and method in viewset.http_method_names
        }
        yield path(address, viewset.as_view(known), name=f"{name}-{suffix}")


@login_not_required
def schema(request):
    """Return the OpenAPI document; drf-spectacular is loaded when somebody asks for it, since it weighs 5 MB."""
    from drf_spectacular.renderers import OpenApiJsonRenderer
    from drf_spectacular.views import SpectacularAPIView

    return SpectacularAPIView.as_view(
        permission_classes=[IsAuthenticated],
        renderer_classes=[OpenApiJsonRenderer],
        content_negotiation_class=viewsets.OnlyJSON,
    )(request)


docs = ensure_csrf_cookie(TemplateView.as_view(template_name="api/docs.html"))

urlpatterns = [
    *(address for name, viewset in VIEWSETS.items() for address in addresses(name, viewset)),
    path("projects/<uuid:pk>/labels/", viewsets.ProjectViewSet.as_view({"get": "labels"}), name="labels"),
    path("dossiers/<uuid:pk>/questions/", settlements.QuestionViewSet.as_view({"get": "list"}), name="questions"),
    path(
        "projects/<uuid:pk>/guidelines/",
        guidelines.GuidelineViewSet.as_view({"get": "list", "post": "create"}),
        name="guidelines-list",
    ),
    path(
        "projects/<uuid:pk>/guidelines/<int:number>/",
        guidelines.GuidelineViewSet.as_view({"get": "retrieve"}),
        name="guidelines-detail",
    ),
    path("pairs/", viewsets.PairViewSet.as_view({"post": "create"}), name="pairs"),
    path("projects/<uuid:pk>/agreement/", agreement.AgreementViewSet.as_view({"get": "retrieve"}), name="agreement"),
    path("search/", search.SearchViewSet.as_view({"get": "list"}), name="search"),
    path("schema/", schema, name="schema"),
    path("docs/", docs, name="docs"),
    re_path("", csrf_exempt(login_not_required(errors.not_found)), name="not_found"),
]
