"""The single door from an id in a URL to an object this person may touch: 404 for what they may not see, else 403."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect

from claims.models import (
    Actor,
    Citation,
    Claim,
    Document,
    Dossier,
    FigureComparison,
    Layer,
    Link,
    NoResponse,
    Project,
    Run,
)
from claims.policy import may

REFUSED = {
    "manage_members": "Only an owner invites people and gives roles.",
    "change_settings": "Only an owner changes the settings of a project.",
    "add_document": "In an independent project owners and editors bring in the documents.",
    "change_document": "In an independent project owners and editors look after the documents.",
    "change_dossier": "In an independent project owners and editors set dossiers up.",
    "annotate": "You read this layer; it is another's to write in.",
    "rule_on_figures": "Rulings on figures are an editor's.",
    "comment": "Researchers read; annotators, editors and owners comment.",
    "assign": "Owners and editors give out the dossiers.",
    "write_guidelines": "The guidelines are written by owners and editors.",
    "change_schema": "Only an owner changes the labels.",
    "adjudicate": "Settling differences is an editor's work.",
    "sign_off": "Sign-off is an editor's.",
    "export": "You are not a member of this project.",
    "release": "Releases are made by owners and editors.",
    "import": "Bringing in a corpus is for owners and editors.",
    "view": "You are not a member of this project.",
}


def require(user, permission, project, target=None):
    """Raise PermissionDenied, in one sentence, unless ``user`` may."""
    if not may(user, permission, project, target):
        raise PermissionDenied(REFUSED[permission])


def get_project(user, slug):
    return get_object_or_404(Project.objects.visible_to(user).select_related("vocabulary"), slug=slug)


def get_document(user, pk):
    return get_object_or_404(Document.objects.visible_to(user).select_related("project", "publisher"), pk=pk)


def get_dossier(user, pk):
    return get_object_or_404(Dossier.objects.visible_to(user).select_related("project__vocabulary"), pk=pk)


def get_actor(user, pk):
    return get_object_or_404(Actor.objects.visible_to(user).select_related("project"), pk=pk)


def get_run(user, pk):
    return get_object_or_404(Run.objects.visible_to(user).select_related("project"), pk=pk)


def get_claim(user, pk):
    claims = Claim.objects.visible_to(user)
    return get_object_or_404(
        claims.select_related("layer", "document", "speaker", "reporter", "dossier__project__vocabulary"), pk=pk
    )


def get_link(user, pk):
    links = Link.objects.visible_to(user).select_related(
        "layer",
        "dossier__project__vocabulary",
        "response__document",
        "target_claim__document",
        "target_work",
        "target_response",
        "target_actor",
    )
    return get_object_or_404(links, pk=pk)


def get_no_response(user, pk):
    rows = NoResponse.objects.visible_to(user).select_related("layer", "assertion__dossier__project__vocabulary")
    return get_object_or_404(rows, pk=pk)


def get_comparison(user, pk):
    rows = FigureComparison.objects.visible_to(user).select_related(
        "layer__project__vocabulary", "link__dossier", "claim__dossier", "quantity", "counter_quantity"
    )
    return get_object_or_404(rows, pk=pk)


def get_citation(user, pk):
    rows = Citation.objects.visible_to(user).select_related("layer__project", "document")
    return get_object_or_404(rows, pk=pk)


def working_layer(user, project):
    """Return the layer this person works in, made at the first need: the team's, their own, or gold to settle in.

    Once adjudication is open, owners and editors work in the gold layer. A researcher reads the team layer of a shared
    project, and gold elsewhere (None before there is one).
    """
    if project.kind == Project.Kind.SHARED:
        return project.layers.get(kind=Layer.Kind.TEAM)
    gold = project.layers.live().filter(kind=Layer.Kind.GOLD).first()
    if project.adjudication_opened_at and gold is not None and may(user, "adjudicate", project):
        return gold
    if may(user, "annotate", project, Layer(kind=Layer.Kind.ANNOTATOR, annotator=user)):
        layer, _ = Layer.objects.live().get_or_create(
            project=project, kind=Layer.Kind.ANNOTATOR, annotator=user, defaults={"name": user.username}
        )
        return layer
    return gold if gold is not None and Layer.objects.readable_by(user).filter(pk=gold.pk).exists() else None


def has_reading(user, project):
    """Whether there is a reading of the project's dossiers that this person may open; looking makes none."""
    if project.kind == Project.Kind.SHARED or may(user, "comment", project):
        return True
    return Layer.objects.readable_by(user).filter(project=project).exists()


def chosen_layer(request, project):
    """Return the layer that a page shows and its forms write to, or None where there is nothing to read yet.

    ``layer`` in the address names it, else it is the one this person works in. A form goes by the address of the page
    it stands on, so that two tabs with two layers never mix.
    """
    asked = request.GET.get("layer") or request.POST.get("layer") or layer_of_page(request)
    if not asked:
        return working_layer(request.user, project)
    try:
        pk = UUID(asked)
    except ValueError:
        raise Http404("There is no such layer.") from None
    return get_object_or_404(Layer.objects.readable_by(request.user).filter(project=project), pk=pk)


def layer_of_page(request):
    """Return the ``layer`` in the address of the page that a request comes from, or ""."""
    address = request.htmx.current_url if request.htmx else request.headers.get("Referer", "")
    if not request.htmx and request.method != "POST":
        return ""
    return parse_qs(urlsplit(address or "").query).get("layer", [""])[0]


class KeepLayer:
    """Carries ``layer`` along from page to page of one dossier, so that a chosen layer stays chosen."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method == "GET" and not request.htmx and "layer" not in request.GET:
            before = urlsplit(request.headers.get("Referer", ""))
            layer = parse_qs(before.query).get("layer", [""])[0]
            here, there = request.path.split("/"), before.path.split("/")
            if layer and before.netloc == request.get_host() and here[1:3] == there[1:3] and here[1] == "dossiers":
                query = request.GET.copy()
                query["layer"] = layer
                return redirect(f"{request.path}?{query.urlencode()}")
        return self.get_response(request)
