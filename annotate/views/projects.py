"""Projects, their dossiers and their people: what there is, how far it is, what to do next."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Exists, ExpressionWrapper, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest, Least
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate.access import get_dossier, get_project, require
from annotate.conflicts import keep_theirs, meanwhile
from annotate.forms import (
    AddPlaceForm,
    DossierForm,
    InvitationForm,
    PlaceFormSet,
    ProjectForm,
    ProjectSettingsForm,
    RoleForm,
)
from annotate.guide import guide_of
from annotate.requests import OtherBody, new_id, once
from claims import assigning, signing
from claims.control import begun, is_drawn
from claims.dossiers import save_dossier, start_dossier
from claims.errors import StaleWrite
from claims.merging import Merging
from claims.models import (
    Act,
    Change,
    Claim,
    Decision,
    Document,
    Dossier,
    DossierDocument,
    Exclusion,
    Invitation,
    Layer,
    Link,
    NoResponse,
    Project,
    Role,
    Suggestion,
)
from claims.policy import may
from claims.projects import create_project, give_role, save_settings

DOSSIERS_A_PAGE = 30
DOCUMENTS_OFFERED = 20


def done_once(request, deed, form):
    """Do ``deed`` once for this request and return its outcome; None when it was refused, ``form`` saying why.

    StaleWrite is let through: the page that asked shows both versions.
    """
    try:
        return once(request, deed)
    except OtherBody as error:
        form.add_error(None, str(error))
    except ValidationError as error:
        form.add_error(None, error.messages)
    return None


def number_of(rows):
    """Return the subquery that counts the live ``rows`` of each membership's project."""
    counted = rows.filter(project=OuterRef("project")).order_by().values("project").annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number")), 0)


@require_safe
def home(request):
    memberships = (
        request.user.memberships.filter(project__deleted_at=None)
        .select_related("project")
        .annotate(
            dossier_count=number_of(Dossier.objects.live()),
            document_count=number_of(Document.objects.live()),
        )
        .order_by("-project__created_at", "project__title")
    )
    context = {"memberships": memberships, "last": last_dossier(request.user)}
    return render(request, "projects/home.html", context)


def last_dossier(user):
    """Return the dossier this person last did something in, if they may still see it, else None."""
    last = Change.objects.filter(actor=user, dossier__isnull=False).order_by("-pk").values_list("dossier", flat=True)
    return Dossier.objects.visible_to(user).select_related("project").filter(pk=last.first()).first()


@require_http_methods(["GET", "POST"])
def project_new(request):
    form = ProjectForm(request.POST if request.method == "POST" else None, initial={"kind": Project.Kind.SHARED})
    if form.is_valid():
        outcome = done_once(request, lambda: start_project(request.user, form.cleaned_data), form)
        if outcome:
            return redirect("project_detail", outcome["slug"])
    context = {"form": form, "request_id": new_id()}
    return render(request, "projects/project_new.html", context, status=422 if form.errors else 200)


def start_project(user, values):
    return {"slug": create_project(owner=user, **values).slug}


@require_safe
def project_detail(request, slug):
    project = get_project(request.user, slug)
    layer = shown_layer(request.user, project)
    dossiers = project.dossiers.live()
    page = Paginator(dossiers, DOSSIERS_A_PAGE).get_page(request.GET.get("page"))
    page.object_list = with_progress(list(page.object_list), layer)
    stands = signing.standings_seen(request.user, project, page.object_list)
    for dossier in page.object_list:
        dossier.standing = stands[dossier.pk]
    homeless = ~Exists(DossierDocument.objects.filter(document=OuterRef("pk"), dossier__deleted_at=None))
    documents = project.documents.live().aggregate(total=Count("pk"), homeless=Count("pk", filter=homeless))
    context = {
        "project": project,
        "page": page,
        "layer": layer,
        # An own layer is made when its annotator first opens a dossier, so it may be missing here.
        "may_open": layer is not None
        or may(request.user, "annotate", project, Layer(kind=Layer.Kind.ANNOTATOR, annotator=request.user)),
        "documents": documents,
        "may_change": may(request.user, "change_dossier", project),
        "may_add": may(request.user, "add_document", project),
        "is_owner": may(request.user, "change_settings", project),
        "guide": guide_of(request.user, project),
        "may_take": assigning.may_take(request.user, project),
        "request_id": new_id(),
    }
    return render(request, "projects/project_detail.html", context)


