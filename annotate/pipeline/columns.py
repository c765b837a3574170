"""The columns of a parsed paragraph, read out of spaCy once, because asking a Token for them again and again is slow."""

from __future__ import annotations

from bisect import bisect_right

from spacy.tokens import Doc


class Columns:
    """Words, tags, arcs and sentences of a Doc as plain lists; every list has one row a token.

    ``heads`` holds token numbers; ``sentences`` (first, end) pairs of token numbers; ``children[i]`` the dependents of i in
    order. ``is_parsed`` is False for a blank pipeline, whose tags and arcs are empty text.
    """

    KEY = "columns"

    def __init__(self, doc: Doc) -> None:
        self.text = doc.text
        self.words = [token.text for token in doc]
        self.lowers = [word.lower() for word in self.words]
        self.starts = [token.idx for token in doc]
        self.ends = [start + len(word) for start, word in zip(self.starts, self.words, strict=True)]
        self.is_parsed = doc.has_annotation("DEP") and doc.has_annotation("TAG")
        if self.is_parsed:
            strings = doc.vocab.strings
            rows = doc.to_array(["TAG", "DEP", "HEAD"])
            names = {int(key): strings[int(key)] for key in {*rows[:, 0].tolist(), *rows[:, 1].tolist()}}
            self.tags = [names[key] for key in rows[:, 0].tolist()]
            self.deps = [names[key] for key in rows[:, 1].tolist()]
            self.heads = [index + offset for index, offset in enumerate(rows[:, 2].astype("int64").tolist())]
        else:
            self.tags = [""] * len(self.words)
            self.deps = [""] * len(self.words)
            self.heads = list(range(len(self.words)))
        self.sentences = (
            [(span.start, span.end) for span in doc.sents]
            if doc.has_annotation("SENT_START")
            else [(0, len(self.words))]
        )
        self._children: list[list[int]] | None = None

    @classmethod
    def of(cls, doc: Doc) -> Columns:
        """Return the columns of ``doc``, reading them at the first call only."""
        columns = doc.user_data.get(cls.KEY)
        if columns is None:
            columns = doc.user_data[cls.KEY] = cls(doc)
        return columns

    @property
    def children(self) -> list[list[int]]:
        if self._children is None:
            self._children = [[] for _ in self.words]
            for index, head in enumerate(self.heads):
                if head != index:
                    self._children[head].append(index)
        return self._children

    def token_at(self, offset: int) -> int:
        """Return the number of the token that covers or follows the character ``offset``."""
        index = bisect_right(self.starts, offset) - 1
        if index < 0:
            return 0
        return index + 1 if self.ends[index] <= offset and index + 1 < len(self.words) else index

    def sentence_of(self, index: int) -> int:
        """Return the number of the sentence that token ``index`` stands in."""
        return max(0, bisect_right(self.sentences, (index, len(self.words) + 1)) - 1)

    def subtree(self, index: int) -> tuple[int, int]:
        """Return (first, end) of the tokens under ``index``, itself included."""
        low = high = index
        stack = [index]
        while stack:
            for child in self.children[stack.pop()]:
                low, high = min(low, child), max(high, child)
                stack.append(child)
        return low, high + 1
