"""Every address × method × role, in a shared and in an independent project, against one written table.

``ROLES_MD=1 pytest tests/annotate/test_policy.py`` writes docs/roles.md from the same table.
"""

import os
import re
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlencode

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver

from claims.models import (
    ApiToken,
    Assignment,
    Change,
    Comment,
    Decision,
    Delivery,
    Exclusion,
    Guideline,
    Invitation,
    Notice,
    Postponement,
    Redaction,
    Run,
    RunItem,
    Settlement,
    SignInLink,
    SignOff,
    Webhook,
)
from tests.conftest import ROOT
from tests.factories import (
    make_actor,
    make_citation,
    make_claim,
    make_comparison,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_member,
    make_no_response,
    make_project,
    make_quantity,
    make_release,
    make_suggestion,
    make_user,
)

ROLES = ("owner", "editor", "annotator", "researcher", "stranger", "anonymous")
KINDS = ("shared", "independent")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

# What a request comes to. A form that is wrong, a version that is missing or stale: the door was open, so that is "yes".
YES, FORBIDDEN, UNSEEN, SIGN_IN, NO_METHOD = "yes", "403", "404", "sign in", "405"
LETTERS = {"Y": YES, "N": FORBIDDEN, "-": UNSEEN, "S": SIGN_IN}

# Rule: (what it is about, outcomes in a shared project, outcomes in an independent one before adjudication opens), in the
# order of ROLES. In the independent project the annotations are the annotator's, so owner and editor do not see them.
RULES = {
    "open": ("anybody", "YYYYYY", "YYYYYY"),
    "signed in": ("one’s own account and projects; lists hold what one may see", "YYYYYS", "YYYYYS"),
    "member": ("what a project consists of", "YYYY-S", "YYYY-S"),
    "opened": ("what is shown once adjudication is open", "YYYY-S", "-----S"),
    "settles": ("who works on what, and when layers are compared", "YYNN-S", "YYNN-S"),
    "own part": ("one’s own part of a dossier (here the annotator’s)", "YYY--S", "YYY--S"),
    "owner alone": ("the addresses that a project tells", "Y----S", "Y----S"),
    "gives": ("taking a dossier back from somebody", "YYN--S", "YYN--S"),
    "told": ("a notice: whom it was left for (here the annotator)", "--Y--S", "--Y--S"),
    "thread": ("a comment in one’s layer", "YYYN-S", "--Y--S"),
    "finish": ("saying that one’s part is done", "YYYN-S", "YYYN-S"),
    "takes": ("the next dossier, for annotators who work alone", "-----S", "--Y--S"),
    "change": ("documents and dossiers", "YYYN-S", "YYNN-S"),
    "own": ("people, settings and labels", "YNNN-S", "YNNN-S"),
    "write": ("guidelines and releases: owners and editors", "YYNN-S", "YYNN-S"),
    "read": ("the pages of one’s layer", "YYYY-S", "YYY--S"),
    "annotate": ("deeds in one’s layer", "YYYN-S", "YYY--S"),
    "decides": ("what the pipeline saw, decided in one’s own layer; taking one’s own deeds back", "YYYN-S", "YYYN-S"),
    "see row": ("one annotation", "YYYY-S", "--Y--S"),
    "change row": ("one annotation", "YYYN-S", "--Y--S"),
    "rule": ("rulings on figures", "YYNN-S", "--N--S"),
    "sign": ("sign-off, by owners and editors", "YYNN-S", "--NN-S"),
    "stop": ("a run: whoever started it (here the annotator), owners and editors", "YYYN-S", "YYYN-S"),
    "asker": ("the file of an export: whoever asked for it (here the annotator)", "--Y--S", "--Y--S"),
    "starter": ("having a run go on: whoever started it (here the annotator)", "NNYN-S", "NNYN-S"),
    "demo": ("the demo alone, by its owner; this project is none", "-NNN-S", "-NNN-S"),
    "settle": (
        "what layers differ in; there is none in a shared project, and it is closed until adjudication opens",
        "-----S",
        "NNNN-S",
    ),
    "decision": ("what was decided, likewise", "-----S", "-----S"),
    "nowhere": ("addresses that do not exist", "------", "------"),
}

