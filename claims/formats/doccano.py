"""doccano JSON Lines, spans and relations: https://doccano.github.io/doccano/; one text a line.

Sample, one line, as doccano's sequence labelling with relations exports it::

    {"id": 7, "text": "Crime fell. That is not so.",
     "entities": [{"id": 1, "label": "Claim", "start_offset": 0, "end_offset": 11},
                  {"id": 2, "label": "Claim", "start_offset": 12, "end_offset": 27}],
     "relations": [{"id": 1, "from_id": 2, "to_id": 1, "type": "attacks"}]}

The form without relations, ``"label": [[0, 11, "Claim"], …]``, is read too and written with ``entities``. Offsets count
UTF-16 units, as doccano does in the browser. Types become claims and links as ``claims/formats/foreign.py`` says; other
fields of a line are kept with the document, and so are spans and relations that are neither. With more than one layer a
text has a line for each, which names it in ``layer``.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from claims.errors import FormatError

from . import foreign
from .foreign import Bundle, Counting, Report, Shelf, Span, Text, Tie
from .jsonl import numbered_lines, parse_line
from .records import Record

NAME = "doccano"
LABEL = "doccano JSON Lines"
SUFFIX = ".doccano.jsonl"
MEDIA_TYPE = "application/jsonl"
READABLE = True
OPTIONS: dict[str, str] = {}
LOSES = (
    "A line of doccano's knows spans in one piece and relations within its text: of a claim in several parts it has the "
    "whole stretch, and links to another document or to something other than a claim are left out.",
    "Of claims and links nothing but place and type is on the line, and nothing else that was made here.",
)
OWN = ("text", "entities", "relations", "label")


def sniff(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is doccano's with relations; the other form is asked for by name."""
    line = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    return line.startswith(b"{") and b'"text"' in head and b'"entities"' in line and b'"start_offset"' in line


def bundles(stream: BinaryIO, report: Report) -> Iterator[Bundle]:
    """Yield the texts, each by itself; a line that is not JSON or has no text is told of and left out."""
    file = foreign.name_of(stream)
    count = 0
    for number, line in numbered_lines(stream):
        count += 1
        try:
            yield Bundle(texts=(read_text(parse_line(line, number), number, file, report),))
        except FormatError as error:
            report.add(file, 0, str(error))
        except ValueError as error:
            report.add(file, number, str(error))
    if not count:
        raise FormatError("The file is empty.")


def read_text(values: dict[str, Any], number: int, file: str, report: Report) -> Text:
    raw = values.get("text")
    foreign.refuse(raw)
    counting = Counting(str(raw), units="utf16")
    entities, relations = values.get("entities"), values.get("relations")
    if entities is None:
        old = values.get("label")
        triples = [one for one in old if isinstance(one, list) and len(one) == 3] if isinstance(old, list) else []
        entities = [
            {"id": place, "label": one[2], "start_offset": one[0], "end_offset": one[1]}
            for place, one in enumerate(triples, 1)
        ]
    name = f"line {number}"
    spans: list[Span] = []
    ties: list[Tie] = []
    rest: list[list[Any]] = []
    for place, item in enumerate(entities if isinstance(entities, list) else (), 1):
        try:
            part = counting.part(item["start_offset"], item["end_offset"])
            label = filled(item["label"])
            if any(span.id == str(item["id"]) for span in spans):
                raise ValueError("its id is there twice.")
            spans.append(
                Span(id=str(item["id"]), type=label, parts=(part,), line=place, raw={"entity": item})
            )  # fmt: skip
        except (ValueError, KeyError, TypeError) as error:
            report.add(file, number, f"span {place} of “entities”: {in_words(error)}")
            rest.append([place, {"entity": item}])
    for place, item in enumerate(relations if isinstance(relations, list) else (), 1):
        try:
            source, target = (name, str(item["from_id"])), (name, str(item["to_id"]))
            ties.append(
                Tie(
                    id=f"relation {item.get('id', place)}", type=filled(item["type"]), source=source, target=target,
                    file=file, line=number, raw={"relation": item, "place": place},
                )
            )  # fmt: skip
        except (ValueError, KeyError, TypeError) as error:
            report.add(file, number, f"relation {place}: {in_words(error)}")
            rest.append([place, {"relation": item, "place": place}])
    about: dict[str, Any] = {"fields": {key: value for key, value in values.items() if key not in OWN}}
    ends = foreign.line_ends_of(str(raw))
    if ends is not None:
        about["line_ends"] = ends
    return Text(
        name=name, title=foreign.title_of(counting.text), text=counting.text,
        spans=tuple(spans), ties=tuple(ties), rest=tuple(rest), about=about,
    )  # fmt: skip


