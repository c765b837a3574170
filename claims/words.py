"""What a search compares: the words of a text, alike on every database, and what a person asks for. Plain Python."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Runs of letters, digits and marks of any script; a number keeps its groups and decimals: 2,200,000 and 1.5.
WORD = re.compile(
    r"\d+(?:[.,]\d+)+|"
    r"[^\s\x00-/:-@\[-`{-©«-´¶-¹»-¿×÷‐-⁯←-⯿⸀-⹿、-〃〈-〟។-៚،؛؟۔।॥！-／：-＠［-｀｛-･]+"
)
# Accents of Latin, Greek and Cyrillic letters; the marks of other scripts make other words.
ACCENTS = re.compile("[\u0300-\u036f]+")
GROUPS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")

# As many words as PostgreSQL counts positions for, with room to spare; parts overlap so that phrases are not cut.
WORDS_A_PART = 10_000
OVERLAP = 20


def fold(text: str) -> str:
    """Return ``text`` without case and accents; its length may change."""
    if text.isascii():
        return text.lower()
    return ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()


def words_of(text: str) -> list[str]:
    """Return the words of ``text`` in order, folded; a number without the commas between its thousands."""
    return WORD.findall(GROUPS.sub("", fold(text)) if "," in text else fold(text))


def parts_of(text: str) -> Iterator[list[str]]:
    """Yield the words of ``text`` in parts of at most WORDS_A_PART, each beginning with the last words of the one before."""
    words = words_of(text)
    for first in range(0, max(len(words), 1), WORDS_A_PART - OVERLAP):
        if first == 0 or first + OVERLAP < len(words):
            yield words[first : first + WORDS_A_PART]


@dataclass(frozen=True)
class Asked:
    """One thing that has to be there: words in a row; the last one may go on when ``is_prefix``."""

    words: tuple[str, ...]
    is_prefix: bool


def read_query(query: str) -> list[Asked]:
    """Return what a query asks for, all of it to be found: “quoted words” stand in a row, other words may go on.

    ``broker`` finds brokers; ``"broker"`` finds that word alone. A word in two by a hyphen is a phrase.
    """
    asked = []
    for number, piece in enumerate(re.split(r'["“”„«»]', query)):
        is_phrase = number % 2 == 1
        for part in [piece] if is_phrase else piece.split():
            words = tuple(words_of(part))
            if words:
                # One letter or digit would find most of the corpus.
                asked.append(Asked(words, is_prefix=not is_phrase and len(words[-1]) > 1))
    return asked


def to_fts5(asked: list[Asked]) -> str:
    """Return the query in the syntax of SQLite's FTS5; words hold no quotation marks."""
    return " AND ".join(f'"{" ".join(one.words)}"' + ("*" if one.is_prefix else "") for one in asked)


def to_tsquery(asked: list[Asked]) -> str:
    """Return the query as PostgreSQL's tsquery; words hold no quotation marks."""
    return " & ".join(
        "(" + " <-> ".join(f"'{word}'" for word in one.words) + (":*" if one.is_prefix else "") + ")" for one in asked
    )


def places(text: str, asked: list[Asked]) -> list[tuple[int, int]]:
    """Return [(start, end), …] in code points of where ``text`` holds what was asked, in order, not overlapping."""
    tokens = [
        (GROUPS.sub("", word) if word[:1].isdigit() else word, found.start(), found.end())
        for found in WORD.finditer(text)
        if (word := fold(found.group()))
    ]
    found: list[tuple[int, int]] = []
    for one in asked:
        length = len(one.words)
        for first in range(len(tokens) - length + 1):
            window = tuple(word for word, _, _ in tokens[first : first + length])
            last = window[-1].startswith(one.words[-1]) if one.is_prefix else window[-1] == one.words[-1]
            if window[:-1] == one.words[:-1] and last:
                found.append((tokens[first][1], tokens[first + length - 1][2]))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
