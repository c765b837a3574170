"""Reading claims and links from a spreadsheet: our own pairs, or a table that somebody kept by hand.

Which column holds what its header says: one of ``COLUMNS``, in capitals or not, with spaces or underscores. A row has an
assertion, a response, or both, which are then linked. The texts stand in a column, or in a zip beside the table as files
named as the documents are; where there is none, the words of a document's rows become its text, one a line, and the
report says so.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO

from claims.errors import FormatError

from . import foreign
from .foreign import Bundle, Counting, Part, Report, Span, Text, Tie

LARGEST = 200 * 2**20
CELL = 10 * 2**20
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# What a column holds: headers it may have, the first that is there counts.
COLUMNS = {
    "target_words": ("target_words", "assertion_words", "assertion", "claim", "statement", "claim_text", "accusation"),
    "target_document": ("target_document", "assertion_document", "claim_document", "document", "report", "source"),
    "target_text": ("target_text", "assertion_text", "report_text", "text"),
    "target_start": ("target_start", "assertion_start", "claim_start"),
    "response_words": ("response_words", "rebuttal", "reply", "answer", "response"),
    "response_document": ("response_document", "rebuttal_document", "reply_document", "document", "source"),
    "response_text": ("response_text", "rebuttal_text", "reply_text", "text"),
    "response_start": ("response_start", "rebuttal_start"),
    "target_name": ("target",),
    "scope": ("scope",),
    "relation": ("relation", "label", "kind_of_answer", "stance"),
}
SIDES = (("target", "assertion"), ("response", "response"))
# What a person may say that a column holds: {meaning: (in words, what it stands for)}.
MEANINGS = {
    "assertion": ("the asserted words", ("target_words",)),
    "response": ("the responding words", ("response_words",)),
    "relation": ("the relation", ("relation",)),
    "document": ("the name of the document of both", ("target_document", "response_document")),
    "assertion-document": ("the document of the assertion", ("target_document",)),
    "response-document": ("the document of the response", ("response_document",)),
    "text": ("the text of the document of both", ("target_text", "response_text")),
    "assertion-text": ("the text of the assertion's document", ("target_text",)),
    "response-text": ("the text of the response's document", ("response_text",)),
    "assertion-start": ("where the asserted words begin", ("target_start",)),
    "response-start": ("where the responding words begin", ("response_start",)),
}


@dataclass
class Sheet:
    """A table on its way to texts: each text with its name, and the spans found in it."""

    file: str
    texts: dict[str, Counting] = field(default_factory=dict)
    made: dict[str, list[str]] = field(default_factory=dict)  # {text without a text of its own: its rows' words}
    spans: dict[str, dict[tuple[Part, str], Span]] = field(default_factory=dict)
    ties: list[Tie] = field(default_factory=list)


def sniff(head: bytes) -> bool:
    """Whether it is a table of ours, as it went out."""
    return head.removeprefix(b"\xef\xbb\xbf").startswith(b"project,dossier,layer,link_uuid,")


def columns(stream: BinaryIO, named: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (header, meaning or "") of every column, as ``named``, {header: meaning or "none"}, and their names say."""
    file, data, _ = opened(stream)
    stream.seek(0)
    header, _ = table(data, file)
    held = columns_of(header, named)
    found = []
    for name in header:
        roles = {role for role, one in held.items() if one == name}
        fitting = [meaning for meaning, (_, stands_for) in MEANINGS.items() if roles & set(stands_for)]
        whole = [meaning for meaning in fitting if roles >= set(MEANINGS[meaning][1])]
        found.append((name, max(whole, key=lambda meaning: len(MEANINGS[meaning][1])) if whole else ""))
    return found


