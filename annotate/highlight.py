"""A text cut into paragraphs, and a paragraph into segments that carry the marks lying over them. Plain Python."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

LONGEST = 4000
"""Code points after which a paragraph without line breaks is shown in pieces; a swap then stays small."""


class Mark(NamedTuple):
    """A marked stretch, in code points of the document; ``key`` is what the page calls it, ``kind`` how it looks."""

    start: int
    end: int
    key: str
    kind: str
    note: str = ""


@dataclass(frozen=True)
class Segment:
    """A run of characters under the same marks, outermost mark first."""

    text: str
    marks: tuple[Mark, ...]

    @property
    def classes(self) -> str:
        """The looks of all its marks, each once, in order."""
        return " ".join(dict.fromkeys(mark.kind for mark in self.marks))

    @property
    def keys(self) -> str:
        """What its marks are called, each once, in order."""
        return " ".join(dict.fromkeys(mark.key for mark in self.marks if mark.key))

    @property
    def note(self) -> str:
        """What the innermost mark with a note has to say."""
        return next((mark.note for mark in reversed(self.marks) if mark.note), "")


def paragraphs(text: str, *, longest: int = LONGEST) -> Iterator[tuple[int, int]]:
    """Yield ``[start, end)`` of every line that has words; a line over ``longest`` comes in pieces cut at a space."""
    for line in re.finditer(r"[^\n]+", text):
        start, end = line.span()
        if not line.group().strip():
            continue
        while end - start > longest:
            space = text.rfind(" ", start + longest // 2, start + longest)
            cut = space + 1 if space >= 0 else start + longest
            yield start, cut
            start = cut
        yield start, end


def segments(text: str, start: int, end: int, marks: Iterable[Mark]) -> list[Segment]:
    """Cut ``text[start:end]`` wherever a mark begins or ends; joined again the segments are that text, unchanged."""
    inside = sorted(
        (mark for mark in marks if mark.start < end and mark.end > start and mark.start < mark.end),
        key=lambda mark: (mark.start, -mark.end, mark.key),
    )
    cuts = {start, end}
    for mark in inside:
        cuts.update((max(mark.start, start), min(mark.end, end)))
    edges = sorted(cuts)
    found, active, coming = [], [], 0
    for left, right in zip(edges, edges[1:], strict=False):
        active = [mark for mark in active if mark.end > left]
        while coming < len(inside) and inside[coming].start <= left:
            if inside[coming].end > left:
                active.append(inside[coming])
            coming += 1
        found.append(Segment(text[left:right], tuple(active)))
    return found
