"""What people say about annotations, and what they are told of."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate.access import chosen_layer, get_dossier, require
from annotate.requests import OtherBody, new_id, once
from claims import commenting
from claims.errors import RejoinderError, StaleWrite
from claims.models import Act, Claim, Comment, Dossier, FigureComparison, Layer, Link, Notice

ITEMS = {"claim": Claim, "link": Link, "comparison": FigureComparison}
NOTICES_A_PAGE = 50


class Desk:
    """One dossier as one layer reads it, and what a person says there."""

    def __init__(self, request, pk):
        self.request = request
        self.dossier = get_dossier(request.user, pk)
        self.project = self.dossier.project
        self.layer = chosen_layer(request, self.project)
        if self.layer is None:
            raise Http404("There is nothing settled in this project yet.")

    def act(self, verb):
        return Act(actor=self.request.user, project=self.project, layer=self.layer, dossier=self.dossier, verb=verb)

    def item(self, said):
        """Return the row that ``claim:uuid`` names, of this layer and dossier; None for the dossier as a whole."""
        kind, _, pk = (said or "").partition(":")
        if not kind:
            return None
        try:
            rows = ITEMS[kind].objects.live().filter(layer=self.layer, pk=UUID(pk))
        except (KeyError, ValueError):
            raise Http404("There is no such item.") from None
        row = rows.first()
        if row is None or dossier_of(row) != self.dossier.pk:
            raise Http404("There is no such item here.")
        return row

    def comment(self, pk):
        rows = Comment.objects.live().filter(layer=self.layer, dossier=self.dossier).select_related("parent")
        return get_object_or_404(rows, pk=pk)

    @property
    def address(self):
        return f"{reverse('comments', args=[self.dossier.pk])}?layer={self.layer.pk}"


def dossier_of(row):
    if isinstance(row, FigureComparison):
        return row.link.dossier_id if row.link_id else row.claim.dossier_id
    return row.dossier_id


def name_of(row):
    """Return what a row is called in a line one can read."""
    if row is None:
        return "the dossier"
    if isinstance(row, Claim):
        return row.name
    return f"the figure {row.quantity.quote}" if isinstance(row, FigureComparison) else str(row)


@require_http_methods(["GET", "POST"])
def comments(request, pk):
    """List the threads of a dossier, open ones first; a POST adds a comment or a reply."""
    desk = Desk(request, pk)
    if request.method == "POST":
        return add(request, desk)
    return show(request, desk)


def show(request, desk, *, status=200, **context):
    found = commenting.threads(desk.layer, desk.dossier)
    for row in found:
        row.place, row.address = name_of(row.subject), address_of(desk, row.subject)
        row.is_own = row.created_by_id == request.user.pk
        for reply in row.live_replies:
            reply.is_own = reply.created_by_id == request.user.pk
    on = desk.item(request.GET.get("on") or request.POST.get("on"))
    context = {
        "dossier": desk.dossier,
        "project": desk.project,
        "layer": desk.layer,
        "tab": "comments",
        "open": [row for row in found if row.resolved_at is None],
        "resolved": [row for row in found if row.resolved_at is not None],
        "on": on,
        "on_said": request.GET.get("on") or request.POST.get("on") or "",
        "on_name": name_of(on),
        "on_address": address_of(desk, on),
        "may_comment": commenting.may_comment(request.user, desk.project, desk.layer),
        "readers": [one for one in commenting.readers(desk.project, desk.layer) if one != request.user],
        "request_id": new_id(),
        "text": "",
        **context,
    }
    return render(request, "comments/comments.html", context, status=status)


def address_of(desk, item):
    if item is None:
        return ""
    kind = "claim" if isinstance(item, Claim) else "link"
    pk = item.link_id or item.claim_id if isinstance(item, FigureComparison) else item.pk
    if isinstance(item, FigureComparison) and not item.link_id:
        kind = "claim"
    return f"{reverse('workspace', args=[desk.dossier.pk])}?show={kind}&on={pk}&layer={desk.layer.pk}"


def add(request, desk):
    require(request.user, "comment", desk.project)
    text = request.POST.get("text", "")
    parent = request.POST.get("parent")
    on = desk.item(request.POST.get("on"))
    reply_to = desk.comment(pk_of(parent)) if parent else None

    def deed():
        with desk.act("comment on " + name_of(reply_to.subject if reply_to else on)) as act:
            return {"uuid": str(commenting.comment(act, text, on=on, parent=reply_to).pk)}

    try:
        outcome = once(request, deed)
    except (ValidationError, OtherBody, RejoinderError) as error:
        told = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        return show(request, desk, status=422, error=told, text=text, parent=parent)
    return redirect(f"{desk.address}#c-{outcome['uuid']}")


def pk_of(value):
    try:
        return UUID(value)
    except ValueError:
        raise Http404("There is no such comment.") from None


def changed(request, pk, comment, verb, change):
    """Do one change to one comment and go back to the list; says what was refused."""
    desk = Desk(request, pk)
    require(request.user, "comment", desk.project)
    row = desk.comment(comment)
    seen = request.POST.get("version", "")

    def deed():
        with desk.act(verb) as act:
            change(act, row, int(seen) if seen.isdecimal() else row.version)
        return {}

    try:
        once(request, deed)
    except StaleWrite:
        messages.error(request, "Somebody changed that comment meanwhile; this is how it stands now.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except (OtherBody, RejoinderError) as error:
        messages.error(request, str(error))
    return redirect(f"{desk.address}#c-{row.parent_id or row.pk}")


@require_POST
def comment_resolve(request, pk, comment):
    """Resolve a thread, or with ``open`` open it again."""
    is_resolved = "open" not in request.POST
    verb = "resolve a comment" if is_resolved else "open a comment again"
    return changed(
        request,
        pk,
        comment,
        verb,
        lambda act, row, seen: commenting.resolve(act, row, seen=seen, is_resolved=is_resolved),
    )


@require_POST
def comment_edit(request, pk, comment):
    """Change one’s own words."""
    text = request.POST.get("text", "")
    return changed(
        request, pk, comment, "mend a comment", lambda act, row, seen: commenting.edit(act, row, text, seen=seen)
    )


@require_POST
def comment_delete(request, pk, comment):
    """Take one’s own words back."""
    return changed(
        request, pk, comment, "delete a comment", lambda act, row, seen: commenting.delete(act, row, seen=seen)
    )


# Notices


def seen_by(user):
    """Return a person's notices of what they may still read."""
    return (
        Notice.objects.filter(user=user, dossier__in=Dossier.objects.visible_to(user))
        .select_related("actor", "dossier__project", "comment__layer", "comment__claim", "comment__link__response")
        .order_by("-created_at", "-pk")
    )


