"""Settling where annotators' layers differ, dossier by dossier: one open question at a time, the gold layer comes of it."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from annotate.access import get_dossier, get_project, require
from annotate.board import as_uuid, subject_uuid
from annotate.htmx import render_part
from annotate.keys import keys_of, settling_keys
from annotate.requests import OtherBody, new_id, once
from annotate.settling import TASK, Bench, Card, agreed_state, decisions
from annotate.views.workspace import sentence, touched_by
from claims import adjudication, annotating
from claims.adjudication import KEEP, Overtaken, Table, begin, gold_layer
from claims.comparing import CLAIM, FIELD, LINK
from claims.errors import RejoinderError
from claims.models import Act, Change, Layer, Project, Settlement
from claims.policy import may

PAGE = "adjudication/adjudicate.html"
CLOSED = "Adjudication is not open yet: an owner or editor opens it when the layers are finished."


def get_settling_dossier(user, pk):
    """Return a dossier whose differences this person settles; 403 for whoever does not, 404 where nothing is compared."""
    dossier = get_dossier(user, pk)
    check_project(user, dossier.project)
    return dossier


def check_project(user, project):
    if project.kind != Project.Kind.INDEPENDENT:
        raise Http404("In a shared project there is one reading, and nothing to compare.")
    require(user, "adjudicate", project)
    if project.adjudication_opened_at is None:
        raise PermissionDenied(CLOSED)


@require_GET
def project_adjudication(request, slug):
    """Every dossier with how far it is, and the way to the next that has something open."""
    project = get_project(request.user, slug)
    check_project(request.user, project)
    dossiers = project.dossiers.live().order_by("created_at", "uuid")
    page = Paginator(dossiers, 40).get_page(request.GET.get("page"))
    tables = Table.of_many(project, list(page.object_list))
    rows = [(table, table.tally()) for table in tables]
    following = next((table.dossier for table, tally in rows if tally["open"] or tally["agreed"]), None)
    total = {name: sum(tally[name] for _, tally in rows) for name in ("agreed", "open", "decided")}
    context = {"project": project, "tab": "adjudication", "rows": rows, "page": page, "next": following, "total": total}
    return render(request, "adjudication/project_adjudication.html", context)


# One dossier.


@require_GET
def adjudicate(request, pk):
    """The next open question, or the one that ``on`` names; for htmx the card alone."""
    dossier = get_settling_dossier(request.user, pk)
    return show(request, bench_of(request, dossier), on=request.GET.get("on"), new="new" in request.GET)


def bench_of(request, dossier, *, table=None):
    said = request.POST if request.method == "POST" else request.GET
    return Bench(dossier, table=table, kind=said.get("kind"), pane=as_uuid(said.get("pane")))


def show(request, bench, *, on=None, new=False, said="", error="", status=200, touched=None, before=None):
    """Render the screen, or for htmx the card with the parts of the page that changed beside it."""
    card = bench.card(on, new=new)
    before = before or bench.pane
    if card and card.document in bench.documents and "look" not in request.GET:
        bench.pane = card.document
    keys = keys_of(request.user)
    context = {
        "bench": bench,
        "dossier": bench.dossier,
        "project": bench.dossier.project,
        "tab": "adjudicate",
        "card": card,
        "said": said,
        "error": error,
        "keys": keys,
        "verbs": {name: key for name, (key, _) in settling_keys(request.user).items()},
        "actions": [(key, told) for key, told in settling_keys(request.user).values()],
        "request_id": new_id(),
        "undo_verb": undo_verb(request, bench),
    }
    if not request.htmx or request.htmx.history_restore_request:
        context["pane"] = bench.shown()
        return render(request, PAGE, context, status=status)
    context["swapped"] = True
    if bench.pane != before:
        context["pane"] = bench.shown()
    elif touched:
        context["changed"] = bench.shown(touched=touched.get(bench.pane, ()))
    response = render_part(request, PAGE, "card", context, status=status)
    query = {"on": card.key if card else "", "kind": bench.kind or ""}
    query = urlencode({name: value for name, value in query.items() if value})
    response["HX-Push-Url"] = reverse("adjudicate", args=[bench.dossier.pk]) + (f"?{query}" if query else "")
    return response


def undo_verb(request, bench):
    if bench.table.gold is None:
        return ""
    changes = Change.objects.filter(dossier=bench.dossier, actor=request.user, layer=bench.table.gold, undoes=None)
    undone = Change.objects.filter(dossier=bench.dossier, undoes__isnull=False).values("undoes")
    return changes.exclude(act__in=undone).order_by("-pk").values_list("verb", flat=True).first() or ""


def gold_act(request, dossier, verb):
    layer = gold_layer(dossier.project)
    return Act(actor=request.user, project=dossier.project, layer=layer, dossier=dossier, verb=verb)


def deed(view):
    """Let a view do one deed in gold: ``view(request, dossier)`` returns {"said", "act", "on"}; it is done once an id."""

    @require_POST
    def wrapped(request, pk):
        dossier = get_settling_dossier(request.user, pk)
        try:
            outcome = once(request, lambda: view(request, dossier))
        except Overtaken as error:
            return overtaken(request, dossier, error)
        except (ValidationError, OtherBody, RejoinderError) as error:
            return refused(request, dossier, sentence(error))
        if not request.htmx:
            query = {"kind": request.POST.get("kind"), "on": outcome.get("on")}
            query = urlencode({name: value for name, value in query.items() if value})
            return redirect(reverse("adjudicate", args=[dossier.pk]) + (f"?{query}" if query else ""))
        # What the deed left behind need not be compared once more; a request that came twice finds nothing here.
        fresh = bench_of(request, dossier, table=getattr(request, "left_behind", None))
        touched = touched_by(outcome["act"]) if outcome.get("act") else None
        return show(request, fresh, on=outcome.get("on"), said=outcome["said"], touched=touched)

    wrapped.__name__ = view.__name__
    wrapped.__doc__ = view.__doc__
    return wrapped


def refused(request, dossier, told):
    """Say what was refused; what the person had on the screen stays there."""
    if not request.htmx:
        on = next(iter(request.POST.getlist("question")), None)
        return show(request, bench_of(request, dossier), on=on, new=True, error=told, status=422)
    response = render(request, "workspace/_refused.html", {"error": told}, status=422)
    response["HX-Retarget"], response["HX-Reswap"] = "#notice", "innerHTML"
    return response


def overtaken(request, dossier, error):
    """Show what was decided or changed meanwhile beside what this person wanted; nothing is lost."""
    table = Table.of(dossier)
    asked = [question for question in map(table.compared.find, request.POST.getlist("question")) if question]
    earlier = [table.settlement(question) for question in asked if question.earlier]
    kept = [(name, value) for name in ("choice", "note", "kind", "pane") for value in request.POST.getlist(name)]
    kept += [(name, value) for name, value in plain_fields(request)]
    card = Card(Bench(dossier, table=table), asked) if asked else None
    choice, _, layer = request.POST.get("choice", "").partition(":")
    context = {
        "dossier": dossier,
        "project": dossier.project,
        "mine": words_of(card, choice, layer) if card and choice else "",
        "note": request.POST.get("note", ""),
        "asked": [(question.key, question.digest, question.seen) for question in asked],
        "card": card,
        "theirs": decisions_of(table, earlier),
        "kept": kept,
        "action": request.path,
        "request_id": new_id(),
        "told": str(error),
    }
    if not request.htmx:
        return render(request, "adjudication/overtaken.html", context, status=409)
    response = render(request, "adjudication/_overtaken.html", context, status=409)
    response["HX-Retarget"], response["HX-Reswap"] = "#notice", "innerHTML"
    return response


def decisions_of(table, rows):
    keys = {row.pk for row in rows}
    return [line for line in decisions(table) if line.row.pk in keys]


def plain_fields(request):
    """Yield what a form for a new value sent along."""
    known = ("question", "digest", "seen", "choice", "note", "kind", "pane", "request_id", "csrfmiddlewaretoken")
    for name, values in request.POST.lists():
        if name not in known:
            yield from ((name, value) for value in values)


@deed
def question_settle(request, dossier):
    """Decide the question on the card, as long as it is still what this person saw."""
    said = request.POST
    choice, _, layer = said.get("choice", "").partition(":")
    shown = list(zip(said.getlist("question"), said.getlist("digest"), said.getlist("seen"), strict=False))
    if not shown or not choice:
        raise ValidationError("Choose one of the readings.")
    with gold_act(request, dossier, "settle") as act:
        table = begin(act)
        questions = [table.find(key, digest=digest, seen=seen) for key, digest, seen in shown]
        note = said.get("note", "")
        card = Card(Bench(dossier, table=table), questions)
        told = f"{card.called(card.question.about) or card.title}: {words_of(card, choice, layer)}"
        act.verb = f"settle {card.title.lower()}: {words_of(card, choice)}"
        if questions[0].kind == LINK and questions[0].about is not None:
            keys, extra = chosen_targets(request, table) if choice == "new" else ((), ())
            how = {"choice": choice, "taken_from": layer or None, "keys": keys, "extra": extra}
            adjudication.settle_links(act, table, questions, note=note, **how)
        else:
            value = new_value(request, questions[0]) if choice == "new" else None
            how = {"choice": choice, "taken_from": layer or None, "value": value}
            adjudication.settle(act, table, questions[0], note=note, **how)
        request.left_behind = act.table
    return {"said": f"{told} saved", "act": str(act.uuid)}


def words_of(card, choice, layer=""):
    """Return a choice in a few words; history has it without ``layer``, since annotators read gold's history too."""
    words = {
        "taken": f"as {card.layer_name(layer) if layer else 'one layer'} has it",
        "both": "both",
        "neither": "rightly nothing",
        "new": "anew",
        KEEP: "as gold has it",
        "agreed": "all agree",
    }
    return words.get(choice, choice)


