"""The label schema of a project: read by whoever works with it, changed by an owner, one version at a time."""

import hashlib
import json
from dataclasses import asdict

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate import label_forms
from annotate.access import get_project, require
from annotate.guide import sections_of
from annotate.requests import OtherBody, new_id, once
from claims import schema
from claims.errors import StaleWrite
from claims.models import Vocabulary
from claims.models.labels import ONE_CHOICE
from claims.policy import may

LARGEST_FILE = 2**20


def versions_of(project):
    """Return the project's schema and what it was made from, the newest first; costs a query a version."""
    found = [project.vocabulary]
    while found[-1].based_on is not None:
        found.append(found[-1].based_on)
    return found


@require_safe
def label_list(request, slug):
    """The labels with definitions and examples, what changed from version to version, and for an owner the doors to change."""
    project = get_project(request.user, slug)
    versions = versions_of(project)
    by_facet, asked = project.vocabulary.by_facet(), project.vocabulary.asked()
    sections = sections_of(project)
    facets = [
        {
            "key": facet,
            "title": title,
            "asked": asked[facet],
            "has_digits": facet in ONE_CHOICE,
            "labels": [(label, sections(label)) for label in by_facet[facet].values()],
        }
        for facet, title in schema.TITLES.items()
    ]
    drafts = [schema.draft_of(version) for version in versions]
    history = [
        (version, schema.differences(older, newer) if older else [])
        for version, newer, older in zip(versions, drafts, [*drafts[1:], None], strict=True)
    ]
    is_owner = may(request.user, "change_schema", project)
    context = {
        "project": project,
        "tab": "labels",
        "facets": facets,
        "history": history,
        "is_owner": is_owner,
        "is_mapped": any(label.maps_to for known in by_facet.values() for label in known.values()),
        "others": choices_of(project) if is_owner and not schema.is_begun(project) else [],
        "request_id": new_id(),
    }
    return render(request, "labels/label_list.html", context)


def choices_of(project):
    """Return [(schema, its labels with what they stand for)] of the others that a project may begin with."""
    return [
        (vocabulary, list(vocabulary.labels.filter(facet="relation").order_by("position")))
        for vocabulary in schema.others()
        if vocabulary.pk != project.vocabulary_id
    ]


