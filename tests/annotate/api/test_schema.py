"""The OpenAPI document: valid, without a warning, true of what is answered; and the page that shows it."""

import json

import jsonschema
import pytest
from django.core.management import call_command
from django.urls import get_resolver

from annotate.api.urls import VIEWSETS
from tests.annotate.api.conftest import Caller
from tests.annotate.api.test_permissions import CHANGES, THINGS
from tests.annotate.api.test_viewsets import LISTS, a_pair
from tests.factories import make_project, make_user

pytestmark = pytest.mark.django_db


def test_the_schema_is_valid_and_warns_of_nothing(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


@pytest.fixture
def document(owner):
    answer = owner.get("schema/")
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_every_address_is_in_it(document):
    known = {str(address.pattern) for address in get_resolver("annotate.api.urls").url_patterns}
    described = {
        path.removeprefix("/api/v1/")
        .replace("{uuid}", "<uuid:pk>")
        .replace("{number}", "<int:number>")
        .replace("{id}", "<int:pk>")
        for path in document["paths"]
    }
    # What is not there are the pages about the API, and the answer for an address that is none.
    assert known - described == {"schema/", "docs/", ""}


def test_every_write_says_what_it_wants(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            headers = {
                one["name"]: one.get("required") for one in operation.get("parameters", ()) if one["in"] == "header"
            }
            wanted = {"get": {}, "post": {"Idempotency-Key": None}}.get(method, {"If-Match": True})
            assert headers == wanted, (method, path)
            assert "401" in operation["responses"]


def check(document, answer, path, method):
    """Hold an answer against what the document says of it."""
    operation = document["paths"][path][method]["responses"][str(answer.status_code)]
    kind = answer["Content-Type"].split(";")[0]
    schema = {**operation["content"][kind]["schema"], "components": document["components"]}
    jsonschema.validate(answer.json(), schema, cls=jsonschema.Draft202012Validator)


def test_what_is_answered_is_what_the_document_says(owner, world, document):
    for name, thing in LISTS.items():
        check(document, owner.get(f"{name}/"), f"/api/v1/{name}/", "get")
        check(document, owner.get(f"{name}/?nothing=1"), f"/api/v1/{name}/", "get")
        check(document, owner.get(f"{name}/{getattr(world, thing).pk}/"), f"/api/v1/{name}/{{uuid}}/", "get")
    for name, body in CHANGES.items():
        path = f"{name}/{getattr(world, THINGS[name]).pk}/"
        for options in ({}, {"version": 9}, {"version": 1}):
            check(document, owner.patch(path, body, **options), f"/api/v1/{name}/{{uuid}}/", "patch")
    check(document, owner.get(f"projects/{world.project.pk}/labels/"), "/api/v1/projects/{uuid}/labels/", "get")
    check(document, owner.post("pairs/", a_pair(world)), "/api/v1/pairs/", "post")
    check(document, owner.post("pairs/", {}), "/api/v1/pairs/", "post")


def test_what_the_document_lets_in_is_what_is_taken(document, world):
    pair = document["components"]["schemas"]["PairRequest"]
    schema = {**pair, "components": document["components"]}
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(a_pair(world))
    assert not validator.is_valid({**a_pair(world), "colour": "red"})
    assert {"id", "document", "start", "end"} <= document["components"]["schemas"]["EndOfPairRequest"][
        "properties"
    ].keys()


def test_the_docs_page_wants_a_sign_in_and_loads_nothing_from_elsewhere(client):
    assert client.get("/api/v1/docs/").status_code == 302
    client.force_login(make_user())
    page = client.get("/api/v1/docs/").content.decode()
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_docs_page_shows_and_tries_the_api_under_the_content_security_policy(live_server, page, client):
    user = make_user()
    make_project(owner=user, title="Seen in the browser")
    client.force_login(user)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    said = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    answer = page.goto("/api/v1/docs/")
    assert "unsafe" not in answer.headers["content-security-policy"]
    for name in VIEWSETS:
        page.get_by_role("link", name=name, exact=True).wait_for()
    page.get_by_role("link", name="projects", exact=True).click()
    page.locator("#operations-projects-projects_list .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    page.locator(".live-responses-table").get_by_text("Seen in the browser").first.wait_for()
    page.get_by_role("link", name="actors", exact=True).click()
    page.locator("#operations-actors-actors_create .opblock-summary-control").click()
    assert said == []


def test_drf_spectacular_is_not_loaded_before_somebody_asks():
    import subprocess
    import sys

    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'annotate.settings'; import django; django.setup(); "
        "import annotate.urls; print('drf_spectacular.openapi' in sys.modules, 'spacy' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False False\n"


def test_a_stranger_reads_the_same_schema(owner, stranger):
    assert isinstance(stranger, Caller)
    assert stranger.get("schema/").content == owner.get("schema/").content
