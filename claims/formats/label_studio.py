"""Label Studio's JSON of tasks, spans and relations: https://labelstud.io/guide/export; one array of tasks.

Sample, shortened, as Label Studio exports it::

    [{"id": 7, "data": {"text": "Crime fell. That is not so."},
      "annotations": [{"id": 3, "result": [
        {"id": "a1", "type": "labels", "from_name": "label", "to_name": "text",
         "value": {"start": 0, "end": 11, "text": "Crime fell.", "labels": ["Claim"]}},
        {"id": "b2", "type": "labels", "from_name": "label", "to_name": "text",
         "value": {"start": 12, "end": 27, "text": "That is not so.", "labels": ["Claim"]}},
        {"type": "relation", "from_id": "b2", "to_id": "a1", "direction": "right", "labels": ["attacks"]}]}],
      "predictions": [{"model_version": "m1", "score": 0.9, "result": [ … ]}]}]

A task's text is ``data.text``, or its only text of several words. Offsets count code points, as Label Studio has since
version 1.4; where the marked words stand only where UTF-16 units lead, those are counted, and written again. Types become
claims and links as ``claims/formats/foreign.py`` says; spans of predictions become suggestions. The first annotation that
was not cancelled is the layer's; further ones, predictions and all other fields are kept with the document and written
back. Of several layers each is an annotation of its own, named in ``layer``.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from claims.errors import FormatError

from . import foreign
from .doccano import in_words, original
from .foreign import Bundle, Counting, Guess, Report, Shelf, Span, Text, Tie
from .jsonl import refuse_unstorable
from .records import Record

NAME = "label-studio"
LABEL = "Label Studio (JSON)"
SUFFIX = ".label-studio.json"
MEDIA_TYPE = "application/json"
READABLE = True
OPTIONS: dict[str, str] = {}
LOSES = (
    "Label Studio knows spans in one piece and relations within a task: of a claim in several parts it has the whole "
    "stretch, and links to another document or to something other than a claim are left out.",
    "Of claims and links nothing but place and type is in the tasks, and nothing else that was made here.",
)
SPANS = ("labels", "hypertextlabels")
SIZE_LIMIT = 1024 * 2**20


def sniff(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is an array of tasks."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"[") and b'"data"' in head and (b'"annotations"' in head or b'"predictions"' in head)


def bundles(stream: BinaryIO, report: Report) -> Iterator[Bundle]:
    """Yield the texts, each by itself; a task without a text is told of and left out. The file is held in memory."""
    file = foreign.name_of(stream)
    data = stream.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise FormatError(f"The file has more than {SIZE_LIMIT // 2**20} MB; export the tasks in parts.")
    try:
        tasks = json.loads(data.decode("utf-8-sig"), parse_constant=refuse_constant)
    except UnicodeDecodeError as error:
        raise FormatError(f"Byte {error.start + 1} is not UTF-8; save the file as UTF-8.") from error
    except RecursionError as error:
        raise FormatError("The file has too many levels of brackets.") from error
    except ValueError as error:
        raise FormatError(f"The file is not JSON: {error}.") from error
    del data
    if not isinstance(tasks, list):
        raise FormatError("Write an array of tasks, as Label Studio's export “JSON” is; JSON-MIN has no relations.")
    for number, task in enumerate(tasks, 1):
        try:
            yield Bundle(texts=(read_task(task, number, file, report),))
        except FormatError as error:  # of what no database stores
            report.add(file, 0, f"task {number}: {str(error).partition(': ')[2]}")
        except ValueError as error:
            report.add(file, 0, f"task {number}: {error}")


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def text_key(data: Any) -> str:
    """Return the key of a task's text in its ``data``; raises ValueError, in words."""
    if not isinstance(data, dict):
        raise ValueError("there is no data.")
    if isinstance(data.get("text"), str):
        return "text"
    found = [key for key, value in data.items() if isinstance(value, str) and " " in value.strip()]
    if len(found) != 1:
        raise ValueError("there is no text; name it “text” in data.")
    return str(found[0])


