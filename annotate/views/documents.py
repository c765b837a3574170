"""A project's documents: the list, ways of adding to it, and what is known of each."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.functional import cached_property
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate import bringing, runs
from annotate.access import get_document, get_project, has_reading, require
from annotate.conflicts import keep_theirs, meanwhile
from annotate.corpus_forms import CorpusForm
from annotate.document_forms import EditForm, ExclusionForm, PasteForm, UploadForm, WorkForm
from annotate.htmx import render_part
from annotate.pipeline import propose_exclusions
from annotate.requests import OtherBody, new_id, once
from claims import annotating
from claims.control import draw
from claims.errors import RejoinderError, StaleWrite
from claims.merging import Merging
from claims.models import Act, Actor, Document, Dossier, DossierDocument, Exclusion, Redaction, Run
from claims.policy import may

DOCUMENTS_A_PAGE = 50
ACTORS_OFFERED = 300
BEGINNING = 1200  # characters of a text that its page shows


# The list


class NewestFirst(Paginator):
    """Pages of documents, newest first; a page of the older half is counted from the other end, where it is near."""

    @cached_property
    def count(self):
        return self.object_list.order_by().count()

    def page(self, number):
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        # Keys alone, which the index holds; the rows of these few are fetched by them.
        keys = self.object_list.values_list("pk", flat=True)
        if first > self.count // 2:
            keys = list(keys.order_by("created_at", "uuid")[self.count - last : self.count - first])[::-1]
        else:
            keys = list(keys.order_by("-created_at", "-uuid")[first:last])
        rows = {row.pk: row for row in listed(keys)}
        return self._get_page([rows[key] for key in keys if key in rows], number, self)


def listed(keys):
    """Return documents with what a list shows of them, their texts left where they are; costs two queries."""
    rows = Document.objects.filter(pk__in=keys).select_related("publisher")
    rows = list(
        rows.only("title", "kind", "sha256", "length", "published_on", "tagged_by", "edition_of", "publisher__name")
    )
    places = DossierDocument.objects.filter(document__in=keys, dossier__deleted_at=None).select_related("dossier")
    shown = {}
    for place in places.only("document", "dossier__title"):
        shown.setdefault(place.document_id, []).append(place.dossier)
    for row in rows:
        row.dossiers = shown.get(row.pk, [])
    return rows


@require_safe
def document_list(request, slug):
    project = get_project(request.user, slug)
    query = request.GET.get("q", "").strip()[:200]
    documents = Document.objects.live().filter(project=project)
    if query:
        documents = documents.filter(title__icontains=query)
    page = NewestFirst(documents, DOCUMENTS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "project": project,
        "tab": "documents",
        "page": page,
        "query": query,
        "may_add": may(request.user, "add_document", project),
        "may_open": has_reading(request.user, project),
    }
    return render(request, "documents/document_list.html", context)


# Adding

WAYS = {"upload": UploadForm, "paste": PasteForm, "work": WorkForm, "corpus": CorpusForm}


@require_http_methods(["GET", "POST"])
def document_add(request, slug):
    """Upload files, paste a text, name a work that is cited without its text, or look at a whole corpus."""
    project = get_project(request.user, slug)
    require(request.user, "add_document", project)
    chosen = request.POST.get("way") if request.method == "POST" else request.GET.get("way")
    chosen = chosen if chosen in WAYS else "upload"
    dossier = request.GET.get("dossier", "")
    forms = {way: form(prefix=way, project=project, dossier=dossier) for way, form in WAYS.items()}
    context = {"status": 200}
    if request.method == "POST":
        form = WAYS[chosen](request.POST, request.FILES, prefix=chosen, project=project, dossier=dossier)
        forms[chosen] = form
        if form.is_valid():
            answer = ADD[chosen](request, project, form, context)
            if answer is not None:
                return answer
        context["status"] = 422
    context |= {
        "project": project,
        "tab": "documents",
        "ways": forms,
        "chosen": chosen,
        "actors": names_offered(request.user, project),
        "request_ids": {way: new_id() for way in WAYS},
    }
    return render(request, "documents/document_add.html", context, status=context.pop("status"))


class AlreadyHere(RejoinderError):
    """The project has this text as ``document``."""

    def __init__(self, document):
        super().__init__(f"This text is already here as “{document}”.")
        self.document = document


def attempt(request, deed, form):
    """Do ``deed`` once for this request and return its outcome, or None where ``form`` now says why it was refused."""
    try:
        return once(request, deed)
    except OtherBody as error:
        form.add_error(None, str(error))
    except ValidationError as error:
        form.add_error(None, error.messages)
    return None


def add_uploads(request, project, form, context):
    uploads = runs.keep_files([(file.name, file) for file in form.cleaned_data["files"]])
    if len(uploads) == 1 and runs.holds_corpus(uploads[0]):
        return look_at(request, project, form, uploads[0])

    def deed():
        placing = form.placing()
        run = runs.start_import(
            project,
            request.user,
            uploads,
            again=form.cleaned_data["again"],
            fields={**form.values(), "publisher": form.cleaned_data["publisher"]},
            **{**placing, "dossier": chosen_dossier(project, placing)},
        )
        return {"run": str(runs.enqueue(run).pk)}

    return started(request, deed, form, uploads)


def started(request, deed, form, uploads):
    """Do ``deed``, which starts a run with ``uploads``, and go to its page; None where it was refused."""
    outcome = attempt(request, deed, form)
    paths = [upload.path for upload in uploads]
    if outcome is None or not Run.objects.filter(pk=outcome["run"], items__file__in=paths).exists():
        # Refused, or sent twice: the run of the first time has files of its own.
        runs.drop_files(uploads)
    return outcome and redirect("run_detail", outcome["run"])


def add_corpus(request, project, form, context):
    file = form.cleaned_data["file"]
    (upload,) = runs.keep_files([(file.name, file)])
    if upload.refused:
        form.add_error("file", upload.refused)
        return None
    return look_at(request, project, form, upload, format=form.cleaned_data["format"])


def look_at(request, project, form, upload, *, format=""):
    """Have a corpus looked at, and go where it is shown what it would become."""
    layers = bringing.layers_for(request.user, project)
    # A project without a document yet is what it is most likely meant for.
    into = str(layers[0].pk) if layers and not project.documents.live().exists() else ""

    def deed():
        run = runs.start_look(project, request.user, upload, format=format, into=into)
        return {"run": str(runs.enqueue(run).pk)}

    return started(request, deed, form, [upload])


def chosen_dossier(project, placing):
    return placing["dossier"] and get_object_or_404(project.dossiers.live(), pk=placing["dossier"])


def add_paste(request, project, form, context):
    document = Document(project=project, **form.values())
    document.set_text(form.cleaned_data["text"])
    document.title = document.title or runs.title_of(document.text, "")
    proposed = propose_exclusions(document.text)
    try:
        return add_one(request, project, form, document, proposed=proposed, again=form.cleaned_data["again"])
    except AlreadyHere as error:
        context["known"] = error.document
        form.add_error("text", str(error))
        form.data = form.data.copy()
        form.data["paste-again"] = "on"
        return None


def add_work(request, project, form, context):
    return add_one(request, project, form, Document(project=project, **form.values()))


def add_one(request, project, form, document, *, proposed=(), again=True):
    """Store one document with its place, have it read ahead, and go to its page.

    Raises AlreadyHere, from within the deed so that the same request sent twice gets the answer of the first.
    """

    def deed():
        placing = form.placing()
        known = None if again else runs.already_here(document)
        if known is not None:
            raise AlreadyHere(known)
        runs.add_document(document, actor=request.user, publisher=form.cleaned_data["publisher"], proposed=proposed)
        dossier = chosen_dossier(project, placing)
        if dossier is None and placing["dossier_title"] is not None:
            with Act(actor=request.user, project=project, verb=f"open {document.title}") as act:
                dossier = act.create(draw(Dossier(project=project, title=document.title)))
        if dossier is not None:
            runs.give_place(dossier, document, side=placing["side"])
        if not document.is_cited_work:
            runs.read_again(document, request.user)
        return {"document": str(document.pk)}

    outcome = attempt(request, deed, form)
    return outcome and redirect("document_detail", outcome["document"])


ADD = {"upload": add_uploads, "paste": add_paste, "work": add_work, "corpus": add_corpus}


# One document


@require_http_methods(["GET", "POST"])
def document_detail(request, pk):
    document = get_document(request.user, pk)
    if request.method == "GET" and request.htmx and request.GET.get("part") == "reading":
        context = {**reading_state(document), "may_change": may(request.user, "change_document", document.project)}
        return render_part(request, "documents/document_detail.html", "reading", context)
    may_change = may(request.user, "change_document", document.project)
    form = edit_form(document)
    context, status, merging = {}, 200, Merging()
    if request.method == "POST":
        require(request.user, "change_document", document.project)
        form = EditForm(request.POST, instance=get_document(request.user, pk), initial={"publisher": name_of(document)})
        if form.is_valid():
            try:
                outcome = attempt(request, lambda: save_provenance(request.user, document, form, merging), form)
            except StaleWrite as error:
                context["stale"], status = overtaken(form, error, get_document(request.user, pk)), 409
            else:
                if outcome is not None:
                    told = meanwhile(merging)
                    messages.success(request, f"Saved; {told}." if told else "Saved.")
                    return redirect("document_detail", pk)
        status = 422 if form.errors else status
        document = get_document(request.user, pk)
    return show_document(request, document, form, may_change=may_change, status=status, **context)


def names_offered(user, project):
    return Actor.objects.visible_to(user).filter(project=project).values_list("name", flat=True)[:ACTORS_OFFERED]


def name_of(document):
    return document.publisher.name if document.publisher_id else ""


def edit_form(document):
    return EditForm(instance=document, initial={"publisher": name_of(document), "version": document.version})


def show_document(request, document, form, *, may_change, status=200, refused="", **context):
    dossiers = document.places.filter(dossier__deleted_at=None).select_related("dossier")
    context |= {
        "project": document.project,
        "tab": "documents",
        "document": document,
        "form": form,
        "may_change": may_change,
        "may_open": has_reading(request.user, document.project),
        "places": dossiers,
        "editions": document.editions.live().without_loading_text(),
        "beginning": (document.text or "")[:BEGINNING],
        "actors": names_offered(request.user, document.project),
        **shown_exclusions(document, may_change=may_change, refused=refused),
        **shown_redactions(document),
        **reading_state(document),
        "request_id": new_id(),
    }
    return render(request, "documents/document_detail.html", context, status=status)


def reading_state(document):
    """Return what the page says of reading ahead: whether it is about to happen, and what was seen."""
    runs_of_it = Run.objects.filter(kind=Run.Kind.TAG, items__document=document)
    latest = runs_of_it.order_by("-created_at").first()
    if latest is not None and not latest.is_over:
        runs.reap(Run.objects.filter(pk=latest.pk))
    item = latest and latest.is_over and latest.items.filter(document=document).first()
    return {
        "document": document,
        "reading_run": latest if latest and not latest.is_over else None,
        "reading_note": item.message if item else "",
        "counts": {
            "mentions": document.mentions.filter(layer=None).count(),
            "suggestions": document.suggestions.filter(layer=None).count(),
        },
        "request_id": new_id(),
    }


def save_provenance(user, document, form, merging):
    """Store what the person wrote; raises StaleWrite where somebody else has changed the same fields meanwhile."""
    with Act(actor=user, project=document.project, verb=f"describe {document.title}", merging=merging) as act:
        publisher = annotating.actor_named(act, form.cleaned_data["publisher"])
        values = {**form.values(), "publisher": publisher}
        annotating.change(act, document, seen=form.cleaned_data["version"], **values)
    return {"version": document.version}


def overtaken(form, error, current):
    """Return what the page needs to show both versions; the form keeps what was written and learns the present version."""
    keep_theirs(form, current, error.merge)
    theirs = [(form[name], getattr(current, name)) for name in error.attempted]
    return {
        "sentence": str(error),
        "theirs": [
            (field.label, "" if value is None else value)
            for field, value in theirs
            if str(field.value() or "") != str("" if value is None else value)
        ],
    }


# Stretches that are not the story


def shown_exclusions(document, *, may_change, refused=""):
    rows = list(Exclusion.objects.live().filter(document=document))
    return {
        "document": document,
        "exclusions": rows,
        "proposed_count": sum(row.state == Exclusion.State.PROPOSED for row in rows),
        "may_change": may_change,
        "refused": refused,
        "request_id": new_id(),
    }


@require_POST
def document_exclusion(request, pk, exclusion):
    """Leave a stretch out, or keep it as part of the story."""
    document = get_document(request.user, pk)
    require(request.user, "change_document", document.project)
    row = get_object_or_404(Exclusion.objects.live().filter(document=document), pk=exclusion)
    form = ExclusionForm(request.POST)
    refused, status = "", 200
    if form.is_valid():
        seen, state = form.cleaned_data["version"], form.cleaned_data["state"]
        try:
            attempt(
                request, lambda: {"version": runs.decide_exclusion(request.user, row, seen=seen, state=state)}, form
            )
        except StaleWrite:
            refused, status = "Somebody else decided on that stretch first; this is how it stands.", 409
    if form.errors:
        refused, status = " ".join(sentence for told in form.errors.values() for sentence in told), 422
    if not request.htmx and status == 200:
        return redirect("document_detail", pk)
    fresh = get_document(request.user, pk)
    if request.htmx:
        context = shown_exclusions(fresh, may_change=True, refused=refused)
        return render_part(request, "documents/document_detail.html", "exclusions", context, status=status)
    return show_document(request, fresh, edit_form(fresh), may_change=True, status=status, refused=refused)


def shown_redactions(document):
    """Return what the page says of sensitive stretches, each with a little of what stands around it."""
    return {"redactions": Redaction.objects.live().filter(document=document), "request_id": new_id()}


@require_POST
def document_read_again(request, pk):
    """Read a document ahead once more; what people decided on stays."""
    document = get_document(request.user, pk)
    require(request.user, "change_document", document.project)
    if document.is_cited_work:
        messages.error(request, "A cited work has no text to read.")
        return redirect("document_detail", pk)

    def deed():
        runs.read_again(document, request.user)
        return {"document": str(document.pk)}

    try:
        once(request, deed)
    except OtherBody as error:
        messages.error(request, str(error))
    return redirect("document_detail", pk)


urlpatterns = [
    path("projects/<slug:slug>/documents/", document_list, name="document_list"),
    path("projects/<slug:slug>/documents/add/", document_add, name="document_add"),
    path("documents/<uuid:pk>/", document_detail, name="document_detail"),
    path("documents/<uuid:pk>/exclusions/<uuid:exclusion>/", document_exclusion, name="document_exclusion"),
    path("documents/<uuid:pk>/read-again/", document_read_again, name="document_read_again"),
]
