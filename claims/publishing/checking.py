"""Proves from the files of a release alone that it is what it says: ``manage.py verify lighthouses-1.zip``."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from claims.errors import FormatError
from claims.formats import records
from claims.formats.records import Record

from . import building, corpus, packing, tables
from .about import About, AboutDocument
from .masking import MASK, PERSON
from .papers import papers
from .tables import Look

TOLD = 50


@dataclass
class Report:
    """What was looked at, {plural noun: how many}, and what does not hold, one sentence each."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def blame(self, sentence: str) -> None:
        if len(self.faults) < TOLD:
            self.faults.append(sentence)


def check(path: Path) -> Report:
    """Check a release, given as its folder or its zip; raises FormatError where it is neither."""
    report = Report()
    with packing.unpacked(path) as folder:
        if not (folder / packing.SUMS).is_file() or not (folder / "release.json").is_file():
            raise FormatError(f"{path}: a release has {packing.SUMS} and release.json, and here one is missing.")
        check_files(folder, report)
        try:
            about = About.from_json((folder / "release.json").read_text(encoding="utf-8"))
        except (ValueError, KeyError, TypeError) as error:
            report.blame(f"release.json cannot be read: {error}.")
            return report
        try:
            check_corpus(folder, about, report)
            if not report.faults:
                check_made(folder, about, report)
        except (FormatError, OSError) as error:
            report.blame(str(error))
    return report


def check_files(folder: Path, report: Report) -> None:
    """Every file has the hash it is listed with, and no other file is there."""
    listed = packing.read_sums(folder)
    held = {file.path: file.sha256 for file in packing.listed(folder)}
    report.counts["files"] = len(held)
    for path in sorted(listed.keys() | held.keys()):
        if path not in held:
            report.blame(f"{path} is listed and not here.")
        elif path not in listed:
            report.blame(f"{path} is here and not listed.")
        elif listed[path] != held[path]:
            report.blame(f"{path} is not what its hash says; it was changed after the release.")


def check_corpus(folder: Path, about: About, report: Report) -> None:
    """Texts are what their hashes say, marks hold the words they say, masks mask, and all that is named is here."""
    documents = {UUID(one.uuid): one for one in about.documents}
    known = {uuid: record.TYPE for record in corpus.read(folder) if (uuid := getattr(record, "uuid", None))}
    texts: dict[UUID, str] = {}
    for record in corpus.read(folder):
        report.counts[f"{record.TYPE} lines"] += 1
        if isinstance(record, records.Person) and not PERSON.fullmatch(record.username):
            report.blame(f"line {record.line}: {record.username} is no pseudonym.")
        if isinstance(record, records.Document) and record.uuid is not None:
            check_document(record, documents.get(record.uuid), texts, report)
        for spanned in (record, *getattr(record, "stretches", ())):
            document = getattr(record, "document", None)
            if document in documents and getattr(spanned, "start", None) is not None:
                check_words(spanned, record, documents[document], texts.get(document), report)
        for to, uuid in named_by(record):
            if known.get(uuid) != to:
                report.blame(f"line {record.line}: {records.title(record)} names the {to} {uuid}, which is not here.")
    if len(documents) != report.counts["document lines"]:
        report.blame(f"release.json knows {len(documents)} documents, and the corpus has others.")


def named_by(record: Record) -> Iterator[tuple[str, UUID]]:
    """Yield (type, uuid) of every row that a record names."""
    for column in records.columns(type(record)):
        kind, value = column.metadata["kind"], getattr(record, column.name)
        if kind in ("records", "record"):
            for one in value if kind == "records" else (value,) if value else ():
                yield from named_by(one)
        elif "to" in column.metadata and value:
            for uuid in value if kind == "uuids" else (value,):
                yield column.metadata["to"], uuid


def check_document(
    record: records.Document, about: AboutDocument | None, texts: dict[UUID, str], report: Report
) -> None:
    name = f"line {record.line}: {records.title(record)}"
    if about is None or record.uuid is None:
        report.blame(f"{name} is not in release.json.")
        return
    if (record.sha256, record.text is not None) != (about.sha256, about.has_text):
        report.blame(f"{name} is another than release.json says.")
    if record.text is None:
        return
    texts[record.uuid] = record.text
    if hashlib.sha256(record.text.encode()).hexdigest() != record.sha256 or len(record.text) != about.length:
        report.blame(f"{name} has a text that is not what its hash says.")
    for start, end in about.masks:
        if record.text[start:end].replace("\n", "").strip(MASK):
            report.blame(f"{name} shows words at {start}–{end} that release.json says are masked.")


def check_words(spanned: Any, record: Record, about: AboutDocument, text: str | None, report: Report) -> None:
    """Check a marked stretch, ``record`` itself or a part of it: it has ``start``, ``end`` and may have a ``quote``."""
    start, end = spanned.start, spanned.end
    quote = getattr(spanned, "quote", None)
    name = f"line {record.line}: {records.title(record)}"
    if not 0 <= start < end <= about.length:
        report.blame(f"{name} is marked at {start}–{end} of a text of {about.length} characters.")
    elif text is None and quote:
        report.blame(f"{name} holds words of a text that is not to be passed on.")
    elif text is not None and quote != text[start:end]:
        report.blame(f"{name} holds other words than the text has at {start}–{end}.")


def check_made(folder: Path, about: About, report: Report) -> None:
    """What is made from the corpus is what the corpus makes: splits, tables, counts, papers."""
    seen = Look().read(corpus.read(folder))
    splits = tables.read_splits(folder)
    for group in seen.joined().groups():
        if len({splits.get(document) for document in group}) > 1:
            report.blame(f"splits.csv parts documents that belong together, {group[0]} and others.")
    if set(splits) != set(seen.joins.parents):
        report.blame("splits.csv does not list the documents that have a text, each once.")
        return
    with TemporaryDirectory() as temporary:
        again = Path(temporary)
        titles = {UUID(one.uuid): one.title for one in about.documents}
        (again / corpus.FILE).symlink_to((folder / corpus.FILE).resolve())
        written = building.write_data(again, seen, splits, titles)
        report.counts["tables"] = len(written.counts)
        for path in sorted(written.counts):
            check_table(folder / path, again / path, path, report)
        for name in ("pairs.csv", "splits.csv"):
            if (folder / name).read_bytes() != (again / name).read_bytes():
                report.blame(f"{name} is not what the corpus makes.")
    if building.totals(building.counts_of(written)) != about.tables:
        report.blame("release.json counts other rows than the tables have.")
    guidelines = seen.guideline.text if seen.guideline else ""
    told = papers(about, building.data_files(folder), guidelines=guidelines)
    for path, words in sorted(told.items()):
        if not (folder / path).is_file() or (folder / path).read_text(encoding="utf-8") != words:
            report.blame(f"{path} says something else than release.json.")


def check_table(held: Path, made: Path, path: str, report: Report) -> None:
    import pyarrow.parquet

    if not held.is_file():
        report.blame(f"{path} is missing.")
    elif not pyarrow.parquet.read_table(held).equals(pyarrow.parquet.read_table(made)):
        report.blame(f"{path} holds other rows than the corpus makes.")
