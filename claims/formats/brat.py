"""brat standoff, a folder or a zip of .txt and .ann files: https://brat.nlplab.org/standoff.html.

Sample, ``debate.txt`` and ``debate.ann``; fields are parted by tabs, offsets count code points of the .txt::

    Crime fell. That is not so, he said, at all.

    T1	Claim 0 11	Crime fell.
    T2	Premise 12 26;37 44	That is not so at all.
    R1	attacks Arg1:T2 Arg2:T1
    A1	Certainty T2 High
    #1	AnnotatorNotes T2	both parts

A ``T`` whose type is that of a claim becomes a claim, an ``R`` between claims a link from ``Arg1``, the response, to
``Arg2``; ``claims/formats/foreign.py`` says how types are told apart. ``E``, ``A``, ``M``, ``N``, ``#`` and ``*`` lines, and
whatever could not be read, are kept with the document and written back where they stood. Ids, types, arguments' names
and the order of lines are those of the file; what was marked here gets the next free ids.

brat knows no ties between documents. They stand beside them in ``links.tsv``, a header and then a row a link:
``id``, ``type``, ``source_file``, ``source``, ``target_file``, ``target``; files without ``.ann``. With more than one
layer, each is a folder of its own.
"""

import csv
import io
import re
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from claims.errors import FormatError
from claims.offsets import normalise_line_ends

from . import foreign, records
from .foreign import Bundle, Report, Span, Text, Tie
from .records import Record

NAME = "brat"
LABEL = "brat standoff (zip)"
SUFFIX = ".brat.zip"
MEDIA_TYPE = "application/zip"
READABLE = True
IS_FOREIGN = True
OPTIONS: dict[str, str] = {}
LOSES = (
    "Links to a whole work, to whoever asked, to nobody in particular or that continue another are not in the .ann files.",
    "Speakers, kinds, periods, wordings, strategies, what is disputed and notes are not in the .ann files.",
    "Mentions, citations, comparisons, assessments and records of none found made here are not in the .ann files.",
    "Actors, dossiers, people, what has been deleted, and the history are not in the .ann files.",
)

