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
        strings = doc.vocab.strings
        table = doc.to_array(["ORTH", "IDX", "TAG", "DEP", "HEAD", "SENT_START"])
        orths, offsets, tags, deps, heads, starts = table.T.tolist()
        self.words = [strings[key] for key in orths]
        self.lowers = [word.lower() for word in self.words]
        self.starts = offsets
        self.ends = [start + len(word) for start, word in zip(self.starts, self.words, strict=True)]
        self.is_parsed = any(tags) and any(deps)
        count = len(self.words)
        if self.is_parsed:
            names = {key: strings[key] for key in {*tags, *deps}}
            self.tags = [names[key] for key in tags]
            self.deps = [names[key] for key in deps]
            # HEAD is an offset from the token, kept in an unsigned column
            self.heads: list[int] = [
                index + (offset if offset < 2**63 else offset - 2**64) for index, offset in enumerate(heads)
            ]
        else:
            self.tags = [""] * count
            self.deps = [""] * count
            self.heads = list(range(count))
        firsts = [index for index, start in enumerate(starts) if start == 1 or index == 0]
        self.sentences = list(zip(firsts, [*firsts[1:], count], strict=True))
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
