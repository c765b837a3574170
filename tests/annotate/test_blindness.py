"""What one annotator wrote, held against everything the others can ask for before adjudication opens, and after.

A word of its own is planted in every column that an annotator can write to. Then each address is asked with each method
as everybody else, plainly and with requests that name the annotator's rows, and every export is written. A second test
compares: what others are shown is the same before and after the annotator worked, so that no count tells either.
"""

import difflib
import json
import re
import uuid
import zipfile
import zlib
from collections import Counter
from contextlib import suppress
from io import BytesIO
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.utils import timezone

from claims import annotating, commenting
from claims.exchange import export_project
from claims.formats import FORMATS
from claims.models import (
    Act,
    Assignment,
    Change,
    Comment,
    FigureComparison,
    Layer,
    Membership,
    NoResponse,
    Notice,
    Postponement,
    Run,
    User,
    Visit,
)
from claims.search import Search
from tests.factories import (
    make_claim,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_member,
    make_project,
    make_quantity,
    make_suggestion,
    make_user,
)

from .test_policy import METHODS, NO_METHOD, addresses, ask, fill, session_of

# A word that stands in every text that is planted, so that a search for it would find them.
BAIT = "wagtail"
NUMBER = "918273645"


class Canaries(dict):
    """One word each, that stands nowhere else; ``canaries("a claim's wording")`` returns a text that holds it."""

    def __call__(self, about):
        word = f"Zx{len(self):02}qvj"
        self[about] = word
        return f"{word} {BAIT}"


def make_team():
    """An independent project that an annotator has not begun: its people, its texts, its dossier."""
    project = make_project(make_user("olga"), kind="independent", annotators_each=2)
    people = {"owner": project.memberships.get().user}
    for role, name in (("annotator", "ann"), ("other", "ben"), ("editor", "edda"), ("researcher", "ruth")):
        people[role] = make_member(project, "annotator" if role == "other" else role, name)
    people["removed"] = make_user("rolf")
    people["stranger"] = make_user("stan")
    document = make_document(project)
    dossier = make_dossier(documents=[document], set_up_at=timezone.now())
    layers = {role: make_layer(project, people[role]) for role in ("annotator", "other", "removed")}
    quantity = make_quantity(document, "370", "370")
    suggestion = make_suggestion(document, "The report")
    parts = {
        role: Assignment.objects.create(dossier=dossier, annotator=people[role], way="dealt")
        for role in ("annotator", "other")
    }
    own = make_reading(dossier, layers["other"], people["other"], quantity, lambda about: "plain words", number="371")
    return SimpleNamespace(
        project=project, people=people, document=document, dossier=dossier, layers=layers, quantity=quantity,
        suggestion=suggestion, parts=parts, own=own,
    )  # fmt: skip


