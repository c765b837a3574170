"""Stretches of a saved page that are plainly not the story. Plain Python: reads lines, not grammar.

Four reasons: "site header", "title printed twice", "picture caption", "teasers after the story". They are proposals: a
person confirms them, and what is left out is still shown.
"""

from __future__ import annotations

import re

_LINE = re.compile(r"[^\n]+")
_ENDS = re.compile(r"[.!?…:;][\"'”’)\]]*\s*$")
_HEADER = re.compile(
    r"^\s*(?:logo of\b|skip to\b|home\s*[|>»/]|menu$|subscribe\b|sign in\b|log in\b|share(?: this)?(?:\s|$)|advertisement$|search$|follow us\b"
    r"|listen to this\b|\d+ min(?:ute)?s? read$|print$|e-?mail$)",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"^\s*(?:content image\b|image(?: credit)?\s*[:\-–]|photo(?:graph)?(?: by| credit)?\s*[:\-–]|picture\s*[:\-–]|file photo\b|caption\s*:)"
    r"|\b(?:photo(?:graph)? by|file photo|print ?screen|screen ?shot|photo supplied|supplied photo|image courtesy|pictured (?:above|here|left|right))\b"
    r"|\((?:photo|picture|image|file)\b[^)]*\)\s*$|(?:AFP|Reuters|REUTERS|Getty Images|EPA|AP Photo)[)\s.]*$",
    re.IGNORECASE,
)
_CREDIT = re.compile(r"[.!?…]\s+(?:[A-Z][A-Z.&'-]+\s*){1,5}$")
_MORE = re.compile(
    r"^\s*(?:related(?: (?:stories|articles|posts|news|content|topics))?|read (?:more|also|next)|more (?:from|in|on|stories|news)\b.*|you (?:may|might) also (?:like|be interested in)"
    r"|most (?:read|viewed|popular|recent)|recommended(?: for you)?|latest (?:news|stories)|see also|popular (?:stories|posts)|trending(?: now)?|also (?:read|in))\s*:?\s*$",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^\s*[•●▪‣·*–-]\s+\S")


def propose_exclusions(text: str) -> list[tuple[int, int, str]]:
    """Return (start, end, reason) of stretches to leave out, in order, not overlapping."""
    lines = [(m.start(), m.end(), m.group()) for m in _LINE.finditer(text) if m.group().strip()]
    if not lines:
        return []
    tail = _teasers(lines)
    body = lines[:tail] if tail is not None else lines
    proposals = _head(body)
    if tail is not None:
        proposals.append((lines[tail][0], lines[-1][1], "teasers after the story"))
    return proposals


def _head(lines: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    proposals = []
    seen: list[str] = []
    story = next(
        (i for i, (_, _, line) in enumerate(lines) if len(line) > 120 and _ENDS.search(line) and not _is_caption(line)),
        len(lines),
    )
    head = lines[: min(story, 12)]
    titles = [_fold(line) for _, _, line in head if not _ENDS.search(line)]
    for start, end, line in head:
        folded = _fold(line)
        if _HEADER.match(line) or any(
            title != folded and len(title) > 15 and folded.endswith(title) and titles.count(title) for title in titles
        ):
            proposals.append((start, end, "site header"))
        elif folded in seen and len(folded) > 8:
            proposals.append((start, end, "title printed twice"))
        elif _is_caption(line):
            proposals.append((start, end, "picture caption"))
        else:
            seen.append(folded)
    for start, end, line in lines[len(head) :]:
        if len(line) < 260 and _is_caption(line) and not re.search(r"[“\"]", line):
            proposals.append((start, end, "picture caption"))
    return proposals


def _fold(line: str) -> str:
    return re.sub(r"\W+", " ", line).strip().casefold()


def _is_caption(line: str) -> bool:
    return len(line) < 300 and bool(_CAPTION.search(line) or _CREDIT.search(line.rstrip()))


def _teasers(lines: list[tuple[int, int, str]]) -> int | None:
    """Return the number of the line at which teasers begin: headlines and cut-off openings, none of them ended."""
    for index in range(max(3, len(lines) // 4), len(lines)):
        _, _, line = lines[index]
        rest = lines[index:]
        ended = sum(bool(_ENDS.search(other)) for _, _, other in rest)
        if _MORE.match(line) and ended <= max(1, len(rest) * 0.5):
            return index
        if _BULLET.match(line) and not _ENDS.search(line):
            bullets = sum(bool(_BULLET.match(other)) for _, _, other in rest)
            openings = sum(len(other) > 90 and not _ENDS.search(other) for _, _, other in rest)
            if ended <= len(rest) * 0.25 and (bullets >= 2 or openings >= 1) and openings >= bullets / 3:
                return index
    return None
