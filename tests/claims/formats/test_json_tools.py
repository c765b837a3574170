"""Label Studio and doccano: what comes in goes out as the same values; what is at fault is told and kept."""

import io
import json
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims import corpora, exchange
from claims.errors import FormatError
from claims.formats import brat, doccano, foreign, label_studio, records
from claims.models import Act, Claim, Document, Link, Mention, Suggestion
from claims.offsets import to_utf16
from claims.verify import verify
from tests.factories import make_user

CORPORA = Path(__file__).resolve().parents[3] / "fixtures/corpora"
HARBOUR = {
    "doccano": CORPORA / "doccano/harbour/all.jsonl",
    "label-studio": CORPORA / "label-studio/harbour/project.json",
}
LINES = {"doccano": lambda text: [json.loads(line) for line in text.splitlines()], "label-studio": json.loads}


def through_records(module, data):
    """Return what comes of reading and writing without a database as bytes, the report, and the records."""
    stream, report = io.BytesIO(data), foreign.Report()
    seen = foreign.survey(module.bundles(io.BytesIO(data), foreign.Report()))
    plan = foreign.plan(seen, {}, known=["rejects"], own_labels=True)
    setting = foreign.Setting(format=module.NAME, seed=UUID(int=1), plan=plan, title="Test")
    found = list(foreign.records_of(module.bundles(stream, report), setting, report))
    out = io.BytesIO()
    module.write(found, out)
    return out.getvalue(), report, found


ALPHABET = "ab .\n\r😀🏴é\u0301ខ្មែរעבריתعدد\u2028\u200d\t"
TYPES = st.sampled_from(["Claim", "Premise", "Person"])


@st.composite
def marked(draw):
    """Return a text, [(id, type, start, end)] in code points, and [(from, to, name)]."""
    text = draw(st.text(ALPHABET, min_size=2, max_size=50).filter(str.strip))
    places = [n for n in range(len(text) + 1) if text[n - 1 : n + 1] != "\r\n" or n == 0]
    spans = []
    for number in draw(st.permutations(range(draw(st.integers(0, 5))))):
        start, end = sorted(draw(st.tuples(st.sampled_from(places), st.sampled_from(places))))
        if start < end:
            spans.append((number, draw(TYPES), start, end))
    ids = [span[0] for span in spans]
    name = st.sampled_from(["supports", "attacks", "follows"])
    end = st.sampled_from(ids) if ids else st.nothing()
    return text, spans, draw(st.lists(st.tuples(end, end, name), max_size=4)) if ids else []


