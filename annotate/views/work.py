"""Who works on what: giving dossiers out, taking the next, finishing, and opening adjudication."""

from types import SimpleNamespace

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from annotate.access import get_dossier, get_project, require
from annotate.forms import AssignForm, FinishForm, KindForm
from annotate.requests import OtherBody, new_id, once
from claims import assigning
from claims.errors import RejoinderError
from claims.models import Act, Assignment, Membership, Project, Role, User
from claims.policy import may

DOSSIERS_A_PAGE = 50


def act_of(request, project, verb):
    """Return an act that belongs to no dossier, so that it is not what somebody undoes in the workspace."""
    return Act(actor=request.user, project=project, verb=verb)


def done(request, deed):
    """Do a deed once for its request; say what was refused. Returns its outcome, or None."""
    try:
        return once(request, deed)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except (OtherBody, RejoinderError) as error:
        messages.error(request, str(error))
    return None


@require_safe
def work(request, slug):
    """Own dossiers and the next one; for owners and editors, everybody's progress, and no content."""
    project = get_project(request.user, slug)
    may_assign = may(request.user, "assign", project)
    context = {
        "project": project,
        "tab": "work",
        "request_id": new_id(),
        "may_assign": may_assign,
        "own": own_rows(request.user, project),
        "may_take": assigning.may_take(request.user, project),
        "is_independent": project.kind == Project.Kind.INDEPENDENT,
    }
    if context["may_take"]:
        context["is_work_left"] = assigning.is_work_left(request.user, project)
    if may_assign:
        context |= everybody(request, project)
    return render(request, "work/work.html", context)


def own_rows(user, project):
    rows = Assignment.objects.live().filter(annotator=user, dossier__project=project, dossier__deleted_at=None)
    return [shown(row) for row in rows.select_related("dossier").order_by("-state", "created_at")]


def shown(row):
    """Return an assignment with its state in words."""
    row.is_open = row.state == Assignment.State.OPEN
    row.is_lapsed = assigning.is_lapsed(row)
    row.told = (
        "time ran out"
        if row.is_lapsed
        else "not begun"
        if row.is_open and row.begun_at is None
        else row.get_state_display()
    )
    return row


def everybody(request, project):
    """Return the table of dossiers and people, the progress of each person, and what dealing would do."""
    members = Membership.objects.filter(project=project).exclude(role=Role.RESEARCHER).select_related("user")
    members = members.order_by("pk")
    people = [member.user for member in members]
    asked = request.GET.get("state", "")
    rows = Assignment.objects.live().filter(dossier__project=project).select_related("annotator", "dossier")
    by_dossier, by_person = {}, {}
    for row in map(shown, rows):
        by_dossier.setdefault(row.dossier_id, []).append(row)
        by_person.setdefault(row.annotator_id, []).append(row)
    dossiers = list(project.dossiers.live().order_by("created_at", "uuid"))
    fits = FILTERS.get(asked, lambda rows, wanted: True)
    dossiers = [one for one in dossiers if fits(by_dossier.get(one.pk, []), project.annotators_each)]
    page = Paginator(dossiers, DOSSIERS_A_PAGE).get_page(request.GET.get("page"))
    for dossier in page.object_list:
        dossier.rows = by_dossier.get(dossier.pk, [])
        had = {row.annotator_id for row in dossier.rows}
        dossier.free = [person for person in people if person.pk not in had]
    planned = assigning.plan(project) if project.kind == Project.Kind.INDEPENDENT else []
    return {
        "page": page,
        "state": asked,
        "filters": [("", "all"), ("open", "unfinished"), ("places", "with a place left"), ("done", "finished")],
        # Owners and editors stand in it when they annotate too.
        "people": [
            progress_of(member.user, by_person.get(member.user_id, []))
            for member in members
            if member.role == Role.ANNOTATOR or member.user_id in by_person
        ],
        "planned": planned,
        "planned_people": len({annotator.pk for _, annotator in planned}),
        "has_annotators": bool(assigning.annotators_of(project)),
        "why_closed": assigning.why_closed(project) if project.adjudication_opened_at is None else "",
    }


FILTERS = {
    "open": lambda rows, wanted: any(row.is_open for row in rows),
    "places": lambda rows, wanted: sum(not row.is_lapsed for row in rows) < wanted,
    "done": lambda rows, wanted: rows and not any(row.is_open for row in rows),
}


def progress_of(person, rows):
    finished = sum(not row.is_open for row in rows)
    return SimpleNamespace(
        person=person,
        total=len(rows),
        finished=finished,
        nothing=sum(row.state == Assignment.State.NOTHING for row in rows),
        begun=sum(row.is_open and row.begun_at is not None for row in rows),
        lapsed=sum(row.is_lapsed for row in rows),
    )


# Giving out


@require_POST
def work_assign(request, slug):
    """Give one dossier to one person by hand."""
    project = get_project(request.user, slug)
    require(request.user, "assign", project)
    form = AssignForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a dossier and a person.")
        return redirect("work", slug)
    dossier = get_object_or_404(project.dossiers.live(), pk=form.cleaned_data["dossier"])
    annotator = get_object_or_404(User, pk=form.cleaned_data["annotator"], memberships__project=project)

    def deed():
        with act_of(request, project, f"give {dossier} to {annotator}") as act:
            return {"uuid": str(assigning.assign(act, dossier, annotator).pk)}

    if done(request, deed):
        messages.success(request, f"{annotator} has “{dossier}”.")
    return redirect("work", slug)