def read_task(task: Any, number: int, file: str, report: Report) -> Text:
    if not isinstance(task, dict):
        raise ValueError("write an object.")
    refuse_unstorable(task, number)
    key = text_key(task.get("data"))
    raw = task["data"][key]
    foreign.refuse(raw)
    annotations = task.get("annotations", task.get("completions"))
    annotations = [one for one in annotations if isinstance(one, dict)] if isinstance(annotations, list) else []
    chosen = next((place for place, one in enumerate(annotations) if not one.get("was_cancelled")), None)
    if len(annotations) > 1:
        report.add(
            file, 0, f"task {number}: has {len(annotations)} annotations; one came in, the others are kept as they are."
        )
    results = annotations[chosen].get("result") if chosen is not None else []
    results = results if isinstance(results, list) else []
    counting = best_counting(raw, results)
    name = f"task {number}"
    spans: list[Span] = []
    ties: list[Tie] = []
    rest: list[list[Any]] = []
    for place, item in enumerate(results, 1):
        kind = item.get("type") if isinstance(item, dict) else None
        try:
            if kind in SPANS:
                part, type = read_value(item["value"], counting)
                if any(span.id == item["id"] for span in spans):
                    raise ValueError("its id is there twice.")
                spans.append(Span(id=str(item["id"]), type=type, parts=(part,), line=place, raw={"result": item}))
            elif kind == "relation":
                ends = (name, str(item["from_id"])), (name, str(item["to_id"]))
                source, target = reversed(ends) if item.get("direction") == "left" else ends
                labels = item.get("labels")
                type = str(labels[0]) if isinstance(labels, list) and labels else foreign.UNLABELLED
                ties.append(
                    Tie(
                        id=f"relation {place}", type=type, source=source, target=target,
                        file=f"{file}, task {number}", line=0, raw={"result": item, "place": place},
                    )
                )  # fmt: skip
            else:
                rest.append([place, {"result": item}])
        except (ValueError, KeyError, TypeError) as error:
            report.add(file, 0, f"task {number}: result {place}: {in_words(error)}")
            rest.append([place, {"result": item}])
    others = [one for place, one in enumerate(annotations) if place != chosen]
    fields = {name: value for name, value in task.items() if name not in ("data", "annotations", "completions")}
    about: dict[str, Any] = {
        "key": key,
        "units": counting.units,
        "data": {name: value for name, value in task["data"].items() if name != key},
        "fields": fields,
        "annotation": {name: value for name, value in annotations[chosen].items() if name != "result"}
        if chosen is not None
        else None,
        "others": others,
    }
    ends = foreign.line_ends_of(raw)
    if ends is not None:
        about["line_ends"] = ends
    return Text(
        name=name, title=foreign.title_of(counting.text), text=counting.text, spans=tuple(spans), ties=tuple(ties),
        guesses=tuple(guesses(task.get("predictions"), counting)), rest=tuple(rest), about=about,
    )  # fmt: skip


def read_value(value: Mapping[str, Any], counting: Counting) -> tuple[foreign.Part, str]:
    """Return the place and the type of a span; raises ValueError, KeyError or TypeError."""
    labels = value.get("labels") or value.get("hypertextlabels")
    if not isinstance(labels, list) or not labels or not isinstance(labels[0], str) or not labels[0].strip():
        raise ValueError("it has no label.")
    part = counting.part(value["start"], value["end"])
    said = value.get("text")
    if isinstance(said, str) and not is_said(said, counting.text[part[0] : part[1]]):
        raise ValueError(f"it says “{said[:40]}”, but the text has “{counting.text[part[0] : part[1]][:40]}” there.")
    return part, labels[0]


def is_said(said: str, words: str) -> bool:
    return said == words or said.replace("\\n", " ").split() == words.split()


def best_counting(raw: str, results: list[Any]) -> Counting:
    """Return the counting under which most spans hold the words they say: code points, unless UTF-16 units do better."""
    found = [Counting(raw, units="points")]
    if any(ord(character) > 0xFFFF for character in raw):
        found.append(Counting(raw, units="utf16"))

    def hits(counting: Counting) -> int:
        count = 0
        for item in results:
            try:
                read_value(item["value"], counting)
                count += 1
            except (ValueError, KeyError, TypeError):
                pass
        return count

    return max(found, key=hits)


def guesses(predictions: Any, counting: Counting) -> Iterator[Guess]:
    for prediction in predictions if isinstance(predictions, list) else ():
        if not isinstance(prediction, dict):
            continue
        for item in prediction.get("result") or ():
            try:
                if item["type"] not in SPANS:
                    continue
                (start, end), type = read_value(item["value"], counting)
            except (ValueError, KeyError, TypeError):
                continue  # a program's proposal, kept with the document all the same
            score = item.get("score", prediction.get("score"))
            score = float(score) if isinstance(score, int | float) and abs(score) < 1e6 else 0.0
            yield Guess(
                type=type, start=start, end=end, score=score, version=str(prediction.get("model_version") or "")
            )


