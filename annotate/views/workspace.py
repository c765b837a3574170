"""The one screen that matters: texts, margin names, and one decision at a time in the card."""

from functools import wraps
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from annotate import pairing, parties, tour
from annotate.access import chosen_layer, get_dossier, require, working_layer
from annotate.annotation_forms import CitationForm, ClaimForm, FigureForm
from annotate.board import KINDS, Board, as_uuid, subject_uuid
from annotate.cards import card_of, figures_of, subject_on
from annotate.conflicts import meanwhile, merging_of, name_of, questions
from annotate.guide import guide_of
from annotate.htmx import render_part
from annotate.keys import ACTIONS, keys_of
from annotate.requests import OtherBody, new_id, once
from claims import annotating, assigning, dossiers, figures
from claims.errors import NothingToUndo, RejoinderError, StaleWrite
from claims.merging import FOLLOW, seen_values
from claims.models import (
    Act,
    Change,
    Citation,
    Claim,
    Link,
    Mention,
    Project,
    Suggestion,
    Visit,
    last_act,
    snapshot,
    undo,
)
from claims.policy import may

PAGE = "workspace/workspace.html"


# What the card shows.


@require_GET
def workspace(request, pk):
    """The whole screen, or for htmx the card alone; ``show`` and ``on`` say what is in it, else the next decision."""
    dossier = get_dossier(request.user, pk)
    layer = reading_layer(request, dossier)
    board = board_of(request, dossier, layer)
    stop = tour.stop_of(request.GET.get("tour"))
    asked = {name: request.GET.get(name) for name in ("show", "on", "step")}
    return show(request, board, **(stop and tour.stop(board, stop) or asked), stop=stop)


def reading_layer(request, dossier):
    """Return the layer the screen shows; an annotator opens the dossiers that are theirs."""
    layer = chosen_layer(request, dossier.project)
    if layer is None:
        raise Http404("There is nothing settled in this project yet.")
    is_own = layer.annotator_id == request.user.pk
    if is_own and not assigning.may_open(request.user, dossier.project, dossier):
        raise PermissionDenied("This dossier is others’ to annotate; the Work page has yours.")
    return layer


def board_of(request, dossier, layer):
    """Return the board with the texts that the page has open, as it says itself in ``left`` and ``right``."""
    said = request.POST if request.method == "POST" else request.GET
    panes = [found for found in (as_uuid(said.get("left")), as_uuid(said.get("right"))) if found]
    return Board(user=request.user, dossier=dossier, layer=layer, panes=list(dict.fromkeys(panes)))


def show(request, board, *, show=None, on=None, step=None, said="", status=200, touched=None, error="", stop=None):
    """Render the screen, or for htmx the card with the parts of the page that changed beside it."""
    card = card_of(request, board, show, on, step)
    before = list(board.panes)
    bring_into_view(board, card)
    note_visits(request, board)
    context = {
        "board": board,
        "dossier": board.dossier,
        "project": board.dossier.project,
        "layer": board.layer,
        "tab": "workspace",
        "card": card,
        "said": said,
        "error": error,
        "keys": keys_of(request.user),
        "actions": [(name, keys_of(request.user)[name], told) for name, (_, told) in ACTIONS.items()],
        "may_annotate": may(request.user, "annotate", board.dossier.project, board.layer),
        "request_id": new_id(),
        "undo_verb": undo_verb(request, board),
        "guide": guide_of(request.user, board.dossier.project),
        "tour": tour.caption(stop) if stop else None,
        "texts": [(place, view_address(card, board.beside(place.document_id))) for place in board.places],
        "other_view": view_address(card, board.other_view()),
    }
    if not request.htmx or request.htmx.history_restore_request:
        context["panes"] = [board.pane(document) for document in board.panes]
        return render(request, PAGE, context, status=status)
    context["swapped"] = True
    if board.panes != before or (touched and "panes" in touched):
        context["panes"] = [board.pane(document) for document in board.panes]
    elif touched:
        context["changed"] = [board.pane(document, touched=touched.get(document, ())) for document in board.panes]
    response = render_part(request, PAGE, "card", context, status=status)
    address = view_address(card, board.panes or [""])
    if board.layer != working_layer(request.user, board.dossier.project):
        address += f"&layer={board.layer.pk}"
    response["HX-Push-Url"] = reverse("workspace", args=[board.dossier.pk]) + address
    return response