def bundles(stream: BinaryIO, report: Report, named: Mapping[str, str] | None = None) -> Iterator[Bundle]:
    """Yield the texts that the rows speak of, those with a tie between them together.

    ``named`` says what columns hold, {header: meaning of ``MEANINGS`` or "none"}, where their headers do not.
    """
    file, data, texts = opened(stream)
    sheet = Sheet(file)
    for name, raw in texts.items():
        take_text(sheet, name, raw)
    header, rows = table(data, file)
    columns = columns_of(header, named or {})
    if "target_words" not in columns and "response_words" not in columns:
        known = ", ".join(COLUMNS["target_words"] + COLUMNS["response_words"])
        raise FormatError(
            f"{file}: no column holds words; name one of them {known}, or say which does. It has {', '.join(header)}."
        )
    known_rows = list(rows)
    for row in known_rows:
        gather(sheet, columns, row, report)
    for name, words in sheet.made.items():
        sheet.texts[name] = Counting("\n".join(dict.fromkeys(words)), units="points")
        report.add(file, 0, f"there is no text of “{name}”; the words of its rows stand for it, one a line.")
    for number, row in enumerate(known_rows, 2):
        take_row(sheet, columns, row, number, report)
    for group in foreign.together(list(sheet.spans), sheet.ties):
        made = tuple(
            Text(
                name=name, title=PurePosixPath(name).stem[:100] or name, text=sheet.texts[name].text,
                spans=tuple(sheet.spans[name].values()),
            )
            for name in group
        )  # fmt: skip
        yield Bundle(texts=made, ties=tuple(tie for tie in sheet.ties if tie.source[0] in group))


def opened(stream: BinaryIO) -> tuple[str, bytes, dict[str, str]]:
    """Return the table's name and bytes, and {file name without its ending: text} of a zip."""
    is_zip = stream.read(4) == b"PK\x03\x04"
    stream.seek(0)
    if not is_zip:
        data = stream.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise FormatError(f"The table is larger than {LARGEST // 2**20} MB; divide it into parts.")
        return foreign.name_of(stream), data, {}
    try:
        archive = zipfile.ZipFile(stream)
    except zipfile.BadZipFile as error:
        raise FormatError(f"The file is no zip, or a damaged one ({error}).") from error
    with archive:
        if sum(info.file_size for info in archive.infolist()) > LARGEST:
            raise FormatError(f"Unpacked it would fill more than {LARGEST // 2**20} MB; divide it into parts.")
        names = sorted(name for name in archive.namelist() if not name.startswith("__MACOSX"))
        tables = [name for name in names if name.lower().endswith((".csv", ".tsv"))]
        if len(tables) != 1:
            raise FormatError(f"The zip holds {len(tables)} tables; put one .csv in it, and texts as .txt.")
        try:
            texts = {
                PurePosixPath(name).stem: archive.read(name).decode("utf-8-sig")
                for name in names
                if name.endswith(".txt")
            }
        except UnicodeDecodeError as error:
            raise FormatError(f"A text in the zip is not UTF-8: byte {error.start}.") from error
        return tables[0], archive.read(tables[0]), texts


def table(data: bytes, file: str) -> tuple[list[str], Iterator[dict[str, str]]]:
    """Return the headers and the rows as {header: cell}."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"{file}: byte {error.start} is not UTF-8; save the table as “CSV UTF-8”.") from error
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise FormatError(f"{file}: line {reader.line_num}: {error}.") from error
    if len(rows) < 2:
        raise FormatError(f"{file}: a table has a row of headers and one of cells.")
    header = [cell.strip() for cell in rows[0]]
    return header, (dict(zip(header, map(harmless, row), strict=False)) for row in rows[1:])


def harmless(cell: str) -> str:
    """Return a cell without the apostrophe that kept a spreadsheet from running it."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA_STARTS) else cell


def columns_of(header: list[str], named: Mapping[str, str]) -> dict[str, str]:
    """Return {what a column holds: its header}; what is said of a column comes before what its header says."""
    for name, meaning in named.items():
        if name not in header:
            raise FormatError(f"There is no column {name}; there are {', '.join(header)}.")
        if meaning != "none" and meaning not in MEANINGS:
            raise FormatError(f"column:{name}={meaning}: write one of {', '.join(MEANINGS)}, or none.")
    plain = {re.sub(r"[\s_-]+", "_", name.strip().lower()): name for name in header if name not in named}
    found = {
        role: next(plain[name] for name in names if name in plain)
        for role, names in COLUMNS.items()
        if any(name in plain for name in names)
    }
    said = {role: name for name, meaning in named.items() if meaning != "none" for role in MEANINGS[meaning][1]}
    return found | said