ANNOTATIONS = (
    "api:claims-{0} api:links-{0} api:no-responses-{0} api:comparisons-{0} api:assessments-{0} api:citations-{0}"
)

# (rule, methods, names of addresses). What is not named here for a method is not allowed: 405.
TABLE = [
    ("open", "GET POST", "sign_in sign_in_link invitation"),
    ("open", "GET", "livez readyz"),
    ("signed in", "GET", "home search api:search api:schema api:docs"),
    ("signed in", "GET POST", "account project_new"),
    ("signed in", "POST", "sign_out account_password account_keys token_new token_delete api:pairs"),
    ("opened", "GET", "agreement_file api:agreement"),
    ("member", "GET", "agreement project_detail members document_list document_detail run_detail"),
    ("member", "GET POST", "project_export"),
    ("member", "GET", "release_list release_detail release_file"),
    ("write", "POST", "release_list"),
    ("own", "POST", "members member_role member_remove invitation_withdraw"),
    ("own", "GET POST", "project_settings label_edit"),
    ("own", "POST", "label_choose"),
    ("own", "GET POST", "webhook_list"),
    ("own", "POST", "webhook_switch webhook_delete delivery_again"),
    ("signed in", "GET POST", "api:webhooks-list"),
    ("signed in", "GET", "api:deliveries-list"),
    ("owner alone", "GET", "api:webhooks-detail api:deliveries-detail"),
    ("owner alone", "POST", "api:webhooks-remove api:webhooks-switch api:deliveries-again"),
    ("member", "GET", "guidelines guideline_changes label_list label_file"),
    ("write", "GET POST", "guideline_edit"),
    ("member", "GET", "api:guidelines-list api:guidelines-detail api:vocabularies-detail"),
    ("write", "POST", "api:guidelines-list"),
    ("signed in", "GET POST", "api:vocabularies-list"),
    ("change", "GET POST", "dossier_new dossier_edit document_add"),
    (
        "change",
        "POST",
        "dossier_add_document document_detail document_exclusion document_read_again document_redact document_unmark",
    ),
    ("change", "PATCH DELETE", "api:dossiers-detail"),
    ("decides", "POST", "api:set-up"),
    ("change", "POST", "api:read-again"),
    ("stop", "POST", "run_cancel"),
    ("asker", "GET", "run_file"),
    ("starter", "POST", "run_go_on run_bring_in api:runs-go-on api:runs-bring-in"),
    ("demo", "POST", "demo_start_over"),
    ("member", "GET", "work"),
    ("settles", "POST", "work_assign work_deal work_withdraw adjudication_open"),
    ("own part", "POST", "work_reopen"),
    ("finish", "POST", "work_finish api:finish"),
    ("takes", "POST", "work_next"),
    ("own", "POST", "project_kind api:kind api:choose api:role"),
    ("own", "PATCH", "api:projects-detail"),
    ("signed in", "POST", "api:projects-list api:invitations-list api:mentions-list"),
    ("see row", "POST", "api:mentions-decide"),
    ("signed in", "GET", "api:members-list api:invitations-list"),
    ("owner alone", "GET", "api:invitations-detail"),
    ("owner alone", "POST", "api:invitations-withdraw"),
    ("signed in", "GET", "notices"),
    ("signed in", "POST", "notices_read"),
    ("told", "POST", "notice_open"),
    ("read", "GET", "comments"),
    ("member", "GET", "project_history"),
    ("change row", "POST", "state_restore deed_take_back"),
    ("annotate", "POST", "comments"),
    ("thread", "POST", "comment_resolve comment_edit comment_delete"),
    ("read", "GET", "workspace figures coverage sheet history project_coverage"),
    (
        "annotate",
        "POST",
        "setup_confirm claim_mark figure_mark suggestion_accept suggestion_reject link_connect link_label link_withdraw "
        "claim_edit claim_move claim_split claim_delete claim_pick claim_assess claim_none_found claim_look_again "
        "figure_outcome sum_decide workspace_mend citation_add citation_remove task_postpone deed_undo",
    ),
    ("change row", "GET POST", "figure_mend figure_compare"),
    ("change row", "POST", "figure_check figure_withhold"),
    ("rule", "GET POST", "figure_rule"),
    ("member", "GET", "sign_off"),
    ("sign", "POST", "sign_off sign_off_lift send_back"),
    ("change row", "POST", "sent_back_resolve"),
    ("see row", "GET", "api:sign-offs-detail"),
    ("signed in", "GET POST", "api:sign-offs-list"),
    ("signed in", "GET", "api:projects-list api:layers-list api:mentions-list api:suggestions-list"),
    ("signed in", "GET POST", f"api:documents-list api:dossiers-list api:actors-list {ANNOTATIONS.format('list')}"),
    (
        "member",
        "GET",
        "api:projects-detail api:labels api:documents-detail api:dossiers-detail api:actors-detail api:suggestions-detail",
    ),
    ("change", "PUT PATCH DELETE", "api:documents-detail api:actors-detail"),
    ("see row", "GET", "api:layers-detail api:mentions-detail api:decisions-detail"),
    ("signed in", "GET", "api:decisions-list"),
    ("signed in", "GET", "api:changes-list"),
    ("see row", "GET", "api:changes-detail"),
    ("change row", "POST", "api:changes-restore api:changes-take-back"),
    ("decides", "POST", "api:undo"),
    ("change row", "POST", "api:claims-split api:links-withhold"),
    ("signed in", "GET POST", "api:postponements-list"),
    ("see row", "GET", "api:postponements-detail"),
    ("change row", "DELETE", "api:postponements-detail"),
    ("read", "GET", "api:queue"),
    ("settle", "GET POST", "api:agreed"),
    ("settle", "POST", "api:unsettle"),
    ("signed in", "POST", "api:notices-all-seen"),
    ("decides", "POST", "api:suggestions-accept api:suggestions-reject"),
    ("see row", "GET", ANNOTATIONS.format("detail")),
    ("change row", "PUT PATCH DELETE", ANNOTATIONS.format("detail")),
    ("settle", "GET", "project_adjudication adjudicate decided api:questions"),
    ("settle", "POST", "question_settle agreed_take_over question_later settlement_undo"),
    ("signed in", "GET POST", "api:settlements-list"),
    ("signed in", "GET POST", "api:assignments-list api:comments-list api:redactions-list api:releases-list"),
    ("signed in", "GET", "api:runs-list api:notices-list"),
    ("signed in", "POST", "api:exports-list api:imports-list api:looks-list api:bulk-list"),
    ("member", "GET", "api:runs-detail api:releases-detail api:releases-file api:redactions-detail"),
    ("change", "DELETE", "api:redactions-detail"),
    ("signed in", "GET", "api:exclusions-list"),
    ("member", "GET", "api:exclusions-detail"),
    ("change", "PATCH", "api:exclusions-detail"),
    ("stop", "POST", "api:runs-cancel"),
    ("asker", "GET", "api:runs-file"),
    ("told", "GET", "api:notices-detail"),
    ("told", "POST", "api:notices-seen"),
    ("see row", "GET", "api:comments-detail"),
    ("thread", "PATCH DELETE", "api:comments-detail"),
    ("own part", "GET PATCH", "api:assignments-detail"),
    ("gives", "DELETE", "api:assignments-detail"),
    ("settles", "POST", "api:deal api:open-adjudication"),
    ("takes", "POST", "api:next"),
    ("decision", "GET", "api:settlements-detail"),
    ("nowhere", "GET POST PUT PATCH DELETE", "api:not_found"),
]
ROWS = {(name, method): rule for rule, methods, names in TABLE for name in names.split() for method in methods.split()}