@require_safe
def notices(request):
    """What a person should know of, newest first."""
    page = Paginator(seen_by(request.user), NOTICES_A_PAGE).get_page(request.GET.get("page"))
    readable = set(Layer.objects.readable_by(request.user).values_list("pk", flat=True))
    for row in page.object_list:
        # What one may no longer read, or what was taken back, is named and not shown.
        comment = row.comment if row.comment_id and row.comment.layer_id in readable else None
        row.words = comment.text if comment and comment.deleted_at is None else ""
    return render(request, "comments/notices.html", {"page": page, "unread": any(row.read_at is None for row in page)})


@require_POST
def notices_read(request):
    """Mark everything as seen."""
    mark_all_read(request.user)
    return redirect("notices")


def mark_all_read(user):
    """Mark all notices of a person as seen; returns how many were not."""
    return Notice.objects.filter(user=user, read_at=None).update(read_at=timezone.now())


@require_POST
def notice_open(request, pk):
    """Go to what a notice is about, and mark it as seen."""
    row = get_object_or_404(seen_by(request.user), pk=pk)
    Notice.objects.filter(pk=row.pk, read_at=None).update(read_at=timezone.now())
    if row.comment_id:
        address = reverse("comments", args=[row.dossier_id])
        return redirect(f"{address}?layer={row.comment.layer_id}#c-{row.comment.parent_id or row.comment_id}")
    name = "decided" if row.kind == Notice.Kind.SETTLED else "workspace"
    return redirect(name, row.dossier_id)


urlpatterns = [
    path("dossiers/<uuid:pk>/comments/", comments, name="comments"),
    path("dossiers/<uuid:pk>/comments/<uuid:comment>/resolve/", comment_resolve, name="comment_resolve"),
    path("dossiers/<uuid:pk>/comments/<uuid:comment>/edit/", comment_edit, name="comment_edit"),
    path("dossiers/<uuid:pk>/comments/<uuid:comment>/delete/", comment_delete, name="comment_delete"),
    path("notices/", notices, name="notices"),
    path("notices/read/", notices_read, name="notices_read"),
    path("notices/<int:pk>/", notice_open, name="notice_open"),
]