def view_address(card, panes):
    """Return the query that shows this card beside these texts; "" for none."""
    if panes is None:
        return ""
    said = {"left": panes[0], "right": panes[1] if len(panes) > 1 else None}
    return "?" + urlencode({"show": card.show, "on": card.on or "", **{name: pk for name, pk in said.items() if pk}})


def undo_verb(request, board):
    act = last_act(actor=request.user, dossier=board.dossier)
    return Change.objects.filter(act=act).values_list("verb", flat=True).first() if act else ""


def note_visits(request, board):
    """Remember which documents were opened: "none found" may list no others."""
    if not may(request.user, "annotate", board.dossier.project, board.layer):
        return
    for document in board.panes:
        if document not in board.opened:
            Visit.objects.get_or_create(
                layer=board.layer, dossier=board.dossier, document_id=document, user=request.user
            )


def bring_into_view(board, card):
    """Open the document that the card speaks of, in the pane of its side, unless a pane shows it."""
    document = card.document
    if document in board.documents and document not in board.panes and not board.documents[document].is_cited_work:
        board.panes = [pane for pane in board.beside(document) if pane]


# Deeds.


def deed(view):
    """Let a view do one deed: ``view(request, desk)`` returns what the card shows next, as {"show", "on", "step"}.

    The deed runs once for its request id, in one transaction; what was refused or overtaken comes back as a sentence
    with the person's own words still on the screen.
    """

    @require_POST
    @wraps(view)
    def wrapped(request, pk, **ids):
        dossier = get_dossier(request.user, pk)
        layer = reading_layer(request, dossier)
        require(request.user, "annotate", dossier.project, layer)
        board = board_of(request, dossier, layer)
        desk = Desk(request, board)
        try:
            outcome = once(
                request, lambda: {"next": view(request, desk, **ids), "act": str(desk.act_id), "said": desk.told()}
            )
        except Gone as error:
            return show(request, board, step=request.POST.get("step"), status=422, error=sentence(error))
        except (ValidationError, OtherBody, NothingToUndo) as error:
            return refused(request, board, sentence(error), ids)
        except StaleWrite as error:
            return overtaken(request, board, error)
        except RejoinderError as error:
            return refused(request, board, str(error), ids)
        if dossier.project.kind == Project.Kind.INDEPENDENT:
            assigning.note_work(request.user, dossier)
        if not request.htmx:
            if meanwhile(desk.merging):
                messages.info(request, desk.told())
            query = {name: value for name, value in outcome["next"].items() if value}
            if layer != working_layer(request.user, dossier.project):
                query["layer"] = layer.pk
            return redirect(f"{reverse('workspace', args=[dossier.pk])}?{urlencode(query)}")
        fresh = Board(user=request.user, dossier=get_dossier(request.user, pk), layer=layer, panes=board.panes)
        return show(request, fresh, **outcome["next"], said=outcome["said"], touched=touched_by(outcome["act"]))

    return wrapped


class Gone(ValidationError):
    """What a deed was about has been decided or deleted meanwhile; the card goes on to the next decision."""


class Desk:
    """Where a deed happens: who, in which dossier, in which layer; it hands out the act."""

    def __init__(self, request, board):
        self.request, self.board, self.act_id, self.said = request, board, None, "saved"
        self.merging = merging_of(request)

    def act(self, verb):
        board = self.board
        act = Act(
            actor=self.request.user,
            project=board.dossier.project,
            layer=board.layer,
            dossier=board.dossier,
            verb=verb,
            merging=self.merging,
        )
        self.act_id = act.uuid
        return act

    def told(self):
        """Return what the status line says: that it is saved, and what others had changed meanwhile."""
        return "; ".join(filter(None, (self.said, meanwhile(self.merging))))

    def claim(self, pk):
        return self.found(self.board.claims.get(as_uuid(pk)), "claim")

    def link(self, pk):
        return self.found(self.board.links.get(as_uuid(pk)), "link")

    def suggestion(self, pk):
        return self.found(self.board.suggestions.get(as_uuid(pk)), "suggestion")

    def found(self, row, what):
        if row is None:
            raise Gone(f"That {what} is no longer there; somebody decided or deleted it.")
        return row

    def seen(self, row):
        """Return the version of ``row`` that was on the person's screen."""
        value = self.request.POST.get("version", "")
        if not value.isdecimal():
            raise ValidationError("The page did not say which version it shows; reload it.")
        return int(value)


def sentence(error):
    """Return what a refusal says, as one sentence."""
    if isinstance(error, ValidationError):
        return " ".join(dict.fromkeys(error.messages))
    return str(error)