def chosen_targets(request, table):
    """Return (keys of the questions whose target was ticked, [(scope, row)] of targets that no layer has)."""
    keys, extra = [], []
    for value in request.POST.getlist("target"):
        scope, _, pk = value.partition(":")
        if scope == "claim":
            row = table.claims.get(pk)
            if row is None:
                raise ValidationError("That claim is no longer in gold.")
            extra.append(("claim", row))
        elif scope == "work":
            place = next((place for place in table.places if str(place.document_id) == pk), None)
            if place is None:
                raise ValidationError("That work is not in this dossier.")
            extra.append(("work", place.document))
        elif scope in ("questioner", "open"):
            extra.append((scope, None))
        else:
            keys.append(value)
    return keys, extra


def new_value(request, question):
    """Return what the small form says, as ``adjudication.settle`` takes it."""
    said = request.POST
    if question.kind == CLAIM:
        start, end = said.get("start", ""), said.get("end", "")
        if not (start.isdecimal() and end.isdecimal()) or len(start) > 9 or len(end) > 9:
            raise ValidationError("Select the words of the claim in the text first.")
        value = {"start": int(start), "end": int(end), "quote": said.get("quote") or None, "role": said.get("role")}
        return value | {"document": as_uuid(said.get("document"))}
    if question.kind != FIELD:
        values = {"outcome": said.get("outcome", ""), "differs_in": said.getlist("differs_in")}
        return values | ({"note": said["value_note"]} if said.get("value_note") else {})
    if question.field == "period":
        days = [said.get("period_start", "").strip(), said.get("period_end", "").strip()]
        try:
            [annotating.iso_date(day) for day in days]
        except ValueError:
            raise ValidationError("Write the days as YYYY-MM-DD.") from None
        return [day or None for day in days]
    if question.field == "restates":
        return {"claim": said.get("value", ""), "restating": said.get("restating", "")}
    if question.field in adjudication.SEVERAL:
        return said.getlist("value")
    return said.get("value", "")


