"""Claims and links from a spreadsheet."""

import io
import zipfile

import pytest

from claims import corpora
from claims.errors import FormatError
from claims.formats import csv_table, foreign
from claims.models import Claim, Document, Link
from claims.verify import verify
from tests.claims.rich_project import export_bytes, make_rich_project

REPORT = "Crime fell by 40 %.\nNobody was harmed. Crime fell by 40 %. 😀 It did."


def read(data, **texts):
    """Return ({text: {(words, type)}}, [(response words, target words, relation)], faults)."""
    stream = io.BytesIO(data.encode())
    if texts:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("table.csv", data)
            for name, text in texts.items():
                archive.writestr(f"{name}.txt", text)
        stream.seek(0)
    report = foreign.Report()
    found = list(csv_table.bundles(stream, report))
    words = {
        (text.name, span.id): text.text[slice(*span.parts[0])]
        for each in found
        for text in each.texts
        for span in text.spans
    }
    spans = {
        text.name: {(words[text.name, span.id], span.type) for span in text.spans}
        for each in found
        for text in each.texts
    }
    ties = [(words[tie.source], words[tie.target], tie.type) for each in found for tie in foreign.ties_of(each)]
    return spans, ties, [str(fault) for fault in report.faults]


def test_rows_become_claims_and_links_in_their_texts():
    data = "Report;Claim;Reply document;Rebuttal;Relation\nyear;Nobody was harmed.;press;“Not so”;rejects\nyear;😀 It did.;;;\n"
    spans, ties, faults = read(data, year=REPORT, press="The minister: “Not so”.")
    assert spans == {
        "year": {("Nobody was harmed.", "assertion"), ("😀 It did.", "assertion")},
        "press": {("“Not so”", "response")},
    }
    assert ties == [("“Not so”", "Nobody was harmed.", "rejects")]
    assert faults == []


def test_words_that_stand_twice_want_a_start():
    second = REPORT.rindex("Crime")
    data = f"document,claim,claim_start\nyear,Crime fell by 40 %.,{second}\nyear,It,\nyear,Crime,\nyear,Nowhere,\n"
    spans, _, faults = read(data, year=REPORT)
    assert spans["year"] == {("Crime fell by 40 %.", "assertion"), ("It", "assertion")}
    assert ["line 4" in faults[0], "more than once" in faults[0]] == [True, True]
    assert "“Nowhere” does not stand in the text" in faults[1]


def test_without_a_text_the_words_of_the_rows_stand_for_it_and_that_is_said():
    spans, ties, faults = read("claim,answer\nCrime fell.,Not so.\nCrime fell.,It rose.\n")
    assert spans == {
        "Assertions": {("Crime fell.", "assertion")},
        "Responses": {("Not so.", "response"), ("It rose.", "response")},
    }
    assert len(ties) == 2
    assert "the words of its rows stand for it" in faults[0]


def test_text_may_stand_in_a_column_and_an_apostrophe_goes():
    spans, _, faults = read("claim\ttext\n'=1+1 is two\tSum: =1+1 is two.\n")
    assert spans == {"Assertions": {("=1+1 is two", "assertion")}}
    assert faults == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "row of headers"),
        (b"claim\n", "row of headers"),
        (b"name,year\na,1\n", "no column holds words"),
        ("claim\nété\n".encode("latin-1"), "is not UTF-8"),
        (b"PK\x03\x04 no zip", "no zip"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(data, told):
    with pytest.raises(FormatError, match=told):
        list(csv_table.bundles(io.BytesIO(data), foreign.Report()))


@pytest.mark.django_db
@pytest.mark.parametrize("is_safe", [True, False])
def test_our_own_table_comes_back_with_its_texts(tmp_path, is_safe):
    project = make_rich_project()
    team = project.layers.filter(kind="team")
    table = export_bytes(project, format="csv", layers=team, is_safe=is_safe)
    assert csv_table.sniff(table)
    path = tmp_path / "sea.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("sea.csv", table)
        for document in Document.objects.filter(project=project, text__isnull=False):
            archive.writestr(f"{document.title}.txt", document.text)
    outcome = corpora.bring_in(path, format="csv", slug="back")
    links = Link.objects.live().filter(layer__in=team, target_claim__isnull=False)
    mine = {(link.response.quote, link.target_claim.quote, link.relation) for link in links}
    back = Link.objects.filter(layer__project=outcome.project, scope="claim")
    assert {(link.response.quote, link.target_claim.quote, link.relation) for link in back} == mine
    assert Claim.objects.filter(layer__project=outcome.project, role="response").exists()
    assert verify(outcome.project).faults == []


OWN = "Our no.,They say,We say,How\r\n1,The ship sank,It did not,disputes\r\n"


@pytest.mark.django_db
def test_columns_hold_what_is_said_of_them(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(OWN, encoding="utf-8")
    seen = corpora.look_at(path, format="csv")
    assert seen.columns == [("Our no.", ""), ("They say", ""), ("We say", ""), ("How", "")]
    assert "no column holds words" in str(next(iter(seen.report.faults)))
    said = {"column:They say": "assertion", "column:We say": "response", "column:How": "relation"}
    seen = corpora.look_at(path, format="csv", wishes=said)
    assert seen.columns == [("Our no.", ""), ("They say", "assertion"), ("We say", "response"), ("How", "relation")]
    assert seen.expected["link"] == 1
    with pytest.raises(FormatError, match="no column holds words"):
        list(csv_table.bundles(io.BytesIO(OWN.encode()), foreign.Report()))


@pytest.mark.parametrize(
    ("named", "told"),
    [({"Odd": "assertion"}, "There is no column Odd"), ({"How": "odd"}, "column:How=odd: write one of")],
)
def test_a_column_that_cannot_be_is_refused(named, told):
    with pytest.raises(FormatError, match=told):
        list(csv_table.bundles(io.BytesIO(OWN.encode()), foreign.Report(), named))


def test_a_column_left_out_or_said_otherwise_is_not_what_its_header_says():
    table = b"claim,answer,label\r\nA claim,An answer,disputes\r\n"
    assert csv_table.columns(io.BytesIO(table), {"claim": "response", "answer": "none"}) == [
        ("claim", "response"), ("answer", ""), ("label", "relation")
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_table_with_its_own_headers_becomes_a_project(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(OWN, encoding="utf-8")
    said = {"column:They say": "assertion", "column:We say": "response", "column:How": "relation"}
    outcome = corpora.bring_in(path, format="csv", slug="own", wishes=said)
    link = Link.objects.get(layer__project=outcome.project)
    assert (link.response.quote, link.target_claim.quote, link.relation) == ("It did not", "The ship sank", "disputes")
    with pytest.raises(FormatError, match="has no columns"):
        corpora.look_at(path, format="doccano", wishes={"column:a": "assertion"})
