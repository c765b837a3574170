import io
import json
import os
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims import adjudication, exchange, signing
from claims.comparing import OPEN
from claims.errors import FormatError, ImportRefused, LostLease
from claims.formats import jsonl, records
from claims.models import (
    Act,
    Change,
    Claim,
    Document,
    Dossier,
    Label,
    Layer,
    Link,
    Membership,
    Mention,
    Project,
    Run,
    SignOff,
    User,
    Vocabulary,
)
from claims.projects import default_vocabulary
from claims.verify import verify
from tests.claims import two_readings
from tests.claims.rich_project import empty_database, export_bytes, import_bytes, make_rich_project
from tests.factories import make_claim, make_document, make_dossier, make_layer, make_link, make_project, make_user

pytestmark = pytest.mark.django_db

# What lies in wait for whoever counts characters otherwise.
ODD = ["😀", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "ក្រុម", "ប្រឹក្សា", "المجلس", "\u202e", "e\u0301", "n\u0303o", "\u2028", "\ufeff", "\n", "\t", "a", "B", " ", "</script>", "\x85", "\x01"]  # fmt: skip


def lines(*objects, header=True):
    """Return the bytes of a file of these lines, given as dicts."""
    first = [{"type": "rejoinder", "version": 1}] if header else []
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in (*first, *objects)).encode()


def uuid(number):
    return str(UUID(int=number))


PROJECT = {"type": "project", "slug": "made", "title": "Made by hand"}
LAYER = {"type": "layer", "uuid": uuid(1), "kind": "annotator", "annotator": "Ann Other"}
DOCUMENT = {"type": "document", "uuid": uuid(2), "title": "Report", "text": "😀 Crime fell. That is not so, he said."}
DOSSIER = {"type": "dossier", "uuid": uuid(3), "title": "Crime", "documents": [{"document": uuid(2)}]}
ASSERTION = {"type": "claim", "uuid": uuid(4), "layer": uuid(1), "dossier": uuid(3), "document": uuid(2), "role": "assertion", "start": 2, "end": 13}  # fmt: skip
RESPONSE = {**ASSERTION, "uuid": uuid(5), "role": "response", "start": 14, "end": 28}
LINK = {"type": "link", "layer": uuid(1), "response": uuid(5), "target_claim": uuid(4), "relation": "rejects"}
BY_HAND = (PROJECT, LAYER, DOCUMENT, DOSSIER, ASSERTION, RESPONSE, LINK)


def all_rows():
    return {model: model._base_manager.count() for model in (*exchange.MODELS.values(), Project, User, Vocabulary, Run, Membership)}  # fmt: skip


# There and back


@pytest.mark.parametrize("history", [False, True])
def test_export_import_export_gives_the_same_bytes(history):
    written = export_bytes(make_rich_project(), history=history)
    empty_database()
    project = import_bytes(written)
    assert export_bytes(project, history=history) == written
    assert verify(project).faults == []


def test_the_same_state_gives_the_same_bytes():
    project = make_rich_project()
    assert export_bytes(project, history=True) == export_bytes(project, history=True)


def test_every_type_of_line_went_both_ways():
    written = export_bytes(make_rich_project(), history=True)
    assert {json.loads(line)["type"] for line in written.splitlines()} == set(records.TYPES)


def test_lines_are_ordered_by_type_and_uuid():
    found = [json.loads(line) for line in export_bytes(make_rich_project()).split(b"\n")[:-1]]
    order = [(list(records.TYPES).index(line["type"]), line.get("uuid", "")) for line in found]
    assert order == sorted(order)


def test_an_export_is_the_same_where_other_projects_and_people_live():
    written = export_bytes(make_rich_project(), history=True)
    empty_database()
    make_user("anna")
    make_rich_project_of_others()
    assert export_bytes(import_bytes(written), history=True) == written


def make_rich_project_of_others():
    project = make_project(slug="others")
    make_claim(make_dossier(project, [make_document(project)]))


@st.composite
def corpora(draw):
    """Return the records of a small project whose texts, spans and links are drawn."""
    uuids = st.uuids(version=4)
    layer, dossier = draw(uuids), draw(uuids)
    pieces = st.lists(st.sampled_from(ODD), min_size=3, max_size=12).map("".join).filter(str.strip)
    documents = [
        records.Document(uuid=draw(uuids), title=draw(pieces), text=text) for text in draw(st.lists(pieces, min_size=1, max_size=3))
    ]  # fmt: skip
    claims = []
    for _ in range(draw(st.integers(1, 5))):
        document = draw(st.sampled_from(documents))
        places = sorted(draw(st.sets(st.integers(0, len(document.text)), min_size=2, max_size=5)))
        parts = [records.Stretch(start=left, end=right) for left, right in zip(places[::2], places[1::2], strict=False)]
        claims.append(
            records.Claim(
                uuid=draw(uuids), layer=layer, dossier=dossier, document=document.uuid,
                role=draw(st.sampled_from(records.CLAIM_ROLES)), start=places[0], end=parts[-1].end,
                stretches=tuple(parts) if len(parts) > 1 else (), wording=draw(pieces),
            )
        )  # fmt: skip
    responses = [claim for claim in claims if claim.role == "response"]
    pairs = [(one, other) for one in responses for other in claims if one is not other]
    links = [
        records.Link(uuid=draw(uuids), layer=layer, response=response.uuid, target_claim=target.uuid, note=draw(pieces))
        for response, target in draw(
            st.lists(st.sampled_from(pairs), unique=True, max_size=4) if pairs else st.just([])
        )
    ]
    return [
        records.Header(version=1),
        records.Project(uuid=draw(uuids), slug="drawn", title=draw(pieces)),
        records.Layer(uuid=layer, kind="team", name="Team"),
        *documents,
        records.Dossier(uuid=dossier, title=draw(pieces), documents=tuple(records.Place(document=one.uuid) for one in documents)),
        *claims,
        *links,
    ]  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(corpus=corpora())
