"""UIMA CAS as XMI, as INCEpTION reads and writes it: a zip of TypeSystem.xml and one .xmi a text.

Sample, shortened, of one .xmi (https://docs.oasis-open.org/uima/v1.0/uima-v1.0.html; offsets there are UTF-16 units)::

    <rejoinder:Span xmi:id="2" sofa="1" begin="0" end="11" label="Claim" role="assertion"/>
    <rejoinder:Span xmi:id="3" sofa="1" begin="12" end="27" label="Claim" role="response"/>
    <rejoinder:Link xmi:id="4" sofa="1" begin="0" end="11" Governor="3" Dependent="2" label="attacks"/>
    <cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" mimeType="text/plain" sofaString="Crime fell. That is not so."/>

``Span`` is a span layer and ``Link`` a relation layer from Governor, the response, to Dependent, what is answered. A
reader takes any annotation with a ``label``, ``value`` or ``role`` that says its type, or the name of its layer, and any
relation with Governor and Dependent; ``claims/formats/foreign.py`` says what becomes of them. A .json in the zip is read
as CAS JSON 0.4. Tokens, sentences and what describes the document are no spans.
"""

import io
import tempfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from claims.errors import FormatError

from . import foreign
from .brat import FILE_LIMIT, FIXED_TIME, safe
from .foreign import Bundle, Report, Shelf, Span, Text, Tie
from .records import Record

NAME = "cas"
LABEL = "UIMA CAS XMI (zip)"
SUFFIX = ".cas.zip"
MEDIA_TYPE = "application/zip"
READABLE = True
OPTIONS: dict[str, str] = {}
LOSES = (
    "A CAS here knows spans in one piece and relations within its text: of a claim in several parts it has the whole "
    "stretch, and links to another document or to something other than a claim are left out.",
    "Of a CAS that was brought in, only labelled spans and relations between them go out again, with new ids.",
)
SPAN, LINK = "rejoinder.Span", "rejoinder.Link"
NO_SPANS = ("Token", "Sentence", "Paragraph", "DocumentAnnotation", "DocumentMetaData", "TagsetDescription", "Sofa")
LABELS = ("label", "value", "role", "identifier")