@given(st.lists(marked(), min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_doccano_comes_out_as_it_went_in(corpus):
    lines = [
        {
            "id": number,
            "text": text,
            "meta": {"a": 1},
            "entities": [
                {"id": id, "label": kind, "start_offset": to_utf16(text, a), "end_offset": to_utf16(text, b)}
                for id, kind, a, b in spans
            ],
            "relations": [
                {"id": place, "from_id": one, "to_id": other, "type": name}
                for place, (one, other, name) in enumerate(ties)
            ],
        }
        for number, (text, spans, ties) in enumerate(corpus)
    ]
    data = "".join(json.dumps(line) + "\n" for line in lines).encode()
    back, _, found = through_records(doccano, data)
    assert LINES["doccano"](back.decode().replace("\u2028", "\\u2028")) == lines
    check_words(found)


@given(st.lists(marked(), min_size=1, max_size=3), st.booleans())
@settings(max_examples=150, deadline=None)
def test_label_studio_comes_out_as_it_went_in(corpus, is_old):
    def place(text, offset):
        return to_utf16(text, offset) if is_old else offset

    tasks = []
    for number, (text, spans, ties) in enumerate(corpus):
        results = [
            {
                "id": f"r{id}", "type": "labels", "from_name": "l", "to_name": "t",
                "value": {"start": place(text, a), "end": place(text, b), "text": text[a:b], "labels": [kind]},
            }
            for id, kind, a, b in spans
        ]  # fmt: skip
        results += [
            {"type": "relation", "from_id": f"r{one}", "to_id": f"r{other}", "direction": "right", "labels": [name]}
            for one, other, name in ties
        ]
        tasks.append({"id": number, "data": {"text": text}, "annotations": [{"id": 1, "result": results}]})
    back, _, found = through_records(label_studio, json.dumps(tasks).encode())
    assert json.loads(back) == tasks
    check_words(found)


def check_words(found):
    texts = {one.uuid: one.text for one in found if isinstance(one, records.Document)}
    for claim in (one for one in found if isinstance(one, records.Claim)):
        assert claim.quote == texts[claim.document][claim.start : claim.end]


def task(*results, text="One. Two."):
    return json.dumps([{"id": 1, "data": {"text": text}, "annotations": [{"result": list(results)}]}]).encode()


def result(**value):
    return {"id": "a", "type": "labels", "value": {"labels": ["Claim"], **value}}


FAULTS = [
    (label_studio, task(result(start=0, end=99)), "task 1: result 1: Offset 99 is outside"),
    (label_studio, task(result(start=0, end=4, text="Two.")), "task 1: result 1: it says “Two.”, but the text has “One.”"),
    (label_studio, task(result(start=4, end=4)), "task 1: result 1: it begins at 4 and ends at 4"),
    (label_studio, task({"id": "a", "type": "labels"}), "task 1: result 1: 'value' is missing."),
    (label_studio, task({"type": "relation", "from_id": "x", "to_id": "y", "labels": ["attacks"]}), "names x"),
    (label_studio, task(text=" "), "task 1: the text is empty."),
    (label_studio, task(text="a\x00"), "task 1: character 2 of a text is NUL"),
    (label_studio, b'[{"data": {"n": 1}}, 3]', "task 1: there is no text"),
    (doccano, b'{"text": "One.", "entities": [{"id": 1, "label": "C"}]}', "line 1: span 1 of “entities”: 'start_offset'"),
    (doccano, b'{"text": "One.", "entities": [3], "relations": [4]}', "line 1: relation 1: write an object."),
    (doccano, b"no", "line 1: not JSON"),
    (doccano, b'{"text": ""}', "line 1: the text is empty."),
]  # fmt: skip


@pytest.mark.parametrize(("module", "data", "words"), FAULTS)
def test_a_fault_is_told_and_what_can_be_kept_is(module, data, words):
    back, report, found = through_records(module, data)
    assert any(words in str(fault) for fault in report.faults), list(map(str, report.faults))
    if any(isinstance(one, records.Document) for one in found):
        before = LINES[module.NAME](data.decode())
        after = LINES[module.NAME](back.decode())
        kept = {"annotations", "data"} if module is label_studio else {"text", "entities"}
        assert [{key: one[key] for key in kept} for one in after] == [{key: one[key] for key in kept} for one in before]


@pytest.mark.parametrize(("module", "data"), [(label_studio, b"{}"), (label_studio, b"[" * 5000), (label_studio, b"\xff"), (label_studio, b"[NaN]"), (doccano, b"")])  # fmt: skip
def test_a_file_that_is_something_else_is_refused(module, data):
    with pytest.raises(FormatError):
        list(module.bundles(io.BytesIO(data), foreign.Report()))


def test_doccanos_older_lines_are_read():
    _, report, found = through_records(doccano, '{"text": "😀 One.", "label": [[3, 7, "Claim"]]}\n'.encode())
    assert not report.faults
    assert [one.quote for one in found if isinstance(one, records.Claim)] == ["One."]


@pytest.mark.django_db
@pytest.mark.parametrize("format", HARBOUR)
def test_a_file_becomes_a_project_and_goes_out_the_same(format):
    before = HARBOUR[format].read_text(encoding="utf-8")
    assert exchange.is_corpus(HARBOUR[format]) == format
    outcome = corpora.bring_in(HARBOUR[format], format=format, slug="harbour", actor=make_user("anna"))
    project = outcome.project
    assert Document.objects.filter(project=project).count() == 2
    claims = Claim.objects.filter(dossier__project=project)
    assert claims.count() == 4
    assert {(link.response.quote, link.target_claim.quote) for link in Link.objects.all()} == {
        ("No job was lost", "The harbour lost 40 jobs."),
        ("costs rose", "Fees rose because costs rose."),
    }
    assert Mention.objects.get().quote == "the minister"
    if format == "label-studio":
        suggestion = Suggestion.objects.get()
        assert (suggestion.score, suggestion.suggester_version) == (0.75, "m1")
        assert suggestion.quote == "No job was lost, said the minister."
    stream = io.BytesIO()
    exchange.export_project(project, format=format, stream=stream)
    after = LINES[format](stream.getvalue().decode())
    expected = LINES[format](before)
    if format == "label-studio":  # those that were not the layer's follow
        for one in expected:
            one["annotations"].reverse()
    assert after == expected
    assert not verify(project).faults


@pytest.mark.django_db
@pytest.mark.parametrize("format", HARBOUR)
def test_what_was_made_here_is_added(format):
    anna = make_user("anna")
    project = corpora.bring_in(HARBOUR[format], format=format, slug="harbour", actor=anna).project
    link = Link.objects.get(relation="attacks")
    with Act(actor=anna, project=project, layer=link.layer, dossier=link.dossier, verb="label") as act:
        act.change(link, seen=1, relation="rejects")
        new = Claim(
            layer=link.layer, dossier=link.dossier, document=link.response.document, role="response", start=0, end=5
        )
        act.create(new.anchor(link.response.document.text).take_number())
    stream = io.BytesIO()
    exchange.export_project(project, format=format, stream=stream)
    back, report, found = through_records({"doccano": doccano, "label-studio": label_studio}[format], stream.getvalue())
    claims = [one for one in found if isinstance(one, records.Claim)]
    assert sorted(one.quote for one in claims)[-1] == "😀 The"
    assert sorted(one.relation for one in found if isinstance(one, records.Link)) == ["rejects", "supports"]


@pytest.mark.django_db
@pytest.mark.parametrize("module", [brat, doccano, label_studio], ids=lambda module: module.NAME)
def test_a_project_made_here_keeps_in_each_of_them_what_they_say_they_keep(module):
    """What is lost is what ``LOSES`` says: from a project with everything in it, places, types and ties come back."""
    from tests.claims.rich_project import make_rich_project

    project = make_rich_project()
    layer = project.layers.get(kind="team")
    out, left_out = io.BytesIO(), exchange.Counter()
    layers = project.layers.filter(pk=layer.pk)
    exchange.export_project(project, format=module.NAME, stream=out, layers=layers, left_out=left_out)
    _, report, found = through_records(module, out.getvalue())
    assert not report.faults
    claims = [one for one in found if isinstance(one, records.Claim)]
    live = Claim.objects.live().filter(layer=layer)
    assert sorted(one.quote for one in claims) == sorted(live.values_list("quote", flat=True))
    assert {kind: left_out[kind] for kind in ("cited works without a text", "links to something other than a claim")} == {
        "cited works without a text": 1, "links to something other than a claim": 1,
    }  # fmt: skip
    assert left_out["citations"] >= 4
    parted = [one for one in claims if one.stretches]
    links = [one for one in found if isinstance(one, records.Link)]
    if module is brat:
        assert len(parted) == 1
        assert len(links) == 2  # “unclear” is the name of no tie that is known
    else:
        assert not parted
        assert left_out["claims in several parts, each written as one stretch"] == 1
        assert left_out["links to another document"] == 1
