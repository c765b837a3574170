"""Reading W3C Web Annotations, ours and others': pages and collections to texts, spans and ties.

A text stands in the file, as ``value`` of the source that annotations name or of its description in ``rj:documents``; or
in a zip beside it, as a file whose name is the last part of the source's address. A span is an annotation with a quote
or a position selector; one with several targets in one text, or with ``rj:stretches``, has several parts. A tie is an
annotation whose two targets are annotations: the first responds to the second, unless ``rj:response`` says otherwise.
"""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from claims.errors import FormatError

from . import foreign
from .foreign import Bundle, Counting, Part, Report, Span, Text, Tie

LARGEST = 500 * 2**20
ENDINGS = (".json", ".jsonld")
# Which body names the type, the first of these purposes that there is.
PURPOSES = ("classifying", "tagging", "")
# What our own files hold beside claims and links.
NO_SPANS = ("assessing", "commenting", "describing")


@dataclass
class Found:
    """What a file holds: its texts by address, and its annotations with their place."""

    texts: dict[str, Text] = field(default_factory=dict)
    counting: dict[str, Counting] = field(default_factory=dict)
    annotations: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)
    layers: dict[str, tuple[str, str]] = field(default_factory=dict)  # {id: (kind, name)}, of our own files


def sniff(head: bytes) -> bool:
    return b"http://www.w3.org/ns/anno" in head[:65536] and head.lstrip()[:1] in (b"{", b"[")


def bundles(stream: BinaryIO, report: Report) -> Iterator[Bundle]:
    """Yield the texts that are annotated, those with a tie between them together."""
    found = Found()
    if stream.read(4) == b"PK\x03\x04":
        stream.seek(0)
        read_zip(stream, found, report)
    else:
        stream.seek(0)
        take_file(stream.read(LARGEST + 1), foreign.name_of(stream), found, report)
    chosen = chosen_layer(found, report)
    spans: dict[str, dict[str, Span]] = {name: {} for name in found.texts}
    place_of: dict[str, str] = {}
    ties = []
    for file, number, one in found.annotations:
        if chosen is not None and one.get("rj:layer") not in (None, chosen):
            continue
        try:
            if is_tie(one):
                ties.append((file, number, one))
                continue
            if motivation(one) in NO_SPANS or motivation(one) == "linking":
                continue
            name, span = read_span(one, number, found)
            if span.id in place_of:
                raise ValueError("its id is there twice.")
            spans[name][span.id], place_of[span.id] = span, name
        except ValueError as error:
            report.add(file, number, f"annotation {shown(one)}: {error}")
    crossing: list[Tie] = []
    inside: dict[str, list[Tie]] = {name: [] for name in found.texts}
    for file, number, one in ties:
        try:
            tie = read_tie(one, number, file, place_of)
        except ValueError as error:
            report.add(file, number, f"annotation {shown(one)}: {error}")
            continue
        crossing.append(tie) if tie.source[0] != tie.target[0] else inside[tie.source[0]].append(tie)
    for group in foreign.together(list(found.texts), crossing):
        texts = tuple(with_marks(found.texts[name], spans[name], inside[name]) for name in group)
        yield Bundle(texts=texts, ties=tuple(tie for tie in crossing if tie.source[0] in group))


def with_marks(text: Text, spans: dict[str, Span], ties: list[Tie]) -> Text:
    return Text(
        name=text.name, title=text.title, text=text.text, spans=tuple(spans.values()), ties=tuple(ties), about=text.about
    )  # fmt: skip


# Files


def read_zip(stream: BinaryIO, found: Found, report: Report) -> None:
    """Take every text and then every page of a zip."""
    try:
        archive = zipfile.ZipFile(stream)
    except zipfile.BadZipFile as error:
        raise FormatError(f"The file is no zip, or a damaged one ({error}).") from error
    with archive:
        names = [info for info in archive.infolist() if not info.is_dir() and not info.filename.startswith("__MACOSX")]
        if sum(info.file_size for info in names) > LARGEST:
            raise FormatError(f"Unpacked it would fill more than {LARGEST // 2**20} MB; divide it into parts.")
        for info in sorted(names, key=lambda info: info.filename):
            if info.filename.endswith(".txt"):
                try:
                    add_text(found, info.filename, archive.read(info).decode("utf-8-sig"))
                except ValueError as error:
                    report.add(info.filename, 0, f"{error}")
        for info in sorted(names, key=lambda info: info.filename):
            if info.filename.endswith(ENDINGS):
                take_file(archive.read(info), info.filename, found, report)