@deed
def agreed_take_over(request, dossier):
    """Take over everything that all layers agree on, in one step, as long as it is what was counted on the screen."""
    with gold_act(request, dossier, "take over what all agree on") as act:
        table = begin(act)
        if request.POST.get("agreed") != agreed_state(table):
            raise ValidationError("What all agree on has changed since you looked; the count below is the new one.")
        done = adjudication.take_over(act)
        total = sum(done.values())
        act.verb = f"take over {total} on which all agree"
    return {"said": f"{total} taken over", "act": str(act.uuid)}


@deed
def question_later(request, dossier):
    """Put a question off: it comes back when the others are done."""
    key = request.POST.get("question", "")
    with gold_act(request, dossier, "put a question off") as act:
        annotating.postpone(act, task=TASK, subject=subject_uuid(key), state="later")
    return {"said": "put off", "act": str(act.uuid)}


@deed
def settlement_undo(request, dossier):
    """Take back this editor's last deed in gold, the decision with all it brought along."""
    verb, act = adjudication.undo_last(dossier, actor=request.user, layer=gold_layer(dossier.project))
    back = Change.objects.filter(undoes=act).values_list("act", flat=True).first()
    settled = Change.objects.filter(act=act, kind="settlement", action="created").order_by("pk").first()
    items = (
        set(settled.after["items"]) if settled and Change.objects.filter(act=act, kind="settlement").count() < 9 else ()
    )
    table = Table.of(dossier)
    on = next(
        (
            row.key
            for row in table.questions
            if items
            and items & set(row.items)
            and (row.kind, row.field) == (settled.after["question"], settled.after["field"])
        ),
        None,
    )
    return {"said": f"undone: {verb}", "act": str(back), "on": on}


