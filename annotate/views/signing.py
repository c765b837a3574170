"""The sign-off of a dossier: what is left, an editor's word on it, what was sent back, and what was changed since."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from annotate.access import get_dossier, require
from annotate.requests import OtherBody, new_id, once
from annotate.signing_forms import LiftForm, ResolveForm, SendBackForm, SignForm
from claims import checklist, signing
from claims.errors import RejoinderError
from claims.models import Act, Claim, Comment, FigureComparison, Layer, Link, Project, SignOff
from claims.policy import may

# Items offered to send back by themselves, and changes told; the rest is in the history.
ITEMS_OFFERED = 500
CHANGES_TOLD = 100


class Desk:
    """One person at one dossier's sign-off: the layer it is about, and what they may do."""

    def __init__(self, request, pk):
        self.request, self.user = request, request.user
        self.dossier = get_dossier(request.user, pk)
        self.project = self.dossier.project
        self.readable = Layer.objects.readable_by(self.user).filter(project=self.project)
        self.layer = self.chosen_layer()
        self.may_sign = may(self.user, "sign_off", self.project)

    def chosen_layer(self):
        """Return the layer that ``layer`` names, else the one that is signed, else one's own; None before there is any."""
        asked = self.request.POST.get("layer") or self.request.GET.get("layer")
        if asked:
            try:
                found = self.readable.filter(pk=UUID(asked)).first()
            except ValueError:
                found = None
            if found is None:
                raise Http404("There is no such reading of this dossier.")
            return found
        settling = signing.settling_layer(self.project)
        if settling is not None and self.readable.filter(pk=settling.pk).exists():
            return settling
        return self.readable.filter(annotator=self.user).first()

    @property
    def is_signed_here(self):
        """Whether this is the layer whose reading is signed; an annotator's is only sent back."""
        return self.layer is not None and self.layer.kind != Layer.Kind.ANNOTATOR

    @property
    def address(self):
        address = reverse("sign_off", args=[self.dossier.pk])
        settling = signing.settling_layer(self.project)
        if self.layer is None or settling is not None and settling.pk == self.layer.pk:
            return address
        return f"{address}?{urlencode({'layer': self.layer.pk})}"

    def act(self, verb):
        return Act(actor=self.user, project=self.project, layer=self.layer, dossier=self.dossier, verb=verb)

    def require_layer(self):
        if self.layer is None:
            raise Http404("There is no reading of this dossier yet.")


@require_http_methods(["GET", "POST"])
def sign_off(request, pk):
    """What is left, what was sent back, who signed and what was changed since; a POST signs."""
    desk = Desk(request, pk)
    if request.method == "GET":
        return show(desk)
    require(desk.user, "sign_off", desk.project)
    desk.require_layer()
    if not desk.is_signed_here:
        raise Http404("An annotator's reading is settled in gold, which is what is signed.")
    form = SignForm(request.POST)
    return done(desk, form, lambda: sign(desk, form), sign_form=form)


def sign(desk, form):
    with desk.act("sign the dossier off") as act:
        signing.sign(act, seen=form.cleaned_data["seen"], open_questions=form.cleaned_data["open_questions"])
    return "Signed off."


@require_POST
def sign_off_lift(request, pk):
    """Take the sign-off back."""
    desk = Desk(request, pk)
    require(desk.user, "sign_off", desk.project)
    desk.require_layer()
    form = LiftForm(request.POST)
    return done(desk, form, lambda: lift(desk, form))


def lift(desk, form):
    with desk.act("lift the sign-off") as act:
        signing.lift(act, note=form.cleaned_data["note"])
    return "The sign-off is lifted."


@require_POST
def send_back(request, pk):
    """Ask for another look at the dossier or at one item of it, with a note."""
    desk = Desk(request, pk)
    require(desk.user, "sign_off", desk.project)
    desk.require_layer()
    if not desk.is_signed_here and desk.project.adjudication_opened_at is None:
        raise Http404("What annotators do alone is theirs until adjudication opens.")
    form = SendBackForm(request.POST, items=items_of(desk))
    return done(desk, form, lambda: ask_again(desk, form), back_form=form)


def ask_again(desk, form):
    item = item_named(desk, form.cleaned_data["item"])
    with desk.act(f"send {signing.called(item) if item else 'the dossier'} back") as act:
        signing.send_back(act, note=form.cleaned_data["note"], item=item)
    return "Sent back."


@require_POST
def sent_back_resolve(request, pk, sent_back):
    """Say that what was sent back is mended."""
    desk = Desk(request, pk)
    comments = Comment.objects.live().filter(dossier=desk.dossier, layer__in=desk.readable.values("pk"))
    row = comments.filter(pk=sent_back, is_sent_back=True).select_related("layer").first()
    if row is None:
        raise Http404("That is no longer there.")
    require(desk.user, "comment", desk.project)
    desk.layer = row.layer
    if not may(desk.user, "sign_off", desk.project):
        require(desk.user, "annotate", desk.project, row.layer)
    form = ResolveForm(request.POST)
    return done(desk, form, lambda: mend(desk, form, row))


def mend(desk, form, comment):
    with desk.act("mend what was sent back") as act:
        signing.resolve(act, comment, seen=form.cleaned_data["version"])
    return "Marked as mended."


def done(desk, form, deed, **forms):
    """Do a deed once and go back to the page; what was refused stands on the page again, with what was written."""
    if not form.is_valid():
        errors = " ".join(dict.fromkeys(told for found in form.errors.values() for told in found))
        return show(desk, error=errors, status=422, **forms)
    try:
        outcome = once(desk.request, lambda: {"said": deed()})
    except RejoinderError as error:
        return show(desk, error=str(error), status=409, **forms)
    except (ValidationError, OtherBody) as error:
        told = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        return show(desk, error=told, status=422, **forms)
    messages.success(desk.request, outcome["said"])
    return redirect(desk.address)