def refused(request, board, told, ids):
    """Say in #notice what was refused; the card stays as the person left it, also where there is no JavaScript."""
    if not request.htmx:
        request.was_refused = True
        return show(request, board, **card_left(request, ids), status=422, error=told)
    response = render(request, "workspace/_refused.html", {"error": told}, status=422)
    response["HX-Retarget"], response["HX-Reswap"] = "#notice", "innerHTML"
    return response


def card_left(request, ids):
    """Return {"show", "on"} of the card that a refused form stood on, as far as its fields and address tell."""
    said = request.POST
    if "link" in ids:
        return {"show": "link", "on": str(ids["link"])}
    if "claim" in ids:
        is_check = request.resolver_match.url_name == "claim_assess"
        is_edit = request.resolver_match.url_name in ("claim_edit", "claim_move", "claim_split")
        return {"show": "check" if is_check else "edit" if is_edit else "claim", "on": str(ids["claim"])}
    if said.get("response"):
        kind, _, pk = said["response"].partition(":")
        return {"show": "pair" if kind == "claim" else "suggested_pair", "on": pk}
    if said.get("subject") and "stance" in said:
        return {"show": "cite", "on": said["subject"]}
    if said.get("link") and said.get("mention"):
        return {"show": "figure", "on": f"{said['link']}.{said['mention']}"}
    if said.get("mention"):
        return {"show": "mend", "on": said["mention"]}
    return {"show": said.get("show"), "on": said.get("on")}


def overtaken(request, board, error):
    """Show both values of a row that somebody else changed first, to choose from; nothing is lost."""
    row = type(error.row)._base_manager.get(pk=error.row.pk)
    now = snapshot(row)
    values = []
    for name, mine in error.attempted.items() if error.merge is None else ():
        field = row._meta.get_field(name)
        theirs = now[field.attname]
        if in_words(row, name, mine) != in_words(row, name, theirs):
            values.append(
                {"name": field.verbose_name, "mine": in_words(row, name, mine), "theirs": in_words(row, name, theirs)}
            )
    by = Change.objects.filter(object_id=row.pk).select_related("actor").order_by("-pk").first()
    kept = [(name, value) for name, values in request.POST.lists() for value in values]
    dropped = {"request_id", "csrfmiddlewaretoken", "chosen_for", "chosen_at"}
    # A merge starts once more from the version that was seen; without one, yours is written over what stands now.
    dropped |= {f"choose-{clash.key}" for clash in error.merge.clashes} if error.merge else {"version"}
    context = {
        "values": values,
        "by": by,
        "row": row,
        "deleted": row.deleted_at is not None,
        "kept": [(name, value) for name, value in kept if name not in dropped],
        "action": request.path,
        "request_id": new_id(),
        "theirs": f"{reverse('workspace', args=[board.dossier.pk])}?{urlencode(back_to(row))}",
    }
    if error.merge is not None and row.deleted_at is None:
        asked = questions(row, error.merge, board.dossier.project.vocabulary.by_facet())
        context |= {
            "questions": asked,
            "is_one": len(asked) == 1,
            "has_both": any(question.both for question in asked),
            "kept_words": named_in(row, error.merge.kept),
            "written_words": named_in(row, error.merge.written),
        }
    if not request.htmx:
        context |= {"dossier": board.dossier, "project": board.dossier.project}
        return render(request, "workspace/overtaken.html", context, status=409)
    response = render(request, "workspace/_overtaken.html", context, status=409)
    response["HX-Retarget"], response["HX-Reswap"] = "#notice", "innerHTML"
    return response


def named_in(row, fields):
    return ", ".join(f"the {name_of(row, name)}" for name in fields if name not in FOLLOW)


def back_to(row):
    kind = row._meta.model_name
    return {"show": kind, "on": str(row.pk)} if kind in ("claim", "link") else {}


def in_words(row, name, value):
    """Return a column's value as a person would read it."""
    field = row._meta.get_field(name)
    if field.is_relation and value is not None:
        value = field.related_model._base_manager.filter(pk=getattr(value, "pk", value)).first()
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    choices = dict(field.flatchoices or ())
    return str(choices.get(value, value) if value not in (None, "") else "nothing")