def test_any_corpus_comes_back_as_it_was(corpus):
    stream = io.BytesIO()
    jsonl.write(corpus, stream)
    with transaction.atomic():
        project = import_bytes(stream.getvalue())
        first = export_bytes(project)
        assert verify(project).faults == []
        empty_database()
        second = export_bytes(import_bytes(first))
        transaction.set_rollback(True)
    assert second == first
    back = {one.uuid: one for one in jsonl.read(io.BytesIO(first)) if hasattr(one, "uuid")}
    for one in corpus:
        if isinstance(one, records.Document):
            assert back[one.uuid].text == one.text
        elif isinstance(one, records.Claim):
            text = next(document.text for document in corpus if getattr(document, "uuid", None) == one.document)
            assert back[one.uuid].quote == text[one.start : one.end]
            assert [(part.start, part.end) for part in back[one.uuid].stretches] == [(part.start, part.end) for part in one.stretches]  # fmt: skip
        elif isinstance(one, records.Link):
            assert (back[one.uuid].response, back[one.uuid].target_claim) == (one.response, one.target_claim)


# By hand


def test_a_file_made_by_hand_needs_little():
    project = import_bytes(lines(*BY_HAND))
    claim = Claim.objects.get(pk=uuid(4))
    assert (claim.name, claim.quote, claim.suffix) == ("A1", "Crime fell.", " That is not so, he said.")
    assert (claim.version, claim.created_by, claim.kind, claim.origin) == (1, None, "factual", "scratch")
    link = Link.objects.get()
    assert (link.dossier, link.turn, link.response.name) == (claim.dossier, 1, "R1")
    assert project.vocabulary == default_vocabulary()
    assert claim.document.sha256
    layer = project.layers.get(kind="annotator")
    assert (layer.name, layer.annotator.imported_as) == ("Ann Other", "Ann Other")
    assert project.memberships.get(user=layer.annotator).role == "annotator"
    assert project.layers.filter(kind="team").count() == 1  # a shared project has one
    assert verify(project).faults == []


def test_a_file_made_by_hand_is_the_same_when_read_twice():
    first = export_bytes(import_bytes(lines(*BY_HAND)))
    empty_database()
    second = export_bytes(import_bytes(lines(*BY_HAND)))
    same = [(json.loads(one).get("uuid"), json.loads(two).get("uuid")) for one, two in zip(first.split(b"\n")[:-1], second.split(b"\n")[:-1], strict=True) if b'"team"' not in one]  # fmt: skip
    assert all(one == two for one, two in same)


def test_claims_without_a_number_are_numbered_in_file_order():
    more = [{**RESPONSE, "uuid": uuid(20 + number)} for number in range(3)]
    more[1]["number"] = 7
    import_bytes(lines(*BY_HAND, *more))
    assert [Claim.objects.get(pk=uuid(20 + number)).number for number in range(3)] == [2, 7, 8]


def test_a_line_may_name_a_later_one_of_its_own_type():
    claims = ({**ASSERTION, "restates": uuid(9), "restating": "faithful"}, {**ASSERTION, "uuid": uuid(9)})
    import_bytes(
        lines(PROJECT, LAYER, {**DOCUMENT, "edition_of": uuid(8)}, {**DOCUMENT, "uuid": uuid(8)}, DOSSIER, *claims)
    )
    assert Claim.objects.get(pk=uuid(4)).restates_id == UUID(uuid(9))
    assert Document.objects.get(pk=uuid(2)).edition_of_id == UUID(uuid(8))


def test_turns_are_counted_along_the_chain():
    chain = [{**RESPONSE, "uuid": uuid(30 + number)} for number in range(4)]
    links = [{**LINK, "response": uuid(30 + number), "target_claim": uuid(29 + number)} for number in range(3, 0, -1)]
    import_bytes(lines(*BY_HAND, *chain, {**LINK, "response": uuid(30)}, *links))
    turns = {link.response_id.int: link.turn for link in Link.objects.all()}
    assert [turns[30 + number] for number in range(4)] == [1, 2, 3, 4]


def test_windows_line_ends_become_one_character_and_offsets_move_along():
    text = "One\r\ntwo\rthree\r\n😀 four"
    claim = {**ASSERTION, "start": text.index("three"), "end": len(text), "quote": "three\r\n😀 four"}
    parts = [{"start": text.index(word), "end": text.index(word) + len(word)} for word in ("three", "four")]
    import_bytes(lines(PROJECT, LAYER, {**DOCUMENT, "text": text, "page_starts": [0, 5]}, DOSSIER, claim, {**claim, "uuid": uuid(7), "stretches": parts}))  # fmt: skip
    document = Document.objects.get()
    assert document.text == "One\ntwo\nthree\n😀 four"
    assert document.page_starts == [0, 4]
    found = Claim.objects.get(pk=uuid(7))
    assert found.quote == "three\n😀 four"
    assert [part.quote for part in found.stretches.all()] == ["three", "four"]
    assert verify().faults == []


def test_people_named_on_no_line_are_kept_too():
    import_bytes(lines(PROJECT, {**DOCUMENT, "created_by": "someone"}))
    someone = User.objects.get(username="someone")
    assert (someone.is_active, someone.has_usable_password(), someone.imported_as) == (False, False, "someone")
    assert not Membership.objects.filter(user=someone).exists()


# People


def person(**fields):
    return {"type": "person", "username": "anna", "name": "Anna there", "role": "editor", **fields}


def test_a_known_username_is_another_person():
    anna = make_user("anna")
    project = import_bytes(lines(PROJECT, person(), {**DOCUMENT, "created_by": "anna"}))
    stranger = Document.objects.get().created_by
    assert stranger != anna
    assert (stranger.username, stranger.name, stranger.is_active) == ("made.anna", "Anna there", False)
    assert not project.memberships.filter(user=anna).exists()
    assert b'"username":"anna"' in export_bytes(project)


