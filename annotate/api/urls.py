"""Every address of the REST API, under /api/v1/."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie
from django.views.generic import TemplateView
from rest_framework.permissions import IsAuthenticated

from . import (
    agreement,
    assignments,
    bringing,
    bulk,
    comments,
    decisions,
    deeds,
    dossiers,
    errors,
    exclusions,
    figures,
    guidelines,
    history,
    notices,
    projects,
    queue,
    redactions,
    runs,
    search,
    settlements,
    signoffs,
    viewsets,
    vocabularies,
    webhooks,
)

app_name = "api"

VIEWSETS = {
    "projects": projects.ProjectViewSet,
    "layers": viewsets.LayerViewSet,
    "documents": viewsets.DocumentViewSet,
    "dossiers": dossiers.DossierViewSet,
    "actors": viewsets.ActorViewSet,
    "mentions": figures.MentionViewSet,
    "suggestions": viewsets.SuggestionViewSet,
    "decisions": decisions.DecisionViewSet,
    "claims": viewsets.ClaimViewSet,
    "links": viewsets.LinkViewSet,
    "no-responses": viewsets.NoResponseViewSet,
    "comparisons": viewsets.ComparisonViewSet,
    "assessments": viewsets.AssessmentViewSet,
    "citations": viewsets.CitationViewSet,
    "postponements": queue.PostponementViewSet,
    "vocabularies": vocabularies.VocabularyViewSet,
    "assignments": assignments.AssignmentViewSet,
    "comments": comments.CommentViewSet,
    "exclusions": exclusions.ExclusionViewSet,
    "redactions": redactions.RedactionViewSet,
    "runs": runs.RunViewSet,
    "exports": runs.ExportViewSet,
    "imports": bringing.ImportViewSet,
    "looks": bringing.LookViewSet,
    "releases": runs.ReleaseViewSet,
    "bulk": bulk.BulkViewSet,
    "webhooks": webhooks.WebhookViewSet,
    "members": projects.MemberViewSet,
    "invitations": projects.InvitationViewSet,
    "deliveries": webhooks.DeliveryViewSet,
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
            if getattr(viewset, deed, None) and method in viewset.http_method_names
        }
        if known:
            yield path(address, viewset.as_view(known), name=f"{name}-{suffix}")


def only_post(viewset, deed):
    """Return the view of one deed. A viewset's ``get`` finds a row, and would be taken for what answers a GET."""
    return viewset.as_view({"post": deed}, http_method_names=["post"])


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
    path("projects/<uuid:pk>/labels/", projects.ProjectViewSet.as_view({"get": "labels"}), name="labels"),
    path("projects/<uuid:pk>/deal/", only_post(assignments.WorkViewSet, "deal"), name="deal"),
    path("projects/<uuid:pk>/next/", only_post(assignments.WorkViewSet, "take_next"), name="next"),
    path(
        "projects/<uuid:pk>/open-adjudication/",
        only_post(assignments.OpeningViewSet, "open_adjudication"),
        name="open-adjudication",
    ),
    path("dossiers/<uuid:pk>/set-up/", only_post(dossiers.SetUpViewSet, "set_up"), name="set-up"),
    path("dossiers/<uuid:pk>/finish/", only_post(assignments.FinishViewSet, "finish"), name="finish"),
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
    path("suggestions/<uuid:pk>/accept/", only_post(decisions.AcceptViewSet, "accept"), name="suggestions-accept"),
    path("suggestions/<uuid:pk>/reject/", only_post(decisions.RejectViewSet, "reject"), name="suggestions-reject"),
    path("claims/<uuid:pk>/split/", only_post(deeds.SplitViewSet, "split"), name="claims-split"),
    path("links/<uuid:pk>/withhold/", only_post(deeds.WithholdViewSet, "withhold"), name="links-withhold"),
    path(
        "dossiers/<uuid:pk>/agreed/",
        settlements.AgreedViewSet.as_view({"get": "retrieve", "post": "take_over"}),
        name="agreed",
    ),
    path("dossiers/<uuid:pk>/unsettle/", only_post(settlements.UnsettlingViewSet, "undo"), name="unsettle"),
    path("dossiers/<uuid:pk>/queue/", queue.QueueViewSet.as_view({"get": "list"}), name="queue"),
    path("pairs/", viewsets.PairViewSet.as_view({"post": "create"}), name="pairs"),
    path("projects/<uuid:pk>/agreement/", agreement.AgreementViewSet.as_view({"get": "retrieve"}), name="agreement"),
    path("projects/<uuid:pk>/kind/", only_post(projects.KindViewSet, "change_kind"), name="kind"),
    path("projects/<uuid:pk>/schema/", only_post(projects.SchemaViewSet, "choose"), name="choose"),
    path("projects/<uuid:pk>/role/", only_post(projects.MemberRoleViewSet, "give_role"), name="role"),
    path(
        "invitations/<uuid:pk>/withdraw/",
        only_post(projects.WithdrawalViewSet, "withdraw"),
        name="invitations-withdraw",
    ),
    path("mentions/<uuid:pk>/decide/", only_post(figures.ReadFigureViewSet, "decide"), name="mentions-decide"),
    path("webhooks/<uuid:pk>/remove/", only_post(webhooks.RemovalViewSet, "remove"), name="webhooks-remove"),
    path("webhooks/<uuid:pk>/switch/", only_post(webhooks.SwitchViewSet, "switch"), name="webhooks-switch"),
    path("deliveries/<uuid:pk>/again/", only_post(webhooks.DeliveryViewSet, "again"), name="deliveries-again"),
    path("documents/<uuid:pk>/read-again/", only_post(runs.ReadingViewSet, "start_reading"), name="read-again"),
    path("runs/<uuid:pk>/cancel/", only_post(runs.RunViewSet, "cancel"), name="runs-cancel"),
    path("runs/<uuid:pk>/bring-in/", only_post(bringing.BringInViewSet, "bring_in"), name="runs-bring-in"),
    path("runs/<uuid:pk>/go-on/", only_post(bringing.GoOnViewSet, "go_on"), name="runs-go-on"),
    path("runs/<uuid:pk>/file/", runs.RunViewSet.as_view({"get": "file"}), name="runs-file"),
    path("releases/<uuid:pk>/file/", runs.ReleaseViewSet.as_view({"get": "file"}), name="releases-file"),
    path("changes/", history.ChangeViewSet.as_view({"get": "list"}), name="changes-list"),
    path("changes/<int:pk>/", history.ChangeViewSet.as_view({"get": "retrieve"}), name="changes-detail"),
    path("changes/<int:pk>/restore/", only_post(history.RestoreViewSet, "restore"), name="changes-restore"),
    path("changes/<int:pk>/take-back/", only_post(history.TakingBackViewSet, "take_back"), name="changes-take-back"),
    path("dossiers/<uuid:pk>/undo/", only_post(history.UndoViewSet, "undo"), name="undo"),
    path("notices/", notices.NoticeViewSet.as_view({"get": "list"}), name="notices-list"),
    path("notices/all-seen/", only_post(notices.AllSeenViewSet, "all_seen"), name="notices-all-seen"),
    path("notices/<int:pk>/", notices.NoticeViewSet.as_view({"get": "retrieve"}), name="notices-detail"),
    path("notices/<int:pk>/seen/", only_post(notices.NoticeViewSet, "seen"), name="notices-seen"),
    path("search/", search.SearchViewSet.as_view({"get": "list"}), name="search"),
    path("schema/", schema, name="schema"),
    path("docs/", docs, name="docs"),
    re_path("", csrf_exempt(login_not_required(errors.not_found)), name="not_found"),
]
