"""Long work as a person sees it: how far it is, what came of each file, and what there is to take away."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate import runs
from annotate.access import get_project, get_run, require
from annotate.corpus_forms import FORMATS_READ, MeaningForm
from annotate.document_forms import ExportForm
from annotate.htmx import render_part
from annotate.requests import OtherBody, new_id, once
from claims import corpora, reviewing
from claims.formats import FORMATS
from claims.models import Dossier, Project, Run

ITEMS_SHOWN = 200
EXPORTS_SHOWN = 10


@require_safe
def run_detail(request, pk):
    run = get_run(request.user, pk)
    if not run.is_over and runs.reap(Run.objects.filter(pk=run.pk)):
        run = get_run(request.user, pk)
    items = run.items.select_related("document").defer("document__text", "document__page_starts")
    # What went wrong is read first; of a long list the page shows the beginning.
    shown = list(items.filter(is_done=True).order_by("-is_error", "position")[:ITEMS_SHOWN])
    done = run.items.filter(is_done=True).count()
    dossier = run.parameters.get("dossier")
    context = {
        "run": run,
        "project": run.project,
        "tab": TABS.get(run.kind, "documents"),
        "items": shown,
        "more": done - len(shown),
        "may_cancel": runs.may_cancel(request.user, run),
        "tells": runs.tells(request.user, run),
        "has_file": runs.has_file(request.user, run),
        "dossier": Dossier.objects.visible_to(request.user).filter(pk=dossier).first() if dossier else None,
        "headline": headline(run),
        "may_go_on": runs.may_go_on(request.user, run),
        "formats": FORMATS_READ if run.kind == Run.Kind.LOOK and run.state == Run.State.FAILED else (),
        "request_id": new_id(),
    }
    if run.kind in (Run.Kind.LOOK, Run.Kind.CORPUS):
        context |= about_corpus(request.user, run)
    return render_part(request, "runs/run_detail.html", "progress", context)


def about_corpus(user, run):
    """Return what the page of a corpus shows besides: the questions where it waits for answers, the project it became."""
    if not runs.tells(user, run):
        return {"items": [], "more": 0}
    waits = run.kind == Run.Kind.LOOK and run.state == Run.State.DONE and "next" not in run.outcome
    return {
        "shows_corpus": True,
        "form": MeaningForm(look=run, user=user) if waits else None,
        "is_foreign": run.state == Run.State.DONE and takes_answers(format_of(run)),
        "format": FORMATS[format_of(run)] if run.state == Run.State.DONE else None,
        "name": run.items.get().name,
        "made": Project.objects.visible_to(user).filter(pk=run.outcome.get("project")).first(),
        "more_faults": run.outcome.get("fault_count", 0) - len(run.outcome.get("faults", ())),
        "items": [],
        "more": 0,
    }


def takes_answers(format):
    return corpora.is_foreign(format) or reviewing.reads(format)


def format_of(run):
    return run.outcome.get("format") or run.parameters["format"]


HEADLINES = {
    Run.Kind.IMPORT: "Bringing documents in",
    Run.Kind.TAG: "Reading ahead",
    Run.Kind.EXPORT: "Export",
    Run.Kind.RELEASE: "Release",
    Run.Kind.LOOK: "What this corpus becomes",
    Run.Kind.CORPUS: "Bringing a corpus in",
}
TABS = {Run.Kind.EXPORT: "export", Run.Kind.RELEASE: "releases"}


def headline(run):
    if run.kind == Run.Kind.EXPORT and run.parameters.get("format") in FORMATS:
        return f"Export: {FORMATS[run.parameters['format']].LABEL}"
    return HEADLINES[run.kind]


@require_POST
def run_cancel(request, pk):
    run = get_run(request.user, pk)
    if not run.is_over and not runs.may_cancel(request.user, run):
        raise PermissionDenied("Whoever started it, or an editor, may stop this.")

    def deed():
        runs.cancel(run)
        return {"run": str(run.pk)}

    try:
        once(request, deed)
    except OtherBody as error:
        raise PermissionDenied(str(error)) from error
    return redirect("run_detail", pk)


@require_POST
def run_go_on(request, pk):
    """Have a run that was stopped go on where it was."""
    run = get_run(request.user, pk)
    if run.created_by_id != request.user.pk:
        raise PermissionDenied("Whoever started it may have it go on.")

    def deed():
        # Of a run that goes on already, or has nothing left to do, its page says so.
        said = request.POST.get("format", "")
        format = said if said in dict(FORMATS_READ) else ""
        goes_on = runs.go_on(run, format=format) if runs.may_go_on(request.user, run) else run
        return {"run": str(goes_on.pk)}

    try:
        outcome = once(request, deed)
    except OtherBody as error:
        raise PermissionDenied(str(error)) from error
    return redirect("run_detail", outcome["run"])


@require_POST
def run_bring_in(request, pk):
    """Bring in the corpus that this run looked at, as the form says; or look at it again."""
    look = get_run(request.user, pk)
    if look.created_by_id != request.user.pk:
        raise PermissionDenied("Whoever had this corpus looked at brings it in.")
    if look.kind != Run.Kind.LOOK or look.state != Run.State.DONE:
        raise Http404
    form = MeaningForm(request.POST, look=look, user=request.user)
    if not form.is_valid():
        return show_meanings(request, look, form)

    def deed():
        said = {"into": form.cleaned_data["into"], "wishes": form.wishes()}
        if "again" in request.POST:
            run = runs.look_again(look, **said)
        else:
            named = {name: form.cleaned_data.get(name, "").strip() for name in ("title", "language")}
            run = runs.start_bringing(look, **said, **named)
        return {"run": str(runs.enqueue(run).pk)}

    try:
        outcome = once(request, deed)
    except OtherBody as error:
        form.add_error(None, str(error))
    except ValidationError as error:
        form.add_error(None, error.messages)
    else:
        return redirect("run_detail", outcome["run"])
    return show_meanings(request, look, form)


def show_meanings(request, look, form):
    context = {
        "run": look,
        "project": look.project,
        "tab": "documents",
        "headline": headline(look),
        "tells": True,
        "has_file": runs.has_file(request.user, look),
        "request_id": new_id(),
        **about_corpus(request.user, look),
        "form": form,
    }
    return render(request, "runs/run_detail.html", context, status=422)


@require_safe
def run_file(request, pk):
    run = get_run(request.user, pk)
    if not runs.has_file(request.user, run):
        raise Http404
    media_type = FORMATS[run.parameters["format"]].MEDIA_TYPE if run.kind == Run.Kind.EXPORT else "text/csv"
    name = run.file.name.rsplit("/", 1)[1]
    return FileResponse(run.file.open("rb"), as_attachment=True, filename=name, content_type=media_type)


@require_http_methods(["GET", "POST"])
def project_export(request, slug):
    project = get_project(request.user, slug)
    require(request.user, "export", project)
    form = ExportForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            outcome = once(request, lambda: start_export(request.user, project, form))
            return redirect("run_detail", outcome["run"])
        except OtherBody as error:
            form.add_error(None, str(error))
    mine = project.runs.filter(kind=Run.Kind.EXPORT, created_by=request.user)
    context = {
        "project": project,
        "tab": "export",
        "form": form,
        "formats": FORMATS.values(),
        "exports": [(run, headline(run), runs.has_file(request.user, run)) for run in mine[:EXPORTS_SHOWN]],
        "request_id": new_id(),
    }
    return render(request, "runs/project_export.html", context, status=422 if form.errors else 200)


def start_export(user, project, form):
    run = runs.start_export(
        project,
        user,
        format=form.cleaned_data["format"],
        history=form.cleaned_data["history"],
        options=form.options(),
    )
    return {"run": str(runs.enqueue(run).pk)}


urlpatterns = [
    path("runs/<uuid:pk>/", run_detail, name="run_detail"),
    path("runs/<uuid:pk>/cancel/", run_cancel, name="run_cancel"),
    path("runs/<uuid:pk>/go-on/", run_go_on, name="run_go_on"),
    path("runs/<uuid:pk>/bring-in/", run_bring_in, name="run_bring_in"),
    path("runs/<uuid:pk>/file/", run_file, name="run_file"),
    path("projects/<slug:slug>/export/", project_export, name="project_export"),
]
