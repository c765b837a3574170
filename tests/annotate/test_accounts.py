"""Coming in, going out, one's own account."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from annotate.views import accounts
from claims import triggers
from claims.models import ApiToken, Invitation, SignInLink, User
from tests.factories import make_member, make_project, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough phrase"


@pytest.fixture
def user(client):
    user = make_user("ada", password=PASSWORD)
    client.force_login(user)
    return user


def invite(project, *, role="annotator", owner=None):
    return Invitation.make(project, role=role, created_by=owner or make_user())


def test_stranger_is_sent_to_sign_in_and_back(client):
    make_user("ada", password=PASSWORD)
    answer = client.get(reverse("account"))
    assert answer.url == "/sign-in/?next=/account/"
    answer = client.post("/sign-in/", {"username": "ada", "password": PASSWORD, "next": "/account/"})
    assert answer.url == "/account/"


def test_sign_in_refuses_in_one_sentence(client):
    answer = client.post("/sign-in/", {"username": "ada", "password": "wrong"})
    assert answer.status_code == 422
    assert b"No account here has that name with that password" in answer.content


def test_sign_in_does_not_send_elsewhere(client):
    make_user("ada", password=PASSWORD)
    sent = {"username": "ada", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/sign-in/", sent).url == "/"


def test_expired_sign_in_under_htmx_takes_the_whole_page_and_comes_back_to_it(client):
    answer = client.post(
        reverse("account_keys"), headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/account/?a=1"}
    )
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/sign-in/?next=/account/%3Fa%3D1"


def test_sign_in_link_survives_previews_and_works_once(client):
    user = make_user()
    address = reverse("sign_in_link", args=[SignInLink.make(user)])
    for _ in range(2):
        assert client.get(address).status_code == 200
    assert client.post(address, {"next": "/account/"}).url == "/account/"
    assert client.get("/account/").context["user"] == user
    client.logout()
    answer = client.post(address)
    assert answer.status_code == 410
    assert b"works once" in answer.content


def test_late_sign_in_link_signs_nobody_in(client):
    secret = SignInLink.make(make_user(), hours=-1)
    assert client.get(reverse("sign_in_link", args=[secret])).status_code == 410
    assert client.post(reverse("sign_in_link", args=[secret])).status_code == 410


def test_sign_out_wants_a_post(client, user):
    assert client.get(reverse("sign_out")).status_code == 405
    client.post(reverse("sign_out"))
    assert client.get("/account/").status_code == 302


def test_invitation_makes_account_and_membership_once(client):
    project = make_project()
    invitation, secret = invite(project, role="editor")
    address = reverse("invitation", args=[secret])
    assert project.title.encode() in client.get(address).content
    sent = {"username": "grace", "name": "Grace", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post(address, sent).url == reverse("project_detail", args=[project.slug])
    assert project.memberships.get(user__username="grace").role == "editor"
    client.logout()
    answer = client.post(address, {**sent, "username": "eve"})
    assert answer.status_code == 410
    assert b"this one was used on" in answer.content
    assert not User.objects.filter(username="eve").exists()


def test_late_invitation_says_so(client):
    invitation, secret = invite(make_project())
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    answer = client.get(reverse("invitation", args=[secret]))
    assert answer.status_code == 410
    assert b"It was good until" in answer.content


def test_unknown_invitation_is_404(client):
    assert client.get(reverse("invitation", args=["nothing"])).status_code == 404


def test_invitation_lets_in_who_is_signed_in(client, user):
    project = make_project()
    _, secret = invite(project)
    client.post(reverse("invitation", args=[secret]))
    assert project.memberships.get(user=user).role == "annotator"


def test_invitation_refuses_a_name_taken_in_other_letters_and_stays_open(client):
    make_user("grace")
    _, secret = invite(make_project())
    sent = {"username": "Grace", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post(reverse("invitation", args=[secret]), sent).status_code == 422
    assert Invitation.open_for(secret)


def test_invitation_used_meanwhile_leaves_no_account(rf, db, monkeypatch):
    invitation, secret = invite(make_project())
    late = Invitation.objects.get(pk=invitation.pk)
    assert invitation.accept(make_user())
    form = accounts.JoinForm({"username": "grace", "password1": PASSWORD, "password2": PASSWORD})
    assert form.is_valid()
    request = rf.post("/")
    request.user = AnonymousUser()
    assert accounts.accept(request, late, form).status_code == 410
    assert not User.objects.filter(username="grace").exists()


def test_name_is_changed(client, user):
    client.post("/account/", {"name": "Ada Lovelace"})
    user.refresh_from_db()
    assert user.name == "Ada Lovelace"


def test_nul_in_a_name_is_refused(client, user):
    assert client.post("/account/", {"name": "Ada\x00"}).status_code == 422


def test_password_wants_the_old_one_and_keeps_this_browser_signed_in(client, user):
    new = "another long phrase"
    sent = {"old_password": "wrong", "new_password1": new, "new_password2": new}
    assert client.post(reverse("account_password"), sent).status_code == 422
    assert client.post(reverse("account_password"), {**sent, "old_password": PASSWORD}).status_code == 302
    user.refresh_from_db()
    assert user.check_password(new)
    assert client.get("/account/").status_code == 200


def test_who_came_by_a_link_sets_a_password_without_an_old_one(client):
    user = make_user()
    client.force_login(user)
    client.post(reverse("account_password"), {"new_password1": PASSWORD, "new_password2": PASSWORD})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_token_is_shown_once_and_kept_as_its_digest(client, user):
    sent = {"name": "nightly export", "request_id": "one"}
    answer = client.post(reverse("token_new"), sent)
    assert answer.context["secret"].startswith("rj_")
    assert answer["Cache-Control"].startswith("max-age=0")
    assert client.post(reverse("token_new"), sent).url == "/account/"
    assert ApiToken.objects.count() == 1
    assert answer.context["secret"] not in str(list(ApiToken.objects.values()) + list(user.storedrequest_set.values()))


def test_token_of_somebody_else_is_not_deleted(client, user):
    other = make_user()
    ApiToken.make(other, name="theirs")
    client.post(reverse("token_delete", args=[other.api_tokens.get().pk]))
    assert other.api_tokens.exists()


def test_keys_are_kept_where_they_differ(client, user):
    sent = {"key-accept": "j", "key-cite": "c", "key-undo": ""}
    assert client.post(reverse("account_keys"), sent).status_code == 302
    user.refresh_from_db()
    assert user.keys == {"accept": "j"}


@pytest.mark.parametrize(
    ("key", "sentence"),
    [("x", "is taken: reject what is suggested"), ("7", "Digits choose from the list"), ("hello", "is no key")],
)
def test_key_that_cannot_be_is_refused(client, user, key, sentence):
    answer = client.post(reverse("account_keys"), {"key-cite": key})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_live_asks_no_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/livez").content == b"ok\n"


def test_ready_says_what_is_missing(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    triggers.drop(connection)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "claims_change_kept" in answer.json()["checks"]["triggers"]


def test_ready_says_that_an_old_sqlite_wants_one_process(client, monkeypatch, settings):
    monkeypatch.setattr(accounts.sqlite3, "sqlite_version_info", (3, 40, 1))
    if connection.vendor != "sqlite":
        assert client.get("/readyz").status_code == 200
        return
    assert "can lose commits" in client.get("/readyz").json()["checks"]["sqlite"]
    settings.TASK_QUEUE = "immediate"
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz", **{"wsgi.multiprocess": False}).status_code == 200


def test_page_sent_without_its_token_says_what_to_do(user):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    answer = strict.post("/account/", {"name": "Eve"})
    assert answer.status_code == 403
    assert b"data-sentence" in answer.content


def test_refusal_is_said_in_one_sentence(client):
    project = make_project()
    client.force_login(make_member(project, "annotator"))
    answer = client.get(reverse("project_settings", args=[project.slug]))
    assert answer.status_code == 403
    assert b"data-sentence>Only an owner changes the settings of a project.</p>" in answer.content
    answer = client.get("/projects/nowhere/")
    assert answer.status_code == 404
    assert b"data-sentence" in answer.content
