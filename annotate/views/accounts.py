"""Coming in and going out, one's own account, and what tells a machine that the server is well."""

import sqlite3

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate.forms import JoinForm, KeysForm, NameForm, SignInForm, TokenForm
from annotate.keys import keys_of
from annotate.requests import OtherBody, new_id, once
from annotate.sqlite import MANY_WRITERS_SAFE, is_safe_for_many_writers
from claims import triggers
from claims.models import ApiToken, Invitation, SignInLink
from claims.models.people import digest


def next_page(request):
    """Return where to go after signing in: the asked-for page of this server, else the start."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if is_ours else reverse("home")


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request):
    where = next_page(request)
    if request.user.is_authenticated:
        return redirect(where)
    form = SignInForm(request, data=request.POST if request.method == "POST" else None)
    if form.is_valid():
        login(request, form.get_user())
        return redirect(where)
    return render(request, "accounts/sign_in.html", {"form": form, "next": where}, status=422 if form.errors else 200)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_link(request, secret):
    """Sign in by a link that works once; opening it does nothing yet, since previews and mail filters open links."""
    if request.method == "POST":
        user = SignInLink.use(secret)
        if user is not None:
            login(request, user)
            return redirect(next_page(request))
    link = SignInLink.objects.filter(digest=digest(secret), used_at=None, expires_at__gt=timezone.now()).first()
    context = {"link": link, "next": next_page(request)}
    return render(request, "accounts/sign_in_link.html", context, status=200 if link else 410)


@require_POST
def sign_out(request):
    logout(request)
    return redirect("sign_in")


@login_not_required
@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
def invitation(request, secret):
    """Become a member of a project: with the account one is signed in to, or with a new one."""
    invited = get_object_or_404(Invitation.objects.select_related("project", "created_by"), digest=digest(secret))
    if Invitation.open_for(secret) is None or invited.project.deleted_at:
        return render(request, "accounts/invitation_closed.html", {"invitation": invited}, status=410)
    if request.user.is_authenticated:
        if request.method == "POST":
            return accept(request, invited, request.user)
        return render(request, "accounts/invitation.html", {"invitation": invited})
    form = JoinForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return accept(request, invited, form)
    context = {"invitation": invited, "form": form}
    return render(request, "accounts/invitation.html", context, status=422 if form.errors else 200)


class Taken(Exception):
    """Somebody used the invitation while this person was filling in the form."""


def accept(request, invited, who):
    """Let in ``who``, a user or the form of a new one; both or neither of account and membership are stored."""
    try:
        with transaction.atomic():
            user = who.save() if isinstance(who, JoinForm) else who
            if not invited.accept(user):
                raise Taken
    except Taken:
        invited.refresh_from_db()
        return render(request, "accounts/invitation_closed.html", {"invitation": invited}, status=410)
    if user != request.user:
        login(request, user)
    messages.success(request, f"You are a member of {invited.project} as {invited.role}.")
    return redirect("project_detail", invited.project.slug)


# One's own account: every section of the page is a form with an address of its own.


def show_account(request, *, status=200, **forms):
    """Render the account page, with ``forms`` in place of fresh ones."""
    user = request.user
    context = {
        "name_form": NameForm(instance=user),
        "password_form": password_form(user),
        "token_form": TokenForm(),
        "keys_form": KeysForm(keys=keys_of(user), prefix="key"),
        "tokens": user.api_tokens.order_by("created_at"),
        "memberships": user.memberships.filter(project__deleted_at=None).select_related("project").order_by("pk"),
        "request_id": new_id(),
        **forms,
    }
    return render(request, "accounts/account.html", context, status=status)


def password_form(user, data=None):
    """Ask for the old password only where there is one; who came by a link may have none."""
    form = (PasswordChangeForm if user.has_usable_password() else SetPasswordForm)(user, data, label_suffix="")
    form.fields["new_password1"].help_text = "At least eight characters; not your name, not a common word."
    form.fields["new_password2"].label = "The same password again"
    form.fields["new_password2"].help_text = ""
    # Neither field is where this page begins.
    for field in form.fields.values():
        field.widget.attrs.pop("autofocus", None)
    return form


def done_once(request, deed, form):
    """Do ``deed`` once for this request and say whether it is done; if it was refused, ``form`` says why."""
    try:
        once(request, lambda: deed() or {})
    except OtherBody as error:
        form.add_error(None, str(error))
        return False
    return True


@never_cache
@require_http_methods(["GET", "POST"])
def account(request):
    if request.method == "GET":
        return show_account(request)
    form = NameForm(request.POST, instance=request.user)
    if not form.is_valid() or not done_once(request, lambda: save_name(form), form):
        # The header shows the person, not what they were about to become.
        request.user.refresh_from_db(fields=["name"])
        return show_account(request, name_form=form, status=422)
    messages.success(request, "Your name is saved.")
    return redirect("account")


def save_name(form):
    form.save()


@require_POST
@sensitive_post_parameters()
def account_password(request):
    form = password_form(request.user, request.POST)
    if not form.is_valid():
        return show_account(request, password_form=form, status=422)
    # Not kept by its id as other deeds are: the digest of what was sent would be a quick hash of the password.
    form.save()
    update_session_auth_hash(request, form.user)
    messages.success(request, "Your password is changed; other browsers have been signed out.")
    return redirect("account")


@require_POST
def account_keys(request):
    form = KeysForm(request.POST, keys=keys_of(request.user), prefix="key")
    if not form.is_valid() or not done_once(request, lambda: save_keys(request.user, form.cleaned_data), form):
        return show_account(request, keys_form=form, status=422)
    messages.success(request, "Your keys are saved.")
    return redirect("account")


def save_keys(user, keys):
    user.keys = keys
    user.save(update_fields=["keys"])


@never_cache
@require_POST
def token_new(request):
    """Make a key for a program and show it, this once: neither the page sent again nor the database has it."""
    form = TokenForm(request.POST)
    shown = {}

    def deed():
        shown["secret"] = ApiToken.make(request.user, name=form.cleaned_data["name"])

    if not form.is_valid() or not done_once(request, deed, form):
        return show_account(request, token_form=form, status=422)
    if not shown:
        messages.warning(request, "That token was made and shown already; delete it and make another if it is lost.")
        return redirect("account")
    return show_account(request, secret=shown["secret"], secret_name=form.cleaned_data["name"])


@require_POST
def token_delete(request, pk):
    request.user.api_tokens.filter(pk=pk).delete()
    messages.success(request, "The token is deleted; programs that used it are shut out.")
    return redirect("account")


# For machines.


@login_not_required
@never_cache
@require_safe
def livez(request):
    """Say that this process answers; nothing else is asked, so that a slow database restarts no web server."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request):
    """Say whether requests can be served, and what is missing: 200 or 503, with one line a check."""
    try:
        checks = {
            "database": "ok",
            "migrations": unapplied_migrations(),
            "triggers": ", ".join(sorted(triggers.missing(connection))) or "ok",
            "sqlite": sqlite_writers(many=request.META.get("wsgi.multiprocess", False)),
        }
    except DatabaseError as error:
        checks = {"database": str(error).strip().splitlines()[0]}
    is_ready = all(found == "ok" for found in checks.values())
    return JsonResponse({"ready": is_ready, "checks": checks}, status=200 if is_ready else 503)


def unapplied_migrations():
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in plan) or "ok"


def sqlite_writers(*, many):
    """Say whether this SQLite may be written by as many processes as write here."""
    is_alone = not many and settings.TASK_QUEUE == "immediate"
    if connection.vendor != "sqlite" or is_alone or is_safe_for_many_writers(sqlite3.sqlite_version_info):
        return "ok"
    return (
        f"SQLite {sqlite3.sqlite_version} can lose commits when several processes write; use {MANY_WRITERS_SAFE} "
        "or later, or one web process with TASK_QUEUE=immediate"
    )


urlpatterns = [
    path("sign-in/", sign_in, name="sign_in"),
    path("sign-in/<str:secret>/", sign_in_link, name="sign_in_link"),
    path("sign-out/", sign_out, name="sign_out"),
    path("invitations/<str:secret>/", invitation, name="invitation"),
    path("account/", account, name="account"),
    path("account/password/", account_password, name="account_password"),
    path("account/keys/", account_keys, name="account_keys"),
    path("account/tokens/", token_new, name="token_new"),
    path("account/tokens/<int:pk>/delete/", token_delete, name="token_delete"),
    # Without a final slash, as orchestrators and SECURE_REDIRECT_EXEMPT spell them.
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
]
