"""W3C Web Annotations on their way in: ours come back, others' are found by position or by quote."""

import io
import json
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims import corpora
from claims.errors import FormatError
from claims.formats import foreign, web_annotation
from claims.models import Claim, Link
from claims.offsets import to_utf16
from claims.verify import verify
from tests.claims.rich_project import export_bytes, make_rich_project
from tests.factories import make_user

HARBOUR = Path(__file__).resolve().parents[3] / "fixtures/corpora/web-annotation/harbour"
ALPHABET = "ab .\n😀🏴é\u0301ខ្មែរעבריתعدد\u2028\u200d\t"
TEXT = "Crime fell. “That is not so”, he said. Crime fell. 😀 Done."


def read(page):
    """Return ({text: {id: (type, parts)}}, {(from, to): type}, faults) of a page."""
    report = foreign.Report()
    found = list(web_annotation.bundles(io.BytesIO(json.dumps(page).encode()), report))
    spans = {text.name: {one.id: (one.type, one.parts) for one in text.spans} for each in found for text in each.texts}
    ties = {(tie.source[1], tie.target[1]): tie.type for each in found for tie in foreign.ties_of(each)}
    return spans, ties, [str(fault) for fault in report.faults]


def annotated(*selectors, id="urn:1", **more):
    target = {"source": {"id": "urn:text", "value": TEXT}, "selector": list(selectors)}
    return {"id": id, "type": "Annotation", "body": {"value": "Claim"}, "target": target, **more}


def quote(exact, **context):
    return {"type": "TextQuoteSelector", "exact": exact, **context}


def at(start, end):
    return {"type": "TextPositionSelector", "start": start, "end": end}


SECOND = TEXT.rindex("Crime fell.")


@pytest.mark.parametrize(
    ("selectors", "part"),
    [
        ([at(0, 11)], (0, 11)),
        ([quote("That is not so")], (13, 27)),
        ([quote("Crime fell.", prefix="he said. ")], (SECOND, SECOND + 11)),
        ([quote("Crime fell.", suffix=" 😀 Done.")], (SECOND, SECOND + 11)),
        ([quote("Done."), at(to_utf16(TEXT, TEXT.index("Done.")), to_utf16(TEXT, len(TEXT)))], (TEXT.index("Done."), len(TEXT))),
        ([quote("Done."), at(3, 8)], (TEXT.index("Done."), len(TEXT))),
        ([quote("Done."), at(3, 80000)], (TEXT.index("Done."), len(TEXT))),
    ],
)  # fmt: skip
def test_span_is_found_by_position_or_by_words(selectors, part):
    spans, _, faults = read(annotated(*selectors))
    assert (spans, faults) == ({"urn:text": {"urn:1": ("Claim", (part,))}}, [])


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (annotated(quote("Crime fell.")), "more than once"),
        (annotated(quote("Nobody")), "does not stand in the text"),
        (annotated(at(5, 5)), "mark at least one character"),
        (annotated(at(5, 500)), "annotation urn:1"),
        (annotated({"type": "FragmentSelector"}), "neither a quote nor a position"),
        (annotated(at(0, 5), id=None), "it has no id"),
        ({**annotated(at(0, 5)), "target": {"source": "urn:else", "selector": at(0, 5)}}, "is not here"),
        ({**annotated(at(0, 5)), "target": "urn:text"}, "is no stretch of a text"),
    ],
)
def test_what_cannot_be_found_is_told_of(one, told):
    spans, _, faults = read([annotated(at(0, 3), id="urn:0"), one])
    assert list(spans["urn:text"]) == ["urn:0"]
    assert len(faults) == 1
    assert told in faults[0]


def test_two_annotations_as_targets_are_a_link():
    link = {
        "id": "urn:3",
        "type": "Annotation",
        "motivation": "linking",
        "target": ["urn:2", "urn:1"],
        "body": {"value": "x"},
    }
    page = [
        annotated(at(0, 3)),
        annotated(at(5, 9), id="urn:2"),
        link,
        {**link, "id": "urn:4", "target": ["urn:2", "urn:9"]},
    ]
    _, ties, faults = read(page)
    assert ties == {("urn:2", "urn:1"): "x"}
    assert "urn:9 is no annotation" in faults[0]


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b"PK\x03\x04 no zip"])
def test_what_is_no_json_is_refused_in_a_sentence(data):
    with pytest.raises(FormatError):
        list(web_annotation.bundles(io.BytesIO(data), foreign.Report()))