def touched_by(act_id):
    """Return {document: [(start, end), …]} of the stretches whose look a deed may have changed."""
    spans = {}

    def touch(row):
        if row is not None:
            spans.setdefault(row.document_id, []).append((row.start, row.end))

    for change in Change.objects.filter(act=as_uuid(act_id)) if as_uuid(act_id) else ():
        if change.kind == "claim":
            touch(Claim.objects.filter(pk=change.object_id).first())
            for state in (change.before, change.after):
                if "start" in state or "end" in state:
                    row = Claim.objects.get(pk=change.object_id)
                    start, end = state.get("start", row.start), state.get("end", row.end)
                    spans.setdefault(row.document_id, []).append((start, max(end, start + 1)))
        elif change.kind == "link":
            link = Link.objects.filter(pk=change.object_id).select_related("response", "target_claim").first()
            touch(link.response)
            touch(link.target_claim)
        elif change.kind == "noresponse":
            touch(Claim.objects.filter(no_responses=change.object_id).first())
        elif change.kind == "decision":
            touch(Suggestion.objects.filter(decisions=change.object_id).first())
            touch(Mention.objects.filter(decisions=change.object_id).first())
        elif change.kind == "exclusion":
            spans["panes"] = True
    return spans


@deed
def setup_confirm(request, desk):
    """Take the sides and the stretches to leave out as the set-up screen has them."""
    board = desk.board
    left_out = {row.pk for row in board.exclusions if f"out-{row.pk}" in request.POST}
    with desk.act("set the dossier up") as act:
        said = parties.said_in(request.POST, board.dossier)
        dossiers.set_up(act, board.dossier, **said, exclusions=board.exclusions, left_out=left_out)
    return {"step": "claim"}


@deed
def claim_mark(request, desk):
    """Make the selected words a claim; who says it, how and when is taken from the pipeline where it lies over them."""
    place = selected(request, desk)
    role = request.POST.get("role", "")
    known = pairing.fields_at(place["document"], place["start"], place["end"], desk.board)
    with desk.act(f"mark {'an assertion' if role == 'assertion' else 'a response'}") as act:
        names = {name: annotating.actor_named(act, known.pop(name, None)) for name in ("speaker", "reporter")}
        claim = annotating.mark(act, role=role, **place, **names, **known)
        act.verb = f"mark {claim.name}"
    desk.said = f"{claim.name} saved"
    return {"show": "pair" if claim.role == "response" else "claim", "on": str(claim.pk)}


def selected(request, desk):
    """Return the selection that came with a request: document, start, end and the words it says stand there."""
    document = desk.found(desk.board.documents.get(as_uuid(request.POST.get("document"))), "document")
    start, end = request.POST.get("start", ""), request.POST.get("end", "")
    if not (start.isdecimal() and end.isdecimal()) or len(start) > 9 or len(end) > 9:
        raise ValidationError("Select some words first.")
    return {"document": document, "start": int(start), "end": int(end), "quote": request.POST.get("quote") or None}


@deed
def figure_mark(request, desk):
    """Make the selected words a figure of this layer, read as the reader of quantities reads them."""
    place = selected(request, desk)
    with desk.act(f"mark the figure {place['quote'] or ''}".strip()) as act:
        mention = pairing.mark_figure(act, **place)
    desk.said = "figure saved"
    return {"show": "mend", "on": str(mention.pk)}


@deed
def suggestion_accept(request, desk):
    """Accept one suggested claim, or with ``alike`` all of its speaker's on the same side."""
    first = desk.suggestion(request.POST.get("suggestion"))
    role = request.POST.get("role") or first.role
    rows = [first]
    if request.POST.get("alike"):
        speaker = first.payload.get("speaker")
        rows = [
            row for row in desk.board.suggestions.values() if row.payload.get("speaker") == speaker and row.role == role
        ]
    with desk.act("accept") as act:
        made = [annotating.accept(act, row, role=role) for row in rows]
        act.verb = f"accept {', '.join(claim.name for claim in made)}"
    desk.said = f"{', '.join(claim.name for claim in made)} saved"
    return {"step": "claim"}


@deed
def suggestion_reject(request, desk):
    row = desk.suggestion(request.POST.get("suggestion"))
    with desk.act("reject a suggested claim") as act:
        annotating.decide(act, "rejected", suggestion=row)
    return {"step": request.POST.get("step") or "claim"}


