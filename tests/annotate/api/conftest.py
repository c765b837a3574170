"""Callers of the API: a person with a token, and a shared project with one pair in it."""

import json
from types import SimpleNamespace

import pytest
from django.test import Client

from claims.models import ApiToken
from tests.factories import (
    make_actor,
    make_citation,
    make_claim,
    make_comparison,
    make_document,
    make_dossier,
    make_link,
    make_no_response,
    make_project,
    make_quantity,
    make_suggestion,
    make_user,
)

BASE = "/api/v1/"


class Caller:
    """One person's program. ``ask`` sends a request and returns the answer."""

    def __init__(self, user=None):
        self.user = user
        headers = {"Authorization": f"Token {ApiToken.make(user, name='test')}"} if user else {}
        self.client = Client(headers=headers)

    def ask(self, method, path, body=None, *, version=None, key=None, raw=None):
        headers = {}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if key is not None:
            headers["Idempotency-Key"] = key
        data = raw if raw is not None else json.dumps(body) if body is not None else ""
        return self.client.generic(method, f"{BASE}{path}", data, content_type="application/json", headers=headers)

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body, **options):
        return self.ask("POST", path, body, **options)

    def patch(self, path, body, **options):
        return self.ask("PATCH", path, body, **options)

    def put(self, path, body, **options):
        return self.ask("PUT", path, body, **options)

    def delete(self, path, **options):
        return self.ask("DELETE", path, **options)


@pytest.fixture
def owner(db):
    return Caller(make_user())


@pytest.fixture
def stranger(db):
    return Caller(make_user())


def make_world(user):
    """One of everything, in a shared project of ``user``."""
    project = make_project(owner=user)
    document = make_document(project)
    dossier = make_dossier(documents=[document])
    assertion = make_claim(dossier, quote="370 people were arrested", actor=user)
    alone = make_claim(dossier, quote="332 brokers", actor=user)
    response = make_claim(dossier, quote="the report was unfair", role="response", actor=user)
    link = make_link(response, assertion, relation="disputes")
    quantity = make_quantity(document, "370", "370")
    return SimpleNamespace(
        project=project,
        layer=project.layers.get(),
        document=document,
        spare=make_document(project),
        dossier=dossier,
        actor=make_actor(project),
        assertion=assertion,
        alone=alone,
        response=response,
        link=link,
        quantity=quantity,
        mention=quantity.mention,
        suggestion=make_suggestion(document, "The report"),
        citation=make_citation(assertion),
        no_response=make_no_response(alone, [document]),
        comparison=make_comparison(link, quantity),
        assessment=assertion.assessments.create(layer=assertion.layer, verification="unchecked"),
    )


@pytest.fixture
def world(owner):
    return make_world(owner.user)