# What was decided.


@require_GET
def decided(request, pk):
    """What was decided: for editors all of it, for an annotator what is about their own items, and no other's reading."""
    dossier = get_dossier(request.user, pk)
    project = dossier.project
    if project.kind != Project.Kind.INDEPENDENT:
        raise Http404("In a shared project there is one reading, and nothing to compare.")
    require(request.user, "comment", project)
    settles = may(request.user, "adjudicate", project)
    if project.adjudication_opened_at is None:
        raise PermissionDenied(CLOSED)
    viewer = None
    if not settles:
        viewer = project.layers.live().filter(kind=Layer.Kind.ANNOTATOR, annotator=request.user).first()
    lines = decisions(Table.of(dossier), viewer=viewer) if settles or viewer else []
    kind = request.GET.get("kind")
    shown = [line for line in lines if line.row.question == kind] if kind in Settlement.Question.values else lines
    page = Paginator(shown, 100).get_page(request.GET.get("page"))
    context = {
        "dossier": dossier,
        "project": project,
        "tab": "decided",
        "settles": settles,
        "lines": page.object_list,
        "page": page,
        "kind": kind,
        "kinds": [(key, TITLE, sum(line.row.question == key for line in lines)) for key, TITLE in KIND_TITLES],
        "total": len(lines),
    }
    return render(request, "adjudication/decided.html", context)


KIND_TITLES = (
    ("claim", "Claims"),
    ("link", "Links"),
    ("no_response", "No response"),
    ("field", "Labels"),
    ("comparison", "Figures"),
)

urlpatterns = [
    path("projects/<slug:slug>/adjudication/", project_adjudication, name="project_adjudication"),
    path("dossiers/<uuid:pk>/adjudicate/", adjudicate, name="adjudicate"),
    path("dossiers/<uuid:pk>/adjudicate/settle/", question_settle, name="question_settle"),
    path("dossiers/<uuid:pk>/adjudicate/agreed/", agreed_take_over, name="agreed_take_over"),
    path("dossiers/<uuid:pk>/adjudicate/later/", question_later, name="question_later"),
    path("dossiers/<uuid:pk>/adjudicate/undo/", settlement_undo, name="settlement_undo"),
    path("dossiers/<uuid:pk>/decided/", decided, name="decided"),
]