def test_a_known_username_is_the_same_person_when_the_importer_says_so():
    anna = make_user("anna")
    project = import_bytes(lines(PROJECT, person(), {**DOCUMENT, "created_by": "anna"}), same_people=True)
    assert Document.objects.get().created_by == anna
    assert project.memberships.get(user=anna).role == "editor"
    anna.refresh_from_db()
    assert anna.name == ""


def test_nothing_of_a_persons_account_goes_out():
    project = make_project(make_user("anna", email="anna@example.org", password="secret"))
    written = export_bytes(project, history=True)
    anna = User.objects.get(username="anna")
    for secret in ("anna@example.org", anna.password, str(anna.pk)):
        assert secret.encode() not in written


def test_two_people_never_share_a_name_in_a_file():
    users = [("1", "anna", ""), ("2", "sea.anna", "anna"), ("3", "lake.anna", "anna"), ("4", "ben2", "ben")]
    assert exchange.names_for(users) == {"1": "anna", "2": "sea.anna", "3": "lake.anna", "4": "ben"}


def test_a_username_that_django_refuses_is_kept_as_it_was():
    name = "Ann Other, " * 30
    project = import_bytes(lines(PROJECT, person(username=name)))
    assert len(User.objects.get(imported_as=name).username) <= 150
    assert (
        json.loads(next(line for line in export_bytes(project).splitlines() if b'"person"' in line))["username"] == name
    )


def test_whoever_imports_owns_the_project():
    owner = make_user("owner")
    project = import_bytes(lines(*BY_HAND), actor=owner)
    assert project.memberships.get(user=owner).role == "owner"


def test_owning_an_imported_project_changes_nothing_in_its_file():
    written = export_bytes(make_rich_project())
    empty_database()
    owner = make_user("owner")
    project = import_bytes(written, actor=owner)
    assert export_bytes(project) == written
    Document.objects.filter(title="Report").update(created_by=owner)
    assert b'"role":"owner","type":"person","username":"owner"' in export_bytes(project)


# Several people


def layers_of(count, dossiers):
    """Return lines of ``dossiers`` disputes that ``count`` people unknown here read, each in a layer of their own."""
    layers = [{**LAYER, "uuid": uuid(1000 + number), "annotator": f"reader {number}"} for number in range(count)]
    found = [*layers]
    for number in range(dossiers):
        text, place = {**DOCUMENT, "uuid": uuid(2000 + number)}, {"document": uuid(2000 + number)}
        found += [text, {**DOSSIER, "uuid": uuid(3000 + number), "title": f"Pair {number}", "documents": [place]}]
    pairs = [(layer, number) for layer in range(count) for number in range(dossiers)]
    for at, (layer, number) in enumerate(pairs):
        place = {"layer": uuid(1000 + layer), "dossier": uuid(3000 + number), "document": uuid(2000 + number)}
        found.append({**ASSERTION, **place, "uuid": uuid(10_000 + 2 * at)})
        found.append({**RESPONSE, **place, "uuid": uuid(10_001 + 2 * at)})
    for at, (layer, _) in enumerate(pairs):
        ends = {"response": uuid(10_001 + 2 * at), "target_claim": uuid(10_000 + 2 * at)}
        found.append({**LINK, **ends, "layer": uuid(1000 + layer), "uuid": uuid(50_000 + at)})
    return found


def test_138_dossiers_read_by_a_dozen_people_unknown_here():
    independent = {**PROJECT, "kind": "independent", "adjudication_opened_at": "2026-01-01T00:00:00Z"}
    gold = {"type": "layer", "uuid": uuid(999), "kind": "gold"}
    project = import_bytes(lines(independent, *layers_of(12, 138), gold))
    assert project.layers.filter(kind="annotator").count() == 12
    assert project.layers.filter(kind="team").count() == 0
    assert project.memberships.filter(role="annotator", user__is_active=False).count() == 12
    assert Link.objects.filter(layer__project=project).count() == 12 * 138
    assert verify(project).faults == []
    written = export_bytes(project)
    empty_database()
    assert export_bytes(import_bytes(written)) == written


@pytest.mark.parametrize("kind", records.PROJECT_KINDS)
@pytest.mark.parametrize(
    "layers",
    [
        [],
        [{"type": "layer", "kind": "gold"}],
        [{"type": "layer", "kind": "team"}, {"type": "layer", "kind": "team", "name": "Night desk"}],
        [{"type": "layer", "kind": "team"}, {"type": "layer", "kind": "gold"}, LAYER],
        [{**LAYER, "annotator": "Team"}, {"type": "layer", "kind": "team"}, {"type": "layer", "kind": "team"}],
        [{**LAYER, "deleted_at": "2026-01-01T00:00:00Z"}, {**LAYER, "uuid": uuid(9)}],
    ],
)
def test_any_layers_come_in_and_go_out(kind, layers):
    project = import_bytes(lines({**PROJECT, "kind": kind}, DOCUMENT, DOSSIER, *layers))
    assert verify(project).faults == []
    written = export_bytes(project)
    empty_database()
    assert export_bytes(import_bytes(written)) == written