def expected(name, method, role, kind):
    rule = ROWS.get((name, method))
    if rule is None:
        # Whether one is signed in is asked first, except where that is not asked at all.
        is_open = any(ROWS.get((name, other)) == "open" for other in METHODS)
        return SIGN_IN if role == "anonymous" and not is_open else NO_METHOD
    return LETTERS[RULES[rule][1 + KINDS.index(kind)][ROLES.index(role)]]


def outcome(answer):
    if answer.status_code >= 500:
        return f"broken: {answer.status_code}"
    if answer.status_code == 401 or answer.status_code == 302 and answer["Location"].startswith("/sign-in/?"):
        return SIGN_IN
    return {403: FORBIDDEN, 404: UNSEEN, 405: NO_METHOD}.get(answer.status_code, YES)


def addresses():
    """Return (route, name) of everything the project answers to, the API included."""

    def walk(resolver, before, spaces):
        for pattern in resolver.url_patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern, route, f"{spaces}{pattern.app_name}:" if pattern.app_name else spaces)
            else:
                yield route, f"{spaces}{pattern.name}"

    return list(walk(get_resolver(), "", ""))


def make_world(kind):
    """One of everything; the annotations are the team's, or in an independent project the annotator's own."""
    project = make_project(make_user(f"{kind}-owner"), kind=kind)
    people = {"owner": project.memberships.get().user, "stranger": make_user(f"{kind}-stranger")}
    for role in ROLES[1:4]:
        people[role] = make_member(project, role, f"{kind}-{role}")
    document, spare = make_document(project), make_document(project, text="Another text.")
    dossier = make_dossier(documents=[document])
    annotator = people["annotator"]
    layer = project.layers.first() or make_layer(project, annotator)
    passage = "370 people were arrested, including 332 brokers"
    assertion = make_claim(dossier, quote=passage, layer=layer, actor=annotator, wording=SECRET)
    response = make_claim(dossier, quote="the report was unfair", role="response", layer=layer, actor=annotator)
    link = make_link(response, assertion, relation="disputes", actor=annotator)
    quantity = make_quantity(document, "370", "370", layer=None if kind == "shared" else layer)
    part = make_quantity(document, "332", "332", part_of=quantity)
    exclusion = Exclusion(document=document, start=0, end=3, reason="title")
    exclusion.anchor(document.text).save(force_insert=True)
    sent_back = Comment.objects.create(layer=layer, dossier=dossier, text=SECRET, is_sent_back=True)
    sign_off = SignOff.objects.create(layer=layer, dossier=dossier, state="sent_back", note=SECRET)
    redaction = Redaction(document=document, start=0, end=3)
    redaction.anchor(document.text).save(force_insert=True)
    release = make_release(project)
    webhook = Webhook.objects.create(project=project, url="https://example.org", secret=SECRET, events=[])
    guideline = Guideline.objects.create(project=project, number=1, text="Read both.")
    run = Run.objects.create(project=project, kind=Run.Kind.TAG, created_by=annotator)
    export = Run.objects.create(
        project=project,
        kind=Run.Kind.EXPORT,
        state=Run.State.DONE,
        created_by=annotator,
        parameters={"format": "jsonl"},
    )
    export.file.save("project.jsonl", ContentFile(SECRET.encode()))
    stopped = Run.objects.create(project=project, kind=Run.Kind.IMPORT, state=Run.State.CANCELLED, created_by=annotator)
    look = Run.objects.create(
        project=project,
        kind=Run.Kind.LOOK,
        state=Run.State.DONE,
        created_by=annotator,
        parameters={"format": "", "into": "", "wishes": {}},
        outcome={"format": "doccano", "asked": []},
    )
    for row in (stopped, look):
        RunItem.objects.create(run=row, position=0, name="sea.jsonl", file="uploads/sea")
    assignment = Assignment.objects.create(dossier=dossier, annotator=annotator)
    invitation, secret = Invitation.make(project, role="annotator", created_by=people["owner"])
    ApiToken.make(people["owner"], name="test")
    settlement = Settlement.objects.create(
        layer=layer, dossier=dossier, question="claim", items=[str(assertion.pk)], digest="", choice="neither"
    )
    settlement.compared.add(layer)
    return SimpleNamespace(
        people=people,
        secret=secret,
        link_secret=SignInLink.make(make_user(f"{kind}-late")),
        by_segment={
            "projects": project,
            "documents": spare,
            "dossiers": dossier,
            "layers": layer,
            "actors": make_actor(project),
            "mentions": quantity.mention,
            "suggestions": make_suggestion(document, "The report"),
            "decisions": Decision.objects.create(
                layer=layer,
                suggestion=make_suggestion(document, "unfair"),
                outcome="rejected",
                reading={"note": SECRET},
            ),
            "changes": Change.objects.filter(object_id=link.pk).first(),
            "postponements": Postponement.objects.create(
                layer=layer, dossier=dossier, task="pair", subject=response.pk, state="aside", reason=SECRET
            ),
            "claims": assertion,
            "links": link,
            "no-responses": make_no_response(
                make_claim(dossier, quote="brokers", layer=layer, actor=annotator), [document]
            ),
            "comparisons": make_comparison(link, quantity),
            "assessments": assertion.assessments.create(layer=layer, verification="unchecked"),
            "citations": make_citation(assertion),
            "sign-offs": sign_off,
            "settlements": settlement,
            "runs": run,
            "releases": release,
            "webhooks": webhook,
            "deliveries": Delivery.objects.create(webhook=webhook, event="run.finished", payload={}, state="given_up"),
            "vocabularies": project.vocabulary,
            "notices": Notice.objects.create(user=annotator, kind="sent_back", dossier=dossier, comment=sent_back),
            "work": assignment,
            "assignments": assignment,
            "comments": sent_back,
            "redactions": redaction,
            "exclusions": exclusion,
            "invitations": invitation,
            "tokens": people["owner"].api_tokens.get(),
        },
        by_name={
            "slug": project.slug,
            "number": guideline.number,
            "user": people["researcher"].pk,
            "claim": assertion.pk,
            "link": link.pk,
            "mention": quantity.mention.pk,
            "exclusion": exclusion.pk,
            "redaction": redaction.pk,
            "sent_back": sent_back.pk,
            "comment": sent_back.pk,
            "change": Change.objects.filter(object_id=link.pk).first().pk,
            "act": Change.objects.filter(object_id=link.pk).first().act,
        },
        by_address={
            "run_file": export,
            "run_go_on": stopped,
            "run_bring_in": look,
            "api:runs-go-on": stopped,
            "api:runs-bring-in": look,
            "api:runs-file": export,
            "document_exclusion": document,
            "document_unmark": document,
        },
        said={
            "figure_compare": {"link": link.pk},
            "figure_check": {"check": f"part.{part.mention.pk}"},
        },
    )