def shown_layer(user, project):
    """Return the layer whose progress this person is shown: the team's, their own, or gold; looking makes none."""
    layers = list(Layer.objects.readable_by(user).filter(project=project).order_by("created_at"))
    own = [layer for layer in layers if layer.annotator_id == user.pk]
    common = [layer for layer in layers if layer.kind != Layer.Kind.ANNOTATOR]
    if project.adjudication_opened_at and may(user, "adjudicate", project):
        return next(iter(common + own), None)
    return next(iter(own + common), None)


class Progress:
    """How far one layer is with one dossier."""

    def __init__(self):
        self.assertions = self.responses = self.links = self.unlabelled = 0
        self.without_response = self.none_found = self.unpaired = self.undecided = 0

    @property
    def settled(self):
        """Assertions with a response of their own, or with the record that none was found."""
        return self.assertions - self.still_open

    @property
    def still_open(self):
        return self.without_response - self.none_found

    def next_step(self, dossier):
        """Return what to do next, in words, and the name of the page where it is done."""
        if not dossier.places_shown:
            return "Say which documents belong here", "dossier_edit"
        if dossier.set_up_at is None:
            return "Say who is on which side", "workspace"
        steps = [
            (self.undecided, "suggested claim to look at", "suggested claims to look at"),
            (self.unpaired, "response to pair", "responses to pair"),
            (self.unlabelled, "pair to label", "pairs to label"),
            (self.still_open, "assertion without a response", "assertions without a response"),
        ]
        for number, one, many in steps:
            if number:
                return f"{number} {one if number == 1 else many}", "workspace"
        return ("Nothing left to decide", "sheet") if self.assertions else ("Mark the first claim", "workspace")


def with_progress(dossiers, layer):
    """Give each dossier its ``places_shown`` and its ``progress`` in ``layer``; six queries, however many there are."""
    by_id = {dossier.pk: dossier for dossier in dossiers}
    for dossier in dossiers:
        dossier.places_shown, dossier.progress = [], Progress()
    places = DossierDocument.objects.filter(dossier__in=by_id).select_related("document").defer("document__text")
    for place in places:
        by_id[place.dossier_id].places_shown.append(place)
    if layer is not None:
        count_annotations(by_id, layer)
    for dossier in dossiers:
        dossier.next_step, dossier.next_page = dossier.progress.next_step(dossier)
    return dossiers


def count_annotations(by_id, layer):
    """Fill in what ``layer`` holds of each dossier."""
    assertion, response = Q(role=Claim.Role.ASSERTION), Q(role=Claim.Role.RESPONSE)
    live_links = Link.objects.live().filter(layer=layer)
    is_answered = Exists(live_links.filter(target_claim=OuterRef("pk")).exclude(relation="unrelated"))
    is_closed = Exists(NoResponse.objects.live().filter(layer=layer, assertion=OuterRef("pk")))
    claims = Claim.objects.live().filter(dossier__in=by_id, layer=layer).values("dossier")
    for row in claims.order_by("dossier").annotate(
        assertions=Count("pk", filter=assertion),
        responses=Count("pk", filter=response),
        without_response=Count("pk", filter=assertion & ~is_answered),
        none_found=Count("pk", filter=assertion & ~is_answered & is_closed),
        unpaired=Count("pk", filter=response & ~Exists(live_links.filter(response=OuterRef("pk")))),
    ):
        vars(by_id[row.pop("dossier")].progress).update(row)
    links = live_links.filter(dossier__in=by_id).values("dossier").order_by("dossier")
    for row in links.annotate(links=Count("pk"), unlabelled=Count("pk", filter=Q(relation=""))):
        vars(by_id[row.pop("dossier")].progress).update(row)
    # One row for each dossier a suggestion's document lies in, those on this page alone.
    suggested = Suggestion.objects.filter(kind=Suggestion.Kind.CLAIM, layer=None)
    with_suggestions = [pk for pk, dossier in by_id.items() if not dossier.is_control]
    suggested = suggested.annotate(dossier=F("document__places__dossier")).filter(dossier__in=with_suggestions)
    left = suggested.exclude(is_decided(layer)).exclude(is_left_out()).exclude(is_marked(layer))
    for dossier, number in left.values_list("dossier").order_by("dossier").annotate(number=Count("pk")):
        by_id[dossier].progress.undecided = number


