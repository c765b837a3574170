"""The one list of every page's address; a module of views lists its own."""

from django.urls import include, path

from annotate.views import (
    accounts,
    adjudication,
    agreement,
    comments,
    coverage,
    documents,
    figures,
    guidelines,
    history,
    labels,
    projects,
    redactions,
    releases,
    runs,
    search,
    signing,
    webhooks,
    work,
    workspace,
)

urlpatterns = [
    *accounts.urlpatterns,
    *projects.urlpatterns,
    *documents.urlpatterns,
    *redactions.urlpatterns,
    *runs.urlpatterns,
    *webhooks.urlpatterns,
    *releases.urlpatterns,
    *workspace.urlpatterns,
    *work.urlpatterns,
    *figures.urlpatterns,
    *coverage.urlpatterns,
    *history.urlpatterns,
    *comments.urlpatterns,
    *adjudication.urlpatterns,
    *agreement.urlpatterns,
    *signing.urlpatterns,
    *search.urlpatterns,
    *guidelines.urlpatterns,
    *labels.urlpatterns,
    path("api/v1/", include("annotate.api.urls")),
]
