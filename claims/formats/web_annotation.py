"""W3C Web Annotation as JSON-LD: https://www.w3.org/TR/annotation-model/ and https://www.w3.org/TR/annotation-vocab/.

Sample, shortened: a claim, then the link from its response, an annotation with two targets::

    {"@context":["http://www.w3.org/ns/anno.jsonld",{"rj":"https://rejoinder.example/ns#",…}],
     "id":"urn:uuid:0d0c…","type":"AnnotationPage","rj:offsets":"unicode code points","rj:documents":[…],"items":[
    {"id":"urn:uuid:7a11…","type":"Annotation","motivation":"classifying","rj:name":"A1",
     "body":[{"type":"TextualBody","purpose":"classifying","value":"assertion"}],
     "target":{"type":"SpecificResource","source":"urn:uuid:5f0e…","selector":[
      {"type":"TextQuoteSelector","exact":"Crime fell.","prefix":"","suffix":" “That is not so”"},
      {"type":"TextPositionSelector","start":0,"end":11}]}},
    {"id":"urn:uuid:c3d2…","type":"Annotation","motivation":"linking",
     "body":[{"type":"TextualBody","purpose":"classifying","value":"rejects"}],
     "target":["urn:uuid:91aa…","urn:uuid:7a11…"],"rj:response":"urn:uuid:91aa…","rj:target":"urn:uuid:7a11…"}]}

Positions count Unicode code points of the text as Rejoinder holds it, as section 4.2.5 of the model asks; line ends are
one character. Two targets are a set in RDF, so ``rj:response`` and ``rj:target`` say which is which. Annotations come in
the order of types and then of uuids, one a line.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO
from uuid import UUID

from . import records
from .jsonl import datetime_to_json
from .records import Record
from .web_reader import bundles, sniff

__all__ = ["bundles", "sniff", "write"]

NAME = "web-annotation"
LABEL = "W3C Web Annotation (JSON-LD)"
SUFFIX = ".jsonld"
MEDIA_TYPE = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'
READABLE = True
OPTIONS: dict[str, str] = {}
LOSES = (
    "Quantities, suggestions, decisions, exclusions, redactions, postponed tasks and visits are not written.",
    "Comparisons of figures are not written.",
    "Assignments, comments, settlements, guidelines and sign-offs are not written.",
    "The sides of documents and actors in a dossier are not written.",
    "Roles of people, what has been deleted, and the history are not written.",
    "Back come texts, claims with their parts, and links between claims, of one reading; the rest stays in the file.",
)

NAMESPACE = "https://rejoinder.example/ns#"
NAMES_OTHERS = ("response", "target", "layer", "dossier", "speaker", "reporter", "restates", "publisher", "address")
CONTEXT: list[Any] = [
    "http://www.w3.org/ns/anno.jsonld",
    {
        "rj": NAMESPACE,
        **{f"rj:{name}": {"@type": "@id"} for name in NAMES_OTHERS},
        **{f"rj:{name}": {"@container": "@list"} for name in ("strategies", "disputed", "stretches")},
        "rj:read": {"@type": "@id", "@container": "@list"},
    },
]


def write(found: Iterable[Record], stream: BinaryIO) -> None:
    """Write one AnnotationPage of records that come in the order of their types; keeps none of them in memory."""
    stream.write(dumps({"@context": CONTEXT, "type": "AnnotationPage", "rj:offsets": "unicode code points"})[:-1])
    opened = ""
    for key, item in described(found):
        if key == "page":
            stream.write(b"," + dumps(item)[1:-1])
            continue
        if key == opened:
            stream.write(b",\n")
        else:
            stream.write((b"]," if opened else b",") + dumps(key) + b":[\n")
            opened = key
        stream.write(dumps(item))
    if opened != "items":
        stream.write((b"]," if opened else b",") + b'"items":[')
    stream.write(b"]}\n")


def dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def iri(uuid: UUID) -> str:
    return f"urn:uuid:{uuid}"


def kept(**values: Any) -> dict[str, Any]:
    """Return what is filled of ``values``; ``rj_name`` becomes ``rj:name`` and a uuid its IRI."""
    return {
        key.replace("rj_", "rj:", 1): iri(value) if isinstance(value, UUID) else value
        for key, value in values.items()
        if value not in (None, "", (), [], False)
    }


def described(found: Iterable[Record]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (list of the page it belongs to, JSON object); ``page`` stands for the page itself."""
    for record in found:
        if isinstance(record, records.Editable) and record.deleted_at is not None:
            continue
        key, describe = DESCRIBED.get(type(record), ("", None))
        if describe is not None:
            yield key, describe(record)


def page(project: records.Project) -> dict[str, Any]:
    return kept(id=project.uuid, rj_title=project.title, rj_description=project.description)


def actor(record: records.Actor) -> dict[str, Any]:
    return kept(
        id=record.uuid,
        type="Person" if record.kind == "person" else "Organization",
        name=record.name,
        rj_role=record.role,
        rj_organisation=record.organisation,
        rj_aliases=list(record.aliases),
    )


def layer(record: records.Layer) -> dict[str, Any]:
    return kept(
        id=record.uuid, type="rj:Layer", rj_kind=record.kind, rj_name=record.name, rj_annotator=record.annotator
    )


def document(record: records.Document) -> dict[str, Any]:
    return kept(
        id=record.uuid,
        type="Text",
        format="text/plain" if record.text is not None else None,
        language=record.language,
        rj_title=record.title,
        rj_kind=record.kind,
        rj_publisher=record.publisher,
        rj_address=record.url,
        rj_archived=record.archived_url,
        rj_published=record.published_on and record.published_on.isoformat(),
        rj_accessed=record.accessed_on and record.accessed_on.isoformat(),
        rj_licence=record.licence,
        rj_sha256=record.sha256,
        rj_characters=len(record.text) if record.text is not None else None,
        value=record.text,
    )


