"""A walk over the whole API with what its own description allows and forbids, as each role.

Schemathesis makes the requests from the OpenAPI document and holds the answers against it: no 5xx, no status, header or
body that is not described, nothing malformed accepted. Ids and versions in addresses, bodies and headers are those of
rows that are there, so that requests get past the door. ``WALK=200 pytest tests/annotate/api/test_walk.py -s`` makes 200
requests an operation, kind and role instead of a few, and prints how many there were.
"""

import json
import os
import re
import warnings
from collections import Counter
from types import SimpleNamespace

import hypothesis
import pytest
import requests
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, Phase
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.transport import Response
from schemathesis.generation.modes import GenerationMode

from annotate import runs
from claims.models import Assignment, Change, Comment, Decision, Exclusion, Notice, Postponement, Redaction, Webhook
from tests.factories import make_member, make_release, make_suggestion, make_user

from .conftest import Caller, make_world

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("WALK", "3"))
ROLES = ("owner", "editor", "annotator", "researcher", "stranger", "nobody")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SEGMENT = re.compile(r"/api/v1/([a-z-]+)/")
# These send requests of their own to a server, or follow a row through several; tests beside this one do that:
# test_permissions.py, test_versions.py, tests/annotate/test_policy.py.
NOT_HERE = {"ignored_auth", "use_after_free", "ensure_resource_availability", "object_level_authorization"}
# What the description allows and the record refuses: ids of nothing one may see (400 or 404), rules between fields (422),
# a version somebody was faster with (412).
ALSO_FINE = ["2xx", "400", "401", "403", "404", "409", "412", "422"]
# Which row a name in a body or a query means.
NAMED = {
    "project": "projects", "document": "documents", "dossier": "dossiers", "layer": "layers", "claim": "claims",
    "response": "answers", "assertion": "claims", "target_claim": "claims", "target_response": "answers",
    "target_work": "documents", "link": "links", "quantity": "mentions", "comparison": "comparisons",
    "publisher": "actors", "speaker": "actors", "reporter": "actors", "actor": "actors", "webhook": "webhooks",
    "parent": "comments", "annotator": "people", "vocabulary": "vocabularies",
    "suggestion": "suggestions",
}  # fmt: skip


@pytest.fixture
def walked(owner):
    """One of everything, the ids by the name of their list, and a caller of each role."""
    world = make_world(owner.user)
    project, document = world.project, world.document
    annotator = make_member(project, "annotator", "walker")
    redaction = Redaction(document=document, start=0, end=3)
    redaction.anchor(document.text).save(force_insert=True)
    exclusion = Exclusion(document=document, start=0, end=3, reason="title")
    exclusion.anchor(document.text).save(force_insert=True)
    comment = Comment.objects.create(layer=world.layer, dossier=world.dossier, text="?", created_by=annotator)
    callers = {role: Caller(make_member(project, role)) for role in ("editor", "researcher")}
    callers |= {"owner": owner, "annotator": Caller(annotator), "stranger": Caller(make_user()), "nobody": Caller()}
    rows = {
        "projects": project, "layers": world.layer, "documents": document, "dossiers": world.dossier,
        "actors": world.actor, "mentions": world.mention, "suggestions": world.suggestion, "claims": world.assertion,
        "answers": world.response, "links": world.link, "no-responses": world.no_response,
        "comparisons": world.comparison, "assessments": world.assessment, "citations": world.citation,
        "vocabularies": project.vocabulary, "redactions": redaction, "exclusions": exclusion, "comments": comment, "people": annotator,
        "assignments": Assignment.objects.create(dossier=world.dossier, annotator=annotator),
        "runs": runs.start_tagging(project, annotator), "releases": make_release(project),
        "webhooks": Webhook.objects.create(project=project, url="https://example.org", secret="whsec_1", events=["run.finished"]),
        "decisions": Decision.objects.create(
            layer=world.layer, suggestion=make_suggestion(document, "unfair"), outcome="rejected"
        ),
        "changes": Change.objects.filter(object_id=world.link.pk).first(),
        "postponements": Postponement.objects.create(
            layer=world.layer, dossier=world.dossier, task="pair", subject=world.response.pk, state="later"
        ),
        "notices": Notice.objects.create(user=annotator, kind="assigned", dossier=world.dossier),
    }  # fmt: skip
    return SimpleNamespace(callers=callers, rows=rows, ids={name: str(row.pk) for name, row in rows.items()})