@require_POST
def work_deal(request, slug):
    """Fill every open place, evenly."""
    project = get_project(request.user, slug)
    require(request.user, "assign", project)

    def deed():
        with act_of(request, project, "deal dossiers") as act:
            return {"dealt": len(assigning.deal(act))}

    outcome = done(request, deed)
    if outcome:
        number = outcome["dealt"]
        messages.success(
            request, f"{number} place{'s' if number != 1 else ''} dealt." if number else "No place was left."
        )
    return redirect("work", slug)


def get_assignment(user, project, pk):
    """Return a live assignment of a project: one's own, or anybody's for whoever gives them out."""
    rows = Assignment.objects.live().filter(dossier__project=project).select_related("dossier", "annotator")
    if not may(user, "assign", project):
        rows = rows.filter(annotator=user)
    return get_object_or_404(rows, pk=pk)


@require_POST
def work_withdraw(request, slug, pk):
    """Take a dossier back; what was annotated stays."""
    project = get_project(request.user, slug)
    require(request.user, "assign", project)
    row = get_assignment(request.user, project, pk)

    def deed():
        with act_of(request, project, f"take {row.dossier} back from {row.annotator}") as act:
            assigning.withdraw(act, row, seen=row.version)
        return {}

    if done(request, deed) is not None:
        messages.success(request, f"“{row.dossier}” is taken back from {row.annotator}; what they annotated stays.")
    return redirect("work", slug)


# One's own


@require_POST
def work_next(request, slug):
    """Go to the next dossier, taking one where none is begun."""
    project = get_project(request.user, slug)
    if not assigning.may_take(request.user, project):
        raise Http404("Dossiers are not taken here.")

    def deed():
        with act_of(request, project, "take the next dossier") as act:
            row = assigning.take_next(act, request.user)
        return {"dossier": str(row.dossier_id) if row else None}

    outcome = done(request, deed)
    if outcome and outcome["dossier"]:
        return redirect("workspace", outcome["dossier"])
    if outcome:
        messages.success(request, "Nothing is left to annotate; thank you.")
    return redirect("work", slug)


@require_POST
def work_finish(request, pk):
    """Say that one’s part of a dossier is finished, or that there is nothing here; makes the assignment if need be."""
    dossier = get_dossier(request.user, pk)
    project = dossier.project
    require(request.user, "comment", project)
    form = FinishForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say that it is finished, or that there is nothing here.")
        return redirect("workspace", pk)

    def deed():
        with act_of(request, project, f"finish {dossier}") as act:
            row = Assignment.objects.live().filter(dossier=dossier, annotator=request.user).first()
            row = row or act.create(Assignment(dossier=dossier, annotator=request.user, way=Assignment.Way.TAKEN))
            if row.state == Assignment.State.OPEN:
                assigning.finish(act, row, seen=row.version, **form.cleaned_data)
        return {}

    if done(request, deed) is None:
        return redirect("work", project.slug)
    messages.success(
        request,
        f"“{dossier}” is finished."
        if form.cleaned_data["state"] == "finished"
        else f"“{dossier}”: looked, nothing here.",
    )
    return redirect("work", project.slug)


@require_POST
def work_reopen(request, slug, pk):
    """Take up a finished dossier again."""
    project = get_project(request.user, slug)
    row = get_assignment(request.user, project, pk)

    def deed():
        with act_of(request, project, f"take {row.dossier} up again") as act:
            assigning.reopen(act, row, seen=row.version)
        return {}

    if done(request, deed) is not None:
        messages.success(request, f"“{row.dossier}” is open again.")
    return redirect("work", slug)


# The project


@require_POST
def adjudication_open(request, slug):
    """Let owners and editors read the annotators’ layers, once all that was assigned is finished."""
    project = get_project(request.user, slug)
    require(request.user, "adjudicate", project)

    def deed():
        with act_of(request, project, "open adjudication") as act:
            assigning.open_adjudication(act)
        return {}

    if done(request, deed) is None:
        return redirect("work", slug)
    messages.success(request, "Adjudication is open: owners and editors now read the annotators’ layers.")
    return redirect("project_adjudication", slug)


@require_POST
def project_kind(request, slug):
    """Change the way of working while nothing is annotated."""
    project = get_project(request.user, slug)
    require(request.user, "change_settings", project)
    form = KindForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of the two ways of working.")
        return redirect("project_settings", slug)

    def deed():
        with act_of(request, project, "change the way of working") as act:
            assigning.change_kind(act, form.cleaned_data["kind"], seen=form.cleaned_data["version"])
        return {}

    if done(request, deed) is not None:
        messages.success(request, "The way of working is changed.")
    return redirect("project_settings", slug)


urlpatterns = [
    path("projects/<slug:slug>/work/", work, name="work"),
    path("projects/<slug:slug>/work/assign/", work_assign, name="work_assign"),
    path("projects/<slug:slug>/work/deal/", work_deal, name="work_deal"),
    path("projects/<slug:slug>/work/next/", work_next, name="work_next"),
    path("projects/<slug:slug>/work/<uuid:pk>/withdraw/", work_withdraw, name="work_withdraw"),
    path("projects/<slug:slug>/work/<uuid:pk>/reopen/", work_reopen, name="work_reopen"),
    path("projects/<slug:slug>/work/open-adjudication/", adjudication_open, name="adjudication_open"),
    path("projects/<slug:slug>/settings/kind/", project_kind, name="project_kind"),
    path("dossiers/<uuid:pk>/finish/", work_finish, name="work_finish"),
]
