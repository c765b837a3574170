import pytest

from claims.models import ApiToken
from tests.annotate.api.conftest import BASE, Caller
from tests.factories import make_project, make_user

pytestmark = pytest.mark.django_db


def ask_with(header):
    return Caller().client.get(f"{BASE}projects/", headers={"Authorization": header})


@pytest.mark.parametrize("scheme", ["Token", "Bearer", "token", "BEARER"])
def test_token_opens_the_api(scheme):
    user = make_user()
    answer = ask_with(f"{scheme} {ApiToken.make(user, name='x')}")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "header", ["Token rj_unknown", "Token", "Bearer  ", "Token é", "Token a\x00b", "Basic eDp5", ""]
)
def test_what_is_no_token_is_401(header):
    answer = ask_with(header)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:rejoinder:unauthenticated"


def test_token_of_a_person_who_left_opens_nothing():
    user = make_user()
    caller = Caller(user)
    user.is_active = False
    user.save()
    assert caller.get("projects/").status_code == 401


def test_token_is_stored_as_its_digest():
    secret = ApiToken.make(make_user(), name="x")
    assert secret not in ApiToken.objects.get().digest


def test_a_signed_in_browser_may_read_and_writes_only_with_its_csrf_token():
    from django.test import Client

    user = make_user()
    project = make_project(owner=user)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    assert browser.get(f"{BASE}projects/").json()["count"] == 1
    body = {"project": str(project.pk), "name": "Ministry"}
    answer = browser.post(f"{BASE}actors/", body, content_type="application/json")
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


def test_an_address_that_is_none_is_a_problem_in_json_for_everybody(owner):
    for path in ("nothing/", "claims", "claims/7/", "claims/7c9e6679-7425-40de-944b-e07fc1f90ae7/links/"):
        answer = owner.post(path, {})
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_method_that_is_none_is_405(owner, world):
    for method, path in (("PUT", "claims/"), ("DELETE", f"projects/{world.project.pk}/"), ("GET", "pairs/")):
        answer = owner.ask(method, path)
        assert (answer.status_code, answer.json()["status"]) == (405, 405)