def with_ids(value, ids, name=""):
    """Return a body or query in which uuids are those of rows that are there."""
    if isinstance(value, dict):
        return {key: with_ids(inner, ids, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_ids(inner, ids, name.removesuffix("s")) for inner in value]
    if isinstance(value, str) and UUID.fullmatch(value) and name in NAMED:
        return ids[NAMED[name]]
    return value


def aim(case, walked):
    """Let a case be about rows that are there, in the version they have."""
    segment = SEGMENT.match(case.path)[1]
    for name in case.path_parameters or {}:
        if name in ("uuid", "id") and segment in walked.ids:
            case.path_parameters[name] = walked.ids[segment]
    version = getattr(walked.rows.get(segment), "version", None)
    if version is not None and case.headers and "If-Match" in case.headers:
        case.headers["If-Match"] = f'"{version}"'
    if isinstance(case.body, dict | list):
        case.body = with_ids(case.body, walked.ids)
    if isinstance(case.query, dict):
        case.query = with_ids(case.query, walked.ids)


def answer_of(case, caller):
    """Send a case as ``caller``, take back what it did, and return the answer as schemathesis has it."""
    sent = case.as_transport_kwargs(base_url="http://testserver")
    sent.pop("timeout", None)
    prepared = requests.Request(**{name: value for name, value in sent.items() if name in REQUEST}).prepare()
    headers = {name: value for name, value in prepared.headers.items() if name.lower() not in UNSENT}
    kind = headers.pop("Content-Type", "application/json")
    body = prepared.body if isinstance(prepared.body, bytes) else (prepared.body or "").encode()
    with transaction.atomic():
        answer = caller.client.generic(case.method, prepared.path_url, body, content_type=kind, headers=headers)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    told = {name: [value] for name, value in answer.items()}
    return Response(answer.status_code, told, content, prepared, 0.1, False, encoding="utf-8")


UNSENT = {"content-length", "accept-encoding"}  # the one is counted, the other asks for gzip
REQUEST = {"method", "url", "headers", "params", "data", "json", "cookies"}


def operations(caller):
    description = json.loads(caller.get("schema/").content)
    schema = schemathesis.openapi.from_dict(description)
    schema.config.checks.positive_data_acceptance.expected_statuses = ALSO_FINE
    load_all_checks()
    return [found.ok() for found in schema.get_all_operations()]


def checks():
    return [check for name, check in zip(CHECKS.get_all_names(), CHECKS.get_all(), strict=True) if name not in NOT_HERE]


@pytest.mark.parametrize("role", ROLES)
def test_api_keeps_to_its_description(walked, role):
    caller, counts, faults = walked.callers[role], Counter(), {}
    known = operations(walked.callers["owner"])
    chosen = checks()

    def walk(operation, mode):
        @hypothesis.settings(
            max_examples=EXAMPLES, database=None, derandomize=True, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck), print_blob=False,
        )  # fmt: skip
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def one(case):
            if mode == GenerationMode.POSITIVE:
                aim(case, walked)
            answer = answer_of(case, caller)
            counts["requests"] += 1
            counts[f"{answer.status_code // 100}xx"] += 1
            try:
                case.validate_response(answer, checks=chosen)
            except BaseExceptionGroup as error:
                told = " ".join(f"{type(fault).__name__}: {fault}" for fault in error.exceptions)
                body = answer.content[:300].decode(errors="replace")
                faults.setdefault(f"{operation.label} {mode.value}: {told[:400]}", f"{answer.status_code} {body}")

        one()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for operation in known:
            for mode in GenerationMode:
                try:
                    walk(operation, mode)
                except hypothesis.errors.Unsatisfiable:
                    counts["cannot be wrong"] += 1  # an operation without parameters and body
    print(f"\n{role}: {counts['requests']} requests to {len(known)} operations; {dict(counts)}")
    assert not faults, "\n\n".join(f"{what}\n  {answer}" for what, answer in faults.items())
    assert counts["requests"] > len(known)
    assert not counts["5xx"]