def dossier(record: records.Dossier) -> dict[str, Any]:
    return kept(id=record.uuid, type="rj:Dossier", rj_title=record.title)


def annotation(record: records.Editable | records.Mention, motivation: str, **values: Any) -> dict[str, Any]:
    """Return what all annotations share, and ``values``."""
    made: dict[str, Any] = {}
    if isinstance(record, records.Editable):
        made = {
            "created": record.created_at and datetime_to_json(record.created_at),
            "creator": record.created_by and {"type": "Person", "nickname": record.created_by},
            "rj_version": record.version,
        }
    return kept(id=record.uuid, type="Annotation", motivation=motivation, **made, **values)


def body(value: str, *, purpose: str = "classifying") -> list[dict[str, str]]:
    return [{"type": "TextualBody", "purpose": purpose, "value": value}] if value else []


def selected(
    source: UUID, start: int, end: int, quote: str | None, prefix: str | None = None, suffix: str | None = None
) -> dict[str, Any]:
    """Return the stretch ``[start, end)`` of a document, by its words and by its place."""
    words = {"exact": quote or "", "prefix": prefix, "suffix": suffix}
    return {
        "type": "SpecificResource",
        "source": iri(source),
        "selector": [
            {"type": "TextQuoteSelector", **{key: value for key, value in words.items() if value is not None}},
            {"type": "TextPositionSelector", "start": start, "end": end},
        ],
    }


def spanned(record: records.Claim | records.Mention) -> dict[str, Any]:
    return selected(record.document, record.start, record.end, record.quote, record.prefix, record.suffix)


def mention(record: records.Mention) -> dict[str, Any]:
    return annotation(
        record,
        "identifying",
        body=body(record.label or record.kind, purpose="tagging"),
        target=spanned(record),
        rj_kind=record.kind,
        rj_layer=record.layer,
        rj_name=record.name,
        rj_suggester=record.suggester,
    )


def claim(record: records.Claim) -> dict[str, Any]:
    parts = [selected(record.document, part.start, part.end, part.quote) for part in record.stretches]
    return annotation(
        record,
        "classifying",
        body=body(record.role) + body(record.kind, purpose="tagging") + body(record.wording, purpose="describing"),
        target=spanned(record),
        rj_name=f"{'A' if record.role == 'assertion' else 'R'}{record.number}",
        rj_layer=record.layer,
        rj_dossier=record.dossier,
        rj_speaker=record.speaker,
        rj_reporter=record.reporter,
        rj_speech=record.speech,
        rj_restates=record.restates,
        rj_restating=record.restating,
        rj_stretches=parts,
        rj_origin=record.origin,
    )


def link(record: records.Link) -> dict[str, Any]:
    target = record.target_claim or record.target_work or record.target_response or record.target_actor
    return annotation(
        record,
        "linking",
        body=body(record.relation) + body(record.note, purpose="commenting"),
        target=[iri(record.response), iri(target)] if target else iri(record.response),
        rj_response=record.response,
        rj_target=target,
        rj_scope=record.scope,
        rj_turn=record.turn,
        rj_layer=record.layer,
        rj_dossier=record.dossier,
        rj_secondary=record.secondary_relation,
        rj_strategies=list(record.strategies),
        rj_disputed=list(record.disputed),
        rj_origin=record.origin,
    )


def no_response(record: records.NoResponse) -> dict[str, Any]:
    return annotation(
        record,
        "assessing",
        body=body("no response found") + body(record.note, purpose="commenting"),
        target=iri(record.assertion),
        rj_layer=record.layer,
        rj_read=[iri(uuid) for uuid in record.documents],
    )


def assessment(record: records.Assessment) -> dict[str, Any]:
    return annotation(
        record,
        "assessing",
        body=body(record.verification) + body(record.justification, purpose="commenting"),
        target=iri(record.claim),
        rj_layer=record.layer,
    )


def citation(record: records.Citation) -> dict[str, Any]:
    """The source is the body: it is said about the claim or link, which is the target."""
    source: dict[str, Any] | None = None
    if record.document and record.start is not None and record.end is not None:
        source = selected(record.document, record.start, record.end, record.quote, record.prefix, record.suffix)
    elif record.url:
        source = {"id": record.url, "type": "Text"}
    subject = record.claim or record.link or record.no_response or record.comparison or record.assessment
    return annotation(
        record,
        "linking",
        body=([source] if source else body(record.title, purpose="describing"))
        + body(record.note, purpose="commenting"),
        target=subject and iri(subject),
        rj_stance=record.stance,
        rj_layer=record.layer,
        rj_title=record.title,
        rj_quote="" if record.document else record.quote,
        rj_archived=record.archived_url,
        rj_page=record.page,
        rj_accessed=record.accessed_on and record.accessed_on.isoformat(),
    )


DESCRIBED: dict[type[Record], tuple[str, Callable[..., dict[str, Any]]]] = {
    records.Project: ("page", page),
    records.Actor: ("rj:actors", actor),
    records.Layer: ("rj:layers", layer),
    records.Document: ("rj:documents", document),
    records.Dossier: ("rj:dossiers", dossier),
    records.Mention: ("items", mention),
    records.Claim: ("items", claim),
    records.Link: ("items", link),
    records.NoResponse: ("items", no_response),
    records.Assessment: ("items", assessment),
    records.Citation: ("items", citation),
}
