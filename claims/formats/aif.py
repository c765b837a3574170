"""The Argument Interchange Format as AIFdb's JSON (http://www.argumentinterchange.org/; http://www.aifdb.org/).

Sample, shortened: a response in conflict with an assertion::

    {"nodes":[{"nodeID":"91aa…","text":"Crime fell.","type":"I","timestamp":"2026-01-01 00:00:00"},
              {"nodeID":"7a11…","text":"That is not so.","type":"I",…},
              {"nodeID":"c3d2…","text":"rejects","type":"CA",…}],
     "edges":[{"edgeID":"c3d2…-in","fromID":"7a11…","toID":"c3d2…","formEdgeID":null},
              {"edgeID":"c3d2…-out","fromID":"c3d2…","toID":"91aa…","formEdgeID":null}],
     "locutions":[],"participants":[]}

A claim is an I-node; a claim with a speaker also has an L-node, “Speaker: words”, and the YA-node “Asserting” between
them. A link whose relation disputes becomes a CA-node (conflict), one that agrees an RA-node (inference), each named by
its relation. A link to a whole work points at an I-node with the work's title. Ids are uuids; layers stand side by side.
"""

import json
from collections.abc import Iterable
from typing import Any, BinaryIO
from uuid import UUID

from . import records
from .records import Record

NAME = "aif"
LABEL = "Argument graph (AIF JSON)"
SUFFIX = ".aif.json"
MEDIA_TYPE = "application/json"
READABLE = False
OPTIONS: dict[str, str] = {}
LOSES = (
    "Links without a label, neutral ones, and responses to nobody in particular are not in the graph.",
    "Strategies, what is disputed, notes, periods and kinds are not in the graph.",
    "Texts, mentions, suggestions, citations, comparisons, assessments and records of none found are not in the graph.",
    "Dossiers, assignments, comments, settlements, guidelines and sign-offs are not in the graph.",
    "What has been deleted, and the history, are not in the graph.",
)
SCHEME = {"dispute": "CA", "agree": "RA"}
LONG_AGO = "1970-01-01 00:00:00"


def write(found: Iterable[Record], stream: BinaryIO) -> None:
    """Write one graph; it is held in memory until written, about 1 KB a claim."""
    graph = Graph()
    for record in found:
        if not (isinstance(record, records.Editable) and record.deleted_at is not None):
            graph.add(record)
    stream.write(json.dumps(graph.as_json(), ensure_ascii=False, indent=1).encode() + b"\n")


class Graph:
    """Nodes and edges, in the order of the records."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.edges: list[dict[str, Any]] = []
        self.locutions: list[dict[str, Any]] = []
        self.actors: dict[UUID, records.Actor] = {}
        self.works: dict[UUID, records.Document] = {}
        self.stances: dict[str, str] = {}
        self.drawn: set[UUID] = set()

    def as_json(self) -> dict[str, Any]:
        speakers = {one["personID"] for one in self.locutions}
        people = [
            {"participantID": str(uuid), "firstname": "", "surname": actor.name}
            for uuid, actor in self.actors.items()
            if str(uuid) in speakers
        ]
        return {"nodes": self.nodes, "edges": self.edges, "locutions": self.locutions, "participants": people}

    def add(self, record: Record) -> None:
        if isinstance(record, records.Vocabulary):
            self.stances |= {label.key: label.stance for label in record.labels if label.facet == "relation"}
        elif isinstance(record, records.Actor) and record.uuid:
            self.actors[record.uuid] = record
        elif isinstance(record, records.Document) and record.uuid:
            self.works[record.uuid] = record
        elif isinstance(record, records.Claim):
            self.add_claim(record)
        elif isinstance(record, records.Link):
            self.add_link(record)

    def node(self, uuid: str, text: str, kind: str, record: records.Editable) -> None:
        at = record.created_at.strftime("%Y-%m-%d %H:%M:%S") if record.created_at else LONG_AGO
        self.nodes.append({"nodeID": uuid, "text": text, "type": kind, "timestamp": at})

    def edge(self, uuid: str, source: str, target: str) -> None:
        self.edges.append({"edgeID": uuid, "fromID": source, "toID": target, "formEdgeID": None})

    def add_claim(self, claim: records.Claim) -> None:
        uuid = str(claim.uuid)
        self.node(uuid, claim.wording or claim.quote or "", "I", claim)
        speaker = self.actors.get(claim.speaker) if claim.speaker else None
        if speaker is None:
            return
        self.node(f"{uuid}-said", f"{speaker.name}: {claim.quote}", "L", claim)
        self.node(f"{uuid}-asserting", "Asserting", "YA", claim)
        self.edge(f"{uuid}-asserting-in", f"{uuid}-said", f"{uuid}-asserting")
        self.edge(f"{uuid}-asserting-out", f"{uuid}-asserting", uuid)
        place = {"start": None, "end": None, "source": str(claim.document)}
        self.locutions.append({"nodeID": f"{uuid}-said", "personID": str(claim.speaker), "timestamp": None, **place})

    def add_link(self, link: records.Link) -> None:
        kind = SCHEME.get(self.stances.get(link.relation, ""))
        target = link.target_claim or link.target_response or link.target_work
        if kind is None or target is None:
            return
        if link.target_work and target not in self.drawn:
            self.drawn.add(target)
            self.node(str(target), self.works[target].title, "I", self.works[target])
        uuid = str(link.uuid)
        self.node(uuid, link.relation, kind, link)
        self.edge(f"{uuid}-in", str(link.response), uuid)
        self.edge(f"{uuid}-out", uuid, str(target))