@pytest.mark.parametrize("history", [False, True])
def test_what_an_editor_settled_is_settled_where_the_project_comes_in(history):
    world = two_readings.make(slug="veldany")
    gold = adjudication.gold_layer(world.project)
    parts = {"actor": world.editor, "project": world.project, "layer": gold, "dossier": world.dossier}
    with Act(**parts, verb="take over") as act:
        adjudication.take_over(act)
    for position in range(5):
        with Act(**parts, verb="settle") as act:
            table = adjudication.Table.of(world.dossier)
            question = next(one for one in table.questions if one.status == OPEN)
            said = [layer for layer in world.layers.values() if question.readings[str(layer.pk)]["items"]]
            layer = said[position % len(said)]
            adjudication.settle(act, table, question, choice="taken", taken_from=layer)
    with Act(**parts, verb="sign off") as act:
        signing.sign(act, seen=signing.last_change(gold, world.dossier), open_questions="The rest.")
    before = adjudication.Table.of(world.dossier).tally()
    written = export_bytes(world.project, history=history)
    empty_database()
    project = import_bytes(written)
    assert export_bytes(project, history=history) == written
    assert verify(project).faults == []
    dossier = project.dossiers.get()
    assert adjudication.Table.of(dossier).tally() == before
    assert signing.standing(project.layers.get(kind="gold"), dossier).state == "signed"


def test_a_file_of_one_layer_tells_nothing_of_the_work_in_others():
    project = make_rich_project()
    bens = project.layers.filter(kind="annotator")
    Project.objects.filter(pk=project.pk).update(kind="independent")
    written = export_bytes(project, history=True, layers=bens)
    found = [json.loads(line) for line in written.splitlines()]
    assert {line["layer"] for line in found if line.get("layer")} == {str(bens.get().pk)}
    assert [line["annotator"] for line in found if line["type"] == "assignment"] == ["ben"]
    assert not any(line["type"] in ("settlement", "sign_off") for line in found)
    assert {line["text"] for line in found if line["type"] == "comment"} == {"Why? @ben", "\tSo. 😀\n", "a link"}
    empty_database()
    assert export_bytes(import_bytes(written), history=True) == written


def test_a_file_of_the_gold_layer_leaves_out_what_the_others_said():
    project = make_rich_project()
    written = export_bytes(project, history=True, layers=project.layers.filter(kind="gold"))
    found = [json.loads(line) for line in written.splitlines()]
    assert [line["choice"] for line in found if line["type"] == "settlement"] == ["neither"]
    assert not any(line["type"] == "change" and line["kind"] == "settlement" for line in found)
    assert not any(line["type"] == "assignment" for line in found)
    assert b"as ben has it" not in written


def test_a_sign_off_finds_the_version_it_was_given_on():
    written = export_bytes(make_rich_project(), history=True)
    empty_database()
    make_rich_project_of_others()  # so that the database counts its versions otherwise
    import_bytes(written)
    given_on = SignOff.objects.get(state="signed").change
    assert (given_on.verb, given_on.kind, given_on.layer.kind) == ("settle", "settlement", "gold")


def test_without_its_history_a_file_still_says_that_something_was_changed_since():
    project = make_rich_project()
    assert [one.is_outdated for one in sign_offs_in(export_bytes(project)) if one.state == "signed"] == [False]
    gold = project.layers.get(kind="gold")
    claim = gold.claims.get()
    with Act(actor=None, project=project, layer=gold, dossier=claim.dossier) as act:
        act.change(claim, seen=1, wording="later")
    assert [one.is_outdated for one in sign_offs_in(export_bytes(project)) if one.state == "signed"] == [True]
    assert [one.is_outdated for one in sign_offs_in(export_bytes(project, history=True)) if one.state == "signed"] == [False]  # fmt: skip
    written = export_bytes(project)
    empty_database()
    assert export_bytes(import_bytes(written)) == written
    assert SignOff.objects.get(state="signed").is_outdated


def sign_offs_in(written):
    return [one for one in jsonl.read(io.BytesIO(written)) if isinstance(one, records.SignOff)]


@pytest.mark.parametrize(("kind", "layer"), [("shared", "team"), ("independent", "gold")])
def test_an_older_files_sign_off_is_one_of_the_layer_that_settles(kind, layer):
    signed = {**DOSSIER, "signed_off_at": "2026-02-03T04:05:06Z", "signed_off_by": "ed"}
    settles = {"type": "layer", "uuid": uuid(9), "kind": layer}
    for batch in (1, 500):
        project = import_bytes(lines({**PROJECT, "kind": kind}, settles, DOCUMENT, signed), batch=batch)
        sign_off = SignOff.objects.get()
        assert (sign_off.state, str(sign_off.layer_id), sign_off.created_by.imported_as) == ("signed", uuid(9), "ed")
        assert sign_off.created_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
        written = export_bytes(project)
        assert b"signed_off" not in written
        empty_database()


def test_an_older_files_dossier_that_nobody_signed_off_comes_in():
    import_bytes(lines(PROJECT, DOCUMENT, {**DOSSIER, "signed_off_at": None, "signed_off_by": None}))
    assert not SignOff.objects.exists()


# The vocabulary


def make_versions(project, owner):
    """Give ``project`` a label schema that was made from ours in two steps; return the last."""
    first = project.vocabulary
    for number in (2, 3):
        labels = list(first.labels.all())
        first = Vocabulary.objects.create(
            key="default@sea", number=number, title="Ours", based_on=first, summary=f"step {number}", created_by=owner
        )
        for label in labels:
            label.pk, label.vocabulary, label.colour = None, first, "#aa3300"
        Label.objects.bulk_create(labels)
    with Act(actor=owner, project=project, verb="labels") as act:
        act.change(project, seen=1, vocabulary=first)
        act.change(first, seen=1, title="Ours, once more")
    return first