@deed
def link_connect(request, desk):
    """Link a response to one or several targets; suggested claims become claims by being chosen."""
    response, targets = request.POST.get("response", ""), request.POST.getlist("target")
    if not targets:
        raise ValidationError("Choose at least one target.")
    with desk.act("link") as act:
        response = claim_from(act, desk, response, role="response")
        links = [connect_one(act, desk, response, target) for target in dict.fromkeys(targets)]
        links = [link for found in links for link in found]
        act.verb = f"link {response.name} → {', '.join(link.target_name for link in links)}"
    desk.said = f"{response.name} → {', '.join(link.target_name for link in links)} saved"
    return {"show": "link", "on": str(links[0].pk)}


def claim_from(act, desk, reference, *, role=None):
    """Return the claim that ``claim:uuid`` or ``suggestion:uuid`` names; a suggestion is accepted on the way."""
    kind, _, pk = reference.partition(":")
    if kind == "suggestion":
        known = Claim.objects.live().filter(layer=act.layer, suggestion=as_uuid(pk)).first()
        row = known or desk.suggestion(pk)
        return row if known else annotating.accept(act, row, role=role or row.role)
    return desk.claim(pk)


def connect_one(act, desk, response, reference):
    """Make the links that one chosen target stands for; continuing a response takes over the claims it answers."""
    kind, _, pk = reference.partition(":")
    if kind in ("claim", "suggestion"):
        target = claim_from(act, desk, reference)
        origin = "accepted" if request_ranked(desk, reference) else "scratch"
        return [annotating.connect(act, response=response, target=target, origin=origin)]
    if kind == "work":
        work = desk.found(desk.board.documents.get(as_uuid(pk)), "work")
        return [annotating.connect(act, response=response, scope="work", target=work)]
    if kind == "continues":
        return [annotating.connect(act, response=response, scope="continues", target=desk.claim(pk))]
    if kind in ("questioner", "open"):
        return [annotating.connect(act, response=response, scope=kind)]
    raise ValidationError("Choose a claim, the whole work, another response, the questioner or nobody in particular.")


def request_ranked(desk, reference):
    """Whether the chosen target was among those the card had ranked."""
    return reference in desk.request.POST.getlist("ranked")


@deed
def link_label(request, desk, link):
    """Label a link, or all links of its response that carry the same labels: relation, strategies, disputed, note."""
    link = desk.link(link)
    values = {}
    for name in ("relation", "secondary_relation", "note"):
        if name in request.POST:
            values[name] = request.POST[name].strip() if name != "note" else request.POST[name]
    for name in ("strategies", "disputed"):
        if name in request.POST.getlist("facets"):
            values[name] = request.POST.getlist(name)
    if values.get("relation") and values["relation"] == link.secondary_relation:
        values["secondary_relation"] = ""
    siblings = [row for row in link.response.live_links if row.pk != link.pk and row.relation == link.relation]
    siblings = siblings if request.POST.get("scope") == "all" else []
    before = seen_values(link, desk.seen(link), values)
    alike = {row.pk: same_change(before, row, values) for row in siblings}
    withholds = request.POST.get("withhold") or "withholds" in values.get("strategies", ())
    with desk.act(f"{'withheld: ' if withholds else 'label '}{link.response.name}") as act:
        annotating.change(act, link, seen=desk.seen(link), **values)
        for row in siblings:
            seen = request.POST.get(f"version-{row.pk}", "")
            annotating.change(act, row, seen=int(seen) if seen.isdecimal() else row.version, **alike[row.pk])
        if withholds:
            links = [link, *siblings]
            found = [(row, mention) for row in links for mention, _ in figures_of(desk.board, row)]
            annotating.withhold(act, links, figures=found)
    return {"show": "link", "on": str(link.pk)}


def same_change(seen, other, values):
    """Return what changes on ``other`` when ``values`` are set where ``seen`` stood: what was added and removed.

    A note is about one link and stays with it.
    """
    same = {}
    for name, value in values.items():
        before, there = seen[name], getattr(other, name)
        if value == before or name == "note" and there != before:
            continue
        if isinstance(value, list):
            kept = [key for key in there if key not in before or key in value]
            value = kept + [key for key in value if key not in before and key not in kept]
        same[name] = value
    return same


@deed
def link_withdraw(request, desk, link):
    link = desk.link(link)
    with desk.act(f"withdraw {link}") as act:
        annotating.withdraw(act, link, seen=desk.seen(link))
    return {"show": "claim", "on": str(link.response_id)}