# Of suggested claims: the ones the workspace does not ask about (annotate/board.py says the same row by row).


def is_decided(layer):
    return Exists(Decision.objects.live().filter(layer=layer, suggestion=OuterRef("pk")))


def overlapping(rows):
    return rows.live().filter(document=OuterRef("document"), start__lt=OuterRef("end"), end__gt=OuterRef("start"))


def is_left_out():
    return Exists(overlapping(Exclusion.objects.exclude(state=Exclusion.State.KEPT)))


def is_marked(layer):
    """Most of it lies under one claim of the dossier."""
    whole = IntegerField()
    end = Least(F("end"), OuterRef("end"), output_field=whole)
    start = Greatest(F("start"), OuterRef("start"), output_field=whole)
    length = ExpressionWrapper(OuterRef("end") - OuterRef("start"), output_field=whole)
    claims = overlapping(Claim.objects.filter(layer=layer, dossier=OuterRef("dossier")))
    return Exists(claims.annotate(shared=end - start).filter(shared__gt=length / 2))


@require_http_methods(["GET", "POST"])
def project_settings(request, slug):
    project = get_project(request.user, slug)
    require(request.user, "change_settings", project)
    form = ProjectSettingsForm(
        request.POST if request.method == "POST" else None, instance=project, initial={"version": project.version}
    )
    context, status, merging = {"request_id": new_id()}, 200, Merging()
    if form.is_valid():
        values = {name: form.cleaned_data[name] for name in form._meta.fields}
        fresh = get_project(request.user, slug)
        try:
            seen = form.cleaned_data["version"]
            if done_once(request, lambda: store_settings(request.user, fresh, seen, values, merging), form):
                told = meanwhile(merging)
                said = f"The settings are saved; {told}." if told else "The settings are saved."
                messages.success(request, said + told_of_control(form.initial["control_share"], fresh))
                return redirect("project_settings", slug)
        except StaleWrite as error:
            context["stale"], status = overtaken(form, error, get_project(request.user, slug)), 409
    if form.errors:
        status = 422
    # A title that was refused must not show in the header as if it were saved.
    project = get_project(request.user, slug)
    context.update(form=form, project=project, kind_stays=assigning.why_kind_stays(project))
    context["webhook_count"] = project.webhooks.filter(is_active=True).count()
    return render(request, "projects/project_settings.html", context, status=status)


def store_settings(user, project, seen, values, merging):
    with Act(actor=user, project=project, merging=merging) as act:
        return {"version": save_settings(act, seen=seen, **values).version}


def told_of_control(share_before, project):
    """Return a sentence on the control part where its share was changed, else nothing."""
    share = Project.objects.values_list("control_share", flat=True).get(pk=project.pk)
    if share_before == share:
        return ""
    drawn = project.dossiers.live().filter(is_control=True).count()
    total = project.dossiers.live().count()
    # A dossier in which work has begun keeps its lot.
    kept = sum(
        1 for row in project.dossiers.live().filter(pk__in=begun(project)) if row.is_control != is_drawn(row, share)
    )
    sentence = f" {drawn} of {total} dossiers are in the control part"
    return (
        f"{sentence}; {kept} that were begun stay{'s' if kept == 1 else ''} as they were." if kept else f"{sentence}."
    )