def take_text(sheet: Sheet, name: str, raw: str) -> None:
    foreign.refuse(raw)
    if name not in sheet.texts:
        sheet.texts[name] = Counting(raw, units="points")


def cell_of(columns: dict[str, str], row: dict[str, str], role: str) -> str:
    return row.get(columns[role], "") if role in columns else ""


def text_name(sheet: Sheet, columns: dict[str, str], row: dict[str, str], side: str) -> str:
    """Return which text a side of a row is in: its document, or all that has none."""
    return cell_of(columns, row, f"{side}_document").strip() or dict(SIDES)[side].capitalize() + "s"


def gather(sheet: Sheet, columns: dict[str, str], row: dict[str, str], report: Report) -> None:
    """Take note of the texts that a row brings, and of the words of those that have none."""
    for side, _ in SIDES:
        words = cell_of(columns, row, f"{side}_words").strip()
        name, raw = text_name(sheet, columns, row, side), cell_of(columns, row, f"{side}_text")
        if not words or name in sheet.texts:
            continue
        if raw.strip():
            try:
                take_text(sheet, name, raw)
                sheet.made.pop(name, None)
            except ValueError as error:
                report.add(sheet.file, 0, f"the text of “{name}”: {error}")
        else:
            try:
                foreign.refuse(words)
            except ValueError:
                continue  # told of with its row
            sheet.made.setdefault(name, []).append(Counting(words, units="points").text)


def take_row(sheet: Sheet, columns: dict[str, str], row: dict[str, str], number: int, report: Report) -> None:
    """Find the words of a row in their texts; two of them are tied."""
    ends = {}
    for side, type in SIDES:
        words = Counting(cell_of(columns, row, f"{side}_words"), units="points").text
        if not words.strip():
            continue
        name = text_name(sheet, columns, row, side)
        if side == "target" and re.fullmatch(r"R\d+", cell_of(columns, row, "target_name").strip()):
            type = "response"  # our own table: a response to a response
        try:
            if name not in sheet.texts:
                raise ValueError(f"there is no text of “{name}” that can be brought in.")
            part = place(words, cell_of(columns, row, f"{side}_start").strip(), sheet.texts[name].text)
        except ValueError as error:
            report.add(sheet.file, number, f"the {type}: {error}")
            continue
        known = sheet.spans.setdefault(name, {})
        span = known.setdefault(
            (part, type),
            Span(id=f"{type} {part[0]}-{part[1]}", type=type, parts=(part,), line=number, raw=None, is_plain=True),
        )
        ends[side] = (name, span.id)
    scope = cell_of(columns, row, "scope").strip()
    if len(ends) == 2 and scope in ("", "claim", foreign.CONTINUES):
        relation = cell_of(columns, row, "relation").strip() or foreign.UNLABELLED
        relation = foreign.CONTINUES if scope == foreign.CONTINUES else relation
        sheet.ties.append(
            Tie(
                id=f"row {number}", type=relation, source=ends["response"], target=ends["target"], file=sheet.file,
                line=number, raw=None, is_plain=True,
            )
        )  # fmt: skip


def place(words: str, start: str, text: str) -> Part:
    """Return where words stand in a text: at ``start``, or where they stand but once."""
    for exact in (words, words.strip()):
        if start.isascii() and start.isdigit() and text.startswith(exact, int(start)):
            return int(start), int(start) + len(exact)
    words = words.strip()
    at = text.find(words)
    shown = words if len(words) <= 60 else f"{words[:59]}…"
    if at < 0:
        raise ValueError(f"“{shown}” does not stand in the text.")
    lines = [match.start() for match in re.finditer(f"^{re.escape(words)}$", text, re.MULTILINE)]
    if text.find(words, at + 1) >= 0 and len(lines) != 1:
        raise ValueError(f"“{shown}” stands in the text more than once; say in a column “start” where it begins.")
    return (lines[0], lines[0] + len(words)) if len(lines) == 1 else (at, at + len(words))