@pytest.mark.parametrize("history", [False, True])
def test_the_versions_of_a_vocabulary_come_along(history):
    project = make_rich_project()
    anna = User.objects.get(username="anna")
    last = make_versions(project, anna)
    written = export_bytes(project, history=history)
    assert [line["key"] for line in map(json.loads, written.splitlines()) if line["type"] == "vocabulary"] == ["default"] * 3  # fmt: skip
    empty_database()
    project = import_bytes(written)
    assert export_bytes(project, history=history) == written
    back = project.vocabulary
    assert (back.pk, back.key, back.number, back.version) == (last.pk, "default@sea", 3, 2)
    assert (back.summary, back.based_on.number, back.based_on.based_on) == ("step 3", 2, default_vocabulary())
    assert (back.created_by.username, back.created_at) == ("anna", last.created_at)
    assert {label.colour for label in back.labels.all()} == {"#aa3300"}
    assert verify(project).faults == []
    assert import_bytes_again_is_refused(written)


def import_bytes_again_is_refused(written):
    with pytest.raises(ImportRefused):
        import_bytes(written, project="again")
    return True


def test_a_fault_after_a_vocabulary_of_several_versions_leaves_nothing():
    project = make_rich_project()
    make_versions(project, User.objects.get(username="anna"))
    written = export_bytes(project)
    empty_database()
    before = all_rows()
    with pytest.raises(FormatError):
        import_bytes(written + b'{"type":"claim"}\n')
    assert all_rows() == {**before, Vocabulary: all_rows()[Vocabulary]}
    assert not Vocabulary.objects.filter(based_on__isnull=False).exists()


def test_a_vocabulary_that_is_here_is_used():
    ours = default_vocabulary()
    written = export_bytes(make_rich_project())
    empty_database()
    ours = default_vocabulary()
    assert import_bytes(written).vocabulary == ours


def test_a_vocabulary_that_says_something_else_is_kept_for_the_project():
    written = export_bytes(make_rich_project())
    empty_database()
    ours = default_vocabulary()
    Label.objects.filter(vocabulary=ours, key="rejects").update(phrase="changed here")
    project = import_bytes(written)
    assert project.vocabulary.key == "default@sea"
    assert export_bytes(project) == written


def test_a_vocabulary_in_the_file_names_its_own_labels():
    labels = [{"facet": "relation", "key": "supported"}, {"facet": "relation", "key": "noted", "stance": "neutral"}]
    vocabulary = {"type": "vocabulary", "key": "upr", "number": 3, "labels": labels}
    named = {**PROJECT, "vocabulary": "upr/3"}
    import_bytes(lines(vocabulary, named, *BY_HAND[1:-1], {**LINK, "relation": "noted"}))
    assert [label.position for label in Vocabulary.objects.get(key="upr", number=3).labels.all()] == [1, 2]


# What is refused