# The page


def show(desk, *, error="", status=200, sign_form=None, back_form=None):
    layer, dossier = desk.layer, desk.dossier
    context = {
        "dossier": dossier,
        "project": desk.project,
        "layer": layer,
        "tab": "sign_off",
        "may_sign": desk.may_sign,
        "error": error,
        "request_id": new_id(),
        "others": others(desk),
    }
    if layer is not None:
        standing = signing.standing(layer, dossier)
        groups = checklist.of(layer, dossier)
        for group in groups:
            for point in group.points:
                point.address = address_of(desk, point)
        seen = signing.last_change(layer, dossier)
        earlier = standing.sign_off.open_questions if standing.sign_off else ""
        # A refused form keeps its words, and sees what the page shows now.
        open_questions = sign_form.data.get("open_questions", "") if sign_form else earlier
        context |= {
            "standing": standing,
            "is_signed_here": desk.is_signed_here,
            "groups": groups,
            "left": sum(len(group.points) for group in groups) + standing.sent_back,
            "sent_back": sent_back_on(desk),
            "deeds": signing.deeds_since(standing, desk.project.vocabulary, most=CHANGES_TOLD),
            "more": max(0, len(standing.changes) - CHANGES_TOLD),
            "given": given(desk),
            "sign_form": SignForm(initial={"open_questions": open_questions, "seen": seen}),
            "back_form": back_form or SendBackForm(items=items_of(desk)) if desk.may_sign else None,
            "lift_form": LiftForm(),
        }
    return render(desk.request, "signing/sign_off.html", context, status=status)


def address_of(desk, point):
    """Return where a point is settled: a card of the workspace, or a figure; "" where that is nowhere in particular."""
    # Where there are several readings, another page may show another one.
    layer = {} if desk.project.kind == Project.Kind.SHARED else {"layer": desk.layer.pk}
    if point.show in ("figure", "check") and not is_uuid(point.on):
        query = f"?{urlencode(layer)}" if layer else ""
        return f"{reverse('figures', args=[desk.dossier.pk])}{query}#{point.on}"
    if not point.show:
        return ""
    query = urlencode({"show": point.show, "on": point.on, **layer})
    return f"{reverse('workspace', args=[desk.dossier.pk])}?{query}"


def is_uuid(value):
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def others(desk):
    """Return the other layers that this page can be about: in an independent project those that were opened."""
    if not desk.may_sign:
        return []
    return [layer for layer in desk.readable.select_related("annotator") if desk.layer is None or layer != desk.layer]


def sent_back_on(desk):
    """Return the comments that sent something back, the open ones first, each with the address of its place."""
    comments = Comment.objects.live().filter(layer=desk.layer, dossier=desk.dossier, is_sent_back=True)
    rows = list(checklist.with_items(comments).select_related("resolved_by").order_by("created_at"))
    may_mend = desk.may_sign or may(desk.user, "annotate", desk.project, desk.layer)
    for row in rows:
        row.point = checklist.comment_point(row)
        row.point.address = address_of(desk, row.point)
        row.may_mend = may_mend and row.resolved_at is None
    return sorted(rows, key=lambda row: row.resolved_at is not None)


def given(desk):
    """Return every word that was given on the dossier in this layer, newest first."""
    rows = SignOff.objects.live().filter(layer=desk.layer, dossier=desk.dossier)
    return list(rows.select_related("created_by").order_by("-created_at", "-uuid"))


def items_of(desk):
    """Return [(group, [(value, words), …]), …] of what can be sent back by itself."""
    claims = Claim.objects.live().filter(layer=desk.layer, dossier=desk.dossier).order_by("role", "number")
    links = Link.objects.live().filter(layer=desk.layer, dossier=desk.dossier)
    links = links.select_related("response", "target_claim", "target_work", "target_response", "target_actor")
    links = links.defer("target_work__text", "target_work__page_starts").order_by("response__number", "created_at")
    compared = FigureComparison.objects.live().filter(layer=desk.layer)
    compared = compared.filter(link__dossier=desk.dossier) | compared.filter(claim__dossier=desk.dossier)
    compared = compared.select_related("quantity", "claim", "link__response", "link__target_claim")
    found = (
        ("Claims", [(f"claim:{row.pk}", f"{row.name} {shortened(row.quote)}") for row in claims[:ITEMS_OFFERED]]),
        ("Links", [(f"link:{row.pk}", str(row)) for row in links[:ITEMS_OFFERED]]),
        ("Figures", [(f"comparison:{row.pk}", signing.called(row)) for row in compared[:ITEMS_OFFERED]]),
    )
    return [(group, rows) for group, rows in found if rows]


def shortened(words):
    return words if len(words) <= 60 else f"{words[:59].rstrip()}…"


def item_named(desk, value):
    """Return the item that the form names, None for the whole dossier."""
    if not value:
        return None
    kind, _, pk = value.partition(":")
    row = signing.ITEMS[kind].objects.live().filter(pk=pk, layer=desk.layer).first()
    if row is None:
        raise ValidationError("That item is no longer there; choose another.")
    return row


urlpatterns = [
    path("dossiers/<uuid:pk>/sign-off/", sign_off, name="sign_off"),
    path("dossiers/<uuid:pk>/sign-off/lift/", sign_off_lift, name="sign_off_lift"),
    path("dossiers/<uuid:pk>/send-back/", send_back, name="send_back"),
    path("dossiers/<uuid:pk>/sent-back/<uuid:sent_back>/resolve/", sent_back_resolve, name="sent_back_resolve"),
]
