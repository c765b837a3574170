"""``corpus.jsonl``: a project's records as a release has them, written once and read again by all that is made of it.

Left out are deleted rows, comments, assignments, settlements and what else is about the work rather than its result. Who
annotated goes by a pseudonym. Texts that may not be passed on are ``null``, and with them go all words taken from them:
offsets and the text's hash stay. Marked words are masked.
"""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from claims.formats import jsonl, records
from claims.formats.records import Record
from claims.offsets import CONTEXT_WIDTH

from .about import AboutDocument
from .licences import may_redistribute
from .masking import Masks, Pseudonyms, Stretch, masked

FILE = "corpus.jsonl"
KEPT = (
    *(records.Header, records.Vocabulary, records.Project, records.Person, records.Guideline, records.Actor),
    *(records.Layer, records.Document, records.Exclusion, records.Dossier, records.Mention, records.Suggestion),
    *(records.Decision, records.Claim, records.Link, records.NoResponse, records.Comparison, records.Assessment),
    records.Citation,
)
# Named rows that a row can do without.
LOOSE = {"publisher", "edition_of", "restates", "speaker", "reporter", "part_of", "sums_to", "converts", "change_from"}
# What stands on another machine's files and means nothing elsewhere.
PRIVATE: dict[str, Any] = {"imported_as": None, "filename": ""}
# What a suggestion says in words of the text.
WORDS_OF_TEXT = ("wording", "quote", "words")


@dataclass
class Choices:
    """What decides how the records go out."""

    masks: Masks
    pseudonyms: Pseudonyms
    gone: set[UUID] = field(default_factory=set)  # deleted rows