def make_reading(dossier, layer, person, quantity, text, *, number=NUMBER):
    """One of everything that a person can say of a dossier, in the words that ``text(about)`` returns."""
    project, document = dossier.project, dossier.places.get().document
    act = SimpleNamespace(new=lambda verb: Act(actor=person, project=project, layer=layer, dossier=dossier, verb=verb))
    with act.new(f"accept {text('what a deed was')}") as one:
        speaker = annotating.actor_named(one, text("a speaker"), role=text("a role"), organisation=text("a body"))
        reporter = annotating.actor_named(one, text("a reporter"))
        asked = annotating.actor_named(one, text("a questioner"))
    fields = {"layer": layer, "actor": person}
    assertion = make_claim(
        dossier,
        quote="370 people were arrested",
        wording=text("a wording"),
        speaker=speaker,
        reporter=reporter,
        **fields,
    )
    again = make_claim(
        dossier, quote="332 brokers", restates=assertion, restating="differs", restating_note=text("how it differs"), **fields
    )  # fmt: skip
    response = make_claim(dossier, quote="the report was unfair", role="response", wording=text("words"), **fields)
    link = make_link(response, assertion, relation="disputes", note=text("a note on a link"), actor=person)
    with act.new(f"answer {text('another deed')}") as one:
        one.create(NoResponse(layer=layer, assertion=again, documents=[str(document.pk)], note=text("none found")))
        questioner = annotating.connect(one, response=response, scope="questioner", target=asked)
        comparison = one.create(
            FigureComparison(
                layer=layer, link=link, quantity=quantity.mention, outcome="not_comparable", differs_in=["unit"],
                note=text("a note on a figure"),
            )
        )  # fmt: skip
        assessment = annotating.assess(
            one, assertion, seen=0, verification="in_progress", justification=text("a justification")
        )
        cited = annotating.cite(
            one, assertion, stance="supports", title=text("a title cited"), url="https://example.org/y",
            page=text("a page"), note=text("a note on a citation"),
        )  # fmt: skip
        own = make_quantity(document, "brokers", number, layer=layer, counted=text("what is counted"))
        annotating.decide(
            one, "mended", mention=quantity.mention, reading={"value": number, "counted": text("a mended figure")}
        )
        one.create(
            Postponement(
                layer=layer, dossier=dossier, task="pair", subject=response.pk, state="aside", reason=text("a reason")
            )
        )
        remark = commenting.comment(one, text("a comment"), on=link)
        commenting.comment(one, text("a reply"), parent=remark)
    Visit.objects.create(layer=layer, dossier=dossier, document=document, user=person)
    return SimpleNamespace(
        claims=[assertion, again, response], links=[link, questioner], comparison=comparison, assessment=assessment,
        citation=cited, comment=remark, mention=own.mention, speaker=speaker,
    )  # fmt: skip


def plant(team):
    """Let the annotator do their part in words of their own; returns (canaries, what was made)."""
    canaries = Canaries()
    made = make_reading(team.dossier, team.layers["annotator"], team.people["annotator"], team.quantity, canaries)
    with Act(actor=team.people["annotator"], project=team.project, verb="finish") as act:
        part = team.parts["annotator"]
        act.change(
            part, seen=part.version, state="finished", finished_at=timezone.now(), note=canaries("a note on one’s part")
        )
    canaries["a mended value"] = NUMBER
    return canaries, made


class Rows(dict):
    """Rows by the part of an address before them; of other parts there is none."""

    def __missing__(self, segment):
        return NOTHING


def world_of(team, made):
    """Return what ``fill`` makes addresses of, with the rows of one reading in them."""
    return SimpleNamespace(
        link_secret="none",
        secret="none",
        by_segment=Rows({
            "projects": team.project, "documents": team.document, "dossiers": team.dossier,
            "layers": made.claims[0].layer, "actors": made.speaker, "mentions": made.mention,
            "suggestions": team.suggestion, "claims": made.claims[0], "links": made.links[0],
            "no-responses": made.claims[1].no_responses.get(), "comparisons": made.comparison,
            "assessments": made.assessment, "citations": made.citation, "vocabularies": team.project.vocabulary,
            "decisions": made.claims[0].layer.decisions.first(),
            "postponements": made.claims[0].layer.postponements.first(),
            "changes": Change.objects.filter(object_id=made.claims[0].pk).first(),
            "work": Assignment.objects.get(annotator=made.claims[0].layer.annotator, dossier=team.dossier),
            "runs": NOTHING, "sign-offs": NOTHING, "settlements": NOTHING, "invitations": NOTHING,
            "tokens": SimpleNamespace(pk=0), "notices": SimpleNamespace(pk=0),
        }),
        by_name={
            "slug": team.project.slug, "number": 1, "user": team.people["researcher"].pk, "claim": made.claims[0].pk,
            "link": made.links[0].pk, "mention": made.mention.pk, "exclusion": NOTHING.pk, "sent_back": made.comment.pk,
            "comment": made.comment.pk, "citation": made.citation.pk,
        },
        by_address={},
        said={},
    )  # fmt: skip


NOTHING = SimpleNamespace(pk=uuid.UUID(int=0))


