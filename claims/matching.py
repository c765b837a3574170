"""Which marked stretches of different readings are the same claim. Plain Python: adjudication and agreement both ask.

Offsets are code points, ``[start, end)``. One claim of a layer may match several of another, where one annotator split
what the other kept whole; two claims of one layer never match each other.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

# The tolerances a project may choose; see Project.ClaimMatch.
SENTENCE, HALF, EXACT = "sentence", "half", "exact"

# An end of sentence: its mark, closing quotes or brackets, white space, and then what can begin another.
SENTENCE_END = re.compile(r"(?<=[.!?…។。！？])[\"'”’»)\]]*\s+(?=[^\Wa-z_]|[\"'“‘«(\[])|\n+")
# What ends in a full stop and seldom ends a sentence.
ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Lt|Col|Sgt|Gov|Sen|Rep|St|No|Art|vs|cf|e\.g|i\.e)|\b[A-Z])\.$"
)


@dataclass(frozen=True, slots=True)
class Span:
    """One marked stretch of one layer: ``parts`` are its stretches where it has several, in order.

    ``label`` decides only between equal stretches: of two claims on the same words, like goes with like.
    """

    key: Hashable
    document: Hashable
    start: int
    end: int
    parts: tuple[tuple[int, int], ...] = ()
    label: str = ""

    @property
    def stretches(self) -> tuple[tuple[int, int], ...]:
        return self.parts or ((self.start, self.end),)

    @property
    def length(self) -> int:
        """How many characters are marked, gaps left out."""
        if not self.parts:
            return self.end - self.start
        return sum(end - start for start, end in self.stretches)


def overlap(left: Span, right: Span) -> int:
    """Return how many characters both mark; 0 in different documents."""
    if left.document != right.document or left.start >= right.end or right.start >= left.end:
        return 0
    if not left.parts and not right.parts:
        return min(left.end, right.end) - max(left.start, right.start)
    return sum(max(0, min(b, d) - max(a, c)) for a, b in left.stretches for c, d in right.stretches)


def sentence_starts(text: str) -> list[int]:
    """Return where each sentence of ``text`` begins, in order; the first is 0."""
    starts = [0]
    for found in SENTENCE_END.finditer(text):
        if not ABBREVIATION.search(text[max(0, found.start() - 6) : found.start()]):
            starts.append(found.end())
    return starts


def sentences_of(span: Span, starts: Sequence[int]) -> set[int]:
    """Return the numbers of the sentences that hold at least half of the stretch, or half of which it marks."""
    first = bisect_right(starts, span.start) - 1
    found = set()
    for number in range(max(first, 0), len(starts)):
        begin = starts[number]
        if begin >= span.end:
            break
        finish = starts[number + 1] if number + 1 < len(starts) else max(span.end, begin + 1)
        inside = sum(max(0, min(b, finish) - max(a, begin)) for a, b in span.stretches)
        if inside * 2 >= min(span.length, finish - begin):
            found.add(number)
    return found


def match(
    left: Sequence[Span],
    right: Sequence[Span],
    *,
    tolerance: str = SENTENCE,
    sentences: Mapping[Hashable, Sequence[int]] | None = None,
) -> list[tuple[Span, Span]]:
    """Return the pairs that are one claim, in the order of ``left``; one stretch may stand in several pairs.

    Equal stretches are paired first, one to one, then those that share at least half of what either marks, the most
    alike first. A stretch still alone goes with one that shares at least half the characters of the shorter, unless
    that one's partner lies there already: so two halves go with the whole, and a claim within another stays its own.
    With ``sentence``, what then matches nothing on either side is paired, one to one, nearest first, where both stand
    in one sentence; ``sentences`` gives ``sentence_starts`` of each document. With ``exact``, only equal stretches match.
    """
    near = sorted(_touching(left, right), key=_likeness)
    found = Pairs()
    for a, b in near:
        if a.stretches == b.stretches and not found.has(a) and not found.has(b):
            found.add(a, b)
    if tolerance != EXACT:
        for a, b in near:
            if _share(a, b) >= 0.5 and not found.has(a) and not found.has(b):
                found.add(a, b)
        for a, b in near:
            if _holds_half(a, b) and (found.may_join(a, b) or found.may_join(b, a)):
                found.add(a, b)
    pairs = found.pairs
    if tolerance == SENTENCE and sentences:
        pairs += _in_one_sentence(left, right, pairs, sentences)
    order = {span.key: number for number, span in enumerate(left)}
    return sorted(pairs, key=lambda pair: (order[pair[0].key], pair[1].start, pair[1].end))


class Pairs:
    """The pairs so far, and the partners of each stretch."""

    def __init__(self) -> None:
        self.pairs: list[tuple[Span, Span]] = []
        self.partners: dict[Hashable, list[Span]] = defaultdict(list)

    def has(self, span: Span) -> bool:
        return bool(self.partners.get(span.key))

    def add(self, a: Span, b: Span) -> None:
        self.pairs.append((a, b))
        self.partners[a.key].append(b)
        self.partners[b.key].append(a)

    def may_join(self, span: Span, other: Span) -> bool:
        """Whether ``span``, alone so far, can be one part of ``other``: no part lies there, and ``other`` is no part."""
        parts = self.partners.get(other.key, ())
        return not self.has(span) and not any(
            _holds_half(part, span) or len(self.partners[part.key]) > 1 for part in parts
        )


def _holds_half(a: Span, b: Span) -> bool:
    return 0 < min(a.length, b.length) <= 2 * overlap(a, b)


def _share(a: Span, b: Span) -> float:
    """Return the characters that both mark as a part of those that either marks."""
    both = overlap(a, b)
    return both / (a.length + b.length - both)


def _likeness(pair: tuple[Span, Span]) -> tuple[float, bool, int, int, int, int]:
    a, b = pair
    # Whose stretch is left and whose is right decides nothing.
    first, second = sorted([(a.start, a.end), (b.start, b.end)])
    return -_share(a, b), a.label != b.label, *first, *second


def _touching(left: Sequence[Span], right: Sequence[Span]) -> Iterable[tuple[Span, Span]]:
    """Yield every pair that shares a character, without comparing each with each."""
    by_document: dict[Hashable, list[Span]] = defaultdict(list)
    for span in right:
        by_document[span.document].append(span)
    longest = {}
    for document, spans in by_document.items():
        spans.sort(key=lambda span: span.start)
        longest[document] = max(span.end - span.start for span in spans)
    starts = {document: [span.start for span in spans] for document, spans in by_document.items()}
    for span in left:
        spans = by_document.get(span.document, [])
        if not spans:
            continue
        first = bisect_right(starts[span.document], span.start - longest[span.document])
        for other in spans[first:]:
            if other.start >= span.end:
                break
            if other.end > span.start:
                yield span, other


def _in_one_sentence(
    left: Sequence[Span],
    right: Sequence[Span],
    pairs: Sequence[tuple[Span, Span]],
    sentences: Mapping[Hashable, Sequence[int]],
) -> list[tuple[Span, Span]]:
    taken = {span.key for pair in pairs for span in pair}
    standing: dict[tuple[Hashable, int], list[Span]] = defaultdict(list)
    for span in right:
        if span.key not in taken and span.document in sentences:
            for number in sentences_of(span, sentences[span.document]):
                standing[span.document, number].append(span)
    near = {
        (span.key, other.key): (span, other)
        for span in left
        if span.key not in taken and span.document in sentences
        for number in sentences_of(span, sentences[span.document])
        for other in standing[span.document, number]
    }

    def nearness(pair: tuple[Span, Span]) -> tuple[float, ...]:
        a, b = pair
        return -overlap(a, b), abs(a.start - b.start), *_likeness(pair)

    found = []
    for span, other in sorted(near.values(), key=nearness):
        if span.key not in taken and other.key not in taken:
            taken |= {span.key, other.key}
            found.append((span, other))
    return found


def matches(
    layers: Mapping[Hashable, Sequence[Span]],
    *,
    tolerance: str = SENTENCE,
    sentences: Mapping[Hashable, Sequence[int]] | None = None,
) -> dict[tuple[Hashable, Hashable], list[tuple[Span, Span]]]:
    """Return what ``match`` gives for every two layers, in their order."""
    return {
        (one, other): match(layers[one], layers[other], tolerance=tolerance, sentences=sentences)
        for one, other in combinations(layers, 2)
    }


def groups(
    layers: Mapping[Hashable, Sequence[Span]],
    *,
    tolerance: str = SENTENCE,
    sentences: Mapping[Hashable, Sequence[int]] | None = None,
    matched: Mapping[tuple[Hashable, Hashable], Sequence[tuple[Span, Span]]] | None = None,
) -> list[dict[Hashable, list[Span]]]:
    """Return the claims of several layers put together: each group maps a layer to what it has of one claim.

    Groups are in reading order by document; every span is in exactly one group, alone where nothing matches it. Keys of
    spans are unique over all layers. ``matched`` is what ``matches`` gave for them, where that is known.
    """
    if matched is None:
        matched = matches(layers, tolerance=tolerance, sentences=sentences)
    head = {span.key: span.key for spans in layers.values() for span in spans}

    def find(key: Hashable) -> Hashable:
        while head[key] != key:
            head[key] = head[head[key]]
            key = head[key]
        return key

    for pairs in matched.values():
        for a, b in pairs:
            head[find(b.key)] = find(a.key)
    found: dict[Hashable, dict[Hashable, list[Span]]] = defaultdict(dict)
    for layer, spans in layers.items():
        for span in sorted(spans, key=lambda span: (span.start, span.end)):
            found[find(span.key)].setdefault(layer, []).append(span)

    def place(group: Mapping[Hashable, Sequence[Span]]) -> tuple[str, int, int]:
        spans = [span for spans in group.values() for span in spans]
        return str(spans[0].document), min(span.start for span in spans), max(span.end for span in spans)

    return sorted(found.values(), key=place)
