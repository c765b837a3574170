"""Building a release: records in, a folder out, with the same bytes each time."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from claims.formats import jsonl
from claims.formats.records import Record

from . import corpus, packing, tables
from .about import SPLITS, About, AboutDocument, AboutLayer, PublishedFile
from .corpus import Choices, Corpus
from .papers import papers
from .splitting import split
from .tables import Look, Tables

Progress = Callable[[str], None]


@dataclass
class Wanted:
    """What the maker of a release says of it, and what only the project knows."""

    name: str
    uuid: str
    number: int
    day: str
    choices: Choices
    summary: str = ""
    creators: tuple[str, ...] = ()
    licence: str = ""
    url: str = ""
    shares: Mapping[str, int] = field(default_factory=lambda: {"train": 80, "dev": 10, "test": 10})
    seed: int = 1
    kept: Mapping[UUID, str] = field(default_factory=dict)  # splits of the release before
    agreement: dict[str, Any] = field(default_factory=dict)
    changed_after_opening: int = 0
    control: int = 0
    open_dossiers: int = 0
    previous: int = 0
    before: Path | None = None  # the corpus of the release before


def build(found: Iterable[Record], folder: Path, wanted: Wanted, *, progress: Progress = lambda words: None) -> About:
    """Write a release of these records into the empty ``folder``; return what it says of itself."""
    made = Corpus(wanted.choices)
    progress("writing the corpus")
    made.write(found, folder / corpus.FILE)
    progress("comparing it with the release before")
    changes = changes_between(wanted.before, folder / corpus.FILE) if wanted.before else {}
    return finish(folder, wanted, made.documents, changes, progress)


def finish(
    folder: Path,
    wanted: Wanted,
    documents: Mapping[UUID, AboutDocument],
    changes: dict[str, dict[str, int]],
    progress: Progress,
) -> About:
    """Write all that is made from the corpus: tables, papers, hashes."""
    seen = Look().read(corpus.read(folder))
    splits = split(seen.joined(), shares=wanted.shares, seed=wanted.seed, kept=wanted.kept)
    progress("writing tables")
    written = write_data(folder, seen, splits, {uuid: one.title for uuid, one in documents.items()})
    about = about_of(wanted, seen, splits, documents, written, changes)
    progress("writing papers")
    write_papers(folder, about, seen)
    packing.write_sums(folder)
    return about


def write_data(folder: Path, seen: Look, splits: Mapping[UUID, str], titles: Mapping[UUID, str]) -> Tables:
    written = Tables(folder, seen, splits).write(corpus.read(folder))
    tables.write_pairs(folder, corpus.read(folder), seen.reading)
    tables.write_splits(folder, titles, splits)
    return written


def write_papers(folder: Path, about: About, seen: Look) -> None:
    (folder / "release.json").write_text(about.as_json(), encoding="utf-8", newline="\n")
    schema = json.dumps(jsonl.schema(), indent=1, ensure_ascii=False) + "\n"
    (folder / "corpus.schema.json").write_text(schema, encoding="utf-8", newline="\n")
    told = papers(about, data_files(folder), guidelines=seen.guideline.text if seen.guideline else "")
    for path, text in told.items():
        (folder / path).write_text(text, encoding="utf-8", newline="\n")


def data_files(folder: Path) -> list[PublishedFile]:
    """Return the files that the papers describe: the corpus and what is made from it."""
    listed = packing.listed(folder)
    return [file for file in listed if "/" in file.path or file.path in (corpus.FILE, "pairs.csv", "splits.csv")]


def about_of(
    wanted: Wanted,
    seen: Look,
    splits: Mapping[UUID, str],
    documents: Mapping[UUID, AboutDocument],
    written: Tables,
    changes: dict[str, dict[str, int]],
) -> About:
    project = seen.project
    assert project is not None
    layers = [
        AboutLayer(name=layer.name, kind=layer.kind, claims=seen.rows["claim", uuid], links=seen.rows["link", uuid])
        for uuid, layer in seen.layers.items()
    ]
    placed = [replace(one, split=splits.get(uuid, "")) for uuid, one in documents.items()]
    counts = counts_of(written)
    return About(
        name=wanted.name,
        uuid=wanted.uuid,
        number=wanted.number,
        day=wanted.day,
        slug=project.slug,
        title=project.title,
        description=project.description,
        summary=wanted.summary,
        kind=project.kind,
        creators=wanted.creators,
        licence=wanted.licence,
        url=wanted.url,
        reading=seen.layers[seen.reading].name if seen.reading else "",
        layers=tuple(sorted(layers, key=lambda layer: (layer.kind != "gold", layer.kind, layer.name))),
        languages=tuple(sorted({one.language for one in documents.values() if one.language})),
        documents=tuple(sorted(placed, key=lambda one: one.uuid)),
        shares=dict(wanted.shares),
        seed=wanted.seed,
        splits={name: counts[name] for name in SPLITS if name in counts},
        tables=totals(counts),
        vocabulary=project.vocabulary,
        labels=tuple(labels_of(seen, written, project.vocabulary)),
        guidelines=seen.guideline.number if seen.guideline else 0,
        agreement=wanted.agreement,
        changed_after_opening=wanted.changed_after_opening,
        annotators=sum(layer.kind == "annotator" for layer in seen.layers.values()),
        origins={kind: dict(sorted(one.items())) for kind, one in sorted(seen.origins.items())},
        suggesters=dict(sorted(seen.suggesters.items())),
        negatives=seen.counts["negatives"],
        searched=seen.counts["searched"],
        excluded=seen.counts["excluded"],
        control=wanted.control,
        open_dossiers=wanted.open_dossiers,
        dossiers=seen.counts["dossiers"],
        previous=wanted.previous,
        changes=changes,
    )


def counts_of(written: Tables) -> dict[str, dict[str, int]]:
    """Return {split or all: {table: rows}} of the reading that counts."""
    found: dict[str, dict[str, int]] = {}
    for path, number in sorted(written.counts.items()):
        top, split, name = path.split("/")
        if top == "data":
            found.setdefault(split, {})[name.partition(".")[0]] = number
    return found


def totals(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for tables_of in counts.values():
        for name, number in tables_of.items():
            found[name] = found.get(name, 0) + number
    return dict(sorted(found.items()))


def labels_of(seen: Look, written: Tables, name: str) -> Iterable[dict[str, Any]]:
    """Yield what the codebook says of each label of the schema, in its order."""
    for label in seen.vocabularies[name].labels if name in seen.vocabularies else ():
        yield {
            "facet": label.facet,
            "key": label.key,
            "phrase": label.phrase or label.key,
            "definition": label.definition,
            "example": label.example,
            "stance": label.stance,
            "maps_to": label.maps_to,
            "is_retired": label.is_retired,
            "count": seen.labels[label.facet, label.key],
            "found": written.examples.get((label.facet, label.key), []),
        }


# Since the release before


def changes_between(before: Path, after: Path) -> dict[str, dict[str, int]]:
    """Return {type: {added, changed, removed: how many}} of two corpora; types in which nothing changed are left out."""
    old, new = digests_of(before), digests_of(after)
    found: dict[str, dict[str, int]] = {}

    def count(type: str, what: str) -> None:
        found.setdefault(type, {"added": 0, "changed": 0, "removed": 0})[what] += 1

    for key, digest in new.items():
        if key not in old:
            count(key[0], "added")
        elif old[key] != digest:
            count(key[0], "changed")
    for key in old.keys() - new.keys():
        count(key[0], "removed")
    return dict(sorted(found.items()))


def digests_of(path: Path) -> dict[tuple[str, str], int]:
    """Return {(type, uuid): a hash of the line}; 8 bytes do, for a change that is overlooked once in 10^19."""
    found = {}
    with path.open("rb") as file:
        for line in file:
            said = json.loads(line)
            if said.get("uuid"):
                found[said["type"], said["uuid"]] = hash_of(line)
    return found


def hash_of(line: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(line, digest_size=8).digest())
