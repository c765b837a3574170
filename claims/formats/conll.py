"""CoNLL-U Plus (https://universaldependencies.org/ext-format.html): one token a line, claims as BIO columns.

Sample, one sentence of one document as one layer reads it::

    # global.columns = ID FORM START END RJ:CLAIM RJ:NAME
    # newdoc id = 5f0e…
    # title = Report
    # layer = Team
    # sent_id = 1
    # text = Crime fell. …
    1	Crime	0	5	B-assertion	A1
    2	fell	6	10	I-assertion	A1
    3	.	10	11	I-assertion	A1

A document comes once for each layer that has a claim in it, and once without a layer where none has. START and END are
offsets in code points. Tokens are cut by spaCy's rules for no language in particular and at every edge of a claim;
white space is no token. Where claims of one layer overlap, a token belongs to the one that begins last.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO
from uuid import UUID

from claims.matching import sentence_starts

from . import records
from .csv_table import margin_name
from .records import Record

NAME = "conll"
LABEL = "CoNLL-U Plus, BIO columns"
SUFFIX = ".conllup"
MEDIA_TYPE = "text/plain"
READABLE = False
OPTIONS: dict[str, str] = {}
LOSES = (
    "Links are not in the columns, nor anything but where assertions and responses stand and what they are called.",
    "Where claims of one layer overlap, the columns show the one that begins last.",
)
COLUMNS = ("ID", "FORM", "START", "END", "RJ:CLAIM", "RJ:NAME")


def write(found: Iterable[Record], stream: BinaryIO) -> None:
    """Write the documents in the order of their uuids, each as every layer reads it."""
    import spacy

    nlp = spacy.blank("xx")
    layers: dict[UUID, str] = {}
    documents: list[records.Document] = []
    claims: dict[UUID, dict[str, list[records.Claim]]] = defaultdict(lambda: defaultdict(list))
    for record in found:
        if isinstance(record, records.Editable) and record.deleted_at is not None:
            continue
        if isinstance(record, records.Layer) and record.uuid:
            layers[record.uuid] = record.name
        elif isinstance(record, records.Document) and record.text is not None:
            documents.append(record)
        elif isinstance(record, records.Claim):
            claims[record.document][layers[record.layer]].append(record)
    stream.write(f"# global.columns = {' '.join(COLUMNS)}\n".encode())
    for document in documents:
        assert document.uuid is not None
        nlp.max_length = max(nlp.max_length, len(document.text or "") + 1)
        for layer, marked in sorted(claims[document.uuid].items()) or [("", [])]:
            for line in lines(nlp, document, layer, marked):
                stream.write(f"{line}\n".encode())


def lines(nlp: Any, document: records.Document, layer: str, marked: list[records.Claim]) -> Iterator[str]:
    text = document.text or ""
    yield f"# newdoc id = {document.uuid}"
    yield f"# title = {one_line(document.title)}"
    if layer:
        yield f"# layer = {one_line(layer)}"
    starts = sentence_starts(text)
    labels = labels_of(text, marked)
    cut = {edge for claim in marked for part in parts(claim) for edge in part}
    number = 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        found = list(tokens(nlp, text, start, end, cut))
        if not found:
            continue
        number += 1
        yield f"# sent_id = {number}"
        yield f"# text = {one_line(text[start:end])}"
        for place, (a, b) in enumerate(found, 1):
            tag, name = labels.get(a, ("O", "_"))
            yield "\t".join((str(place), text[a:b], str(a), str(b), tag, name))
        yield ""
    if not number:
        yield ""


def parts(claim: records.Claim) -> list[tuple[int, int]]:
    return [(part.start, part.end) for part in claim.stretches] or [(claim.start, claim.end)]


def labels_of(text: str, marked: list[records.Claim]) -> dict[int, tuple[str, str]]:
    """Return {offset: (BIO tag, margin name)} of every character that a claim holds."""
    found: dict[int, tuple[str, str]] = {}
    for claim in sorted(marked, key=lambda claim: (claim.start, claim.end)):
        for start, end in parts(claim):
            begin = start + len(text[start:end]) - len(text[start:end].lstrip())
            for place in range(start, end):
                tag = "B" if place == begin else "I"
                found[place] = (f"{tag}-{claim.role}", margin_name(claim))
    return found


def tokens(nlp: Any, text: str, start: int, end: int, cut: set[int]) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the tokens of one sentence, cut at the edges of claims; white space is none."""
    for token in nlp.tokenizer(text[start:end]):
        first, last = start + token.idx, start + token.idx + len(token)
        places = [first, *sorted(place for place in cut if first < place < last), last]
        for a, b in zip(places, places[1:], strict=False):
            if text[a:b].strip():
                yield a, b


def one_line(text: str) -> str:
    return " ".join(text.split())
