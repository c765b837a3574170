"""The guidelines of a project: read beside the work, written in versions, any two of them compared."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_safe

from annotate.access import get_project, require
from annotate.forms import GuidelineForm
from annotate.htmx import render_part
from annotate.markdown import render as render_markdown
from annotate.requests import new_id
from annotate.views.projects import done_once
from claims import guidelines as deeds
from claims.errors import StaleWrite
from claims.models import Membership
from claims.policy import may


def context_of(request, project, **more):
    return {
        "project": project,
        "tab": "guidelines",
        "may_write": may(request.user, "write_guidelines", project),
        **more,
    }


@require_safe
def guidelines(request, slug):
    """The newest guidelines, or the version named; for htmx the text alone, to stand beside the work.

    Opening the newest version is remembered, so that a newer one can be told.
    """
    project = get_project(request.user, slug)
    versions = list(project.guidelines.select_related("created_by").defer("text"))
    newest = versions[0].number if versions else 0
    shown = version_of(project, request.GET.get("version", str(newest))) if versions else None
    if shown is not None and shown.number == newest:
        deeds.note_read(Membership.objects.get(project=project, user=request.user), newest)
    context = context_of(
        request,
        project,
        shown=shown,
        page=render_markdown(shown.text) if shown else None,
        versions=versions,
        newest=newest,
        is_beside=bool(request.htmx and not request.htmx.history_restore_request),
    )
    return render_part(request, "guidelines/guidelines.html", "guide", context)


def version_of(project, number):
    """Return one version of the project's guidelines; 404 for what is no number of one."""
    if not (number.isdecimal() and len(number) < 10):
        raise Http404("There is no such version of the guidelines.")
    return get_object_or_404(project.guidelines.select_related("created_by"), number=int(number))


@require_http_methods(["GET", "POST"])
def guideline_edit(request, slug):
    """Write the next version, look at it first, and choose where somebody else stored one meanwhile."""
    project = get_project(request.user, slug)
    require(request.user, "write_guidelines", project)
    current = deeds.latest(project)
    form = GuidelineForm(request.POST if request.method == "POST" else None, initial=beginning(request, current))
    context, status = {}, 200
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            context["preview"] = render_markdown(form.cleaned_data["text"])
        else:
            try:
                if done_once(request, lambda: store(request, slug, form.cleaned_data), form):
                    messages.success(request, "The guidelines are saved; whoever works here is told of it.")
                    return redirect("guidelines", slug)
            except StaleWrite as error:
                context["theirs"], status = error.row, 409
                context["lines"] = deeds.differences(error.row.text, form.cleaned_data["text"])
                form.data = form.data.copy()
                form.data["seen"] = error.row.number
    if form.errors:
        status = 422
    context = context_of(request, project, form=form, current=current, request_id=new_id(), **context)
    response = render(request, "guidelines/guideline_edit.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def beginning(request, current):
    """Return what the form holds at first: the present text, or where there is none and it is asked for, one to start."""
    if current is not None:
        return {"text": current.text, "seen": current.number}
    text = deeds.starting_text(get_project(request.user, request.resolver_match.kwargs["slug"]))
    return {"text": text if request.GET.get("start") == "labels" else "", "seen": 0}


def store(request, slug, said):
    """Store what the form says; the project is read anew, for the deed may be done twice where two come at once."""
    project = get_project(request.user, slug)
    return {"number": deeds.store(project, actor=request.user, **said).number}


@require_safe
def guideline_changes(request, slug):
    """What differs between two versions, the last two where none are named."""
    project = get_project(request.user, slug)
    versions = list(project.guidelines.select_related("created_by").defer("text"))
    if not versions:
        return redirect("guidelines", slug)
    newest = versions[0].number
    after = version_of(project, request.GET.get("to", str(newest)))
    before = version_of(project, request.GET.get("from", str(max(after.number - 1, 1))))
    context = context_of(
        request,
        project,
        versions=versions,
        before=before,
        after=after,
        lines=deeds.differences(before.text, after.text),
    )
    return render(request, "guidelines/guideline_changes.html", context)


urlpatterns = [
    path("projects/<slug:slug>/guidelines/", guidelines, name="guidelines"),
    path("projects/<slug:slug>/guidelines/edit/", guideline_edit, name="guideline_edit"),
    path("projects/<slug:slug>/guidelines/changes/", guideline_changes, name="guideline_changes"),
]
