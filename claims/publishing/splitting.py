"""Which part of a release a document is in: train, dev or test.

Documents that a dossier, a link or an edition joins are in one part, or a model would be tested on what it has seen. A
document keeps its part from one release to the next; where what is new joins documents of two parts, all go to the one
further back in train, dev, test, so that what was tested on is never trained on.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from .about import SPLITS


class Joins:
    """Documents, and which of them belong together."""

    def __init__(self) -> None:
        self.parents: dict[UUID, UUID] = {}

    def add(self, document: UUID) -> None:
        self.parents.setdefault(document, document)

    def head(self, document: UUID) -> UUID:
        while self.parents[document] != document:
            self.parents[document] = self.parents[self.parents[document]]
            document = self.parents[document]
        return document

    def join(self, documents: Iterable[UUID]) -> None:
        """Say that these belong together; what is not a document of the release is passed over."""
        known = [document for document in documents if document in self.parents]
        for document in known[1:]:
            one, other = sorted((self.head(known[0]), self.head(document)))
            self.parents[other] = one

    def groups(self) -> list[list[UUID]]:
        found = defaultdict(list)
        for document in sorted(self.parents):
            found[self.head(document)].append(document)
        return [found[head] for head in sorted(found)]


def split(
    joins: Joins, *, shares: Mapping[str, int], seed: int, kept: Mapping[UUID, str] | None = None
) -> dict[UUID, str]:
    """Return {document: part}; ``shares`` are per cent, ``kept`` the parts of the release before.

    The groups are drawn in an order that ``seed`` alone decides and each goes to the part that lacks most of its share,
    counted in documents.
    """
    kept = kept or {}
    parts = [name for name in SPLITS if shares.get(name)]
    whole = sum(shares[name] for name in parts)
    total = len(joins.parents)
    held = dict.fromkeys(SPLITS, 0)
    found: dict[UUID, str] = {}

    def put(group: list[UUID], part: str) -> None:
        held[part] += len(group)
        found.update(dict.fromkeys(group, part))

    fresh = []
    for group in joins.groups():
        before = {kept[document] for document in group if document in kept}
        if before:
            put(group, max(before, key=SPLITS.index))
        else:
            fresh.append(group)
    for group in sorted(fresh, key=lambda group: hashlib.sha256(f"{seed} {group[0]}".encode()).digest()):
        put(group, max(parts, key=lambda part: shares[part] / whole * total - held[part]))
    return found