def naming(team, made):
    """Return queries that name the annotator's rows wherever a page or a deed takes one."""
    claim, layer = made.claims[0], made.claims[0].layer
    span = {"document": team.document.pk, "start": claim.start, "end": claim.end, "quote": claim.quote}
    one = {
        "link": made.links[0].pk, "mention": made.mention.pk, "claim": claim.pk, "comparison": made.comparison.pk,
        "response": made.claims[2].pk, "target": claim.pk, "scope": "claim", "parent": made.comment.pk, "text": "Words.",
        "assertion": claim.pk, "quantity": made.mention.pk, "outcome": "same", "role": "assertion", **span,
    }  # fmt: skip
    return [
        {"layer": layer.pk},
        {"layers": layer.pk, "q": BAIT, "kind": "claim"},
        {"q": BAIT, "project": team.project.pk},
        {"show": "claim", "on": claim.pk},
        {"show": "pair", "on": made.claims[2].pk},
        {"show": "link", "on": made.links[0].pk, "request_id": "one"},
        {**one, "version": 1},
        {**one, "layer": layer.pk, "request_id": "two"},
    ]


def found_in(said, canaries):
    return [about for about, word in canaries.items() if word.encode() in said]


def ask_api(session, method, address, body):
    return ask_api_fully(session, method, address, body).content


def ask_api_fully(session, method, address, body):
    """Send JSON that names rows, undo what it did, and return the answer."""
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = session
    with transaction.atomic():
        answer = client.generic(
            method, address, json.dumps(body, default=str), content_type="application/json", headers={"If-Match": '"1"'}
        )
        transaction.set_rollback(True)
    return answer


def requests_of(team, made, name, route, *, is_own):
    """Yield (method, address, JSON body or None) of everything that one address is asked."""
    address = fill(route, name, world_of(team, team.own if is_own else made))
    for method in METHODS:
        yield method, address, None
        if is_own and method != "GET" or method not in ("GET", "POST"):
            continue
        for query in naming(team, made):
            yield method, f"{address}?{urlencode(query)}", None
    if name.startswith("api:") and not is_own:
        last = {name: str(value) for name, value in naming(team, made)[-1].items()}
        for body in ({**last, "uuid": str(made.claims[0].pk)}, {**last, "project": str(team.project.pk)}):
            yield "POST", address, body
            yield "PATCH", address, body


def walk(team, canaries, made, viewers):
    """Return (how many requests, what leaked) of everybody who may not read the annotator's layer."""
    checks, leaks = 0, []
    for role in viewers:
        session = session_of(team.people[role])
        for route, name in addresses():
            # The other annotator also has rows of their own, beside which something might be shown.
            for is_own in (False, True)[: 1 + (role == "other")]:
                closed = set()
                for method, address, body in requests_of(team, made, name, route, is_own=is_own):
                    # An address that does not know a method does not read what comes with it.
                    if method in closed:
                        continue
                    checks += 1
                    if body is None:
                        came_to, said, _ = ask(session, method, address)
                        closed |= {method} if came_to == NO_METHOD else set()
                    else:
                        said = ask_api(session, method, address, body)
                    leaks += [f"{role}: {method} {address} tells {about}" for about in found_in(said, canaries)]
    return checks, leaks


def walk_names(team, canaries, made):
    """Return what the pages, asked plainly, tell the other annotator and the researcher."""
    leaks = []
    for role in ("other", "researcher"):
        session = session_of(team.people[role])
        for route, name in addresses():
            address = fill(route, name, world_of(team, team.own))
            said = ask(session, "GET", address)[1]
            leaks += [f"{role}: {address} tells {about}" for about in found_in(said, canaries)]
    return leaks


@pytest.mark.django_db
def test_nobody_else_is_told_what_an_annotator_wrote(capsys):
    team = make_team()
    canaries, made = plant(team)
    checks, leaks = walk(team, canaries, made, ("other", "owner", "editor", "researcher", "removed"))
    with capsys.disabled():
        print(f"\n{checks} requests × {len(canaries)} planted words, {len(leaks)} leaks")
    assert checks > 5000
    assert not leaks, "\n".join(sorted(set(leaks))[:40])