@deed
def claim_edit(request, desk, claim):
    claim = desk.claim(claim)
    form = ClaimForm(request.POST, claim=claim, board=desk.board)
    if not form.is_valid():
        raise ValidationError([f"{name}: {told}" for name, errors in form.errors.items() for told in errors])
    values = dict(form.cleaned_data)
    with desk.act(f"edit {claim.name}") as act:
        for name in ("speaker", "reporter"):
            values[name] = annotating.actor_named(act, values[name])
        annotating.change(act, claim, seen=desk.seen(claim), **values)
    return {"show": "claim", "on": str(claim.pk)}


@deed
def claim_move(request, desk, claim):
    claim, place = desk.claim(claim), selected(request, desk)
    if place["document"].pk != claim.document_id:
        raise ValidationError(f"{claim.name} stands in another document; select words there.")
    with desk.act(f"move {claim.name}") as act:
        span = {name: place[name] for name in ("start", "end", "quote")}
        annotating.move(act, claim, seen=desk.seen(claim), **span)
    return {"show": "claim", "on": str(claim.pk)}


@deed
def claim_split(request, desk, claim):
    claim, at = desk.claim(claim), request.POST.get("at", "")
    if not at.isdecimal() or len(at) > 9:
        raise ValidationError(f"Click in {claim.name} where it shall be cut, then split.")
    with desk.act(f"split {claim.name}") as act:
        second = annotating.split(act, claim, seen=desk.seen(claim), at=int(at))
        act.verb = f"split {claim.name} into {claim.name} and {second.name}"
    desk.said = f"{claim.name} and {second.name} saved"
    return {"show": "claim", "on": str(claim.pk)}


@deed
def claim_delete(request, desk, claim):
    claim = desk.claim(claim)
    with desk.act(f"delete {claim.name}") as act:
        annotating.delete_claim(act, claim, seen=desk.seen(claim))
    return {"step": "pair" if claim.role == "response" else "claim"}


@deed
def claim_pick(request, desk, claim):
    """Pick a claim for checking, or no longer."""
    claim = desk.claim(claim)
    with desk.act(f"{'no longer check' if claim.wants_check else 'check'} {claim.name}") as act:
        annotating.change(act, claim, seen=desk.seen(claim), wants_check=not claim.wants_check)
    return {"show": "claim", "on": str(claim.pk)}


@deed
def claim_assess(request, desk, claim):
    claim = desk.claim(claim)
    verification = request.POST.get("verification", "")
    with desk.act(f"check {claim.name}: {verification}") as act:
        annotating.assess(
            act,
            claim,
            verification=verification,
            justification=request.POST.get("justification", ""),
            seen=int(request.POST["version"]) if request.POST.get("version", "").isdecimal() else None,
        )
    return {"step": "check"}


@deed
def claim_none_found(request, desk, claim):
    claim = desk.claim(claim)
    with desk.act(f"none found for {claim.name}") as act:
        annotating.none_found(act, claim, note=request.POST.get("note", ""))
    desk.said = f"{claim.name}: none found, saved"
    return {"step": "none"}


@deed
def claim_look_again(request, desk, claim):
    """Take a "none found" back."""
    claim = desk.claim(claim)
    record = desk.found(desk.board.no_responses.get(claim.pk), "record")
    with desk.act(f"look again for {claim.name}") as act:
        annotating.drop(act, record)
    return {"show": "none", "on": str(claim.pk)}


@deed
def figure_outcome(request, desk):
    """Record what came of one figure, or with ``all`` that every figure of the claim is withheld."""
    link = desk.link(request.POST.get("link"))
    mentions = [(mention, reading) for mention, reading in figures_of(desk.board, link)]
    mention = desk.found(next((m for m, _ in mentions if str(m.pk) == request.POST.get("mention")), None), "figure")
    outcome = request.POST.get("outcome", "")
    with desk.act(f"{mention.quote}: {outcome}") as act:
        if request.POST.get("all"):
            annotating.withhold(act, [link], figures=[(link, row) for row, _ in mentions])
        else:
            if desk.board.dossier.is_control and "counter" not in request.POST:
                raise ValidationError("Choose what the figure is set against, or that the response has none.")
            counter = counter_of(request, desk, link)
            readings = {row.pk: reading for row, reading in mentions}
            readings |= figures.readings(desk.board.layer, [counter]) if counter else {}
            _, differs_in, absolute, relative = figures.propose_outcome(
                readings[mention.pk], readings.get(counter.pk) if counter else None
            )
            # What the program computed is a suggestion, which the control part goes without.
            proposed = [] if desk.board.dossier.is_control else differs_in
            said_differs = request.POST.getlist("differs_in") or proposed
            note = request.POST.get("note", "").strip()
            if outcome == "not_comparable" and said_differs:
                note = note or f"The {' and the '.join(said_differs)} differ{'' if len(said_differs) > 1 else 's'}."
            annotating.compare(
                act,
                link=link,
                quantity=mention,
                counter_quantity=counter if outcome not in ("withheld", "no_counter_figure") else None,
                outcome=outcome,
                differs_in=list(said_differs) if outcome == "not_comparable" else [],
                absolute_difference=absolute if outcome == "differs" else None,
                relative_difference=relative if outcome == "differs" else None,
                note=note,
            )
    return {"step": "figure"}


