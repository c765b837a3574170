"""UIMA CAS: what goes out loads in cassis and comes back; offsets are converted once."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims import corpora, exchange
from claims.errors import FormatError
from claims.formats import cas, foreign, records
from claims.models import Claim, Link, Project
from claims.offsets import to_utf16
from claims.verify import verify
from tests.claims.formats.test_json_tools import ALPHABET

HARBOUR = Path(__file__).resolve().parents[3] / "fixtures/corpora/cas/harbour"
SYSTEM = """<?xml version="1.0" encoding="UTF-8"?>
<typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier"><types>
<typeDescription><name>custom.Span</name><description/><supertypeName>uima.tcas.Annotation</supertypeName><features>
<featureDescription><name>value</name><description/><rangeTypeName>uima.cas.String</rangeTypeName></featureDescription>
</features></typeDescription>
<typeDescription><name>custom.Relation</name><description/><supertypeName>uima.tcas.Annotation</supertypeName><features>
<featureDescription><name>Dependent</name><description/><rangeTypeName>uima.tcas.Annotation</rangeTypeName></featureDescription>
<featureDescription><name>Governor</name><description/><rangeTypeName>uima.tcas.Annotation</rangeTypeName></featureDescription>
<featureDescription><name>label</name><description/><rangeTypeName>uima.cas.String</rangeTypeName></featureDescription>
</features></typeDescription></types></typeSystemDescription>"""


def xmi(text, spans, ties=()):
    """Return an .xmi as INCEpTION exports one, offsets in UTF-16 units."""
    from xml.sax.saxutils import quoteattr

    rows = [
        f'<custom:Span xmi:id="{id}" sofa="1" begin="{to_utf16(text, a)}" end="{to_utf16(text, b)}" value="{kind}"/>'
        for id, kind, a, b in spans
    ]
    rows += [
        f'<custom:Relation xmi:id="{id}" sofa="1" begin="0" end="0" Governor="{one}" Dependent="{other}" label="{label}"/>'
        for id, one, other, label in ties
    ]
    members = " ".join(str(row[0]) for row in [*spans, *ties])
    return (
        '<?xml version="1.0" encoding="UTF-8"?><xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmi:version="2.0" '
        'xmlns:cas="http:///uima/cas.ecore" xmlns:custom="http:///custom.ecore"><cas:NULL xmi:id="0"/>'
        f"{''.join(rows)}"
        f'<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" mimeType="text" sofaString={quoteattr(text)}/>'
        f'<cas:View sofa="1" members="{members}"/></xmi:XMI>'
    )


def zipped(**files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("TypeSystem.xml", SYSTEM)
        for name, content in files.items():
            archive.writestr(f"{name}.xmi", content)
    stream.seek(0)
    return stream


def through_records(data):
    report = foreign.Report()
    seen = foreign.survey(cas.bundles(io.BytesIO(data), foreign.Report()))
    plan = foreign.plan(seen, {}, known=[], own_labels=True)
    setting = foreign.Setting(format="cas", seed=UUID(int=1), plan=plan, title="Test")
    found = list(foreign.records_of(cas.bundles(io.BytesIO(data), report), setting, report))
    out = io.BytesIO()
    cas.write(found, out)
    return out.getvalue(), report, found


def said(found):
    """Return the text, {(type, words, role)} and the links of records, without ids."""
    claims = {
        one.uuid: (one.imported_as["type"], one.quote, one.start, one.role)
        for one in found
        if isinstance(one, records.Claim)
    }
    links = [one for one in found if isinstance(one, records.Link)]
    return (
        [one.text for one in found if isinstance(one, records.Document)],
        sorted(claims.values()),
        sorted((claims[one.response], claims[one.target_claim], one.relation) for one in links),
        sorted((one.label, one.start, one.end) for one in found if isinstance(one, records.Mention)),
    )


@given(
    st.text(ALPHABET.replace("\r", ""), min_size=3, max_size=40).filter(str.strip),
    st.lists(
        st.tuples(st.sampled_from(["Claim", "Premise", "Person"]), st.integers(0, 40), st.integers(0, 40)), max_size=4
    ),
)
@settings(max_examples=60, deadline=None)
def test_what_comes_in_goes_out_and_comes_in_again(text, marks):
    spans = [
        (number, kind, *sorted((a % (len(text) + 1), b % (len(text) + 1))))
        for number, (kind, a, b) in enumerate(marks, 10)
    ]
    spans = [span for span in spans if span[2] < span[3]]
    ties = [(50, spans[0][0], spans[-1][0], "attacks")] if len(spans) > 1 else []
    back, report, found = through_records(zipped(a=xmi(text, spans, ties)).getvalue())
    assert not report.faults
    assert [one.quote for one in found if isinstance(one, records.Claim)] or all(span[1] == "Person" for span in spans)
    _, again, twice = through_records(back)
    assert not again.faults
    assert said(found) == said(twice)


@pytest.mark.django_db
def test_a_zip_becomes_a_project_and_what_goes_out_loads_in_another_process(tmp_path):
    text = "😀 The harbour lost 40 jobs. No job was lost."
    a, b = text.index("The"), text.index(" No")
    spans = [(10, "Claim", a, b), (11, "Claim", b + 1, len(text))]
    stream = zipped(report=xmi(text, spans, [(12, 11, 10, "attacks")]))
    assert cas.sniff(stream.getvalue()[:65536])
    outcome = corpora.bring_in(stream, format="cas", slug="harbour")
    assert not outcome.report.faults
    link = Link.objects.get()
    assert (link.response.quote, link.target_claim.quote) == ("No job was lost.", "The harbour lost 40 jobs.")
    assert not verify(outcome.project).faults
    path = tmp_path / "out.zip"
    exchange.export_project(outcome.project, format="cas", path=path)
    script = (
        "import cassis, io, sys, zipfile\n"
        "z = zipfile.ZipFile(sys.argv[1])\n"
        "ts = cassis.load_typesystem(io.BytesIO(z.read('TypeSystem.xml')))\n"
        "cas = cassis.load_cas_from_xmi(io.BytesIO(z.read('report.xmi')), typesystem=ts)\n"
        "link = cas.select('rejoinder.Link')[0]\n"
        "sys.stdout.reconfigure(encoding='utf-8')\n"
        "print(link.Governor.get_covered_text(), link.label, link.Dependent.get_covered_text())\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, encoding="utf-8", check=False)
    assert done.stdout.strip() == "No job was lost. attacks The harbour lost 40 jobs.", done.stderr
    assert Claim.objects.count() == 2


def test_cas_json_is_read():
    import cassis

    types = cas.type_system()
    one = cassis.Cas(typesystem=types)
    one.sofa_string, one.sofa_mime = "😀 One.", "text/plain"
    one.add(types.get_type(cas.SPAN)(begin=2, end=6, label="Claim"))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.json", one.to_json())
    _, report, found = through_records(stream.getvalue())
    assert not report.faults
    assert [one.quote for one in found if isinstance(one, records.Claim)] == ["One."]


def test_a_file_at_fault_is_told_and_the_rest_comes_in():
    spans = [(10, "Claim", 0, 4)]
    data = zipped(a="no xml", b=xmi("One.", spans), c=xmi(" ", [])).getvalue()
    _, report, found = through_records(data)
    assert [one.title for one in found if isinstance(one, records.Document)] == ["b"]
    assert [fault.file for fault in sorted(report.faults)] == ["a.xmi", "c.xmi"]


@pytest.mark.django_db
def test_an_offset_inside_a_character_is_refused_and_nothing_is_made_of_nothing():
    inside = xmi("😀 One.", [(10, "Claim", 1, 3)]).replace('begin="2"', 'begin="1"')
    stream = zipped(a=inside)
    _, report, _ = through_records(stream.getvalue())
    assert "offset [1] which is not valid" in str(next(iter(report.faults)))
    with pytest.raises(FormatError, match="no text in it that can be brought in. a.xmi: "):
        corpora.bring_in(stream, format="cas", slug="none")
    assert not Project.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(encoding):
    hostile = xmi("One.", []).replace('encoding="UTF-8"', f'encoding="{encoding}"')
    hostile = hostile.replace("?><xmi", '?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><xmi', 1)
    hostile = hostile.replace('sofaString="One."', 'sofaString="One. &e;"')
    _, report, found = through_records(zipped(a=hostile.encode(encoding)).getvalue())
    assert not [one for one in found if isinstance(one, records.Document)]
    assert "a CAS needs none" in str(next(iter(report.faults)))


@pytest.mark.parametrize("data", [b"no", zipped().getvalue()])
def test_what_holds_no_cas_is_refused(data):
    with pytest.raises(FormatError):
        list(cas.bundles(io.BytesIO(data), foreign.Report()))


@pytest.mark.django_db
def test_a_folder_as_inception_exports_it_becomes_a_project():
    outcome = corpora.bring_in(HARBOUR, format="cas", slug="harbour")
    claims = Claim.objects.filter(layer__project=outcome.project)
    assert sorted(claims.values_list("role", "quote")) == [
        ("assertion", "The council counted 370 people 😀 on the quay"), ("response", "That is not so")
    ]  # fmt: skip
    link = Link.objects.get(layer__project=outcome.project)
    assert (link.relation, link.response.quote) == ("attacks", "That is not so")
    assert [mention.quote for mention in outcome.project.documents.get().mentions.all()] == ["the minister"]
    assert not outcome.report.faults
    assert verify(outcome.project).faults == []
