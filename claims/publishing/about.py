"""What a release says of itself, as plain frozen data: ``release.json``, from which its papers are written. No Django."""

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, kw_only=True)
class AboutLayer:
    """One reading in the release; annotators go by pseudonyms."""

    name: str
    kind: str  # gold, team or annotator
    claims: int = 0
    links: int = 0


@dataclass(frozen=True, kw_only=True)
class AboutDocument:
    """A document and on what terms it is here; without its text, length and hash tell which text is meant."""

    uuid: str
    title: str
    kind: str = "other"
    publisher: str = ""
    url: str = ""
    archived_url: str = ""
    published_on: str = ""  # ISO 8601
    language: str = "en"
    licence: str = ""
    split: str = ""  # empty for a cited work
    is_cited_work: bool = False
    has_text: bool = False
    length: int = 0  # code points
    sha256: str = ""  # of the text as released, masks included
    masks: tuple[tuple[int, int], ...] = ()  # stretches masked, [start, end) in code points


@dataclass(frozen=True, kw_only=True)
class About:
    """A release: what it is called, what it holds, how it was made."""

    name: str  # the folder's name, such as lighthouses-1
    uuid: str
    number: int
    day: str  # ISO 8601
    slug: str
    title: str
    description: str = ""
    summary: str = ""  # what is new in it, in its maker's words
    kind: str = "shared"  # how the project works: shared or independent
    creators: tuple[str, ...] = ()
    licence: str = ""  # of the annotations, SPDX
    url: str = ""  # where the project stands
    reading: str = ""  # the layer that counts: the gold one, or the team's
    layers: tuple[AboutLayer, ...] = ()
    languages: tuple[str, ...] = ()
    documents: tuple[AboutDocument, ...] = ()
    shares: dict[str, int] = field(default_factory=dict)  # {split: per cent asked for}
    seed: int = 1
    splits: dict[str, dict[str, int]] = field(default_factory=dict)  # {split: {table: rows}}; empty ones left out
    tables: dict[str, int] = field(default_factory=dict)  # {table: rows}
    vocabulary: str = ""  # key and number
    # [{facet, key, phrase, definition, example, stance, maps_to, is_retired, count, found: [quote, …]}, …]
    labels: tuple[dict[str, Any], ...] = ()
    guidelines: int = 0  # their version; 0 for none
    agreement: dict[str, Any] = field(default_factory=dict)  # claims/measuring.py; before adjudication
    changed_after_opening: int = 0  # deeds in annotators' layers after adjudication had opened
    annotators: int = 0
    # {claim or link: {accepted, edited, scratch: how many}}, of the reading
    origins: dict[str, dict[str, int]] = field(default_factory=dict)
    suggesters: dict[str, int] = field(default_factory=dict)  # {name and version: suggestions accepted or edited}
    negatives: int = 0  # looked at, not a pair
    searched: int = 0  # searched without finding a response
    excluded: int = 0  # stretches that are not the story
    control: int = 0  # dossiers annotated without suggestions
    open_dossiers: int = 0  # not signed off
    dossiers: int = 0
    previous: int = 0  # the release before; 0 for none
    # {table: {added, changed, removed: how many}} since the release before
    changes: dict[str, dict[str, int]] = field(default_factory=dict)

    def as_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "About":
        """Return what ``as_json`` wrote; raises ValueError, KeyError or TypeError where it is something else."""
        said: dict[str, Any] = json.loads(text)
        layers = tuple(AboutLayer(**one) for one in said.pop("layers"))
        documents = tuple(
            AboutDocument(**{**one, "masks": tuple((start, end) for start, end in one["masks"])})
            for one in said.pop("documents")
        )
        lists: dict[str, Any] = {name: tuple(said.pop(name)) for name in ("creators", "languages", "labels")}
        return cls(layers=layers, documents=documents, **lists, **said)


@dataclass(frozen=True)
class PublishedFile:
    """A file of a release: its path within the folder, its size in bytes and its SHA-256 in hex."""

    path: str
    size: int
    sha256: str