DEEP = {**DOCUMENT, "uuid": uuid(6), "text": None}
SUGGESTION = {"type": "suggestion", "document": uuid(2), "start": 0, "end": 1, "kind": "claim"}
FIGURE = {"type": "mention", "uuid": uuid(10), "document": uuid(2), "start": 0, "end": 1, "kind": "quantity", "quantity": {"value": "1"}}  # fmt: skip
MENDED = {"type": "decision", "layer": uuid(1), "mention": uuid(10), "outcome": "mended"}
COMMENT = {"type": "comment", "uuid": uuid(12), "layer": uuid(1), "dossier": uuid(3), "text": "Why?"}
SIGNED = {"type": "sign_off", "layer": uuid(1), "dossier": uuid(3), "state": "signed"}
REFUSED = [
    ([{**ASSERTION, "end": 940, "number": 3}], "line 6: claim A3 ends at 940, but the text has 38 characters."),
    ([{**ASSERTION, "start": 9, "end": 5}], "begins at 9 and ends at 5; mark at least one character."),
    ([{**ASSERTION, "quote": "Crime rose."}], "says “Crime rose.”, but at 2–13 the text has “Crime fell.”."),
    ([{**ASSERTION, "suffix": "x"}], "has a prefix or suffix that is not what stands beside its words."),
    ([DEEP, {**ASSERTION, "document": uuid(6)}], "is marked in a cited work, which has no text."),
    ([{**ASSERTION, "document": uuid(7)}], f"names the document {uuid(7)}, and no line before it has that uuid."),
    ([{**ASSERTION, "kind": "odd"}], "has kind 'odd', which is no label of the vocabulary default/1; known are commitment"),
    ([ASSERTION, RESPONSE, {**LINK, "relation": "denies"}], "line 8: link"),
    ([ASSERTION, RESPONSE, {**LINK, "strategies": ["none", "denies"]}], "has strategies none, denies; name each once"),
    ([ASSERTION, RESPONSE, {**LINK, "response": uuid(4)}], "names A1 as its response, which is an assertion."),
    ([ASSERTION, RESPONSE, {**LINK, "scope": "open"}], "was refused: The scope says what is answered"),
    ([ASSERTION, {**ASSERTION, "number": 2}], f"line 7: claim A2 has the uuid {uuid(4)}, which is taken"),
    ([ASSERTION, {**ASSERTION, "uuid": uuid(9), "number": 1}], "line 7: claim A1 was refused: A claim of that name exists."),
    ([{**ASSERTION, "restates": uuid(9), "restating": "faithful"}], "as restates, and no line has that uuid."),
    ([{**ASSERTION, "restates": uuid(4), "restating": "faithful"}], "names itself as restates."),
    ([{**ASSERTION, "restates": uuid(9)}], "write restates and restating."),
    ([{**ASSERTION, "stretches": [{"start": 2, "end": 7}]}], "runs from 2 to 13, and its stretches from 2 to 7."),
    ([{**ASSERTION, "stretches": [{"start": 2, "end": 7}, {"start": 5, "end": 13}]}], "has stretches that overlap"),
    ([{**DOCUMENT, "uuid": uuid(9), "text": " \n"}], "has an empty text; write null for a cited work without one."),
    ([{**DOCUMENT, "uuid": uuid(9), "sha256": "0" * 64}], "has another text than its sha256 stands for."),
    ([{**DOCUMENT, "uuid": uuid(9), "page_starts": [99]}], "has a page that begins outside its text."),
    ([{"type": "layer", "kind": "gold", "annotator": "ann"}], "was refused: An annotator's layer names its annotator"),
    ([{"type": "layer", "kind": "gold"}, {"type": "layer", "kind": "gold"}], "was refused: This project has"),
    ([{"type": "mention", "document": uuid(2), "start": 0, "end": 1, "kind": "cue", "quantity": {"value": "1"}}], "has a quantity, and its kind is cue."),
    ([{"type": "citation", "layer": uuid(1), "stance": "supports", "title": "x"}], "was refused: A citation stands on one"),
    ([ASSERTION, {"type": "citation", "layer": uuid(1), "claim": uuid(4), "stance": "supports"}], "was refused: Cite marked words"),
    ([ASSERTION, {"type": "citation", "layer": uuid(1), "claim": uuid(4), "stance": "supports", "document": uuid(2)}], "say where its words begin and end."),
    ([{"type": "layer", "uuid": uuid(9), "kind": "gold"}, ASSERTION, {**RESPONSE, "layer": uuid(9)}, {**LINK, "layer": uuid(9)}], "which belongs to another layer."),
    ([{**DOSSIER, "uuid": uuid(9)}, ASSERTION, {**RESPONSE, "dossier": uuid(9)}, LINK], "which belongs to another dossier."),
    ([PROJECT], "line 6: project “Made by hand” is a second project; one file holds one."),
    ([{"type": "vocabulary", "key": "x", "labels": []}], "comes after the project, which names it; write it before."),
    ([{"type": "change", "act": uuid(9), "kind": "nothing", "object": uuid(4), "object_version": 1, "action": "created"}], "is of a 'nothing', which no table holds."),
    ([person(), person()], "was refused: This person is a member."),
    ([{**SUGGESTION, "payload": {"speaker": 5}}], "has speaker 5 in its payload; write a text."),
    ([{**SUGGESTION, "payload": {"role": "claim"}}], "proposes a 'claim'; write one of assertion, response."),
    ([FIGURE, {**MENDED, "reading": {"valeu": "1"}}], "has a reading of 'valeu'; known are kind, value"),
    ([FIGURE, {**MENDED, "reading": {"value": "many"}}], "has a reading whose value is \"many\"; write digits"),
    ([FIGURE, {**MENDED, "reading": {"unit": "km"}}], "has a reading whose value is missing."),
    ([FIGURE, {**MENDED, "reading": {"value": "1"}, "suggestion": uuid(9)}], "names the suggestion"),
    ([FIGURE, {**FIGURE, "uuid": uuid(11), "quantity": {"value": "1", "part_of": uuid(12)}}], "as part_of, and no line has that uuid."),
    ([COMMENT, {**COMMENT, "uuid": uuid(13), "parent": uuid(14)}], "as parent, and no line has that uuid."),
    ([{"type": "layer", "uuid": uuid(9), "kind": "gold"}, COMMENT, {**COMMENT, "uuid": uuid(13), "layer": uuid(9), "parent": uuid(12)}], "which is about another layer or dossier."),
    ([{**DOSSIER, "uuid": uuid(9)}, ASSERTION, {**COMMENT, "dossier": uuid(9), "claim": uuid(4)}], "which belongs to another dossier."),
    ([ASSERTION, RESPONSE, {**LINK, "uuid": uuid(6)}, {**COMMENT, "claim": uuid(4), "link": uuid(6)}], "was refused: A comment is on one thing"),
    ([{**SIGNED, "change": {"act": uuid(9), "object": uuid(4), "object_version": 1}}], "was given on a version that no change line holds."),
    ([{**SIGNED, "state": "sent_back"}], "was refused: Say what should be looked at again."),
    ([{"type": "assignment", "dossier": uuid(3), "annotator": "ann", "state": "finished"}], "was refused: A finished assignment says when."),
    ([{**DOSSIER, "uuid": uuid(9), "signed_off_at": "2026-01-01T00:00:00Z"}], "is the team layer that it would be said of."),
]  # fmt: skip


@pytest.mark.parametrize(("more", "words"), REFUSED, ids=range(len(REFUSED)))
@pytest.mark.parametrize("batch", [1, 500])
def test_a_fault_is_told_with_its_line_and_leaves_nothing(more, words, batch):
    default_vocabulary()
    before = all_rows()
    with pytest.raises(FormatError) as refused:
        import_bytes(lines(*BY_HAND[:4], *more), batch=batch)
    assert words in str(refused.value)
    assert str(refused.value).startswith("line ")
    assert all_rows() == before


def test_a_fault_in_the_last_line_of_a_large_file_leaves_nothing():
    written = export_bytes(make_rich_project(), history=True)
    empty_database()
    default_vocabulary()
    before = all_rows()
    with pytest.raises(FormatError):
        import_bytes(written + b'{"type":"claim"}\n', batch=5)
    assert all_rows() == before


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        ((DOCUMENT,), "comes before the project"),
        ((), "The file holds no project"),
        (({**PROJECT, "slug": "no spaces"},), "has the slug 'no spaces'; write up to 80"),
        (({**PROJECT, "vocabulary": "unheard/1"},), "which is neither known here nor in the file."),
        (({**PROJECT, "vocabulary": "default/one"},), "write a key and a number"),
        (({"type": "vocabulary", "key": "x", "labels": []}, PROJECT), "is not the vocabulary that the project names"),
    ],
)
def test_what_is_wrong_with_the_project_is_told(objects, words):
    with pytest.raises(FormatError, match="(?s).*") as refused:
        import_bytes(lines(*objects))
    assert words in str(refused.value)
    assert not Project._base_manager.exists()


def test_a_taken_name_is_refused():
    make_project(slug="made")
    with pytest.raises(ImportRefused, match="There is a project named made here"):
        import_bytes(lines(*BY_HAND))