def overtaken(form, error, current):
    """Return what a page needs to show both versions: the sentence, and (field, what stands now) where they differ.

    The form keeps what this person wrote and learns the present version, so that sending it again is a choice.
    """
    keep_theirs(form, current, error.merge)
    fields = [(form[name], getattr(current, name)) for name in error.attempted]
    return {
        "sentence": str(error),
        "theirs": [(field.label, value) for field, value in fields if str(field.value() or "") != str(value)],
    }


# Dossiers.


@require_http_methods(["GET", "POST"])
def dossier_new(request, slug):
    project = get_project(request.user, slug)
    require(request.user, "change_dossier", project)
    form = DossierForm(request.POST if request.method == "POST" else None)
    offered = offered_documents(project, homeless_first=True)
    places = PlaceFormSet(
        request.POST if request.method == "POST" else None,
        prefix="places",
        initial=[{"document": document.pk, "side": ""} for document in offered],
    )
    if form.is_valid() and check_places(places, project, form):
        title, asked = form.cleaned_data["title"], chosen(places)
        outcome = done_once(request, lambda: open_dossier(request.user, project, title, asked), form)
        if outcome:
            return redirect("workspace" if asked else "dossier_edit", outcome["uuid"])
    context = {
        "project": project,
        "form": form,
        "places": named(places, project),
        "management": places.management_form,
        "request_id": new_id(),
        "has_more": project.documents.live().count() > len(offered),
    }
    return render(request, "projects/dossier_new.html", context, status=422 if form.errors else 200)


def open_dossier(user, project, title, places):
    with Act(actor=user, project=project) as act:
        return {"uuid": str(start_dossier(act, title, places).pk)}


def offered_documents(project, *, query="", leave_out=(), homeless_first=False):
    """Return a handful of the project's documents to choose from, newest first, without their texts."""
    documents = project.documents.live().without_loading_text().exclude(pk__in=leave_out)
    if query:
        documents = documents.filter(title__icontains=query)
    if homeless_first:
        placed = DossierDocument.objects.filter(document=OuterRef("pk"), dossier__deleted_at=None)
        documents = documents.annotate(is_placed=Exists(placed)).order_by("is_placed", "-created_at", "uuid")
    else:
        documents = documents.order_by("-created_at", "uuid")
    return list(documents[:DOCUMENTS_OFFERED])


def check_places(places, project, form):
    """Whether every place is well-formed and names a document of this project; what is not is said on ``form``."""
    if not places.is_valid():
        form.add_error(None, "The list of documents could not be read; reload the page and try again.")
        return False
    asked = [place["document"] for place in places.cleaned_data if place.get("document")]
    known = set(project.documents.live().filter(pk__in=asked).values_list("pk", flat=True))
    if len(asked) != len(set(asked)) or set(asked) - known:
        form.add_error(None, "A document in this list is not in the project any more; reload the page.")
        return False
    return True


def chosen(places):
    """Return [(document uuid, side)] in the order the person gave, without documents left out."""
    rows = [place for place in places.cleaned_data if place.get("document") and place["side"]]
    rows.sort(key=lambda place: place["ORDER"] or len(rows) + 1)
    return [(place["document"], place["side"]) for place in rows]


def named(places, project):
    """Return the forms of ``places`` with the document each is about, in one query."""
    forms = [(form, form["document"].value()) for form in places.forms]
    wanted = [value for _, value in forms if is_uuid(value)]
    documents = {
        str(document.pk): document for document in project.documents.without_loading_text().filter(pk__in=wanted)
    }
    return [(form, documents[str(value)]) for form, value in forms if str(value) in documents]