@st.composite
def corpus(draw):
    """Return [(text, [(id, type, parts)])] and [(from, to)] between spans of any text."""
    texts, ends = [], []
    for number in range(draw(st.integers(1, 3))):
        text = draw(st.text(ALPHABET, min_size=4, max_size=40).filter(str.strip))
        spans = []
        for place in range(draw(st.integers(0, 3))):
            cuts = sorted(draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=4, unique=True)))
            parts = tuple(zip(cuts[::2], cuts[1::2], strict=False))
            spans.append((f"s{place}", draw(st.sampled_from(["Claim", "Premise"])), parts))
            ends.append((f"t{number}", f"s{place}"))
        texts.append((text, spans))
    pair = st.tuples(st.sampled_from(ends), st.sampled_from(ends)).filter(lambda both: both[0] != both[1])
    ties = draw(st.lists(pair, max_size=4, unique=True)) if len(ends) > 1 else []
    return texts, ties


@given(corpus())
@settings(max_examples=150, deadline=None)
def test_what_goes_out_comes_back(drawn):
    texts, ties = drawn
    made = tuple(
        foreign.Text(
            name=f"t{number}", title=f"T{number}", text=text,
            spans=tuple(foreign.Span(id=id, type=kind, parts=parts, line=1, raw=None, is_plain=True) for id, kind, parts in spans),
        )
        for number, (text, spans) in enumerate(texts)
    )  # fmt: skip
    bundle = foreign.Bundle(
        texts=made,
        ties=tuple(
            foreign.Tie(id="r", type="attacks", source=one, target=other, file="f", line=1, raw=None) for one, other in ties
        ),
    )  # fmt: skip
    plan = foreign.plan(foreign.survey([bundle]), {}, known=["rejects"], own_labels=True)
    setting = foreign.Setting(format="test", seed=UUID(int=1), plan=plan, title="T")
    out, report = io.BytesIO(), foreign.Report()
    web_annotation.write(foreign.records_of([bundle], setting, foreign.Report()), out)
    out.seek(0)
    back = list(web_annotation.bundles(out, report))
    assert not report.faults
    assert sorted(parts for one in back for text in one.texts for span in text.spans for parts in span.parts) == sorted(
        part for _, spans in texts for _, _, parts in spans for part in parts
    )
    assert sum(len(list(foreign.ties_of(one))) for one in back) == len(ties)


@pytest.mark.django_db
def test_our_own_file_comes_back_as_a_project(tmp_path):
    project = make_rich_project()
    team = project.layers.filter(kind="team")
    path = tmp_path / "sea.jsonld"
    path.write_bytes(export_bytes(project, format="web-annotation", layers=team))
    outcome = corpora.bring_in(path, format="web-annotation", slug="back", actor=make_user())
    mine = Claim.objects.live().filter(layer__in=team)
    back = Claim.objects.filter(layer__project=outcome.project)
    assert sorted(back.values_list("quote", flat=True)) == sorted(mine.values_list("quote", flat=True))
    assert sorted(back.exclude(stretches=None).values_list("stretches__quote", flat=True)) == sorted(
        mine.exclude(stretches=None).values_list("stretches__quote", flat=True)
    )
    links = Link.objects.live().filter(layer__in=team, scope__in=["claim", "continues"])
    assert Link.objects.filter(layer__project=outcome.project).count() == links.count() > 0
    assert verify(outcome.project).faults == []


@pytest.mark.django_db
def test_of_several_readings_one_comes_in_and_the_others_are_told_of(tmp_path):
    path = tmp_path / "sea.jsonld"
    path.write_bytes(export_bytes(make_rich_project(), format="web-annotation"))
    report = foreign.Report()
    with path.open("rb") as file:
        list(web_annotation.bundles(file, report))
    assert sum("one reading comes in, here “Gold”" in str(fault) for fault in report.faults) == 2


@pytest.mark.django_db
def test_notes_made_elsewhere_come_in_with_their_faults():
    outcome = corpora.bring_in(HARBOUR, format="web-annotation", slug="harbour", actor=make_user())
    claims = Claim.objects.filter(layer__project=outcome.project)
    assert sorted(claims.values_list("quote", flat=True)) == [
        "332 of them were brokers", "That is not so", "counted 370 people"
    ]  # fmt: skip
    link = Link.objects.get(layer__project=outcome.project)
    assert (link.relation, link.response.quote, link.target_claim.quote) == (
        "attacks",
        "That is not so",
        "counted 370 people",
    )
    assert len(outcome.report.faults) == 2
    assert verify(outcome.project).faults == []
