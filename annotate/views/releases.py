"""Releases: what would go out, making one, and the frozen ones to take away."""

from django.conf import settings
from django.db.models import Count
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from annotate import runs
from annotate.access import get_project, require
from annotate.release_forms import ReleaseForm
from annotate.requests import new_id
from annotate.views.projects import done_once
from claims import releasing
from claims.models import Document, Redaction, Release, Run
from claims.policy import may
from claims.publishing.about import SPLITS
from claims.publishing.licences import may_redistribute

WITHHELD_SHOWN = 20
# What a release's page counts, in the order in which people ask.
SHOWN = ("documents", "dossiers", "claims", "links", "no_responses", "comparisons", "citations", "assessments")


def get_release(user, pk):
    return get_object_or_404(Release.objects.visible_to(user).select_related("project", "created_by"), pk=pk)


@require_http_methods(["GET", "POST"])
def release_list(request, slug):
    """List the releases of a project; a POST makes one more, as a run."""
    project = get_project(request.user, slug)
    is_maker = may(request.user, "release", project)
    if request.method == "POST":
        require(request.user, "release", project)
    form = ReleaseForm(request.POST if request.method == "POST" else None, project=project)
    if form.is_valid():
        url = f"{settings.PUBLIC_URL}{reverse('project_detail', args=[project.slug])}"
        outcome = done_once(request, lambda: start(request.user, project, form.said(url=url)), form)
        if outcome:
            return redirect("run_detail", outcome["run"])
    context = {
        "project": project,
        "tab": "releases",
        "releases": project.releases.select_related("created_by"),
        "under_way": project.runs.filter(kind=Run.Kind.RELEASE, state__in=[Run.State.QUEUED, Run.State.RUNNING]),
        "is_maker": is_maker,
        "refusal": releasing.refusal(project),
        "form": form,
        "request_id": new_id(),
        **(what_goes_out(project) if is_maker else {}),
    }
    return render(request, "releases/release_list.html", context, status=422 if form.errors else 200)


def start(user, project, said):
    return {"run": str(runs.enqueue(runs.start_release(project, user, said)).pk)}


def what_goes_out(project):
    """Return what whoever makes a release is told before: texts that stay out, marked words, dossiers not signed off."""
    texts = Document.objects.live().filter(project=project).with_text().without_loading_text().order_by("title")
    licences = texts.order_by().values_list("licence").annotate(number=Count("pk"))
    closed = [licence for licence, _ in licences if not may_redistribute(licence)]
    withheld = texts.filter(licence__in=closed)
    masked = Redaction.objects.live().filter(document__in=texts)
    return {
        "texts": sum(number for _, number in licences),
        "withheld": withheld[:WITHHELD_SHOWN],
        "withheld_count": sum(number for licence, number in licences if licence in closed),
        "masked": masked.aggregate(number=Count("pk"), documents=Count("document", distinct=True)),
        "open_dossiers": releasing.open_dossiers(project),
        "dossiers": project.dossiers.live().count(),
    }


@require_safe
def release_detail(request, pk):
    release = get_release(request.user, pk)
    splits = [name for name in SPLITS if name in release.about["splits"]]
    tables = [
        (name.replace("_", " "), release.about["tables"][name], [release.about["splits"][split].get(name, 0) for split in splits])
        for name in SHOWN
        if name in release.about["tables"]
    ]  # fmt: skip
    others = Release.objects.filter(project=release.project)
    context = {
        "release": release,
        "project": release.project,
        "tab": "releases",
        "about": release.about,
        "splits": splits,
        "tables": tables,
        "changes": [(name.replace("_", " "), said) for name, said in release.about["changes"].items()],
        "before": others.filter(number=release.about["previous"]).first(),
        "after": others.filter(number__gt=release.number).order_by("number").first(),
    }
    return render(request, "releases/release_detail.html", context)


@require_safe
def release_file(request, pk):
    release = get_release(request.user, pk)
    return FileResponse(
        release.file.open("rb"), as_attachment=True, filename=f"{release.name}.zip", content_type="application/zip"
    )


urlpatterns = [
    path("projects/<slug:slug>/releases/", release_list, name="release_list"),
    path("releases/<uuid:pk>/", release_detail, name="release_detail"),
    path("releases/<uuid:pk>/file/", release_file, name="release_file"),
]