class Corpus:
    """Takes a project's records and writes them as the release has them; remembers what the rest is made from."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.gone = set(choices.gone)
        self.documents: dict[UUID, AboutDocument] = {}
        self.masked_texts: dict[UUID, str] = {}
        self.roles: dict[str, str | None] = {}
        self.publishers: dict[UUID, str] = {}
        self.names: set[str] = set()

    def write(self, found: Iterable[Record], path: Path) -> None:
        """Write the file. People stand before what they made, and who of them is named shows only at the end."""
        with tempfile.TemporaryFile() as rest, path.open("wb") as file:
            first: list[Record] = []
            jsonl.write(self.published(found, first), rest)
            jsonl.write([*first, *self.people()], file)
            rest.seek(0)
            while part := rest.read(2**20):
                file.write(part)

    def published(self, found: Iterable[Record], first: list[Record]) -> Iterator[Record]:
        for record in found:
            if isinstance(record, records.Person):
                self.roles[record.username] = record.role
            elif isinstance(record, KEPT) and (kept := self.kept(record)) is not None:
                if isinstance(kept, records.Header | records.Vocabulary | records.Project):
                    first.append(kept)
                else:
                    yield kept

    def people(self) -> list[records.Person]:
        named = {username: self.choices.pseudonyms.of(username) for username in self.choices.pseudonyms.used}
        in_order = sorted(named, key=lambda username: int(named[username].rpartition("-")[2]))
        return [records.Person(username=named[name], role=self.roles.get(name)) for name in in_order]

    def kept(self, record: Record) -> Record | None:
        """Return a record as it goes out, or None where it stays in."""
        if isinstance(record, records.Header):
            return replace(record, history=False)
        if isinstance(record, records.Editable) and record.deleted_at is not None:
            self.forget(record)
            return None
        whole = self.without_gone(record)
        if whole is None:
            return None
        if isinstance(whole, records.Document):
            return self.document(whole)
        if isinstance(whole, records.Vocabulary):
            return self.written_over(whole)
        found = self.written_over(self.anchored(whole))
        if isinstance(found, records.Layer) and found.annotator is not None:
            return replace(found, name=found.annotator)
        if isinstance(found, records.Actor):
            return self.actor(found)
        return found

    def forget(self, record: Record) -> None:
        uuid = getattr(record, "uuid", None)
        if uuid is not None:
            self.gone.add(uuid)

    def without_gone(self, record: Record) -> Record | None:
        """Return the record without the deleted rows it names, or None where it is nothing without them."""
        if not self.gone:
            return record
        changes: dict[str, Any] = {}
        for column in records.columns(type(record)):
            kind, value = column.metadata["kind"], getattr(record, column.name)
            if kind == "uuid" and "to" in column.metadata and value in self.gone:
                if column.name not in LOOSE:
                    self.forget(record)
                    return None
                changes[column.name] = None
                if column.name == "restates":
                    changes |= {"restating": "", "restating_note": ""}
            elif kind == "uuids" and self.gone.intersection(value):
                changes[column.name] = tuple(uuid for uuid in value if uuid not in self.gone)
        if isinstance(record, records.Dossier):
            changes["documents"] = tuple(place for place in record.documents if place.document not in self.gone)
            changes["parties"] = tuple(party for party in record.parties if party.actor not in self.gone)
        return replace(record, **changes) if changes else record

    # Texts and words of them

    def document(self, record: records.Document) -> records.Document:
        assert record.uuid is not None
        text = record.text
        stretches: tuple[Stretch, ...] = ()
        if text is not None:
            stretches = self.choices.masks.stretches(record.uuid, text)
            text = masked(text, stretches)
        has_text = text is not None and may_redistribute(record.licence)
        if stretches and has_text:
            self.masked_texts[record.uuid] = text or ""
        digest = "" if text is None else hashlib.sha256(text.encode()).hexdigest()
        made = self.written_over(replace(record, text=None, sha256=digest))
        assert isinstance(made, records.Document)
        self.documents[record.uuid] = AboutDocument(
            uuid=str(record.uuid),
            title=made.title,
            kind=made.kind,
            publisher=self.publishers.get(record.publisher, "") if record.publisher else "",
            url=made.url,
            archived_url=made.archived_url,
            published_on=made.published_on.isoformat() if made.published_on else "",
            language=made.language,
            licence=made.licence,
            is_cited_work=text is None,
            has_text=has_text,
            length=len(text or ""),
            sha256=digest,
            masks=stretches,
        )
        return replace(made, text=text if has_text else None)

    def anchored(self, record: Record) -> Record:
        """Return a marked stretch with the words that the release has there: masked ones, or none."""
        document = getattr(record, "document", None)
        if document not in self.documents or getattr(record, "start", None) is None:
            return record
        if not self.documents[document].has_text:
            return without_words(record)
        text = self.masked_texts.get(document)
        return record if text is None else with_words(record, text)

    def written_over(self, record: Record) -> Record:
        """Return the record with pseudonyms for people, marked words masked, and nothing of other machines' files."""
        masks, pseudonyms = self.choices.masks, self.choices.pseudonyms
        changes: dict[str, Any] = {}
        for column in records.columns(type(record)):
            kind, value = column.metadata["kind"], getattr(record, column.name)
            if column.name in PRIVATE:
                changes[column.name] = PRIVATE[column.name]
            elif not value or "among" in column.metadata or "facet" in column.metadata:
                continue
            elif kind == "person":
                changes[column.name] = pseudonyms.of(value)
            elif kind == "url":
                changes[column.name] = masks.in_address(value)
            elif kind == "text" and column.name not in ("quote", "prefix", "suffix", "sha256"):
                changes[column.name] = masks.in_words(pseudonyms.in_words(value))
            elif kind in ("texts", "object", "list"):
                changes[column.name] = masks.in_value(value)
        if isinstance(record, records.Citation) and record.document is None and record.quote:
            changes["quote"] = masks.in_words(record.quote)
        if isinstance(record, records.Mention) and record.quantity is not None:
            changes["quantity"] = replace(record.quantity, counted=masks.in_words(record.quantity.counted))
        return replace(record, **changes)

    def actor(self, record: records.Actor) -> records.Actor:
        """Return an actor whose name is its own, as two masked ones may not be."""
        name, count = record.name, 1
        while name in self.names:
            count += 1
            name = f"{record.name} {count}"
        self.names.add(name)
        if record.uuid is not None:
            self.publishers[record.uuid] = name
        return replace(record, name=name)


def without_words(record: Record) -> Record:
    """Return a record of a text that is not passed on, without the words it took from there."""
    names = {column.name for column in fields(record)}
    changes: dict[str, Any] = dict.fromkeys(names & {"quote", "prefix", "suffix"})
    if isinstance(record, records.Claim):
        changes["stretches"] = tuple(replace(part, quote=None) for part in record.stretches)
    if isinstance(record, records.Suggestion):
        said = {name: value for name, value in record.payload.items() if name not in WORDS_OF_TEXT}
        changes |= {"payload": said, "reasons": ()}
    return replace(record, **changes)


def with_words(record: Any, text: str) -> Record:
    """Return a marked stretch, a record with ``start`` and ``end``, with the words and context that ``text`` has there."""
    start, end = record.start, record.end
    changes: dict[str, Any] = {
        "quote": text[start:end],
        "prefix": text[max(0, start - CONTEXT_WIDTH) : start],
        "suffix": text[end : end + CONTEXT_WIDTH],
    }
    if isinstance(record, records.Claim):
        changes["stretches"] = tuple(replace(part, quote=text[part.start : part.end]) for part in record.stretches)
    said: Record = replace(record, **changes)
    return said


def read(folder: Path) -> Iterator[Record]:
    """Yield the records of a release's corpus, in order."""
    with (folder / FILE).open("rb") as file:
        yield from jsonl.read(file)