@pytest.mark.django_db
def test_the_annotator_is_told_every_word(capsys):
    """Or the walk would prove nothing: each planted word is shown to whoever wrote it."""
    team = make_team()
    canaries, made = plant(team)
    session, missing = session_of(team.people["annotator"]), dict(canaries)
    world = world_of(team, made)
    file = BytesIO()
    export_project(team.project, format="jsonl", stream=file, layers=readable(team, "annotator"), history=True)
    said = file.getvalue() + b"".join(
        ask(session, "GET", fill(route, name, world))[1] for route, name in addresses() if name != "project_new"
    )
    missing = [about for about, word in canaries.items() if word.encode() not in said]
    assert not missing


def readable(team, role):
    return Layer.objects.readable_by(team.people[role]).filter(project=team.project)


@pytest.mark.django_db
def test_no_export_of_others_holds_what_an_annotator_wrote(capsys):
    team = make_team()
    canaries, _ = plant(team)
    checks, leaks = 0, []
    for role in ("other", "owner", "editor", "researcher"):
        for name in FORMATS:
            for history in (False, True):
                file, left_out = BytesIO(), Counter()
                export_project(
                    team.project,
                    format=name,
                    stream=file,
                    layers=readable(team, role),
                    history=history,
                    left_out=left_out,
                )
                checks += 1
                said = b"".join(unpacked(file.getvalue())) + repr(left_out).encode()
                leaks += [f"{role}, {name}: {about}" for about in found_in(said, canaries)]
    with capsys.disabled():
        print(f"\n{checks} exports × {len(canaries)} planted words, {len(leaks)} leaks")
    assert not leaks, "\n".join(leaks)


def unpacked(data):
    """Yield a file, and what is in it where it is an archive or compressed."""
    yield data
    if zipfile.is_zipfile(BytesIO(data)):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from unpacked(archive.read(name))
    with suppress(zlib.error):
        yield zlib.decompress(data)
    if data[:4] == b"PAR1":
        import pyarrow.parquet

        yield repr(pyarrow.parquet.read_table(BytesIO(data)).to_pylist()).encode()


# What differs from one request to the next: ids of requests, tokens, nonces, times.
PASSING = re.compile(rb"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|\b[A-Za-z0-9]{64}\b|nonce=\"[^\"]+\"|\d\d:\d\d(:\d\d)?")
# Who has finished what is shown to owners and editors, who give dossiers out.
PROGRESS = {"work", "agreement", "project_coverage", "project_detail", "home", "api:assignments-list"}


def shown_to(team, role):
    session, world = session_of(team.people[role]), world_of(team, team.own)
    return {
        name: PASSING.sub(b"*", ask(session, "GET", fill(route, name, world))[1])
        for route, name in addresses()
        if name not in PROGRESS or role == "other" and name != "agreement"
    }


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["other", "owner", "editor", "researcher"])
def test_what_others_are_shown_is_the_same_before_and_after(role):
    """Counts, orders and empty places tell as much as words do."""
    team = make_team()
    # What the first look at a page makes, such as a layer to work in, is there from the second on.
    shown_to(team, role)
    before = shown_to(team, role)
    plant(team)
    after = shown_to(team, role)
    changed = [name for name in before if before[name] != after[name]]
    assert not changed, "\n".join(told_apart(before[name], after[name]) for name in changed)


def told_apart(before, after):
    return "\n".join(difflib.unified_diff(before.decode().splitlines(), after.decode().splitlines(), n=0, lineterm=""))


@pytest.mark.django_db
def test_a_search_counts_nothing_of_another(db):
    team = make_team()
    plant(team)
    for role in ("other", "owner", "editor", "researcher"):
        search = Search(user=team.people[role], query=BAIT, project=team.project)
        for kind in ("claim", "link", "citation"):
            assert search.found(kind)[0] == []
    assert Search(user=team.people["annotator"], query=BAIT, project=team.project).found("claim")[0]