def write(found: Iterable[Record], stream: BinaryIO) -> Counter[str]:
    """Write an array, a task a line; texts wait in a file, claims and links in memory. Returns what was left out."""
    collector = foreign.Collector(NAME)
    with tempfile.SpooledTemporaryFile(max_size=8 * 2**20) as file:
        shelf = Shelf(file)
        for record in found:
            document = collector.take(record)
            if document is not None and document.uuid is not None:
                shelf.put(document.uuid, document.text or "")
        pages = collector.pages()
        readings: dict[Any, list[foreign.Page]] = {}
        for page in pages:
            readings.setdefault(page.uuid, []).append(page)
        before = b"[\n"
        for number, (uuid, layers) in enumerate(readings.items(), 1):
            task = task_of(layers, shelf.get(uuid), collector, number=number)
            stream.write(before + json.dumps(task, ensure_ascii=False).encode())
            before = b",\n"
        stream.write(b"\n]\n" if readings else b"[]\n")
    return collector.left_out


def task_of(layers: list[foreign.Page], text: str, collector: foreign.Collector, *, number: int) -> dict[str, Any]:
    about = layers[0].about
    fields, data, others = about.get("fields"), about.get("data"), about.get("others")
    key = str(about.get("key") or "text")
    annotations: list[dict[str, Any]] = []
    for page in layers:
        results = results_of(page, text, collector)
        came = about.get("annotation") if not annotations else None
        if results or isinstance(came, dict):
            named = {} if len(layers) == 1 else {"layer": page.layer}
            annotations.append({**(came if isinstance(came, dict) else {}), **named, "result": results})
    task = {
        **(fields if isinstance(fields, dict) else {"id": number}),
        "data": {
            **(data if isinstance(data, dict) else {"title": layers[0].title}),
            key: foreign.with_line_ends(text, about.get("line_ends")),
        },
        "annotations": [*annotations, *(others if isinstance(others, list) else ())],
    }
    return task


def results_of(page: foreign.Page, text: str, collector: foreign.Collector) -> list[dict[str, Any]]:
    ends, units = page.about.get("line_ends"), str(page.about.get("units") or "points")
    numbered: list[tuple[int, dict[str, Any]]] = [
        (int(entry[1].get("place", entry[0])), entry[1]["result"])
        for entry in foreign.rest_of(page.about)
        if isinstance(entry[1], dict) and "result" in entry[1]
    ]
    ids: dict[Any, str] = {}
    for claim in sorted(page.claims, key=lambda claim: (claim.start, claim.end, str(claim.uuid))):
        about = foreign.foreign_of(claim, NAME)
        before = original(about, "result")
        if claim.stretches:
            collector.left_out["claims in several parts, each written as one stretch"] += 1
        ids[claim.uuid] = str(before.get("id") or claim.uuid)
        start, end = (foreign.theirs(text, place, ends, units=units) for place in (claim.start, claim.end))
        came = before.get("value")
        value = dict(came) if isinstance(came, dict) else {}
        if (value.get("start"), value.get("end")) != (start, end):
            value |= {"start": start, "end": end, "text": claim.quote or ""}
        if "labels" not in value and "hypertextlabels" not in value:
            value["labels"] = [foreign.type_of_claim(claim)]
        base = before or {"type": "labels", "from_name": "label", "to_name": "text"}
        numbered.append((place_of(about), {**base, "id": ids[claim.uuid], "value": value}))
    for link in page.links:
        if foreign.target_of(link) not in ids:
            collector.left_out["links to another document"] += 1
            continue
        about, type = foreign.foreign_of(link, NAME), foreign.type_of_link(link)
        base = original(about, "result")
        if not base or type != about.get("type"):
            labels = [] if type == foreign.UNLABELLED else [type]
            base = {**base, "type": "relation", "direction": base.get("direction", "right"), "labels": labels}
        one, other = ids[link.response], ids[foreign.target_of(link)]
        if base.get("direction") == "left":
            one, other = other, one
        numbered.append((place_of(about), {**base, "from_id": one, "to_id": other}))
    return [result for _, result in sorted(numbered, key=lambda item: item[0])]


def place_of(about: Mapping[str, Any]) -> int:
    raw = about.get("raw")
    place = raw.get("place", about.get("line")) if isinstance(raw, dict) else None
    return place if isinstance(place, int) else 2**31
