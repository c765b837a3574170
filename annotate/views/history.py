"""Who did what and when, of an item, a dossier or a project; earlier states brought back, deeds taken back."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Max, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from annotate.access import chosen_layer, get_dossier, get_project, require
from annotate.requests import OtherBody, new_id, once
from claims import history as changes_in_words
from claims import restoring
from claims.errors import RejoinderError, StaleWrite
from claims.models import Act, Change, Dossier, Layer, Project, User, undo
from claims.models.changes import snapshot, undone_of
from claims.policy import may

DEEDS_A_PAGE = 40
# Kinds of row that a history may be narrowed to, as people call them.
KINDS = {
    **restoring.KINDS,
    "comment": "comment",
    "signoff": "sign-off",
    "settlement": "settled question",
    "assignment": "assignment",
    "document": "document",
    "dossier": "dossier",
    "actor": "person or body",
    "project": "project and its people",
    "guideline": "guidelines",
}
RULED = {"ruling", "ruled_by_id", "ruled_at"}


def readable(user, project=None):
    """Return the Changes that this person may read, of a project or of all of theirs.

    Those are the projects' own and those of layers they may read. How far others are with their dossiers is the Work
    page's to say, without their notes.
    """
    projects = [project.pk] if project else Project.objects.visible_to(user).values("pk")
    layers = Layer.objects.readable_by(user).filter(project__in=projects)
    changes = Change.objects.filter(project__in=projects).filter(Q(layer=None) | Q(layer__in=layers.values("pk")))
    return changes.exclude(~Q(actor=user), kind="assignment")


def told(changes, request, vocabulary):
    """Return (page, [Deed, …]) of a part of ``changes``, the newest deed first."""
    acts = changes.values("act").annotate(last=Max("pk")).order_by("-last")
    page = Paginator(acts, DEEDS_A_PAGE).get_page(request.GET.get("page"))
    shown = [row["act"] for row in page.object_list]
    rows = changes.filter(act__in=shown).select_related("actor", "layer", "dossier").order_by("-pk")
    return page, changes_in_words.deeds(rows, vocabulary=vocabulary, undone=undone_of(shown))


@require_safe
def history(request, pk):
    """Who did what, when, in words, newest first; ``item`` narrows it to one row.

    In an independent project nobody's layer but one's own is in it before adjudication opens.
    """
    return show(request, get_dossier(request.user, pk))


def show(request, dossier, *, item="", status=200, **context):
    project = dossier.project
    layer = chosen_layer(request, project)
    if layer is None:
        raise Http404("There is nothing settled in this project yet.")
    changes = readable(request.user, project).filter(dossier=dossier)
    item = item or request.GET.get("item")
    if item:
        changes = changes.filter(object_id=uuid_or_404(item))
    page, deeds = told(changes, request, project.vocabulary)
    row = offer_states(request, project, deeds) if item and deeds else None
    offer_taking_back(request, project, deeds)
    context = {
        "dossier": dossier,
        "project": project,
        "layer": layer,
        "tab": "history",
        "page": page,
        "days": by_day(deeds),
        "item": item,
        "row": row,
        "item_name": deeds[0].told[0].name if item and deeds else "",
        "has_others": any(deed.first.layer_id not in (None, layer.pk) for deed in deeds),
        "request_id": new_id(),
        **context,
    }
    return render(request, "coverage/history.html", context, status=status)


def offer_states(request, project, deeds):
    """Mark the versions of one row that can be brought back, and return the row; None where none can."""
    first = deeds[0].told[0].change
    if first.kind not in restoring.KINDS or not first.layer or not may(request.user, "annotate", project, first.layer):
        return None
    row = restoring.row_of(first)
    now = snapshot(row)
    for deed in deeds:
        for one in deed.told:
            is_state = one.change.action != Change.Action.DELETED
            is_present = row.deleted_at is None and restoring.state_at(row, one.change)[0] == now
            one.may_restore = is_state and not is_present
    if row.deleted_at is not None:
        row.along = [changes_in_words.name_of(rows, other.kind, other.object_id) for other, rows in along(row)]
    return row


def along(row):
    deletion = restoring.last_deletion(row)
    changes = restoring.withdrawn_along(deletion) if deletion else []
    known = changes_in_words.rows_spoken_of(changes)
    return [(change, known) for change in changes]


def offer_taking_back(request, project, deeds):
    """Mark the deeds that this person may take back: their own, and for editors others', in layers they write in."""
    settles = may(request.user, "adjudicate", project)
    acts = [deed.first.act for deed in deeds if not deed.is_undone and deed.first.layer_id]
    whole = {}
    for change in Change.objects.filter(act__in=acts).only("act", "kind", "layer", "dossier"):
        whole.setdefault(change.act, []).append(change)
    for deed in deeds:
        first = deed.first
        is_theirs = first.actor_id == request.user.pk or settles
        deed.may_take_back = (
            is_theirs
            and first.act in whole
            and restoring.may_be_taken_back(whole[first.act])
            and may(request.user, "annotate", project, first.layer)
        )


def uuid_or_404(value):
    try:
        return UUID(value)
    except ValueError:
        raise Http404("That is no item of this dossier.") from None


def by_day(deeds):
    """Return [(day, [Deed, …]), …], newest first."""
    days = {}
    for deed in deeds:
        days.setdefault(deed.first.at.date(), []).append(deed)
    return list(days.items())