@require_safe
def label_file(request, slug):
    """The schema in use as a JSON file."""
    vocabulary = get_project(request.user, slug).vocabulary
    response = HttpResponse(schema.to_file(vocabulary), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{slug}-labels-{vocabulary.number}.json"'
    return response


@require_POST
def label_choose(request, slug):
    """Take another of the schemas that came with the product, while nothing is labelled."""
    project = get_project(request.user, slug)
    require(request.user, "change_schema", project)
    key, seen = request.POST.get("key", ""), project.vocabulary_id
    try:
        once(request, lambda: {"key": schema.choose(project, actor=request.user, seen=seen, key=key).key})
    except (ValidationError, OtherBody, StaleWrite) as error:
        messages.error(request, " ".join(getattr(error, "messages", [str(error)])))
    else:
        messages.success(request, "The project has these labels from now on.")
    return redirect("label_list", slug)


@require_http_methods(["GET", "POST"])
def label_edit(request, slug):
    """Write the next version: several changes at once, looked at together with what carries the labels, then saved."""
    project = get_project(request.user, slug)
    require(request.user, "change_schema", project)
    if request.method == "GET":
        base = schema.draft_of(project.vocabulary)
        return show_edit(request, project, base, base)
    based_on = get_object_or_404(Vocabulary, pk=seen(request, project), pk__in=[v.pk for v in versions_of(project)])
    based = schema.draft_of(based_on)
    draft = label_forms.read(request.POST, based)
    if based_on.pk != project.vocabulary_id:
        return show_overtaken(request, project, based, draft)
    base = based
    if "do" in request.POST:
        draft, place = label_forms.do(draft, request.POST["do"])
        return show_edit(request, project, base, draft, place=place)
    if request.FILES.get("file"):
        return load(request, project, base)
    found = schema.differences(base, draft)
    wrong = schema.problems(draft, base)
    if not wrong and found and request.POST.get("save") == digest(draft):
        try:
            outcome = once(request, lambda: publish(request, project, based_on.pk, draft))
        except (ValidationError, OtherBody) as error:
            told = error.messages if isinstance(error, ValidationError) else [str(error)]
            return show_edit(request, project, base, draft, refused=told, status=422)
        except StaleWrite:
            return show_overtaken(request, get_project(request.user, slug), base, draft)
        messages.success(request, f"Version {outcome['number']} of the labels is in use.")
        return redirect("label_list", slug)
    return show_edit(
        request, project, base, draft, wrong=wrong, review=found, status=422 if wrong or not found else 200
    )


def seen(request, project):
    """Return the uuid of the version that the form was made from; a form that does not say is held against the present one."""
    field = Vocabulary._meta.pk
    try:
        return field.to_python(request.POST.get("seen") or project.vocabulary_id)
    except ValidationError:
        return project.vocabulary_id


def publish(request, project, seen, draft):
    made = schema.publish(
        project, actor=request.user, seen=seen, draft=draft, summary=request.POST.get("summary", "")[:300]
    )
    return {"number": made.number}


def digest(draft):
    """Return a digest of a draft: what is saved is what was looked at."""
    said = [
        draft.title,
        draft.about,
        {facet: [asdict(label) for label in rows] for facet, rows in draft.labels.items()},
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def show_overtaken(request, project, base, draft):
    """Show another's version, and this person's changes laid upon it; nothing is saved and nothing lost."""
    theirs = schema.draft_of(project.vocabulary)
    merged = schema.merge(base, draft, theirs)
    wrong = schema.problems(merged, theirs)
    return show_edit(
        request,
        project,
        theirs,
        merged,
        wrong=wrong,
        review=schema.differences(theirs, merged) or None,
        theirs=project.vocabulary,
        meanwhile=schema.differences(base, theirs),
        status=409,
    )


def load(request, project, base):
    """Fill the form with the labels of a file, to be looked at before they are saved."""
    file = request.FILES["file"]
    try:
        if file.size > LARGEST_FILE:
            raise ValidationError("A file of labels may have 1 MB.")
        draft = schema.read_file(file.read(), base)
    except ValidationError as error:
        return show_edit(request, project, base, base, refused=error.messages, status=422)
    wrong, found = schema.problems(draft, base), schema.differences(base, draft)
    refused = [] if found else ["The file says what is in use already."]
    return show_edit(
        request,
        project,
        base,
        draft,
        wrong=wrong,
        review=found,
        refused=refused,
        status=422 if wrong or refused else 200,
    )


def show_edit(request, project, base, draft, *, wrong=(), review=None, place=None, status=200, **context):
    form = label_forms.SchemaForm(draft, base=base)
    form.add_problems(wrong)
    hidden = schema.hides_annotations(project, request.user)
    used = set() if hidden else set(schema.carriers(project.layers.all()))
    for facet in form.facets:
        for row in facet["rows"]:
            row.in_use = (facet["key"], row.name) in used
            # Taking out is offered where it may succeed; schema.publish looks into the history as well.
            row.may_go = row.is_new or not (hidden or row.in_use or row.is_fixed)
            row.is_here = place == (facet["key"], row.index)
    if review and not wrong:
        review = schema.touched(review, project=project, user=request.user)
    context = {
        "project": project,
        "tab": "labels",
        "form": form,
        "title": draft.title,
        "vocabulary": project.vocabulary,
        "review": review,
        "is_ready": bool(review) and not wrong,
        "nothing": review == [] and not wrong and not context.get("refused"),
        "digest": digest(draft),
        "hidden": hidden,
        "summary": request.POST.get("summary", ""),
        "next_number": project.vocabulary.number + 1,
        "colours": schema.COLOURS.items(),
        "request_id": new_id(),
        **context,
    }
    return render(request, "labels/label_edit.html", context, status=status)


urlpatterns = [
    path("projects/<slug:slug>/labels/", label_list, name="label_list"),
    path("projects/<slug:slug>/labels/edit/", label_edit, name="label_edit"),
    path("projects/<slug:slug>/labels/choose/", label_choose, name="label_choose"),
    path("projects/<slug:slug>/labels/file/", label_file, name="label_file"),
]