def take_file(data: bytes, file: str, found: Found, report: Report) -> None:
    if len(data) > LARGEST:
        raise FormatError(f"{file}: the file is larger than {LARGEST // 2**20} MB; divide it into parts.")
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{file}: this is no JSON ({error}).") from error
    page = said if isinstance(said, dict) else {"items": said if isinstance(said, list) else []}
    for one in listed(page.get("rj:layers")):
        if isinstance(one, dict):
            found.layers[str(one.get("id"))] = str(one.get("rj:kind", "")), str(one.get("rj:name", ""))
    for one in listed(page.get("rj:documents")):
        take_text(one, file, found, report)
    for number, one in enumerate(items_of(page), 1):
        if not isinstance(one, dict):
            report.add(file, number, "an annotation is an object.")
            continue
        for target in listed(one.get("target")):
            if isinstance(target, dict):
                take_text(target.get("source"), file, found, report)
        found.annotations.append((file, number, one))


def items_of(page: dict[str, Any]) -> list[Any]:
    """Return the annotations of a page, a collection, or one that stands alone."""
    kinds = listed(page.get("type", page.get("@type")))
    if "Annotation" in kinds:
        return [page]
    items = listed(page.get("items"))
    first = page.get("first")
    if not items and isinstance(first, dict):
        items = listed(first.get("items"))
    return items


def take_text(one: Any, file: str, found: Found, report: Report) -> None:
    """Take note of a source that brings its text along."""
    if not isinstance(one, dict) or not isinstance(one.get("value"), str) or not isinstance(one.get("id"), str):
        return
    if one["id"] not in found.texts:
        try:
            add_text(found, one["id"], one["value"], title=one.get("rj:title") or one.get("title"))
        except ValueError as error:
            report.add(file, 0, f"the text {one['id']}: {error}")


def add_text(found: Found, name: str, raw: str, *, title: Any = None) -> None:
    foreign.refuse(raw)
    counting = Counting(raw, units="points")
    title = title if isinstance(title, str) and title.strip() else foreign.title_of(counting.text)
    found.texts[name] = Text(name=name, title=title, text=counting.text)
    found.counting[name] = counting


def chosen_layer(found: Found, report: Report) -> str | None:
    """Return which layer of our own file comes in: gold, or the team's, or the first; the others are told of."""
    ranks = {"gold": 0, "team": 1}
    order = sorted(found.layers, key=lambda uuid: (ranks.get(found.layers[uuid][0], 2), found.layers[uuid][1], uuid))
    for uuid in order[1:]:
        report.add(
            "layers",
            0,
            f"“{found.layers[uuid][1]}” stays out: one reading comes in, here “{found.layers[order[0]][1]}”.",
        )
    return order[0] if order else None


# Annotations


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def motivation(one: dict[str, Any]) -> str:
    first = next((said for said in listed(one.get("motivation")) if isinstance(said, str)), "")
    return first.rpartition("#")[2].rpartition(":")[2]


def shown(one: dict[str, Any]) -> str:
    return str(one.get("id", "without an id"))[:80]


def id_of(one: dict[str, Any]) -> str:
    found = one.get("id", one.get("@id"))
    if not isinstance(found, str) or not found:
        raise ValueError("it has no id.")
    return found


def is_tie(one: dict[str, Any]) -> bool:
    """Whether an annotation is about two others: two targets, each an address and no stretch of a text."""
    targets = listed(one.get("target"))
    return len(targets) == 2 and all(isinstance(target, str) for target in targets)


def type_of(one: dict[str, Any], *, usual: str) -> str:
    """Return the word that the body has for it; ``usual`` where there is none."""
    bodies = listed(one.get("body"))
    said: dict[str, str] = {}
    for body in bodies:
        if isinstance(body, str):
            said.setdefault("", body.rpartition("/")[2].rpartition("#")[2])
        elif isinstance(body, dict) and isinstance(body.get("value"), str) and body["value"].strip():
            purpose = next((one for one in listed(body.get("purpose")) if isinstance(one, str)), "")
            said.setdefault(purpose, body["value"].strip())
    return next((said[purpose] for purpose in PURPOSES if said.get(purpose)), usual)[:200]


