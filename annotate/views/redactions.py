"""Sensitive stretches of a document: marking them, and taking a mark away."""

from django import forms
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.views.decorators.http import require_POST

from annotate.access import get_document, require
from annotate.htmx import render_part
from annotate.views.documents import edit_form, show_document, shown_redactions
from annotate.views.projects import done_once, refusals
from claims.errors import StaleWrite
from claims.models import Act, Redaction
from claims.redacting import redact


class RedactionForm(forms.Form):
    # Not stripped here: what is looked for is told as it was written.
    words = forms.CharField(max_length=1000, error_messages={"required": "Write the words to mark."})
    reason = forms.CharField(max_length=1000, required=False)


class UnmarkForm(forms.Form):
    version = forms.IntegerField()


@require_POST
def document_redact(request, pk):
    """Mark words wherever they stand in the document."""
    document = get_document(request.user, pk)
    require(request.user, "change_document", document.project)
    form = RedactionForm(request.POST)

    def deed():
        with Act(actor=request.user, project=document.project) as act:
            rows = redact(act, document, form.cleaned_data["words"], reason=form.cleaned_data["reason"])
        return {"marked": len(rows)}

    outcome = done_once(request, deed, form) if form.is_valid() else None
    return show(request, pk, form, marked=outcome["marked"] if outcome else 0)


@require_POST
def document_unmark(request, pk, redaction):
    document = get_document(request.user, pk)
    require(request.user, "change_document", document.project)
    row = get_object_or_404(Redaction.objects.live().filter(document=document), pk=redaction)
    form = UnmarkForm(request.POST)

    def deed():
        verb = f"unmark a sensitive stretch in {document.title}"
        with Act(actor=request.user, project=document.project, verb=verb) as act:
            act.delete(row, seen=form.cleaned_data["version"])
        return {}

    try:
        if form.is_valid():
            done_once(request, deed, form)
    except StaleWrite:
        form.add_error(None, "Somebody else changed that mark first; this is how it stands.")
    return show(request, pk, form)


def show(request, pk, form, *, marked=0):
    """Answer with the panel, or the whole page where there is no JavaScript; a refusal keeps what was written."""
    status = 422 if form.errors else 200
    if not request.htmx and status == 200:
        return redirect("document_detail", pk)
    document = get_document(request.user, pk)
    told = {"refused_redaction": " ".join(refusals(form)), "marked": marked}
    told["written"] = form.data if form.errors else {}
    if request.htmx:
        context = {"document": document, "may_change": True, **shown_redactions(document), **told}
        return render_part(request, "documents/document_detail.html", "redactions", context, status=status)
    return show_document(request, document, edit_form(document), may_change=True, status=status, **told)


urlpatterns = [
    path("documents/<uuid:pk>/redactions/", document_redact, name="document_redact"),
    path("documents/<uuid:pk>/redactions/<uuid:redaction>/remove/", document_unmark, name="document_unmark"),
]