def test_a_corpus_that_is_here_is_refused_under_another_name():
    import_bytes(lines(*BY_HAND))
    with pytest.raises(ImportRefused, match="here already"):
        import_bytes(lines(*BY_HAND), project="again")
    assert Project._base_manager.count() == 1


def test_a_uuid_of_another_project_is_refused_without_telling_whose():
    import_bytes(lines(*BY_HAND))
    other = [{**PROJECT, "slug": "other"}, {**DOCUMENT, "title": "Another"}]
    with pytest.raises(FormatError) as refused:
        import_bytes(lines(*other))
    assert "which is taken" in str(refused.value)
    assert "made" not in str(refused.value)
    assert "Report" not in str(refused.value)
    assert Document.objects.get().title == "Report"


def test_a_row_of_another_project_cannot_be_named():
    import_bytes(lines(*BY_HAND))
    with pytest.raises(FormatError, match="and no line before it has that uuid"):
        import_bytes(lines({**PROJECT, "slug": "other"}, {"type": "layer", "uuid": uuid(40), "kind": "team"}, {**ASSERTION, "uuid": uuid(41), "layer": uuid(40)}))  # fmt: skip


def test_a_format_that_is_only_written_says_so():
    with pytest.raises(FormatError, match="can be written, and not read"):
        exchange.import_project(io.BytesIO(b""), format="conll")


# Interrupted


class Stop(Exception):
    pass


def stopping_after(count):
    """Return a progress function that stops the import at its ``count``-th call."""
    calls = iter(range(count))

    def progress(done, total):
        if next(calls, None) is None:
            raise Stop

    return progress


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 8, 11, 13, 15, 16, 17, 18, 19, 20])
def test_an_import_that_was_stopped_is_gone_on_with(count):
    written = export_bytes(make_rich_project(), history=True)
    empty_database()
    with pytest.raises(Stop):
        import_bytes(written, batch=6, progress=stopping_after(count))
    assert not Project.objects.live().exists()
    summary = exchange.import_project(io.BytesIO(written), batch=6)
    assert summary.is_resumed
    assert export_bytes(summary.project, history=True) == written
    assert verify(summary.project).faults == []


def test_an_import_that_stops_again_and_again_comes_to_its_end():
    written = export_bytes(make_rich_project(), history=True)
    empty_database()
    for _ in range(100):
        try:
            summary = exchange.import_project(io.BytesIO(written), batch=4, progress=stopping_after(2))
            break
        except Stop:
            continue
    assert export_bytes(summary.project, history=True) == written


def test_another_file_of_that_name_takes_the_place_of_an_unfinished_one():
    with pytest.raises(Stop):
        import_bytes(lines(*BY_HAND), batch=1, progress=stopping_after(3))
    assert Project._base_manager.filter(slug="made").exists()
    project = import_bytes(lines(PROJECT, {**DOCUMENT, "title": "Another"}))
    assert Document.objects.get().title == "Another"
    assert Project._base_manager.get() == project
    assert not User.objects.filter(imported_as="Ann Other").exists()


def test_an_import_under_way_is_left_alone():
    def progress(done, total):
        with pytest.raises(ImportRefused, match="is being imported just now"):
            import_bytes(lines(*BY_HAND))
        raise Stop

    with pytest.raises(Stop):
        import_bytes(lines(*BY_HAND), batch=1, progress=progress)


def test_a_killed_import_is_gone_on_with_after_its_lease(monkeypatch):
    monkeypatch.setattr(exchange.Importer, "let_go", lambda self: None)
    with pytest.raises(Stop):
        import_bytes(lines(*BY_HAND), batch=1, progress=stopping_after(3))
    with pytest.raises(ImportRefused, match="just now"):
        import_bytes(lines(*BY_HAND))
    later = timezone.now() + timedelta(seconds=61)
    monkeypatch.setattr(exchange.timezone, "now", lambda: later)
    assert exchange.import_project(io.BytesIO(lines(*BY_HAND))).is_resumed


def test_a_process_that_was_taken_for_dead_stops_at_its_next_batch():
    def progress(done, total):
        Run.objects.update(token=99)

    with pytest.raises(LostLease):
        import_bytes(lines(*BY_HAND), batch=1, progress=progress)
    assert Project._base_manager.filter(slug="made").exists()  # whoever took over goes on with it


def test_a_cancelled_import_is_gone_on_with_at_once():
    def progress(done, total):
        raise LostLease("cancelled")

    with pytest.raises(LostLease):
        import_bytes(lines(*BY_HAND), batch=1, progress=progress)
    assert exchange.import_project(io.BytesIO(lines(*BY_HAND))).is_resumed


def test_an_import_that_nobody_goes_on_with_is_removed_after_a_week():
    default_vocabulary()
    before = all_rows()
    with pytest.raises(Stop):
        import_bytes(lines(*BY_HAND), batch=1, progress=stopping_after(3))
    exchange.sweep()
    assert Project._base_manager.exists()
    Run.objects.update(created_at=timezone.now() - timedelta(days=8))
    exchange.sweep()
    assert all_rows() == before


def test_nobody_sees_a_project_before_it_is_whole():
    seen = []
    project = import_bytes(lines(*BY_HAND), batch=1, progress=lambda *_: seen.append(Project.objects.live().count()))
    assert seen[:-1] == [0] * (len(seen) - 1)
    assert project.deleted_at is None
    run = Run.objects.get()
    assert (run.state, run.outcome["claim"]) == ("done", 2)


def test_no_worker_takes_up_an_import_from_the_command_line(monkeypatch):
    with pytest.raises(Stop):
        import_bytes(lines(*BY_HAND), batch=1, progress=stopping_after(2))
    assert not Run.objects.abandoned().exists()


# What goes out, and when


