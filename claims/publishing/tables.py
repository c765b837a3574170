"""The tables of a release, made from its corpus alone: Parquet by split, pairs as CSV, and what there is to count.

``data/<split>/<table>.parquet`` holds the reading that counts, and what belongs to no reading; ``layers/<split>/`` the
same tables of every other reading. ``data/all/`` holds labels, actors, layers and people. Columns are the fields of the
JSON Lines; ``origins`` tells for each claim and link whether it was suggested, by what, and at which rank.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from claims.formats import csv_table, parquet, records
from claims.formats.records import Record

from .about import SPLITS
from .splitting import Joins

WHOLE = "all"
OF_ALL = ("labels", "actors", "layers", "people")
EXAMPLES = 3
LONGEST_EXAMPLE = 240
FACETS_OF_LINKS = {"relation": "relation", "strategies": "strategy", "disputed": "disputed"}


@dataclass(frozen=True, kw_only=True)
class Origin(Record):
    """Where a claim or a link came from: from scratch, or a suggestion, accepted or edited."""

    annotation: UUID = records.a_ref("claim", "The claim or link.")
    kind: str = records.a_choice("Which of the two.", ("claim", "link"))
    layer: UUID = records.a_ref("layer", "Whose reading it belongs to.")
    origin: str = records.a_choice("Where it came from.", records.ORIGINS)
    suggestion: UUID | None = records.a_ref("suggestion", "The suggestion.", default=None)
    suggester: str = records.a_text("Who or what proposed it.")
    suggester_version: str = records.a_text("The suggester's version.")
    score: float | None = records.column("number", "How sure it was.", default=None)
    rank: int | None = records.column(
        "count",
        "Its rank by score among the claims proposed in its text, or the targets of its response.",
        default=None,
    )


TABLES: dict[str, type[Record]] = {**parquet.TABLES, "origins": Origin}


class Look:
    """What a first reading of the corpus finds out: what belongs together, where each row is, and what there is."""

    def __init__(self) -> None:
        self.joins = Joins()
        self.project: records.Project | None = None
        self.vocabularies: dict[str, records.Vocabulary] = {}
        self.guideline: records.Guideline | None = None
        self.layers: dict[UUID, records.Layer] = {}
        self.reading: UUID | None = None  # the layer that counts: the gold one, or the team's
        self.works: set[UUID] = set()
        self.places: dict[UUID, tuple[UUID, ...]] = {}  # {dossier: its documents}
        self.document_of: dict[UUID, UUID] = {}  # of claims, and of what hangs on them
        self.suggestions: dict[UUID, tuple[str, str, float, int]] = {}
        self.rows: Counter[tuple[str, UUID]] = Counter()  # {(type, layer): how many}
        self.labels: Counter[tuple[str, str]] = Counter()  # {(facet, key): how often}, of the reading
        self.wanted: dict[UUID, list[tuple[str, str]]] = defaultdict(list)  # {claim: labels it is an example of}
        self.origins: dict[str, Counter[str]] = defaultdict(Counter)
        self.suggesters: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self._proposed: dict[Any, list[tuple[float, int, records.Suggestion]]] = defaultdict(list)

    def read(self, found: Iterable[Record]) -> "Look":
        for record in found:
            if not isinstance(record, records.Suggestion) and self._proposed:
                self.rank()
            add = getattr(self, f"add_{record.TYPE}", None)
            if add is not None:
                add(record)
        return self

    def add_vocabulary(self, record: records.Vocabulary) -> None:
        self.vocabularies[f"{record.key}/{record.number}"] = record

    def add_project(self, record: records.Project) -> None:
        self.project = record

    def add_guideline(self, record: records.Guideline) -> None:
        if self.guideline is None or record.number > self.guideline.number:
            self.guideline = record

    def add_layer(self, record: records.Layer) -> None:
        assert record.uuid is not None
        self.layers[record.uuid] = record
        kind = "team" if self.project is not None and self.project.kind == "shared" else "gold"
        if record.kind == kind:
            both = [record] if self.reading is None else [self.layers[self.reading], record]
            self.reading = min(both, key=lambda one: (str(one.created_at), str(one.uuid))).uuid

    def add_document(self, record: records.Document) -> None:
        assert record.uuid is not None
        if not record.sha256:
            self.works.add(record.uuid)
            return
        self.joins.add(record.uuid)
        if record.edition_of:
            self.places[record.uuid] = (record.uuid, record.edition_of)

    def add_exclusion(self, record: records.Exclusion) -> None:
        self.counts["excluded"] += record.state == "excluded"

    def add_dossier(self, record: records.Dossier) -> None:
        assert record.uuid is not None
        self.counts["dossiers"] += 1
        self.places[record.uuid] = tuple(place.document for place in record.documents)

    def add_suggestion(self, record: records.Suggestion) -> None:
        at = (record.start, record.end) if record.kind == "pair" else ()
        among = (record.document, record.kind, record.layer, *at)
        self._proposed[among].append((-record.score, record.start, record))

    def rank(self) -> None:
        for group in self._proposed.values():
            for rank, (_, _, one) in enumerate(sorted(group, key=lambda row: (*row[:2], str(row[2].uuid))), 1):
                assert one.uuid is not None
                self.suggestions[one.uuid] = one.suggester, one.suggester_version, one.score, rank
        self._proposed.clear()

    def add_claim(self, record: records.Claim) -> None:
        assert record.uuid is not None
        self.document_of[record.uuid] = record.document
        if self.is_counted(record):
            self.note(record.uuid, "claim_kind", record.kind)

    def add_link(self, record: records.Link) -> None:
        assert record.uuid is not None
        self.document_of[record.uuid] = self.document_of[record.response]
        ends = (record.response, record.target_claim, record.target_response)
        joined = {self.document_of[end] for end in ends if end}
        if len(joined) > 1:
            self.joins.join(sorted(joined))
        if self.is_counted(record):
            self.counts["negatives"] += record.relation == "unrelated"
            for name, facet in FACETS_OF_LINKS.items():
                value = getattr(record, name)
                for key in (value,) if isinstance(value, str) else value:
                    self.note(record.response, facet, key)

    def is_counted(self, record: records.Claim | records.Link) -> bool:
        """Count a claim or link; returns whether it belongs to the reading that counts."""
        self.rows[record.TYPE, record.layer] += 1
        if record.layer != self.reading:
            return False
        self.origins[record.TYPE][record.origin] += 1
        if record.suggestion in self.suggestions and record.origin != "scratch":
            suggester, version, _, _ = self.suggestions[record.suggestion]
            self.suggesters[f"{suggester} {version}".strip()] += 1
        return True

    def add_no_response(self, record: records.NoResponse) -> None:
        assert record.uuid is not None
        self.document_of[record.uuid] = self.document_of[record.assertion]
        self.counts["searched"] += record.layer == self.reading

    def add_comparison(self, record: records.Comparison) -> None:
        assert record.uuid is not None
        self.document_of[record.uuid] = self.document_of[subject_of(record)]
        if record.layer == self.reading:
            self.labels["figure_outcome", record.outcome] += 1

    def add_assessment(self, record: records.Assessment) -> None:
        assert record.uuid is not None
        self.document_of[record.uuid] = self.document_of[record.claim]
        if record.layer == self.reading:
            self.note(record.claim, "verification", record.verification)

    def add_citation(self, record: records.Citation) -> None:
        if record.layer == self.reading:
            self.labels["stance_of_citation", record.stance] += 1

    def note(self, claim: UUID, facet: str, key: str) -> None:
        """Count a label, and have the words of its first few claims shown with it."""
        if key:
            self.labels[facet, key] += 1
            if self.labels[facet, key] <= EXAMPLES:
                self.wanted[claim].append((facet, key))

    def joined(self) -> Joins:
        """Return which documents belong together; a work cited without its text joins nothing."""
        for documents in self.places.values():
            self.joins.join(documents)
        return self.joins


def subject_of(record: records.Comparison | records.Assessment | records.Citation) -> UUID:
    names = ("claim", "link", "no_response", "comparison", "assessment")
    found: UUID = next(value for name in names if (value := getattr(record, name, None)))
    return found


class Tables:
    """Writes the tables, each when its first row comes."""

    def __init__(self, folder: Path, seen: Look, splits: Mapping[UUID, str]) -> None:
        self.folder, self.seen, self.splits = folder, seen, splits
        self.files = ExitStack()
        self.open: dict[str, parquet.Table] = {}
        self.counts: Counter[str] = Counter()
        self.examples: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.splits_of_works: dict[UUID, set[str]] = defaultdict(set)
        for documents in seen.places.values():
            inside = {splits[document] for document in documents if document in splits}
            for document in documents:
                if document in seen.works:
                    self.splits_of_works[document] |= inside

    def write(self, found: Iterable[Record]) -> "Tables":
        with self.files:
            for record in found:
                if isinstance(record, records.Claim):
                    self.quote(record)
                for name, row in parquet.rows([record]):
                    for where in self.places_of(name, record):
                        self.add(where, name, row)
                if isinstance(record, records.Claim | records.Link):
                    for where in self.places_of("origins", record):
                        self.add(where, "origins", parquet.values_of(self.origin(record)))
        return self

    def add(self, where: str, name: str, row: dict[str, Any]) -> None:
        path = f"{where}/{name}.parquet"
        if path not in self.open:
            (self.folder / where).mkdir(parents=True, exist_ok=True)
            table = parquet.Table(self.folder / path, TABLES[name])
            self.open[path] = self.files.enter_context(table)
        self.open[path].add(row)
        self.counts[path] += 1

    def places_of(self, name: str, record: Record) -> list[str]:
        """Return the folders in which a row stands: of one split, or of each where a cited work is spoken of."""
        if name in OF_ALL:
            return [f"data/{WHOLE}"]
        layer = getattr(record, "layer", None)
        top = "data" if layer in (None, self.seen.reading) else "layers"
        return [f"{top}/{split}" for split in self.splits_of(record)]

    def splits_of(self, record: Record) -> list[str]:
        uuid = getattr(record, "uuid", None)
        if isinstance(record, records.Document) and uuid in self.seen.works:
            return sorted(self.splits_of_works[uuid], key=SPLITS.index) or [SPLITS[0]]
        if isinstance(record, records.Dossier):
            inside = [self.splits[place.document] for place in record.documents if place.document in self.splits]
            return inside[:1] or [SPLITS[0]]
        if isinstance(record, records.Document):
            return [self.splits[record.uuid]] if record.uuid else []
        if isinstance(record, records.Mention):
            return [self.splits[record.document]]
        if isinstance(record, records.Citation):
            return [self.splits[self.seen.document_of[subject_of(record)]]]
        return [self.splits[self.seen.document_of[uuid]]] if uuid else []

    def origin(self, record: records.Claim | records.Link) -> Origin:
        told = self.seen.suggestions.get(record.suggestion) if record.suggestion else None
        suggester, version, score, rank = told or ("", "", None, None)
        assert record.uuid is not None
        return Origin(
            annotation=record.uuid, kind=record.TYPE, layer=record.layer, origin=record.origin,
            suggestion=record.suggestion, suggester=suggester, suggester_version=version, score=score, rank=rank,
        )  # fmt: skip

    def quote(self, record: records.Claim) -> None:
        for label in self.seen.wanted.get(record.uuid, ()) if record.uuid else ():
            if record.quote and len(self.examples[label]) < EXAMPLES:
                words = " ".join(record.quote.split())
                short = words if len(words) <= LONGEST_EXAMPLE else f"{words[: LONGEST_EXAMPLE - 1]}…"
                if short not in self.examples[label]:
                    self.examples[label].append(short)


def write_pairs(folder: Path, found: Iterable[Record], reading: UUID | None) -> None:
    """Write the links of the reading that counts, one a row."""
    ours = (record for record in found if getattr(record, "layer", None) in (None, reading))
    with (folder / "pairs.csv").open("wb") as file:
        csv_table.write(ours, file)


def write_splits(folder: Path, titles: Mapping[UUID, str], splits: Mapping[UUID, str]) -> None:
    with (folder / "splits.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("document", "split", "title"))
        for document in sorted(splits):
            writer.writerow((document, splits[document], csv_table.defuse(titles[document])))


def read_splits(folder: Path) -> dict[UUID, str]:
    with (folder / "splits.csv").open(encoding="utf-8", newline="") as file:
        return {UUID(row["document"]): row["split"] for row in csv.DictReader(file)}
