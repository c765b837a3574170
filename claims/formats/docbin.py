"""spaCy's DocBin (https://spacy.io/api/docbin): the documents with claims, links and mentions, for training with spaCy.

Sample::

    from spacy.tokens import DocBin
    import spacy
    for doc in DocBin().from_disk("sea.spacy").get_docs(spacy.blank("xx").vocab):
        for span in doc.spans["claims/Team"]:
            print(span.label_, span.id_, span.text)   # response 0d0c… That is not so.

``doc.spans["claims/LAYER"]`` holds one span a claim of that layer, its label the role and its id the uuid; the parts of
a claim in several stretches share an id. ``doc.spans["mentions"]`` holds what the pipeline saw. ``doc.user_data`` names
the document (``uuid``, ``title``), and its ``links`` are those whose response stands in it: ``response``, ``scope``,
``target``, ``relation``, ``secondary_relation``, ``strategies``, ``disputed``, ``layer``.

Tokens are cut by spaCy's rules for no language in particular, and once more at every end of a span, so that each span is
made of whole tokens and ``span.start_char`` is the offset in code points. Documents are held in memory until written.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import UUID

from . import records
from .records import Record

if TYPE_CHECKING:
    from spacy.tokens import Doc

NAME = "docbin"
LABEL = "spaCy DocBin"
SUFFIX = ".spacy"
MEDIA_TYPE = "application/octet-stream"
READABLE = False
OPTIONS: dict[str, str] = {}
LOSES = (
    "Cited works without a text, suggestions, decisions and left-out stretches are not in the DocBin.",
    "Citations, comparisons, assessments and records of none found are not in the DocBin.",
    "Dossiers, people, assignments, comments, settlements, guidelines and sign-offs are not in the DocBin.",
    "The kind, period and wording of a claim, what has been deleted, and the history are not in the DocBin.",
)


def write(found: Iterable[Record], stream: BinaryIO) -> None:
    """Write one Doc a document with a text, in the order of their uuids."""
    import spacy
    from spacy.tokens import DocBin

    corpus = Corpus(found)
    nlp = spacy.blank("xx")
    # Texts are as long as they are; the limit is there for parsers.
    nlp.max_length = max([len(one.text or "") for one in corpus.documents] + [nlp.max_length]) + 1
    docs = (corpus.as_doc(nlp, document) for document in corpus.documents)
    stream.write(DocBin(store_user_data=True, docs=docs).to_bytes())


class Corpus:
    """The records that go into the Docs, by document."""

    def __init__(self, found: Iterable[Record]) -> None:
        self.documents: list[records.Document] = []
        self.layers: dict[UUID, str] = {}
        self.spans: dict[UUID, dict[str, list[tuple[int, int, str, str]]]] = defaultdict(lambda: defaultdict(list))
        self.place: dict[UUID, UUID] = {}
        self.links: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        for record in found:
            if not (isinstance(record, records.Editable) and record.deleted_at is not None):
                self.add(record)

    def add(self, record: Record) -> None:
        if isinstance(record, records.Layer) and record.uuid:
            self.layers[record.uuid] = record.name
        elif isinstance(record, records.Document) and record.text is not None:
            self.documents.append(record)
        elif isinstance(record, records.Claim) and record.uuid:
            self.place[record.uuid] = record.document
            parts = [(part.start, part.end) for part in record.stretches] or [(record.start, record.end)]
            key = f"claims/{self.layers[record.layer]}"
            self.spans[record.document][key] += [(*part, record.role, str(record.uuid)) for part in parts]
        elif isinstance(record, records.Mention) and record.layer is None:
            label = record.label or record.kind
            self.spans[record.document]["mentions"].append((record.start, record.end, label, str(record.uuid)))
        elif isinstance(record, records.Link):
            self.links[self.place[record.response]].append(self.link(record))

    def link(self, record: records.Link) -> dict[str, Any]:
        target = record.target_claim or record.target_work or record.target_response or record.target_actor
        return {
            "uuid": str(record.uuid),
            "layer": self.layers[record.layer],
            "response": str(record.response),
            "scope": record.scope,
            "target": str(target) if target else "",
            "relation": record.relation,
            "secondary_relation": record.secondary_relation,
            "strategies": list(record.strategies),
            "disputed": list(record.disputed),
        }

    def as_doc(self, nlp: Any, document: records.Document) -> "Doc":
        from spacy.tokens import SpanGroup

        assert document.uuid is not None
        spans = self.spans[document.uuid]
        text = document.text or ""
        everything = [span for group in spans.values() for span in group]
        doc = tokens(nlp, text, starts={span[0] for span in everything}, ends={span[1] for span in everything})
        for key in sorted(spans):
            found = (
                doc.char_span(start, end, label=label, span_id=uuid) for start, end, label, uuid in sorted(spans[key])
            )
            doc.spans[key] = SpanGroup(doc, name=key, spans=[span for span in found if span is not None])
        doc.user_data |= {
            "uuid": str(document.uuid),
            "title": document.title,
            "sha256": document.sha256 or "",
            "links": self.links[document.uuid],
        }
        return doc


def tokens(nlp: Any, text: str, *, starts: set[int], ends: set[int]) -> "Doc":
    """Return ``text`` as a Doc with a token's edge at every start and end; the Doc's text is the very same."""
    from spacy.tokens import Doc

    cuts = {0, len(text)} | starts | ends
    for token in nlp.tokenizer(text):
        cuts |= {token.idx, token.idx + len(token)}
    places = sorted(cuts)
    words, spaces = [], []
    number = 0
    while number < len(places) - 1:
        start, end = places[number], places[number + 1]
        number += 1
        # One blank after a word is the word's, unless a span begins or ends with it; other white space is a token.
        is_blank = text[end : end + 1] == " " and places[number + 1 : number + 2] == [end + 1]
        followed = is_blank and end not in starts and end + 1 not in ends
        number += followed
        words.append(text[start:end])
        spaces.append(followed)
    return Doc(nlp.vocab, words=words, spaces=spaces)