def is_uuid(value):
    field = Document._meta.pk
    try:
        return field.to_python(value) is not None
    except ValidationError:
        return False


@require_http_methods(["GET", "POST"])
def dossier_edit(request, pk):
    dossier = get_dossier(request.user, pk)
    project = dossier.project
    require(request.user, "change_dossier", project)
    is_sent = request.method == "POST"
    form = DossierForm(
        request.POST if is_sent else None, instance=dossier, initial={"version": dossier.version}, auto_id="id_%s"
    )
    rows = list(dossier.places.values("document", "side"))
    places = PlaceFormSet(request.POST if is_sent else None, prefix="places", initial=rows)
    context, status = {}, 200
    if form.is_valid() and check_places(places, project, form):
        fresh, seen = get_dossier(request.user, pk), form.cleaned_data["version"]
        values = form.cleaned_data["title"], chosen(places)
        try:
            if done_once(request, lambda: change_dossier(request.user, fresh, seen, *values), form):
                messages.success(request, "The dossier is saved.")
                return redirect("dossier_edit", pk)
        except StaleWrite as error:
            context["stale"], status = overtaken(form, error, get_dossier(request.user, pk)), 409
    return show_dossier_edit(
        request, get_dossier(request.user, pk), form, places, status=422 if form.errors else status, **context
    )


def show_dossier_edit(request, dossier, form, places, *, status=200, **context):
    query = request.GET.get("q", "").strip()[:200]
    held = list(dossier.places.values_list("document", flat=True))
    context.update(
        project=dossier.project,
        dossier=dossier,
        form=form,
        places=named(places, dossier.project),
        management=places.management_form,
        query=query,
        offered=offered_documents(dossier.project, query=query, leave_out=held),
        sides=AddPlaceForm.base_fields["side"].choices,
        request_id=new_id(),
    )
    return render(request, "projects/dossier_edit.html", context, status=status)


def change_dossier(user, dossier, seen, title, places):
    with Act(actor=user, project=dossier.project) as act:
        return {"version": save_dossier(act, dossier, seen=seen, title=title, places=places).version}


@require_POST
def dossier_add_document(request, pk):
    """Put one more document of the project into the dossier, after the others."""
    dossier = get_dossier(request.user, pk)
    require(request.user, "change_dossier", dossier.project)
    form = AddPlaceForm(request.POST)
    if form.is_valid():
        document = get_object_or_404(dossier.project.documents.live(), pk=form.cleaned_data["document"])
        deed = save_dossier_with(request.user, dossier, form.cleaned_data, document)
        try:
            if done_once(request, deed, form):
                messages.success(request, f"“{document.title}” is in the dossier.")
                return redirect("dossier_edit", pk)
        except StaleWrite as error:
            form.add_error(None, f"{error} Look at the list and add it again if it is still missing.")
            return show_fresh_edit(request, pk, form, 409)
    return show_fresh_edit(request, pk, form, 422)


def save_dossier_with(user, dossier, values, document):
    def deed():
        places = [*dossier.places.values_list("document", "side"), (document.pk, values["side"])]
        return change_dossier(user, dossier, values["version"], dossier.title, places)

    return deed


def show_fresh_edit(request, pk, refused, status):
    """Show the edit page as the dossier stands, with what was wrong with ``refused``."""
    dossier = get_dossier(request.user, pk)
    form = DossierForm(instance=dossier, initial={"version": dossier.version})
    places = PlaceFormSet(prefix="places", initial=list(dossier.places.values("document", "side")))
    return show_dossier_edit(request, dossier, form, places, status=status, refused=refusals(refused))


# People.