@pytest.mark.django_db
def test_a_name_that_another_gave_first_is_taken_without_a_word():
    team = make_team()
    _, made = plant(team)
    for role in ("other", "owner"):
        answer = api(team, role, "POST", "/api/v1/actors/", project=team.project.pk, name=made.speaker.name)
        assert answer.status_code == 201, answer.content
    # Whoever names them in their own reading sees them from then on, and so does the annotator still.
    layer = team.layers["other"]
    with Act(actor=team.people["other"], project=team.project, layer=layer, dossier=team.dossier, verb="name") as act:
        named = annotating.actor_named(act, made.speaker.name)
        annotating.change(act, team.own.claims[0], seen=team.own.claims[0].version, speaker=named)
    assert named == made.speaker
    assert api(team, "other", "GET", f"/api/v1/actors/{named.pk}/").status_code == 200
    assert api(team, "owner", "GET", f"/api/v1/actors/{named.pk}/").status_code == 404
    assert api(team, "annotator", "GET", f"/api/v1/actors/{named.pk}/").status_code == 200


def api(team, role, method, address, **body):
    """Return the answer to a request of the API, whatever it did undone."""
    return ask_api_fully(session_of(team.people[role]), method, address, body)


@pytest.mark.django_db
def test_nobody_is_told_of_a_comment_they_may_not_read():
    team = make_team()
    layer, ann = team.layers["annotator"], team.people["annotator"]
    for name in ("ben", "olga", "edda", "ruth"):
        act = Act(actor=ann, project=team.project, layer=layer, dossier=team.dossier, verb="comment")
        with pytest.raises(ValidationError), act as one:
            commenting.comment(one, f"@{name} look at this")
    assert not Notice.objects.exists()
    assert not Comment.objects.filter(layer=layer).exists()


@pytest.mark.django_db
def test_once_open_editors_read_and_annotators_still_do_not(capsys):
    team = make_team()
    canaries, made = plant(team)
    team.project.adjudication_opened_at = timezone.now()
    team.project.save()
    Layer.objects.create(project=team.project, kind="gold", name="gold")
    # Speakers are labels that agreement on them is counted by, and agreement is everybody's to read by now.
    speaker = canaries.pop("a speaker")
    checks, leaks = walk(team, canaries, made, ("other", "researcher"))
    canaries = {"a speaker": speaker}
    assert not [leak for leak in walk_names(team, canaries, made) if "/agreement/" not in leak]
    with capsys.disabled():
        print(f"\n{checks} requests once adjudication is open, {len(leaks)} leaks")
    assert not leaks, "\n".join(sorted(set(leaks))[:40])
    for role in ("owner", "editor"):
        said = ask(session_of(team.people[role]), "GET", f"/api/v1/claims/{made.claims[0].pk}/")[1]
        assert made.claims[0].wording.encode() in said


@pytest.mark.django_db
def test_who_becomes_an_editor_still_reads_nothing_before_it_opens():
    team = make_team()
    canaries, made = plant(team)
    Membership.objects.filter(user=team.people["other"]).update(role="editor")
    other = User.objects.get(pk=team.people["other"].pk)
    assert list(Layer.objects.readable_by(other)) == [team.layers["other"]]
    assert ask(session_of(other), "GET", f"/api/v1/claims/{made.claims[0].pk}/")[0] == "404"


@pytest.mark.django_db
def test_who_was_removed_reads_nothing_and_their_work_stays():
    team = make_team()
    _, made = plant(team)
    Membership.objects.filter(user=team.people["annotator"]).delete()
    gone = User.objects.get(pk=team.people["annotator"].pk)
    assert not Layer.objects.readable_by(gone).exists()
    assert ask(session_of(gone), "GET", f"/api/v1/claims/{made.claims[0].pk}/")[0] == "404"
    made.claims[0].refresh_from_db()
    assert made.claims[0].deleted_at is None


@pytest.mark.django_db
def test_nobody_reads_a_layer_of_a_project_that_is_gone():
    team = make_team()
    team.project.deleted_at = timezone.now()
    team.project.save()
    assert not Layer.objects.readable_by(team.people["other"]).exists()


@pytest.mark.django_db
def test_the_file_of_an_export_is_only_for_whoever_asked():
    team = make_team()
    run = Run.objects.create(project=team.project, kind=Run.Kind.EXPORT, created_by=team.people["annotator"])
    for role in ("other", "owner", "editor", "researcher"):
        assert ask(session_of(team.people[role]), "GET", f"/runs/{run.pk}/file/")[0] == "404"