def read_span(one: dict[str, Any], number: int, found: Found) -> tuple[str, Span]:
    """Return the name of a text and a span in it; raises ValueError, in words."""
    targets = listed(one.get("rj:stretches")) or listed(one.get("target"))
    if not targets:
        raise ValueError("it has no target.")
    places = [place(target, found) for target in targets]
    names = {name for name, _ in places}
    if len(names) > 1:
        raise ValueError("its targets lie in several texts.")
    parts = tuple(sorted(part for _, part in places))
    if any(left[1] > right[0] for left, right in zip(parts, parts[1:], strict=False)):
        raise ValueError("its parts overlap.")
    kind = type_of(one, usual=motivation(one) or "Annotation")
    return names.pop(), Span(id=id_of(one), type=kind, parts=parts, line=number, raw=None, is_plain=True)


def place(target: Any, found: Found) -> tuple[str, Part]:
    """Return where a target lies: by its position where that holds the quoted words, else by the words."""
    if not isinstance(target, dict):
        raise ValueError(f"{str(target)[:80]} is no stretch of a text; a target has a source and a selector.")
    source = target.get("source")
    source = source.get("id") if isinstance(source, dict) else source
    name = known(str(source), found)
    selectors = {
        str(one.get("type", one.get("@type"))).rpartition(":")[2]: one
        for one in listed(target.get("selector"))
        if isinstance(one, dict)
    }
    at, words = selectors.get("TextPositionSelector"), selectors.get("TextQuoteSelector")
    if at is None and words is None:
        raise ValueError(f"it has neither a quote nor a position selector, but {', '.join(selectors) or 'none'}.")
    raw = found.counting[name].raw
    quote = words.get("exact") if words else None
    if at is not None:
        for units in ("points", "utf16"):
            counting = found.counting[name] if units == "points" else Counting(raw, units=units)
            try:
                part = counting.part(at.get("start"), at.get("end"))
            except ValueError:
                if words is None and units == "utf16":
                    raise
                continue
            if not isinstance(quote, str) or counting.text[slice(*part)] == Counting(quote, units="points").text:
                return name, part
    if not isinstance(quote, str) or not quote:
        raise ValueError("it says neither which words it marks nor where they are.")
    return name, by_words(words or {}, found.counting[name])


def by_words(selector: dict[str, Any], counting: Counting) -> Part:
    """Return where a quote stands: with its context, or alone where it stands but once."""
    exact, before, after = (
        Counting(str(selector.get(name) or ""), units="points").text for name in ("exact", "prefix", "suffix")
    )
    for start, end in ((before, after), (before, ""), ("", after), ("", "")):
        whole = f"{start}{exact}{end}"
        at = counting.text.find(whole)
        if at >= 0 and counting.text.find(whole, at + 1) < 0:
            return at + len(start), at + len(start) + len(exact)
    words = exact if len(exact) <= 60 else f"{exact[:59]}…"
    if exact in counting.text:
        raise ValueError(f"“{words}” stands in the text more than once; give a longer prefix, or a position.")
    raise ValueError(f"“{words}” does not stand in the text.")


def known(source: str, found: Found) -> str:
    """Return the text that a source means: of that address, or a file of that name."""
    if source in found.texts:
        return source
    last = PurePosixPath(unquote(urlsplit(source).path)).name
    names = [name for name in found.texts if last and PurePosixPath(name).name in (last, f"{last}.txt")]
    if len(names) != 1:
        raise ValueError(
            f"the text of {source[:120]} is not here; put it in “value” of the source, or beside it in a zip."
        )
    return names[0]


def read_tie(one: dict[str, Any], number: int, file: str, place_of: dict[str, str]) -> Tie:
    first, second = listed(one.get("target"))
    source, target = one.get("rj:response", first), one.get("rj:target", second)
    if {source, target} != {first, second}:
        raise ValueError("rj:response and rj:target are other annotations than its targets.")
    for end in (source, target):
        if end not in place_of:
            raise ValueError(f"{str(end)[:80]} is no annotation of a text here.")
    continues = one.get("rj:scope") == foreign.CONTINUES
    usual = foreign.CONTINUES if continues else foreign.UNLABELLED
    return Tie(
        id=id_of(one), type=usual if continues else type_of(one, usual=usual), source=(place_of[source], source),
        target=(place_of[target], target), file=file, line=number, raw=None, is_plain=True,
    )  # fmt: skip