def show_members(request, project, *, status=200, **context):
    """Render the page of people; ``context`` may bring a filled-in form or the link of a new invitation."""
    memberships = project.memberships.select_related("user").order_by("pk")
    invitations = project.invitations.filter(used_at=None).select_related("created_by").order_by("-created_at")
    context = {
        "project": project,
        "tab": "members",
        "memberships": memberships,
        "invitations": invitations if may(request.user, "manage_members", project) else [],
        "roles": Role.choices,
        "is_owner": may(request.user, "manage_members", project),
        "form": InvitationForm(initial={"role": Role.ANNOTATOR}),
        "request_id": new_id(),
        **context,
    }
    return render(request, "projects/members.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def members(request, slug):
    """List the people of a project; a POST invites one more and shows the link, this once."""
    project = get_project(request.user, slug)
    if request.method == "GET":
        return show_members(request, project)
    require(request.user, "manage_members", project)
    form = InvitationForm(request.POST)
    secrets = {}

    def deed():
        invited, secret = Invitation.make(project, created_by=request.user, **form.cleaned_data)
        secrets[str(invited.pk)] = secret
        return {"uuid": str(invited.pk)}

    outcome = form.is_valid() and done_once(request, deed, form)
    if not outcome:
        return show_members(request, project, form=form, status=422)
    # By the id: the same form sent twice at once makes two, of which one is stored.
    secret = secrets.get(outcome["uuid"])
    if secret is None:
        messages.warning(request, "That invitation was made and shown already; withdraw it and make another if lost.")
        return redirect("members", slug)
    link = request.build_absolute_uri(reverse("invitation", args=[secret]))
    return show_members(request, project, link=link, invited=form.cleaned_data)


def owned(request, slug):
    project = get_project(request.user, slug)
    require(request.user, "manage_members", project)
    return project


@require_POST
def member_role(request, slug, user):
    project = owned(request, slug)
    membership = get_object_or_404(project.memberships.select_related("user"), user=user)
    form = RoleForm(request.POST)
    role = form.cleaned_data["role"] if form.is_valid() else ""
    if role and done_once(request, lambda: {"role": give_role(membership, role)}, form):
        messages.success(request, f"{membership.user} is {role} from now on.")
        return redirect("members", slug)
    return show_members(request, project, refused=refusals(form), status=422)


@require_POST
def member_remove(request, slug, user):
    project = owned(request, slug)
    form = forms.Form(request.POST)
    membership = project.memberships.select_related("user").filter(user=user).first()
    if membership is None:
        # Removed a moment ago, by this very click sent twice or by another owner.
        return redirect("members", slug)
    if done_once(request, lambda: {"role": give_role(membership, None)}, form):
        messages.success(request, f"{membership.user} is no longer a member; what they annotated stays.")
        return redirect("members", slug) if membership.user_id != request.user.pk else redirect("home")
    return show_members(request, project, refused=refusals(form), status=422)


def refusals(form):
    return [message for errors in form.errors.values() for message in errors]


@require_POST
def invitation_withdraw(request, slug, pk):
    project = owned(request, slug)
    project.invitations.filter(pk=pk, used_at=None).delete()
    messages.success(request, "The invitation is withdrawn; its link opens nothing any more.")
    return redirect("members", slug)


urlpatterns = [
    path("", home, name="home"),
    # Not projects/new/, which is the address of a project called “new”.
    path("projects/", project_new, name="project_new"),
    path("projects/<slug:slug>/", project_detail, name="project_detail"),
    path("projects/<slug:slug>/settings/", project_settings, name="project_settings"),
    path("projects/<slug:slug>/dossiers/", dossier_new, name="dossier_new"),
    path("projects/<slug:slug>/people/", members, name="members"),
    path("projects/<slug:slug>/people/<uuid:user>/role/", member_role, name="member_role"),
    path("projects/<slug:slug>/people/<uuid:user>/remove/", member_remove, name="member_remove"),
    path(
        "projects/<slug:slug>/people/invitations/<uuid:pk>/withdraw/", invitation_withdraw, name="invitation_withdraw"
    ),
    path("dossiers/<uuid:pk>/edit/", dossier_edit, name="dossier_edit"),
    path("dossiers/<uuid:pk>/documents/", dossier_add_document, name="dossier_add_document"),
]
