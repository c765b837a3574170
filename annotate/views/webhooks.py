"""Addresses that are told of what happens in a project: for its owners."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from annotate.access import get_project, require
from annotate.requests import new_id
from annotate.views.projects import done_once
from annotate.webhook_forms import WebhookForm
from annotate.webhooks import send_again
from claims.models import Delivery, Webhook

SHOWN = 20
MOST = 20


def owned(request, slug):
    project = get_project(request.user, slug)
    require(request.user, "change_settings", project)
    return project


@never_cache
@require_http_methods(["GET", "POST"])
def webhook_list(request, slug):
    """List the addresses; a POST adds one and shows its secret, this once."""
    project = owned(request, slug)
    form = WebhookForm(request.POST if request.method == "POST" else None)
    made = {}

    def deed():
        if project.webhooks.count() >= MOST:
            form.add_error(None, f"A project tells at most {MOST} addresses.")
            return {}
        secret = made["secret"] = Webhook.make_secret()
        row = Webhook.objects.create(project=project, created_by=request.user, secret=secret, **form.cleaned_data)
        return {"uuid": str(row.pk)}

    if form.is_valid() and done_once(request, deed, form) and not made:
        messages.warning(
            request, "That address was added and its secret shown already; delete it and add it again if lost."
        )
        return redirect("webhook_list", slug)
    return show(request, project, WebhookForm() if made else form, secret=made.get("secret"))


def show(request, project, form, **context):
    deliveries = Delivery.objects.filter(webhook__project=project).select_related("webhook")[:SHOWN]
    context |= {
        "project": project,
        "tab": "webhooks",
        "webhooks": project.webhooks.all(),
        "deliveries": deliveries,
        "form": form,
        "request_id": new_id(),
    }
    return render(request, "projects/webhooks.html", context, status=422 if form.errors else 200)


@require_POST
def webhook_switch(request, slug, pk):
    """Switch an address off, or on again; what waits is sent when it is on."""
    project = owned(request, slug)
    with transaction.atomic():
        row = get_object_or_404(project.webhooks.select_for_update(), pk=pk)
        row.is_active = "on" in request.POST
        row.save(update_fields=["is_active"])
    return redirect("webhook_list", slug)


@require_POST
def webhook_delete(request, slug, pk):
    project = owned(request, slug)
    project.webhooks.filter(pk=pk).delete()
    messages.success(request, "The address is told nothing any more.")
    return redirect("webhook_list", slug)


@require_POST
def delivery_again(request, slug, pk):
    """Send a message once more, with the next round of the worker."""
    project = owned(request, slug)
    row = get_object_or_404(Delivery.objects.filter(webhook__project=project), pk=pk)
    send_again(row)
    return redirect("webhook_list", slug)


urlpatterns = [
    path("projects/<slug:slug>/webhooks/", webhook_list, name="webhook_list"),
    path("projects/<slug:slug>/webhooks/<uuid:pk>/switch/", webhook_switch, name="webhook_switch"),
    path("projects/<slug:slug>/webhooks/<uuid:pk>/delete/", webhook_delete, name="webhook_delete"),
    path("projects/<slug:slug>/webhooks/deliveries/<uuid:pk>/again/", delivery_again, name="delivery_again"),
]