def fill(route, name, world):
    """Return the address that ``route`` stands for in ``world``."""
    parts = []
    for part in route.strip("^$").split("/"):
        kind = part.strip("<>").rpartition(":")[2]
        if not part.startswith("<"):
            value = part
        elif kind == "secret":
            value = world.link_secret if name == "sign_in_link" else world.secret
        elif kind in world.by_name:
            value = world.by_name[kind]
        elif kind == "pk" and name in world.by_address:
            value = world.by_address[name].pk
        else:
            value = world.by_segment[parts[-1]].pk
        parts.append(str(value))
    query = f"?{urlencode(world.said[name])}" if name in world.said else ""
    return f"/{'/'.join(parts)}{query}"


def session_of(user):
    """Return the cookie of somebody who has signed in; asking with it does not use it up."""
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def ask(session, method, address):
    """Send a request that says next to nothing, undo whatever it did, and return what it came to, with its content."""
    client = Client(raise_request_exception=False)
    if session:
        client.cookies["sessionid"] = session
    address, _, query = address.partition("?")
    is_api = address.startswith("/api/")
    body, sent_as = ("{}", "application/json") if is_api else (query, "application/x-www-form-urlencoded")
    with transaction.atomic():
        answer = client.generic(method, address, body, content_type=sent_as, query_params=dict(parse_qsl(query)))
        said = b"".join(answer) if answer.streaming else answer.content
        changed = Change.objects.count()
        transaction.set_rollback(True)
    return outcome(answer), said, changed