@require_POST
def state_restore(request, pk, change):
    """Make an earlier state of an item the present one, as a new deed."""
    dossier = get_dossier(request.user, pk)
    change = get_object_or_404(
        readable(request.user, dossier.project)
        .filter(dossier=dossier)
        .select_related("layer__project", "dossier__project"),
        pk=change,
    )
    check_may_restore(request.user, change)
    seen, item = request.POST.get("version", ""), str(change.object_id)

    def deed():
        version = int(seen) if seen.isdecimal() else restoring.row_of(change).version
        _, name = restore(request.user, change, seen=version, is_along="along" in request.POST)
        return {"name": name}

    return done(request, dossier, deed, item, "{name} is as it was then.")


def check_may_restore(user, change):
    """Refuse to bring back what this person may not write, and what is no state of an annotation."""
    if change.layer is None or change.dossier is None or change.kind not in restoring.KINDS:
        raise Http404("That is no state of an annotation.")
    require(user, "annotate", change.layer.project, change.layer)


def restore(user, change, *, seen, is_along):
    """Make what a row said after ``change`` its present state; returns the row and what it is called."""
    known = changes_in_words.rows_spoken_of([change])
    name = changes_in_words.name_of(known, change.kind, change.object_id)
    project = change.dossier.project
    act = Act(actor=user, project=project, layer=change.layer, dossier=change.dossier)
    act.verb = f"bring an earlier state of {name} back"
    with act:
        row = restoring.restore(act, change, seen=seen, is_along=is_along)
        written = {column for one in act.changes for column in (*one.before, *one.after) if one.action == "changed"}
        if RULED & written:
            require(user, "rule_on_figures", project)
    return row, name


@require_POST
def deed_take_back(request, pk, act):
    """Take back one deed, one's own or as an editor another's; what was undone is done again so."""
    dossier = get_dossier(request.user, pk)
    changes = list(
        readable(request.user, dossier.project).filter(dossier=dossier, act=act).select_related("layer", "actor")
    )
    if not changes:
        raise Http404("There is no such deed here.")
    check_may_take_back(request.user, dossier.project, changes)

    def deed():
        return {"verb": undo(act, actor=request.user, dossier=dossier, whose=changes[0].actor)}

    return done(request, dossier, deed, request.POST.get("item", ""), "Taken back: {verb}.")


def check_may_take_back(user, project, changes):
    """Refuse to take back a deed, given as its changes, that is not one's own to take back from the history."""
    if not restoring.may_be_taken_back(changes):
        raise PermissionDenied("That is changed on its own page, not from the history.")
    require(user, "annotate", project, changes[0].layer)
    if changes[0].actor != user:
        require(user, "adjudicate", project)


def done(request, dossier, deed, item, said):
    """Do a deed of the history once and go back to it; where it is refused, say why above it."""
    try:
        outcome = once(request, deed)
    except StaleWrite:
        told = "It was changed since, so nothing was done; the history below has the later changes."
        return show(request, dossier, item=item, status=409, error=told)
    except (ValidationError, RejoinderError, OtherBody) as error:
        told = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        return show(request, dossier, item=item, status=422, error=told)
    messages.success(request, said.format(**outcome))
    query = {"layer": request.GET["layer"]} if request.GET.get("layer") else {}
    return redirect(reverse("history", args=[dossier.pk], query={**query, **({"item": item} if item else {})}))


# A project as a whole


@require_safe
def project_history(request, slug):
    """Everything one may see of a project, narrowed by person, kind of thing, dossier and days."""
    project = get_project(request.user, slug)
    changes, chosen, wrong = narrowed(request, project, readable(request.user, project))
    page, deeds = told(changes, request, project.vocabulary)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "project": project,
        "tab": "project_history",
        "page": page,
        "days": by_day(deeds),
        "chosen": chosen,
        "wrong": wrong,
        "query": query.urlencode(),
        "people": User.objects.filter(pk__in=readable(request.user, project).values("actor")).order_by("username"),
        "dossiers": Dossier.objects.visible_to(request.user).filter(project=project).order_by("title", "uuid"),
        "kinds": KINDS.items(),
    }
    return render(request, "coverage/project_history.html", context, status=422 if wrong else 200)


def narrowed(request, project, changes):
    """Return (changes, {name: value as asked}, what was asked wrongly) by the filters in the address."""
    lookups = {
        "person": ("actor", UUID),
        "dossier": ("dossier", UUID),
        "kind": ("kind", known_kind),
        "from": ("at__date__gte", date.fromisoformat),
        "until": ("at__date__lte", date.fromisoformat),
    }
    chosen, wrong = {}, []
    for name, (lookup, read) in lookups.items():
        said = request.GET.get(name, "").strip()
        if not said:
            continue
        chosen[name] = said
        try:
            changes = changes.filter(**{lookup: read(said)})
        except ValueError:
            wrong.append(f"“{said[:60]}” is nothing a {name} can be.")
    return changes, chosen, wrong


def known_kind(value):
    if value not in KINDS:
        raise ValueError(value)
    return value


urlpatterns = [
    path("dossiers/<uuid:pk>/history/", history, name="history"),
    path("dossiers/<uuid:pk>/history/<int:change>/restore/", state_restore, name="state_restore"),
    path("dossiers/<uuid:pk>/history/<uuid:act>/take-back/", deed_take_back, name="deed_take_back"),
    path("projects/<slug:slug>/history/", project_history, name="project_history"),
]