def independent():
    """Return a project with two annotators' layers, and what each wrote under the same words."""
    project = make_project(make_user("anna"), kind="independent")
    document = make_document(project)
    dossier = make_dossier(project, [document])
    layers = []
    for name in ("ben", "cem"):
        user = make_user(name)
        Membership.objects.create(project=project, user=user, role="annotator")
        layer = make_layer(project, user)
        claims = [
            make_claim(dossier, document, "370", layer=layer, actor=user, role=role, wording=f"secret of {name}")
            for role in ("assertion", "response")
        ]
        make_link(claims[1], claims[0], actor=user, note=f"note of {name}")
        layers.append(layer)
    return project, layers


@pytest.mark.parametrize("history", [False, True])
def test_only_the_layers_given_go_out(history):
    project, (ben, _) = independent()
    written = export_bytes(project, layers=Layer.objects.filter(pk=ben.pk), history=history).decode()
    assert "secret of ben" in written
    for words in ("secret of cem", "note of cem", '"name":"cem","type":"layer"'):
        assert words not in written
    others = Claim.objects.exclude(layer=ben).values_list("pk", flat=True)
    assert not any(str(pk) in written for pk in others)
    empty_database()
    assert verify(import_bytes(written.encode())).faults == []


def test_no_layers_at_all_is_texts_alone():
    project, _ = independent()
    found = {json.loads(line)["type"] for line in export_bytes(project, layers=Layer.objects.none()).splitlines()}
    assert found == {"rejoinder", "vocabulary", "project", "person", "document", "dossier"}


def test_a_file_is_replaced_at_once_or_not_at_all(tmp_path):
    project = make_rich_project()
    path = tmp_path / "out.jsonl"
    path.write_text("old")

    def progress(done, total):
        raise Stop

    with pytest.raises(Stop):
        exchange.export_project(project, format="jsonl", path=path, progress=progress)
    assert path.read_text() == "old"
    counts = exchange.export_project(project, format="jsonl", path=path)
    assert path.read_bytes() == export_bytes(project)
    assert counts["document"] == 3
    assert os.listdir(tmp_path) == ["out.jsonl"]


def test_progress_counts_records():
    told = []
    project = make_rich_project()
    exchange.export_project(project, format="jsonl", stream=io.BytesIO(), progress=lambda *args: told.append(args))
    assert told == [(export_bytes(project).count(b"\n"),) * 2]


@pytest.mark.parametrize(
    ("name", "data", "format"),
    [
        ("a.jsonl", lines(PROJECT), "jsonl"),
        ("a.txt", b"\xef\xbb\xbf" + lines(PROJECT), "jsonl"),
        ("a.jsonl", b'{"text":"not a corpus"}\n', None),
        ("a.pdf", b"%PDF-1.7\n", None),
        ("a.txt", b"", None),
    ],
)
def test_a_corpus_is_known_by_what_is_in_it(tmp_path, name, data, format):
    (tmp_path / name).write_bytes(data)
    assert exchange.is_corpus(tmp_path / name) == format


def test_a_folder_and_what_is_not_there_are_no_corpus(tmp_path):
    assert exchange.is_corpus(tmp_path) is None
    assert exchange.is_corpus(tmp_path / "nothing") is None


def test_a_stream_that_cannot_be_read_twice_is_taken_too():
    read_end, write_end = os.pipe()
    with os.fdopen(write_end, "wb") as file:
        file.write(lines(*BY_HAND))
    with os.fdopen(read_end, "rb") as stream:
        assert exchange.import_project(stream).counts["claim"] == 2


def test_an_undo_after_the_import_finds_its_history():
    from claims.models import undo

    project = make_project(make_user("anna"), slug="sea")
    dossier = make_dossier(project, [make_document(project)])
    make_claim(dossier, quote="370", actor=User.objects.get(username="anna"))
    written = export_bytes(project, history=True)
    empty_database()
    anna = make_user("anna")
    project = import_bytes(written, same_people=True)
    act = Change.objects.filter(kind="claim").get().act
    assert undo(act, actor=anna, dossier=Dossier.objects.get()) == "mark"
    assert not Claim.objects.live().exists()
    assert verify(project).faults == []


@pytest.mark.django_db(transaction=True)
def test_an_export_shows_one_moment_while_others_write():
    project = make_rich_project()
    before = export_bytes(project)

    def progress(done, total):
        # On the caller's own connection, in the middle of the export.
        assert not connection.in_atomic_block
        Mention.objects.create(
            uuid=uuid4(), document=Document.objects.with_text().first(), start=0, end=1, kind="cue", suggester="late",
            quote=Document.objects.with_text().first().text[0],
        )  # fmt: skip

    stream = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchange.counted, "__kwdefaults__", {"every": 5})
        exchange.export_project(project, format="jsonl", stream=stream, progress=progress)
    assert stream.getvalue() == before
    assert export_bytes(project) != before


@pytest.mark.django_db(transaction=True)
def test_an_import_in_transactions_of_its_own_is_whole():
    written = export_bytes(make_rich_project(), history=True)
    empty_database()
    with pytest.raises(FormatError):
        import_bytes(written.replace(b'"restating":"differs"', b'"restating":""', 1), batch=7)
    assert not Project._base_manager.exists()
    held = []
    project = import_bytes(written, batch=7, progress=lambda *_: held.append(connection.in_atomic_block))
    assert not any(held)
    assert export_bytes(project, history=True) == written


def test_times_and_versions_are_those_of_the_file():
    at = "2020-02-03T04:05:06.789000Z"
    import_bytes(lines(PROJECT, {**DOCUMENT, "version": 7, "created_at": at, "deleted_at": at}))
    document = Document._base_manager.get()
    assert (document.version, document.created_at) == (7, datetime(2020, 2, 3, 4, 5, 6, 789000, tzinfo=UTC))
    assert document.deleted_at == document.created_at