# A word of the annotator's that nobody else may read before adjudication opens.
SECRET = "Zwiebelturm"


@pytest.mark.django_db
def test_every_address_method_and_role_is_as_written(capsys):
    checks, wrong = 0, []
    for kind in KINDS:
        world = make_world(kind)
        before = Change.objects.count()
        for role in ROLES:
            session = session_of(world.people[role]) if role in world.people else None
            for route, name in addresses():
                for method in METHODS:
                    checks += 1
                    found, said, changed = ask(session, method, fill(route, name, world))
                    wanted = expected(name, method, role, kind)
                    where = f"{kind}, {role}: {method} {name}"
                    if found != wanted:
                        wrong.append(f"{where} came to {found}, not {wanted}")
                    if found != YES and changed != before:
                        wrong.append(f"{where} came to {found} and still changed something")
                    if kind == "independent" and role != "annotator" and SECRET.encode() in said:
                        wrong.append(f"{where} shows what the annotator wrote")
    with capsys.disabled():
        print(
            f"\n{checks} checks: {len(addresses())} addresses × {len(METHODS)} methods × {len(ROLES)} roles × 2 projects"
        )
    assert not wrong, "\n".join(wrong)


def test_every_address_has_its_row_and_every_row_its_address():
    names = {name for _, name in addresses()}
    assert names == {name for name, _ in ROWS}
    assert len(names) == len(addresses()), "two addresses share a name"