def counter_of(request, desk, link):
    pk = as_uuid(request.POST.get("counter"))
    if pk is None:
        return None
    row = Mention.objects.filter(pk=pk, document=link.response.document_id, kind="quantity").select_related("quantity")
    found = desk.found(row.first(), "figure")
    return desk.found(found if found.layer_id in (None, desk.board.layer.pk) else None, "figure")


@deed
def sum_decide(request, desk):
    """Confirm or dismiss arithmetic that the text invites."""
    checks = figures.checks(desk.board.layer, desk.board.dossier)
    check = desk.found(next((row for row in checks if row.key == request.POST.get("check")), None), "sum")
    dismissed = request.POST.get("decision") == "dismiss"
    with desk.act(f"{'dismiss' if dismissed else 'confirm'} the check of {check.whole.quote}") as act:
        figures.decide_check(act, check, is_dismissed=dismissed)
    return {"step": "figure"}


@deed
def figure_mend(request, desk):
    """Mend a figure that was misread, or reject it as none."""
    mention = desk.found(
        Mention.objects.filter(
            pk=as_uuid(request.POST.get("mention")), document__in=list(desk.board.documents), kind="quantity"
        ).first(),
        "figure",
    )
    with desk.act(f"mend {mention.quote}") as act:
        if request.POST.get("reject"):
            annotating.decide(act, "rejected", mention=mention)
        else:
            form = FigureForm(request.POST)
            if not form.is_valid():
                raise ValidationError([f"{name}: {told}" for name, errors in form.errors.items() for told in errors])
            annotating.decide(act, "mended", mention=mention, reading=form.as_reading())
    return {"step": "figure"}


@deed
def citation_add(request, desk):
    """Put a citation on a claim or link: words selected in a document, or an outside source."""
    kind, _, pk = request.POST.get("subject", "").partition(":")
    subject = desk.found(subject_on(desk.board, kind, pk), "annotation")
    form = CitationForm(request.POST)
    if not form.is_valid():
        raise ValidationError([told for errors in form.errors.values() for told in errors])
    fields = dict(form.cleaned_data)
    if fields.get("start") is not None:
        place = selected(request, desk)
        fields |= place | {"quote": place["quote"] or ""}
    with desk.act(f"cite for {getattr(subject, 'name', subject)}") as act:
        annotating.cite(act, subject, **fields)
    back = {"claim": "claim", "link": "link", "assessment": "check"}.get(kind)
    if request.POST.get("back") == "check":
        back = "check"
    return {"show": back, "on": pk} if back else {}


@deed
def citation_remove(request, desk, citation):
    row = Citation.objects.live().filter(pk=citation, layer=desk.board.layer).first()
    desk.found(row, "citation")
    with desk.act("remove a citation") as act:
        act.delete(row, seen=desk.seen(row))
    return {"show": request.POST.get("show"), "on": request.POST.get("on")}


@deed
def task_postpone(request, desk):
    """Put a decision off, or set it aside with a reason."""
    task, subject = request.POST.get("task", ""), subject_uuid(request.POST.get("subject", ""))
    if task not in KINDS:
        raise ValidationError("That is no step of the queue.")
    state = request.POST.get("state", "later")
    with desk.act("put a decision off" if state == "later" else "set a decision aside") as act:
        annotating.postpone(act, task=task, subject=subject, state=state, reason=request.POST.get("reason", ""))
    desk.said = "put off" if state == "later" else "set aside"
    return {"step": task}


@deed
def deed_undo(request, desk):
    """Take back this person's last deed in the dossier, and say what it was."""
    last = last_act(actor=request.user, dossier=desk.board.dossier)
    if last is None:
        raise NothingToUndo("There is nothing to undo in this dossier.")
    verb = undo(last, actor=request.user, dossier=desk.board.dossier)
    desk.act_id = Change.objects.filter(undoes=last).values_list("act", flat=True).first()
    desk.said = f"undone: {verb}"
    return undone(last) or {"show": request.POST.get("show"), "on": request.POST.get("on")}