def filled(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is no type.")
    return value


def in_words(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error} is missing."
    return str(error) if isinstance(error, ValueError) else "write an object."


def write(found: Iterable[Record], stream: BinaryIO) -> Counter[str]:
    """Write a line a text; texts wait in a file, claims and links in memory. Returns what was left out."""
    collector = foreign.Collector(NAME)
    with tempfile.SpooledTemporaryFile(max_size=8 * 2**20) as file:
        shelf = Shelf(file)
        for record in found:
            document = collector.take(record)
            if document is not None and document.uuid is not None:
                shelf.put(document.uuid, document.text or "")
        pages = collector.pages()
        is_one = len(collector.layers) < 2
        # Of several layers, those that say something of a text; of none, one line all the same.
        marked = {page.uuid for page in pages if page.claims}
        for page in pages:
            if page.claims or is_one or page.uuid not in marked:
                marked.add(page.uuid)
                values = line_of(page, shelf.get(page.uuid), collector)
                if not is_one and page.claims:
                    values["layer"] = page.layer
                stream.write(json.dumps(values, ensure_ascii=False).encode() + b"\n")
    return collector.left_out


def line_of(page: foreign.Page, text: str, collector: foreign.Collector) -> dict[str, Any]:
    ends = page.about.get("line_ends")
    fields = page.about.get("fields")
    entities: list[tuple[int, dict[str, Any]]] = []
    relations: list[tuple[int, dict[str, Any]]] = []
    for entry in foreign.rest_of(page.about):
        raw = entry[1] if isinstance(entry[1], dict) else {}
        if "entity" in raw:
            entities.append((int(entry[0]), raw["entity"]))
        elif "relation" in raw:
            relations.append((int(raw.get("place", 0)), raw["relation"]))
    ids: dict[Any, Any] = {}
    taken = [one["id"] for _, one in entities if isinstance(one, dict) and isinstance(one.get("id"), int)]
    originals = {claim.uuid: original(foreign.foreign_of(claim, NAME), "entity") for claim in page.claims}
    taken += [one["id"] for one in originals.values() if isinstance(one.get("id"), int)]
    following = max(taken, default=0) + 1
    for claim in sorted(page.claims, key=lambda claim: (claim.start, claim.end, str(claim.uuid))):
        about, before = foreign.foreign_of(claim, NAME), originals[claim.uuid]
        if claim.stretches:
            collector.left_out["claims in several parts, each written as one stretch"] += 1
        start, end = (foreign.theirs(text, place, ends, units="utf16") for place in (claim.start, claim.end))
        ids[claim.uuid] = before.get("id", following)
        following += "id" not in before
        values = {"id": ids[claim.uuid], "label": foreign.type_of_claim(claim)}
        place = about.get("line")
        entities.append(
            (place if isinstance(place, int) else 2**31, {**values, **before, "start_offset": start, "end_offset": end})
        )  # fmt: skip
    following = max(
        (one["id"] for _, one in relations if isinstance(one, dict) and isinstance(one.get("id"), int)), default=0
    )
    befores = {link.uuid: original(foreign.foreign_of(link, NAME), "relation") for link in page.links}
    following = max([following, *(one["id"] for one in befores.values() if isinstance(one.get("id"), int))])
    for link in page.links:
        about, before = foreign.foreign_of(link, NAME), befores[link.uuid]
        if foreign.target_of(link) not in ids:
            collector.left_out["links to another document"] += 1
            continue
        following += not before
        values = before or {"id": following}
        ties = {
            "from_id": ids[link.response],
            "to_id": ids[foreign.target_of(link)],
            "type": foreign.type_of_link(link),
        }
        told = about.get("raw")
        place = told.get("place") if isinstance(told, dict) else None
        relations.append((place if isinstance(place, int) else 2**31, {**values, **ties}))
    return {
        **(fields if isinstance(fields, dict) else {}),
        "text": foreign.with_line_ends(text, ends),
        "entities": [one for _, one in sorted(entities, key=lambda item: item[0])],
        "relations": [one for _, one in sorted(relations, key=lambda item: item[0])],
    }


def original(about: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return the object that a claim or link came as, or nothing."""
    raw = about.get("raw")
    found = raw.get(kind) if isinstance(raw, dict) else None
    return dict(found) if isinstance(found, dict) else {}