def test_annotator_reads_what_others_may_not(db):
    world = make_world("independent")
    route = next(route for route, name in addresses() if name == "api:claims-detail")
    said = ask(session_of(world.people["annotator"]), "GET", fill(route, "api:claims-detail", world))[1]
    assert SECRET.encode() in said


def roles_page():
    """Return docs/roles.md: the table as people read it."""
    told = {"Y": "yes", "N": "no", "-": "not seen", "S": "sign in"}
    lines = [ROLES_HEAD, "", f"| what | {' | '.join(ROLES)} |", f"| --- |{' --- |' * len(ROLES)}"]
    for rule, (about, shared, independent) in RULES.items():
        cells = [
            told[left] if left == right else f"{told[left]} · {told[right]}"
            for left, right in zip(shared, independent, strict=True)
        ]
        lines.append(f"| **{rule}**: {about} | {' | '.join(cells)} |")
    lines += ["", "## Every address", "", "| rule | method | addresses |", "| --- | --- | --- |"]
    routes = {name: "/" + route.strip("^$") for route, name in addresses()}
    for rule in RULES:
        by_methods = {}
        for name in routes:
            methods = " ".join(method for method in METHODS if ROWS.get((name, method)) == rule)
            if methods:
                by_methods.setdefault(methods, []).append(f"`{plainly(routes[name])}`")
        for methods, found in by_methods.items():
            lines.append(f"| {rule} | {methods} | {'<br>'.join(sorted(found))} |")
    return "\n".join(lines) + "\n"


def plainly(route):
    """Return a route with its parts as words, ``/projects/SLUG/``."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: match[1].upper(), route).replace("\\Z", "").replace("|", "\\|")


ROLES_HEAD = """# Roles

A person has one role in each project. The table below is the one that `tests/annotate/test_policy.py` holds every address, method and role against, in a shared and in an independent project; the test writes this page and fails when it is out of date.

- **Owner**: people and settings, and all an editor does.
- **Editor**: settles differences, rules on figures, signs off; in an independent project brings in documents and sets up dossiers.
- **Annotator**: marks, pairs and labels: in a shared project in the team’s reading, in an independent one in their own.
- **Researcher**: reads and exports; in an independent project what is settled.

What you may not see is *not seen* (404), as if it were not there; what you see and may not change is *no* (403), with the reason. Where two outcomes stand, the first holds in a shared project and the second in an independent one before adjudication opens, for annotations that are the annotator’s."""


def test_roles_page_shows_the_table():
    page = ROOT / "docs" / "roles.md"
    if os.environ.get("ROLES_MD") == "1":
        page.write_text(roles_page(), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == roles_page(), "run ROLES_MD=1 pytest tests/annotate/test_policy.py"