def sniff(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is a zip with a type system or an .xmi among its first files."""
    return head.startswith(b"PK\x03\x04") and (b"TypeSystem.xml" in head or b".xmi" in head)


# Reading


def bundles(stream: BinaryIO, report: Report) -> Iterator[Bundle]:
    """Yield the texts of a zip in the order of their names, each by itself."""
    try:
        archive = zipfile.ZipFile(stream)
    except zipfile.BadZipFile as error:
        raise FormatError(f"The file is no zip, or a damaged one ({error}).") from error
    with archive:
        names = sorted(
            info.filename for info in archive.infolist() if not info.is_dir() and "__MACOSX" not in info.filename
        )
        systems = [name for name in names if PurePosixPath(name).name.lower() == "typesystem.xml"]
        wanted = [name for name in names if name.endswith((".xmi", ".json"))]
        if not wanted:
            raise FormatError("The zip holds no .xmi and no .json.")
        for name in wanted:
            try:
                with warnings.catch_warnings():
                    # An offset inside a character is one that cassis warns of, and then leaves as it was.
                    warnings.simplefilter("error", UserWarning)
                    cas = load(archive, name, systems)
                yield Bundle(texts=(read_cas(cas, name, report),))
            except FormatError as error:
                report.add(name, 0, str(error))
            except Exception as error:  # cassis and lxml raise whatever they come upon
                report.add(name, 0, f"is no CAS that can be read ({type(error).__name__}: {str(error)[:200]}).")


def load(archive: zipfile.ZipFile, name: str, systems: list[str]) -> Any:
    import cassis

    data = content(archive, name)
    if name.endswith(".json"):
        return cassis.load_cas_from_json(io.BytesIO(data))
    system = beside(name, systems)
    types = cassis.load_typesystem(io.BytesIO(content(archive, system))) if system else None
    return cassis.load_cas_from_xmi(io.BytesIO(data), typesystem=types)


def content(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        data = file.read(FILE_LIMIT + 1)
    if len(data) > FILE_LIMIT:
        raise FormatError(f"the file has more than {FILE_LIMIT // 2**20} MB.")
    if not name.endswith(".json") and b"<!" in data.replace(b"\0", b"").replace(b"<!--", b""):
        # Entities could read other files or fill the memory.
        raise FormatError("declares a document type or entities; a CAS needs none.")
    return data


def beside(name: str, systems: list[str]) -> str | None:
    """Return the type system of an .xmi: the one in its folder, or else the first."""
    folder = PurePosixPath(name).parent
    return next((one for one in systems if PurePosixPath(one).parent == folder), systems[0] if systems else None)


def read_cas(cas: Any, name: str, report: Report) -> Text:
    raw = cas.sofa_string
    try:
        foreign.refuse(raw)
    except ValueError as error:
        raise FormatError(str(error)) from error
    # cassis gives offsets in code points.
    counting = foreign.Counting(raw, units="points")
    stem = str(PurePosixPath(name).with_suffix(""))
    spans: list[Span] = []
    relations = []
    for place, one in enumerate(cas.select_all_annotations(), 1):
        features = {feature.name for feature in one.type.all_features}
        if {"Governor", "Dependent"} <= features:
            relations.append((place, one))
        elif {"begin", "end"} <= features and one.type.name.rsplit(".", 1)[-1] not in NO_SPANS:
            label = label_of(one, features)
            try:
                part = counting.part(one.begin, one.end)
                raw_span = {"span": [*part, label]}
                spans.append(
                    Span(id=str(one.xmiID), type=label, parts=(part,), line=place, raw=raw_span, is_plain=True)
                )
            except ValueError as error:
                report.add(name, 0, f"annotation {one.xmiID}: {error}")
    ties = []
    for place, one in relations:
        ends = [end for end in (one.Governor, one.Dependent) if end is not None]
        if len(ends) < 2:
            report.add(name, 0, f"relation {one.xmiID} has no Governor or no Dependent.")
            continue
        source, target = ((stem, str(end.xmiID)) for end in ends)
        label = label_of(one, {feature.name for feature in one.type.all_features})
        ties.append(
            Tie(
                id=f"relation {one.xmiID}", type=label, source=source, target=target,
                file=name, line=0, raw={"tie": [source[1], target[1], label], "place": place}, is_plain=True,
            )
        )  # fmt: skip
    about: dict[str, Any] = {}
    ends_of_lines = foreign.line_ends_of(raw)
    if ends_of_lines is not None:
        about["line_ends"] = ends_of_lines
    return Text(
        name=stem, title=PurePosixPath(stem).name, text=counting.text, spans=tuple(spans), ties=tuple(ties), about=about
    )


def label_of(one: Any, features: set[str]) -> str:
    """Return the type of an annotation: what its label says, or else the name of its layer."""
    for name in LABELS:
        value = getattr(one, name, None) if name in features else None
        if isinstance(value, str) and value.strip():
            return value
    return str(one.type.name.rsplit(".", 1)[-1])


# Writing


def write(found: Iterable[Record], stream: BinaryIO) -> Counter[str]:
    """Write a zip; texts wait in a file, claims and links in memory. Returns what was left out."""
    collector = foreign.Collector(NAME)
    types = type_system()
    with tempfile.SpooledTemporaryFile(max_size=8 * 2**20) as file, tempfile.TemporaryFile() as whole:
        shelf = Shelf(file)
        for record in found:
            document = collector.take(record)
            if document is not None and document.uuid is not None:
                shelf.put(document.uuid, document.text or "")
        taken: set[str] = set()
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            put(archive, "TypeSystem.xml", types.to_xml())
            for page in collector.pages():
                folder = "" if len(collector.layers) < 2 else f"{safe(page.layer)}/"
                stem = free(folder + safe(page.name), taken)
                put(archive, f"{stem}.xmi", cas_of(page, shelf.get(page.uuid), types, collector).to_xmi())
        whole.seek(0)
        while block := whole.read(2**20):
            stream.write(block)
    return collector.left_out


def put(archive: zipfile.ZipFile, name: str, text: str) -> None:
    info = zipfile.ZipInfo(name, FIXED_TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, text.encode())


def free(stem: str, taken: set[str]) -> str:
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name)
    return name


def type_system() -> Any:
    import cassis

    types = cassis.TypeSystem()
    span = types.create_type(SPAN, supertypeName="uima.tcas.Annotation")
    link = types.create_type(LINK, supertypeName="uima.tcas.Annotation")
    for name in ("label", "role"):
        types.create_feature(span, name, "uima.cas.String")
    for name, range_type in (("Governor", SPAN), ("Dependent", SPAN), ("label", "uima.cas.String")):
        types.create_feature(link, name, range_type)
    return types


def cas_of(page: foreign.Page, text: str, types: Any, collector: foreign.Collector) -> Any:
    import cassis

    ends = page.about.get("line_ends")
    cas = cassis.Cas(typesystem=types)
    cas.sofa_string, cas.sofa_mime = foreign.with_line_ends(text, ends), "text/plain"
    places = foreign.crlf_places(text, ends)
    span_type, link_type = types.get_type(SPAN), types.get_type(LINK)
    spans: dict[Any, Any] = {}
    rest = [entry[1] for entry in foreign.rest_of(page.about) if isinstance(entry[1], dict)]

    def add(start: int, end: int, **features: str) -> Any:
        begin, end = foreign.original_offset(start, places), foreign.original_offset(end, places)
        one = span_type(begin=begin, end=end, **features)
        cas.add(one)
        return one

    for start, end, label in (raw["span"] for raw in rest if "span" in raw):
        add(start, end, label=label)
    for claim in sorted(page.claims, key=lambda claim: (claim.start, claim.end, str(claim.uuid))):
        if claim.stretches:
            collector.left_out["claims in several parts, each written as one stretch"] += 1
        spans[claim.uuid] = add(claim.start, claim.end, label=foreign.type_of_claim(claim), role=claim.role)
        spans[str(foreign.foreign_of(claim, NAME).get("id"))] = spans[claim.uuid]
    for link in page.links:
        if foreign.target_of(link) not in spans:
            collector.left_out["links to another document"] += 1
            continue
        tie(cas, link_type, spans[link.response], spans[foreign.target_of(link)], foreign.type_of_link(link))
    for source, target, label in (raw["tie"] for raw in rest if "tie" in raw):
        if source in spans and target in spans:
            tie(cas, link_type, spans[source], spans[target], label)
        else:
            collector.left_out["relations that were no links"] += 1
    return cas


def tie(cas: Any, link_type: Any, source: Any, target: Any, label: str) -> None:
    # INCEpTION gives a relation the place of what it leads to.
    cas.add(link_type(begin=target.begin, end=target.end, Governor=source, Dependent=target, label=label))
