"""Pairs as CSV (https://www.rfc-editor.org/rfc/rfc4180): one row a link, for spreadsheets and statistics.

Sample, some of the columns::

    dossier,layer,response,response_words,scope,target,target_words,relation,strategies
    Work at Sea,Team,R3,“That is not so.”,claim,A1,Crime fell.,rejects,denies; points_to_efforts

For spreadsheets (``is_safe``, the default) a cell that begins with ``= + - @``, a tab or a line end gets a leading
apostrophe, since Excel and others would run it as a formula (https://owasp.org/www-community/attacks/CSV_Injection), and
the file begins with a byte order mark, without which Excel takes it for Latin-1. The raw variant has neither. Several
values share a cell, parted by ``; ``. Rows stand in the order of dossier, layer, response and target.

All claims and links are held in memory until the file is written, about 1 KB each.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from uuid import UUID

from . import records
from .csv_reader import MEANINGS, bundles, columns, sniff
from .records import Record

__all__ = ["MEANINGS", "bundles", "columns", "sniff", "write"]

NAME = "csv"
LABEL = "Pairs as a table (CSV)"
SUFFIX = ".csv"
MEDIA_TYPE = "text/csv"
READABLE = True
OPTIONS = {"is_safe": "Whether cells that a spreadsheet would run as a formula get a leading apostrophe."}
LOSES = (
    "Texts, claims without a link, mentions, suggestions, exclusions and redactions are not written.",
    "Comparisons of figures, assessments and records of none found are not written.",
    "Assignments, comments, settlements, guidelines and sign-offs are not written.",
    "What has been deleted, and the history, are not written.",
    "The parts of a claim in several stretches are written as one.",
    "Back come the words of claims and the links between them; a document without its text becomes the words of its rows.",
)

COLUMNS = (
    "project",
    "dossier",
    "layer",
    "link_uuid",
    "response",
    "response_uuid",
    "response_words",
    "response_wording",
    "response_speaker",
    "response_reporter",
    "response_document",
    "response_start",
    "response_end",
    "scope",
    "target",
    "target_uuid",
    "target_words",
    "target_wording",
    "target_speaker",
    "target_document",
    "target_start",
    "target_end",
    "turn",
    "relation",
    "secondary_relation",
    "stance",
    "strategies",
    "disputed",
    "note",
    "citations",
    "origin",
    "created_by",
    "created_at",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def write(found: Iterable[Record], stream: BinaryIO, *, is_safe: bool = True) -> None:
    """Write one row a live link, after a row of column names."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig" if is_safe else "utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for row in rows(found):
            writer.writerow([defuse(cell) for cell in row] if is_safe else row)
    finally:
        text.detach()  # the stream is the caller's to close


def defuse(cell: str) -> str:
    """Return the cell so that no spreadsheet takes it for a formula; numbers of offsets are never negative."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def rows(found: Iterable[Record]) -> Iterator[list[str]]:
    table = Table()
    for record in found:
        table.add(record)
    for _, link in sorted((table.rank(link), link) for link in table.links.values()):
        yield table.row(link)


class Table:
    """Everything that a row says of a link, found by uuid."""

    def __init__(self) -> None:
        self.project = ""
        self.stances: dict[str, str] = {}
        self.names: dict[UUID, str] = {}  # of actors, layers, documents, dossiers
        self.claims: dict[UUID, records.Claim] = {}
        self.links: dict[UUID, records.Link] = {}
        self.citations: dict[UUID, list[str]] = {}

    def add(self, record: Record) -> None:
        if isinstance(record, records.Vocabulary):
            self.stances = {label.key: label.stance for label in record.labels if label.facet == "relation"}
        elif isinstance(record, records.Project):
            self.project = record.title
        elif isinstance(record, records.Editable) and record.uuid:
            if isinstance(record, records.Actor | records.Layer):
                self.names[record.uuid] = record.name
            elif isinstance(record, records.Document | records.Dossier):
                self.names[record.uuid] = record.title
            elif isinstance(record, records.Claim):
                self.claims[record.uuid] = record
            elif isinstance(record, records.Link) and record.deleted_at is None:
                self.links[record.uuid] = record
            elif isinstance(record, records.Citation) and record.link and record.deleted_at is None:
                self.citations.setdefault(record.link, []).append(self.citation_in_words(record))

    def citation_in_words(self, citation: records.Citation) -> str:
        """Return ``supports: “words”, Yearbook, p. 3, https://…`` with what there is of it."""
        parts = [
            f"“{citation.quote}”" if citation.quote else "",
            self.name_of(citation.document) or citation.title,
            f"p. {citation.page}" if citation.page else "",
            citation.url,
        ]
        return f"{citation.stance}: {', '.join(part for part in parts if part)}"

    def name_of(self, uuid: UUID | None) -> str:
        return self.names.get(uuid, "") if uuid else ""

    def rank(self, link: records.Link) -> tuple[str, str, str, int, int, str]:
        response = self.claims[link.response]
        target = self.claims.get(link.target_claim or link.target_response or link.response, response)
        dossier = link.dossier or response.dossier
        numbers = (response.number or 0, target.number or 0)
        return self.name_of(dossier), str(dossier), self.name_of(link.layer), *numbers, str(link.uuid)

    def row(self, link: records.Link) -> list[str]:
        response = self.claims[link.response]
        target = self.claims.get(link.target_claim or link.target_response or UUID(int=0))
        return [
            self.project,
            self.name_of(link.dossier or response.dossier),
            self.name_of(link.layer),
            str(link.uuid),
            margin_name(response),
            str(response.uuid),
            response.quote or "",
            response.wording,
            self.name_of(response.speaker),
            self.name_of(response.reporter),
            self.name_of(response.document),
            str(response.start),
            str(response.end),
            link.scope,
            *self.target_cells(link, target),
            str(link.turn),
            link.relation,
            link.secondary_relation,
            self.stances.get(link.relation, ""),
            "; ".join(link.strategies),
            "; ".join(link.disputed),
            link.note,
            "; ".join(self.citations.get(link.uuid, ()) if link.uuid else ()),
            link.origin,
            link.created_by or "",
            link.created_at.isoformat().replace("+00:00", "Z") if link.created_at else "",
        ]

    def target_cells(self, link: records.Link, target: records.Claim | None) -> list[str]:
        """Return name, uuid, words, wording, speaker, document, start and end of what is answered."""
        if target is not None:
            return [
                margin_name(target),
                str(target.uuid),
                target.quote or "",
                target.wording,
                self.name_of(target.speaker),
                self.name_of(target.document),
                str(target.start),
                str(target.end),
            ]
        other = link.target_work or link.target_actor
        document = self.name_of(link.target_work)
        return [self.name_of(other), str(other or ""), "", "", "", document, "", ""]


def margin_name(claim: records.Claim) -> str:
    return f"{'A' if claim.role == 'assertion' else 'R'}{claim.number or ''}"
