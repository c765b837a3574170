"""What is left out of a release so that nobody is harmed: marked words, and the names of those who annotated.

A masked stretch keeps its length, so that offsets hold: each of its characters but line ends becomes ``█``. Marked words
are masked wherever they stand as whole words, in other texts, titles and notes too, since a name that was marked once is
meant everywhere. Numbers alone are masked only where they were marked.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

Stretch = tuple[int, int]

MASK = "█"
PERSON = re.compile(r"person-\d+")
BETWEEN = r"(?:[\s\-_+.]|%20)+"


class Pseudonyms:
    """Gives each person a name such as ``person-3`` that they keep from one release to the next."""

    def __init__(self, known: Mapping[str, str], *, taken: int = 0) -> None:
        self.known = dict(known)  # {username: pseudonym}
        self.taken = max(taken, len(known))  # how many were given in earlier releases
        self.used: set[str] = set()
        self.addressed = re.compile(r"(?<!\w)@([\w.+-]*\w)")

    def of(self, username: str) -> str:
        if username not in self.known:
            self.taken += 1
            self.known[username] = f"person-{self.taken}"
        self.used.add(username)
        return self.known[username]

    def in_words(self, words: str) -> str:
        """Return words in which whoever is addressed as ``@name`` is so by the pseudonym."""
        if "@" not in words:
            return words
        return self.addressed.sub(lambda found: f"@{self.of(found[1])}" if found[1] in self.known else found[0], words)


class Masks:
    """The stretches and words that a release masks."""

    def __init__(self) -> None:
        self.marked: dict[UUID, list[Stretch]] = defaultdict(list)
        self.words: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, document: UUID, start: int, end: int, quote: str) -> None:
        self.marked[document].append((start, end))
        words = " ".join(quote.split())
        if len(words) > 1 and any(char.isalpha() for char in words):
            self.words |= {words, words.upper()}

    @property
    def pattern(self) -> re.Pattern[str] | None:
        if self._pattern is None and self.words:
            longest_first = sorted(self.words, key=lambda words: (-len(words), words))
            self._pattern = re.compile("|".join(map(as_whole_words, longest_first)))
        return self._pattern

    def stretches(self, document: UUID, text: str) -> tuple[Stretch, ...]:
        """Return what of a document's text is masked, in order and not overlapping."""
        found = list(self.marked.get(document, ()))
        if self.pattern is not None:
            found += [match.span() for match in self.pattern.finditer(text)]
        return merged(found)

    def in_words(self, words: str) -> str:
        """Return a note, a title or a wording with the marked words masked."""
        if self.pattern is None:
            return words
        return masked(words, [match.span() for match in self.pattern.finditer(words)])

    def in_address(self, url: str) -> str:
        """Return an address, or "" where it holds a marked name: masked it would lead nowhere."""
        names = (BETWEEN.join(map(re.escape, words.split())) for words in sorted(self.words))
        return "" if any(re.search(name, url, re.IGNORECASE) for name in names) else url

    def in_value(self, value: Any) -> Any:
        """Return a JSON value in which every text is masked."""
        if isinstance(value, str):
            return self.in_words(value)
        if isinstance(value, list | tuple):
            return type(value)(self.in_value(one) for one in value)
        if isinstance(value, Mapping):
            return {name: self.in_value(one) for name, one in value.items()}
        return value


def as_whole_words(words: str) -> str:
    """Return the pattern of words whatever is between them; scripts without upper case have no gaps to go by."""
    pattern = r"\s+".join(map(re.escape, words.split()))
    before = r"(?<!\w)" if words[0].upper() != words[0].lower() else ""
    after = r"(?!\w)" if words[-1].upper() != words[-1].lower() else ""
    return f"{before}{pattern}{after}"


def merged(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return tuple(found)


def masked(text: str, stretches: Iterable[Stretch]) -> str:
    """Return a text of the same length with these stretches masked; raises ValueError where one is not in it."""
    parts, at = [], 0
    for start, end in merged(stretches):
        if not 0 <= start < end <= len(text):
            raise ValueError(f"there is no stretch {start}–{end} in a text of {len(text)} characters.")
        parts += [text[at:start], "".join(char if char == "\n" else MASK for char in text[start:end])]
        at = end
    return "".join([*parts, text[at:]])