LINKS = "links.tsv"
LINK_COLUMNS = ("id", "type", "source_file", "source", "target_file", "target")
FILE_LIMIT = 50 * 2**20
FILES_LIMIT = 200_000
SPAN = re.compile(r"(\S+) (\d+ \d+(?:;\d+ \d+)*)")
TIE = re.compile(r"(\S+) (\S+?):(\S+) (\S+?):(\S+)\s*")
ID = re.compile(r"([TR])(\d+)\S*")
NAMED = re.compile(r"(?:(?<=[\s:])|^)[TR]\d+\S*")
FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def sniff(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is a zip whose first files are those of brat."""
    if not head.startswith(b"PK\x03\x04") or b".xmi" in head or b"TypeSystem.xml" in head:
        return False
    return re.search(rb"\.ann|\.txt|annotation\.conf|links\.tsv", head) is not None


# Reading


def bundles(stream: BinaryIO, report: Report) -> Iterator[Bundle]:
    """Yield the texts of a zip in the order of their names, those with a tie between them together."""
    try:
        archive = zipfile.ZipFile(stream)
    except zipfile.BadZipFile as error:
        raise FormatError(f"The file is no zip, or a damaged one ({error}).") from error
    with archive:
        names = sorted(info.filename for info in archive.infolist() if is_ours(info))
        if len(names) > FILES_LIMIT:
            raise FormatError(f"The zip holds {len(names):,} files; divide it into parts of at most {FILES_LIMIT:,}.")
        stems = {name.removesuffix(".txt") for name in names if name.endswith(".txt")}
        for name in names:
            if name.endswith(".ann") and name.removesuffix(".ann") not in stems:
                report.add(name, 0, "there is no .txt beside it, so nobody knows what it marks.")
        if not stems:
            raise FormatError("The zip holds no .txt file; brat keeps each text beside its .ann.")
        crossing = read_links(archive, names, stems, report)
        for group in foreign.together(sorted(stems), crossing):
            texts = tuple(filter(None, (read_text(archive, stem, names, report) for stem in group)))
            if texts:
                there = {text.name for text in texts}
                ties = tuple(tie for tie in crossing if tie.source[0] in there)
                yield Bundle(texts=texts, ties=ties)


def is_ours(info: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(info.filename)
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not info.is_dir() and not is_hidden and (path.suffix in (".txt", ".ann") or path.name == LINKS)


def decoded(archive: zipfile.ZipFile, name: str, report: Report) -> str | None:
    """Return a file's text, or None where it cannot be had, which the report then tells."""
    try:
        with archive.open(name) as file:
            data = file.read(FILE_LIMIT + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        report.add(name, 0, f"the file is damaged or cannot be unpacked ({error}).")
        return None
    if len(data) > FILE_LIMIT:
        report.add(name, 0, f"the file has more than {FILE_LIMIT // 2**20} MB.")
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        report.add(name, line, f"byte {error.start + 1} is not UTF-8; save the file as UTF-8.")
        return None
    if found := foreign.UNSTORABLE.search(text):
        report.add(name, text.count("\n", 0, found.start()) + 1, "holds a NUL character, which no database stores.")
        return None
    return text


def read_links(archive: zipfile.ZipFile, names: list[str], stems: set[str], report: Report) -> list[Tie]:
    found = []
    for name in names:
        if PurePosixPath(name).name != LINKS or (text := decoded(archive, name, report)) is None:
            continue
        folder = name.removesuffix(LINKS)
        for number, row in enumerate(csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE), 1):
            if number == 1 and tuple(row) == LINK_COLUMNS or not row:
                continue
            if len(row) != len(LINK_COLUMNS):
                report.add(name, number, f"has {len(row)} columns; write {', '.join(LINK_COLUMNS)}.")
                continue
            source, target = (folder + row[2], row[3]), (folder + row[4], row[5])
            if missing := [end[0] for end in (source, target) if end[0] not in stems]:
                report.add(name, number, f"names {missing[0]}, and there is no such .txt.")
                continue
            raw = {"cross": row}
            found.append(
                Tie(
                    id=row[0], type=row[1], source=source, target=target,
                    file=name, line=number, raw=raw, is_plain=True,
                )
            )  # fmt: skip
    return found


def read_text(archive: zipfile.ZipFile, stem: str, names: list[str], report: Report) -> Text | None:
    text = decoded(archive, f"{stem}.txt", report)
    if text is None:
        return None
    if not text.strip():
        report.add(f"{stem}.txt", 0, "the text is empty.")
        return None
    about: dict[str, Any] = {}
    ann = ""
    if f"{stem}.ann" in names:
        told = decoded(archive, f"{stem}.ann", report)
        if told is None:
            about["unread"] = True
        ann = told or ""
    else:
        about["without_ann"] = True
    ends = foreign.line_ends_of(text)
    if ends is not None:
        about["line_ends"] = ends
    reading = best_reading(text, ann)
    if reading.name:
        about["offsets"] = reading.name
    lines = ann.split("\n")
    if len(lines) > 1 and all(line.endswith("\r") for line in lines[:-1]):
        about["ann_ends"] = "crlf"
        lines = [line.removesuffix("\r") for line in lines]
    spans, ties, rest = read_lines(lines, stem, reading, report)
    title = PurePosixPath(stem).name or stem
    return Text(
        name=stem, title=title, text=reading.text, spans=tuple(spans), ties=tuple(ties), rest=tuple(rest), about=about
    )


class Reading:
    r"""One way to count the offsets of a file: of the text as it came, or with each ``\r\n`` as one (``lf``)."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.text, self.remap = normalise_line_ends(text)
        self.source = self.text if name == "lf" else text
        self.places = [] if name == "lf" else foreign.crlf_places(self.text, foreign.line_ends_of(text))

    def parts(self, told: str) -> list[tuple[int, int]]:
        pairs = [tuple(map(int, pair.split(" "))) for pair in told.split(";")]
        return [(start, end) for start, end in pairs]

    def is_said(self, parts: list[tuple[int, int]], words: str) -> bool:
        found = " ".join(self.source[start:end] for start, end in parts)
        return found == words or found.split() == words.split()

    def ours(self, offset: int) -> int:
        return offset if self.name == "lf" else self.remap(offset)


def best_reading(text: str, ann: str) -> Reading:
    """Return the way of counting under which most spans hold the words they say."""
    first = Reading(text, "")
    if "\r\n" not in text:
        return first
    readings = [first, Reading(text, "lf")]
    hits: Counter[int] = Counter()
    for line in ann.split("\n"):
        fields = line.rstrip("\r").split("\t", 2)
        if len(fields) == 3 and fields[0].startswith("T") and (match := SPAN.fullmatch(fields[1])):
            for place, reading in enumerate(readings):
                hits[place] += reading.is_said(reading.parts(match[2]), fields[2])
    return readings[1] if hits[1] > hits[0] else first


def read_lines(
    lines: list[str], stem: str, reading: Reading, report: Report
) -> tuple[list[Span], list[Tie], list[list[Any]]]:
    """Return the spans, the ties and [line, raw] of all other lines; a line at fault is one of these, marked as such."""
    spans: list[Span] = []
    ties: list[Tie] = []
    rest: list[list[Any]] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            if line or number < len(lines):
                rest.append([number, line])
            continue
        fields = line.split("\t", 2)
        try:
            if line[0] in "TR" and ID.fullmatch(fields[0]):
                if fields[0] in seen:
                    raise ValueError(f"{fields[0]} is there twice.")
                seen.add(fields[0])
                if line[0] == "T":
                    spans.append(read_span(fields, number, line, reading))
                else:
                    ties.append(read_tie(fields, number, line, stem))
            elif line[0] in "EAMN#*":
                rest.append([number, line])
            else:
                raise ValueError(f"“{foreign_words(fields[0])}” is no id that brat knows (T, R, E, A, M, N, # or *).")
        except ValueError as error:
            report.add(f"{stem}.ann", number, f"{error} The line is kept as it is.")
            rest.append([number, line, "fault"])
    return spans, ties, rest


def foreign_words(words: str) -> str:
    return words if len(words) <= 40 else f"{words[:39]}…"


def read_span(fields: list[str], number: int, line: str, reading: Reading) -> Span:
    """Return the span of a T line; raises ValueError, in words, where it does not hold."""
    match = SPAN.fullmatch(fields[1]) if len(fields) > 1 else None
    if match is None:
        raise ValueError(f"{fields[0]}: write a tab, a type, where it begins and where it ends.")
    if len(fields) < 3:
        raise ValueError(f"{fields[0]}: the marked words are missing; they follow a second tab.")
    told = reading.parts(match[2])
    for start, end in told:
        if start >= end:
            raise ValueError(f"{fields[0]} begins at {start} and ends at {end}; mark at least one character.")
        if end > len(reading.source):
            raise ValueError(f"{fields[0]} ends at {end}, but the text has {len(reading.source)} characters.")
    if not reading.is_said(told, fields[2]):
        found = " ".join(reading.source[start:end] for start, end in told)
        raise ValueError(
            f"{fields[0]} says “{foreign_words(fields[2])}”, but the text has “{foreign_words(found)}” there."
        )
    parts = sorted((reading.ours(start), reading.ours(end)) for start, end in told)
    if any(left[1] > right[0] for left, right in zip(parts, parts[1:], strict=False)):
        raise ValueError(f"{fields[0]} has parts that overlap.")
    if any(start >= end for start, end in parts):
        raise ValueError(f"{fields[0]} marks half of a line end.")
    words = [reading.text[start:end] for start, end in parts]
    plain = span_line(fields[0], match[1], parts, words, reading.places)
    return Span(id=fields[0], type=match[1], parts=tuple(parts), line=number, raw=line, is_plain=plain == line)


def read_tie(fields: list[str], number: int, line: str, stem: str) -> Tie:
    match = TIE.fullmatch(fields[1]) if len(fields) > 1 else None
    if match is None:
        raise ValueError(f"{fields[0]}: write a tab, a type, Arg1:T… and Arg2:T….")
    # By their names where they have brat's, else in the order they stand.
    ends = [(match[2], match[3]), (match[4], match[5])]
    if (match[2], match[4]) == ("Arg2", "Arg1"):
        ends.reverse()
    source, target = ((stem, id) for _, id in ends)
    plain = tie_line(fields[0], match[1], source[1], target[1])
    return Tie(
        id=fields[0],
        type=match[1],
        source=source,
        target=target,
        file=f"{stem}.ann",
        line=number,
        raw=line,
        is_plain=plain == line,
    )


# Writing


def span_line(id: str, type: str, parts: list[tuple[int, int]], words: list[str], places: list[int]) -> str:
    at = ";".join(
        f"{foreign.original_offset(start, places)} {foreign.original_offset(end, places)}" for start, end in parts
    )
    said = " ".join(words).replace("\r", " ").replace("\n", " ").replace("\t", " ")
    return f"{id}\t{type} {at}\t{said}"


def tie_line(id: str, type: str, source: str, target: str) -> str:
    return f"{id}\t{type} Arg1:{source} Arg2:{target}"


def write(found: Iterable[Record], stream: BinaryIO) -> Counter[str]:
    """Write a zip; texts pass through it as they come, claims and links are held until the last. Returns what was left out."""
    collector = foreign.Collector(NAME)
    with tempfile.TemporaryFile() as whole:
        # A stream that cannot be rewound would otherwise get a zip without sizes, which brat's unpackers refuse.
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            writer = Writer(archive, collector)
            for record in found:
                document = collector.take(record)
                if document is not None:
                    writer.put_text(document)
            writer.put_annotations()
        whole.seek(0)
        while block := whole.read(2**20):
            stream.write(block)
    return collector.left_out


class Writer:
    """One zip being written."""

    def __init__(self, archive: zipfile.ZipFile, collector: foreign.Collector) -> None:
        self.archive, self.collector = archive, collector
        self.names: dict[Any, str] = {}
        self.taken: set[str] = set()
        self.places: dict[Any, list[int]] = {}
        self.types: set[str] = set()
        self.relations: set[str] = set()

    def put(self, name: str, text: str) -> None:
        info = zipfile.ZipInfo(name, FIXED_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        self.archive.writestr(info, text.encode())

    def folders(self) -> list[str]:
        """Return the folder of each layer: none where there is one layer."""
        layers = sorted(self.collector.layers.values())
        return [""] if len(layers) < 2 else [f"{safe(layer)}/" for layer in layers]

    def put_text(self, document: records.Document) -> None:
        name, _, about = self.collector.documents[document.uuid]  # type: ignore[index]
        stem = name if about else re.sub(r"\.(txt|html?|pdf|docx|jsonl)$", "", name, flags=re.IGNORECASE)
        stem = safe(stem)
        taken = stem
        for number in range(2, FILES_LIMIT):
            if taken not in self.taken:
                break
            taken = f"{stem}-{number}"
        self.taken.add(taken)
        self.names[document.uuid] = taken
        text, ends = document.text or "", about.get("line_ends")
        self.places[document.uuid] = [] if about.get("offsets") == "lf" else foreign.crlf_places(text, ends)
        for folder in self.folders():
            self.put(f"{folder}{taken}.txt", foreign.with_line_ends(text, ends))

    def put_annotations(self) -> None:
        pages = self.collector.pages()
        is_one = len(self.collector.layers) < 2
        crossing: dict[str, list[list[str]]] = {}
        ids: dict[Any, str] = {}
        for page in pages:
            ids.update(ids_of(page.claims, "T", "T"))
        for page in pages:
            folder = "" if is_one else f"{safe(page.layer)}/"
            lines, cross = self.lines(page, ids)
            crossing.setdefault(folder, []).extend(cross)
            if lines or not page.about.get("without_ann"):
                end = "\r\n" if page.about.get("ann_ends") == "crlf" else "\n"
                self.put(f"{folder}{self.names[page.uuid]}.ann", "".join(f"{line}{end}" for line in lines))
        for folder, rows in sorted(crossing.items()):
            if rows:
                self.put(f"{folder}{LINKS}", "".join("\t".join(row) + "\n" for row in (LINK_COLUMNS, *rows)))
        self.put("annotation.conf", self.configuration())

    def lines(self, page: foreign.Page, ids: dict[Any, str]) -> tuple[list[str], list[list[str]]]:
        """Return the lines of one .ann, and the rows for links to other documents."""
        numbered: list[tuple[int, int, str]] = []
        cross: list[list[str]] = []
        claims = self.collector.claims
        links = ids_of(page.links, "R", "R")
        for claim in page.claims:
            about, parts, id = foreign.foreign_of(claim, NAME), foreign.parts_of(claim), ids[claim.uuid]
            line = span_line(
                id, clean(foreign.type_of_claim(claim)), parts, foreign.words_of(claim), self.places[page.uuid]
            )
            if about.get("id") == id and about.get("at") == [list(part) for part in parts] and about.get("raw"):
                line = str(about["raw"])
            self.types.add(clean(foreign.type_of_claim(claim)))
            numbered.append((line_of(about), 0, line))
        for link in page.links:
            about, type = foreign.foreign_of(link, NAME), clean(foreign.type_of_link(link))
            target = claims[foreign.target_of(link)]
            source_id, target_id, id = ids[link.response], ids[target.uuid], links[link.uuid]
            self.relations.add(type)
            if target.document != page.uuid:
                cross.append(
                    [
                        str(about.get("id") or id),
                        type,
                        self.names[page.uuid],
                        source_id,
                        self.names[target.document],
                        target_id,
                    ]
                )
                continue
            line = tie_line(id, type, source_id, target_id)
            is_same = about.get("at") == [source_id, target_id] and type == about.get("type") and about.get("id") == id
            numbered.append((line_of(about), 1, str(about["raw"]) if is_same and about.get("raw") else line))
        there = {*(ids[claim.uuid] for claim in page.claims), *links.values()}
        for entry in foreign.rest_of(page.about):
            number, raw = int(entry[0]), entry[1]
            if isinstance(raw, dict):
                cross.append([str(cell) for cell in raw.get("cross", ())])
            else:
                numbered.append((number, 0, str(raw)))
                there.update(match[0] for match in [ID.match(str(raw))] if match)
        faults = {entry[0] for entry in foreign.rest_of(page.about) if len(entry) > 2}
        numbered = [one for one in numbered if one[0] in faults or not self.is_orphaned(one[2], there)]
        numbered.sort(key=lambda one: (one[0], one[1], id_number(one[2])))
        return [line for _, _, line in numbered], cross

    def is_orphaned(self, line: str, there: set[str]) -> bool:
        """Whether a line that was kept speaks of a claim or link that was deleted here; it is left out with it."""
        if line[:1] not in ("E", "A", "M", "N", "#", "*"):
            return False
        fields = line.split("\t", 2)
        named = NAMED.findall(fields[1]) if len(fields) > 1 else []
        if any(id not in there for id in named):
            self.collector.left_out["lines about something deleted here"] += 1
            return True
        return False

    def configuration(self) -> str:
        """Return brat's annotation.conf for the types that occur."""
        types = "|".join(sorted(self.types)) or "Assertion"
        relations = [f"{name}\tArg1:{types}, Arg2:{types}" for name in sorted(self.relations)]
        parts = [("entities", sorted(self.types)), ("relations", relations), ("events", []), ("attributes", [])]
        return "\n".join("\n".join([f"[{name}]", *lines, ""]) for name, lines in parts)


def ids_of(rows: Iterable[records.Claim | records.Link], letter: str, wanted: str) -> dict[Any, str]:
    """Return {uuid: id}: the one it came with, or the next free number; two never share one."""
    rows = list(rows)
    found: dict[Any, str] = {}
    taken: set[str] = set()
    for row in rows:
        id = str(foreign.foreign_of(row, NAME).get("id", ""))
        match = ID.fullmatch(id)
        if match and match[1] == letter and id not in taken:
            found[row.uuid] = id
            taken.add(id)
    number = max((int(match[2]) for id in taken if (match := ID.fullmatch(id))), default=0)
    for row in sorted(rows, key=place_of):
        if row.uuid not in found:
            number += 1
            found[row.uuid] = f"{wanted}{number}"
    return found


def place_of(row: records.Claim | records.Link) -> tuple[int, int, str]:
    return (row.start, row.end, str(row.uuid)) if isinstance(row, records.Claim) else (0, 0, str(row.uuid))


def id_number(line: str) -> int:
    match = ID.match(line)
    return int(match[2]) if match else 0


def line_of(about: Any) -> int:
    line = about.get("line")
    return line if isinstance(line, int) else 2**31


def safe(name: str) -> str:
    """Return a name for a file inside the zip that leads nowhere else."""
    parts = [re.sub(r'[\x00-\x1f\\:*?"<>|]', "-", part) for part in name.split("/") if part not in ("", ".", "..")]
    return "/".join(parts) or "untitled"


def clean(type: str) -> str:
    """Return a type as brat takes them: no white space."""
    return re.sub(r"\s+", "_", type.strip()) or foreign.UNLABELLED