def undone(act_id):
    """Return {"show", "on"} of the decision that an undone deed had settled, or None."""
    for change in Change.objects.filter(act=act_id).order_by("pk"):
        was_made = change.action == Change.Action.CREATED
        if change.kind == "dossier":
            return {"show": "setup", "on": str(change.object_id)}
        if change.kind == "link":
            response = change.after.get("response_id") or change.before.get("response_id")
            return {"show": "pair", "on": response} if was_made else {"show": "link", "on": str(change.object_id)}
        if change.kind == "claim":
            suggestion = change.after.get("suggestion_id")
            if was_made:
                return {"show": "suggestion", "on": suggestion} if suggestion else None
            return {"show": "claim", "on": str(change.object_id)}
        if change.kind == "decision" and change.after.get("suggestion_id"):
            return {"show": "suggestion", "on": change.after["suggestion_id"]}
        if change.kind == "noresponse" and was_made:
            return {"show": "none", "on": change.after["assertion_id"]}
        if change.kind == "postponement" and was_made:
            return {"step": change.after["task"]}
    return None


@require_POST
def demo_start_over(request, pk):
    """Put the demo away, for nothing is erased, and open a fresh one at its first minute."""
    dossier = get_dossier(request.user, pk)
    require(request.user, "change_settings", dossier.project)
    if dossier.project.slug != "demo":
        raise Http404("Only the demo starts over.")
    # Reads the demo's texts anew, so it brings the language model along; nobody else pays for that.
    from annotate import demo

    project = demo.start_over(user=request.user)
    return redirect(f"{reverse('workspace', args=[project.dossiers.first().pk])}?tour=1")


urlpatterns = [
    path("dossiers/<uuid:pk>/", workspace, name="workspace"),
    path("dossiers/<uuid:pk>/start-over/", demo_start_over, name="demo_start_over"),
    path("dossiers/<uuid:pk>/setup/", setup_confirm, name="setup_confirm"),
    path("dossiers/<uuid:pk>/mark/", claim_mark, name="claim_mark"),
    path("dossiers/<uuid:pk>/mark-figure/", figure_mark, name="figure_mark"),
    path("dossiers/<uuid:pk>/accept/", suggestion_accept, name="suggestion_accept"),
    path("dossiers/<uuid:pk>/reject/", suggestion_reject, name="suggestion_reject"),
    path("dossiers/<uuid:pk>/connect/", link_connect, name="link_connect"),
    path("dossiers/<uuid:pk>/links/<uuid:link>/label/", link_label, name="link_label"),
    path("dossiers/<uuid:pk>/links/<uuid:link>/withdraw/", link_withdraw, name="link_withdraw"),
    path("dossiers/<uuid:pk>/claims/<uuid:claim>/edit/", claim_edit, name="claim_edit"),
    path("dossiers/<uuid:pk>/claims/<uuid:claim>/move/", claim_move, name="claim_move"),
    path("dossiers/<uuid:pk>/claims/<uuid:claim>/split/", claim_split, name="claim_split"),
    path("dossiers/<uuid:pk>/claims/<uuid:claim>/delete/", claim_delete, name="claim_delete"),
    path("dossiers/<uuid:pk>/claims/<uuid:claim>/pick/", claim_pick, name="claim_pick"),
    path("dossiers/<uuid:pk>/claims/<uuid:claim>/assess/", claim_assess, name="claim_assess"),
    path("dossiers/<uuid:pk>/claims/<uuid:claim>/none-found/", claim_none_found, name="claim_none_found"),
    path("dossiers/<uuid:pk>/claims/<uuid:claim>/look-again/", claim_look_again, name="claim_look_again"),
    path("dossiers/<uuid:pk>/outcome/", figure_outcome, name="figure_outcome"),
    path("dossiers/<uuid:pk>/sum/", sum_decide, name="sum_decide"),
    path("dossiers/<uuid:pk>/mend/", figure_mend, name="workspace_mend"),
    path("dossiers/<uuid:pk>/cite/", citation_add, name="citation_add"),
    path("dossiers/<uuid:pk>/citations/<uuid:citation>/remove/", citation_remove, name="citation_remove"),
    path("dossiers/<uuid:pk>/postpone/", task_postpone, name="task_postpone"),
    path("dossiers/<uuid:pk>/undo/", deed_undo, name="deed_undo"),
]
